/* hcmmarac.h: what is of interest in a deterministic run, and the race engine that hears of it.
 *
 * Who includes it: the files of the glue. cmma/race.h is the contract with the engine.
 *
 * Invariants
 *   V1  Events are numbered and told at the first instruction boundary behind them, in the order in which they happened.
 *   V2  An instruction that was nullified is no event; the interruption is.
 *   V3  What is looked at for an event changes nothing: no state byte, no storage key, no translation.
 */
#ifndef HCMMARAC_H
#define HCMMARAC_H

#include <cmma/race.h>

/* The engine is opened when main storage is there, and closed when the guest has ended. */
int hcmma_race_start(void);
void hcmma_race_end(void);

/* An interruption is taken (HCMMA_NOTE_... of hcmmadet.h), or the host has done something. */
void hcmma_race_interruption(int note, int cpu, unsigned code, U64 address);
void hcmma_race_host_event(int cpu, unsigned kind, U64 block);

/* CPU `regs` is at an instruction boundary: tell what has happened. Nonzero when it is to be drawn who goes on. */
int hcmma_race_boundary(REGS *regs);

/* CPU `regs` has been chosen to begin its next instruction: tell of that. */
void hcmma_race_arrive(REGS *regs);

/* How many instructions this CPU may begin before hcmma_race_boundary has to be called again, at least 1. */
long hcmma_race_patience(void);

/* Interesting events told so far. */
unsigned long long hcmma_race_events(void);

/* The only CPU that may run now, or CMMA_NOT_A_CPU; and from now on all may. */
int hcmma_race_only(void);
void hcmma_race_release(void);

/* For CMMA_MUTANT_ORC6: the block becomes stable behind the events of this instruction. */
void hcmma_race_set_later(REGS *regs, U64 r2);

/* Function and offset of an instruction of the guest, as far as the engine knows them; otherwise an empty text. */
void hcmma_race_name(U64 address, char *name, size_t size);

/* Put other triggers in place of the engine's: for a process that has forked. 0, or 1 with a message. */
int hcmma_race_plan(const char *text, const char *schedule);

#endif
