/* The tutorial's page cache (docs/tutorial.md): a few pages that can be read again, which are volatile while nobody
 * looks at them. Built with MENDED 0 it has a race with a host that discards: find it with `cmma race explore`. */
#include "lib/essa.h"
#include "lib/layout.h"
#include "lib/report.h"

const char test_name[] = "toy_cache";

#define PAGES 8
#define ROUNDS 3
#define WORDS (4096 / 8)

static u64* page(unsigned number) { return (u64*)(16 * MEGABYTE + number * 4096ul); }

static u64 on_disk(unsigned number, unsigned word) { return (number + 1) * 0x0101010101010101ul ^ word; }

static void read_from_disk(unsigned number) {
  for (unsigned word = 0; word < WORDS; word++) page(number)[word] = on_disk(number, word);
}

/* The page has its content, and the host keeps its hands off it. */
static void make_stable(unsigned number) {
#if MENDED
  /* One instruction makes it stable and says what was there before. */
  const bool discarded = (essa(ESSA_STABLE, page(number)) & 0xf) == STATE_VZ;
#else
  const bool discarded = essa_state((u64)page(number)) == STATE_VZ;
  (void)essa(ESSA_STABLE, page(number));
#endif
  if (discarded) read_from_disk(number);
}

static void make_volatile(unsigned number) { (void)essa(ESSA_VOLATILE, page(number)); }

static bool is_right(unsigned number) {
  for (unsigned word = 0; word < WORDS; word++)
    if (page(number)[word] != on_disk(number, word)) return false;
  return true;
}

void test_main(void) {
  if (!essa_available()) {
    report_skip("whole test: it wants ESSA");
    return;
  }
  for (unsigned number = 0; number < PAGES; number++) {
    read_from_disk(number);
    make_volatile(number);
  }
  report_info("cmma: window");
  for (unsigned round = 0; round < ROUNDS; round++) {
    for (unsigned number = 0; number < PAGES; number++) {
      make_stable(number);
      report_quiet(is_right(number), "checksum mismatch in page %u", number);
      make_volatile(number);
    }
  }
  report_info("cmma: window ends");
}
