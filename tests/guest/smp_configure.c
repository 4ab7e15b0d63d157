/* One CPU has the service processor take another CPU out of the configuration and put it back, while the rest
 * change blocks that the host takes away: the CPU that waits for the other one's thread must not keep the
 * host's reclaim waiting, which in turn keeps that thread from ending. Wants four CPUs: the emulator
 * synchronizes them in another way when there are fewer others than the computer has processors. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/sclp.h"
#include "lib/smp.h"

const char test_name[] = "smp_configure";

#define ARENA (20 * MEGABYTE)
#define BLOCKS 16
#define SECONDS 3

#define CONFIGURE_CPU 0x00110001u
#define DECONFIGURE_CPU 0x00100001u
#define COMPLETED 0x0020

static volatile bool ended;
static volatile u64 changes[MAX_CPUS];

static void change_blocks(void) {
  const unsigned cpu = smp_cpu();
  while (!ended) {
    for (unsigned i = 0; i < BLOCKS; ++i) {
      const u64 block = ARENA + (cpu * BLOCKS + i) * BLOCK_SIZE;
      (void)essa(ESSA_STABLE_RESIDENT, block);
      *(volatile u64*)block = i;
      (void)essa(ESSA_VOLATILE, block);
      (void)host_evict(block);
      changes[cpu] += 1;
    }
  }
}

/* The response to a request that names a CPU. */
static u16 request(u32 command, unsigned cpu) {
  static struct sccb sccb;
  sccb = (struct sccb){.length = sizeof(sccb)};
  return service_request(command | cpu << 8, &sccb);
}

void test_main(void) {
  const unsigned last = smp_count() - 1;
  if (!host_available() || last < 2) {
    report_skip("whole test: it wants three CPUs and the test channel");
    return;
  }
  for (unsigned cpu = 1; cpu < last; ++cpu) report(smp_start(cpu, change_blocks), "CPU %u starts", cpu);
  const u64 until = clock_us() + SECONDS * 1000000ul;
  u64 rounds = 0;
  u64 refused = 0;
  while (clock_us() < until) {
    refused += request(DECONFIGURE_CPU, last) != COMPLETED ? 1 : 0;
    refused += request(CONFIGURE_CPU, last) != COMPLETED ? 1 : 0;
    ++rounds;
  }
  ended = true;
  for (unsigned cpu = 1; cpu < last; ++cpu) {
    report(smp_join(cpu, 10), "CPU %u stops", cpu);
    report(changes[cpu] != 0, "CPU %u changed %lu blocks", cpu, changes[cpu]);
  }
  report(rounds > 0 && refused == 0, "CPU %u left and came back %lu times; %lu were refused", last, rounds,
         refused);
}
