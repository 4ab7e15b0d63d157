/* A machine without a host (A24): everything is as in an unpatched Hercules. ESSA is an operation exception,
 * also in problem state and with a request code that is not defined; the test channel and DIAGNOSE X'10' do
 * not exist; facility 147 is not there. */
#include "lib/cpu.h"
#include "lib/report.h"

const char test_name[] = "essa_off";

#define BLOCK (20 * MEGABYTE)

static void exception(const char* what, u32 word, u64 psw_bits, u16 code) {
  static u32 text[2] __attribute__((aligned(8)));
  text[0] = word;
  text[1] = 0x0a000000;  // SVC 0
  struct cpu_state state = {.psw = {PSW_64 | psw_bits, (u64)text}, .gr = {[1] = BLOCK, [2] = BLOCK, [3] = 2}};
  const struct event e = cpu_run(&state);
  report(e.kind == EVENT_PROGRAM && e.code == code && state.gr[1] == BLOCK && state.gr[3] == 2,
         "%s: kind %u code %04x", what, (unsigned)e.kind, e.code);
}

void test_main(void) {
  exception("ESSA", 0xb9ab0012, 0, PGM_OPERATION);
  exception("ESSA in problem state", 0xb9ab0012, PSW_PROBLEM, PGM_OPERATION);
  exception("ESSA with request code 15", 0xb9abf012, 0, PGM_OPERATION);
  exception("the test channel", 0x83130caa, 0, PGM_SPECIFICATION);
  exception("release pages", 0x83120010, 0, PGM_SPECIFICATION);
  report(!facility(147), "facility 147 is not installed");
}
