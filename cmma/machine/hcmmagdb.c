/* hcmmagdb.c: one CPU serves gdb, the others are held.
 *
 * Who calls it: the hook points of hercules-patches, through hcmmagdb.h. The CPU that stops speaks the protocol itself
 * (cmma_gdb_stop); there is no thread that it would have to wait for. In a deterministic run the others need not be
 * brought to a halt: they are fibers of the same thread.
 *
 * Locks: gdb_lock guards what is defined here. It is taken without any other lock, and held for a few instructions.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaint.h"
#include "hcmmagdi.h"

int hcmma_gdb_wanted;
int hcmma_gdb_tracing;
unsigned long long hcmma_gdb_stepped;
U64 hcmma_gdb_until;
int hcmma_gdb_between;

cmma_gdb *hcmma_gdb_server;
struct hcmma_gdb_cpu hcmma_gdb_cpus[MAX_CPU_ENGINES];
int hcmma_gdb_wait_for_client;
static LOCK gdb_lock;
static COND gdb_changed;
static int server = -1;          /* the CPU that serves gdb */
static int interrupted;          /* gdb wants the machine to stop */
static int arrived;              /* hcmma_gdb_until is reached */

int hcmma_gdb_server_cpu(void)
{
    return server;
}

void hcmma_gdb_psw_changed(int cpu)
{
    hcmma_gdb_cpus[cpu].psw_changed = 1;
    hcmma_gdb_cpus[cpu].passes = 0;
}

/* ---- holding -------------------------------------------------------------------------------------------- */

/* Passing through the lock lets a synchronisation under way count this CPU in; intwait, those to come. */
static void begin_hold(REGS *regs)
{
    hcmma_drop_instruction_address(regs);
    OBTAIN_INTLOCK(regs);
    if (!hcmma_one_thread)
        hcmma_gdb_cpus[regs->cpuad].timer = cpu_timer(regs);
    hcmma_gdb_cpus[regs->cpuad].held = 1;
    regs->intwait = 1;
    RELEASE_INTLOCK(regs);
}

/* `held` has been cleared under gdb_lock, together with the look at who serves: the next to serve must not take this
 * CPU for one that does nothing. */
static void end_hold(REGS *regs)
{
    OBTAIN_INTLOCK(regs);
    if (!hcmma_one_thread)
        set_cpu_timer(regs, hcmma_gdb_cpus[regs->cpuad].timer);
    RELEASE_INTLOCK(regs);
}

static void ask_to_come(REGS *regs)
{
    __atomic_fetch_or(&regs->ints_state, BIT(IC_INTERRUPT), __ATOMIC_SEQ_CST);
    if (regs->guestregs)
        __atomic_fetch_or(&regs->guestregs->ints_state, BIT(IC_INTERRUPT), __ATOMIC_SEQ_CST);
}

/* A CPU that waits or is stopped wakes up into process_interrupt, and is held there. */
static int at_rest(REGS *regs)
{
    return hcmma_gdb_cpus[regs->cpuad].held || (sysblk.waiting_mask & regs->cpubit) || !(sysblk.started_mask & regs->cpubit);
}

static void hold_others(REGS *regs)
{
    int i, busy = !hcmma_one_thread;
    while (busy && !sysblk.shutdown)
    {
        busy = 0;
        OBTAIN_INTLOCK(regs);
        for (i = 0; i < MAX_CPU_ENGINES; i++)
            if (IS_CPU_ONLINE(i) && i != regs->cpuad && !at_rest(sysblk.regs[i]))
            {
                ask_to_come(sysblk.regs[i]);
                busy = 1;
            }
        regs->intwait = 1;
        RELEASE_INTLOCK(regs);
        if (busy)
            usleep(20);
    }
}

/* ---- serving -------------------------------------------------------------------------------------------- */

/* With gdb_lock. */
static void update_wanted(void)
{
    int i, wanted = interrupted || arrived || server >= 0;
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        wanted |= IS_CPU_ONLINE(i) && (hcmma_gdb_cpus[i].go.order == CMMA_GDB_STAY || hcmma_gdb_cpus[i].watched);
    __atomic_store_n(&hcmma_gdb_wanted, wanted, __ATOMIC_SEQ_CST);
}

static void prepare(REGS *regs)
{
    struct hcmma_gdb_cpu *cpu = &hcmma_gdb_cpus[regs->cpuad];
    hcmma_drop_instruction_address(regs);
    cpu->begun = 1;
    cpu->from = hcmma_instruction_address(regs);
    cpu->watched = 0;
    regs->tracing = sysblk.inststep || sysblk.insttrace || hcmma_gdb_tracing;
    if (hcmma_gdb_watching)
        memset(regs->tlb.acc, 0, sizeof(regs->tlb.acc));
    if (regs->guestregs)
    {
        hcmma_drop_instruction_address(regs->guestregs);
        regs->guestregs->tracing = regs->tracing;
    }
}

/* What gdb wants now, for all CPUs. They are held; `tracing` belongs to the interruption lock. */
static void give_orders(REGS *regs, const struct cmma_gdb_go *go)
{
    unsigned long long stepped = 0;
    int i;
    for (i = 0; i < MAX_CPU_ENGINES && i < CMMA_GDB_CPUS; i++)
    {
        hcmma_gdb_cpus[i].go = go[i];
        if (IS_CPU_ONLINE(i) && go[i].order == CMMA_GDB_STEP_ON)
            stepped |= 1ull << i;
    }
    hcmma_gdb_stepped = stepped;
    hcmma_gdb_tracing = stepped || cmma_gdb_has_breakpoints(hcmma_gdb_server);
    hcmma_gdb_update_watching();
    OBTAIN_INTLOCK(regs);
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        if (IS_CPU_ONLINE(i))
            prepare(sysblk.regs[i]);
    regs->intwait = 1;
    RELEASE_INTLOCK(regs);
}

/* Is this CPU the one that serves now? If not, another one does. */
int hcmma_gdb_become_server(REGS *regs)
{
    int mine;
    obtain_lock(&gdb_lock);
    mine = server < 0 && hcmma_gdb_server && !sysblk.shutdown;
    if (mine)
    {
        server = regs->cpuad;
        update_wanted();
    }
    release_lock(&gdb_lock);
    return mine;
}

void hcmma_gdb_serve(REGS *regs, enum cmma_gdb_reason reason, U64 address)
{
    struct cmma_gdb_go go[CMMA_GDB_CPUS];
    const int wait = hcmma_gdb_wait_for_client;
    begin_hold(regs);
    hold_others(regs);
    cmma_gdb_stop(hcmma_gdb_server, regs->cpuad, reason, address, wait, go);
    give_orders(regs, go);
    obtain_lock(&gdb_lock);
    hcmma_gdb_wait_for_client = 0;
    interrupted = arrived = 0;
    server = -1;
    hcmma_gdb_cpus[regs->cpuad].held = 0;
    update_wanted();
    broadcast_condition(&gdb_changed);
    release_lock(&gdb_lock);
    end_hold(regs);
}

/* Until this CPU may go on: it serves if nobody does and there is something to say. */
void hcmma_gdb_boundary(REGS *regs)
{
    struct hcmma_gdb_cpu *cpu = &hcmma_gdb_cpus[regs->cpuad];
    while (hcmma_gdb_server && !sysblk.shutdown)
    {
        if (server < 0 && cpu->watched)
        {
            if (hcmma_gdb_become_server(regs))
                hcmma_gdb_serve(regs, CMMA_GDB_WATCHPOINT, cpu->watch);
        }
        else if (server < 0 && arrived)
        {
            if (hcmma_gdb_become_server(regs))
                hcmma_gdb_serve(regs, CMMA_GDB_ARRIVED, 0);
        }
        else if (server < 0 && interrupted && sysblk.ipldone
              && (!hcmma_gdb_wait_for_client || regs->cpustate == CPUSTATE_STARTED))
        {
            if (hcmma_gdb_become_server(regs))
                hcmma_gdb_serve(regs, CMMA_GDB_INTERRUPT, 0);
        }
        else if (server >= 0 || cpu->go.order == CMMA_GDB_STAY)
        {
            begin_hold(regs);
            obtain_lock(&gdb_lock);
            while ((server >= 0 || (cpu->go.order == CMMA_GDB_STAY && !interrupted)) && !sysblk.shutdown)
                timed_wait_condition_relative_usecs(&gdb_changed, &gdb_lock, 100000, NULL);
            cpu->held = 0;
            release_lock(&gdb_lock);
            end_hold(regs);
        }
        else
            break;
    }
}

/* ---- who asks for a stop --------------------------------------------------------------------------------- */

/* The instruction is completed, and the CPU stops after it: with aie this small it looks where it is. */
void hcmma_gdb_stop_behind(REGS *regs, U64 watch)
{
    struct hcmma_gdb_cpu *cpu = &hcmma_gdb_cpus[regs->cpuad];
    obtain_lock(&gdb_lock);
    cpu->watched = 1;
    cpu->watch = watch;
    update_wanted();
    release_lock(&gdb_lock);
    ask_to_come(regs);
    if (regs->aie)
        regs->aie = (BYTE *)1;
}

/* From the server's listener thread, which is none of Hercules': in a deterministic run no fiber may be touched. */
void hcmma_gdb_interrupt(void *context)
{
    REGS *sleeper = NULL;
    int i, running = 0;
    UNREFERENCED(context);
    if (!sysblk.ipldone)
        return;
    __atomic_store_n(&interrupted, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&hcmma_gdb_wanted, 1, __ATOMIC_SEQ_CST);
    if (!hcmma_one_thread)
        OBTAIN_INTLOCK(NULL);
    for (i = 0; i < MAX_CPU_ENGINES; i++)
    {
        if (!IS_CPU_ONLINE(i))
            continue;
        ask_to_come(sysblk.regs[i]);
        if (!sleeper || (sysblk.waiting_mask & sysblk.regs[i]->cpubit))
            sleeper = sysblk.regs[i];
        running |= !at_rest(sysblk.regs[i]);
    }
    if (hcmma_one_thread)
        return;
    if (!running && sleeper)
        signal_condition(&sleeper->intcond);
    RELEASE_INTLOCK(NULL);
    obtain_lock(&gdb_lock);
    broadcast_condition(&gdb_changed);
    release_lock(&gdb_lock);
}

/* It looks for interruptions before it goes on. */
void hcmma_gdb_arrived(REGS *regs)
{
    hcmma_gdb_until = 0;
    arrived = hcmma_gdb_wanted = 1;
    ask_to_come(regs);
}

/* Not by way of an interruption: who looks for one also takes blocks away, and that would be another run. */
void hcmma_gdb_look(REGS *regs)
{
    hcmma_gdb_wait_for_client = arrived = hcmma_gdb_wanted = 1;
    hcmma_gdb_between = 1;
    hcmma_gdb_boundary(regs);
    hcmma_gdb_between = 0;
    if (hcmma_gdb_cpus[regs->cpuad].psw_changed)
        ask_to_come(regs);
}

void hcmma_gdb_start_serving(void)
{
    int i;
    initialize_lock(&gdb_lock);
    initialize_condition(&gdb_changed);
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        hcmma_gdb_cpus[i].go.order = CMMA_GDB_GO;
    interrupted = hcmma_gdb_wanted = hcmma_gdb_wait_for_client;
}
