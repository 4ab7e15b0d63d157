/* What gdb is tried on (run-gdb, gdb_target.gdb): functions that are called a known number of times on two
 * CPUs at once, a variable that is changed a known number of times, blocks that have no frame, and one that
 * gdb writes to. Run without gdb it passes too, but for what gdb should have written. */
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/smp.h"

const char test_name[] = "gdb_target";

#define PAGED_OUT (20 * MEGABYTE)
#define DISCARDED (21 * MEGABYTE)
#define UNUSED (22 * MEGABYTE)
#define CALLS 200
#define CHANGES 3

struct barrier together;
volatile u64 counted[2];
volatile u64 watched;
volatile u64 written = 1; /* by gdb: 0x123456789abcdef0 */
volatile u64 spun;
volatile bool spin_on;

/* gdb counts how often each CPU comes here. */
__attribute__((noinline)) void counted_function(unsigned cpu) { counted[cpu] += 1; }

/* gdb looks at storage here. */
__attribute__((noinline)) void look_here(void) { __asm__ volatile("" ::: "memory"); }

/* gdb interrupts this, and ends it. */
__attribute__((noinline)) void spin(void) {
  while (spin_on) spun += 1;
}

__attribute__((noinline)) void change_watched(void) {
  for (u64 i = 1; i <= CHANGES; i++) watched = i * 17;
}

static void count(void) {
  barrier_wait(&together, 2);
  for (unsigned i = 0; i < CALLS; i++) counted_function(smp_cpu());
}

void test_main(void) {
  if (!essa_available() || !host_available() || smp_count() < 2) {
    report_skip("whole test: it wants ESSA, the test channel and two CPUs");
    return;
  }
  report(smp_start(1, count), "CPU 1 starts");
  count();
  report(smp_join(1, 60), "CPU 1 stops");
  report(counted[0] == CALLS && counted[1] == CALLS, "every call was made: %lu and %lu", counted[0],
         counted[1]);

  make_state(DISCARDED, STATE_VZ);
  make_state(UNUSED, STATE_UZ);
  *(volatile u64*)PAGED_OUT = 0xfeedfacecafebeef;
  (void)essa(ESSA_STABLE, PAGED_OUT);
  report(host_evict(PAGED_OUT), "a stable block is paged out");
  look_here();
  report(essa_state(PAGED_OUT) == STATE_SP, "it still is: %s", state_name(essa_state(PAGED_OUT)));
  report(essa_state(DISCARDED) == STATE_VZ, "discarded: %s", state_name(essa_state(DISCARDED)));
  report(essa_state(UNUSED) == STATE_UZ, "unused: %s", state_name(essa_state(UNUSED)));
  report(*(volatile u64*)PAGED_OUT == 0xfeedfacecafebeef, "and its content is what it was");

  change_watched();
  report(watched == CHANGES * 17, "all changes were made");
  if (written != 1) report(written == 0x123456789abcdef0, "gdb has written %lx", written);
  spin();
  report_info("spun %lu times", spun);
}
