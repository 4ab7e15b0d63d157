/* The model's data, its history, and where wrong bytes come from. */
#include "model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void* shared_memory(size_t bytes) {
  void* at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    perror("fsexer: memory for the model");
    exit(2);
  }
  return at;
}

struct Model* model_new(size_t limit, uint64_t seed) {
  struct Model* m = shared_memory(sizeof(*m));
  m->limit = limit;
  m->bytes = shared_memory(limit);
  m->sequence = shared_memory(limit / REGION * sizeof(*m->sequence));
  m->salt = seed;
  for (size_t i = 0; i < POOL; i += 8) {
    uint64_t value =
        next_random(&seed) | 0x0101010101010101u; /* no zero byte: a zero is always told from data */
    memcpy(m->pool + i, &value, 8);
  }
  memcpy(m->pool + POOL, m->pool, POOL);
  return m;
}

/* The data that operation `number` writes: depends on the operation and the place, so that stale, misplaced
 * and lost data all look different. */
void make_data(const struct Model* m, uint64_t number, size_t offset, size_t length, uint8_t* to) {
  while (length) {
    size_t from = (offset + number * 4099 * 8) % POOL, part = length < POOL ? length : POOL;
    memcpy(to, m->pool + from, part);
    to += part, offset += part, length -= part;
  }
}

void remember(struct Model* m, const char* name, size_t offset, size_t length, long detail) {
  uint64_t number = m->operations;
  m->history[number % HISTORY] = (struct Past){name, number, offset, length, m->size, detail};
}

static void print_past(const struct Past* p, size_t page) {
  int touches = p->offset < (page + 1) * PAGE && p->offset + p->length > page * PAGE;
  printf("fsexer: %c %8llu %-16s 0x%zx..0x%zx (%zu bytes) detail %ld, size then 0x%zx\n", touches ? '*' : ' ',
         (unsigned long long)p->number, p->name, p->offset, p->offset + p->length, p->length, p->detail,
         p->size_after);
}

/* The last operations, and before them those that touched this page. */
void print_history(const struct Model* m, size_t page) {
  enum { RECENT = 25, TOUCHING = 25 };
  uint64_t now = m->operations, oldest = now >= HISTORY ? now - HISTORY + 1 : 0, chosen[TOUCHING];
  int count = 0;
  for (uint64_t n = now + 1; n-- > oldest && count < TOUCHING;) {
    const struct Past* p = &m->history[n % HISTORY];
    if (n + RECENT <= now && p->name && p->offset < (page + 1) * PAGE && p->offset + p->length > page * PAGE)
      chosen[count++] = n;
  }
  printf("fsexer: operations on page 0x%zx (*) and the last %d:\n", page, RECENT);
  while (count) print_past(&m->history[chosen[--count] % HISTORY], page);
  for (uint64_t n = now >= RECENT ? now - RECENT + 1 : 0; n <= now; n++)
    if (m->history[n % HISTORY].name) print_past(&m->history[n % HISTORY], page);
}

void print_bytes(const char* what, const uint8_t* bytes, size_t length) {
  printf("fsexer:   %-10s", what);
  for (size_t i = 0; i < length && i < 16; i++) printf(" %02x", bytes[i]);
  printf("\n");
}

/* Where bytes come from that should not be there. */
void print_origin(const struct Model* m, size_t offset, const uint8_t* got, size_t length) {
  size_t zeros = 0;
  while (zeros < length && !got[zeros]) zeros++;
  if (zeros >= 8 || zeros == length) {
    printf("fsexer:   found %zu zeros\n", zeros);
    return;
  }
  size_t n = length < 8 ? length : 8;
  uint64_t now = m->operations;
  for (uint64_t k = now + 1; k-- > 0 && k + HISTORY > now;) {
    uint8_t data[8];
    make_data(m, k, offset, n, data);
    if (!memcmp(data, got, n)) {
      printf("fsexer:   found what operation %llu wrote here (%s)\n", (unsigned long long)k,
             m->history[k % HISTORY].number == k ? m->history[k % HISTORY].name : "forgotten");
      return;
    }
  }
  for (size_t at = 0; at + n <= POOL; at++)
    if (!memcmp(m->pool + at, got, n)) {
      printf("fsexer:   found data of this file, but of another place or an older operation\n");
      return;
    }
  printf("fsexer:   found bytes that never were in this file\n");
}
