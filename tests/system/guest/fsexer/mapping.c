/* Operations on the mappings themselves, and writing to the private one. */
#include "fsexer.h"

#include <sys/wait.h>

void do_mremap(void) {
  int w = some_window();
  remember(m, doing, 0, 0, w);
  void* place = mmap(NULL, limit, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) cannot("mmap of a place");
  /* Kernels before 6.17 move only what is one mapping: EFAULT. Without locks and advice the parts become one
   * again. */
  if (one_in(2)) {
    munlock(windows[w], limit);
    madvise(windows[w], limit, MADV_NORMAL);
  }
  /* In one piece, or its second half first: two mappings, then one again. */
  size_t cut = one_in(2) ? below(limit / PAGE - 1) * PAGE + PAGE : 0;
  int moved = mremap(windows[w] + cut, limit - cut, limit - cut, MREMAP_MAYMOVE | MREMAP_FIXED,
                     (uint8_t*)place + cut) != MAP_FAILED;
  if (moved && cut) moved = mremap(windows[w], cut, cut, MREMAP_MAYMOVE | MREMAP_FIXED, place) != MAP_FAILED;
  if (!moved) {
    if (errno != EFAULT && errno != EAGAIN) cannot("mremap");
    if (munmap(windows[w], limit) || munmap(place, limit)) cannot("munmap");
    map_window(w);
    return;
  }
  windows[w] = place;
}

void do_map_again(void) {
  int w = some_window();
  remember(m, doing, 0, 0, w);
  if (munmap(windows[w], limit)) cannot("munmap");
  map_window(w);
}

void do_open_again(void) {
  remember(m, doing, 0, 0, 0);
  close(file);
  if (direct >= 0) close(direct);
  open_file();
}

void do_private_write(void) {
  size_t length, offset = some_range(m->size, &length);
  if (!length) return;
  int by_kernel = memory >= 0 && one_in(3);
  remember(m, doing, offset, length, by_kernel);
  copy_on_write(offset, length);
  make_data(m, m->operations, offset, length, copies + offset);
  if (by_kernel)
    expect(pwrite(memory, copies + offset, length, (off_t)(uintptr_t)(windows[PRIVATE] + offset)), length,
           "/proc/self/mem");
  else
    memcpy(windows[PRIVATE] + offset, copies + offset, length);
}

/* The child has the same mappings: it reads them, and writes to private pages that only it has. */
void do_fork(void) {
  remember(m, doing, 0, 0, 0);
  fflush(stdout);
  pid_t child = fork();
  if (child < 0) cannot("fork");
  if (child == 0) {
    for (int i = 0; i < 6; i++) {
      int w = some_window();
      size_t length, offset = some_range(m->size, &length);
      check_window(w, "read by a child", offset, length);
      if (!length) continue;
      copy_on_write(offset, length);
      make_data(m, 77 + i, offset, length, copies + offset);
      memcpy(windows[PRIVATE] + offset, copies + offset, length);
      check_window(PRIVATE, "private write by a child", offset, length);
    }
    _exit(0);
  }
  /* Meanwhile the parent takes copies of its own. */
  do_private_write();
  int status;
  if (waitpid(child, &status, 0) != child) cannot("waitpid");
  if (status) {
    printf("fsexer: status 0x%x of the child\n", status);
    errno = 0;
    cannot("child");
  }
  size_t length, offset = some_range(m->size, &length);
  check_window(PRIVATE, "read after a child", offset, length);
}
