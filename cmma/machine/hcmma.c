/* hcmma.c: the glue between Hercules and the host that owns main storage (libcmma): storage and accesses.
 *
 * Who calls it: the hook points of hercules-patches, through hcmma.h. It is compiled into libherc, once,
 * without an architecture mode, as hcmmahst.c (the machine as the host sees it) and hcmmacmd.c (statement,
 * commands, DIAGNOSE) are. Whatever can be decided without Hercules' structures is decided in the host library.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaint.h"
#include "hcmmarac.h"

#include <sys/mman.h>

/* ---- main storage --------------------------------------------------------------------------------------- */

static void close_host(void *unused)
{
    cmma_host *host = hcmma_end_commands();
    UNREFERENCED(unused);
    if (host)
        cmma_close(host);
}

BYTE *hcmma_obtain_storage(void)
{
    struct cmma_machine machine = hcmma_machine;
    char error[256];
    void *p;

    if (hcmma_gdb_start())
        return NULL;
    if (!hcmma_options())
    {
        sysblk.blkstate = calloc(sysblk.mainsize >> CMMA_BLOCK_SHIFT, 1);
        p = mmap(NULL, sysblk.mainsize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return sysblk.blkstate && p != MAP_FAILED ? p : NULL;
    }
    /* To be told of everything costs ESSA its short way. */
    if (!hcmma_one_thread)
        machine.event = NULL;
    sysblk.cmma = cmma_open(hcmma_options(), sysblk.mainsize, &machine, error, sizeof(error));
    if (!sysblk.cmma)
    {
        logmsg("HHCCM003S CMMA: %s\n", error);
        return NULL;
    }
    sysblk.blkstate = cmma_states(sysblk.cmma);
    hcmma_mutant = cmma_broken_rule(sysblk.cmma);
    if (!hcmma_race_start())
        return NULL;
    hdl_adsc("hcmma_close", close_host, NULL);
    hcmma_start_commands();
    return cmma_main_storage(sysblk.cmma);
}

void hcmma_reset(int clear)
{
    if (sysblk.cmma)
        cmma_reset(sysblk.cmma, clear);
    else if (clear && sysblk.mainstor)
        memset(sysblk.mainstor, 0, sysblk.mainsize);
}

void hcmma_program_reset(void)
{
    if (sysblk.cmma && cmma_command(sysblk.cmma, "option reset-states", NULL, NULL) == 0)
        cmma_reset(sysblk.cmma, 0);
}

/* ---- accesses ------------------------------------------------------------------------------------------- */

/* The host has failed and said so: this CPU must not complete the instruction. */
static void stop_cpu(REGS *regs)
{
    REGS *host = regs->hostregs;
    if (regs->ghostregs)
        longjmp(regs->progjmp, PGM_ADDRESSING_EXCEPTION);
    if (sysblk.intowner == host->cpuad)
        RELEASE_INTLOCK(host);
    if (sysblk.mainowner == host->cpuad)
        RELEASE_MAINLOCK(host);
    host->cpustate = CPUSTATE_STOPPING;
    ON_IC_INTERRUPT(host);
    longjmp(host->progjmp, SIE_NO_INTERCEPT);
}

/* Who accesses storage as `regs`: copies of a CPU's registers are used by the operator, and by a CPU thread that
 * displays storage while it is inside an instruction. */
static int accessing_cpu(REGS *regs)
{
    REGS *own;
    if (!regs->ghostregs && !regs->dummy)
        return regs->hostregs->cpuad;
    own = hcmma_own_cpu();
    return own ? own->cpuad : CMMA_NOT_A_CPU;
}

void hcmma_access(RADR aaddr, REGS *regs)
{
    REGS *host = regs->hostregs ? regs->hostregs : regs;

    switch (hcmma_ask(aaddr, accessing_cpu(regs)))
    {
    case CMMA_DONE:
        return;
    case CMMA_DISCARDED:
        if (hcmma_mutant == CMMA_MUTANT_REPEAT)
            host->psw.cc = (host->psw.cc + 1) & 3;
        host->TEA = aaddr & ~(RADR)(CMMA_BLOCK_SIZE - 1);
        host->program_interrupt(host, PGM_BLOCK_VOLATILITY_EXCEPTION);
        return;
    case CMMA_FAILED:
        stop_cpu(regs);
        return;
    default:
        host->program_interrupt(host, PGM_ADDRESSING_EXCEPTION);
    }
}

void hcmma_access_range(RADR aaddr, size_t length, REGS *regs)
{
    RADR block = aaddr & ~(RADR)(CMMA_BLOCK_SIZE - 1);
    RADR end = aaddr + (length ? length : 1);
    for (; block < end && block < sysblk.mainsize; block += CMMA_BLOCK_SIZE)
        if (HCMMA_NEEDS_HOST(block))
            hcmma_access(block, regs);
}

int hcmma_usable(RADR aaddr, size_t length, REGS *regs)
{
    RADR block = HCMMA_ABSOLUTE(aaddr & ~(RADR)(CMMA_BLOCK_SIZE - 1), regs);
    RADR end = HCMMA_ABSOLUTE(aaddr, regs) + length;

    for (; block < end && block < sysblk.mainsize; block += CMMA_BLOCK_SIZE)
        if (HCMMA_NEEDS_HOST(block) && hcmma_ask(block, accessing_cpu(regs)) != CMMA_DONE)
            return 0;
    return 1;
}

void hcmma_secure(RADR aaddr, size_t length)
{
    RADR block = aaddr & ~(RADR)(CMMA_BLOCK_SIZE - 1);
    REGS *own = hcmma_own_cpu();
    int cpu = own ? own->cpuad : CMMA_NOT_A_CPU;
    uint64_t r1;

    hcmma_with_interruption_lock(1);
    for (; block < aaddr + length && block < sysblk.mainsize; block += CMMA_BLOCK_SIZE)
        if (HCMMA_NEEDS_HOST(block) && cmma_access(sysblk.cmma, block, cpu) != CMMA_DONE)
            cmma_essa(sysblk.cmma, cpu, block, 5, &r1);
    hcmma_with_interruption_lock(0);
}

void hcmma_prefix_area(REGS *regs)
{
    if (!regs->dummy)
        hcmma_secure(regs->PX, 2 * CMMA_BLOCK_SIZE);
}

void hcmma_pin(const BYTE *first, const BYTE *last, REGS *regs)
{
    hcmma_pin_operands(regs->hostregs->cpuad, first, last);
}

void hcmma_unpin(REGS *regs)
{
    hcmma_pin_operands(regs->hostregs->cpuad, NULL, NULL);
}

U64 hcmma_essa(REGS *regs, U64 r2, int orc)
{
    uint64_t r1 = 0;

    if (hcmma_mutant == CMMA_MUTANT_ORC6 && orc == 6)
    {
        hcmma_race_set_later(regs, r2);
        orc = 0;
    }
    switch (cmma_essa(sysblk.cmma, regs->cpuad, r2, orc, &r1))
    {
    case CMMA_DONE:
        return r1;
    case CMMA_SPECIFICATION:
        regs->program_interrupt(regs, PGM_SPECIFICATION_EXCEPTION);
        return 0;
    case CMMA_FAILED:
        stop_cpu(regs);
        return 0;
    default:
        regs->program_interrupt(regs, PGM_ADDRESSING_EXCEPTION);
        return 0;
    }
}

/* A range that does not lie in main storage is refused as well: some callers check its beginning only. */
static int outside(RADR aaddr, size_t length)
{
    return aaddr > sysblk.mainsize || length > sysblk.mainsize - aaddr;
}

int hcmma_read(RADR aaddr, void *to, size_t length)
{
    if (outside(aaddr, length))
        return 1;
    if (sysblk.cmma)
        return cmma_read(sysblk.cmma, aaddr, to, length, NULL) != CMMA_DONE;
    memcpy(to, sysblk.mainstor + aaddr, length);
    return 0;
}

int hcmma_write(RADR aaddr, const void *from, size_t length)
{
    if (outside(aaddr, length))
        return 1;
    if (sysblk.cmma)
        return cmma_write(sysblk.cmma, aaddr, from, length, NULL) != CMMA_DONE;
    memcpy(sysblk.mainstor + aaddr, from, length);
    return 0;
}

int hcmma_nodat(void)
{
    return sysblk.cmma && cmma_command(sysblk.cmma, "option nodat", NULL, NULL) == 0;
}
