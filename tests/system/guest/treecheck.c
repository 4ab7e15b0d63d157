/* treecheck: are the files of a tree what they should be?
 *
 * Runs on the machine that makes a disk image and in the guest that reads it.
 *   treecheck make  ROOT > MANIFEST   a line "SUM SIZE PATH" for each regular file below ROOT
 *   treecheck check ROOT < MANIFEST   read every file and compare
 *   treecheck map ROOT < MANIFEST     the same through a mapping of each file, where a guest takes faults
 * The sum is 64 bits and made for speed in an emulated CPU, not against an adversary: any lost, stale
 * or misplaced 4 KB block changes it, because each word is mixed with its position.
 * Exit status: 0 all right, 1 a file differs, 2 wrong usage or a file cannot be read.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t buffer[1 << 14];

static const uint64_t first_state = 0x243f6a8885a308d3u;

/* The bytes of the last word that are beyond the end must be zero. */
static uint64_t add(uint64_t state, const uint64_t* words, size_t bytes) {
  for (size_t i = 0; i < (bytes + 7) / 8; i++) {
    state = (state ^ le64toh(words[i])) * 0x9fb21c651e98df25u;
    state ^= state >> 32;
  }
  return state;
}

static int sum_by_read(int fd, uint64_t* sum, uint64_t* size) {
  uint64_t state = first_state;
  size_t have;
  *size = 0;
  do {
    ssize_t got = 0;
    have = 0;
    while (have < sizeof(buffer) && (got = read(fd, (char*)buffer + have, sizeof(buffer) - have)) > 0)
      have += got;
    if (got < 0) return -1;
    memset((char*)buffer + have, 0, -have & 7);
    state = add(state, buffer, have);
    *size += have;
  } while (have == sizeof(buffer));
  *sum = state ^ *size;
  return 0;
}

static int sum_by_mapping(int fd, uint64_t* sum, uint64_t* size) {
  struct stat st;
  if (fstat(fd, &st)) return -1;
  uint64_t state = first_state;
  *size = st.st_size;
  if (*size > 0) {
    void* at = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return -1;
    state = add(state, at, *size);
    munmap(at, *size);
  }
  *sum = state ^ *size;
  return 0;
}

static int (*sum_open_file)(int fd, uint64_t* sum, uint64_t* size) = sum_by_read;

static int sum_file(const char* path, uint64_t* sum, uint64_t* size) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  int status = sum_open_file(fd, sum, size);
  close(fd);
  return status;
}

static size_t root_length;

static int print_file(const char* path, const struct stat* st, int type, struct FTW* ftw) {
  (void)ftw;
  if (type != FTW_F || !S_ISREG(st->st_mode)) return 0;
  uint64_t sum, size;
  if (sum_file(path, &sum, &size)) {
    perror(path);
    return 2;
  }
  printf("%016" PRIx64 " %" PRIu64 " %s\n", sum, size, path + root_length + 1);
  return 0;
}

static int check_files(const char* root) {
  char name[4096], path[8192];
  uint64_t want, want_size, sum, size, bytes = 0;
  size_t files = 0, wrong = 0;
  while (scanf("%" SCNx64 " %" SCNu64 " %4095[^\n]", &want, &want_size, name) == 3) {
    snprintf(path, sizeof(path), "%s/%s", root, name);
    if (sum_file(path, &sum, &size)) {
      perror(path);
      return 2;
    }
    files++;
    bytes += size;
    if ((sum != want || size != want_size) && wrong++ < 5) printf("treecheck: %s differs\n", name);
  }
  printf("treecheck: %zu files, %" PRIu64 " bytes, %zu wrong\n", files, bytes, wrong);
  return files == 0 ? 2 : wrong ? 1 : 0;
}

int main(int argc, char** argv) {
  if (argc == 3 && !strcmp(argv[1], "make")) {
    root_length = strlen(argv[2]);
    return nftw(argv[2], print_file, 32, FTW_PHYS);
  }
  if (argc == 3 && !strcmp(argv[1], "check")) return check_files(argv[2]);
  if (argc == 3 && !strcmp(argv[1], "map")) {
    sum_open_file = sum_by_mapping;
    return check_files(argv[2]);
  }
  fprintf(stderr, "usage: treecheck make ROOT > MANIFEST | treecheck check|map ROOT < MANIFEST\n");
  return 2;
}
