/* hcmmagdb.c: where CPUs stop for gdb, and how they are held.
 *
 * Who calls it: the hook points of hercules-patches, through hcmmagdb.h. The CPU that stops speaks the protocol itself
 * (cmma_gdb_stop); there is no thread that it would have to wait for. In a deterministic run the others need not be
 * brought to a halt: they are fibers of the same thread.
 *
 * Locks: gdb_lock guards what is static here. It is taken without any other lock, and held for a few instructions.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaint.h"
#include "hcmmagdi.h"

int hcmma_gdb_wanted;
int hcmma_gdb_tracing;
int hcmma_gdb_watching;
unsigned long long hcmma_gdb_stepped;
U64 hcmma_gdb_until;

/* What gdb wants of a CPU. Written while it is held, and by itself. */
struct cpu
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

static cmma_gdb *gdb;
static LOCK gdb_lock;
static COND gdb_changed;
static int server = -1;          /* the CPU that serves gdb */
static int interrupted;          /* gdb wants the machine to stop */
static int arrived;              /* hcmma_gdb_until is reached */
static int wait_for_client;      /* GDBSERVER port WAIT, and none has come yet */
static int port = -1;
static struct cpu cpus[MAX_CPU_ENGINES];

int hcmma_gdb_server_cpu(void)
{
    return server;
}

void hcmma_gdb_psw_changed(int cpu)
{
    cpus[cpu].psw_changed = 1;
    cpus[cpu].passes = 0;
}

/* ---- holding -------------------------------------------------------------------------------------------- */

/* Passing through the lock lets a synchronisation under way count this CPU in; intwait, those to come. */
static void begin_hold(REGS *regs)
{
    hcmma_drop_instruction_address(regs);
    OBTAIN_INTLOCK(regs);
    if (!hcmma_one_thread)
        cpus[regs->cpuad].timer = cpu_timer(regs);
    cpus[regs->cpuad].held = 1;
    regs->intwait = 1;
    RELEASE_INTLOCK(regs);
}

/* `held` has been cleared under gdb_lock, together with the look at who serves: the next to serve must not take this
 * CPU for one that does nothing. */
static void end_hold(REGS *regs)
{
    OBTAIN_INTLOCK(regs);
    if (!hcmma_one_thread)
        set_cpu_timer(regs, cpus[regs->cpuad].timer);
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
    return cpus[regs->cpuad].held || (sysblk.waiting_mask & regs->cpubit) || !(sysblk.started_mask & regs->cpubit);
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
        wanted |= IS_CPU_ONLINE(i) && (cpus[i].go.order == CMMA_GDB_STAY || cpus[i].watched);
    __atomic_store_n(&hcmma_gdb_wanted, wanted, __ATOMIC_SEQ_CST);
}

static void prepare(REGS *regs)
{
    struct cpu *cpu = &cpus[regs->cpuad];
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
        cpus[i].go = go[i];
        if (IS_CPU_ONLINE(i) && go[i].order == CMMA_GDB_STEP_ON)
            stepped |= 1ull << i;
    }
    hcmma_gdb_stepped = stepped;
    hcmma_gdb_tracing = stepped || cmma_gdb_has_breakpoints(gdb);
    hcmma_gdb_watching = cmma_gdb_has_watchpoints(gdb);
    OBTAIN_INTLOCK(regs);
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        if (IS_CPU_ONLINE(i))
            prepare(sysblk.regs[i]);
    regs->intwait = 1;
    RELEASE_INTLOCK(regs);
}

/* Is this CPU the one that serves now? If not, another one does. */
static int become_server(REGS *regs)
{
    int mine;
    obtain_lock(&gdb_lock);
    mine = server < 0 && gdb && !sysblk.shutdown;
    if (mine)
    {
        server = regs->cpuad;
        update_wanted();
    }
    release_lock(&gdb_lock);
    return mine;
}

static void serve(REGS *regs, enum cmma_gdb_reason reason, U64 address)
{
    struct cmma_gdb_go go[CMMA_GDB_CPUS];
    const int wait = wait_for_client;
    begin_hold(regs);
    hold_others(regs);
    cmma_gdb_stop(gdb, regs->cpuad, reason, address, wait, go);
    give_orders(regs, go);
    obtain_lock(&gdb_lock);
    wait_for_client = 0;
    interrupted = arrived = 0;
    server = -1;
    cpus[regs->cpuad].held = 0;
    update_wanted();
    broadcast_condition(&gdb_changed);
    release_lock(&gdb_lock);
    end_hold(regs);
}

/* Until this CPU may go on: it serves if nobody does and there is something to say. */
void hcmma_gdb_boundary(REGS *regs)
{
    struct cpu *cpu = &cpus[regs->cpuad];
    while (gdb && !sysblk.shutdown)
    {
        if (server < 0 && cpu->watched)
        {
            if (become_server(regs))
                serve(regs, CMMA_GDB_WATCHPOINT, cpu->watch);
        }
        else if (server < 0 && arrived)
        {
            if (become_server(regs))
                serve(regs, CMMA_GDB_ARRIVED, 0);
        }
        else if (server < 0 && interrupted && sysblk.ipldone
              && (!wait_for_client || regs->cpustate == CPUSTATE_STARTED))
        {
            if (become_server(regs))
                serve(regs, CMMA_GDB_INTERRUPT, 0);
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

/* ---- stops ---------------------------------------------------------------------------------------------- */

/* Why the CPU stops in front of this instruction; CMMA_GDB_INTERRUPT: it does not. */
static enum cmma_gdb_reason reason_at(struct cpu *cpu, U64 address)
{
    const int passes = cpu->passes && cpu->pass == address;
    const int first = cpu->begun && cpu->from == address;
    cpu->passes = 0;
    cpu->begun = 0;
    if (!passes && cmma_gdb_breaks_at(gdb, address))
        return CMMA_GDB_BREAKPOINT;
    if (cpu->go.order != CMMA_GDB_STEP_ON || first || (address >= cpu->go.first && address <= cpu->go.last))
        return CMMA_GDB_INTERRUPT;
    return CMMA_GDB_STEP;
}

int hcmma_gdb_fetched(REGS *regs)
{
    const int traces = sysblk.inststep || sysblk.insttrace || regs->permode;
    struct cpu *cpu = &cpus[regs->cpuad];
    enum cmma_gdb_reason reason;
    U64 address;

    /* A guest of the guest is not looked at: SIE is one instruction. */
    if (!gdb || regs->guest)
        return !traces;
    address = hcmma_instruction_address(regs);
    reason = reason_at(cpu, address);
    if (reason == CMMA_GDB_INTERRUPT)
        return !traces && cpu->go.order != CMMA_GDB_STEP_ON
            && !cmma_gdb_breaks_in_page(gdb, regs->arch_mode == ARCH_900 ? regs->AIV_G : regs->AIV_L);
    if (become_server(regs))
    {
        cpu->passes = 1;
        cpu->pass = address;
        serve(regs, reason, 0);
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
    return cpus[regs->cpuad].go.order == CMMA_GDB_STEP_ON && !WAITSTATE(&regs->psw);
}

/* The instruction is completed, and the CPU stops after it: with aie this small it looks where it is. */
int hcmma_gdb_accessed(REGS *regs, U64 addr, size_t len, int is_write, int is_access)
{
    struct cpu *cpu;
    uint64_t watch;
    if (regs->guest || regs->ghostregs || regs->dummy || !gdb || !cmma_gdb_watches_page(gdb, addr, addr + len - 1))
        return 0;
    cpu = &cpus[regs->cpuad];
    if (is_access && !cpu->watched && cmma_gdb_watches(gdb, addr, addr + len - 1, is_write, &watch))
    {
        obtain_lock(&gdb_lock);
        cpu->watched = 1;
        cpu->watch = watch;
        update_wanted();
        release_lock(&gdb_lock);
        ask_to_come(regs);
        if (regs->aie)
            regs->aie = (BYTE *)1;
    }
    return 1;
}

/* ---- the server ------------------------------------------------------------------------------------------ */

/* From the server's listener thread, which is none of Hercules': in a deterministic run no fiber may be touched. */
static void machine_interrupt(void *context)
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

static void close_gdb(void *unused)
{
    cmma_gdb *closing = gdb;
    UNREFERENCED(unused);
    gdb = NULL;
    hcmma_gdb_wanted = hcmma_gdb_tracing = hcmma_gdb_watching = 0;
    cmma_gdb_close(closing, sysblk.exitstatus);
}

int hcmma_gdb_cmd(int argc, char *argv[], char *cmdline)
{
    char *end = NULL;
    unsigned long number = argc > 1 ? strtoul(argv[1], &end, 10) : 0;
    int i, wrong = argc < 2 || *end || number > 65535;
    UNREFERENCED(cmdline);
    for (i = 2; i < argc && !wrong; i++)
    {
        if (strcasecmp(argv[i], "wait") == 0)
            wait_for_client = 1;
        else if (strncasecmp(argv[i], "text=", 5) == 0)
        {
            hcmma_gdb_machine.text = strtoull(argv[i] + 5, &end, 16);
            wrong = *end;
        }
        else
            wrong = 1;
    }
    if (wrong)
    {
        logmsg("HHCCM033E GDBSERVER: a port number (0: any), and perhaps WAIT and TEXT=address\n");
        return -1;
    }
    port = (int)number;
    return 0;
}

int hcmma_gdb_start(void)
{
    char error[256];
    int i;
    if (port < 0)
        return 0;
    initialize_lock(&gdb_lock);
    initialize_condition(&gdb_changed);
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        cpus[i].go.order = CMMA_GDB_GO;
    hcmma_gdb_machine.interrupt = machine_interrupt;
    gdb = cmma_gdb_open((unsigned)port, 1, &hcmma_gdb_machine, error, sizeof(error));
    if (!gdb)
    {
        logmsg("HHCCM034S GDBSERVER: %s\n", error);
        return -1;
    }
    interrupted = hcmma_gdb_wanted = wait_for_client;
    hdl_adsc("hcmma_gdb_close", close_gdb, NULL);
    return 0;
}
