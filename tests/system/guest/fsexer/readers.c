/* Threads and processes that read a region of the file, in two ways, while it is changed (M2). */
#include "fsexer.h"

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

struct Reader {
  unsigned number;
  uint64_t state;
};

/* Compares with a mapping that may end meanwhile: 0 the same, 1 not the same, 2 a fault. */
static int compare_map(const uint8_t* map, const uint8_t* want, size_t length) {
  sigjmp_buf back;
  int result = 2;
  on_fault = &back;
  if (!sigsetjmp(back, 0)) result = memcmp(map, want, length) != 0;
  on_fault = NULL;
  return result;
}

/* A range of one region, in the way of this turn; wrong only if it stayed the same meanwhile (M2). */
static void* read_on(void* argument) {
  struct Reader* self = argument;
  uint8_t* to = NULL;
  int own = open(path, O_RDONLY);
  uint8_t* map = own < 0 ? MAP_FAILED : mmap(NULL, limit, PROT_READ, MAP_SHARED, own, 0);
  if (map == MAP_FAILED || posix_memalign((void**)&to, PAGE, REGION)) cannot("start of a reader");
  while (!m->stop) {
    uint64_t r = next_random(&self->state) >> 16;
    size_t size = m->size, region = (r >> 8) % (limit / REGION),
           offset = region * REGION + (r >> 20) % REGION;
    size_t length = 1 + (r >> 4) % (region * REGION + REGION - offset);
    if (offset + length > size) {
      if (offset >= size) continue;
      length = size - offset;
    }
    int by_map = r & 1;
    uint32_t before = m->sequence[region];
    if (before & 1) {
      sched_yield();
      continue;
    }
    atomic_thread_fence(memory_order_seq_cst);
    int differ = 0, too_short = 0;
    if (by_map) {
      differ = compare_map(map + offset, m->bytes + offset, length);
    } else {
      too_short = pread(own, to, length, offset) != (ssize_t)length;
      differ = too_short || memcmp(to, m->bytes + offset, length);
    }
    atomic_thread_fence(memory_order_seq_cst);
    m->reader_checks++;
    if ((r >> 40) % 64 == 0) madvise(map, limit, MADV_DONTNEED);
    if ((r >> 40) % 64 == 1) posix_fadvise(own, 0, 0, POSIX_FADV_DONTNEED);
    if ((r >> 40) % 256 == 2) mlock(map + offset / PAGE * PAGE, PAGE);
    if ((r >> 40) % 256 == 3) munlock(map, limit);
    if (!differ) continue;
    if (m->sequence[region] != before || m->size != size) {
      m->reader_retries++;
      continue;
    }
    if (m->stop) break;
    doing = self->number % 2 ? "reader (thread)" : "reader (process)";
    if (differ == 2 || too_short) {
      printf("fsexer: reader %u, %s of 0x%zx..0x%zx: %s\n", self->number, by_map ? "mapping" : "read", offset,
             offset + length, too_short ? "too short" : "a fault");
      errno = 0;
      cannot("reader");
    }
    differs(by_map ? "read of a reader's mapping" : "read by a reader", offset, m->bytes + offset,
            by_map ? map + offset : to, length);
  }
  munmap(map, limit);
  free(to);
  close(own);
  return NULL;
}

/* Every second one is a process: it has page tables of its own. */
static struct Reader selves[MOST];
static pthread_t threads[MOST];
static pid_t processes[MOST];

void start_readers(void) {
  for (unsigned i = 0; i < readers; i++) {
    selves[i] = (struct Reader){i, seed * 31 + i * 0x9e3779b9u + 1};
    if (i % 2) continue;
    fflush(stdout);
    processes[i] = fork();
    if (processes[i] < 0) cannot("fork of a reader");
    if (processes[i] == 0) {
      read_on(&selves[i]);
      exit(0);
    }
  }
  for (unsigned i = 1; i < readers; i += 2)
    if ((errno = pthread_create(&threads[i], NULL, read_on, &selves[i]))) cannot("thread of a reader");
}

int join_readers(void) {
  int good = 1;
  for (unsigned i = 0; i < readers; i++) {
    int status = 0;
    if (i % 2)
      pthread_join(threads[i], NULL);
    else if (waitpid(processes[i], &status, 0) < 0 || status)
      good = 0;
  }
  return good;
}
