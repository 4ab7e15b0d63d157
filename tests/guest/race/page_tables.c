/* Stores into DAT tables, as many of each kind as it says (tests/system/race_access_test.sh counts them):
 * into tables in use, into one that is linked in later, and into what is no table, not yet, or no more. */
#include "lib/cpu.h"
#include "lib/dat.h"
#include "lib/essa.h"
#include "lib/report.h"

const char test_name[] = "page_tables";

#define PLAIN 20
#define SWAPS 10
#define PURGES 3
#define LATE 7
#define ELSEWHERE 50

#define END (64 * MEGABYTE)
#define VIRTUAL (512 * MEGABYTE) /* not mapped at first */

static struct address_space space;

/* Two page tables: the first one hangs in the address space, the second one is data until it does. */
static u64 block[512] __attribute__((aligned(4096)));

static void dat_on(void) {
  u8 old;
  __asm__ volatile("stosm %0,0x04" : "=Q"(old) : : "memory");
}

static void dat_off(void) {
  u8 old;
  __asm__ volatile("stnsm %0,0xfb" : "=Q"(old) : : "memory");
}

static void store(u64* entry, unsigned count) {
  for (unsigned i = 0; i < count; i++) *(volatile u64*)(entry + i) = DAT_INVALID_PAGE | i << 12;
}

static void swap(u64* entry, u64 value) {
  u64 old = *(volatile u64*)entry;
  __asm__ volatile("csg %0,%2,%1" : "+d"(old), "+Q"(*entry) : "d"(value) : "cc", "memory");
}

void test_main(void) {
  u64* const late = block + 256;
  if (!essa_available()) {
    report_skip("whole test: it wants ESSA");
    return;
  }
  dat_create(&space);
  dat_map_identity(&space, END);
  store(block, 256);
  u64* const segment = dat_segment_entry(&space, VIRTUAL);
  *segment = (u64)block;
  set_cr(1, space.asce);
  dat_on();

  store(block, PLAIN);
  for (unsigned i = 0; i < SWAPS; i++) swap(block + i, DAT_INVALID_PAGE);
  for (unsigned i = 0; i < PURGES; i++) dat_invalidate(&space, VIRTUAL + i * BLOCK_SIZE);
  store(late, ELSEWHERE);
  *(volatile u64*)(segment + 1) = (u64)late;
  store(late, LATE);

  /* The guest has taken the tables out, and what comes there is data. */
  *(volatile u64*)segment = DAT_INVALID_SEGMENT;
  *(volatile u64*)(segment + 1) = DAT_INVALID_SEGMENT;
  dat_purge();
  (void)essa(ESSA_UNUSED, block);
  (void)essa(ESSA_STABLE, block);
  store(block, ELSEWHERE);
  dat_off();
  report(block[ELSEWHERE - 1] == (DAT_INVALID_PAGE | (ELSEWHERE - 1) << 12), "what was stored is there");
}
