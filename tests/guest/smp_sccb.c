/* A service call waits for its turn with its SCCB in hand, and another CPU makes that block volatile
 * meanwhile: under the policy storm it is discarded at once. The call answers in the SCCB or takes the
 * discard fault (A25), whatever length the SCCB claims: its header is used in any case. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/report.h"
#include "lib/sclp.h"
#include "lib/smp.h"
#include "lib/try_access.h"

const char test_name[] = "smp_sccb";

#define BLOCK (20 * MEGABYTE)
#define SECONDS 3
#define UNKNOWN_COMMAND 0x00ff0001u

static volatile bool ended;

static const u8 service_call_code[8]
    __attribute__((aligned(8))) = {0xb2, 0x20, 0x00, 0x23, 0x0a, 0x00};  // SERVC 2,3; SVC 0

static void make_volatile(void) {
  while (!ended) {
    (void)essa(ESSA_VOLATILE, BLOCK);
    (void)essa(ESSA_STABLE, BLOCK);
  }
}

/* Calls with an SCCB of this length; how many were answered, faulted, or ended otherwise. */
static void call(u16 length) {
  u64 answered = 0;
  u64 faults = 0;
  u64 wrong = 0;
  const u64 until = clock_us() + SECONDS * 1000000ul;
  while (clock_us() < until) {
    struct cpu_state state = {.psw = {PSW_64, (u64)service_call_code},
                              .gr = {[2] = UNKNOWN_COMMAND, [3] = BLOCK}};
    if (try_store(BLOCK, (u64)length << 48, 0).code != 0) continue;
    const struct event e = cpu_run(&state);
    if (e.kind == EVENT_SVC) {
      answered += 1;
      if (psw_cc(&state.psw) == 0) service_wait();
    } else if (e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == BLOCK) {
      faults += 1;
    } else {
      wrong += 1;
    }
  }
  report(wrong == 0 && answered > 0 && faults > 0, "length %u: %lu answers, %lu discard faults, %lu others",
         length, answered, faults, wrong);
}

void test_main(void) {
  if (!essa_available() || smp_count() < 2) {
    report_skip("whole test: it wants ESSA and two CPUs");
    return;
  }
  report(smp_start(1, make_volatile), "CPU 1 starts");
  call(0);
  call(8);
  ended = true;
  report(smp_join(1, 10), "CPU 1 stops");
}
