/* Addresses in the lowcore that both assembler and C use. Included by start.S, so it holds macros only.
 *
 * The first 512 bytes belong to the architecture; from 0x200 on the prefix area is ours. */
#ifndef GUEST_LIB_LAYOUT_H
#define GUEST_LIB_LAYOUT_H

/* Fixed by the architecture. */
#define LC_EXT_PARAMETER 0x080
#define LC_EXT_CODE 0x086
#define LC_SVC_CODE 0x08a
#define LC_PGM_ILC 0x08d
#define LC_PGM_CODE 0x08e
#define LC_PER_CODE 0x096
#define LC_PER_ADDRESS 0x098
#define LC_EXCEPTION_ACCESS_ID 0x0a0
#define LC_TRANSLATION_EXCEPTION 0x0a8
#define LC_SUBCHANNEL 0x0b8
#define LC_RESTART_OLD 0x120
#define LC_EXT_OLD 0x130
#define LC_SVC_OLD 0x140
#define LC_PGM_OLD 0x150
#define LC_MCK_OLD 0x160
#define LC_IO_OLD 0x170
#define LC_RESTART_NEW 0x1a0
#define LC_EXT_NEW 0x1b0
#define LC_SVC_NEW 0x1c0
#define LC_PGM_NEW 0x1d0
#define LC_MCK_NEW 0x1e0
#define LC_IO_NEW 0x1f0

/* Ours: what cpu_run keeps while other code runs, and what an interruption leaves. */
#define LC_ACTIVE 0x200        /* not zero: an interruption belongs to cpu_run */
#define LC_KEPT_STACK 0x208    /* stack pointer of cpu_run's caller */
#define LC_PANIC_STACK 0x210   /* stack for the report of an unexpected interruption */
#define LC_KIND 0x218          /* which interruption it was */
#define LC_RUN_PSW 0x220       /* PSW to load */
#define LC_OLD_PSW 0x230       /* PSW at the interruption */
#define LC_GR 0x280            /* general registers at the interruption */
#define LC_AR 0x300            /* access registers at the interruption */
#define LC_RESTART_STACK 0x340 /* stack of a CPU that is being started */
#define LC_RESTART_ENTRY 0x348 /* function that it runs */
#define LC_CPU 0x350           /* number of the CPU */

#define KIND_PROGRAM 1
#define KIND_SVC 2
#define KIND_EXTERNAL 3
#define KIND_IO 4

/* struct cpu_state */
#define STATE_PSW 0
#define STATE_GR 16
#define STATE_AR 144

#define PREFIX_SIZE 0x2000
#define STACK_SIZE 0x8000

#endif
