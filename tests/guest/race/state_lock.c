/* R1 of docs/races.md in a hundred lines: CPU 0 makes a page volatile if it has the only reference, CPU 1 takes a reference
 * and makes it stable before it looks. Built with LOCKED 0 they do without the state lock, and a page may become
 * volatile behind the back of who has just taken his reference; that takes a CPU switch at the right place and a discard
 * at another. */
#include "lib/essa.h"
#include "lib/layout.h"
#include "lib/report.h"
#include "lib/smp.h"
#include "lib/try_access.h"

const char test_name[] = "state_lock";

#define PAGE (16 * MEGABYTE)
#define CONTENT 0x5ca1ab1e5ca1ab1eul
#define ROUNDS 4
#define BLOCK_VOLATILITY 0x1a

static struct barrier together;
static volatile u32 references = 1;
static volatile u32 locked;
static volatile u64 lost; /* looked at with a reference, and not there */

static void lock(void) {
  if (LOCKED) spin_lock(&locked);
}

static void unlock(void) {
  if (LOCKED) spin_unlock(&locked);
}

static void add_references(int count) {
  u32 old = references;
  u32 new;
  do {
    new = old + (u32)count;
    __asm__ volatile("cs %0,%2,%1" : "+d"(old), "+Q"(references) : "d"(new) : "cc", "memory");
  } while (old + (u32)count != new);
}

static bool is_only_reference(void) {
  u32 count = 1;
  __asm__ volatile("cs %0,%2,%1" : "+d"(count), "+Q"(references) : "d"(1) : "cc", "memory");
  return count == 1;
}

static void make_volatile(void) {
  lock();
  if (is_only_reference()) (void)essa(ESSA_VOLATILE, PAGE);
  unlock();
}

static void get_stable(void) {
  add_references(1);
  lock();
  if ((essa(ESSA_STABLE, PAGE) & 0xf) == STATE_VZ) *(volatile u64*)PAGE = CONTENT;
  unlock();
}

static void reader(void) {
  barrier_wait(&together, 2);
  for (unsigned round = 0; round < ROUNDS; round++) {
    get_stable();
    const struct access access = try_load(PAGE, 0);
    if (access.code == BLOCK_VOLATILITY || access.value != CONTENT) lost += 1;
    add_references(-1);
  }
}

void test_main(void) {
  if (!essa_available() || smp_count() < 2) {
    report_skip("whole test: it wants ESSA and two CPUs");
    return;
  }
  *(volatile u64*)PAGE = CONTENT;
  report(smp_start(1, reader), "CPU 1 starts");
  report_info("cmma: window");
  barrier_wait(&together, 2);
  for (unsigned round = 0; round < ROUNDS; round++) make_volatile();
  report(smp_join(1, 60), "CPU 1 stops");
  report_quiet(lost == 0, "checksum mismatch: a page with a reference was lost %lu times", lost);
  report_info("cmma: window ends");
}
