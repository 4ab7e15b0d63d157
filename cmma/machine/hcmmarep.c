/* hcmmarep.c: see hcmmarep.h.
 *
 * Who calls it: the patched sources through HCMMA_BEGIN, hcmmadet.c for interruptions, and hcmmahst.c for states.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaint.h"
#include "hcmmarep.h"

struct hcmma_begun hcmma_begun[MAX_CPU_ENGINES];
U64 hcmma_rep_discarded;

void hcmma_rep_state(unsigned from, unsigned to)
{
    const unsigned pair = CMMA_STATE_CONTENT | CMMA_STATE_USAGE, discarded = 0x0f; /* Vz */
    const int was = (from & pair) == discarded, is = (to & pair) == discarded;
    if (was == is || !cmma_looks_at_invariants(sysblk.cmma))
        return;
    hcmma_rep_discarded += is ? 1 : (U64)-1;
    /* What begins from now on is not kept, and what was kept grows old. */
    if (!hcmma_rep_discarded)
        memset(hcmma_begun, 0, sizeof(hcmma_begun));
}

/* Interruptible instructions, and those that may end with condition code 3 after a part of their work. */
static int comes_in_parts(const BYTE *inst)
{
    /* CFC, CKSM, MVST, CUSE, CLST, SRST, CMPSC, TRE, CU21, CU12 */
    static const BYTE b2[] = {0x1a, 0x41, 0x55, 0x57, 0x5d, 0x5e, 0x63, 0xa5, 0xa6, 0xa7};
    /* KMAC, KMF, KMO, PCC, KMCTR, KM, KMC, KIMD, KLMD; TRTT, TRTO, TROT, TROO; PFMF; CU14, CU24, CU41, CU42; TRTRE, SRSTU, TRTE */
    static const BYTE b9[] = {0x1e, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x3e, 0x3f, 0x90, 0x91,
                              0x92, 0x93, 0xaf, 0xb0, 0xb1, 0xb2, 0xb3, 0xbd, 0xbe, 0xbf};
    switch (inst[0])
    {
    case 0x01: /* UPT */
        return inst[1] == 0x02;
    case 0x0e: /* MVCL */
    case 0x0f: /* CLCL */
    case 0xa8: /* MVCLE */
    case 0xa9: /* CLCLE */
        return 1;
    case 0xb2:
        return memchr(b2, inst[1], sizeof(b2)) != NULL;
    case 0xb9:
        return memchr(b9, inst[1], sizeof(b9)) != NULL;
    case 0xeb: /* MVCLU, CLCLU */
        return inst[5] == 0x8e || inst[5] == 0x8f;
    default:
        return 0;
    }
}

static U64 address_of(const REGS *regs, const struct hcmma_begun *begun)
{
    const U64 address = begun->aiv + (U64)(begun->ip - begun->aip);
    return regs->arch_mode == ARCH_900 ? address & regs->psw.AMASK_G : (U32)address & regs->psw.AMASK_L;
}

/* What is not as it was; NULL: nothing. */
static const char *changed(const REGS *regs, const struct hcmma_begun *begun)
{
    const PSW *is = &regs->psw;
    const BYTE *inst = begun->inst;
    PSW was;

    if (inst[0] == 0x44 || (inst[0] == 0xc6 && !(inst[1] & 0x0f))) /* EX, EXRL */
        inst = regs->exinst;
    if ((regs->arch_mode == ARCH_900 ? is->IA_G : is->IA_L) != address_of(regs, begun))
        return "the instruction address";
    if (comes_in_parts(inst))
        return NULL;
    memcpy(&was, begun->psw, sizeof(begun->psw));
    if (is->cc != was.cc)
        return "the condition code";
    if (is->sysmask != was.sysmask || is->pkey != was.pkey || is->states != was.states || is->asc != was.asc
     || is->progmask != was.progmask || is->amode != was.amode || is->amode64 != was.amode64)
        return "the PSW";
    return memcmp(begun->gr, regs->gr, sizeof(begun->gr)) ? "a general register" : NULL;
}

void hcmma_rep_interruption(const REGS *regs, unsigned code)
{
    struct hcmma_begun *begun = &hcmma_begun[regs->cpuad];
    const int is_wanted = begun->inst && (code & ~(unsigned)PGM_PER_EVENT) == PGM_BLOCK_VOLATILITY_EXCEPTION
                          && !regs->instinvalid && !regs->sie_active;
    const char *what = is_wanted ? changed(regs, begun) : NULL;

    begun->inst = NULL;
    if (what)
        cmma_not_nullified(sysblk.cmma, regs->TEA, address_of(regs, begun), what);
}
