/* hcmmagdi.h: what the two files of the gdb glue share. Only they include it. */
#ifndef HCMMAGDI_H
#define HCMMAGDI_H

#include <cmma/gdb.h>

/* hcmmagdr.c: what the server asks of the machine, but for `interrupt`. */
extern struct cmma_gdb_machine hcmma_gdb_machine;

/* The address of the next instruction, at an instruction boundary. */
U64 hcmma_gdb_instruction_address(REGS *regs);

/* hcmmagdb.c: the CPU that serves, or -1. */
int hcmma_gdb_server_cpu(void);

/* gdb has changed the PSW of a held CPU: it shall look for interruptions before it goes on. */
void hcmma_gdb_psw_changed(int cpu);

#endif
