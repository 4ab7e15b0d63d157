/* Discard faults with PER active (A17): the nullified instruction alters no storage, so no storage-alteration
 * event is reported with it; when it is done again, the event comes with it, once. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "discard_per";

#define ARENA (20 * MEGABYTE)
#define TARGET_BLOCK (ARENA)
#define SOURCE_BLOCK (ARENA + 0x1000)
#define CODE_BLOCK (ARENA + 0x2000)

#define PER_FETCH (1ul << 30) /* control register 9 */
#define PER_STORE (1ul << 29)
#define PER_CODE_FETCH 0x4000
#define PER_CODE_STORE 0x2000

static void prepare(void) {
  static const u8 code[] = {0xd2, 0x07, 0x20, 0x00, 0x40, 0x00, 0x0a, 0x00};  // MVC 0(8,2),0(4); SVC 0
  for (u64 block = ARENA; block < ARENA + 0x3000; block += BLOCK_SIZE) essa(ESSA_STABLE_RESIDENT, block);
  memcpy((void*)CODE_BLOCK, code, sizeof(code));
  *(u64*)TARGET_BLOCK = 1;
  *(u64*)SOURCE_BLOCK = 2;
}

static void watch(u64 events, u64 from, u64 to) {
  set_cr(10, from);
  set_cr(11, to);
  set_cr(9, events);
}

static struct cpu_state start(void) {
  return (struct cpu_state){
      .psw = {PSW_64 | PSW_PER, CODE_BLOCK},
      .gr = {[2] = TARGET_BLOCK, [4] = SOURCE_BLOCK},
  };
}

static void store_event(u64 gone, const char* what) {
  report_push("store event, %s discarded", what);
  prepare();
  make_state(gone, STATE_VZ);
  watch(PER_STORE, TARGET_BLOCK, TARGET_BLOCK + BLOCK_SIZE - 1);
  struct cpu_state state = start();
  struct event e = cpu_run(&state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == gone &&
             state.psw.address == CODE_BLOCK,
         "the fault comes alone: code %04x PER code %04x", e.code, e.per_code);
  watch(0, 0, 0);
  essa(ESSA_STABLE, gone);
  *(u64*)SOURCE_BLOCK = 2;
  watch(PER_STORE, TARGET_BLOCK, TARGET_BLOCK + BLOCK_SIZE - 1);
  e = cpu_run(&state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_PER && (e.per_code & 0xff00) == PER_CODE_STORE &&
             e.per_address == CODE_BLOCK && *(u64*)TARGET_BLOCK == 2,
         "the event comes with the completed instruction: code %04x PER code %04x address %lx", e.code,
         e.per_code, e.per_address);
  e = cpu_run(&state);
  report(e.kind == EVENT_SVC, "and once only");
  watch(0, 0, 0);
  report_pop();
}

static void fetch_event(void) {
  report_push("fetch event");
  prepare();
  make_state(SOURCE_BLOCK, STATE_VZ);
  watch(PER_FETCH, CODE_BLOCK, CODE_BLOCK + 5);
  struct cpu_state state = start();
  struct event e = cpu_run(&state);
  watch(0, 0, 0);
  report(e.kind == EVENT_PROGRAM && (e.code & 0x7f) == PGM_DISCARD && e.address == SOURCE_BLOCK &&
             state.psw.address == CODE_BLOCK,
         "the fault of an operand: code %04x address %lx at %lx", e.code, e.address, state.psw.address);
  essa(ESSA_STABLE, SOURCE_BLOCK);
  *(u64*)SOURCE_BLOCK = 2;
  watch(PER_FETCH, CODE_BLOCK, CODE_BLOCK + 5);
  e = cpu_run(&state);
  watch(0, 0, 0);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_PER && (e.per_code & 0xff00) == PER_CODE_FETCH &&
             *(u64*)TARGET_BLOCK == 2,
         "the event comes with the completed instruction: code %04x PER code %04x", e.code, e.per_code);

  prepare();
  make_state(CODE_BLOCK, STATE_VZ);
  watch(PER_FETCH, CODE_BLOCK, CODE_BLOCK + 5);
  state = start();
  e = cpu_run(&state);
  watch(0, 0, 0);
  report(e.kind == EVENT_PROGRAM && (e.code & 0x7f) == PGM_DISCARD && e.address == CODE_BLOCK,
         "the fault of the fetch itself: code %04x address %lx", e.code, e.address);
  essa(ESSA_STABLE, CODE_BLOCK);
  report_pop();
}

/* ESSA itself is not a storage alteration. */
static void essa_event(void) {
  prepare();
  static const u32 code[] = {0xb9ab2014, 0x0a000000};  // ESSA 1,4,2; SVC 0
  memcpy((void*)CODE_BLOCK, code, sizeof(code));
  watch(PER_STORE, SOURCE_BLOCK, SOURCE_BLOCK + BLOCK_SIZE - 1);
  struct cpu_state state = start();
  const struct event e = cpu_run(&state);
  watch(0, 0, 0);
  report(e.kind == EVENT_SVC, "ESSA is not a storage alteration: kind %u code %04x", (unsigned)e.kind,
         e.code);
  essa(ESSA_STABLE, SOURCE_BLOCK);
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  store_event(SOURCE_BLOCK, "source");
  store_event(TARGET_BLOCK, "target");
  fetch_event();
  essa_event();
}
