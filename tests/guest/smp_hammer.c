/* All CPUs on the same few blocks while the host takes them away: ESSA, discards and stores are atomic per
 * block, and a discard is seen by all CPUs at once. Four parts:
 *
 *   model      each operation is checked against what must hold (I1 to I7); a lock a block orders the CPUs
 *   rescue     one CPU makes a block volatile and rescues it with "stable if resident" while others discard
 *              it and read it: an answer other than "discarded" means that the content is intact (I2, I4)
 *   counters   interlocked additions to stable blocks that are being paged out (I1)
 *   potential  the same on potentially volatile blocks: a completed store is never lost (I3)
 *
 * Run it also under the policies storm and random with few frames: then the host acts of itself as well. */
#include "essa_expectations.h"
#include "lib/cpu.h"
#include "lib/dat.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/smp.h"
#include "lib/try_access.h"

const char test_name[] = "smp_hammer";

#define ARENA (20 * MEGABYTE)
#define BLOCKS 6
#define SECONDS 3
#define KEY_CHANGED 0x02

/* Where in a block the model's word, the rescue's word and the counters are. */
#define LAST_WORD (BLOCK_SIZE - 8)

static unsigned cpus;
static struct barrier barrier;
static u64 deadline;

/* The first thing that did not hold, for each kind of failure. */
enum failure {
  BAD_STATE,     /* a state that must not be seen, or not after what was done */
  WRONG_CONTENT, /* content lost, stale or zero */
  WRONG_FAULT,   /* a fault where none may be, or with a wrong address or PSW */
  MISSING_FAULT, /* no fault where one must be */
  FAILURES
};

static const char* const failure_name[FAILURES] = {"state", "content", "fault", "missing fault"};

static struct {
  volatile u64 count;
  volatile u64 detail[3];
} failures[FAILURES];

static void fail(enum failure kind, u64 a, u64 b, u64 c) {
  if (__atomic_fetch_add(&failures[kind].count, 1, __ATOMIC_SEQ_CST) != 0) return;
  failures[kind].detail[0] = a;
  failures[kind].detail[1] = b;
  failures[kind].detail[2] = c;
}

static u64 block_address(unsigned i) { return ARENA + i * BLOCK_SIZE; }

static u32 random_state[MAX_CPUS];

static u32 random_below(u32 n) {
  u32* s = &random_state[smp_cpu()];
  *s = *s * 1664525u + 1013904223u;
  return (*s >> 8) % n;
}

/* Mostly through DAT, where a CPU that kept a translation of a discarded block would be found out. */
static struct address_space space;

static u64 mode(void) { return random_below(4) == 0 ? 0 : PSW_DAT; }

/* ---- model ---- */

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

static void model_part(void) {
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

/* ---- rescue ---- */

static volatile u64 published;  /* the content is at least this */
static volatile u64 generation; /* odd while the block is being made anew */
static volatile u64 rescued, lost;

static void rescue_owner(void) {
  const u64 block = block_address(0);
  u64 value = 1;
  essa(ESSA_STABLE_RESIDENT, block);
  *(volatile u64*)block = value;
  published = value;
  ++generation;
  while (clock_us() < deadline) {
    *(volatile u64*)block = ++value;
    published = value;
    essa(ESSA_VOLATILE, block);
    for (u32 n = random_below(200); n > 0; --n) __asm__ volatile("" ::: "memory");
    const u64 state = essa(ESSA_STABLE_IF_RESIDENT, block) & 0xf;
    if (state == STATE_VR) {
      ++rescued;
      const u64 now = essa_state(block);
      if (now != STATE_SR && now != STATE_SP) fail(BAD_STATE, 0x600, state, now);
      if (*(volatile u64*)block != value) fail(WRONG_CONTENT, 0x600, *(volatile u64*)block, value);
    } else if (state == STATE_VZ) {
      ++lost;
      ++generation;
      essa(ESSA_STABLE, block);
      *(volatile u64*)block = ++value;
      published = value;
      ++generation;
    } else {
      fail(BAD_STATE, 0x600, state, 0);
    }
  }
}

static void rescue_reader(void) {
  const u64 block = block_address(0);
  const u64 before = generation;
  const u64 least = published;
  const struct access a = try_load(block, mode());
  if (!a.exact || (a.code != 0 && a.code != PGM_DISCARD)) fail(WRONG_FAULT, 0x600, a.code, 0);
  if (a.code == 0 && (before & 1) == 0 && generation == before && a.value < least)
    fail(WRONG_CONTENT, 0x601, a.value, least);
}

static void rescue_part(void) {
  if (smp_cpu() == 0) {
    rescue_owner();
    return;
  }
  while (generation == 1 && clock_us() < deadline) {
  }
  while (clock_us() < deadline) {
    if (smp_cpu() % 2 == 1 && random_below(4) == 0) host_evict(block_address(0));
    const u64 state = essa_state(block_address(0));
    if (state != STATE_SR && state != STATE_SP && state != STATE_SZ && state != STATE_VR && state != STATE_VZ)
      fail(BAD_STATE, 0x602, state, 0);
    rescue_reader();
  }
}

/* ---- counters and potential ---- */

static u64 added[MAX_CPUS][BLOCKS];

static void add_part(bool potential) {
  while (clock_us() < deadline) {
    const unsigned i = random_below(BLOCKS);
    if (random_below(8) == 0) {
      host_evict(block_address(i));
      continue;
    }
    if (potential) essa(ESSA_POT_VOLATILE, block_address(i));
    volatile u64* counter = (volatile u64*)(block_address(i) + LAST_WORD);
    u64 old = *counter;
    while (!__atomic_compare_exchange_n(counter, &old, old + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
    ++added[smp_cpu()][i];
  }
}

static void check_sums(const char* what) {
  u64 total = 0;
  u64 wrong = 0;
  for (unsigned i = 0; i < BLOCKS; ++i) {
    u64 sum = 0;
    for (unsigned cpu = 0; cpu < cpus; ++cpu) sum += added[cpu][i];
    essa(ESSA_STABLE, block_address(i));
    wrong += *(volatile u64*)(block_address(i) + LAST_WORD) != sum ? 1 : 0;
    total += sum;
  }
  report(wrong == 0 && total > 0, "%s: %lu additions, %lu of %u counters wrong", what, total, wrong, BLOCKS);
}

/* ---- the parts in turn ---- */

enum part { MODEL, RESCUE, COUNTERS, POTENTIAL, PARTS };

static const char* const part_name[PARTS] = {"model", "rescue", "counters", "potential"};

static void prepare(enum part part) {
  memset(failures, 0, sizeof(failures));
  memset(added, 0, sizeof(added));
  memset(models, 0, sizeof(models));
  published = generation = 0;
  generation = 1;
  for (unsigned i = 0; i < BLOCKS; ++i) {
    essa(ESSA_STABLE_RESIDENT, block_address(i));
    memset((void*)block_address(i), 0, BLOCK_SIZE);
    set_storage_key(block_address(i), KEY_CHANGED);
    models[i].dirty = true;
  }
  if (part == POTENTIAL) {
    for (unsigned i = 0; i < BLOCKS; ++i) essa(ESSA_POT_VOLATILE, block_address(i));
  }
  deadline = clock_us() + SECONDS * 1000000ul;
}

static void run_part(enum part part) {
  switch (part) {
    case MODEL:
      model_part();
      break;
    case RESCUE:
      rescue_part();
      break;
    case COUNTERS:
      add_part(false);
      break;
    default:
      add_part(true);
  }
}

static void other_cpu(void) {
  random_state[smp_cpu()] = smp_cpu() * 7919u + 1;
  set_cr(1, space.asce);
  for (enum part part = 0; part < PARTS; ++part) {
    barrier_wait(&barrier, cpus);
    run_part(part);
    barrier_wait(&barrier, cpus);
  }
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  dat_create(&space);
  dat_map_identity(&space, ARENA + MEGABYTE);
  set_cr(1, space.asce);
  cpus = smp_count();
  report_info("%u CPUs", cpus);
  for (unsigned cpu = 1; cpu < cpus; ++cpu) {
    if (!smp_start(cpu, other_cpu)) {
      report(false, "CPU %u can be started", cpu);
      return;
    }
  }
  for (enum part part = 0; part < PARTS; ++part) {
    prepare(part);
    barrier_wait(&barrier, cpus);
    run_part(part);
    barrier_wait(&barrier, cpus);
    for (unsigned kind = 0; kind < FAILURES; ++kind)
      report(failures[kind].count == 0, "%s: %s: %lu times, first %lx %lx %lx", part_name[part],
             failure_name[kind], failures[kind].count, failures[kind].detail[0], failures[kind].detail[1],
             failures[kind].detail[2]);
    /* Under the policy storm nothing is rescued. */
    if (part == RESCUE && cpus > 1)
      report(lost > 0, "rescue: there was something to lose: %lu rescued, %lu lost", rescued, lost);
    if (part == COUNTERS || part == POTENTIAL) check_sums(part_name[part]);
  }
  for (unsigned cpu = 1; cpu < cpus; ++cpu) report(smp_join(cpu, 5), "CPU %u stops", cpu);
}
