/* The C ABI between a deterministic machine and the race engine.
 *
 * Who may call it: the machine glue (cmma/machine/) in deterministic mode, and tests that stand in for it.
 *
 * The machine numbers everything of interest that its CPUs do (struct cmma_event) and tells the engine at the
 * instruction boundary behind it. The engine has a scenario (docs/scenarios.md): places in the run, and what
 * to do there. What the host does (discard, page-out, page-in, drop) the engine does itself, by the host's
 * own functions; for the rest it calls struct cmma_control. It notes each action with its place in the run,
 * which is the schedule that replays the run.
 *
 * Threads: all CPUs run in one thread, and that thread makes all calls. No function throws. The engine calls
 * the machine only through struct cmma_control, and only while the machine calls cmma_race_event,
 * cmma_race_accessed, cmma_race_address or cmma_race_reached.
 *
 * Invariants
 *   E1  Those four are called at an instruction boundary of every CPU, without the interruption lock and
 *       without the host's. Blocks may leave there; the engine quiesces and resumes as any other caller.
 *   E2  The place of an action is (events told so far, instructions completed by all CPUs, the CPU of the
 *       call, and whether that is about to execute, as in the last two calls). The same image, options, seed
 *       and schedule give the same places, so these four must not depend on anything outside the guest.
 *   E3  What the engine reads of the guest changes nothing: no state byte, no storage key, no frame, no TLB
 *       entry that the machine would not have had otherwise.
 *   E4  An action that can not be done is counted and reported with the reason. It is not tried again.
 */
#ifndef CMMA_RACE_H
#define CMMA_RACE_H

#include <stddef.h>
#include <stdint.h>

#include "cmma/cmma.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* What happened. `detail`, `block` and `operand` of struct cmma_event are 0 where nothing is said of them. */
typedef enum cmma_event_kind {
  CMMA_EVENT_ESSA = 1,         /* detail: ORC; block: the operand */
  CMMA_EVENT_STORAGE_KEY = 2,  /* SSKE, ISKE, RRBE...; detail: operation code (b22b); block: the operand */
  CMMA_EVENT_PURGE = 3,        /* IPTE, IDTE, PTLB, CSP(G), CRDTE...; detail: operation code */
  CMMA_EVENT_PTE_STORE = 4,    /* never told by cmma_race_event: see CMMA_ACCESS_TABLE */
  CMMA_EVENT_SIGP = 5,         /* detail: order code; operand: address of the CPU it is for */
  CMMA_EVENT_INTERRUPTION = 6, /* taken; detail: CMMA_INTERRUPTION(class, code); address: of the old PSW */
  CMMA_EVENT_LPSW = 7,         /* LPSW, LPSWE, LPSWEY; detail: operation code */
  CMMA_EVENT_SWAP = 8,         /* CS, CSG, CSY, CDS(G)...; block, operand: of the second operand */
  CMMA_EVENT_DISCARD = 9,      /* of the host, from here on: what has become of `block` */
  CMMA_EVENT_PAGE_OUT = 10,
  CMMA_EVENT_PAGE_IN = 11,
  CMMA_EVENT_DROP = 12,
  CMMA_EVENT_DISCARD_FAULT = 13 /* delivered to `cpu` */
} cmma_event_kind;

#define CMMA_EVENT_KINDS 13u

/* `detail` of an interruption. Class: 1 external, 2 supervisor call, 3 program, 4 machine check, 5 I/O, 6
 * restart. Code: interruption code; subchannel number for I/O. */
#define CMMA_INTERRUPTION(class, code) ((uint32_t)(class) << 16 | (uint32_t)(code))

struct cmma_event {
  uint32_t kind;         /* cmma_event_kind */
  int32_t cpu;           /* who did it, or at whose boundary it happened; CMMA_NOT_A_CPU if none */
  uint64_t index;        /* number of this event in the run, from 1, without gaps */
  uint64_t instructions; /* completed by all CPUs */
  uint64_t address;      /* PSW address (virtual) of the instruction; 0 for events of the host */
  uint64_t block;        /* absolute address >> 12 */
  uint64_t operand;      /* virtual address, or what the kind says */
  uint32_t detail;
};

/* What the engine may ask of the machine. All pointers must be set. */
struct cmma_control {
  void* context;
  /* GR[number] of the CPU, all 64 bits. */
  uint64_t (*general_register)(void* context, int cpu, unsigned number);
  /* Address in the CPU's PSW: of the next instruction. */
  uint64_t (*psw_address)(void* context, int cpu);
  /* Where the CPU's present translation (PSW and control registers) leads: 1 and the absolute address; 0 if
   * it would be an exception, or if a DAT table is not resident. (E3) */
  int (*translate)(void* context, int cpu, uint64_t address, uint64_t* absolute);
  /* From the next boundary on only this CPU runs, until the call with CMMA_NOT_A_CPU. The machine ends it by
   * itself when the CPU stops or waits. Returns 0 if the CPU can not run now: nothing is done then. */
  int (*run_only)(void* context, int cpu);
  /* Make one external interruption of the timer (clock comparator, code 1004) pending for the CPU, whatever
   * its comparator says; if the guest sets that before it takes the interruption, there is none. Returns 0 if
   * the CPU does not exist or is stopped. */
  int (*timer)(void* context, int cpu);
  /* Stop the machine at this boundary; the line says why. Returns. */
  void (*stop)(void* context, const char* line);
  /* Have a debugger look at the machine at this boundary, as soon as the engine returns, and wait for one if
   * none is there. Returns 0 if the machine has no server for one. */
  int (*monitor)(void* context);
  /* One line for the user. */
  void (*message)(void* context, const char* line);
  /* All CPUs forget where blocks are whose state byte has a CMMA_ATTENTION bit: the next use asks the host.
   * No CPU is waited for: at an instruction boundary of a deterministic machine. */
  void (*forget)(void* context);
};

typedef struct cmma_race cmma_race;

/* Open the engine with the scenario or schedule that the host's option `race=FILE` names; `schedule=FILE` and
 * `interleaving=FILE` say where to write what happened (docs/options.md). The control table is copied; the
 * host must outlive the engine. NULL without a line in `error` if there is no option `race`, NULL with one
 * line if something is wrong. */
cmma_race* cmma_race_open(cmma_host* host, const struct cmma_control* control, char* error,
                          size_t error_size);

/* Put other triggers in place of those that there are: `text` is a scenario or schedule, `schedule` (may be
 * NULL) the file for what is done; no interleaving is written, a replay of the schedule does. For a machine
 * that has forked: what has been done before stays part of the schedule. Returns 0, or 1 with one line in
 * `error` (nothing is changed). */
int cmma_race_plan(cmma_race* race, const char* text, const char* schedule, char* error, size_t error_size);

/* How a run ends. */
typedef enum cmma_race_ending {
  CMMA_RACE_FAILED = 0,  /* the guest or the host has failed, or nobody knows */
  CMMA_RACE_RUNNING = 1, /* its window has closed; CPUs may be anywhere */
  CMMA_RACE_STOPPED = 2  /* the guest has stopped all of its CPUs */
} cmma_race_ending;

/* Write the schedule and the interleaving; messages say what could not be done. The struct pages of a Linux
 * guest that has not failed are looked at: nothing is told of one that has. Not to be called by a process
 * that is not to write them: it just ends. */
void cmma_race_close(cmma_race* race, cmma_race_ending ending);

/* "function+0x1c " for an instruction's address, if the engine has the guest's symbols and there is one
 * there; otherwise an empty text. Cut to `size` with its zero. */
void cmma_race_name(const cmma_race* race, uint64_t address, char* name, size_t size);

/* What the machine tests between two instructions, without a call. Valid until cmma_race_close; its content
 * changes only during calls of this interface. */
#define CMMA_WATCH_WORDS 64u
#define CMMA_WATCH_BLOCKS 16u
struct cmma_watch {
  uint64_t deadline;                  /* call cmma_race_reached when this many instructions are done */
  uint64_t address[CMMA_WATCH_WORDS]; /* see cmma_race_watches */
  uint32_t list;                      /* another number when anything of the following is another */
  uint32_t blocks;                    /* so many of block[] */
  uint64_t block[CMMA_WATCH_BLOCKS];  /* absolute address >> 12: call cmma_race_accessed */
  uint32_t tables;                    /* not 0: call it for stores into DAT tables, too */
};
const struct cmma_watch* cmma_race_watch(const cmma_race* race);

/* May the engine want to know of the instruction at this address? Never 0 for one that it does. */
static inline int cmma_race_watches(const struct cmma_watch* watch, uint64_t address) {
  const uint64_t hash = (address >> 1) ^ (address >> 13);
  return (int)(watch->address[hash >> 6 & (CMMA_WATCH_WORDS - 1)] >> (hash & 63) & 1);
}

/* Behind each interesting event, at the first instruction boundary of the CPU after it (an instruction with
 * several events is followed by several calls). */
void cmma_race_event(cmma_race* race, const struct cmma_event* event);

/* What an instruction has done with a block that is in the list, or in which DAT tables are. Only what a CPU
 * can translate with is a table. IPTE, IDTE and CSP store into tables, too. */
#define CMMA_ACCESS_LOAD 1u  /* of the list */
#define CMMA_ACCESS_STORE 2u /* of the list */
#define CMMA_ACCESS_TABLE 4u /* a store into a DAT table */
struct cmma_use {
  int32_t cpu;
  uint32_t kinds;        /* CMMA_ACCESS_..., all that the instruction has done with the block */
  uint64_t instructions; /* as in struct cmma_event */
  uint64_t address;      /* PSW address of the instruction */
  uint64_t block;        /* absolute address >> 12 */
  uint64_t operand;      /* virtual address (real if the operand is) of the first use */
  uint32_t level;        /* 0: of a page table, 1: of a segment table, 2 to 4: of region tables */
};

/* An instruction has used operands in such a block: once for the instruction and the block, behind its
 * events, or, if it has none, when its CPU is about to execute the next one (before cmma_race_reached and
 * cmma_race_address): where a schedule's step with this place is done. A fetch of the
 * instruction itself is no such use, nor is what the machine does by itself (DAT tables, interruptions,
 * channels). An instruction that ended with a program interruption has used nothing. Being told changes
 * nothing: it is no event, and has no number. */
void cmma_race_accessed(cmma_race* race, const struct cmma_use* access);

/* CPU `cpu` is about to execute the instruction at `address`, and cmma_race_watches says 1; `instructions` as
 * in struct cmma_event. Called once per instruction that is begun (again after an interruption that nullified
 * it), and after the machine has chosen which CPU is to run. If run_only was called meanwhile for another
 * CPU, the instruction is not begun now. */
void cmma_race_address(cmma_race* race, int cpu, uint64_t address, uint64_t instructions);

/* `instructions` has reached watch->deadline, and CPU `cpu` is about to execute (as for cmma_race_address,
 * and before it). Called again for each instruction that is begun until the deadline has changed. */
void cmma_race_reached(cmma_race* race, int cpu, uint64_t instructions);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
