/* Operations that change nothing of the file: advice, locks, writing back, the knobs of the kernel. */
#include "fsexer.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

void do_fadvise(void) {
  static const int kinds[] = {POSIX_FADV_DONTNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_WILLNEED,
                              POSIX_FADV_RANDOM,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_NORMAL};
  size_t length, offset = some_range(limit, &length);
  int kind = kinds[below(6)];
  if (one_in(4)) offset = length = 0; /* all of it */
  remember(m, doing, offset, length, kind);
  if ((errno = posix_fadvise(file, offset, length, kind))) cannot("posix_fadvise");
}

void do_readahead(void) {
  size_t length, offset = some_range(m->size, &length);
  remember(m, doing, offset, length, 0);
  if (length && readahead(file, offset, length)) cannot("readahead");
}

void do_madvise(void) {
  static const int kinds[] = {MADV_DONTNEED, MADV_DONTNEED,      MADV_WILLNEED, MADV_COLD,       MADV_PAGEOUT,
                              MADV_PAGEOUT,  MADV_POPULATE_READ, MADV_RANDOM,   MADV_SEQUENTIAL, MADV_NORMAL};
  int w = some_window(), kind = kinds[below(10)];
  size_t length, offset = some_range(m->size, &length) & ~(size_t)(PAGE - 1);
  if (!length) return;
  length = whole_pages(length);
  if (offset + length > whole_pages(m->size)) length = whole_pages(m->size) - offset;
  remember(m, doing, offset, length, w * 100 + kind);
  if (madvise(windows[w] + offset, length, kind)) {
    /* EINVAL: not on locked memory, or not known to this kernel. */
    if (errno != EINVAL) cannot("madvise");
    if (w == PRIVATE && kind == MADV_DONTNEED) {
      /* How far it came is not known. */
      if (munmap(windows[w], limit)) cannot("munmap");
      map_window(w);
    }
    return;
  }
  if (w == PRIVATE && kind == MADV_DONTNEED) memset(is_copied + offset / PAGE, 0, length / PAGE);
}

void do_mlock(void) {
  int w = some_window();
  size_t length, offset = some_range(m->size, &length) & ~(size_t)(PAGE - 1);
  if (!length) return;
  length = whole_pages(length);
  if (offset + length > whole_pages(m->size)) length = whole_pages(m->size) - offset;
  remember(m, doing, offset, length, w);
  if (mlock(windows[w] + offset, length)) {
    if (errno != ENOMEM && errno != EPERM && errno != EAGAIN) cannot("mlock");
    /* The limit of locked memory; how far it came is not known. */
    if (munmap(windows[w], limit)) cannot("munmap");
    map_window(w);
    return;
  }
  /* Locking private memory that may be written to takes the copies at once. */
  if (w == PRIVATE) copy_on_write(offset, length);
  unsigned char* there = expected;
  if (mincore(windows[w] + offset, length, there)) cannot("mincore");
  for (size_t page = 0; page < length / PAGE; page++)
    if (!(there[page] & 1)) {
      printf("fsexer: page 0x%zx of window %d is locked but not there\n", offset / PAGE + page, w);
      errno = 0;
      cannot("mlock");
    }
  check_window(w, "read of locked memory", offset, m->size - offset < length ? m->size - offset : length);
}

void do_munlock(void) {
  int w = some_window();
  size_t length, offset = some_range(limit, &length) & ~(size_t)(PAGE - 1);
  remember(m, doing, offset, length, w);
  if (one_in(4)) {
    if (munlockall()) cannot("munlockall");
  } else if (munlock(windows[w] + offset, whole_pages(length))) {
    cannot("munlock");
  }
}

void do_msync(void) {
  static const int kinds[] = {MS_SYNC, MS_ASYNC, MS_SYNC | MS_INVALIDATE};
  int w = some_window(), kind = kinds[below(3)];
  size_t length, offset = some_range(limit, &length) & ~(size_t)(PAGE - 1);
  remember(m, doing, offset, length, kind);
  if (msync(windows[w] + offset, length, kind) && errno != EBUSY) cannot("msync");
}

void do_mincore(void) {
  remember(m, doing, 0, 0, 0);
  if (mincore(windows[some_window()], limit, expected)) cannot("mincore");
}

void do_sync(void) {
  size_t length, offset = some_range(limit, &length), way = below(4);
  remember(m, doing, offset, length, way);
  int bad = 0;
  switch (way) {
    case 0:
      bad = fsync(file);
      break;
    case 1:
      bad = fdatasync(file);
      break;
    case 2:
      bad = sync_file_range(file, offset, length, SYNC_FILE_RANGE_WRITE);
      break;
    case 3:
      bad = sync_file_range(file, offset, length,
                            SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
      break;
  }
  if (bad) cannot("sync");
}

void do_knobs(void) {
  static const char* const knobs[] = {"/proc/sys/vm/drop_caches", "/proc/sys/vm/drop_caches",
                                      "/proc/sys/vm/compact_memory"};
  static const char* const values[] = {"1", "3", "1"};
  if (!use_knobs) return;
  int which = below(3);
  remember(m, doing, 0, 0, which);
  int knob = open(knobs[which], O_WRONLY);
  if (knob < 0) return;
  if (write(knob, values[which], 1) != 1) cannot(knobs[which]);
  close(knob);
}
