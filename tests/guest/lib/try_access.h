/* One load or store that may be interrupted. Works on every CPU. */
#ifndef GUEST_LIB_TRY_ACCESS_H
#define GUEST_LIB_TRY_ACCESS_H

#include "types.h"

struct access {
  u16 code;   /* 0, or the program interruption code */
  bool exact; /* of an interruption: old PSW at the instruction, address that of the block, registers kept */
  u64 value;  /* what a load has loaded */
};

/* PSW mask bits for the access besides those of 64-bit mode: PSW_DAT goes through the TLB of this CPU. */
struct access try_load(u64 address, u64 psw_bits);
struct access try_store(u64 address, u64 value, u64 psw_bits);

#endif
