/* All operations, in random order, each as often as its weight says; and the whole file in the end. */
#include "fsexer.h"

#include <time.h>

static struct {
  const char* name;
  void (*run)(void);
  unsigned weight;
  int changes;
  uint64_t done;
} operations[] = {
    {"read", do_read, 12, 0, 0},
    {"read-nowait", do_read_nowait, 2, 0, 0},
    {"read-direct", do_read_direct, 3, 0, 0},
    {"read-direct-map", do_read_direct_mapped, 2, 0, 0},
    {"read-map", do_read_map, 16, 0, 0},
    {"kernel-reads-map", do_kernel_reads_map, 8, 0, 0},
    {"splice", do_splice, 4, 0, 0},
    {"sendfile", do_sendfile, 3, 0, 0},
    {"fadvise", do_fadvise, 5, 0, 0},
    {"readahead", do_readahead, 2, 0, 0},
    {"madvise", do_madvise, 6, 0, 0},
    {"mlock", do_mlock, 3, 0, 0},
    {"munlock", do_munlock, 3, 0, 0},
    {"msync", do_msync, 3, 0, 0},
    {"mincore", do_mincore, 1, 0, 0},
    {"mremap", do_mremap, 2, 0, 0},
    {"map-again", do_map_again, 2, 0, 0},
    {"open-again", do_open_again, 1, 0, 0},
    {"private-write", do_private_write, 4, 0, 0},
    {"fork", do_fork, 1, 0, 0},
    {"knobs", do_knobs, 1, 0, 0},
    {"sync", do_sync, 4, 0, 0},
    {"write", do_write, 12, 1, 0},
    {"write-map", do_write_map, 12, 1, 0},
    {"write-direct", do_write_direct, 3, 1, 0},
    {"copy-within", do_copy_within, 4, 1, 0},
    {"splice-in", do_splice_in, 2, 1, 0},
    {"truncate", do_truncate, 3, 1, 0},
    {"fallocate", do_fallocate, 4, 1, 0},
};
enum { OPERATIONS = sizeof(operations) / sizeof(*operations) };

static void break_the_file(void) {
  size_t at = m->size / 2;
  uint8_t byte = 0; /* never in data */
  int other = open(path, O_RDWR);
  while (at < m->size && !m->bytes[at]) at++;
  if (other < 0 || at >= m->size || pwrite(other, &byte, 1, at) != 1) cannot("breaking the file");
  close(other);
}

static void check_all(const char* how) {
  doing = how;
  remember(m, how, 0, m->size, 0);
  for (size_t offset = 0, part; offset < m->size; offset += part) {
    part = m->size - offset < REGION ? m->size - offset : REGION;
    expect(pread(file, buffer, part, offset), part, "read of all");
    check(how, offset, m->bytes + offset, buffer, part);
    for (int w = 0; w < window_count(); w++) check_window(w, how, offset, part);
  }
}

void work(void) {
  unsigned total = 0;
  time_t until = seconds ? time(NULL) + seconds : 0;
  for (int i = 0; i < OPERATIONS; i++) total += operations[i].changes && is_static ? 0 : operations[i].weight;
  for (uint64_t n = 0; n < count && !m->stop; n++) {
    unsigned drawn = below(total);
    int i = 0;
    while (1) {
      unsigned weight = operations[i].changes && is_static ? 0 : operations[i].weight;
      if (drawn < weight) break;
      drawn -= weight;
      i++;
    }
    doing = operations[i].name;
    m->operations++;
    operations[i].done++;
    operations[i].run();
    if (n == break_at) break_the_file();
    if (n % 16 == 0 && until && time(NULL) >= until) break;
  }
  /* All of it, as it is in memory, and as it is on the disk. */
  m->operations++;
  check_all("check at the end");
  munlockall();
  if (fsync(file) && !is_static) cannot("fsync");
  for (int w = 0; w < window_count(); w++) munmap(windows[w], limit), map_window(w);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  m->operations++;
  check_all("check after dropping all pages");
}

void print_counts(void) {
  for (int i = 0; i < OPERATIONS; i++)
    printf("fsexer:   %-16s %llu\n", operations[i].name, (unsigned long long)operations[i].done);
}
