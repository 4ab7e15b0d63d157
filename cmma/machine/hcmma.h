/* hcmma.h: what the Hercules sources see of the host that owns main storage.
 *
 * Who includes it: hercules.h, so every Hercules source. Logic is in hcmma.c; here are only the test that
 * stands in the storage access path, and the prototypes.
 *
 * Invariants
 *   G1  sysblk.blkstate has one byte for each 4 KB block of main storage, also when no host is
 *       configured: then all bytes are 0 (stable, resident) and the test below is never true.
 *   G2  HCMMA_ACCESS stands before the first use of a block's storage and before its storage key is
 *       touched, so that a nullified instruction leaves both as they were.
 */
#ifndef HCMMA_H
#define HCMMA_H

#include <cmma/cmma.h>
#include "hcmmagdb.h"

/* An address in the storage that a REGS or DEVBLK sees (a preferred guest's or a zone's begins somewhere in
 * main storage) as an address in all of main storage. */
#define HCMMA_ABSOLUTE(_aaddr, _pointer) ((U64)((_pointer)->mainstor - sysblk.mainstor) + (_aaddr))

/* The whole cost of the host on a TLB miss: one load, one test. */
#define HCMMA_NEEDS_HOST(_aaddr) \
  (unlikely(sysblk.blkstate[(_aaddr) >> CMMA_BLOCK_SHIFT] & CMMA_STATE_ATTENTION))

/* A CPU is about to use the storage at an absolute address (inside its main storage). Returns when the
 * block may be used; otherwise takes a program interruption and does not return. */
#define HCMMA_ACCESS(_aaddr, _regs)                            \
  do {                                                         \
    if (HCMMA_NEEDS_HOST(HCMMA_ABSOLUTE((_aaddr), (_regs))))   \
      hcmma_access(HCMMA_ABSOLUTE((_aaddr), (_regs)), (_regs)); \
  } while (0)

/* The same for each block of a range. The first block is one of them even if the range is empty: the header of a
 * control block is used whatever length it says that it has. */
#define HCMMA_ACCESS_RANGE(_aaddr, _length, _regs) \
  hcmma_access_range(HCMMA_ABSOLUTE((_aaddr), (_regs)), (_length), (_regs))

/* At an instruction boundary: let the host take blocks away. Without the interruption lock. */
#define HCMMA_RECLAIM(_regs)                                                  \
  do {                                                                        \
    if (unlikely(sysblk.cmma != NULL) && cmma_reclaim_wanted(sysblk.cmma))    \
      cmma_reclaim(sysblk.cmma, (_regs)->hostregs->cpuad);                    \
  } while (0)

/* The CMMA statement and panel command. */
int hcmma_cmd(int argc, char *argv[], char *cmdline);

/* Main storage of sysblk.mainsize bytes, cleared and page aligned; sets sysblk.blkstate and, when the
 * CMMA statement was given, sysblk.cmma. NULL after a message on failure. */
BYTE *hcmma_obtain_storage(void);

/* Cold: a caller keeps what leads there out of the way of what it does otherwise. */
void hcmma_access(RADR aaddr, REGS *regs) __attribute__((cold, noinline));
void hcmma_access_range(RADR aaddr, size_t length, REGS *regs);

/* The same as HCMMA_ACCESS_RANGE where a program interruption cannot be taken because a lock is held that it
 * would not release: nonzero when every block may be used. */
int hcmma_usable(RADR aaddr, size_t length, REGS *regs);

/* The machine itself is about to store there, whatever the guest thinks of the blocks: unused and discarded
 * ones become stable. The caller holds the interruption lock. */
void hcmma_secure(RADR aaddr, size_t length);

/* The prefix register of `regs` has changed without an instruction that could be nullified, or storage has been
 * cleared: the prefix area is used in place. The caller holds the interruption lock. */
void hcmma_prefix_area(REGS *regs);

/* The blocks of two host addresses stay until hcmma_unpin, or until the CPU pins others: for a storage operand
 * of an instruction that changes something and then waits for the interruption lock. Addresses outside main
 * storage are ignored. */
void hcmma_pin(const BYTE *first, const BYTE *last, REGS *regs);
void hcmma_unpin(REGS *regs);

#define HCMMA_PIN_OPERAND(_addr, _length, _arn, _regs)                                                         \
  do {                                                                                                         \
    if (unlikely(sysblk.cmma != NULL))                                                                         \
      hcmma_pin(MADDR((_addr), (_arn), (_regs), ACCTYPE_WRITE_SKP, (_regs)->psw.pkey),                         \
                MADDR(((_addr) + (_length) - 1) & ADDRESS_MAXWRAP(_regs), (_arn), (_regs), ACCTYPE_WRITE_SKP, \
                      (_regs)->psw.pkey),                                                                      \
                (_regs));                                                                                      \
  } while (0)
#define HCMMA_UNPIN(_regs)               \
  do {                                   \
    if (unlikely(sysblk.cmma != NULL))   \
      hcmma_unpin(_regs);                \
  } while (0)

/* ESSA after the operation and privileged-operation checks: returns GR[R1], or takes the program
 * interruption that the architecture asks for. */
U64 hcmma_essa(REGS *regs, U64 r2, int orc);

/* Copy for a channel program or the service processor. 0, or nonzero when a block of the range may not be
 * used (assumption A15). Works without a host too. */
int hcmma_read(RADR aaddr, void *to, size_t length);
int hcmma_write(RADR aaddr, const void *from, size_t length);

/* System reset (clear = 0) and clearing of main storage (clear = 1). CPUs are stopped. */
void hcmma_reset(int clear);

/* A reset that the program has asked for (DIAGNOSE X'308'). The caller holds the interruption lock, and the other CPUs are
 * at an instruction boundary. */
void hcmma_program_reset(void);

/* DIAGNOSE X'010' (release pages) and X'CAA' (host actions for tests, option test=on).
 * 1 when the code was handled, 0 when the diagnose is to be refused as an unknown one. */
int hcmma_diagnose(U32 code, int r1, int r3, REGS *regs);

/* Nonzero when facility 147 (no-DAT) is installed. */
int hcmma_nodat(void);

#endif
