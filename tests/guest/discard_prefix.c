/* The prefix area of a CPU is never taken away (A8): an interruption could not be stored. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/smp.h"

const char test_name[] = "discard_prefix";

static u8 area[PREFIX_SIZE] __attribute__((aligned(PREFIX_SIZE)));

static bool interruption_works(void) {
  static const u32 code[] __attribute__((aligned(8))) = {0, 0};
  struct cpu_state state = {.psw = {PSW_64, (u64)code}};
  const struct event e = cpu_run(&state);
  return e.kind == EVENT_PROGRAM && e.code == PGM_OPERATION;
}

/* While a block of the current prefix area is unused, this CPU must not touch it: no report, no cpu_run. */
static bool stays(u64 block, unsigned orc, u64 wanted) {
  essa_any(orc, block);
  const bool taken = host_evict(block);
  const u64 state = essa_state(block);
  essa(ESSA_STABLE_RESIDENT, block);
  return !taken && state == wanted;
}

static void both_blocks(const char* what, u64 absolute) {
  for (u64 block = absolute; block < absolute + PREFIX_SIZE; block += BLOCK_SIZE) {
    essa(ESSA_STABLE_RESIDENT, block);
    report(stays(block, ESSA_VOLATILE, STATE_VR), "%s: the block at %lx stays when it is volatile", what,
           block);
    report(stays(block, ESSA_UNUSED, STATE_UR), "%s: the block at %lx stays when it is unused", what, block);
    report(stays(block, ESSA_STABLE, STATE_SR), "%s: the block at %lx stays when it is stable", what, block);
  }
  report(interruption_works(), "%s: an interruption can be taken", what);
}

static volatile bool other_ran;
static volatile bool other_stop;

static void other(void) {
  other_ran = interruption_works();
  while (!other_stop) {
  }
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  both_blocks("prefix 0", 0);

  memcpy(area, lowcore(0), PREFIX_SIZE);
  set_prefix((u32)(u64)area);
  both_blocks("prefix moved", (u64)area);
  set_prefix(0);

  essa(ESSA_VOLATILE, area);
  report(host_evict((u64)area) && essa_state((u64)area) == STATE_VZ,
         "the old area is a block like any other afterwards: %s", state_name(essa_state((u64)area)));
  static const u32 code[] __attribute__((aligned(8))) = {0xb2102000, 0x0a000000};  // SPX 0(2); SVC 0
  static u32 operand;
  operand = (u32)(u64)area;
  struct cpu_state state = {.psw = {PSW_64, (u64)code}, .gr = {[2] = (u64)&operand}};
  const struct event e = cpu_run(&state);
  const u32 now = get_prefix();
  set_prefix(0);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && now == 0,
         "SET PREFIX to a discarded block is a discard fault: kind %u code %04x", (unsigned)e.kind, e.code);
  essa(ESSA_STABLE, area);

  if (smp_count() < 2) {
    report_skip("prefix area of another CPU: there is one CPU");
    return;
  }
  if (!smp_start(1, other)) {
    report(false, "CPU 1 can be started");
    return;
  }
  const u64 end = clock_us() + 5000000;
  while (!other_ran && clock_us() < end) {
  }
  report(other_ran, "CPU 1 runs and takes an interruption");
  both_blocks("prefix area of CPU 1", smp_prefix(1));
  other_stop = true;
  report(smp_join(1, 5), "CPU 1 stops");
}
