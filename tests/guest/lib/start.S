# What runs before and around C: the IPL PSW, the interruption new PSWs, the switch to z/Architecture mode,
# the interruption entries and the way into other code (cpu_run).
#
# Invariants
#   G1  C code runs with DAT off, disabled for all interruptions, in 64-bit mode.
#   G2  An interruption while LC_ACTIVE is zero is a failure of the test.
#include "layout.h"

        .section .lowcore, "ax"
        .org    0
        .long   0x00080000, 0x80000000 + _start  # IPL PSW: ESA/390, 31-bit

        .org    LC_RESTART_NEW
        .quad   0x0000000180000000, cpu_started
        .org    LC_EXT_NEW
        .quad   0x0000000180000000, external_entry
        .org    LC_SVC_NEW
        .quad   0x0000000180000000, svc_entry
        .org    LC_PGM_NEW
        .quad   0x0000000180000000, program_entry
        .org    LC_MCK_NEW
        .quad   0x0002000180000000, 0xbadc       # disabled wait: machine check
        .org    LC_IO_NEW
        .quad   0x0000000180000000, io_entry
        .org    LC_PANIC_STACK
        .quad   panic_stack_top - 160

        .text
        .globl  _start
_start: slr     %r0, %r0
        lhi     %r1, 1                           # parameter: z/Architecture
        lhi     %r2, 0
0:      sigp    %r1, %r2, 0x12                   # set architecture; status stored: it is set already
        brc     2, 0b                            # busy
        sam64
        larl    %r15, stack_top - 160
        larl    %r2, bss_start
        larl    %r3, bss_end
        slgr    %r3, %r2
        lghi    %r5, 0
        xgr     %r4, %r4
0:      mvcle   %r2, %r4, 0                      # clear .bss
        jo      0b
        brasl   %r14, guest_main
        j       .

        .macro  interruption name, kind, old
        .globl  \name
\name:  stmg    %r0, %r15, LC_GR
        mvghi   LC_KIND, \kind
        mvc     LC_OLD_PSW(16), \old
        j       interrupted
        .endm

        interruption program_entry, KIND_PROGRAM, LC_PGM_OLD
        interruption svc_entry, KIND_SVC, LC_SVC_OLD
        interruption external_entry, KIND_EXTERNAL, LC_EXT_OLD
        interruption io_entry, KIND_IO, LC_IO_OLD

interrupted:
        stam    %a0, %a15, LC_AR
        ltg     %r1, LC_ACTIVE
        jz      unexpected
        mvghi   LC_ACTIVE, 0
        lg      %r15, LC_KEPT_STACK
        lmg     %r6, %r15, 48(%r15)
        br      %r14
unexpected:
        lg      %r15, LC_PANIC_STACK
        brasl   %r14, unexpected_interruption
        j       .

# void cpu_enter(const struct cpu_state *state): load the state; returns at the next interruption.
        .globl  cpu_enter
cpu_enter:
        stmg    %r6, %r15, 48(%r15)
        stg     %r15, LC_KEPT_STACK
        mvghi   LC_ACTIVE, 1
        mvc     LC_RUN_PSW(16), STATE_PSW(%r2)
        lam     %a0, %a15, STATE_AR(%r2)
        lmg     %r0, %r15, STATE_GR(%r2)
        lpswe   LC_RUN_PSW

# Another CPU begins here after SIGP restart.
        .globl  cpu_started
cpu_started:
        lg      %r15, LC_RESTART_STACK
        brasl   %r14, smp_started
        j       .

        .section .stack, "aw", @nobits
        .balign 8
        .space  STACK_SIZE
stack_top:
        .space  STACK_SIZE
panic_stack_top:
