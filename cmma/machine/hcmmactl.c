/* hcmmactl.c: what the race engine asks of the machine (struct cmma_control of cmma/race.h).
 *
 * Who calls it: the engine, and hcmmarac.c at instruction boundaries for what it has asked for.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmagdi.h"
#include "hcmmaint.h"
#include "hcmmarac.h"
#include "hcmmarai.h"

static int only = CMMA_NOT_A_CPU;
static int stopped; /* by the engine, which has to return before it is closed */
static int look;    /* gdb shall, at this boundary */
static struct
{
    int wanted;     /* the clock comparator was moved, to 0, ... */
    U64 comparator; /* ... from here */
} timers[MAX_CPU_ENGINES];

static REGS *cpu_of(int cpu)
{
    return cpu >= 0 && cpu < MAX_CPU_ENGINES && IS_CPU_ONLINE(cpu) ? sysblk.regs[cpu] : NULL;
}

static uint64_t control_register(void *context, int cpu, unsigned number)
{
    REGS *regs = cpu_of(cpu);
    UNREFERENCED(context);
    return regs && number < 16 ? regs->GR_G(number) : 0;
}

static uint64_t control_address(void *context, int cpu)
{
    REGS *regs = cpu_of(cpu);
    UNREFERENCED(context);
    return regs ? hcmma_instruction_address(regs) : 0;
}

static int translate(void *context, int cpu, uint64_t address, uint64_t *absolute)
{
    REGS *regs = cpu_of(cpu);
    UNREFERENCED(context);
    return regs && hcmma_gdb_translate(regs, address, absolute);
}

static int run_only(void *context, int cpu)
{
    REGS *regs = cpu_of(cpu);
    UNREFERENCED(context);
    if (cpu == CMMA_NOT_A_CPU)
        only = cpu;
    else if (!regs || regs->cpustate != CPUSTATE_STARTED || !hcmma_thr_can_run(sysblk.cputid[cpu]))
        return 0;
    only = cpu;
    return 1;
}

static int timer(void *context, int cpu)
{
    REGS *regs = cpu_of(cpu);
    UNREFERENCED(context);
    if (!regs || regs->cpustate == CPUSTATE_STOPPED)
        return 0;
    if (!timers[cpu].wanted || regs->clkc != 0)
        timers[cpu].comparator = regs->clkc;
    timers[cpu].wanted = 1;
    /* The machine looks at the comparator again before it interrupts. */
    regs->clkc = 0;
    ON_IC_CLKC(regs);
    hcmma_thr_signal(&regs->intcond, 0);
    return 1;
}

/* For the guest it has never been moved, and the interruption comes once. */
void hcmma_race_timer_taken(int cpu)
{
    REGS *regs = cpu_of(cpu);
    if (!regs || !timers[cpu].wanted)
        return;
    timers[cpu].wanted = 0;
    if (regs->clkc == 0)
        regs->clkc = timers[cpu].comparator;
}

static void stop(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM036S %s\n", line);
    stopped = 1;
}

static int monitor(void *context)
{
    UNREFERENCED(context);
    look = hcmma_gdb_is_there();
    return look;
}

static void message(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM037I %s\n", line);
}

static void forget(void *context)
{
    UNREFERENCED(context);
    hcmma_forget_translations();
}

const struct cmma_control hcmma_race_control =
{
    .general_register = control_register,
    .psw_address = control_address,
    .translate = translate,
    .run_only = run_only,
    .timer = timer,
    .stop = stop,
    .monitor = monitor,
    .message = message,
    .forget = forget,
};

/* ---- what it has asked for ------------------------------------------------------------------------------- */

int hcmma_race_only(void)
{
    return only;
}

void hcmma_race_release(void)
{
    only = CMMA_NOT_A_CPU;
}

int hcmma_race_is_stopped(void)
{
    return stopped;
}

void hcmma_race_end_if_stopped(void)
{
    if (!stopped)
        return;
    stopped = 0;
    end_with_status(1);
}

void hcmma_race_look_if_wanted(REGS *regs)
{
    if (!look)
        return;
    look = 0;
    hcmma_gdb_look(regs);
}
