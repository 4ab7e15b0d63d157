/* A clock comparator that is far off, and external interruptions of it all the same: none by itself; those
 * that a scenario asks for come one by one, at the instruction that it says, and leave the comparator as it
 * is (tests/system/race_actions_test.sh). */
#include "lib/cpu.h"
#include "lib/report.h"

const char test_name[] = "timer";

#define CR0_CLOCK_COMPARATOR (1ul << 11)
#define NEVER 0xfffffffffffff000ul
#define EXT_CLOCK_COMPARATOR 0x1004

/* Register 2 counts up to register 3. */
__asm__(
    ".globl count_up\n"
    "count_up:\n"
    "  la %r2,1(%r2)\n"
    "  clgr %r2,%r3\n"
    "  jl count_up\n"
    "  svc 0\n");
extern const char count_up[];

static u64 comparator(void) {
  u64 value;
  __asm__ volatile("stckc %0" : "=Q"(value));
  return value;
}

void test_main(void) {
  const u64 never = NEVER;
  struct cpu_state state = {.psw = {PSW_64 | PSW_EXTERNAL, (u64)count_up}, .gr = {[3] = 10000}};
  __asm__ volatile("sckc %0" : : "Q"(never));
  set_cr(0, get_cr(0) | CR0_CLOCK_COMPARATOR);
  unsigned interruptions = 0;
  struct event e = cpu_run(&state);
  while (e.kind == EVENT_EXTERNAL && e.code == EXT_CLOCK_COMPARATOR) {
    report_info("interruption of the timer at %lu", state.gr[2]);
    interruptions++;
    report_quiet(comparator() == NEVER, "the comparator is what it was");
    e = cpu_run(&state);
  }
  set_cr(0, get_cr(0) & ~CR0_CLOCK_COMPARATOR);
  report(e.kind == EVENT_SVC && state.gr[2] == state.gr[3], "nothing else interrupts");
  report_info("interruptions of the timer: %u", interruptions);
}
