/* Control instructions that meet a discarded block (A13, A14): those that load, store or clear it take the
 * fault; those that only translate or only look at the storage key do not, and leave its state alone. */
#include "lib/bench.h"
#include "lib/channel.h"
#include "lib/cpu.h"
#include "lib/dat.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "discard_control";

CODE(LURA, "lura %r5,%r2");
CODE(LURAG, "lurag %r5,%r2");
CODE(STURA, "stura %r5,%r2");
CODE(STURG, "sturg %r5,%r2");
CODE(TB, ".insn rre,0xb22c0000,%r0,%r2");
CODE(PFMF_clear, ".insn rre,0xb9af0000,%r5,%r2");
CODE(STRAG, "strag 0(%r2),0(%r4)");
CODE(LRA, "lra %r5,0(%r2)");
CODE(LRAG, "lrag %r5,0(%r2)");
CODE(TPROT, "tprot 0(%r2),0");
CODE(SSKE, "sske %r5,%r2");
CODE(PFMF_key, ".insn rre,0xb9af0000,%r5,%r2");
CODE(STSCH, "stsch 0(%r2)");
CODE(TSCH, "tsch 0(%r2)");
CODE(MSCH, "msch 0(%r2)");
CODE(SSCH, "ssch 0(%r2)");
CODE(STCRW, "stcrw 0(%r2)");
CODE(LCTLG, "lctlg %c2,%c3,0(%r2)");
CODE(SCKC, "sckc 0(%r2)");
CODE(STCKC, "stckc 0(%r2)");
CODE(SPX, "spx 0(%r2)");
CODE(MVCP, "mvcp 0(%r7,%r2),0(%r4),%r6");
CODE(MVCS, "mvcs 0(%r7,%r2),0(%r4),%r6");

/* A subchannel that is enabled and idle; one that does not exist: the operand is fetched all the same. */
#define SUBCHANNEL(offset) .gr = {[1] = FIRST_SUBCHANNEL, [2] = A(offset)}
#define NO_SUBCHANNEL(offset) .gr = {[1] = 0x10020, [2] = A(offset)}
#define REAL_A1 .gr = {[2] = ABSOLUTE(A(0x1000)), [5] = 0x1122334455667788}

static const struct insn_case cases[] = {
    {"LURA", CASE_CODE(LURA), .uses = USES(A1), REAL_A1},
    {"LURAG", CASE_CODE(LURAG), .uses = USES(A1), REAL_A1},
    {"STURA", CASE_CODE(STURA), .uses = USES(A1), REAL_A1},
    {"STURG", CASE_CODE(STURG), .uses = USES(A1), REAL_A1},
    {"TB", CASE_CODE(TB), .uses = USES(A1), .gr = {[2] = ABSOLUTE(A(0x1000))}},
    {"PFMF that clears", CASE_CODE(PFMF_clear), .uses = USES(A1),
     .gr = {[2] = ABSOLUTE(A(0x1000)), [5] = 0x10000}},
    {"STRAG", CASE_CODE(STRAG), .flags = NEEDS_DAT | NO_AR, .uses = USES(A1),
     .gr = {[2] = A(0x1000), [4] = B(0x1000)}},
    {"MVCP", CASE_CODE(MVCP), .flags = NEEDS_DAT | NO_AR, .uses = USES_A | USES_B,
     .gr = {[2] = A(0xff8), [4] = B(0xff4), [7] = 16}},
    {"MVCS", CASE_CODE(MVCS), .flags = NEEDS_DAT | NO_AR, .uses = USES_A | USES_B,
     .gr = {[2] = A(0xff8), [4] = B(0xff4), [7] = 16}},
    {"STSCH", CASE_CODE(STSCH), .uses = USES_A, SUBCHANNEL(0xff0)},
    {"TSCH", CASE_CODE(TSCH), .uses = USES_A, SUBCHANNEL(0xff0)},
    {"MSCH", CASE_CODE(MSCH), .uses = USES_A, NO_SUBCHANNEL(0xff0), .init = {{A(0xff0), NULL, 64, 0}}},
    {"SSCH", CASE_CODE(SSCH), .uses = USES_A, NO_SUBCHANNEL(0xffc), .init = {{A(0xffc), NULL, 64, 0}}},
    {"STCRW", CASE_CODE(STCRW), .uses = USES(A1), .gr = {[2] = A(0x1000)}},
    {"LCTLG", CASE_CODE(LCTLG), .uses = USES_A, .gr = {[2] = A(0xff8)}, .init = {{A(0xff8), NULL, 16, 0}}},
    {"SCKC", CASE_CODE(SCKC), .uses = USES(A1), .gr = {[2] = A(0x1000)}},
    {"STCKC", CASE_CODE(STCKC), .uses = USES(A1), .gr = {[2] = A(0x1000)}},
    {"SPX", CASE_CODE(SPX), .uses = USES(A1), .gr = {[2] = A(0x1000)}, .init = {{A(0x1000), NULL, 4, 0}}},
    /* These use no block but that of the instruction. */
    {"LRA", CASE_CODE(LRA), .flags = NEEDS_DAT, .gr = {[2] = A(0x1000)}},
    {"LRAG", CASE_CODE(LRAG), .flags = NEEDS_DAT, .gr = {[2] = A(0x1000)}},
    {"TPROT", CASE_CODE(TPROT), .gr = {[2] = A(0x1000)}},
    {"SSKE", CASE_CODE(SSKE), .gr = {[2] = ABSOLUTE(A(0x1000)), [5] = 0}},
    {"PFMF that sets a key", CASE_CODE(PFMF_key), .gr = {[2] = ABSOLUTE(A(0x1000)), [5] = 0x20000}},
};

#define KEY_OF_TEST 0x30
#define REFERENCED 0x04
#define CHANGED 0x02

/* The storage key of a discarded block (A13). */
static void keys(void) {
  const u64 block = bench_absolute(A1);
  make_state(block, STATE_SR);
  set_storage_key(block, KEY_OF_TEST | REFERENCED | CHANGED);
  make_state(block, STATE_VZ);
  report(get_storage_key(block) == KEY_OF_TEST,
         "after a discard reference and change are off and the access key is kept: %02x",
         get_storage_key(block));
  report(essa_state(block) == STATE_VZ, "ISKE leaves the state alone");

  set_storage_key(block, KEY_OF_TEST | REFERENCED | CHANGED);
  report(get_storage_key(block) == (KEY_OF_TEST | REFERENCED | CHANGED) && essa_state(block) == STATE_VZ,
         "SSKE sets the key of a discarded block and nothing else: key %02x", get_storage_key(block));

  unsigned cc;
  __asm__ volatile("rrbe %%r0,%1\n\tipm %0\n\tsrl %0,28" : "=d"(cc) : "a"(block) : "cc", "memory");
  report(cc == 3 && get_storage_key(block) == (KEY_OF_TEST | CHANGED) && essa_state(block) == STATE_VZ,
         "RRBE acts on the key alone: condition code %u", cc);

  make_state(block, STATE_UZ);
  set_storage_key(block, KEY_OF_TEST);
  report(get_storage_key(block) == KEY_OF_TEST && essa_state(block) == STATE_UZ,
         "key instructions on an unused block: state %s", state_name(essa_state(block)));
  make_state(block, STATE_SP);
  set_storage_key(block, 0);
  report(get_storage_key(block) == 0 && essa_state(block) == STATE_SP,
         "key instructions do not page in: state %s", state_name(essa_state(block)));
  make_state(block, STATE_SR);
}

void test_main(void) {
  /* Invalid pages say nothing about most of these: they do not translate, or only translate. */
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  report(channel_open_first(), "the first subchannel can be enabled");
  set_cr(0, get_cr(0) | CR0_SECONDARY_SPACE);
  bench_run(cases, ARRAY_SIZE(cases));
  keys();
}
