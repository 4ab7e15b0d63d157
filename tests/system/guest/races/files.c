// Workloads with a file of the disk.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "races.h"
#include "workloads.h"

static char buffer[page_size] __attribute__((aligned(page_size)));

static void make_pipe(int ends[2]) {
  if (pipe(ends) != 0) failed("pipe");
}

static void gift(int to, void* page) {
  const struct iovec piece = {.iov_base = page, .iov_len = page_size};
  if (vmsplice(to, &piece, 1, 0) != page_size) failed("vmsplice");
}

// A pipe has a reference to a page of the file; read() of the same page would make it volatile again.
void r1(void) {
  int ends[2], fd = open_data();
  char* page = map_data(fd, PROT_READ, MAP_SHARED, 3);
  make_pipe(ends);
  touch(page);
  gift(ends[1], page);
  expect_read(pread(fd, buffer, page_size, 3 * page_size), buffer, 3, "read");
  host_may_discard(page);
  expect_read(read(ends[0], buffer, page_size), buffer, 3, "a page in a pipe that was read too");
}

// splice() looks pages up, and who reads the pipe copies from them.
void r3(void) {
  int ends[2], fd = open_data();
  make_pipe(ends);
  loff_t from = 0;
  if (splice(fd, &from, ends[1], NULL, page_size, 0) != page_size) failed("splice");
  expect_read(read(ends[0], buffer, page_size), buffer, 0, "a page in a pipe");
}

// A private mapping is written to: the page that it shows is copied.
void r4(void) {
  char* page = map_data(open_data(), PROT_READ | PROT_WRITE, MAP_PRIVATE, 1);
  touch(page);
  host_may_discard(page);
  // Not read: a read would find the page gone.
  fill(buffer, 1, 0);
  *(volatile char*)page = buffer[0];
  expect(page, 1, 0, "a copied page");
}

// A shared mapping is read, and written to.
void r13(void) {
  char* page = map_data(open_data(), PROT_READ | PROT_WRITE, MAP_SHARED, 1);
  touch(page);
  fill(page, 1, 1);
  host_may_discard(page);
  expect(page, 1, 1, "what was written to a shared mapping");
}

// A locked page is there: nothing has to be read when it is used.
void r18(void) {
  struct rusage before, after;
  int fd = open_data();
  char* page = map_data(fd, PROT_READ, MAP_SHARED, 1);
  touch(page);
  if (mlock(page, page_size) != 0) failed("mlock");
  getrusage(RUSAGE_SELF, &before);
  touch(page);
  getrusage(RUSAGE_SELF, &after);
  if (after.ru_majflt != before.ru_majflt) lost("a locked page was not there");
  expect(page, 1, 0, "a locked page");
}

// A pipe gets a page by its pte, without a lock.
void r23(void) {
  int ends[2];
  char* page = map_data(open_data(), PROT_READ, MAP_SHARED, 2);
  make_pipe(ends);
  touch(page);
  gift(ends[1], page);
  expect_read(read(ends[0], buffer, page_size), buffer, 2, "a page given to a pipe");
}

// A pipe has a reference to a page that another process maps again and again, on another CPU; getppid() says
// each time that it has done so. read() of the page counts references and mappings.
void r25(void) {
  int ends[2], fd;
  run_on(0);
  fd = open_data();
  char* page = map_data(fd, PROT_READ, MAP_SHARED, 3);
  make_pipe(ends);
  touch(page);
  // Read often enough, it is on the active list, and read() does not put it on a list of the CPU any more.
  for (unsigned i = 0; i < 3; i++)
    expect_read(pread(fd, buffer, page_size, 3 * page_size), buffer, 3, "read");
  empty_lists_of_cpu();
  pid_t child = fork();
  if (child == 0) {
    run_on(1);
    for (;;) {
      touch(map_data(fd, PROT_READ, MAP_SHARED, 3));
      getppid();
    }
  }
  usleep(5000);
  gift(ends[1], page);
  // More than once: while the other has the page locked, the kernel does not try to make it volatile.
  for (unsigned i = 0; i < 8; i++)
    expect_read(pread(fd, buffer, page_size, 3 * page_size), buffer, 3, "read");
  kill(child, SIGKILL);
  expect_read(read(ends[0], buffer, page_size), buffer, 3, "a page in a pipe that was mapped too");
}

// All free memory is filled with a pattern (init_on_free=1); a page of the file becomes free.
void r32(void) {
  int fd = open_data();
  if (posix_fadvise(fd, 0, page_size, POSIX_FADV_DONTNEED) != 0) failed("POSIX_FADV_DONTNEED");
  expect_read(pread(fd, buffer, page_size, 0), buffer, 0, "read again");
}

// read() copies from a page that is volatile.
void r41(void) {
  int fd = open_data();
  expect_read(pread(fd, buffer, page_size, 0), buffer, 0, "read from memory");
}
