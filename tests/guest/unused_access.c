/* Accesses to unused blocks, in the reading that the host was started with (A6). Two images are built of this
 * file: UNUSED_IS_EXCEPTION 1 expects addressing exceptions, 0 expects that the access is done, on zeros
 * where the block has no frame. */
#include "lib/cpu.h"
#include "lib/dat.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

#if UNUSED_IS_EXCEPTION
const char test_name[] = "unused_exception";
#else
const char test_name[] = "unused_zero";
#endif

#define BLOCK (20 * MEGABYTE)
#define OTHER (BLOCK + 0x2000)
#define OLD 0x1122334455667788ul
#define NEW 0x99aabbccddeeff00ul

static const struct {
  const char* name;
  u8 code[8];
  bool loads;
  bool stores;
} accesses[] = {
    {"LG", {0xe3, 0x50, 0x20, 0x00, 0x00, 0x04, 0x0a, 0x00}, true, false},
    {"STG", {0xe3, 0x60, 0x20, 0x00, 0x00, 0x24, 0x0a, 0x00}, false, true},
    {"MVC from it", {0xd2, 0x07, 0x40, 0x00, 0x20, 0x00, 0x0a, 0x00}, false, false},
    {"MVC to it", {0xd2, 0x07, 0x20, 0x00, 0x40, 0x08, 0x0a, 0x00}, false, true},
    {"LURAG", {0xb9, 0x05, 0x00, 0x52, 0x0a, 0x00}, true, false},
};

static void one(size_t i, enum block_state from) {
  static u8 code[8] __attribute__((aligned(8)));
  report_push("%s: %s", state_name(from), accesses[i].name);
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  *(volatile u64*)BLOCK = OLD;
  ((volatile u64*)OTHER)[0] = 0;
  ((volatile u64*)OTHER)[1] = NEW;
  memcpy(code, accesses[i].code, sizeof(code));
  make_state(BLOCK, from);
  struct cpu_state state = {
      .psw = {PSW_64, (u64)code},
      .gr = {[2] = BLOCK, [4] = OTHER, [5] = 5, [6] = NEW},
  };
  const struct event e = cpu_run(&state);
  const u64 after = essa_state(BLOCK);
  const u64 content = from == STATE_UR ? OLD : 0;
  if (UNUSED_IS_EXCEPTION) {
    report(e.kind == EVENT_PROGRAM && e.code == PGM_ADDRESSING && state.gr[5] == 5 && ((u64*)OTHER)[0] == 0,
           "addressing exception: kind %u code %04x", (unsigned)e.kind, e.code);
    report(after == from, "state is %s", state_name(after));
    essa(ESSA_STABLE, BLOCK);
    report(*(volatile u64*)BLOCK == content, "nothing was stored: %lx", *(volatile u64*)BLOCK);
  } else {
    report(e.kind == EVENT_SVC, "the access is done: kind %u code %04x", (unsigned)e.kind, e.code);
    if (accesses[i].loads) report(state.gr[5] == content, "it loads %lx", state.gr[5]);
    report(after == STATE_UR, "state is %s", state_name(after));
    essa(ESSA_STABLE, BLOCK);
    const u64 now = *(volatile u64*)BLOCK;
    report(now == (accesses[i].stores ? NEW : content), "it leaves %lx", now);
  }
  report_pop();
}

static void fetch(enum block_state from) {
  report_push("%s: instruction fetch", state_name(from));
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  *(volatile u32*)BLOCK = 0x0a000000;
  make_state(BLOCK, from);
  struct cpu_state state = {.psw = {PSW_64, BLOCK}};
  const struct event e = cpu_run(&state);
  if (UNUSED_IS_EXCEPTION) {
    report(e.kind == EVENT_PROGRAM && e.code == PGM_ADDRESSING, "addressing exception: kind %u code %04x",
           (unsigned)e.kind, e.code);
  } else if (from == STATE_UR) {
    report(e.kind == EVENT_SVC, "it runs: kind %u code %04x", (unsigned)e.kind, e.code);
  } else {
    report(e.kind == EVENT_PROGRAM && e.code == PGM_OPERATION, "it runs zeros: kind %u code %04x",
           (unsigned)e.kind, e.code);
  }
  essa(ESSA_STABLE, BLOCK);
  report_pop();
}

/* The block becomes unused while this CPU holds a translation of it. IBM: an exception *might* be recognised,
 * so that it is not is an expected failure. Once the host has dropped the block there is nothing left to
 * reach. */
static void held_translation(void) {
  static struct address_space space;
  static u8 code[] __attribute__((aligned(8))) = {0xe3, 0x50, 0x20, 0x00, 0x00, 0x04, /* LG 5,0(2) */
                                                  0xb9, 0xab, 0x20, 0x12, /* ESSA 1,2,2: set unused */
                                                  0xe3, 0x60, 0x20, 0x00, 0x00, 0x04, /* LG 6,0(2) */
                                                  0x83, 0x24, 0x0c, 0xaa, /* DIAGNOSE 2,4,X'CAA': evict */
                                                  0xe3, 0x70, 0x20, 0x00, 0x00, 0x04, /* LG 7,0(2) */
                                                  0x0a, 0x00};
  dat_create(&space);
  dat_map_identity(&space, 24 * MEGABYTE);
  set_cr(1, space.asce);
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  *(volatile u64*)BLOCK = OLD;
  struct cpu_state state = {.psw = {PSW_64 | PSW_DAT, (u64)code},
                            .gr = {[2] = BLOCK, [4] = HOST_EVICT, [7] = 7}};
  struct event e = cpu_run(&state);
  const bool at_once =
      e.kind == EVENT_PROGRAM && e.code == PGM_ADDRESSING && state.psw.address == (u64)code + 16;
  report_xfail(at_once, "a load through a translation that is held is an exception");
  if (at_once) e = cpu_run(&state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_ADDRESSING && state.gr[7] == 7 &&
             essa_state(BLOCK) == STATE_UZ,
         "and when the host has dropped the block it always is: kind %u code %04x", (unsigned)e.kind, e.code);
  essa(ESSA_STABLE, BLOCK);
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  static const enum block_state states[] = {STATE_UR, STATE_UZ};
  for (size_t s = 0; s < ARRAY_SIZE(states); ++s) {
    for (size_t i = 0; i < ARRAY_SIZE(accesses); ++i) one(i, states[s]);
    fetch(states[s]);
  }
  if (UNUSED_IS_EXCEPTION) held_translation();
}
