/* discardaudit: have the host look at the kernel's record of each page that it discards.
 *
 * Runs in the guest, as root, on Linux 6.12. Tells the host (by lines on the console, see docs/options.md)
 * where each page's struct page is, and what none of them may say when its page is discarded: that the page
 * is mlocked, dirty or under writeback, or anonymous and not in the swap cache. (Reclaim takes a page out of
 * the swap cache when it has frozen its references at 0, and frees it then: such a page may go.) The
 * addresses come from /proc/kcore: the kernel's array of struct page is mapped by page tables, which are read
 * here as the hardware does. That the numbers of the flags are right is checked against /proc/kpageflags
 * first. Exit status: 0, or 2 if the kernel does not say or is another one than thought.
 */
#include <elf.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RECORD = 64, FLAGS = 0, MAPPING = 24, MAPCOUNT_AND_REFCOUNT = 48 };
enum { WRITEBACK = 1, UPTODATE = 3, DIRTY = 4, LRU = 5, SWAPCACHE = 10, SWAPBACKED = 17, MLOCKED = 19 };

static int kcore;
static Elf64_Phdr parts[64];
static int part_count;

static void cannot(const char* what) {
  fprintf(stderr, "discardaudit: %s\n", what);
  exit(2);
}

static void read_at(const Elf64_Phdr* part, uint64_t offset, void* to, size_t bytes) {
  if (pread(kcore, to, bytes, part->p_offset + offset) != (ssize_t)bytes)
    cannot("/proc/kcore cannot be read");
}

/* A word of absolute storage. */
static uint64_t word_at(uint64_t address) {
  uint64_t word = 0;
  for (int i = 0; i < part_count; i++)
    if (parts[i].p_paddr != ~0ull && address - parts[i].p_paddr < parts[i].p_memsz) {
      read_at(&parts[i], address - parts[i].p_paddr, &word, sizeof(word));
      return word;
    }
  cannot("a page table is outside memory");
  return 0;
}

/* The absolute address of a virtual one, as the tables below this address-space-control element have it. */
static uint64_t absolute(uint64_t asce, uint64_t address) {
  enum { INVALID = 0x20, LARGE = 0x400, PTE_INVALID = 0x400 };
  uint64_t entry = asce;
  for (int level = (asce >> 2) & 3; level >= 0; level--) {
    int shift = 20 + 11 * level;
    entry = word_at((entry & ~0xfffull) + ((address >> shift) & 0x7ff) * 8);
    if (entry & INVALID) cannot("an address is not mapped");
    if (level <= 1 && (entry & LARGE)) {
      uint64_t size = 1ull << shift;
      return (entry & ~(size - 1)) | (address & (size - 1));
    }
  }
  entry = word_at((entry & ~0x7ffull) + ((address >> 12) & 0xff) * 8);
  if (entry & PTE_INVALID) cannot("an address is not mapped");
  return (entry & ~0xfffull) | (address & 0xfff);
}

static void open_kcore(void) {
  Elf64_Ehdr head;
  kcore = open("/proc/kcore", O_RDONLY);
  if (kcore < 0 || pread(kcore, &head, sizeof(head), 0) != sizeof(head)) cannot("there is no /proc/kcore");
  for (int i = 0; i < head.e_phnum && part_count < 64; i++) {
    Elf64_Phdr part;
    if (pread(kcore, &part, sizeof(part), head.e_phoff + i * sizeof(part)) != sizeof(part))
      cannot("/proc/kcore");
    if (part.p_type == PT_LOAD) parts[part_count++] = part;
  }
}

/* The part that starts at absolute 0, and the array of struct page that belongs to it, known by its size. */
static void find_parts(const Elf64_Phdr** memory, const Elf64_Phdr** records) {
  *memory = *records = NULL;
  for (int i = 0; i < part_count; i++)
    if (parts[i].p_paddr == 0) *memory = &parts[i];
  if (!*memory) cannot("/proc/kcore has no memory");
  for (int i = 0; i < part_count; i++)
    if (parts[i].p_paddr == ~0ull && parts[i].p_memsz == (*memory)->p_memsz / 4096 * RECORD)
      *records = &parts[i];
  if (!*records) cannot("/proc/kcore has no array of struct page");
}

/* Each flag is, but for what changes meanwhile, where /proc/kpageflags says so, and not always the same. */
static void check_flags(const Elf64_Phdr* records, uint64_t pages) {
  static const struct {
    const char* name;
    int ours, theirs;
  } known[] = {{"uptodate", UPTODATE, KPF_UPTODATE},
               {"dirty", DIRTY, KPF_DIRTY},
               {"lru", LRU, KPF_LRU},
               {"swapbacked", SWAPBACKED, KPF_SWAPBACKED},
               {"mlocked", MLOCKED, 33}};
  enum { KNOWN = sizeof(known) / sizeof(*known) };
  uint64_t set[KNOWN] = {0}, differ[KNOWN] = {0};
  /* Locked: there before it is read into, and so that some pages are mlocked. */
  uint64_t* all =
      mmap(NULL, pages * RECORD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
  FILE* flags = fopen("/proc/kpageflags", "r");
  if (!flags || all == MAP_FAILED) cannot("there is no /proc/kpageflags, or no memory");
  read_at(records, 0, all, pages * RECORD);
  for (uint64_t page = 0, theirs; page < pages && fread(&theirs, sizeof(theirs), 1, flags) == 1; page++) {
    if (theirs & (1 << KPF_NOPAGE | 1 << KPF_COMPOUND_HEAD | 1 << KPF_COMPOUND_TAIL | 1 << KPF_BUDDY))
      continue;
    for (int i = 0; i < KNOWN; i++) {
      uint64_t ours = all[page * (RECORD / 8) + FLAGS / 8] >> known[i].ours & 1;
      set[i] += ours;
      differ[i] += ours != (theirs >> known[i].theirs & 1);
    }
  }
  fclose(flags);
  munmap(all, pages * RECORD);
  for (int i = 0; i < KNOWN; i++)
    if (!set[i] || differ[i] > set[i] / 8) {
      fprintf(stderr, "discardaudit: flag %s: set %llu times, wrong %llu times\n", known[i].name,
              (unsigned long long)set[i], (unsigned long long)differ[i]);
      cannot("this kernel's flags are not those of Linux 6.12");
    }
}

static void print_map(uint64_t asce, const Elf64_Phdr* records, uint64_t pages) {
  enum { STEP = 4096 / RECORD };
  uint64_t first = 0, start = absolute(asce, records->p_vaddr);
  for (uint64_t page = STEP; page <= pages; page += STEP) {
    uint64_t here = page < pages ? absolute(asce, records->p_vaddr + page * RECORD) : 0;
    if (here == start + (page - first) * RECORD) continue;
    printf("cmma: audit map %llx %llx %llx\n", (unsigned long long)first, (unsigned long long)(page - first),
           (unsigned long long)start);
    first = page, start = here;
  }
}

static void never(const char* name, int flag) {
  printf("cmma: audit never %s %x %llx %llx\n", name, FLAGS, 1ull << flag, 1ull << flag);
}

int main(void) {
  enum { ASCE_IN_LOWCORE = 0x388 };
  const Elf64_Phdr *memory, *records;
  setvbuf(stdout, NULL, _IOLBF, 0);
  open_kcore();
  find_parts(&memory, &records);
  uint64_t pages = memory->p_memsz / 4096, asce = word_at(ASCE_IN_LOWCORE);
  check_flags(records, pages);
  printf("cmma: audit records %x\n", RECORD);
  never("mlocked", MLOCKED);
  never("dirty", DIRTY);
  never("writeback", WRITEBACK);
  printf("cmma: audit never anonymous-and-not-in-the-swap-cache %x 1 1 %x %llx 0 %x ffffffff !0\n", MAPPING,
         FLAGS, 1ull << SWAPCACHE, MAPCOUNT_AND_REFCOUNT);
  print_map(asce, records, pages);
  return 0;
}
