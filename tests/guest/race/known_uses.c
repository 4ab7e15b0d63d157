/* Uses of volatile blocks of which all are known, for tests/system/race_uses_test.sh: entries of a DAT table,
 * loads, a store, a storage key, instructions. What is expected is said there. */
#include "lib/cpu.h"
#include "lib/dat.h"
#include "lib/essa.h"
#include "lib/layout.h"
#include "lib/report.h"
#include "lib/try_access.h"

const char test_name[] = "known_uses";

#define DATA (16 * MEGABYTE + 0x345000)
#define CODE (16 * MEGABYTE + 0x456000)

static struct address_space space;

/* Three times LA %r2,1(%r2), and back. */
static const u32 code[] = {0x41202001, 0x41202001, 0x41202001, 0x07fe0000};

/* A translation that the TLB has needs no table. */
static void table(void) {
  const u64 block = (u64)dat_page_entry(&space, DATA) & ~(u64)(BLOCK_SIZE - 1);
  dat_purge();
  (void)essa(ESSA_VOLATILE, block);
  (void)try_load(DATA, PSW_DAT);
  (void)try_load(DATA, PSW_DAT);
  dat_purge();
  (void)try_load(DATA, PSW_DAT);
  (void)essa(ESSA_STABLE, block);
}

static void data(void) {
  (void)essa(ESSA_VOLATILE, DATA);
  for (unsigned i = 0; i < 5; i++) (void)try_load(DATA, PSW_DAT);
  (void)try_store(DATA, 1, PSW_DAT);
  (void)get_storage_key(DATA);
  (void)essa_state(DATA);
  (void)essa(ESSA_STABLE, DATA);
}

static void instructions(void) {
  u64 (*const function)(u64) = (u64(*)(u64))CODE;
  for (unsigned i = 0; i < 4; i++) ((volatile u32*)CODE)[i] = code[i];
  (void)essa(ESSA_VOLATILE, CODE);
  report(function(5) == 8, "a function in a volatile block");
  report(function(6) == 9, "and again");
  (void)essa(ESSA_STABLE, CODE);
}

void test_main(void) {
  if (!essa_available()) {
    report_skip("whole test: it wants ESSA");
    return;
  }
  dat_create(&space);
  dat_map_identity(&space, 32 * MEGABYTE);
  set_cr(1, space.asce);
  table();
  data();
  instructions();
}
