// What the workloads have in common; races.h describes it.
#define _GNU_SOURCE
#include "races.h"

#include <endian.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

static const char swap_disk[] = "/dev/dasdb";

void fill(void* page, uint64_t number, uint64_t version) {
  uint64_t* word = page;
  for (unsigned i = 0; i < words_of_page; i++)
    word[i] = (number * words_of_page + i + 1) * 0x9e3779b97f4a7c15u + version;
}

_Noreturn void lost(const char* what) {
  printf("checksum mismatch: %s\n", what);
  fflush(stdout);
  _exit(1);
}

_Noreturn void failed(const char* what) {
  perror(what);
  _exit(2);
}

void expect(const void* page, uint64_t number, uint64_t version, const char* where) {
  uint64_t right[words_of_page];
  fill(right, number, version);
  if (memcmp(page, right, page_size) != 0) lost(where);
}

void expect_read(long got, const void* page, uint64_t number, const char* where) {
  if (got != page_size) lost(where);
  expect(page, number, 0, where);
}

void touch(const void* page) { (void)*(const volatile char*)page; }

void host_may_discard(void* page) {
  if (madvise(page, page_size, MADV_COLD) != 0) failed("MADV_COLD");
}

static void nothing(int signal) { (void)signal; }

void open_window(void) {
  printf("cmma: window\n");
  fflush(stdout);
  usleep(200000);  // the console's driver keeps a line for half as long
  signal(SIGFPE, nothing);
  static volatile int number[2];
  number[0] = number[0] / number[1];  // and on behind it
}

void run_on(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) failed("sched_setaffinity");
}

static void* toucher(void* page) {
  enum { pause = 2000 };
  run_on(1);
  for (;;) {
    touch(page);
    for (volatile unsigned i = 0; i < pause; i++) continue;
  }
  return NULL;
}

void touch_on_cpu_1(void* page) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, toucher, page) != 0) failed("pthread_create");
}

// A page that has just been read is on a list of this CPU's, which has a reference. With that it is not
// volatile.
void empty_lists_of_cpu(void) { host_may_discard(some_memory(1)); }

int open_data(void) {
  static char page[page_size];
  int fd = open("/mnt/data", O_RDWR);
  if (fd < 0) failed("/mnt/data");
  for (unsigned i = 0; i < data_pages; i++)
    expect_read(pread(fd, page, page_size, i * page_size), page, i, "read");
  empty_lists_of_cpu();
  return fd;
}

void* map_data(int fd, int protection, int flags, size_t page) {
  void* at = mmap(NULL, page_size, protection, flags, fd, (off_t)(page * page_size));
  if (at == MAP_FAILED) failed("mmap");
  return at;
}

// What mkswap writes: the label in the last bytes of the first page, version and size behind its first 1024.
static void make_swap(unsigned pages) {
  static union {
    char bytes[page_size];
    struct {
      char boot[1024];
      uint32_t version;
      uint32_t last_page;
    } info;
  } header;
  header.info.version = 1;
  header.info.last_page = pages;
  memcpy(header.bytes + page_size - 10, "SWAPSPACE2", 10);
  int fd = open(swap_disk, O_RDWR);
  if (fd < 0 || pwrite(fd, &header, page_size, 0) != page_size || fsync(fd) != 0) failed(swap_disk);
  close(fd);
}

void swap_on(unsigned pages) {
  make_swap(pages);
  if (swapon(swap_disk, 0) != 0) failed("swapon");
}

void swap_off(void) {
  if (swapoff(swap_disk) != 0) failed("swapoff");
}

void* some_memory(size_t pages) {
  void* at = mmap(NULL, pages * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) failed("mmap");
  return at;
}

void page_out(void* page, size_t pages) {
  if (madvise(page, pages * page_size, MADV_PAGEOUT) != 0) failed("MADV_PAGEOUT");
  // Until the disk has it.
  usleep(20000);
}

void through_swap(void* page) {
  page_out(page, 1);
  touch(page);
  empty_lists_of_cpu();
}

// races make FOLDER, on the machine that makes the disk: the files of the disk.
int make_files(const char* folder) {
  char name[4096];
  uint64_t page[words_of_page];
  snprintf(name, sizeof name, "%s/data", folder);
  FILE* file = fopen(name, "wb");
  if (file == NULL) failed(name);
  for (unsigned i = 0; i < data_pages; i++) {
    fill(page, i, 0);
    // The guest reads its words in its own order of bytes.
    for (unsigned j = 0; j < words_of_page; j++) page[j] = htobe64(page[j]);
    fwrite(page, page_size, 1, file);
  }
  return fclose(file) == 0 ? 0 : 2;
}
