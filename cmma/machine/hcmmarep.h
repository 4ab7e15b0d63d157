/* hcmmarep.h: can the instruction that gets a discard fault be repeated? Invariant I8, looked at while the host looks at the others.
 *
 * Who includes it: hercules.h through hcmmadet.h (HCMMA_BEGIN), and the files of the glue.
 *
 * What a CPU has at the beginning of an instruction is kept until the next one. When the discard fault is taken, the CPU has to be
 * back there: PSW and general registers. Access and floating-point registers would cost as much again with each
 * instruction; they are for the guests of tests/guest. Where the architecture lets an instruction end in its middle and go on
 * later (MOVE LONG), the registers say how far it has come, and only the PSW's address has to be back.
 *
 * Invariants
 *   P1  Nothing is changed, and nothing is done while no block is discarded: there is no discard fault then.
 *   P2  A fault in fetching an instruction, or between two, is behind an instruction that is complete: nothing is compared.
 */
#ifndef HCMMAREP_H
#define HCMMAREP_H

/* What a CPU had. The instruction's address is that of `ip` in the page `aip`, whose address is `aiv`. */
struct hcmma_begun
{
    const BYTE *inst; /* NULL: nothing is under way */
    const BYTE *ip, *aip;
    U64 aiv;
    BYTE psw[offsetof(PSW, zeroword)]; /* all but the address and its mask */
    DW gr[16];
};
extern struct hcmma_begun hcmma_begun[MAX_CPU_ENGINES];

/* How many blocks are discarded; 0 if nobody looks. */
extern U64 hcmma_rep_discarded;

/* A CPU begins an instruction. */
static inline void hcmma_rep_begin(const REGS *regs, const BYTE *inst)
{
    struct hcmma_begun *begun = &hcmma_begun[regs->cpuad];
    begun->inst = inst;
    begun->ip = regs->ip;
    begun->aip = regs->aip;
    begun->aiv = regs->AIV_G;
    memcpy(begun->psw, &regs->psw, sizeof(begun->psw));
    memcpy(begun->gr, regs->gr, sizeof(begun->gr));
}

/* A block's state byte has changed. */
void hcmma_rep_state(unsigned from, unsigned to);

/* An interruption is taken by this CPU, and its PSW is the old PSW already. `code`: of a program interruption, otherwise 0. */
void hcmma_rep_interruption(const REGS *regs, unsigned code);

#endif
