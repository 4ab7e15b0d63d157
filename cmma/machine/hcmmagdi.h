/* hcmmagdi.h: what the files of the gdb glue share: who serves and who is held (hcmmagdb.c), what CPUs stop at (hcmmagdw.c), registers
 * and storage (hcmmagdr.c), and the server itself (hcmmagds.c). They include it, and the race engine's glue for the translation and
 * for what it wants to be told of. */
#ifndef HCMMAGDI_H
#define HCMMAGDI_H

#include <cmma/gdb.h>

/* hcmmagdb.c: what gdb wants of a CPU. Written while it is held, and by itself. */
struct hcmma_gdb_cpu
{
    struct cmma_gdb_go go;
    int held;            /* it does nothing, and counts as waiting for the interruption lock */
    int begun;           /* the step has not left `from` yet */
    U64 from;
    int passes;          /* the instruction at `pass` has been stopped at already */
    U64 pass;
    int psw_changed;
    int watched;         /* an instruction has used what is watched at `watch` */
    U64 watch;
    S64 timer;           /* the CPU timer stands still meanwhile */
};
extern struct hcmma_gdb_cpu hcmma_gdb_cpus[MAX_CPU_ENGINES];

extern cmma_gdb *hcmma_gdb_server;    /* NULL: there is none */
extern int hcmma_gdb_wait_for_client; /* GDBSERVER port WAIT, and none has come yet */

/* hcmmagdb.c: before the server is opened. */
void hcmma_gdb_start_serving(void);

/* hcmmagdb.c: is this CPU the one that serves now? If not, another one does. And then: stop everything until gdb has said how to
 * go on. */
int hcmma_gdb_become_server(REGS *regs);
void hcmma_gdb_serve(REGS *regs, enum cmma_gdb_reason reason, U64 address);

/* hcmmagdb.c: the instruction of this CPU has used what is watched at `watch`: stop behind it. */
void hcmma_gdb_stop_behind(REGS *regs, U64 watch);

/* hcmmagdb.c: the machine shall stop. From a thread that is none of Hercules'. */
void hcmma_gdb_interrupt(void *context);

/* hcmmagdw.c: the server, or what it watches, is another. */
void hcmma_gdb_update_watching(void);

/* hcmmagdr.c: what the server asks of the machine, but for `interrupt`. */
extern struct cmma_gdb_machine hcmma_gdb_machine;

/* Where the present translation of a CPU leads. 0 if it would be an exception, or a table has no frame. */
int hcmma_gdb_translate(REGS *regs, U64 address, uint64_t *absolute);

/* Deterministic runs: when so many instructions are done, the CPU that is next calls hcmma_gdb_arrived and stops; 0: never. */
extern U64 hcmma_gdb_until;
void hcmma_gdb_arrived(REGS *regs);

/* hcmmagds.c: is there a server? And hcmmagdb.c, at an instruction boundary of a deterministic run, without locks: have gdb look now, and wait
 * for it if it is not there. */
int hcmma_gdb_is_there(void);
void hcmma_gdb_look(REGS *regs);
extern int hcmma_gdb_between; /* gdb looks so: the CPU has not begun its next instruction */

/* hcmmagds.c: this process has forked: the server is the parent's. */
void hcmma_gdb_forked(void);

/* hcmmagdw.c: the race engine watches storage, too, from now on (hcmma_acc_used), or no more. Another list of what it watches is
 * another call. */
void hcmma_gdb_watch_more(int on);

/* hcmmagdb.c: the CPU that serves, or -1. */
int hcmma_gdb_server_cpu(void);

/* gdb has changed the PSW of a held CPU: it shall look for interruptions before it goes on. */
void hcmma_gdb_psw_changed(int cpu);

#endif
