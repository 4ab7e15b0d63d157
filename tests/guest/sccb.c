/* SERVICE CALL with an SCCB in a block that has been taken away (A25): the instruction takes the program
 * interruption that an access of the CPU would take; a preserved block is paged in. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/sclp.h"

const char test_name[] = "sccb";

#define BLOCK (20 * MEGABYTE)

static void request(void) {
  struct sccb* sccb = (struct sccb*)BLOCK;
  memset(sccb, 0, BLOCK_SIZE);
  sccb->length = BLOCK_SIZE;
  sccb->control[2] = 0x80;
}

static struct event call(struct cpu_state* state) {
  static const u32 code[] __attribute__((aligned(8))) = {0xb2200024, 0x0a000000};  // SERVC 2,4; SVC 0
  *state = (struct cpu_state){.psw = {PSW_64, (u64)code}, .gr = {[2] = SCLP_READ_SCP_INFO, [4] = BLOCK}};
  for (;;) {
    const struct event e = cpu_run(state);
    if (e.kind != EVENT_SVC || psw_cc(&state->psw) != 2) return e;
    state->psw.address = (u64)code;
  }
}

static void works(enum block_state from) {
  struct cpu_state state;
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  request();
  make_state(BLOCK, from);
  const struct event e = call(&state);
  const bool accepted = e.kind == EVENT_SVC && psw_cc(&state.psw) == 0;
  if (accepted) service_wait();
  essa(ESSA_STABLE, BLOCK);
  const u16 response = ((struct sccb*)BLOCK)->response;
  report(accepted && response == 0x0010, "%s: it is served, response %04x", state_name(from), response);
}

/* An SCCB of zeros is too short: refused in one way or another, and no business of the host. */
static void zeros(void) {
  struct cpu_state state;
  make_state(BLOCK, STATE_SZ);
  const struct event e = call(&state);
  if (e.kind == EVENT_SVC && psw_cc(&state.psw) == 0) service_wait();
  report(e.kind == EVENT_SVC || e.code == PGM_SPECIFICATION, "Sz: kind %u code %04x condition code %u",
         (unsigned)e.kind, e.code, psw_cc(&state.psw));
  report((essa_state(BLOCK) & 0xc) == 0 && ((struct sccb*)BLOCK)->response != 0x0010, "Sz: it is not served");
}

static void faults(enum block_state from, u16 code) {
  struct cpu_state state;
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  request();
  make_state(BLOCK, from);
  const struct event e = call(&state);
  if (e.kind == EVENT_SVC && psw_cc(&state.psw) == 0) service_wait();
  report(e.kind == EVENT_PROGRAM && e.code == code && (code != PGM_DISCARD || e.address == BLOCK),
         "%s: kind %u code %04x address %lx", state_name(from), (unsigned)e.kind, e.code, e.address);
  report(essa_state(BLOCK) == (u64)from, "%s: the state stays, is %s", state_name(from),
         state_name(essa_state(BLOCK)));
  essa(ESSA_STABLE, BLOCK);
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  works(STATE_SR);
  works(STATE_SP);
  works(STATE_VR);
  works(STATE_PR);
  zeros();
  faults(STATE_VZ, PGM_DISCARD);
  faults(STATE_UR, PGM_ADDRESSING);
  faults(STATE_UZ, PGM_ADDRESSING);
  works(STATE_SR);
}
