/* hcmmaacc.h: uses of storage that the race engine wants to hear of.
 *
 * Who includes it: hcmmaevt.c and hcmmarac.c, which are told of instructions and tell the engine, and hcmmagdw.c, which has the hook point: what
 * is watched is kept out of the TLB, so that each use is looked up. Deterministic runs only.
 *
 * Invariants
 *   U1  A use is noted once for the instruction and the block, with all that was done. It is told behind the instruction's event, or
 *       when its CPU is about to execute the next one if it has none.
 *   U2  An instruction that ends with a program interruption has used nothing.
 *   U3  To look changes nothing: no state byte, no storage key, no translation, no interleaving.
 */
#ifndef HCMMAACC_H
#define HCMMAACC_H

#include <cmma/race.h>

/* From now on this is watched. NULL: nothing. */
void hcmma_acc_watch(const struct cmma_watch *watch);

/* An operand of CPU `regs` has been looked up, and is at regs->dat.aaddr. Nonzero: it is watched, so the TLB must not know it. */
int hcmma_acc_used(REGS *regs, U64 address, int is_write, int is_access);

/* A translation exception of this CPU: the address space counts as used. */
void hcmma_acc_fault(int cpu);

/* The instruction of this CPU has ended with a program interruption. */
void hcmma_acc_nullified(int cpu);

/* Has an instruction used what is watched, and the engine does not know yet? And tell it, for this CPU. */
int hcmma_acc_pending(void);
void hcmma_acc_tell(cmma_race *race, REGS *regs);

#endif
