/* Two CPUs and two locks. CPU 0 takes the first one and then the second; so does CPU 1 if it is built with
 * ORDERED 1. With ORDERED 0 it takes them the other way round: if each CPU gets its first lock before the
 * other has both, neither has an end. With ASLEEP 1 a CPU that does not get its second lock does not try
 * again but waits for a signal that nobody sends, so that nobody runs any more. */
#include "lib/cpu.h"
#include "lib/report.h"
#include "lib/smp.h"

const char test_name[] = "lock_order";

#define ROUNDS 2

static struct barrier together;
static volatile u32 locks[2];
static volatile u32 sum; /* changed with both locks only */

static bool try_lock(volatile u32* word) {
  u32 free = 0;
  __asm__ volatile("cs %0,%2,%1" : "+d"(free), "+Q"(*word) : "d"(1) : "cc", "memory");
  return free == 0;
}

static void lock(volatile u32* word) {
  if (!ASLEEP) {
    spin_lock(word);
  } else if (!try_lock(word)) {
    /* The other CPU may be about to give it back: it is waited for as long as that can last. */
    for (unsigned i = 0; i < 10000; i++)
      if (try_lock(word)) return;
    (void)cpu_wait(PSW_EXTERNAL);
  }
}

static void add(unsigned first) {
  lock(&locks[first]);
  lock(&locks[1 - first]);
  sum += 1;
  spin_unlock(&locks[1 - first]);
  spin_unlock(&locks[first]);
}

static void other(void) {
  barrier_wait(&together, 2);
  for (unsigned round = 0; round < ROUNDS; round++) add(ORDERED ? 0 : 1);
}

void test_main(void) {
  if (smp_count() < 2) {
    report_skip("whole test: it wants two CPUs");
    return;
  }
  report(smp_start(1, other), "CPU 1 starts");
  report_info("cmma: window");
  barrier_wait(&together, 2);
  for (unsigned round = 0; round < ROUNDS; round++) add(0);
  /* Not smp_join, which gives up after a while. */
  while (sum != 2 * ROUNDS) __asm__ volatile("" ::: "memory");
  report(smp_join(1, 60), "CPU 1 stops");
  report_info("cmma: window ends");
}
