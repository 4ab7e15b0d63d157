/* See bench.h. */
#include "bench.h"

#include "cpu.h"
#include "dat.h"
#include "essa.h"
#include "host.h"
#include "report.h"

#define ARENA (16 * MEGABYTE)     /* absolute: without DAT, and the 1 MB frame */
#define SCATTERED (18 * MEGABYTE) /* absolute: the 4 KB pages */
#define PAGES_AT 0x30000000ul     /* virtual */
#define FRAME_AT 0x50000000ul     /* virtual */

const char* const bench_mode_name[MODES] = {"real", "pages", "frame", "access"};

static const char* const block_name[BLOCKS] = {"K0", "K1", "T0", "T1", "A0", "A1", "B0", "B1"};

static struct address_space primary, secondary, frames;
static enum bench_mode mode;
static bool have_host;

static u8 expected[BLOCKS][BLOCK_SIZE] __attribute__((aligned(8)));
static u8 initial[BLOCKS][BLOCK_SIZE] __attribute__((aligned(8)));

static u64 block_offset(unsigned block) { return block / 2 * PAIR_STEP + block % 2 * BLOCK_SIZE; }

u64 bench_absolute(unsigned block) {
  if (mode == MODE_REAL || mode == MODE_FRAME) return ARENA + block_offset(block);
  return SCATTERED + (block * 5 % BLOCKS) * 2 * BLOCK_SIZE;
}

static u64 virtual_base(void) {
  if (mode == MODE_REAL) return ARENA;
  return mode == MODE_FRAME ? FRAME_AT : PAGES_AT;
}

u64 bench_virtual(unsigned block) { return virtual_base() + block_offset(block); }

static u64 resolve(u64 value) {
  const u64 offset = (u32)value;
  const unsigned pair = (unsigned)((value & ~TAG_MASK) >> 32);
  if ((value & TAG_MASK) == TAG_VIRTUAL) return virtual_base() + pair * PAIR_STEP + offset;
  if ((value & TAG_MASK) == TAG_ABSOLUTE)
    return bench_absolute(pair * 2 + (unsigned)(offset / BLOCK_SIZE)) + offset % BLOCK_SIZE;
  return value;
}

bool bench_open(void) {
  mode = MODE_PAGES;
  dat_create(&primary);
  dat_create(&secondary);
  for (unsigned block = 0; block < BLOCKS; ++block) {
    dat_map(&primary, bench_virtual(block), bench_absolute(block));
    dat_map(&secondary, bench_virtual(block), bench_absolute(block));
  }
  dat_create(&frames);
  dat_map_1m(&frames, FRAME_AT, ARENA);
  have_host = essa_available() && host_available();
  if (!have_host) report_skip("whole test: this machine cannot discard blocks on demand");
  return have_host;
}

bool bench_enter(enum bench_mode wanted) {
  if (wanted == MODE_FRAME && !facility(8)) {
    report_skip("no enhanced DAT");
    return false;
  }
  mode = wanted;
  set_cr(0, (get_cr(0) & ~CR0_EDAT) | CR0_AFP | (mode == MODE_FRAME ? CR0_EDAT : 0));
  set_cr(1, mode == MODE_FRAME ? frames.asce : primary.asce);
  set_cr(7, mode == MODE_FRAME ? frames.asce : secondary.asce);
  dat_purge();
  /* In access-register mode each space lacks what only the other may be asked for. */
  for (unsigned block = 0; block < BLOCKS; ++block) {
    const u64 virtual = PAGES_AT + block_offset(block);
    const bool in_primary = mode != MODE_ACCESS || block / 2 != PAIR_B;
    const bool in_secondary = mode != MODE_ACCESS || block / 2 == PAIR_B;
    (in_primary ? dat_validate : dat_invalidate)(&primary, virtual);
    (in_secondary ? dat_validate : dat_invalidate)(&secondary, virtual);
  }
  return true;
}

/* The storage and the registers that the case begins with. */
static void prepare(const struct insn_case* c, u64 offset, struct cpu_state* state) {
  for (unsigned block = 0; block < BLOCKS; ++block) {
    u8* p = (u8*)bench_absolute(block);
    if (have_host) essa(ESSA_STABLE, p);
    for (u64 i = 0; i < BLOCK_SIZE; i += 8)
      *(u64*)(p + i) = 0x0101010101010101ul * (block + 1) + i * 0x9e3779b9ul;
  }
  for (const struct init* init = c->init; init < c->init + ARRAY_SIZE(c->init) && init->where != 0; ++init) {
    for (unsigned i = 0; i < init->length; ++i)
      *(u8*)resolve(ABSOLUTE(init->where + i)) = init->bytes != NULL ? (u8)init->bytes[i] : init->fill;
  }
  const size_t length = (size_t)(c->code_end - c->code);
  static const u8 end[2] = {0x0a, 0x00};  // SVC 0
  for (size_t i = 0; i < length + sizeof(end); ++i)
    *(u8*)resolve(ABSOLUTE(K(offset + i))) = i < length ? c->code[i] : end[i - length];
  for (unsigned block = 0; block < BLOCKS; ++block)
    memcpy(initial[block], (void*)bench_absolute(block), BLOCK_SIZE);

  memset(state, 0, sizeof(*state));
  state->psw.mask =
      PSW_64 | (mode == MODE_REAL ? 0 : PSW_DAT) | (mode == MODE_ACCESS ? PSW_ACCESS_REGISTERS : 0);
  state->psw.address = resolve(K(offset));
  for (unsigned r = 0; r < 16; ++r) {
    state->gr[r] = resolve(c->gr[r]);
    const bool in_b = (c->gr[r] & TAG_MASK) == TAG_VIRTUAL && (c->gr[r] & ~TAG_MASK) >> 32 == PAIR_B;
    if (mode == MODE_ACCESS && in_b) state->ar[r] = 1;  // ALET 1: secondary space
  }
}

static unsigned changed_blocks(const u8 (*reference)[BLOCK_SIZE], unsigned except) {
  unsigned changed = 0;
  for (unsigned block = 0; block < BLOCKS; ++block) {
    if ((except & USES(block)) == 0 &&
        memcmp(reference[block], (void*)bench_absolute(block), BLOCK_SIZE) != 0)
      changed |= USES(block);
  }
  return changed;
}

/* It ended by SVC with what the first run gave. */
static bool as_expected(const struct event* e, const struct cpu_state* state,
                        const struct cpu_state* golden) {
  bool ok = report_quiet(e->kind == EVENT_SVC, "ends: kind %u code %04x at %lx", (unsigned)e->kind,
                         (unsigned)e->code, state->psw.address);
  if (!ok) return false;
  for (unsigned r = 0; r < 16; ++r)
    ok &= report_quiet(state->gr[r] == golden->gr[r], "register %u ends as %lx instead of %lx", r,
                       state->gr[r], golden->gr[r]);
  ok &= report_quiet(memcmp(state->ar, golden->ar, sizeof(state->ar)) == 0, "access registers as without");
  ok &= report_quiet(state->psw.mask == golden->psw.mask, "PSW mask ends as %lx instead of %lx",
                     state->psw.mask, golden->psw.mask);
  const unsigned changed = changed_blocks(expected, 0);
  ok &= report_quiet(changed == 0, "storage ends different in blocks %02x", changed);
  return ok;
}

static unsigned instruction_length(u8 opcode) { return opcode < 0x40 ? 2 : opcode < 0xc0 ? 4 : 6; }

/* B1 and B2. */
static bool nothing_happened(const struct insn_case* c, unsigned gone, const struct event* e,
                             const struct cpu_state* before, const struct cpu_state* after, bool page) {
  bool ok = report_quiet(e->kind == EVENT_PROGRAM && e->code == (page ? PGM_PAGE_TRANSLATION : PGM_DISCARD),
                         "interruption kind %u code %04x", (unsigned)e->kind, (unsigned)e->code);
  if (!ok) return false;
  const u64 address = page ? e->address & BLOCK_MASK : e->address;
  const u64 wanted = page ? bench_virtual(gone) : bench_absolute(gone);
  ok &= report_quiet(address == wanted, "stored address %lx instead of %lx", address, wanted);
  const bool at_target = (c->flags & BRANCHES) != 0 && (gone == T0 || gone == T1);
  const u64 at = at_target ? resolve(T(0x200)) : before->psw.address;
  ok &= report_quiet(after->psw.address == at, "old PSW at %lx instead of %lx", after->psw.address, at);
  if (gone == K0 || gone == K1 || at_target) {
    ok &= report_quiet(e->ilc == 2 || e->ilc == 4 || e->ilc == 6, "length code %u", e->ilc);
  } else {
    ok &= report_quiet(e->ilc == instruction_length(c->code[0]), "length code %u", e->ilc);
  }
  if (at_target) return ok;
  if ((c->flags & INTERRUPTIBLE) == 0) {
    for (unsigned r = 0; r < 16; ++r)
      ok &= report_quiet(after->gr[r] == before->gr[r], "register %u changed from %lx to %lx", r,
                         before->gr[r], after->gr[r]);
    ok &= report_quiet(memcmp(after->ar, before->ar, sizeof(after->ar)) == 0, "access registers unchanged");
    ok &= report_quiet(after->psw.mask == before->psw.mask, "PSW mask unchanged");
    const unsigned changed = changed_blocks(initial, USES(gone));
    ok &= report_quiet(changed == 0, "storage changed in blocks %02x", changed);
  }
  return ok;
}

/* The block comes back with what it held. */
static void heal(unsigned block, bool page) {
  if (page) {
    struct address_space* space = mode == MODE_ACCESS && block / 2 == PAIR_B ? &secondary : &primary;
    dat_validate(space, bench_virtual(block));
    return;
  }
  essa(ESSA_STABLE, bench_absolute(block));
  memcpy((void*)bench_absolute(block), initial[block], BLOCK_SIZE);
}

static bool take_away(unsigned block, bool page) {
  if (page) {
    struct address_space* space = mode == MODE_ACCESS && block / 2 == PAIR_B ? &secondary : &primary;
    dat_invalidate(space, bench_virtual(block));
    return true;
  }
  return report_quiet(make_state(bench_absolute(block), STATE_VZ), "block can be discarded, state is %s",
                      state_name(essa_state(bench_absolute(block))));
}

static bool without_block(const struct insn_case* c, u64 offset, unsigned block, bool used, bool page,
                          const struct cpu_state* golden) {
  struct cpu_state before;
  prepare(c, offset, &before);
  bool ok = take_away(block, page);
  if (!ok) return false;
  struct cpu_state after = before;
  struct event e = cpu_run(&after);
  if (used) {
    ok &= nothing_happened(c, block, &e, &before, &after, page);
    if (!page)
      ok &=
          report_quiet(essa_state(bench_absolute(block)) == STATE_VZ, "the block is still discarded, not %s",
                       state_name(essa_state(bench_absolute(block))));
    heal(block, page);
    if (ok) e = cpu_run(&after);
  } else {
    heal(block, page);
  }
  return ok && as_expected(&e, &after, golden);
}

static bool with_preserved(const struct insn_case* c, u64 offset, unsigned block,
                           const struct cpu_state* golden) {
  struct cpu_state state;
  prepare(c, offset, &state);
  bool ok = report_quiet(make_state(bench_absolute(block), STATE_SP), "block can be paged out, state is %s",
                         state_name(essa_state(bench_absolute(block))));
  const struct event e = cpu_run(&state);
  return ok && as_expected(&e, &state, golden);
}

static bool each_block(const struct insn_case* c, u64 offset, bool page, const struct cpu_state* golden) {
  const size_t length = (size_t)(c->code_end - c->code);
  unsigned uses = c->uses | USES(offset < BLOCK_SIZE ? K0 : K1);
  /* The SVC after the instruction may lie in the second block: leave that one out unless the instruction
   * itself reaches it. */
  const bool tail = offset < BLOCK_SIZE && offset + length + 2 > BLOCK_SIZE;
  if (offset < BLOCK_SIZE && offset + length > BLOCK_SIZE) uses |= USES(K1);
  bool ok = true;
  for (unsigned block = 0; block < BLOCKS; ++block) {
    const bool used = (uses & USES(block)) != 0;
    if (block == K1 && tail && !used) continue;
    report_push("%s gone", block_name[block]);
    ok &= without_block(c, offset, block, used, page, golden);
    report_pop();
    if (used && !page) {
      report_push("%s paged out", block_name[block]);
      ok &= with_preserved(c, offset, block, golden);
      report_pop();
    }
  }
  return ok;
}

void bench_case(const struct insn_case* c, u64 offset) {
  if ((c->flags & NEEDS_DAT) != 0 && mode == MODE_REAL) return;
  if ((c->flags & NO_AR) != 0 && mode == MODE_ACCESS) return;
  report_push("%s", c->name);
  struct cpu_state golden;
  prepare(c, offset, &golden);
  const struct event e = cpu_run(&golden);
  if (e.kind == EVENT_PROGRAM && e.code == PGM_OPERATION) {
    report_skip("the machine does not have it");
  } else if (report_quiet(e.kind == EVENT_SVC, "runs with all blocks present: kind %u code %04x address %lx",
                          (unsigned)e.kind, (unsigned)e.code, e.address)) {
    for (unsigned block = 0; block < BLOCKS; ++block)
      memcpy(expected[block], (void*)bench_absolute(block), BLOCK_SIZE);
    if (have_host) {
      report(each_block(c, offset, false, &golden), "restartable when a block is discarded");
    } else if (mode == MODE_PAGES || mode == MODE_ACCESS) {
      report(each_block(c, offset, true, &golden), "restartable when a page is invalid");
    }
  }
  report_pop();
}

void bench_run(const struct insn_case* cases, size_t count) {
  bench_open();
  for (enum bench_mode m = 0; m < MODES; ++m) {
    report_push("%s", bench_mode_name[m]);
    if (bench_enter(m)) {
      for (size_t i = 0; i < count; ++i) bench_case(&cases[i], CODE_OFFSET);
    }
    report_pop();
  }
}
