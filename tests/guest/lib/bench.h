/* The restart bench: runs one instruction on blocks of which one has been taken away, and checks that an
 * interruption leaves everything as it was and that the instruction ends right when it is run again.
 *
 * Each case runs first with all blocks present. That run is the expectation for all others:
 *
 *   B1  A discarded block that the instruction uses gives program interruption 001A with the absolute
 *       address of that block, and the old PSW at the instruction (A7, A8).
 *   B2  After it no register and no byte of storage has changed, except that an interruptible instruction
 *       may have done a part, which its registers tell.
 *   B3  When the block is stable again with its old content, going on from the old PSW gives the same
 *       registers, condition code and storage as the first run.
 *   B4  A discarded block that the instruction does not use makes no difference.
 *   B5  A preserved block makes no difference at all.
 *
 * On a machine without ESSA the same is done with invalid pages (program interruption 0011): that shows
 * that the bench itself and the emulator's instructions are right.
 *
 * Storage is four pairs of adjacent blocks: K for the instruction, T for a third operand or a target, A for
 * the first operand, B for the second. GR values are written as A(offset) and so on; the offsets 0x1000 to
 * 0x1fff are the second block of the pair. */
#ifndef GUEST_LIB_BENCH_H
#define GUEST_LIB_BENCH_H

#include "types.h"

enum { PAIR_K, PAIR_T, PAIR_A, PAIR_B, PAIRS };
enum { K0, K1, T0, T1, A0, A1, B0, B1, BLOCKS };

#define PAIR_STEP 0x4000ul
#define CODE_OFFSET 0x100ul /* where in K the instruction is put */

/* Tagged operands, made addresses when a mode is known. ABSOLUTE(...) gives the absolute address. */
#define TAG_MASK 0xffff000000000000ul
#define TAG_VIRTUAL 0xa5a5000000000000ul
#define TAG_ABSOLUTE 0xa5a6000000000000ul
#define OPERAND(pair, offset) (TAG_VIRTUAL | ((u64)(pair) << 32) | (offset))
#define K(offset) OPERAND(PAIR_K, offset)
#define T(offset) OPERAND(PAIR_T, offset)
#define A(offset) OPERAND(PAIR_A, offset)
#define B(offset) OPERAND(PAIR_B, offset)
#define ABSOLUTE(operand) ((operand) - TAG_VIRTUAL + TAG_ABSOLUTE)

#define USES(block) (1u << (block))
#define USES_A (USES(A0) | USES(A1))
#define USES_B (USES(B0) | USES(B1))

/* Flags of a case. */
#define INTERRUPTIBLE 0x01u /* may have done a part */
#define NEEDS_DAT 0x02u     /* not in the mode without DAT */
#define NO_AR 0x04u         /* not in access-register mode */
#define BRANCHES 0x08u      /* transfers control to T(0x200): the old PSW may be there */

struct init {
  u64 where;         /* tagged; 0 ends the list */
  const char* bytes; /* NULL: `fill` repeated */
  unsigned length;
  u8 fill;
};

struct insn_case {
  const char* name;
  const u8* code;
  const u8* code_end;
  unsigned flags;
  unsigned uses; /* blocks of A, B and T that it needs; K0 is always needed */
  u64 gr[16];
  struct init init[4];
};

/* CODE(name, "text") defines instruction text; CASE_CODE(name) are the fields that name it. */
#define CODE(name, text)                                                                                   \
  __asm__(".pushsection .rodata\n.globl code_" #name "\n.globl code_" #name "_end\n.balign 2\ncode_" #name \
          ":\n\t" text "\ncode_" #name "_end:\n.popsection\n");                                            \
  extern const u8 code_##name[];                                                                           \
  extern const u8 code_##name##_end[]
#define CASE_CODE(name) .code = code_##name, .code_end = code_##name##_end

enum bench_mode {
  MODE_REAL,   /* DAT off */
  MODE_PAGES,  /* 4 KB pages, scattered */
  MODE_FRAME,  /* inside a 1 MB frame */
  MODE_ACCESS, /* access-register mode, B in the secondary space */
  MODES,
};

extern const char* const bench_mode_name[MODES];

/* Build the address spaces; report what is missing. False: there is no host to take blocks away. */
bool bench_open(void);

/* The mode is possible on this machine. Loads the control registers for it. */
bool bench_enter(enum bench_mode mode);

u64 bench_virtual(unsigned block);
u64 bench_absolute(unsigned block);

/* All cases in all modes. */
void bench_run(const struct insn_case* cases, size_t count);

/* One case in the mode that was entered; `offset` is where in K the instruction is put. */
void bench_case(const struct insn_case* c, u64 offset);

#endif
