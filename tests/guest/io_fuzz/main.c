/* A guest that means no good: SCCBs, channel programs and DIAGNOSE codes made at random, with addresses
 * inside blocks of every state, across blocks, at the end of storage and outside it, while states and keys
 * change and the host takes blocks away. Started with several seeds, with other CPUs that change the same
 * blocks meanwhile, and under the policies storm and random.
 *
 * What must hold: the emulator neither ends nor hangs, each instruction ends normally or with a program
 * interruption, each channel program ends or can be cleared, and the canaries (stable blocks on both sides of
 * the arena, and the program itself) keep their content. The machine's crashes arrive here as machine checks
 * or as the end of the run; the host reports accesses that it was not asked for, and run-image looks for
 * that. libFuzzer in the emulator's process was the other choice: Hercules keeps its state in global
 * variables and threads and cannot be set back to a beginning, and the instructions and interruptions around
 * a channel program would have to be made up; here they are the real ones.
 *
 * run-image --parameters SEED,ITERATIONS replaces the defaults. */
#include "fuzz.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/smp.h"

const char test_name[] = "io_fuzz";

#define CANARIES 32
#define CANARY_BELOW (ARENA - CANARIES * BLOCK_SIZE)
#define CANARY_ABOVE (ARENA + (ARENA_BLOCKS + SLOP_BLOCKS) * BLOCK_SIZE)
#define LONGEST_ITERATION 20000000ul /* microseconds */

/* run-image writes here. */
#define PARAMETERS 0x2000ul
#define DEFAULT_SEED 1
#define DEFAULT_ITERATIONS 2000

static volatile bool ended;

static u64 canary(u64 address) { return address * 0x9e3779b97f4a7c15ul ^ 0x5bd1e995; }

static void fill(u64 block) {
  for (u64 a = block; a < block + BLOCK_SIZE; a += 8) *(volatile u64*)a = canary(a);
}

static u64 wrong_words(u64 block) {
  u64 wrong = 0;
  for (u64 a = block; a < block + BLOCK_SIZE; a += 8) wrong += *(volatile u64*)a != canary(a) ? 1 : 0;
  return wrong;
}

/* The state and the key of a canary are looked at too. */
static bool canaries_live(void) {
  u64 wrong = 0;
  for (unsigned i = 0; i < CANARIES; ++i) {
    const u64 blocks[2] = {CANARY_BELOW + i * BLOCK_SIZE, CANARY_ABOVE + i * BLOCK_SIZE};
    for (unsigned j = 0; j < 2; ++j) {
      wrong += (essa_state(blocks[j]) & 0xc) != 0 || (get_storage_key(blocks[j]) & 0xf8) != 0 ? 1 : 0;
      wrong += wrong_words(blocks[j]);
    }
  }
  return wrong == 0;
}

static void prepare(void) {
  for (unsigned i = 0; i < CANARIES; ++i) {
    fill(CANARY_BELOW + i * BLOCK_SIZE);
    fill(CANARY_ABOVE + i * BLOCK_SIZE);
  }
  for (u64 block = ARENA; block < ARENA + ARENA_BLOCKS * BLOCK_SIZE; block += BLOCK_SIZE)
    set_storage_key(block, ARENA_KEY);
  for (u64 block = storage_size() - EDGE_BLOCKS * BLOCK_SIZE; block < storage_size(); block += BLOCK_SIZE)
    set_storage_key(block, ARENA_KEY);
}

static void other_cpu(void) {
  random_seed(0x1000 + smp_cpu());
  while (!ended) churn();
}

static void iteration(void) {
  for (unsigned n = below(4); n > 0; --n) churn();
  switch (below(8)) {
    case 0:
    case 1:
    case 2:
      fuzz_service();
      break;
    case 3:
    case 4:
      fuzz_channel();
      break;
    case 5:
    case 6:
      fuzz_diagnose();
      break;
    default:
      for (unsigned n = below(32); n > 0; --n) churn();
  }
}

static void say_tally(const char* what, const struct tally* tally) {
  report(tally->accepted > 0 && tally->accepted < tally->issued, "%s: %lu issued and %lu accepted", what,
         tally->issued, tally->accepted);
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  const u64* parameters = lowcore(PARAMETERS);
  const u64 seed = parameters[1] != 0 ? parameters[0] : DEFAULT_SEED;
  const u64 iterations = parameters[1] != 0 ? parameters[1] : DEFAULT_ITERATIONS;
  report_info("seed %lu and %lu iterations on %u CPUs", seed, iterations, smp_count());
  (void)storage_size();
  prepare();
  channel_find();
  const unsigned cpus = smp_count();
  for (unsigned cpu = 1; cpu < cpus; ++cpu) report(smp_start(cpu, other_cpu), "CPU %u starts", cpu);

  u64 longest = 0;
  u64 i = 0;
  bool alive = true;
  for (; i < iterations && alive; ++i) {
    random_seed(seed << 32 ^ i);
    const u64 start = clock_us();
    iteration();
    (void)drain_external();
    const u64 took = clock_us() - start;
    if (took > longest) longest = took;
    if (i % 128 == 0) alive = canaries_live();
    /* The last line tells where a run that hangs has come to. */
    if (i % 1024 == 1023) report_info("%lu iterations", i + 1);
  }
  ended = true;
  for (unsigned cpu = 1; cpu < cpus; ++cpu) report(smp_join(cpu, 10), "CPU %u stops", cpu);
  report(canaries_live(), "the canaries are untouched after %lu iterations", i);
  report(longest < LONGEST_ITERATION, "no iteration hangs: the longest took %lu microseconds", longest);
  say_tally("service calls", &service_tally);
  say_tally("channel programs", &channel_tally);
  say_tally("diagnose codes", &diagnose_tally);
}
