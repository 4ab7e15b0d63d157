/* An instruction with two storage operands, one in a volatile block, the other in a block that has been paged
 * out: when no frame is free the CPU waits in the middle of the instruction, and no other CPU's reclaim may
 * discard the volatile block then. Each CPU copies between its own blocks; all of them together have more
 * than the host has frames. What was copied is what arrives, or there is a discard fault (A7, A8). */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/smp.h"

const char test_name[] = "smp_operands";

#define ARENA (20 * MEGABYTE)
#define STABLE_BLOCKS 48
#define VOLATILE_BLOCKS 16
#define BLOCKS (STABLE_BLOCKS + VOLATILE_BLOCKS) /* of each CPU */
#define SECONDS 8

static const u8 copy[8]
    __attribute__((aligned(8))) = {0xd2, 0x07, 0x20, 0x00, 0x30, 0x00, 0x0a, 0x00};  // MVC 0(8,2),0(3); SVC 0

static const u8 clear[8] __attribute__((aligned(8))) = {0x0e, 0x24, 0x0a, 0x00};  // MVCL 2,4; SVC 0
#define CLEARED (24 * MEGABYTE)
#define CLEARED_SIZE MEGABYTE

static unsigned cpus;
static u64 deadline;
static struct {
  volatile u64 copied;
  volatile u64 faults;
  volatile u64 wrong;
} results[MAX_CPUS];

static u32 random_state[MAX_CPUS];

static u32 random_below(u32 n) {
  u32* s = &random_state[smp_cpu()];
  *s = *s * 1664525u + 1013904223u;
  return (*s >> 8) % n;
}

static u64 block_of(unsigned i) { return ARENA + (smp_cpu() * BLOCKS + i) * BLOCK_SIZE; }

static u64 value_of(u64 block) { return block * 0x9e3779b97f4a7c15ul; }

static void hammer(void) {
  const unsigned cpu = smp_cpu();
  random_state[cpu] = cpu + 1;
  for (unsigned i = 0; i < BLOCKS; ++i) *(volatile u64*)block_of(i) = value_of(block_of(i));
  while (clock_us() < deadline) {
    const u64 stable = block_of(random_below(STABLE_BLOCKS));
    const u64 lost = block_of(STABLE_BLOCKS + random_below(VOLATILE_BLOCKS));
    const bool from_lost = random_below(2) == 0;
    /* The volatile one has a frame now, or had one just before. */
    (void)essa(ESSA_STABLE_RESIDENT, lost);
    *(volatile u64*)lost = from_lost ? value_of(stable) : 1;
    (void)essa(ESSA_VOLATILE, lost);
    struct cpu_state state = {.psw = {PSW_64, (u64)copy},
                              .gr = {[2] = from_lost ? stable : lost, [3] = from_lost ? lost : stable}};
    const struct event e = cpu_run(&state);
    const u64 was = essa(ESSA_STABLE, lost) & 0xf;
    if (e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == lost) {
      results[cpu].faults += 1;
    } else if (e.kind != EVENT_SVC) {
      results[cpu].wrong += 1;
    } else {
      const bool arrived = *(volatile u64*)(from_lost ? stable : lost) == value_of(stable);
      results[cpu].copied += 1;
      results[cpu].wrong += !arrived && (from_lost || was != STATE_VZ) ? 1 : 0;
      *(volatile u64*)stable = value_of(stable);
    }
  }
}

static void clear_storage(void) {
  const unsigned cpu = smp_cpu();
  while (clock_us() < deadline) {
    struct cpu_state state = {.psw = {PSW_64, (u64)clear}, .gr = {[2] = CLEARED, [3] = CLEARED_SIZE}};
    const struct event e = cpu_run(&state);
    results[cpu].copied += 1;
    results[cpu].wrong += e.kind != EVENT_SVC ? 1 : 0;
  }
}

void test_main(void) {
  if (!essa_available()) {
    report_skip("whole test: this machine has no ESSA");
    return;
  }
  cpus = smp_count();
  deadline = clock_us() + SECONDS * 1000000ul;
  for (unsigned cpu = 1; cpu < cpus; ++cpu)
    report(smp_start(cpu, cpu + 1 == cpus ? clear_storage : hammer), "CPU %u starts", cpu);
  hammer();
  for (unsigned cpu = 0; cpu < cpus; ++cpu) {
    if (cpu != 0) report(smp_join(cpu, 30), "CPU %u stops", cpu);
    report(results[cpu].wrong == 0 && results[cpu].copied != 0, "CPU %u: %lu copies, %lu faults, %lu wrong",
           cpu, results[cpu].copied, results[cpu].faults, results[cpu].wrong);
  }
}
