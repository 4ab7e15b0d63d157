/* hcmmagdw.c: what a CPU stops at for gdb: breakpoints, the end of a step, what is watched.
 *
 * Who calls it: the hook points of hercules-patches, through hcmmagdb.h; hcmmaacc.c, for the race engine wants to hear of uses of storage
 * as gdb does, at the same place.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaacc.h"
#include "hcmmaint.h"
#include "hcmmagdi.h"

int hcmma_gdb_watching;

static int race_watches; /* the race engine does */

/* ---- instructions ---------------------------------------------------------------------------------------- */

/* Why the CPU stops in front of this instruction; CMMA_GDB_INTERRUPT: it does not. */
static enum cmma_gdb_reason reason_at(struct hcmma_gdb_cpu *cpu, U64 address)
{
    const int passes = cpu->passes && cpu->pass == address;
    const int first = cpu->begun && cpu->from == address;
    cpu->passes = 0;
    cpu->begun = 0;
    if (!passes && cmma_gdb_breaks_at(hcmma_gdb_server, address))
        return CMMA_GDB_BREAKPOINT;
    if (cpu->go.order != CMMA_GDB_STEP_ON || first || (address >= cpu->go.first && address <= cpu->go.last))
        return CMMA_GDB_INTERRUPT;
    return CMMA_GDB_STEP;
}

int hcmma_gdb_fetched(REGS *regs)
{
    const int traces = sysblk.inststep || sysblk.insttrace || regs->permode;
    struct hcmma_gdb_cpu *cpu = &hcmma_gdb_cpus[regs->cpuad];
    enum cmma_gdb_reason reason;
    U64 address;

    /* A guest of the guest is not looked at: SIE is one instruction. */
    if (!hcmma_gdb_server || regs->guest)
        return !traces;
    address = hcmma_instruction_address(regs);
    reason = reason_at(cpu, address);
    if (reason == CMMA_GDB_INTERRUPT)
        return !traces && cpu->go.order != CMMA_GDB_STEP_ON
            && !cmma_gdb_breaks_in_page(hcmma_gdb_server, regs->arch_mode == ARCH_900 ? regs->AIV_G : regs->AIV_L);
    if (hcmma_gdb_become_server(regs))
    {
        cpu->passes = 1;
        cpu->pass = address;
        hcmma_gdb_serve(regs, reason, 0);
    }
    else
    {
        /* Another CPU was first. This one stops here again when it may go on, if it still has to. */
        hcmma_gdb_boundary(regs);
        hcmma_drop_instruction_address(regs);
    }
    if (cpu->psw_changed)
    {
        cpu->psw_changed = 0;
        longjmp(regs->progjmp, SIE_NO_INTERCEPT);
    }
    return 0;
}

int hcmma_gdb_defers(REGS *regs)
{
    return hcmma_gdb_cpus[regs->cpuad].go.order == CMMA_GDB_STEP_ON && !WAITSTATE(&regs->psw);
}

/* ---- storage --------------------------------------------------------------------------------------------- */

void hcmma_gdb_update_watching(void)
{
    hcmma_gdb_watching = race_watches || (hcmma_gdb_server && cmma_gdb_has_watchpoints(hcmma_gdb_server));
}

int hcmma_gdb_accessed(REGS *regs, U64 addr, size_t len, int is_write, int is_access)
{
    struct hcmma_gdb_cpu *cpu;
    uint64_t watch;
    int watched;
    if (regs->guest || regs->ghostregs || regs->dummy)
        return 0;
    watched = race_watches && hcmma_acc_used(regs, addr, is_write, is_access);
    if (!hcmma_gdb_server || !cmma_gdb_watches_page(hcmma_gdb_server, addr, addr + len - 1))
        return watched;
    cpu = &hcmma_gdb_cpus[regs->cpuad];
    if (is_access && !cpu->watched && cmma_gdb_watches(hcmma_gdb_server, addr, addr + len - 1, is_write, &watch))
        hcmma_gdb_stop_behind(regs, watch);
    return 1;
}

/* In a deterministic run. What the TLBs know by now they would not ask about. */
void hcmma_gdb_watch_more(int on)
{
    int i;
    race_watches = on;
    hcmma_gdb_update_watching();
    for (i = 0; on && i < MAX_CPU_ENGINES; i++)
        if (IS_CPU_ONLINE(i))
            memset(sysblk.regs[i]->tlb.acc, 0, sizeof(sysblk.regs[i]->tlb.acc));
}
