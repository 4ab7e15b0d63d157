// Workloads with memory that is in the swap cache.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "races.h"
#include "workloads.h"

enum { much = 4000, little = 200 };

static void never_came_back(int signal) {
  (void)signal;
  lost("memory that cannot be reached any more");
}

// A page with its first content: in the swap cache, clean, mapped and volatile.
static char* swapped_page(void) {
  swap_on(much);
  char* page = some_memory(1);
  fill(page, 0, 1);
  through_swap(page);
  return page;
}

// An access that never ends is a loss too.
static void within_50_ms(void) {
  const struct itimerval soon = {.it_value = {.tv_usec = 50000}};
  signal(SIGALRM, never_came_back);
  setitimer(ITIMER_REAL, &soon, NULL);
}

// The swap disk is nearly full, so a slot is freed as soon as only the swap cache has it: when the child,
// which has it too, ends.
void r11(void) {
  int ends[2];
  char byte;
  swap_on(little);
  char* filler = some_memory(little * 3 / 4);
  for (unsigned i = 0; i < little * 3 / 4; i++) fill(filler + i * page_size, i, 7);
  page_out(filler, little * 3 / 4);
  char* page = some_memory(1);
  fill(page, 0, 1);
  page_out(page, 1);
  if (pipe(ends) != 0) failed("pipe");
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    if (read(ends[0], &byte, 1) < 0) failed("read");
    _exit(0);
  }
  touch(page);
  close(ends[1]);
  waitpid(child, NULL, 0);
  host_may_discard(page);
  within_50_ms();
  expect(page, 0, 1, "memory whose slot was freed");
}

static volatile int writing;

// Says by getppid() that it begins; the page is pinned by its pte for as long as it is written to a file. The
// file has its block by then, so that the writer does not sleep before.
static void* writer(void* page) {
  static char first[page_size] __attribute__((aligned(page_size)));
  run_on(1);
  int fd = open("/mnt/copy", O_CREAT | O_WRONLY | O_DIRECT, 0600);
  if (fd < 0 || pwrite(fd, first, page_size, 0) != page_size) failed("/mnt/copy");
  getppid();
  writing = 1;
  if (pwrite(fd, page, page_size, 0) != page_size) lost("memory that was written to a file");
  return NULL;
}

// fork() copies a page that seems to be pinned.
void r24(void) {
  pthread_t thread;
  run_on(0);
  char* page = swapped_page();
  if (pthread_create(&thread, NULL, writer, page) != 0) failed("pthread_create");
  while (!writing) continue;
  pid_t child = fork();
  if (child == 0) {
    expect(page, 0, 1, "memory that was copied");
    _exit(0);
  }
  pthread_join(thread, NULL);
  waitpid(child, NULL, 0);
  expect(page, 0, 1, "memory that was pinned");
}

// Memory that is in the swap cache is written to.
void r27(void) {
  char* page = swapped_page();
  fill(page, 0, 2);
  host_may_discard(page);
  expect(page, 0, 2, "what was written to memory");
}

// The same, populated for writing before.
void r28(void) {
  char* page = swapped_page();
  if (madvise(page, page_size, MADV_POPULATE_WRITE) != 0) failed("MADV_POPULATE_WRITE");
  host_may_discard(page);
  expect(page, 0, 1, "memory that was populated");
}

// Reclaim has isolated a page; a thread finds it discarded.
void r29(void) {
  run_on(0);
  char* page = swapped_page();
  touch_on_cpu_1(page);
  usleep(20000);
  page_out(page, 1);
  expect(page, 0, 1, "memory that was given up");
}

// The kernel looks for memory with the same content.
void r35(void) {
  int ksm = open("/sys/kernel/mm/ksm/run", O_WRONLY);
  char* page = swapped_page();
  if (madvise(page, page_size, MADV_MERGEABLE) != 0) failed("MADV_MERGEABLE");
  host_may_discard(page);
  if (ksm < 0 || write(ksm, "1", 1) != 1) failed("ksm");
  usleep(100000);
  expect(page, 0, 1, "memory that was compared");
}
