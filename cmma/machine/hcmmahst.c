/* hcmmahst.c: the machine as the host sees it.
 *
 * Who calls it: the host library, through the table hcmma_machine, and the other files of the glue.
 *
 * Threads: CPU threads, device threads and the panel. `quiesce` and `resume` bracket every taking away of
 * blocks and may nest in one thread (an operator's command inside a DIAGNOSE).
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaint.h"
#include "hcmmarac.h"

cmma_mutant hcmma_mutant;
__thread struct hcmma_thread hcmma_own;
static REGS not_a_cpu;               /* stands for a device thread in SYNCHRONIZE_CPUS */
static U64 pinned[MAX_CPU_ENGINES][2]; /* block + 1, or 0; each CPU sets its own */
static int asking[MAX_CPU_ENGINES];    /* see hcmma_ask; each CPU sets its own */

/* ---- translations ------------------------------------------------------------------------------------ */

/* Call `visit` for each block that a valid TLB entry of `regs` stands for. Outside z/Architecture mode the
 * TLB has another shape and lives for some hundred instructions of a boot: it is emptied instead. */
static void each_translation(REGS *regs, void (*visit)(REGS *regs, int ix, U64 block))
{
    const U64 id_mask = 0x3FFFFF;
    int i;

    if (regs->arch_mode != ARCH_900)
    {
        memset(&regs->tlb.vaddr, 0, TLBN * sizeof(DW));
        return;
    }
    for (i = 0; i < TLBN; i++)
    {
        U64 vaddr = regs->tlb.TLB_VADDR_G(i);
        U64 offset;
        if (!regs->tlb.acc[i] || (vaddr & id_mask) != regs->tlbID)
            continue;
        vaddr = (vaddr & ~id_mask) | ((U64)i << 12);
        offset = (U64)(MAINADDR(regs->tlb.main[i], vaddr) - sysblk.mainstor);
        if (offset < sysblk.mainsize)
            visit(regs, i, offset >> CMMA_BLOCK_SHIFT);
        else
            regs->tlb.acc[i] = 0;
    }
}

static void mark_referenced(REGS *regs, int ix, U64 block)
{
    UNREFERENCED(regs);
    UNREFERENCED(ix);
    __atomic_fetch_and(&sysblk.blkstate[block], (BYTE)~CMMA_STATE_OLD, __ATOMIC_RELAXED);
}

static void drop_if_attention(REGS *regs, int ix, U64 block)
{
    if (hcmma_mutant == CMMA_MUTANT_TLB && regs->cpuad == 1)
        return;
    if (sysblk.blkstate[block] & CMMA_STATE_ATTENTION)
        regs->tlb.acc[ix] = 0;
}

U64 hcmma_instruction_address(const REGS *regs)
{
    const U64 offset = regs->aie ? (U64)(regs->ip - regs->aip) : 0;
    if (regs->arch_mode == ARCH_900)
        return regs->aie ? (regs->AIV_G + offset) & regs->psw.AMASK_G : regs->psw.IA_G;
    return regs->aie ? (regs->AIV_L + (U32)offset) & (regs->arch_mode == ARCH_370 ? AMASK24 : regs->psw.AMASK_L)
                     : regs->psw.IA_L;
}

/* INVALIDATE_AIA belongs to one architecture mode; the CPU says which one it is in. */
void hcmma_drop_instruction_address(REGS *regs)
{
    const U64 address = hcmma_instruction_address(regs);
    if (!regs->aie)
        return;
    if (regs->arch_mode == ARCH_900)
        regs->psw.IA_G = address;
    else
        regs->psw.IA_L = (U32)address;
    regs->aie = NULL;
}

static void each_cpu(void (*visit)(REGS *regs, int ix, U64 block), int drop_aia)
{
    int i;
    for (i = 0; i < MAX_CPU_ENGINES; i++)
    {
        REGS *regs = sysblk.regs[i];
        if (!IS_CPU_ONLINE(i))
            continue;
        each_translation(regs, visit);
        if (drop_aia)
            hcmma_drop_instruction_address(regs);
        if (regs->guestregs)
        {
            each_translation(regs->guestregs, visit);
            if (drop_aia)
                hcmma_drop_instruction_address(regs->guestregs);
        }
    }
}

/* ---- what the host asks of the machine ----------------------------------------------------------------- */

/* The CPU whose thread this is, or NULL. A CPU thread runs a channel program itself (synchronous I/O) or
 * looks at storage for a trace; it must not wait for itself to reach an instruction boundary. */
REGS *hcmma_own_cpu(void)
{
    int i;
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        if (IS_CPU_ONLINE(i) && equal_threads(sysblk.cputid[i], thread_id()))
            return sysblk.regs[i];
    return NULL;
}

/* A CPU that finds no free frame waits for the interruption lock in the middle of an instruction, and may hold
 * pointers to other blocks that it has been granted. */
cmma_result hcmma_ask(RADR aaddr, int cpu)
{
    cmma_result result;
    if (cpu == CMMA_NOT_A_CPU)
        return cmma_access(sysblk.cmma, aaddr, cpu);
    __atomic_store_n(&asking[cpu], 1, __ATOMIC_SEQ_CST);
    result = cmma_access(sysblk.cmma, aaddr, cpu);
    __atomic_store_n(&asking[cpu], 0, __ATOMIC_SEQ_CST);
    return result;
}

/* Is a CPU other than this one inside an instruction, although all of them wait? One that asks itself need not
 * know: the host takes no block then whose loss a pointer would notice. */
static int another_is_asking(REGS *own)
{
    int i;
    if (own && asking[own->cpuad])
        return 0;
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        if (IS_CPU_ONLINE(i) && __atomic_load_n(&asking[i], __ATOMIC_SEQ_CST))
            return 1;
    return 0;
}

static void obtain_and_synchronize(REGS *regs)
{
    REGS *started;
    if (!hcmma_own.had_lock)
    {
        if (!regs)
        {
            /* OBTAIN_INTLOCK(NULL) does not wait for a synchronisation under way; two must not overlap. */
            OBTAIN_INTLOCK(NULL);
            while (sysblk.syncing)
                wait_condition(&sysblk.sync_bc_cond, &sysblk.intlock);
            sysblk.intowner = LOCK_OWNER_OTHER;
        }
        else
            OBTAIN_INTLOCK(regs);
    }
    /* A CPU that is not started is not in the mask that SYNCHRONIZE_CPUS takes its own bit out of. */
    started = regs && (sysblk.started_mask & regs->cpubit) ? regs : &not_a_cpu;
    SYNCHRONIZE_CPUS(started);
    sysblk.intowner = regs ? regs->cpuad : LOCK_OWNER_OTHER;
}

void hcmma_quiesce(void *context, int cpu)
{
    REGS *regs = cpu == CMMA_NOT_A_CPU ? hcmma_own_cpu() : sysblk.regs[cpu];
    UNREFERENCED(context);
    if (hcmma_own.quiesced++)
        return;
    not_a_cpu.hostregs = &not_a_cpu;
    not_a_cpu.cpuad = LOCK_OWNER_OTHER;
    hcmma_own.had_lock = hcmma_own.caller_has_lock || (regs && sysblk.intowner == regs->cpuad);
    obtain_and_synchronize(regs);
    while (!hcmma_own.had_lock && another_is_asking(regs))
    {
        /* Let it have the lock first, and finish. */
        RELEASE_INTLOCK(NULL);
        usleep(1);
        obtain_and_synchronize(regs);
    }
    each_cpu(mark_referenced, 0);
}

void hcmma_forget_translations(void)
{
    each_cpu(drop_if_attention, 1);
}

void hcmma_resume(void *context, int cpu)
{
    UNREFERENCED(context);
    UNREFERENCED(cpu);
    if (--hcmma_own.quiesced)
        return;
    hcmma_forget_translations();
    if (!hcmma_own.had_lock)
        RELEASE_INTLOCK(NULL);
}

/* Without the interruption lock: a CPU may be here in the middle of an instruction. A plain OR, as in ON_IC_INTERRUPT,
 * would write back an old value of the other bits, and lose an I/O interruption that a device's thread has just
 * made pending, for ever. The reverse is harmless: if such a thread writes back an old value of this bit, the host
 * has its request made again by what happens next. */
static void ask_for_interrupt(REGS *regs)
{
    __atomic_fetch_or(&regs->ints_state, BIT(IC_INTERRUPT), __ATOMIC_SEQ_CST);
}

static void machine_request_reclaim(void *context, int cpu)
{
    UNREFERENCED(context);
    /* A channel that runs out of frames reclaims by itself. */
    if (cpu != CMMA_NOT_A_CPU)
    {
        ask_for_interrupt(sysblk.regs[cpu]);
        if (sysblk.regs[cpu]->guestregs)
            ask_for_interrupt(sysblk.regs[cpu]->guestregs);
    }
}

/* With 2 KB storage keys compiled in, a 4 KB block has two; z/Architecture sees their union. */
#if defined(_FEATURE_2K_STORAGE_KEYS)
#define BLOCK_KEY(_block, _n) sysblk.storkeys[((_block) << 1) | (_n)]
#else
#define BLOCK_KEY(_block, _n) sysblk.storkeys[(_block)]
#endif

static int machine_changed(void *context, uint64_t block)
{
    UNREFERENCED(context);
    return hcmma_mutant != CMMA_MUTANT_CHANGE && ((BLOCK_KEY(block, 0) | BLOCK_KEY(block, 1)) & STORKEY_CHANGE) != 0;
}

static void machine_reset_reference_change(void *context, uint64_t block)
{
    UNREFERENCED(context);
    BLOCK_KEY(block, 0) &= ~(STORKEY_REF | STORKEY_CHANGE);
    BLOCK_KEY(block, 1) &= ~(STORKEY_REF | STORKEY_CHANGE);
}

/* Interruptions store into the prefix area, and the SIE state description is used in place: both by host
 * pointer, without an access that could be nullified. Pinned operands belong to an instruction that cannot be
 * nullified any more. */
static int machine_exempt(void *context, uint64_t block)
{
    int i;
    UNREFERENCED(context);
    for (i = 0; i < MAX_CPU_ENGINES; i++)
    {
        REGS *regs = sysblk.regs[i];
        if (!IS_CPU_ONLINE(i))
            continue;
        if (block - (regs->PX >> CMMA_BLOCK_SHIFT) < 2)
            return 1;
        if (pinned[i][0] == block + 1 || pinned[i][1] == block + 1)
            return 1;
        if (regs->sie_active && regs->guestregs)
        {
            if (block - ((U64)((BYTE *)regs->guestregs->psa - sysblk.mainstor) >> CMMA_BLOCK_SHIFT) < 2
             || block == (U64)((BYTE *)regs->guestregs->siebk - sysblk.mainstor) >> CMMA_BLOCK_SHIFT)
                return 1;
        }
    }
    return 0;
}

void hcmma_with_interruption_lock(int held)
{
    hcmma_own.caller_has_lock = held;
}

static U64 pin_of(const BYTE *host)
{
    U64 offset = (U64)(host - sysblk.mainstor);
    return offset < sysblk.mainsize ? (offset >> CMMA_BLOCK_SHIFT) + 1 : 0;
}

void hcmma_pin_operands(int cpu, const BYTE *first, const BYTE *last)
{
    pinned[cpu][0] = pin_of(first);
    pinned[cpu][1] = pin_of(last);
}

static uint64_t machine_instructions(void *context, int cpu)
{
    UNREFERENCED(context);
    return cpu == CMMA_NOT_A_CPU || !IS_CPU_ONLINE(cpu) ? 0 : INSTCOUNT(sysblk.regs[cpu]);
}

static void machine_message(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM001I %s\n", line);
}

static void machine_fail(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM002S %s\n", line);
    end_with_status(3);
}

/* A host event is part of what a deterministic run is known by. */
static void machine_event(void *context, int cpu, unsigned kind, uint64_t block, unsigned from, unsigned to)
{
    UNREFERENCED(context);
    if (unlikely(hcmma_one_thread))
    {
        hcmma_note(HCMMA_NOTE_STATE, cpu, (U64)kind << 16 | from << 8 | to, block);
        hcmma_race_host_event(cpu, kind, block);
        hcmma_rep_state(from, to);
    }
}

const struct cmma_machine hcmma_machine =
{
    .changed = machine_changed,
    .reset_reference_change = machine_reset_reference_change,
    .exempt = machine_exempt,
    .quiesce = hcmma_quiesce,
    .resume = hcmma_resume,
    .request_reclaim = machine_request_reclaim,
    .instructions = machine_instructions,
    .message = machine_message,
    .fail = machine_fail,
    .event = machine_event,
};
