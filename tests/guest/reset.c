/* A load is a reset: every block is stable afterwards and has no no-DAT mark (A22); contents stay. The image
 * is loaded twice without clearing storage: the first load sets states and waits, the second looks. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "reset";

#define ARENA (20 * MEGABYTE)
#define MARKER 0x7265736574206f6bul

static const struct {
  enum block_state before, after;
} blocks[] = {
    {STATE_SR, STATE_SR}, {STATE_SP, STATE_SP}, {STATE_SZ, STATE_SZ}, {STATE_UR, STATE_SR},
    {STATE_UZ, STATE_SZ}, {STATE_VR, STATE_SR}, {STATE_VZ, STATE_SZ}, {STATE_PR, STATE_SR},
};

static u64 block(size_t i) { return ARENA + (i + 1) * BLOCK_SIZE; }

static void first_load(void) {
  for (size_t i = 0; i < ARRAY_SIZE(blocks); ++i) {
    essa(ESSA_STABLE_RESIDENT, block(i));
    *(volatile u64*)block(i) = MARKER + i;
    if (facility(147)) essa(ESSA_STABLE_NODAT, block(i));
    make_state(block(i), blocks[i].before);
  }
  *(volatile u64*)ARENA = MARKER;
  report_info("states are set: load again");
  for (;;) cpu_wait(PSW_EXTERNAL);
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  if (*(volatile u64*)ARENA != MARKER) first_load();
  for (size_t i = 0; i < ARRAY_SIZE(blocks); ++i) {
    const u64 state = essa(ESSA_EXTRACT, block(i));
    report(state == (u64)blocks[i].after, "%s becomes %s, no-DAT mark %s", state_name(blocks[i].before),
           state_name(state), (state & STATE_NODAT) != 0 ? "on" : "off");
    const bool kept = (blocks[i].before & 3) != 3;
    if (kept)
      report(*(volatile u64*)block(i) == MARKER + i, "%s: content stays", state_name(blocks[i].before));
  }
}
