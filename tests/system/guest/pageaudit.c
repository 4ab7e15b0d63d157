/* pageaudit: what is all memory used for?
 *
 * Runs in the guest, as root. Prints one line: other N lru N slab N pagetable N free N, in pages.
 * `other` is in use but belongs to nothing that the kernel has a name for (stacks, buffers of drivers, and
 * every page that was forgotten by whoever had it); pages that CPUs keep ready for themselves count as free.
 * With a file name, also writes the numbers and flags of the `other` pages there, to compare two audits.
 * Exit status: 0, or 2 if the kernel does not say.
 */
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What lies on the lists of the CPUs: the lines "count:" below each "cpu:" of /proc/zoneinfo. */
static long kept_by_cpus(void) {
  FILE* zones = fopen("/proc/zoneinfo", "r");
  char line[256];
  long sum = 0, n;
  if (!zones) return 0;
  while (fgets(line, sizeof(line), zones))
    if (sscanf(line, " count: %ld", &n) == 1) sum += n;
  fclose(zones);
  return sum;
}

int main(int argc, char** argv) {
  FILE *flags = fopen("/proc/kpageflags", "r"), *list = argc > 1 ? fopen(argv[1], "w") : NULL;
  uint64_t page, number = 0;
  long other = 0, lru = 0, slab = 0, tables = 0, free = 0;
  if (!flags || (argc > 1 && !list)) {
    perror("pageaudit");
    return 2;
  }
  for (; fread(&page, sizeof(page), 1, flags) == 1; number++) {
    if (page & (1 << KPF_NOPAGE) || page & 1ull << 32 /* reserved */) continue;
    if (page & 1 << KPF_BUDDY) {
      free++;
    } else if (page & (1 << KPF_LRU | 1 << KPF_UNEVICTABLE)) {
      lru++;
    } else if (page & 1 << KPF_SLAB) {
      slab++;
    } else if (page & 1 << KPF_PGTABLE) {
      tables++;
    } else {
      other++;
      if (list) fprintf(list, "%llx %llx\n", (unsigned long long)number, (unsigned long long)page);
    }
  }
  long kept = kept_by_cpus();
  printf("other %ld lru %ld slab %ld pagetable %ld free %ld\n", other - kept, lru, slab, tables, free + kept);
  return 0;
}
