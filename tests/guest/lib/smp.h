/* Other CPUs. CPU 0 starts each with a function; the CPU stops itself when the function returns.
 * Each has its own prefix area and stack, so cpu_run works on every CPU. Only CPU 0 may report. */
#ifndef GUEST_LIB_SMP_H
#define GUEST_LIB_SMP_H

#include "types.h"

#define MAX_CPUS 8

/* CPUs in the configuration. */
unsigned smp_count(void);

/* Number of the CPU that runs this. */
unsigned smp_cpu(void);

/* Start CPU `cpu` (not 0). False if it cannot be started. */
bool smp_start(unsigned cpu, void (*function)(void));

/* Absolute address of the prefix area that smp_start gives the CPU. */
u64 smp_prefix(unsigned cpu);

/* Wait until the CPU has stopped. False if it has not after `seconds`. */
bool smp_join(unsigned cpu, unsigned seconds);

/* All CPUs that call it wait until `cpus` of them have; usable again at once. */
struct barrier {
  volatile u32 arrived;
  volatile u32 round;
};
void barrier_wait(struct barrier* barrier, unsigned cpus);

/* A lock of one word, 0 when it is free. Each try is a compare and swap, an event of a deterministic run. */
static inline void spin_lock(volatile u32* word) {
  u32 free;
  do {
    free = 0;
    __asm__ volatile("cs %0,%2,%1" : "+d"(free), "+Q"(*word) : "d"(1) : "cc", "memory");
  } while (free != 0);
}

static inline void spin_unlock(volatile u32* word) {
  __asm__ volatile("" ::: "memory");
  *word = 0;
}

#endif
