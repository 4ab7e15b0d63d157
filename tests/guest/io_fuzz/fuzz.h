/* What the parts of the I/O fuzzer share: random values, addresses, and calls of instructions that may be
 * interrupted. See main.c.
 *
 * Invariants
 *   F1  Whatever stores into main storage without a key check gets an address in the arena, at the end of
 *       storage, or outside storage. Channel programs may name any address: their key is never 0, and only
 *       the arena has other keys than 0.
 *   F2  An address outside storage stays outside the program when it is cut to 31 or 24 bits.
 *   F3  CPU 0 fuzzes; the others only change states, keys and bytes of the arena (churn).
 *   F4  A parameter list of a DIAGNOSE lies in LISTS, where the other CPUs store nothing. */
#ifndef GUEST_IO_FUZZ_FUZZ_H
#define GUEST_IO_FUZZ_FUZZ_H

#include "lib/cpu.h"
#include "lib/types.h"

#define ARENA (20 * MEGABYTE)
#define ARENA_BLOCKS 64
#define LISTS (ARENA + 48 * BLOCK_SIZE) /* the last blocks of the arena */
#define EDGE_BLOCKS 4                   /* at the end of storage; part of the arena */
#define SLOP_BLOCKS 8                   /* after the arena: an operand may run into them */

#define ARENA_KEY 0x80u

/* Random numbers: each iteration has its own sequence, so that one can be repeated. */
void random_seed(u64 seed);
u64 random64(void);
static inline u32 below(u32 n) { return (u32)(random64() >> 33) % n; }
static inline bool one_in(u32 n) { return below(n) == 0; }
#define PICK(array) ((array)[below(ARRAY_SIZE(array))])

u64 storage_size(void);

/* An address as F1 allows it. */
u64 any_address(void);
u64 arena_address(void);
u64 arena_block(void);
u64 outside_address(void);

/* Copy into main storage whatever state the blocks are in: they become stable. False if another CPU changed
 * one of them meanwhile. */
bool poke(u64 to, const void* from, size_t n);

/* Change `times` random bytes. */
void mutate(void* bytes, size_t n, unsigned times);

/* A random change of the state, key or content of a block in the arena. */
void churn(void);

/* Run one instruction with these registers; then EVENT_SVC and `*state` has the condition code. */
struct event run_instruction(u32 code, unsigned length, struct cpu_state* state);
static inline struct event run4(u32 code, struct cpu_state* state) { return run_instruction(code, 4, state); }

/* Take the external interruptions that are pending; returns how many. */
unsigned drain_external(void);

/* For the other CPUs: the double word that is worth changing, and with what. */
void set_target(u64 address, u64 value1, u64 value2);

/* A program interruption that the instruction may give; anything else is a failure of the machine. */
void check_event(const struct event* e, const char* what);

/* One iteration each. */
void fuzz_service(void);
void fuzz_channel(void);
void fuzz_diagnose(void);

void channel_find(void);

/* How much of what was issued was accepted: a fuzzer that is always refused tests nothing. */
struct tally {
  u64 issued;
  u64 accepted;
};
extern struct tally service_tally, channel_tally, diagnose_tally;

#endif
