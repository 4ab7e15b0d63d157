/* DIAGNOSE X'308' subcodes 0 and 1 (A28): a program resets the machine and goes on at the short PSW at
 * absolute 0. Storage and general registers stay; control registers, prefix and the other CPU are reset;
 * every block is stable without a no-DAT mark, or with STATES_STAY has the state that it had. What the image
 * found is kept behind the arena's marker, since each reset begins the image again. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/smp.h"

#if STATES_STAY
const char test_name[] = "program_reset_keeps_states";
#else
const char test_name[] = "program_reset";
#endif

#define ARENA (20 * MEGABYTE)
#define OTHER_PREFIX (19 * MEGABYTE)
#define MARKER 0x7265736574206f6bul
#define PATTERN 0x0123456789abcdeful
/* In the second block of the prefix area, where nothing of the architecture is. */
#define SAVED_GR 0x1800
#define SAVED_CR 0x1880

struct kept {
  u64 marker;
  u64 resets;
  u64 failures;
  u64 turns; /* of the other CPU */
  u64 states[STATES];
};
static volatile struct kept* const kept = (volatile struct kept*)ARENA;

static const struct {
  enum block_state before, after;
} blocks[] = {
    {STATE_SR, STATE_SR}, {STATE_SP, STATE_SP}, {STATE_SZ, STATE_SZ}, {STATE_UR, STATE_SR},
    {STATE_UZ, STATE_SZ}, {STATE_VR, STATE_SR}, {STATE_VZ, STATE_SZ}, {STATE_PR, STATE_SR},
};

/* Where the machine goes on, in 31-bit mode. */
void after_reset(void);
__asm__(
    ".text\n"
    "after_reset:\n"
    "  stmg %r0,%r15,0x1800\n"
    "  stctg %c0,%c15,0x1880\n"
    "  jg _start\n");

static u64 block(size_t i) { return ARENA + (i + 1) * BLOCK_SIZE; }

static void check(bool holds, const char* what) {
  if (!report(holds, "subcode %lu: %s", kept->resets - 1, what)) kept->failures += 1;
}

static void turn_for_ever(void) {
  for (;;) kept->turns += 1;
}

static u16 refused(u64 subcode, u64 mask) {
  static const u32 code[]
      __attribute__((aligned(8))) = {0x83020308, 0x0a000000}; /* DIAGNOSE 0,2,X'308'; SVC 0 */
  struct cpu_state state = {.psw = {PSW_64 | mask, (u64)code}, .gr = {[2] = subcode}};
  const struct event e = cpu_run(&state);
  return e.kind == EVENT_PROGRAM ? e.code : 0;
}

static void set_states(void) {
  for (size_t i = 0; i < ARRAY_SIZE(blocks); ++i) {
    essa(ESSA_STABLE_RESIDENT, block(i));
    *(volatile u64*)block(i) = MARKER + i;
    if (facility(147)) essa(ESSA_STABLE_NODAT, block(i));
    make_state(block(i), blocks[i].before);
    kept->states[i] = essa(ESSA_EXTRACT, block(i));
  }
}

static void look_at_states(void) {
  for (size_t i = 0; i < ARRAY_SIZE(blocks); ++i) {
    const u64 state = essa(ESSA_EXTRACT, block(i));
    const u64 expected = STATES_STAY ? kept->states[i] : blocks[i].after;
    report_push("from %s to %s, no-DAT mark %s", state_name(blocks[i].before), state_name(state),
                (state & STATE_NODAT) != 0 ? "on" : "off");
    check(state == expected, "state");
    (void)essa(ESSA_STABLE, block(i));
    if ((blocks[i].before & 3) != 3) check(*(volatile u64*)block(i) == MARKER + i, "content stays");
    report_pop();
  }
}

static void look_at_machine(void) {
  const u64* gr = lowcore(SAVED_GR);
  const u64* cr = lowcore(SAVED_CR);
  check(gr[6] == PATTERN, "general registers stay");
  check(cr[0] == 0xe0 && cr[1] == 0 && cr[14] == 0xc2000000, "control registers are reset");
  check(get_prefix() == 0, "the prefix is 0");
  check(smp_join(1, 5), "the other CPU is stopped");
  const u64 turns = kept->turns;
  const u64 until = clock_us() + 20000;
  while (clock_us() < until) continue;
  check(turns != 0 && turns == kept->turns, "and does nothing any more");
}

static void reset(u64 subcode) {
  register u64 r1 __asm__("1") = subcode;
  register u64 r6 __asm__("6") = PATTERN;
  kept->resets += 1;
  LOWCORE(u64, 0) = 0x0008000080000000ul | (u64)after_reset;
  set_cr(1, PATTERN & ~0xffful);
  set_prefix(OTHER_PREFIX);
  __asm__ volatile(".insn rs,0x83000000,0,%0,0x308" : : "d"(r1), "d"(r6) : "memory");
  guest_panic("a reset went on with the next instruction");
}

void test_main(void) {
  if (!essa_available() || !host_available() || smp_count() < 2) {
    report_skip("whole test: it wants ESSA, the test channel and two CPUs");
    return;
  }
  if (kept->marker != MARKER) {
    *kept = (struct kept){.marker = MARKER};
  } else {
    look_at_machine();
    look_at_states();
  }
  if (kept->resets < 2) {
    kept->turns = 0;
    set_states();
    if (!smp_start(1, turn_for_ever)) kept->failures += 1;
    while (kept->turns == 0) continue;
    reset(kept->resets);
  }
  report(kept->failures == 0, "all that was looked at after the first reset");
  report(refused(0, PSW_PROBLEM) == PGM_PRIVILEGED, "it is a privileged operation");
  report(refused(2, 0) == PGM_SPECIFICATION, "a subcode that there is not is refused");
  report(refused(1ul << 32, 0) == PGM_SPECIFICATION, "all bits of the subcode count");
}
