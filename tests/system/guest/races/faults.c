// Workloads with a discard fault that another CPU comes in between.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "races.h"
#include "workloads.h"

// Two CPUs find the same page gone.
void r5(void) {
  run_on(0);
  char* page = map_data(open_data(), PROT_READ, MAP_SHARED, 1);
  touch(page);
  touch_on_cpu_1(page);
  usleep(5000);
  host_may_discard(page);
  expect(page, 1, 0, "a page that two CPUs read");
}

static volatile int touching;

static void* late(void* page) {
  run_on(1);
  host_may_discard(page);
  touching = 1;
  touch(page);
  return NULL;
}

// A CPU finds a page gone; before it gets to it, the page is taken out of the file, freed, and allocated
// again for what is written to the file meanwhile. getppid() says when that is done.
void r14(void) {
  static char first[page_size], second[page_size];
  pthread_t thread;
  run_on(0);
  fill(first, 0, 1);
  fill(second, 0, 2);
  int fd = open("/mnt/copy", O_CREAT | O_RDWR, 0600);
  if (fd < 0 || pwrite(fd, first, page_size, 0) != page_size || fsync(fd) != 0) failed("/mnt/copy");
  if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) failed("POSIX_FADV_DONTNEED");
  char* page = mmap(NULL, page_size, PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) failed("mmap");
  touch(page);
  empty_lists_of_cpu();
  if (pthread_create(&thread, NULL, late, page) != 0) failed("pthread_create");
  while (!touching) continue;
  if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, page_size) != 0) failed("fallocate");
  if (pwrite(fd, second, page_size, 0) != page_size) failed("write");
  getppid();
  pthread_join(thread, NULL);
  expect(page, 0, 2, "what was written to a file");
}
