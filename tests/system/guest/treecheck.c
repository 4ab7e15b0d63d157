/* treecheck: are the files of a tree what they should be?
 *
 * Runs on the machine that makes a disk image and in the guest that reads it.
 *   treecheck make  ROOT > MANIFEST   a line "SUM SIZE PATH" for each regular file below ROOT
 *   treecheck check ROOT < MANIFEST   read every file and compare
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
#include <sys/stat.h>
#include <unistd.h>

static uint64_t buffer[1 << 14];

static int sum_file(const char *path, uint64_t *sum, uint64_t *size) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  uint64_t state = 0x243f6a8885a308d3u;
  *size = 0;
  for (;;) {
    size_t have = 0;
    ssize_t got;
    while (have < sizeof(buffer) && (got = read(fd, (char *)buffer + have, sizeof(buffer) - have)) > 0) have += got;
    if (have < sizeof(buffer) && got < 0) {
      close(fd);
      return -1;
    }
    memset((char *)buffer + have, 0, -have & 7);
    for (size_t i = 0; i < (have + 7) / 8; i++) {
      state = (state ^ le64toh(buffer[i])) * 0x9fb21c651e98df25u;
      state ^= state >> 32;
    }
    *size += have;
    if (have < sizeof(buffer)) break;
  }
  close(fd);
  *sum = state ^ *size;
  return 0;
}

static size_t root_length;

static int print_file(const char *path, const struct stat *st, int type, struct FTW *ftw) {
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

static int check_files(const char *root) {
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

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "make")) {
    root_length = strlen(argv[2]);
    return nftw(argv[2], print_file, 32, FTW_PHYS);
  }
  if (argc == 3 && !strcmp(argv[1], "check")) return check_files(argv[2]);
  fprintf(stderr, "usage: treecheck make ROOT > MANIFEST | treecheck check ROOT < MANIFEST\n");
  return 2;
}
