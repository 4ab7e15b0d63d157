/* DIAGNOSE X'10', release pages (A26): blocks in any state become stable and logically zero, their frames go
 * back to the host's operating system, and their neighbours stay as they are. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "diag10";

#define ARENA (20 * MEGABYTE)
#define BLOCKS 10

static u64 block(unsigned i) { return ARENA + i * BLOCK_SIZE; }

static struct event release(u64 first, u64 last) {
  static const u32 code[]
      __attribute__((aligned(8))) = {0x83240010, 0x0a000000};  // DIAGNOSE 2,4,X'10'; SVC 0
  struct cpu_state state = {.psw = {PSW_64, (u64)code}, .gr = {[2] = first, [4] = last}};
  return cpu_run(&state);
}

static bool refused(u64 first, u64 last, u16 code) {
  const struct event e = release(first, last);
  return e.kind == EVENT_PROGRAM && e.code == code;
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  for (unsigned i = 0; i < BLOCKS; ++i) {
    essa(ESSA_STABLE_RESIDENT, block(i));
    for (u64 j = 0; j < BLOCK_SIZE / 8; ++j) ((volatile u64*)block(i))[j] = block(i) + j;
    if (facility(147)) essa(ESSA_STABLE_NODAT, block(i));
    if (i > 0 && i < BLOCKS - 1) make_state(block(i), all_states[i - 1]);
  }

  report(refused(block(2), block(1), PGM_SPECIFICATION), "first after last is refused");
  report(refused(block(1) + 8, block(2), PGM_SPECIFICATION), "an address inside a page is refused");
  report(refused(block(1), main_storage_size(), PGM_ADDRESSING), "an address outside storage is refused");
  report(essa_state(block(1)) == STATE_SR && *(volatile u64*)block(1) == block(1), "and nothing is done");

  const struct event e = release(block(1), block(BLOCKS - 2));
  report(e.kind == EVENT_SVC, "release: kind %u code %04x", (unsigned)e.kind, e.code);
  for (unsigned i = 1; i < BLOCKS - 1; ++i) {
    const u64 state = essa(ESSA_EXTRACT, block(i));
    report(state == STATE_SZ, "%s becomes %s, no-DAT mark %s", state_name(all_states[i - 1]), state_name(state),
           (state & STATE_NODAT) != 0 ? "on" : "off");
    report(host_call(HOST_RESIDENT, block(i)).value == 0, "its frame went back to the host");
  }
  for (unsigned i = 1; i < BLOCKS - 1; ++i) {
    bool zero = true;
    for (u64 j = 0; j < BLOCK_SIZE / 8; ++j) zero &= ((volatile u64*)block(i))[j] == 0;
    report(zero && essa_state(block(i)) == STATE_SR, "%s reads as zeros", state_name(all_states[i - 1]));
  }
  for (unsigned i = 0; i < BLOCKS; i += BLOCKS - 1) {
    bool same = true;
    for (u64 j = 0; j < BLOCK_SIZE / 8; ++j) same &= ((volatile u64*)block(i))[j] == block(i) + j;
    report(same, "block %u beside the range is untouched", i);
  }
}
