/* cpuwork: what a CPU does between two page faults, for comparing two machines.
 *
 * Runs in the guest. Usage: cpuwork ROUNDS
 * Sorts, hashes and copies within 1 MB; prints a sum that depends on all of it, so that two machines can
 * also be seen to compute the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 1 << 16 };

static uint64_t values[COUNT], copy[COUNT];

static int compare(const void* a, const void* b) {
  uint64_t x = *(const uint64_t*)a, y = *(const uint64_t*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  unsigned rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
  if (!rounds) {
    fprintf(stderr, "usage: cpuwork ROUNDS\n");
    return 2;
  }
  uint64_t x = 88172645463325252u, sum = 0;
  for (unsigned round = 0; round < rounds; round++) {
    for (size_t i = 0; i < COUNT; i++) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      values[i] = x;
    }
    memcpy(copy, values, sizeof(copy));
    qsort(copy, COUNT, sizeof(copy[0]), compare);
    for (size_t i = 0; i < COUNT; i++) sum = (sum ^ copy[i] ^ values[COUNT - 1 - i]) * 0x100000001b3u;
  }
  printf("cpuwork: %u rounds, sum %016llx\n", rounds, (unsigned long long)sum);
  return 0;
}
