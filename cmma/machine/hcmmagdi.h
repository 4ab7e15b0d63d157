/* hcmmagdi.h: what the two files of the gdb glue share. They include it, and hcmmarac.c for the translation. */
#ifndef HCMMAGDI_H
#define HCMMAGDI_H

#include <cmma/gdb.h>

/* hcmmagdr.c: what the server asks of the machine, but for `interrupt`. */
extern struct cmma_gdb_machine hcmma_gdb_machine;

/* Where the present translation of a CPU leads. 0 if it would be an exception, or a table has no frame. */
int hcmma_gdb_translate(REGS *regs, U64 address, uint64_t *absolute);

/* Deterministic runs: when so many instructions are done, the CPU that is next calls hcmma_gdb_arrived and stops; 0: never. */
extern U64 hcmma_gdb_until;
void hcmma_gdb_arrived(REGS *regs);

/* hcmmagdb.c: the CPU that serves, or -1. */
int hcmma_gdb_server_cpu(void);

/* gdb has changed the PSW of a held CPU: it shall look for interruptions before it goes on. */
void hcmma_gdb_psw_changed(int cpu);

#endif
