/* The C ABI between an emulated machine and the host that owns its main storage.
 *
 * Who may call it: the machine glue (cmma/machine/), the fuzzers, and tests that stand in for a machine.
 *
 * The host keeps one state byte for each 4 KB block and fewer frames than there are blocks. The machine
 * looks at the state byte before it uses a block (one load, one test) and calls the host only when the
 * byte asks for attention.
 *
 * Threads: every function may be called from any thread except where it says otherwise. No function
 * throws, and none calls back into the machine other than through struct cmma_machine.
 *
 * Locks, outermost first: the machine's interruption lock, then the host's own lock. The host never
 * calls `quiesce` or `request_reclaim` with its own lock held.
 *
 * Invariants
 *   M1  A block is taken away (page-out, discard, drop) only between `quiesce` and `resume`, when no other
 *       CPU is inside an instruction; or by cmma_essa/cmma_release for a block that has no frame. If a CPU
 *       calls in the middle of an instruction (no frame was free), only stable and guarded blocks leave.
 *   M2  A CPU holds a translation of a block only while its state byte has no CMMA_ATTENTION bit, but for
 *       CMMA_STATE_GUARDED: ESSA sets it without a purge, so it is sure to be seen when the block has left (A6).
 *   M3  Channel programs and the service processor reach main storage by cmma_read/cmma_write only.
 */
#ifndef CMMA_CMMA_H
#define CMMA_CMMA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library is built with everything hidden but this interface. */
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#define CMMA_ABI_VERSION 1u
#define CMMA_BLOCK_SHIFT 12
#define CMMA_BLOCK_SIZE 4096u

/* The state byte. The bits of CMMA_STATE_ESSA stand where the result register of ESSA has them. */
#define CMMA_STATE_CONTENT 0x03u   /* block-content state: 0 resident, 2 preserved, 3 logically zero */
#define CMMA_STATE_USAGE 0x0cu     /* block-usage state: 0 stable, 4 unused, 8 potentially volatile, c volatile */
#define CMMA_STATE_NODAT 0x20u     /* the block holds no DAT table (facility 147) */
#define CMMA_STATE_ESSA 0x2fu      /* what ESSA reports */
#define CMMA_STATE_OLD 0x40u       /* host: not referenced since the replacement policy last looked */
#define CMMA_STATE_GUARDED 0x80u   /* host: unused, and an access has to be reported (A6) */
#define CMMA_STATE_ATTENTION 0xc3u /* any of these bits: call cmma_access before the access */

typedef struct cmma_host cmma_host;

/* Outcome of an access or of an instruction. */
typedef enum cmma_result {
  CMMA_DONE = 0,       /* go on; the block is resident */
  CMMA_DISCARDED = 1,  /* volatile and logically zero: program interruption 001A (A7) */
  CMMA_UNUSED = 2,     /* unused: addressing exception (A6) */
  CMMA_ADDRESSING = 3, /* outside main storage: addressing exception (A3) */
  CMMA_SPECIFICATION = 4, /* operation request code not defined (A5) */
  CMMA_FAILED = 5      /* the paging store failed; the message went to `fail`; the machine must stop */
} cmma_result;

/* `cpu` argument of a caller that is not a CPU (a channel, the service processor, the operator). */
#define CMMA_NOT_A_CPU (-1)

/* What the host needs of the machine. All pointers must be set. Blocks are absolute address >> 12. */
struct cmma_machine {
  void *context;
  /* Change bit of the block's storage key: 1 or 0 (A20). Called between quiesce and resume, or for a
   * block that has no frame. */
  int (*changed)(void *context, uint64_t block);
  /* Set reference and change bits of the block's storage key to 0 (after a discard). */
  void (*reset_reference_change)(void *context, uint64_t block);
  /* 1 if the block may not be taken away now: it lies in the prefix area of a CPU (A8). */
  int (*exempt)(void *context, uint64_t block);
  /* Bring all CPUs to an instruction boundary and keep them there / let them go. `quiesce` also clears
   * CMMA_STATE_OLD of every block that a CPU holds a translation of. `resume` first drops every
   * translation of a block whose state has a CMMA_ATTENTION bit. Nest not. A CPU thread calls them from
   * cmma_reclaim only. */
  void (*quiesce)(void *context, int cpu);
  void (*resume)(void *context, int cpu);
  /* Free frames run low: have a CPU call cmma_reclaim at its next instruction boundary. */
  void (*request_reclaim)(void *context, int cpu);
  /* Instructions that the CPU has completed (0 for CMMA_NOT_A_CPU). For records. */
  uint64_t (*instructions)(void *context, int cpu);
  /* One line about something that the user must know. */
  void (*message)(void *context, const char *line);
  /* The host cannot go on: stop the machine. Returns. Called once at most. */
  void (*fail)(void *context, const char *line);
  /* May be NULL. The host has done something to a block: `kind` as record/events.inc numbers it, the state byte before and after.
   * Called with the host's lock held, for each event that a trace has: it calls nothing of the host. */
  void (*event)(void *context, int cpu, unsigned kind, uint64_t block, unsigned from, unsigned to);
};

/* Open a host for `bytes` of main storage (a multiple of 4096, not 0).
 * `options` is a list of name=value separated by commas; the names are in docs/options.md.
 * On error returns NULL and writes one line to `error`. The machine table is copied. */
cmma_host *cmma_open(const char *options, uint64_t bytes, const struct cmma_machine *machine,
                     char *error, size_t error_size);

/* Write the report (`json=`, `trace=`) and give everything back. */
void cmma_close(cmma_host *host);

/* Main storage (page aligned) and the state bytes, valid until cmma_close. */
uint8_t *cmma_main_storage(cmma_host *host);
uint8_t *cmma_states(cmma_host *host);

/* An access by CPU `cpu` to the block that holds absolute address `address` (inside main storage):
 * make it resident and referenced, or say why not. */
cmma_result cmma_access(cmma_host *host, uint64_t address, int cpu);

/* EXTRACT AND SET STORAGE ATTRIBUTES. `r2` as in GR[R2], `orc` is the M3 field (0..15). On CMMA_DONE
 * `*r1` is the new content of GR[R1]. Availability and problem state are checked by the caller. */
cmma_result cmma_essa(cmma_host *host, int cpu, uint64_t r2, unsigned orc, uint64_t *r1);

/* Copy between main storage and a buffer for a channel program or the service processor. The range must
 * lie inside main storage. Stops before the first block that is unused or discarded (A15): blocks
 * before it have been copied. `*done` (may be NULL) is the number of bytes copied. */
cmma_result cmma_read(cmma_host *host, uint64_t address, void *to, size_t length, size_t *done);
cmma_result cmma_write(cmma_host *host, uint64_t address, const void *from, size_t length, size_t *done);

/* Copy from main storage, wherever the host has it, and change nothing: for debuggers. Nonzero if done; 0 if the
 * range leaves main storage or a part of it has no content. */
int cmma_peek(cmma_host *host, uint64_t address, void *to, size_t length);

/* The option mutant=... (with test=on only): a rule that the machine breaks on purpose, so that it can be seen what
 * notices. The machine does it; the host only passes it on. */
typedef enum cmma_mutant {
  CMMA_NO_MUTANT = 0,
  CMMA_MUTANT_TLB = 1,    /* CPU 1 keeps its translations of blocks that were taken away */
  CMMA_MUTANT_CHANGE = 2, /* every block counts as unchanged */
  CMMA_MUTANT_ORC6 = 3,   /* ORC 6 tests now and sets at the next instruction (deterministic runs) */
  CMMA_MUTANT_REPEAT = 4  /* an instruction that gets a discard fault has changed the condition code */
} cmma_mutant;
cmma_mutant cmma_broken_rule(const cmma_host *host);

/* Nonzero with the option invariants=on. Then the machine looks whether an instruction that gets a discard fault (for the block
 * at absolute address `address`) can be repeated, and says so if not: `instruction` is where it is, `what` is one
 * word or some that say what has changed. */
int cmma_looks_at_invariants(const cmma_host *host);
void cmma_not_nullified(cmma_host *host, uint64_t address, uint64_t instruction, const char *what);

/* Nonzero when cmma_reclaim has something to do. One relaxed load. */
int cmma_reclaim_wanted(const cmma_host *host);

/* Take blocks away until enough frames are free, and do what the policy asks. Called at an instruction
 * boundary, without the machine's interruption lock. Quiesces and resumes the machine. */
void cmma_reclaim(cmma_host *host, int cpu);

/* DIAGNOSE X'10': the guest gives back the blocks first..last (absolute >> 12, inclusive). They become
 * stable and logically zero; their frames and store slots are free afterwards. The caller has
 * quiesced the machine. CMMA_ADDRESSING if a block is outside main storage (nothing done). */
cmma_result cmma_release(cmma_host *host, int cpu, uint64_t first, uint64_t last);

/* All blocks stable, no-DAT off (A22). `clear` also makes every block logically zero.
 * No CPU may be running; one that resets itself (A28) is at the end of its instruction. */
void cmma_reset(cmma_host *host, int clear);

/* The process has forked, and this is the child: whatever the host shares with the parent it makes its own (main storage is
 * anyway), and no report is written. 0, or nonzero with one line in `error`: the child cannot go on. */
int cmma_forked(cmma_host *host, char *error, size_t error_size);

/* An operator's command ("matrix", "counters", "discard ADDRESS", "block ADDRESS", "help"...). The answer goes to
 * `print`, a line a call. Returns 0, or 1 for a command that is not known or could not be done. */
int cmma_command(cmma_host *host, const char *command, void (*print)(void *context, const char *line),
                 void *context);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
