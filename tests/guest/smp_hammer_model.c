/* The part "model" of smp_hammer: each operation is checked against what must hold (I1 to I7). A lock a block
 * orders the CPUs, and the model of the block follows the table that the host obeys. */
#include "smp_hammer.h"

#include "essa_expectations.h"
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/smp.h"
#include "lib/try_access.h"

static struct model {
  volatile u32 lock;
  u8 usage;   /* as in the state: 0 stable, 4 unused, 8 potentially volatile, c volatile */
  bool dirty; /* the change bit may not be off */
  bool lost;  /* the content is known to be gone: volatile or unused and logically zero */
  bool torn;  /* stores to an unused block were done in part: the content is anything */
  u64 value;
} models[BLOCKS];

static bool try_lock(struct model* m) {
  u32 expected = 0;
  return __atomic_compare_exchange_n(&m->lock, &expected, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void unlock(struct model* m) { __atomic_store_n(&m->lock, 0, __ATOMIC_SEQ_CST); }

/* May the block be found in this state? The host can have acted at any time. */
static bool plausible(const struct model* m, u8 state) {
  switch (m->usage) {
    case 0x0:
      return state == STATE_SR || state == STATE_SP || (state == STATE_SZ && m->value == 0);
    case 0x4:
      return state == STATE_UZ || (state == STATE_UR && !m->lost);
    case 0x8: /* changed: paged out and stable from then on; clean: discarded */
      if (m->dirty) return state == STATE_PR || state == STATE_SP || state == STATE_SR;
      return state == STATE_PR || state == STATE_VZ;
    default:
      return state == STATE_VZ || (state == STATE_VR && !m->lost);
  }
}

/* Take over what the state says of usage and content. A discard has turned the change bit off, dropping a
 * copy on the paging store has not: make it off in either case. */
static void adopt(struct model* m, u64 block, u8 state) {
  m->usage = state & 0xc;
  m->lost = (state & 3) == 3 && m->usage != 0;
  if ((state & 3) != 3) return;
  m->value = 0;
  m->torn = false;
  m->dirty = false;
  set_storage_key(block, 0);
}

/* The next state from the table that the host obeys. */
static u8 next_state(u8 from, unsigned orc, bool changed) {
  for (size_t i = 0; i < ARRAY_SIZE(essa_expectations); ++i) {
    if (essa_expectations[i].from == from && essa_expectations[i].orc == orc &&
        essa_expectations[i].changed == (changed ? 1 : 0))
      return essa_expectations[i].next;
  }
  return 0xff;
}

static void model_essa(struct model* m, u64 block, unsigned orc) {
  const u8 state = (u8)(essa_any(orc, block) & 0xf);
  if (!plausible(m, state)) fail(BAD_STATE, orc << 8 | m->usage, state, m->dirty);
  adopt(m, block, state);
  const u8 next = next_state(state, orc, m->dirty);
  if (next == 0xff) {
    fail(BAD_STATE, orc << 8, state, 0);
  } else {
    adopt(m, block, next & 0xf);
  }
}

static void model_load(struct model* m, u64 block, u64 offset) {
  const struct access a = try_load(block + offset, mode());
  if (!a.exact) fail(WRONG_FAULT, m->usage, a.code, block);
  if (a.code == 0) {
    /* A resident unused block may be reached through a translation that a CPU holds (A6: might). */
    if (m->lost) fail(MISSING_FAULT, m->usage, m->lost, block);
    if (!m->torn && a.value != m->value) fail(WRONG_CONTENT, m->usage, a.value, m->value);
  } else if (a.code == PGM_DISCARD) {
    if (m->usage != 0xc && !(m->usage == 0x8 && !m->dirty)) fail(WRONG_FAULT, m->usage, a.code, m->dirty);
    adopt(m, block, STATE_VZ);
  } else if (a.code != PGM_ADDRESSING || m->usage != 0x4) {
    fail(WRONG_FAULT, m->usage, a.code, block);
  }
}

static void model_store(struct model* m, u64 block) {
  const u64 value = (u64)random_below(1u << 24) << 8 | 1;
  const struct access first = try_store(block, value, mode());
  if (!first.exact) fail(WRONG_FAULT, m->usage, first.code, block);
  if (first.code != 0) {
    if (first.code == PGM_DISCARD && m->usage != 0xc && !(m->usage == 0x8 && !m->dirty))
      fail(WRONG_FAULT, m->usage, first.code, m->dirty);
    if (first.code == PGM_DISCARD) adopt(m, block, STATE_VZ);
    if (first.code != PGM_DISCARD && m->usage != 0x4) fail(WRONG_FAULT, m->usage, first.code, block);
    return;
  }
  if (m->lost) fail(MISSING_FAULT, m->usage, m->lost, block);
  m->dirty = true;
  m->torn = true;
  /* A volatile block may go between the two stores. */
  const struct access second = try_store(block + LAST_WORD, value, mode());
  if (second.code == 0) {
    m->value = value;
    m->torn = false;
  } else if (second.code == PGM_DISCARD && m->usage == 0xc) {
    adopt(m, block, STATE_VZ);
  } else if (second.code != PGM_ADDRESSING || m->usage != 0x4) {
    fail(WRONG_FAULT, m->usage, second.code, block);
  }
}

static void model_clean(struct model* m, u64 block) {
  /* Only for a block whose content is not on the paging store: dropping that would be the guest's loss. */
  if (m->usage != 0x8) return;
  const u8 state = (u8)essa_state(block);
  if (!plausible(m, state)) fail(BAD_STATE, m->usage, state, m->dirty);
  adopt(m, block, state);
  if (state != STATE_PR) return;
  set_storage_key(block, 0);
  m->dirty = false;
  const u8 after = (u8)essa_state(block);
  /* It may have been paged out, as changed, before its key was set. */
  if (after == STATE_SP) {
    set_storage_key(block, KEY_CHANGED);
    adopt(m, block, after);
    m->dirty = true;
  } else if (!plausible(m, after)) {
    fail(BAD_STATE, m->usage, after, 2);
  } else {
    adopt(m, block, after);
  }
}

void model_part(void) {
  while (clock_us() < deadline) {
    const unsigned i = random_below(BLOCKS);
    struct model* m = &models[i];
    const u64 block = block_address(i);
    if (!try_lock(m)) continue;
    switch (random_below(10)) {
      case 0:
      case 1:
      case 2:
        model_essa(m, block, random_below(7));
        break;
      case 3:
        model_essa(m, block, ESSA_STABLE_IF_RESIDENT);
        break;
      case 4:
        model_store(m, block);
        break;
      case 5:
        model_load(m, block, 0);
        break;
      case 6:
        model_load(m, block, LAST_WORD);
        break;
      case 7:
        model_clean(m, block);
        break;
      default:
        host_evict(block);
    }
    unlock(m);
  }
}

void model_prepare(void) {
  memset(models, 0, sizeof(models));
  for (unsigned i = 0; i < BLOCKS; ++i) models[i].dirty = true;
}
