/* hcmmaacc.c: uses of storage that the race engine wants to hear of.
 *
 * Who calls it: hcmmaevt.c, hcmmarac.c and hcmmagdw.c. All CPUs are fibers of one thread.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaacc.h"
#include "hcmmagdi.h"
#include "hcmmaint.h"
#include "hcmmatab.h"

/* Each block that is watched has room, and so many with tables: more than that one instruction does not store into. */
enum { MOST_USES = 2 * CMMA_WATCH_BLOCKS };

static const struct cmma_watch *watched;
static struct { int count; struct cmma_use use[MOST_USES]; } uses[MAX_CPU_ENGINES]; /* of the instruction under way */
static int pending;
static int watches_tables;

void hcmma_acc_watch(const struct cmma_watch *watch)
{
    const int tables = watch && watch->tables;
    watched = watch;
    if (tables != watches_tables)
        hcmma_tab_watch(tables);
    watches_tables = tables;
    hcmma_gdb_watch_more(tables || (watch && watch->blocks != 0));
}

static int is_watched(U64 block)
{
    U32 i;
    for (i = 0; watched && i < watched->blocks; i++)
        if (watched->block[i] == block)
            return 1;
    return 0;
}

/* The CPU is in the middle of the instruction, and the PSW has the next one. */
static U64 this_instruction(const REGS *regs)
{
    return (hcmma_instruction_address(regs) - REAL_ILC(regs)) & regs->psw.AMASK_G;
}

static void note_use(const REGS *regs, const struct cmma_use *now)
{
    struct cmma_use *use = uses[now->cpu].use, *end = use + uses[now->cpu].count;
    while (use < end && use->block != now->block)
        use++;
    if (use < end)
    {
        use->kinds |= now->kinds;
        use->level = now->kinds & CMMA_ACCESS_TABLE ? now->level : use->level;
    }
    else if (uses[now->cpu].count < MOST_USES)
    {
        *use = *now;
        use->address = this_instruction(regs);
        uses[now->cpu].count++;
        pending++;
        hcmma_thr_attend();
    }
}

/* Stores into tables that nobody knew may go by the TLBs. */
static void learnt(int new_ones)
{
    if (new_ones)
        hcmma_gdb_watch_more(1);
}

int hcmma_acc_used(REGS *regs, U64 address, int is_write, int is_access)
{
    struct cmma_use now = {.cpu = regs->cpuad, .block = regs->dat.aaddr >> CMMA_BLOCK_SHIFT, .operand = address};
    int level;
    if (is_watched(now.block))
        now.kinds = is_write ? CMMA_ACCESS_STORE : CMMA_ACCESS_LOAD;
    if (watches_tables)
    {
        learnt(hcmma_tab_learn(regs));
        level = hcmma_tab_level(regs->dat.aaddr);
        if (is_write && level >= 0)
        {
            now.kinds |= CMMA_ACCESS_TABLE;
            now.level = (U32)level;
        }
    }
    if (is_access && now.kinds)
        note_use(regs, &now);
    return now.kinds != 0;
}

/* It may be the first use of an address space. */
void hcmma_acc_fault(int cpu)
{
    if (watches_tables)
        learnt(hcmma_tab_learn(sysblk.regs[cpu]));
}

void hcmma_acc_nullified(int cpu)
{
    pending -= uses[cpu].count;
    uses[cpu].count = 0;
}

int hcmma_acc_pending(void)
{
    return pending;
}

void hcmma_acc_tell(cmma_race *race, REGS *regs)
{
    const int cpu = regs->cpuad, count = uses[cpu].count;
    int i;
    hcmma_acc_nullified(cpu);
    for (i = 0; i < count; i++)
    {
        struct cmma_use now = uses[cpu].use[i];
        now.instructions = hcmma_thr_instructions();
        if (watches_tables && (now.kinds & CMMA_ACCESS_TABLE))
            learnt(hcmma_tab_learn_more(now.block));
        cmma_race_accessed(race, &now);
    }
}
