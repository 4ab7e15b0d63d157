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
#include "smp_hammer.h"

#include "lib/cpu.h"
#include "lib/dat.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/smp.h"
#include "lib/try_access.h"

const char test_name[] = "smp_hammer";

#define SECONDS 3

static unsigned cpus;
static struct barrier barrier;
u64 deadline;

static const char* const failure_name[FAILURES] = {"state", "content", "fault", "missing fault"};

static struct {
  volatile u64 count;
  volatile u64 detail[3];
} failures[FAILURES];

void fail(enum failure kind, u64 a, u64 b, u64 c) {
  if (__atomic_fetch_add(&failures[kind].count, 1, __ATOMIC_SEQ_CST) != 0) return;
  failures[kind].detail[0] = a;
  failures[kind].detail[1] = b;
  failures[kind].detail[2] = c;
}

static u32 random_state[MAX_CPUS];

u32 random_below(u32 n) {
  u32* s = &random_state[smp_cpu()];
  *s = *s * 1664525u + 1013904223u;
  return (*s >> 8) % n;
}

static struct address_space space;

u64 mode(void) { return random_below(4) == 0 ? 0 : PSW_DAT; }

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
  model_prepare();
  published = generation = 0;
  generation = 1;
  for (unsigned i = 0; i < BLOCKS; ++i) {
    essa(ESSA_STABLE_RESIDENT, block_address(i));
    memset((void*)block_address(i), 0, BLOCK_SIZE);
    set_storage_key(block_address(i), KEY_CHANGED);
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
