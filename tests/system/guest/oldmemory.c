// oldmemory fill PAGES
//     fills so many pages with what can be told again, says so, and keeps them for ever
// oldmemory count FILE PAGES
//     reads all of a crashed kernel's memory (/proc/vmcore), or of its own (/proc/kcore), and looks for these
//     pages in it
//
// `count` prints `oldmemory: N pages, N zero, N filled, N others`. Filled ones are counted once, however
// often they are there: the kernel moves pages, and leaves the old ones as they are. Others begin like a
// filled one and go on in another way: such an old one that is in use again. Before that it says of each
// filled page that is missing where the one before it is. Exit status 1 if one is missing, or something
// cannot be read.
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { page_size = 4096, words = page_size / 8, most_pages = 1 << 20 };

static const uint64_t magic = 0x6f6c64206d656d6f;

static void fill(uint64_t* page, uint64_t number) {
  page[0] = magic;
  page[1] = number;
  for (unsigned i = 2; i < words; i++) page[i] = (number * words + i) * 0x9e3779b97f4a7c15u;
}

static int failed(const char* what) {
  perror(what);
  return 1;
}

static int keep(unsigned long pages) {
  uint64_t* memory =
      mmap(NULL, pages * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failed("mmap");
  for (unsigned long i = 0; i < pages; i++) fill(memory + i * words, i);
  printf("oldmemory: %lu pages are filled\n", pages);
  fflush(stdout);
  for (;;) pause();
}

static int count(const char* name, unsigned long wanted) {
  static uint64_t page[words], right[words];
  // The physical address at which each page was found first, plus 1.
  static uint64_t found[most_pages];
  unsigned long pages = 0, zero = 0, filled = 0, others = 0;
  Elf64_Ehdr header;
  int file = open(name, O_RDONLY);
  if (file < 0 || pread(file, &header, sizeof header, 0) != sizeof header) return failed(name);
  for (unsigned i = 0; i < header.e_phnum; i++) {
    Elf64_Phdr part;
    if (pread(file, &part, sizeof part, (off_t)(header.e_phoff + i * sizeof part)) != sizeof part)
      return failed(name);
    // What /proc/kcore has at no address of memory is other views of it.
    if (part.p_type != PT_LOAD || part.p_paddr == ~0ull) continue;
    for (uint64_t at = 0; at + page_size <= part.p_filesz; at += page_size) {
      if (pread(file, page, page_size, (off_t)(part.p_offset + at)) != page_size) {
        fprintf(stderr, "oldmemory: %#llx cannot be read\n", (unsigned long long)(part.p_paddr + at));
        return failed(name);
      }
      pages++;
      if (page[0] == 0 && memcmp(page, page + 1, page_size - 8) == 0) zero++;
      if (page[0] != magic) continue;
      fill(right, page[1]);
      if (page[1] >= wanted || memcmp(page, right, page_size) != 0) {
        others++;
      } else if (!found[page[1]]) {
        found[page[1]] = part.p_paddr + at + 1;
        filled++;
      }
    }
  }
  // Pages that were filled one after the other are mostly neighbours: that tells where to look.
  uint64_t before = 0;
  for (unsigned long i = 0; i < wanted; i++) {
    if (found[i]) {
      before = found[i];
      continue;
    }
    printf("oldmemory: page %lu is missing", i);
    if (before) printf("; the one found before it is at %#llx", (unsigned long long)(before - 1));
    printf("\n");
  }
  printf("oldmemory: %lu pages, %lu zero, %lu filled, %lu others\n", pages, zero, filled, others);
  return filled != wanted;
}

int main(int argc, char** argv) {
  unsigned long pages = argc > 2 ? strtoul(argv[argc - 1], NULL, 0) : 0;
  if (argc == 3 && strcmp(argv[1], "fill") == 0 && pages <= most_pages) return keep(pages);
  if (argc == 4 && strcmp(argv[1], "count") == 0 && pages <= most_pages) return count(argv[2], pages);
  fprintf(stderr, "usage: oldmemory fill PAGES, oldmemory count FILE PAGES\n");
  return 1;
}
