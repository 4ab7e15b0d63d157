/* Operations in which the kernel is the one who reads: out of a mapping, and from the page cache into a pipe
 * or another file. */
#include "fsexer.h"

#include <linux/futex.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

static void drain(size_t length, size_t offset, const char* how) {
  for (size_t done = 0; done < length;) {
    ssize_t got = read(pipe_ends[0], buffer + done, length - done);
    if (got <= 0) cannot("read of the pipe");
    done += got;
  }
  check(how, offset, m->bytes + offset, buffer, length);
}

/* The kernel is the one who reads the mapping: copy_from_user, get_user_pages of two kinds, vmsplice, futex.
 */
void do_kernel_reads_map(void) {
  int w = some_window();
  size_t length, offset = some_range(m->size, &length), way = below(5);
  if (!length) return;
  if (length > 32768 && way == 2) length = 32768;
  remember(m, doing, offset, length, w * 10 + way);
  uint8_t* at = windows[w] + offset;
  const uint8_t* want = m->bytes + offset;
  struct iovec from = {at, length}, to = {buffer, length};
  switch (way) {
    case 0:
      expect(pwrite(scratch, at, length, 0), length, "write out of a mapping");
      expect(pread(scratch, buffer, length, 0), length, "read of the scratch file");
      break;
    case 1:
      if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != (ssize_t)length) {
        if (errno == ENOSYS) return;
        cannot("process_vm_readv");
      }
      break;
    case 2:
      from.iov_len = length;
      expect(vmsplice(pipe_ends[1], &from, 1, 0), length, "vmsplice");
      if (one_in(2)) posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
      for (size_t done = 0; done < length;) {
        ssize_t got = read(pipe_ends[0], buffer + done, length - done);
        if (got <= 0) cannot("read of the pipe");
        done += got;
      }
      break;
    case 3:
      if (memory < 0) return;
      expect(pread(memory, buffer, length, (off_t)(uintptr_t)at), length, "read of /proc/self/mem");
      break;
    case 4: {
      uint32_t *word = (uint32_t*)(windows[w] + offset / 4 * 4), value;
      if (offset / 4 * 4 + 4 > m->size) return;
      memcpy(&value, want - offset + offset / 4 * 4, 4);
      if (w == PRIVATE) {
        want_private(offset / 4 * 4, 4);
        memcpy(&value, expected, 4);
        copy_on_write(offset / 4 * 4, 4); /* a futex is looked up as if it were written to */
      }
      struct timespec none = {0, 0};
      /* The kernel compares: another value would be EAGAIN. */
      if (syscall(SYS_futex, word, FUTEX_WAIT, value, &none, NULL, 0) == 0 || errno != ETIMEDOUT)
        cannot("futex");
      return;
    }
  }
  if (w == PRIVATE) {
    want_private(offset, length);
    want = expected;
  }
  static const char* const ways[] = {"write out of a mapping", "process_vm_readv", "vmsplice",
                                     "/proc/self/mem", "futex"};
  check(ways[way], offset, want, buffer, length);
}

void do_splice(void) {
  size_t length, offset = some_range(m->size, &length);
  if (length > 32768) length = 32768; /* what a pipe holds, whatever the alignment */
  if (!length) return;
  remember(m, doing, offset, length, 0);
  for (size_t done = 0; done < length;) {
    loff_t at = offset + done;
    ssize_t got = splice(file, &at, pipe_ends[1], NULL, length - done, 0);
    if (got <= 0) cannot("splice");
    if (one_in(2)) posix_fadvise(file, at - got, got, POSIX_FADV_DONTNEED);
    drain(got, offset + done, "splice");
    done += got;
  }
}

void do_sendfile(void) {
  size_t length, offset = some_range(m->size, &length);
  if (!length) return;
  remember(m, doing, offset, length, 0);
  if (lseek(scratch, 0, SEEK_SET) != 0) cannot("lseek");
  off_t at = offset;
  for (size_t done = 0; done < length;) {
    ssize_t got = sendfile(scratch, file, &at, length - done);
    if (got <= 0) cannot("sendfile");
    done += got;
  }
  expect(pread(scratch, buffer, length, 0), length, "read of the scratch file");
  check("sendfile", offset, m->bytes + offset, buffer, length);
}
