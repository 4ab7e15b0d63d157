/* hcmmagdb.h: what the Hercules sources see of the gdb server.
 *
 * Who includes it: hcmma.h, so every Hercules source. The protocol is in cmma/gdb/; here are the tests at which a
 * CPU finds that it shall stop. All of them are false, and cost one test off the beaten track, when no gdb
 * is attached or nothing is to be stopped at.
 *
 * Invariants
 *   Q1  A CPU stops only between instructions: in process_interrupt, or after the fetch of an instruction and before
 *       anything of it is done. After a stop the instruction is fetched again, for its block may have left.
 *   Q2  While one CPU serves gdb, each other one is held at such a place, or waits, or is stopped. A held CPU counts as
 *       one that waits for the interruption lock, so nobody who brings CPUs to an instruction boundary waits for it.
 *   Q3  The guest's storage is not changed to stop it.
 */
#ifndef HCMMAGDB_H
#define HCMMAGDB_H

extern int hcmma_gdb_wanted;                /* CPUs shall come to hcmma_gdb_boundary */
extern int hcmma_gdb_tracing;               /* there are breakpoints, or a CPU is stepped */
extern int hcmma_gdb_watching;              /* there are watchpoints, or the race engine wants to know */
extern unsigned long long hcmma_gdb_stepped; /* CPUs that are stepped, a bit each */

/* The GDBSERVER statement: GDBSERVER port [WAIT] [TEXT=address]. */
int hcmma_gdb_cmd(int argc, char *argv[], char *cmdline);

/* After the configuration has been read: 0, or nonzero after a message. */
int hcmma_gdb_start(void);

/* At an instruction boundary, without locks. */
void hcmma_gdb_boundary(REGS *regs) __attribute__((cold));
#define HCMMA_GDB_BOUNDARY(_regs)    \
  do {                               \
    if (unlikely(hcmma_gdb_wanted))  \
      hcmma_gdb_boundary(_regs);     \
  } while (0)

/* An instruction has been fetched by a CPU that traces. Nonzero: nothing in this page is to be looked at. A CPU
 * that has stopped here has no valid instruction pointer afterwards (aie is NULL). */
int hcmma_gdb_fetched(REGS *regs);
#define HCMMA_GDB_FETCHED(_regs) (hcmma_gdb_tracing && hcmma_gdb_fetched(_regs))

/* A CPU that is stepped takes no interruptions but in the wait state: a step ends in the next instruction of the
 * program, not in the handler of a timer that has run out in the meantime. */
int hcmma_gdb_defers(REGS *regs);
#define HCMMA_GDB_DEFERS(_regs) (hcmma_gdb_stepped != 0 && hcmma_gdb_defers(_regs))

/* An operand has been looked up. Nonzero: something in its pages is watched, so the TLB must not know them. */
int hcmma_gdb_accessed(REGS *regs, U64 addr, size_t len, int is_write, int is_access);

#endif
