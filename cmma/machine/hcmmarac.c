/* hcmmarac.c: the race engine of a deterministic run, and when it is told of what.
 *
 * Who calls it: hcmmathr.c at instruction boundaries; hcmma.c, hcmmadet.c and hcmmafrk.c for its beginning, its end and its plans.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaacc.h"
#include "hcmmadet.h"
#include "hcmmagdi.h"
#include "hcmmaint.h"
#include "hcmmarac.h"
#include "hcmmarai.h"

static cmma_race *race;
static const struct cmma_watch *watch;
static U64 told;
static struct { int wanted; U64 r2; } set_later[MAX_CPU_ENGINES];
static U32 list; /* of what is watched, that the machine goes by */

int hcmma_race_is_open(void)
{
    return race != NULL;
}

void hcmma_race_set_later(REGS *regs, U64 r2)
{
    set_later[regs->cpuad].wanted = 1;
    set_later[regs->cpuad].r2 = r2;
}

/* The engine wants to be told of other uses than the machine goes by. */
static void update_list(void)
{
    if (!race || watch->list == list)
        return;
    list = watch->list;
    hcmma_acc_watch(watch);
}

int hcmma_race_boundary(REGS *regs)
{
    /* The engine's own actions are events, too: they come behind these, and are told at the next boundary. */
    const int count = hcmma_events_at_boundary();
    int i, cpu = CMMA_NOT_A_CPU;

    for (i = 0; i < count; i++)
    {
        struct cmma_event now = hcmma_event(i);
        now.index = ++told;
        now.instructions = hcmma_thr_instructions();
        if (race && !hcmma_race_is_stopped())
            cmma_race_event(race, &now);
        cpu = now.cpu;
    }
    /* A schedule has what is done behind an event done there, and before who goes on is drawn. */
    if (race && !hcmma_race_is_stopped() && cpu == regs->cpuad)
        hcmma_acc_tell(race, regs);
    hcmma_race_end_if_stopped();
    update_list();
    if (set_later[regs->cpuad].wanted)
    {
        uint64_t r1;
        set_later[regs->cpuad].wanted = 0;
        cmma_essa(sysblk.cmma, regs->cpuad, set_later[regs->cpuad].r2, 1, &r1);
    }
    hcmma_events_told(count);
    hcmma_race_look_if_wanted(regs);
    if (hcmma_race_only() != CMMA_NOT_A_CPU)
        return hcmma_race_only() != regs->cpuad;
    /* Who goes on behind something of interest is drawn more often. */
    return count && hcmma_det.events && !hcmma_draw(0, hcmma_det.events - 1);
}

void hcmma_race_arrive(REGS *regs)
{
    int before;
    if (hcmma_gdb_until && hcmma_thr_instructions() >= hcmma_gdb_until)
        hcmma_gdb_arrived(regs);
    if (!race)
        return;
    hcmma_acc_tell(race, regs);
    before = hcmma_race_only();
    if (!hcmma_race_is_stopped() && hcmma_thr_instructions() >= watch->deadline)
        cmma_race_reached(race, regs->cpuad, hcmma_thr_instructions());
    if (!hcmma_race_is_stopped() && hcmma_race_only() == before && cmma_race_watches(watch, hcmma_instruction_address(regs)))
        cmma_race_address(race, regs->cpuad, hcmma_instruction_address(regs), hcmma_thr_instructions());
    hcmma_race_end_if_stopped();
    update_list();
    hcmma_race_look_if_wanted(regs);
}

long hcmma_race_patience(void)
{
    const U64 now = hcmma_thr_instructions();
    U64 next = hcmma_gdb_until ? hcmma_gdb_until : ~(U64)0;
    int i;
    /* A thread that is no CPU may have added some before this turn was given. They are told at the next instruction, whether
     * somebody looks at each one or not: otherwise looking would change the run. */
    if (hcmma_events_waiting() || hcmma_acc_pending())
        return 1;
    if (race)
    {
        for (i = 0; i < (int)CMMA_WATCH_WORDS; i++)
            if (watch->address[i])
                return 1;
        if (watch->deadline < next)
            next = watch->deadline;
    }
    if (next <= now)
        return 1;
    return next - now < LONG_MAX ? (long)(next - now) : LONG_MAX;
}

unsigned long long hcmma_race_events(void)
{
    return told;
}

int hcmma_race_start(void)
{
    char error[512] = "";
    race = cmma_race_open(sysblk.cmma, &hcmma_race_control, error, sizeof(error));
    if (race)
        watch = cmma_race_watch(race);
    if (race && !hcmma_one_thread)
        snprintf(error, sizeof(error), "a scenario needs a deterministic run");
    if (error[0])
        logmsg("HHCCM003S CMMA: race: %s\n", error);
    return error[0] == 0;
}

static cmma_race_ending how_it_ends(void)
{
    int i;
    if (sysblk.exitstatus)
        return CMMA_RACE_FAILED;
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        if (IS_CPU_ONLINE(i) && sysblk.regs[i]->cpustate != CPUSTATE_STOPPED)
            return CMMA_RACE_RUNNING;
    return CMMA_RACE_STOPPED;
}

void hcmma_race_end(void)
{
    cmma_race *ended = race;
    race = NULL;
    hcmma_acc_watch(NULL);
    /* The other CPUs have to come to their end, too. */
    hcmma_race_release();
    if (ended)
        cmma_race_close(ended, how_it_ends());
}

int hcmma_race_plan(const char *text, const char *schedule)
{
    char error[512];
    if (!race)
        return 1;
    if (!cmma_race_plan(race, text, schedule, error, sizeof(error)))
        return 0;
    logmsg("HHCCM038E race: %s\n", error);
    return 1;
}

void hcmma_race_name(U64 address, char *name, size_t size)
{
    name[0] = 0;
    if (race)
        cmma_race_name(race, address, name, size);
}
