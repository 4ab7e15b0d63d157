/* ESSA: every operation request code on every state, with and without the change bit and the no-DAT mark;
 * what it leaves alone; its exceptions and their order. The expectations are generated from the table that
 * the host obeys, so this shows that the machine does what the table says. */
#include "essa_expectations.h"
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "essa_table";

#define BLOCK (20 * MEGABYTE)
#define ESSA_WORD(orc, r1, r2) (0xb9ab0000u | (u32)(orc) << 12 | (u32)(r1) << 4 | (u32)(r2))
#define SVC_WORD 0x0a000000u
#define KEY_CHANGED 0x02

static bool have_nodat;

static u64 pattern(u64 i) { return i * 0x9e3779b97f4a7c15ul + 1; }

static void fill(u64 block) {
  for (u64 i = 0; i < BLOCK_SIZE / 8; ++i) ((volatile u64*)block)[i] = pattern(i);
}

/* 1: the pattern, 0: all zeros, -1: anything else. */
static int content(u64 block) {
  bool zero = true;
  bool same = true;
  for (u64 i = 0; i < BLOCK_SIZE / 8; ++i) {
    const u64 value = ((volatile u64*)block)[i];
    zero &= value == 0;
    same &= value == pattern(i);
  }
  return same ? 1 : zero ? 0 : -1;
}

static bool begin_in(u8 state, bool changed) {
  const bool nodat = (state & STATE_NODAT) != 0;
  const enum block_state pair = (enum block_state)(state & 0xf);
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  essa(ESSA_STABLE, BLOCK);
  fill(BLOCK);
  if (nodat) essa(ESSA_STABLE_NODAT, BLOCK);
  make_state(BLOCK, pair);
  if (nodat && (pair & 0xc) == 0) essa(ESSA_STABLE_NODAT, BLOCK);
  set_storage_key(BLOCK, changed ? KEY_CHANGED : 0);
  const u64 is = essa(ESSA_EXTRACT, BLOCK);
  return report_quiet(is == state, "the block can be put into state %02x, is %02lx", state, is);
}

static void table(void) {
  static const char* const orc_name[8] = {"extract",
                                          "stable",
                                          "unused",
                                          "volatile",
                                          "potential",
                                          "stable and resident",
                                          "stable if resident",
                                          "stable no-DAT"};
  unsigned failed = 0;
  for (size_t i = 0; i < ARRAY_SIZE(essa_expectations); ++i) {
    const u8 from = essa_expectations[i].from;
    const u8 orc = essa_expectations[i].orc;
    if (!have_nodat && ((from & STATE_NODAT) != 0 || orc == ESSA_STABLE_NODAT)) continue;
    report_push("%s%s%s: %s", state_name(from), (from & STATE_NODAT) != 0 ? "+N" : "",
                essa_expectations[i].changed ? " changed" : "", orc_name[orc]);
    bool ok = begin_in(from, essa_expectations[i].changed);
    if (ok) {
      const u64 result = essa_any(orc, BLOCK);
      const u64 next = essa(ESSA_EXTRACT, BLOCK);
      ok &= report_quiet(result == essa_expectations[i].result, "result is %02lx instead of %02x", result,
                         essa_expectations[i].result);
      ok &= report_quiet(next == essa_expectations[i].next, "state is %02lx instead of %02x", next,
                         essa_expectations[i].next);
      const u8 key = get_storage_key(BLOCK);
      ok &= report_quiet((key & KEY_CHANGED) == (essa_expectations[i].changed ? KEY_CHANGED : 0) ||
                             (next & 3) != (from & 3u),
                         "the change bit is left alone, key is %02x", key);
      essa(ESSA_STABLE, BLOCK);
      const int wanted = essa_expectations[i].keeps_content ? 1 : 0;
      const int is = content(BLOCK);
      ok &= report_quiet(is == wanted, "content is %s instead of %s",
                         is == 1   ? "kept"
                         : is == 0 ? "zeros"
                                   : "neither",
                         wanted == 1 ? "kept" : "zeros");
    }
    failed += ok ? 0 : 1;
    report_pop();
  }
  report(failed == 0, "all states and request codes: %u of %u cells wrong", failed,
         (unsigned)ARRAY_SIZE(essa_expectations));
}

static struct event try(u32 word, u64 psw_bits, u64 address, struct cpu_state* state) {
  static u32 code[2] __attribute__((aligned(8)));
  code[0] = word;
  code[1] = SVC_WORD;
  memset(state, 0, sizeof(*state));
  state->psw = (struct psw){psw_bits, (u64)code};
  state->gr[1] = 0x1111111111111111ul;
  state->gr[2] = address;
  return cpu_run(state);
}

static void operands(void) {
  struct cpu_state state;
  begin_in(STATE_VR, false);
  bool ok = true;
  for (unsigned cc = 0; cc < 4; ++cc) {
    try(ESSA_WORD(cc == 3 ? 3 : 0, 1, 2), PSW_64 | (u64)cc << PSW_CC_SHIFT, BLOCK, &state);
    ok &= psw_cc(&state.psw) == cc;
  }
  report(ok, "condition code is unchanged (A4)");
  try(ESSA_WORD(0, 2, 2), PSW_64, BLOCK, &state);
  report(state.gr[2] == STATE_VR, "R1 and R2 may be the same register");
  try(ESSA_WORD(0, 1, 2), PSW_64, BLOCK + 0xabc, &state);
  report(state.gr[1] == STATE_VR && state.gr[2] == BLOCK + 0xabc, "the low 12 bits are ignored (A1)");
  essa(ESSA_STABLE_RESIDENT, BLOCK + BLOCK_SIZE);
  try(ESSA_WORD(2, 1, 2), PSW_64, BLOCK + 0xfff, &state);
  report(essa_state(BLOCK) == STATE_UR && essa_state(BLOCK + BLOCK_SIZE) == STATE_SR,
         "also when the state is set: the next block is untouched");
  try(ESSA_WORD(0, 1, 2), PSW_64 & ~(1ul << 32), BLOCK, &state);
  report(state.gr[1] == STATE_UR, "31-bit mode sees the same block");
  essa(ESSA_STABLE, BLOCK);
}

static void real_or_absolute(void) {
  if (!have_nodat) {
    report_skip("absolute address: needs the no-DAT mark to tell");
    return;
  }
  static u8 prefix[PREFIX_SIZE] __attribute__((aligned(PREFIX_SIZE)));
  memcpy(prefix, lowcore(0), PREFIX_SIZE);
  const u32 old = get_prefix();
  set_prefix((u32)(u64)prefix);
  essa(ESSA_STABLE_NODAT, 0);
  set_prefix(old);
  const u64 at_zero = essa(ESSA_STABLE, 0);
  report((at_zero & STATE_NODAT) != 0 && (essa(ESSA_EXTRACT, prefix) & STATE_NODAT) == 0,
         "R2 is an absolute address (A1)");
}

static void exception(const char* what, u32 word, u64 psw_bits, u64 address, u16 code) {
  struct cpu_state state;
  const struct event e = try(word, psw_bits, address, &state);
  const struct psw psw = state.psw;
  report(e.kind == EVENT_PROGRAM && e.code == code && e.ilc == 4 && state.gr[1] == 0x1111111111111111ul &&
             (psw.address & 7) == 4,
         "%s: kind %u code %04x length %u", what, (unsigned)e.kind, e.code, e.ilc);
}

static void exceptions(void) {
  const u64 end = main_storage_size();
  for (unsigned orc = 8; orc < 16; ++orc)
    exception("request code 8 to 15", ESSA_WORD(orc, 1, 2), PSW_64, BLOCK, PGM_SPECIFICATION);
  if (!have_nodat)
    exception("request code 7 without facility 147 (A19)", ESSA_WORD(7, 1, 2), PSW_64, BLOCK,
              PGM_SPECIFICATION);
  exception("problem state", ESSA_WORD(0, 1, 2), PSW_64 | PSW_PROBLEM, BLOCK, PGM_PRIVILEGED);
  exception("block outside storage", ESSA_WORD(0, 1, 2), PSW_64, end, PGM_ADDRESSING);
  exception("last block of the address range", ESSA_WORD(1, 1, 2), PSW_64, ~0ul, PGM_ADDRESSING);
  exception("all 64 bits count (A2)", ESSA_WORD(1, 1, 2), PSW_64, (1ul << 48) + BLOCK, PGM_ADDRESSING);
  exception("all 64 bits count in 24-bit mode (A2)", ESSA_WORD(1, 1, 2), PSW_64 & ~(3ul << 31),
            (1ul << 32) + BLOCK, PGM_ADDRESSING);
  exception("problem state before request code (A5)", ESSA_WORD(15, 1, 2), PSW_64 | PSW_PROBLEM, BLOCK,
            PGM_PRIVILEGED);
  exception("request code before address (A5)", ESSA_WORD(15, 1, 2), PSW_64, end, PGM_SPECIFICATION);
  exception("problem state before address (A5)", ESSA_WORD(0, 1, 2), PSW_64 | PSW_PROBLEM, end,
            PGM_PRIVILEGED);

  struct cpu_state state;
  const struct event e = try(ESSA_WORD(0, 1, 2), PSW_64, end - BLOCK_SIZE, &state);
  report(e.kind == EVENT_SVC, "the last block of storage is inside");
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  have_nodat = facility(147);
  report_info("facility 147 is %s", have_nodat ? "installed" : "not installed");
  table();
  operands();
  real_or_absolute();
  exceptions();
}
