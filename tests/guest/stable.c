/* A stable block never loses its content (I1): patterns in more storage than the host has frames for, read
 * back after paging by pressure, by request and through changes of state and back. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "stable";

#define FIRST (16 * MEGABYTE)
#define LAST (56 * MEGABYTE)

static u64 word(u64 block, u64 i, u64 round) { return (block ^ round << 48) * 0x9e3779b97f4a7c15ul + i; }

static void write_all(u64 round) {
  for (u64 block = FIRST; block < LAST; block += BLOCK_SIZE) {
    for (u64 i = 0; i < BLOCK_SIZE / 8; ++i) ((u64*)block)[i] = word(block, i, round);
  }
}

static unsigned count_wrong(u64 round) {
  unsigned wrong = 0;
  for (u64 block = FIRST; block < LAST; block += BLOCK_SIZE) {
    bool same = true;
    for (u64 i = 0; i < BLOCK_SIZE / 8; ++i) same &= ((volatile u64*)block)[i] == word(block, i, round);
    wrong += same ? 0 : 1;
  }
  return wrong;
}

static unsigned count_preserved(void) {
  unsigned preserved = 0;
  for (u64 block = FIRST; block < LAST; block += BLOCK_SIZE) preserved += essa_state(block) == STATE_SP;
  return preserved;
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  for (u64 round = 1; round <= 2; ++round) {
    write_all(round);
    report_info("round %lu: %u blocks preserved", round, count_preserved());
    report(count_wrong(round) == 0, "round %lu: written and read back", round);
    report(count_wrong(round) == 0, "round %lu: and again", round);
  }

  unsigned refused = 0;
  for (u64 block = FIRST; block < LAST; block += 5 * BLOCK_SIZE)
    refused += essa_state(block) == STATE_SR && !host_evict(block) ? 1 : 0;
  report(refused == 0, "every stable resident block can be paged out on request");
  report(count_wrong(2) == 0, "and comes back with its content");

  /* Preserved blocks through requests that keep them, in both orders. */
  unsigned wrong = 0;
  for (u64 block = FIRST; block < LAST; block += 7 * BLOCK_SIZE) {
    if (essa_state(block) == STATE_SR) host_evict(block);
    if (essa_state(block) != STATE_SP) continue;
    essa(ESSA_STABLE, block);
    essa(ESSA_STABLE_IF_RESIDENT, block);
    set_storage_key(block, 0x02);
    essa(ESSA_POT_VOLATILE, block); /* changed: stays stable and preserved */
    wrong += essa_state(block) != STATE_SP ? 1 : 0;
    essa(ESSA_STABLE_RESIDENT, block);
  }
  report(wrong == 0, "a changed preserved block stays preserved and stable: %u did not", wrong);
  report(count_wrong(2) == 0, "with its content");

  /* A potentially volatile block that was changed is as good as stable (I3). */
  wrong = 0;
  for (u64 block = FIRST; block < LAST; block += 11 * BLOCK_SIZE) {
    essa(ESSA_STABLE_RESIDENT, block);
    set_storage_key(block, 0);
    essa(ESSA_POT_VOLATILE, block);
    ((volatile u64*)block)[3] = word(block, 3, 2);
    host_evict(block);
    const u64 state = essa_state(block);
    wrong += state != STATE_SP ? 1 : 0;
    essa(ESSA_STABLE, block);
  }
  report(wrong == 0, "a changed potentially volatile block is paged out, not discarded: %u were not", wrong);
  report(count_wrong(2) == 0, "with its content");
}
