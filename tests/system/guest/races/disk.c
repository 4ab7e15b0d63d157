// Workloads with buffers that reclaim takes off a page: one in the page cache of a disk that has a file
// system mounted, for which Linux has to allow that the disk is written to meanwhile
// (bdev_allow_write_mounted=1), and one that a device reads into, for which the third disk has to be a slow
// one.
#define _GNU_SOURCE
#include <endian.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <unistd.h>

#include "races.h"
#include "workloads.h"

// The flags of a page of this process, as root sees them in /proc (KPF_DIRTY, KPF_ACTIVE).
enum { flag_dirty = 1 << 4, flag_active = 1 << 6 };

static uint64_t word_of(const char* name, uint64_t number) {
  uint64_t word;
  int fd = open(name, O_RDONLY);
  if (fd < 0 || pread(fd, &word, sizeof word, (off_t)(number * sizeof word)) != sizeof word) failed(name);
  close(fd);
  return word;
}

static uint64_t flags_of(const void* page) {
  const uint64_t entry = word_of("/proc/self/pagemap", (uintptr_t)page / page_size);
  return word_of("/proc/kpageflags", entry & ((1ull << 55) - 1));
}

static void set_up(const char* name, const char* value) {
  int fd = open(name, O_WRONLY);
  if (fd < 0 || write(fd, value, strlen(value)) < 0) failed(name);
  close(fd);
}

// Pages of the second disk; those that are read more than once are active.
static void read_disk(int disk, unsigned first, unsigned pages) {
  static char buffer[page_size];
  for (unsigned i = first; i < first + pages; i++)
    if (pread(disk, buffer, page_size, i * page_size) != page_size) failed("read");
}

// Uses memory up until reclaim has taken the page off the list of active pages. It stops there: reclaim wants
// little at a time, and other pages are to be freed first.
static void until_inactive(const void* page) {
  enum { active = 160, inactive = 80, most_of_cpu = 2000 };
  struct sysinfo now;
  int disk = open("/dev/dasdb", O_RDONLY);
  if (disk < 0 || posix_fadvise(disk, 0, 0, POSIX_FADV_RANDOM) != 0) failed("/dev/dasdb");
  set_up("/proc/sys/vm/min_free_kbytes", "128");
  for (unsigned i = 0; i < 3; i++) read_disk(disk, 0, active);
  read_disk(disk, active, inactive);
  empty_lists_of_cpu();
  if (sysinfo(&now) != 0) failed("sysinfo");
  // What the CPU keeps for itself is free as well, and does not count.
  size_t used = now.freeram / page_size;
  const size_t pages = used + most_of_cpu;
  char* memory = some_memory(pages);
  if (madvise(memory, used * page_size, MADV_POPULATE_WRITE) != 0) failed("MADV_POPULATE_WRITE");
  open_window();
  for (; flags_of(page) & flag_active; used++) {
    if (used == pages) failed("no memory was reclaimed");
    memory[used * page_size] = 1;
    usleep(100);
  }
}

// The block of a disk with the first inodes of its file system, from the first descriptor of a group.
static off_t inode_block(int disk) {
  uint32_t table;
  if (pread(disk, &table, sizeof table, page_size + 8) != sizeof table) failed("group descriptor");
  return (off_t)le32toh(table) * page_size;
}

// The last inode of the block is free: what a process stores there through a mapping of the disk is nobody's
// but its own. The file system, which has no journal, writes and cleans the block's buffer for fsync() of a
// file; the folio stays dirty, and so does the pte, by which the process stores again. Then reclaim comes by.
void r39(void) {
  enum { inode_size = 256 };
  int fd = open_data(), disk = open("/dev/dasda", O_RDWR);
  if (disk < 0) failed("/dev/dasda");
  char* page = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, disk, inode_block(disk));
  if (page == MAP_FAILED) failed("mmap");
  volatile uint64_t* word = (volatile uint64_t*)(page + page_size - inode_size);
  *word = 1;
  if (fchmod(fd, 0600) != 0 || fsync(fd) != 0) failed("fsync");
  *word = 2;
  // Among other things a list of the CPU's, which has references to buffers.
  set_up("/proc/sys/vm/drop_caches", "1");
  if (~flags_of(page) & (flag_dirty | flag_active)) failed("the page is not dirty, or not active");
  until_inactive(page);
  host_may_discard(page);
  if (*word != 2) lost("what was written to a disk");
}

// The page comes last, behind so much else that it takes seconds.
static void* read_slow_disk(void* page) {
  enum { pages_before = 2048 };
  const struct iovec to[] = {{some_memory(pages_before), pages_before * page_size}, {page, page_size}};
  int disk = open("/dev/dasdc", O_RDONLY | O_DIRECT);
  if (disk < 0 || preadv(disk, to, 2, 0) != (pages_before + 1) * page_size) failed("/dev/dasdc");
  return NULL;
}

// A device reads zeros into a page of a mapped file, and takes long. Meanwhile the file system writes the
// page, which is clean then, and reclaim comes by. At its end the read makes the page dirty: the file system
// writes it once more, if it still has its buffers.
void r44(void) {
  static char buffer[page_size] __attribute__((aligned(page_size)));
  static const char zeros[page_size];
  int fd = open_data(), past_cache = open("/mnt/data", O_RDONLY | O_DIRECT);
  pthread_t reader;
  char* page = map_data(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
  if (past_cache < 0) failed("/mnt/data");
  if (pthread_create(&reader, NULL, read_slow_disk, page) != 0) failed("pthread_create");
  // Dirty first, then pinned.
  while (!(flags_of(page) & flag_dirty)) usleep(1000);
  usleep(1000);
  // Who is read more than once is active.
  for (unsigned i = 0; i < 3; i++)
    if (pread(fd, buffer, page_size, 0) != page_size) failed("read");
  empty_lists_of_cpu();
  if (fsync(fd) != 0) failed("fsync");
  if ((flags_of(page) & (flag_dirty | flag_active)) != flag_active)
    failed("the page is dirty, or not active");
  until_inactive(page);
  if (pthread_join(reader, NULL) != 0) failed("pthread_join");
  if (fsync(fd) != 0) failed("fsync");
  if (pread(past_cache, buffer, page_size, 0) != page_size) failed("read past the cache");
  if (memcmp(buffer, zeros, page_size) != 0) lost("what a disk has read into a mapped file");
}
