/* What a guest relies on, on CPU 1, one event between any two steps: for `cmma race explore` with a discard
 * at each. On a machine that keeps the rules nothing happens; with each of the option's mutant=... the
 * exploration finds where. I2  a load from a volatile page gives its content or a discard fault I3  a store
 * into a potentially volatile page is not lost I4  ORC 6 that does not report a discarded page leaves it
 * stable, with its content */
#include "lib/cpu.h"
#include "lib/dat.h"
#include "lib/essa.h"
#include "lib/layout.h"
#include "lib/report.h"
#include "lib/smp.h"
#include "lib/try_access.h"

const char test_name[] = "invariants";

#define PAGE (16 * MEGABYTE + 0x345000) /* a TLB by the low bits of the address has nothing else there */
#define CONTENT 0x5ca1ab1e5ca1ab1eul
#define ROUNDS 3
#define BLOCK_VOLATILITY 0x1a

static struct address_space space; /* virtual is absolute; through it a CPU keeps translations */
static volatile u64 wrong_loads, lost_stores, empty_stable;

static void event(void) { (void)essa_state(PAGE); }

static void fill(void) {
  (void)essa(ESSA_STABLE, PAGE);
  *(volatile u64*)PAGE = CONTENT;
}

static void loads_from_volatile(void) {
  fill();
  (void)essa(ESSA_VOLATILE, PAGE);
  for (unsigned i = 0; i < 3; i++) {
    const struct access load = try_load(PAGE, PSW_DAT);
    wrong_loads += load.code != BLOCK_VOLATILITY && load.value != CONTENT;
    event();
  }
}

static void stores_into_potentially_volatile(void) {
  fill();
  (void)essa(ESSA_POT_VOLATILE, PAGE);
  const struct access store = try_store(PAGE, CONTENT + 1, PSW_DAT);
  event();
  if (store.code != 0) return; /* it was clean, and the host has thrown it away */
  const struct access load = try_load(PAGE, PSW_DAT);
  lost_stores += load.code != 0 || load.value != CONTENT + 1;
}

static void stable_if_it_is_there(void) {
  fill();
  (void)essa(ESSA_VOLATILE, PAGE);
  if ((essa(ESSA_STABLE_IF_RESIDENT, PAGE) & 0xf) == STATE_VZ) return;
  event();
  empty_stable += *(volatile u64*)PAGE != CONTENT;
}

static void rounds(void) {
  set_cr(1, space.asce);
  for (unsigned i = 0; i < ROUNDS; i++) {
    loads_from_volatile();
    stores_into_potentially_volatile();
    stable_if_it_is_there();
  }
}

void test_main(void) {
  if (!essa_available() || smp_count() < 2) {
    report_skip("whole test: it wants ESSA and two CPUs");
    return;
  }
  dat_create(&space);
  dat_map_identity(&space, 20 * MEGABYTE);
  report_info("cmma: window");
  report(smp_start(1, rounds), "CPU 1 starts");
  report(smp_join(1, 60), "CPU 1 stops");
  report_quiet(wrong_loads == 0, "checksum mismatch: %lu loads from a page that is gone", wrong_loads);
  report_quiet(lost_stores == 0, "checksum mismatch: %lu stores into a page were lost", lost_stores);
  report_quiet(empty_stable == 0, "checksum mismatch: %lu pages were made stable without content",
               empty_stable);
  report_info("cmma: window ends");
}
