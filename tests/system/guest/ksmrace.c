// ksmrace: the workload of R20 (scenarios/R20-*.toml, docs/catalogue.md), beside the program `races`, whose
// windows depend on its own instructions.
//
// KSM merges two pages with the same content. One of them goes away, the other one goes through the swap disk
// (which the caller has set up), and is in the swap cache then, clean and mapped. The host has its chance at
// madvise(MADV_COLD), the kernel's folio_deactivate() (races/races.h). Then a third page with that content
// comes, at a lower address, and KSM compares it with the merged one before it looks at anything else. Exit
// status 0 if all contents are right, 1 after a line that begins "checksum mismatch", 2 if a system call
// fails that must not.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { page_size = 4096, words = page_size / 8 };

static _Noreturn void failed(const char* what) {
  perror(what);
  _exit(2);
}

static void fill(uint64_t* page) {
  for (unsigned i = 0; i < words; i++) page[i] = (i + 1) * 0x9e3779b97f4a7c15u;
}

static void expect(const uint64_t* page, const char* where) {
  static uint64_t right[words];
  fill(right);
  if (memcmp(page, right, page_size) == 0) return;
  printf("checksum mismatch: %s\n", where);
  fflush(stdout);
  _exit(1);
}

static void advise(void* page, size_t pages, int advice) {
  if (madvise(page, pages * page_size, advice) != 0) failed("madvise");
}

static void ksm(const char* run) {
  int fd = open("/sys/kernel/mm/ksm/run", O_WRONLY);
  if (fd < 0 || write(fd, run, 1) != 1) failed("ksm/run");
  close(fd);
}

static int pages_sharing(void) {
  char text[32] = "";
  int fd = open("/sys/kernel/mm/ksm/pages_sharing", O_RDONLY);
  if (fd < 0 || read(fd, text, sizeof text - 1) < 0) failed("ksm/pages_sharing");
  close(fd);
  return atoi(text);
}

int main(void) {
  uint64_t* third = mmap(NULL, 4 * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (third == MAP_FAILED) failed("mmap");
  uint64_t *first = third + words, *second = first + words, *other = second + words;
  fill(first);
  fill(second);
  other[0] = 1;
  advise(first, 2, MADV_MERGEABLE);
  ksm("1");
  for (int tries = 0; pages_sharing() == 0; tries++) {
    if (tries == 500) failed("KSM merges nothing");
    usleep(20000);
  }
  ksm("0");
  if (munmap(second, page_size) != 0) failed("munmap");

  advise(first, 1, MADV_PAGEOUT);
  usleep(20000);  // until the disk has it
  expect(first, "a merged page that was swapped");
  // The lists of this CPU have a reference to it: with that it is not volatile.
  advise(other, 1, MADV_COLD);

  advise(first, 1, MADV_COLD);
  fill(third);
  advise(third, 1, MADV_MERGEABLE);
  ksm("1");
  usleep(200000);
  ksm("0");
  expect(first, "a merged page");
  expect(third, "a page that was compared");
  printf("races: r20: all is right\n");
  return 0;
}
