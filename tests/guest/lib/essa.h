/* EXTRACT AND SET STORAGE ATTRIBUTES, and the names of what it reports. */
#ifndef GUEST_LIB_ESSA_H
#define GUEST_LIB_ESSA_H

#include "types.h"

enum orc {
  ESSA_EXTRACT = 0,
  ESSA_STABLE = 1,
  ESSA_UNUSED = 2,
  ESSA_VOLATILE = 3,
  ESSA_POT_VOLATILE = 4,
  ESSA_STABLE_RESIDENT = 5,
  ESSA_STABLE_IF_RESIDENT = 6,
  ESSA_STABLE_NODAT = 7,
};

/* The low four bits of the result. */
enum block_state {
  STATE_SR = 0x0,
  STATE_SP = 0x2,
  STATE_SZ = 0x3,
  STATE_UR = 0x4,
  STATE_UZ = 0x7,
  STATE_PR = 0x8,
  STATE_VR = 0xc,
  STATE_VZ = 0xf, /* discarded */
};

#define STATE_NODAT 0x20u

/* Every state that a block can be in. */
#define STATES 8
extern const enum block_state all_states[STATES];

/* The operation request code is part of the instruction, so this is a macro. */
#define essa(orc, address)                             \
  ({                                                   \
    u64 result_;                                       \
    __asm__ volatile(".insn rrf,0xb9ab0000,%0,%1,%2,0" \
                     : "=d"(result_)                   \
                     : "a"((u64)(address)), "i"(orc)   \
                     : "memory");                      \
    result_;                                           \
  })

/* The same with the code in a variable (0..7). */
u64 essa_any(unsigned orc, u64 address);

static inline u64 essa_state(u64 address) { return essa(ESSA_EXTRACT, address) & 0xf; }

/* "Sr", "Vz"...; "??" for a combination that must not be seen. */
const char* state_name(u64 state);

/* The machine has ESSA (the instruction is tried). */
bool essa_available(void);

/* Put a block into a state, whatever it was before. Needs the test channel of host.h. Content: the pattern
 * that was there for resident and preserved states, if it was resident. False if it did not work. */
bool make_state(u64 address, enum block_state state);

#endif
