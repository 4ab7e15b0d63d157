/* Discard faults of instruction fetches: an instruction in, or across the border to, a discarded block; a
 * branch into one; code whose own block goes away while it runs. The last shows that neither the TLB nor
 * the instruction-address accelerator of the emulator keeps a discarded block. */
#include "lib/bench.h"
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "discard_fetch";

CODE(MVC, "mvc 0(16,%r2),0(%r4)");
CODE(LG, "lg %r5,0(%r2)");
CODE(ST, "st %r5,0(%r2)");
CODE(EX, "ex %r0,0(%r5)");
CODE(BR, "br %r6");
CODE(BASR, "basr %r7,%r6");
CODE(BAS, "bas %r7,0(%r6)");
CODE(BRCTG, ".byte 0xa7,0x17\n\t.short 0x2080");  // BRCTG 1 to T(0x200) seen from K(0x100)
CODE(BRASL, ".short 0xc075\n\t.long 0x2080");     // likewise

static const struct insn_case crossing[] = {
    {"MVC", CASE_CODE(MVC), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xff4)}},
    {"LG", CASE_CODE(LG), .uses = USES(A0), .gr = {[2] = A(0x100)}},
    {"ST", CASE_CODE(ST), .uses = USES(A0), .gr = {[2] = A(0x100), [5] = 0x55}},
    {"EX", CASE_CODE(EX), .uses = USES(A0) | USES(B0) | USES(T0),
     .gr = {[2] = A(0), [4] = B(0), [5] = T(0x300)}, .init = {{T(0x300), "\xd2\x0f\x20\x00\x40\x00", 6, 0}}},
};

#define TARGET .flags = BRANCHES, .uses = USES(T0), .init = {{T(0x200), "\x0a\x00", 2, 0}}

static const struct insn_case branches[] = {
    {"BR", CASE_CODE(BR), TARGET, .gr = {[6] = T(0x200)}},
    {"BASR", CASE_CODE(BASR), TARGET, .gr = {[6] = T(0x200)}},
    {"BAS", CASE_CODE(BAS), TARGET, .gr = {[6] = T(0x200)}},
    {"BRCTG", CASE_CODE(BRCTG), TARGET, .gr = {[1] = 5}},
    {"BRASL", CASE_CODE(BRASL), TARGET},
};

#define DIAGNOSE_13 0x83130caau
#define SVC_0 0x0a000000u

/* Code in K0 that has the host take block `gone` away and then goes on with `next` in the same run. */
static void own_action(const char* what, u32 before, u32 next, unsigned gone, unsigned fault_at) {
  u32* code = (u32*)(bench_absolute(K0) + CODE_OFFSET);
  for (unsigned block = 0; block < BLOCKS; ++block) make_state(bench_absolute(block), STATE_SR);
  code[0] = before;
  code[1] = DIAGNOSE_13;
  code[2] = next;
  code[3] = SVC_0;
  essa(ESSA_VOLATILE, bench_absolute(gone));
  struct cpu_state state = {
      .psw = {PSW_64 | (bench_virtual(K0) != bench_absolute(K0) ? PSW_DAT : 0),
              bench_virtual(K0) + CODE_OFFSET},
      .gr = {[1] = bench_absolute(gone), [2] = bench_virtual(A0), [3] = HOST_EVICT},
  };
  const struct event e = cpu_run(&state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == bench_absolute(gone) &&
             state.psw.address == bench_virtual(K0) + CODE_OFFSET + fault_at,
         "%s: kind %u code %04x address %lx at %lx", what, (unsigned)e.kind, e.code, e.address,
         state.psw.address);
  essa(ESSA_STABLE, bench_absolute(gone));
}

#define L_5_0_2 0x58502000u  /* L 5,0(2) */
#define ST_5_0_2 0x50502000u /* ST 5,0(2) */
#define NOP_4 0x47000000u

/* The last instruction of a block, then the first of the next, which is gone. */
static void sequential(void) {
  make_state(bench_absolute(K0), STATE_SR);
  make_state(bench_absolute(K1), STATE_SR);
  *(u32*)(bench_absolute(K0) + BLOCK_SIZE - 4) = NOP_4;
  make_state(bench_absolute(K1), STATE_VZ);
  struct cpu_state state = {
      .psw = {PSW_64 | (bench_virtual(K0) != bench_absolute(K0) ? PSW_DAT : 0),
              bench_virtual(K0) + BLOCK_SIZE - 4},
  };
  struct event e = cpu_run(&state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == bench_absolute(K1) &&
             state.psw.address == bench_virtual(K1),
         "running on into a discarded block: code %04x at %lx", e.code, state.psw.address);
  essa(ESSA_STABLE, bench_absolute(K1));
  *(u32*)bench_absolute(K1) = SVC_0;
  e = cpu_run(&state);
  report(e.kind == EVENT_SVC, "and going on");
}

void test_main(void) {
  const bool host = bench_open();
  for (enum bench_mode mode = 0; mode < MODES; ++mode) {
    report_push("%s", bench_mode_name[mode]);
    if (bench_enter(mode)) {
      for (size_t i = 0; i < ARRAY_SIZE(crossing); ++i) {
        const u64 length = (u64)(crossing[i].code_end - crossing[i].code);
        for (u64 first = 2; first < length; first += 2) {
          report_push("%u bytes in the first block", (unsigned)first);
          bench_case(&crossing[i], BLOCK_SIZE - first);
          report_pop();
        }
      }
      for (size_t i = 0; i < ARRAY_SIZE(branches); ++i) bench_case(&branches[i], CODE_OFFSET);
      if (host && mode != MODE_ACCESS) {
        own_action("code that discards its own block", NOP_4, NOP_4, K0, 8);
        own_action("load after a load from the block", L_5_0_2, L_5_0_2, A0, 8);
        own_action("store after a load from the block", L_5_0_2, ST_5_0_2, A0, 8);
        own_action("load after a store to the block", ST_5_0_2, L_5_0_2, A0, 8);
        sequential();
      }
    }
    report_pop();
  }
}
