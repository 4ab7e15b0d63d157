/* See smp.h. */
#include "smp.h"

#include "cpu.h"

#define SIGP_SENSE 0x01
#define SIGP_RESTART 0x06
#define SIGP_STOP 0x05
#define SIGP_INITIAL_RESET 0x0b
#define SIGP_SET_PREFIX 0x0d
#define STATUS_STOPPED 0x40

static u8 prefixes[MAX_CPUS][PREFIX_SIZE] __attribute__((aligned(PREFIX_SIZE)));
static u8 stacks[MAX_CPUS][STACK_SIZE] __attribute__((aligned(8)));

struct signal_answer {
  unsigned cc;
  u32 status;
};

#define sigp(order, cpu, parameter)                           \
  ({                                                          \
    register u64 p_ __asm__("1") = (parameter);               \
    unsigned cc_;                                             \
    do {                                                      \
      __asm__ volatile("sigp %1,%2,%3\n\tipm %0\n\tsrl %0,28" \
                       : "=d"(cc_), "+d"(p_)                  \
                       : "d"((u64)(cpu)), "i"(order)          \
                       : "cc", "memory");                     \
    } while (cc_ == 2);                                       \
    (struct signal_answer){cc_, (u32)p_};                     \
  })

unsigned smp_count(void) {
  unsigned n = 1;
  while (n < MAX_CPUS && sigp(SIGP_SENSE, n, 0).cc != 3) ++n;
  return n;
}

unsigned smp_cpu(void) { return (unsigned)LOWCORE(u64, LC_CPU); }

u64 smp_prefix(unsigned cpu) { return (u64)prefixes[cpu]; }

__attribute__((noreturn)) void smp_started(void);

void smp_started(void) {
  void (*function)(void) = (void (*)(void))LOWCORE(u64, LC_RESTART_ENTRY);
  function();
  for (;;) (void)sigp(SIGP_STOP, cpu_address(), 0);
}

bool smp_start(unsigned cpu, void (*function)(void)) {
  u8* prefix = prefixes[cpu];
  memset(prefix, 0, PREFIX_SIZE);
  memcpy(prefix, lowcore(0), 0x200);
  *(u64*)(prefix + LC_PANIC_STACK) = (u64)stacks[cpu] + STACK_SIZE / 4;
  *(u64*)(prefix + LC_RESTART_STACK) = (u64)stacks[cpu] + STACK_SIZE - 160;
  *(u64*)(prefix + LC_RESTART_ENTRY) = (u64)function;
  *(u64*)(prefix + LC_CPU) = cpu;
  return sigp(SIGP_INITIAL_RESET, cpu, 0).cc == 0 && sigp(SIGP_SET_PREFIX, cpu, (u64)prefix).cc == 0 &&
         sigp(SIGP_RESTART, cpu, 0).cc == 0;
}

bool smp_join(unsigned cpu, unsigned seconds) {
  const u64 end = clock_us() + seconds * 1000000ul;
  while (clock_us() < end) {
    const struct signal_answer a = sigp(SIGP_SENSE, cpu, 0);
    if (a.cc == 1 && (a.status & STATUS_STOPPED) != 0) return true;
  }
  return false;
}

void barrier_wait(struct barrier* barrier, unsigned cpus) {
  const u32 round = barrier->round;
  if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_SEQ_CST) == cpus) {
    barrier->arrived = 0;
    __atomic_add_fetch(&barrier->round, 1, __ATOMIC_SEQ_CST);
    return;
  }
  while (barrier->round == round) {
  }
}
