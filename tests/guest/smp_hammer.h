/* What the parts of smp_hammer share. Used by smp_hammer.c, which runs the parts, and smp_hammer_model.c. */
#ifndef SMP_HAMMER_H
#define SMP_HAMMER_H

#include "lib/layout.h"
#include "lib/types.h"

#define ARENA (20 * MEGABYTE)
#define BLOCKS 6
#define KEY_CHANGED 0x02

/* Where in a block the model's word, the rescue's word and the counters are. */
#define LAST_WORD (BLOCK_SIZE - 8)

/* In microseconds of the clock; the part that runs ends then. */
extern u64 deadline;

enum failure {
  BAD_STATE,     /* a state that must not be seen, or not after what was done */
  WRONG_CONTENT, /* content lost, stale or zero */
  WRONG_FAULT,   /* a fault where none may be, or with a wrong address or PSW */
  MISSING_FAULT, /* no fault where one must be */
  FAILURES
};

/* The first thing that did not hold is kept, for each kind of failure. */
void fail(enum failure kind, u64 a, u64 b, u64 c);

static inline u64 block_address(unsigned i) { return ARENA + i * BLOCK_SIZE; }

/* By CPU. */
u32 random_below(u32 n);

/* For an access: mostly through DAT, where a CPU that kept a translation of a discarded block would be found out. */
u64 mode(void);

/* Before the part, by CPU 0 alone; the part, by all CPUs. */
void model_prepare(void);
void model_part(void);

#endif
