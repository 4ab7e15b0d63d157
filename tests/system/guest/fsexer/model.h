/* What a file should hold, and how it came to that.
 *
 * One process (the writer) changes the file and the model; any number of readers look at both at the same
 * time. M1: every change of bytes [a, b) happens between change_begin and change_end of a range that holds
 * [a, b). M2: a reader believes a difference only if the sequence number of the region was even before and is
 * the same after. M3: model bytes at and above `size` are zero.
 */
#pragma once
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum {
  PAGE = 4096,
  REGION = 16 * PAGE, /* one sequence number */
  POOL = 65536,       /* random bytes that all contents are made of */
  HISTORY = 8192      /* operations remembered */
};

struct Past {
  const char* name;
  uint64_t number;
  size_t offset, length, size_after;
  long detail;
};

struct Model {
  size_t limit; /* the file never grows beyond: a multiple of REGION */
  _Atomic size_t size;
  _Atomic uint64_t operations;
  _Atomic int stop, failed;
  _Atomic uint64_t reader_checks, reader_retries;
  uint64_t salt;
  struct Past history[HISTORY];
  uint8_t pool[2 * POOL];
  _Atomic uint32_t* sequence;
  uint8_t* bytes;
};

void* shared_memory(size_t bytes); /* zeros, shared by the children; ends the program if there is none */
struct Model* model_new(size_t limit, uint64_t seed);
void make_data(const struct Model* m, uint64_t number, size_t offset, size_t length, uint8_t* to);
void remember(struct Model* m, const char* name, size_t offset, size_t length, long detail);
void print_history(const struct Model* m, size_t page);
void print_bytes(const char* what, const uint8_t* bytes, size_t length);
void print_origin(const struct Model* m, size_t offset, const uint8_t* got, size_t length);

static inline uint64_t next_random(uint64_t* state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545f4914f6cdd1du;
}

static inline void change_step(struct Model* m, size_t offset, size_t length) {
  if (!length) return;
  atomic_thread_fence(memory_order_seq_cst);
  for (size_t r = offset / REGION; r <= (offset + length - 1) / REGION && r < m->limit / REGION; r++)
    m->sequence[r]++;
  atomic_thread_fence(memory_order_seq_cst);
}
static inline void change_begin(struct Model* m, size_t offset, size_t length) {
  change_step(m, offset, length);
}
static inline void change_end(struct Model* m, size_t offset, size_t length) {
  change_step(m, offset, length);
}
