/* R14 of docs/races.md: a discard fault is taken for a page that another CPU removes meanwhile, and whose block then has
 * another use. Built with CHECKED 0 the handler believes the fault; it has to ask the host again, with the lock held. */
#include "lib/essa.h"
#include "lib/layout.h"
#include "lib/report.h"
#include "lib/smp.h"
#include "lib/try_access.h"

const char test_name[] = "stale_fault";

#define BLOCK (16 * MEGABYTE)
#define ROUNDS 4
#define BLOCK_VOLATILITY 0x1a

enum owner { FREE, CACHE, ANONYMOUS };

static struct barrier together;
static volatile enum owner owner = CACHE;
static volatile u32 locked;
static volatile u64 stolen; /* somebody's block was freed by the handler of another's fault */
static volatile bool done;

static void discard_fault(void) {
  spin_lock(&locked);
#if CHECKED
  if (essa_state(BLOCK) == STATE_VZ)
#endif
  {
    stolen += owner == ANONYMOUS;
    owner = FREE;
    (void)essa(ESSA_STABLE, BLOCK);
  }
  spin_unlock(&locked);
}

/* Takes the block as soon as it is free or discarded, uses it for a while, and gives it back to the cache. */
static void other(void) {
  barrier_wait(&together, 2);
  while (!done) {
    spin_lock(&locked);
    if (owner == FREE || essa_state(BLOCK) == STATE_VZ) {
      (void)essa(ESSA_STABLE, BLOCK);
      owner = ANONYMOUS;
    } else if (owner == ANONYMOUS) {
      owner = CACHE;
      (void)essa(ESSA_VOLATILE, BLOCK);
    }
    spin_unlock(&locked);
  }
}

void test_main(void) {
  if (!essa_available() || smp_count() < 2) {
    report_skip("whole test: it wants ESSA and two CPUs");
    return;
  }
  (void)essa(ESSA_VOLATILE, BLOCK);
  report(smp_start(1, other), "CPU 1 starts");
  report_info("cmma: window");
  barrier_wait(&together, 2);
  for (unsigned round = 0; round < ROUNDS; round++)
    if (try_load(BLOCK, 0).code == BLOCK_VOLATILITY) discard_fault();
  done = true;
  report(smp_join(1, 60), "CPU 1 stops");
  report_quiet(stolen == 0, "checksum mismatch: a block in use was freed %lu times", stolen);
  report_info("cmma: window ends");
}
