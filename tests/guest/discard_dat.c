/* DAT tables in blocks that have been taken away (A8): a translation that needs the table takes the discard
 * fault with the address of the table's block; a preserved table is paged in; an unused one is an addressing
 * exception or reads as zeros. */
#include "lib/cpu.h"
#include "lib/dat.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "discard_dat";

#define TABLES (20 * MEGABYTE)
#define REGION3 (TABLES) /* 4 blocks each; entries that count are in the first */
#define SEGMENTS (TABLES + 0x4000)
#define PAGES (TABLES + 0x8000)
#define DATA (TABLES + 0xa000)
#define CODE_AT (TABLES + 0xb000)

#define VIRTUAL_DATA 0x1000ul
#define VIRTUAL_CODE 0x2000ul

#define LG_5_0_2_SVC "\xe3\x50\x20\x00\x00\x04\x0a\x00"
#define LRAG_5_0_2_SVC "\xe3\x50\x20\x00\x00\x03\x0a\x00"
#define STG_5_0_2_SVC "\xe3\x50\x20\x00\x00\x24\x0a\x00"

static void build(void) {
  u64* region3 = (u64*)REGION3;
  u64* segments = (u64*)SEGMENTS;
  u64* pages = (u64*)PAGES;
  for (unsigned i = 0; i < 2048; ++i) {
    region3[i] = DAT_INVALID_SEGMENT | 4;
    segments[i] = DAT_INVALID_SEGMENT;
  }
  for (unsigned i = 0; i < 256; ++i) pages[i] = DAT_INVALID_PAGE;
  region3[0] = SEGMENTS | 7;
  segments[0] = PAGES;
  pages[VIRTUAL_DATA >> 12] = DATA;
  pages[VIRTUAL_CODE >> 12] = CODE_AT;
  *(u64*)DATA = 0x1122334455667788;
}

static struct event run(const char* code, struct cpu_state* state) {
  memcpy((void*)CODE_AT, code, 8);
  *state = (struct cpu_state){
      .psw = {PSW_64 | PSW_DAT, VIRTUAL_CODE},
      .gr = {[2] = VIRTUAL_DATA, [5] = 0x55},
  };
  dat_purge();
  return cpu_run(state);
}

static void one_table(const char* name, u64 table) {
  static u64 saved[BLOCK_SIZE / 8];
  static const struct {
    const char* name;
    const char* code;
  } accesses[] = {
      {"load", LG_5_0_2_SVC},
      {"store", STG_5_0_2_SVC},
      {"load real address", LRAG_5_0_2_SVC},
  };
  for (size_t i = 0; i < ARRAY_SIZE(accesses); ++i) {
    report_push("%s: %s", name, accesses[i].name);
    build();
    memcpy(saved, (void*)table, BLOCK_SIZE);
    struct cpu_state state;
    make_state(table, STATE_VZ);
    struct event e = run(accesses[i].code, &state);
    report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == table &&
               state.psw.address == VIRTUAL_CODE && state.gr[5] == 0x55,
           "discarded: kind %u code %04x address %lx at %lx", (unsigned)e.kind, e.code, e.address,
           state.psw.address);
    essa(ESSA_STABLE, table);
    memcpy((void*)table, saved, BLOCK_SIZE);
    e = cpu_run(&state);
    report(e.kind == EVENT_SVC, "it goes on with the table back: kind %u code %04x", (unsigned)e.kind,
           e.code);

    make_state(table, STATE_SP);
    e = run(accesses[i].code, &state);
    report(e.kind == EVENT_SVC && essa_state(table) == STATE_SR, "a preserved table is paged in: code %04x",
           e.code);

    make_state(table, STATE_UR);
    e = run(accesses[i].code, &state);
    report(e.kind == EVENT_SVC || (e.kind == EVENT_PROGRAM && e.code == PGM_ADDRESSING),
           "an unused table: kind %u code %04x", (unsigned)e.kind, e.code);
    essa(ESSA_STABLE, table);
    report_pop();
  }
}

/* IPTE stores into the page table. */
static void invalidate(void) {
  report_push("IPTE");
  build();
  make_state(PAGES, STATE_VZ);
  static const u32 code[] __attribute__((aligned(8))) = {0xb2210024, 0x0a000000};  // IPTE 2,4; SVC 0
  struct cpu_state state = {.psw = {PSW_64, (u64)code}, .gr = {[2] = PAGES, [4] = VIRTUAL_DATA}};
  const struct event e = cpu_run(&state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == PAGES &&
             state.psw.address == (u64)code,
         "page table discarded: kind %u code %04x address %lx", (unsigned)e.kind, e.code, e.address);
  essa(ESSA_STABLE, PAGES);
  report_pop();
}

/* The block behind a valid translation. The table has the virtual address, the fault the absolute one. */
static void data(void) {
  build();
  struct cpu_state state;
  make_state(DATA, STATE_VZ);
  const struct event e = run(LG_5_0_2_SVC, &state);
  report(e.code == PGM_DISCARD && e.address == DATA, "data: the absolute address %lx is stored", e.address);
  essa(ESSA_STABLE, DATA);
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  set_cr(1, REGION3 | 7);
  build();
  data();
  one_table("region table", REGION3);
  one_table("segment table", SEGMENTS);
  one_table("page table", PAGES);
  invalidate();
}
