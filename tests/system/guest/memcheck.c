/* memcheck: does anonymous memory keep what was written to it?
 *
 * Runs in the guest. Usage: memcheck MEGABYTES [ROUNDS [THREADS [LABEL]]]
 * Writes a pattern that depends on page number, position and round to every page, then reads it all
 * back, ROUNDS times (default 2). Each thread has its own share of the pages.
 * LABEL: after the last round, with all memory still in use, the program `mark` is run with it.
 * Exit status: 0 all pages right, 1 a page was wrong or not checked, 2 wrong usage or no memory.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096, WORDS = PAGE / sizeof(uint64_t) };

struct Share {
  uint64_t (*pages)[WORDS];
  size_t first, end;
  unsigned rounds;
  size_t right, wrong;
};

static uint64_t pattern(size_t page, unsigned round) {
  uint64_t x = page * 0x9e3779b97f4a7c15u + round * 0xc2b2ae3d27d4eb4fu + 1;
  x ^= x >> 29;
  return x * 0xbf58476d1ce4e5b9u;
}

static void* check_share(void* argument) {
  struct Share* share = argument;
  for (unsigned round = 0; round < share->rounds; round++) {
    for (size_t page = share->first; page < share->end; page++) {
      uint64_t value = pattern(page, round);
      for (size_t i = 0; i < WORDS; i++) share->pages[page][i] = value + i;
    }
    for (size_t page = share->first; page < share->end; page++) {
      uint64_t value = pattern(page, round), differ = 0;
      for (size_t i = 0; i < WORDS; i++) differ |= share->pages[page][i] ^ (value + i);
      if (!differ)
        share->right++;
      else if (share->wrong++ < 5)
        printf("memcheck: page %zu is wrong in round %u\n", page, round);
    }
  }
  return NULL;
}

int main(int argc, char** argv) {
  size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
  unsigned rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 2;
  size_t threads = argc > 3 ? strtoul(argv[3], NULL, 0) : 1;
  if (!megabytes || !rounds || !threads || threads > 64) {
    fprintf(stderr, "usage: memcheck MEGABYTES [ROUNDS [THREADS [LABEL]]]\n");
    return 2;
  }
  size_t pages = (megabytes << 20) / PAGE;
  void* memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    perror("memcheck: mmap");
    return 2;
  }

  struct Share shares[64];
  pthread_t ids[64];
  size_t right = 0, wrong = 0;
  for (size_t t = 0; t < threads; t++) {
    shares[t] = (struct Share){memory, pages * t / threads, pages * (t + 1) / threads, rounds, 0, 0};
    if (pthread_create(&ids[t], NULL, check_share, &shares[t])) {
      perror("memcheck: pthread_create");
      return 2;
    }
  }
  for (size_t t = 0; t < threads; t++) {
    pthread_join(ids[t], NULL);
    right += shares[t].right;
    wrong += shares[t].wrong;
  }
  if (argc > 4) {
    char command[256];
    snprintf(command, sizeof(command), "mark %s", argv[4]);
    if (system(command)) perror("memcheck: mark");
  }
  /* A thread that the kernel killed has checked less than its share. */
  int complete = right + wrong == pages * rounds;
  printf("memcheck: %zu pages, %u rounds, %zu threads, %zu wrong%s\n", pages, rounds, threads, wrong,
         complete ? "" : ", not complete");
  return wrong || !complete ? 1 : 0;
}
