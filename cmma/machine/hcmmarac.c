/* hcmmarac.c: interesting events of a deterministic run, for the race engine.
 *
 * Who calls it: hcmmathr.c at instruction boundaries, hcmmadet.c and hcmmahst.c for what happens between them.
 */
#define HCMMATHR_C
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmadet.h"
#include "hcmmagdi.h"
#include "hcmmaint.h"
#include "hcmmarac.h"

static cmma_race *race;
static const struct cmma_watch *watch;
static struct cmma_event *queue; /* what has happened since the last boundary */
static int queued, room;
static U64 told;
static struct { int wanted; U64 r2; } set_later[MAX_CPU_ENGINES];
static int begun = -1; /* in the queue: the event of the instruction that has been begun, or -1 */
static int only = CMMA_NOT_A_CPU;

/* A reclaim makes many between two instructions. */
static void add(const struct cmma_event *event)
{
    if (queued == room)
    {
        room = room ? 2 * room : 64;
        queue = realloc(queue, (size_t)room * sizeof(queue[0]));
        if (!queue)
            abort();
    }
    queue[queued++] = *event;
    hcmma_thr_attend();
}

/* ---- instructions --------------------------------------------------------------------------------------- */

#define OPERATION(_inst) ((unsigned)(_inst)[0] << 8 | (_inst)[1])

static U64 general(const REGS *regs, unsigned number)
{
    return regs->arch_mode == ARCH_900 ? regs->GR_G(number) : regs->GR_L(number);
}

/* B and D fields at inst[2] and inst[3], with the DH field at inst[4] of a long displacement. */
static U64 operand_address(const BYTE *inst, const REGS *regs, int is_long)
{
    const unsigned base = inst[2] >> 4;
    S64 displacement = (inst[2] & 0x0f) << 8 | inst[3];
    if (is_long)
        displacement += (S64)(signed char)inst[4] * 4096;
    return ((base ? general(regs, base) : 0) + (U64)displacement) & regs->psw.AMASK_G;
}

static void set_block(struct cmma_event *event, REGS *regs)
{
    uint64_t absolute;
    if (race && hcmma_gdb_translate(regs, event->operand, &absolute))
        event->block = absolute >> CMMA_BLOCK_SHIFT;
}

/* Storage-key instructions and ESSA have a real address in a register. */
static void set_real(struct cmma_event *event, const REGS *regs, unsigned number)
{
    event->operand = general(regs, number) & regs->psw.AMASK_G & ~(U64)(CMMA_BLOCK_SIZE - 1);
    event->block = APPLY_PREFIXING(event->operand, regs->PX) >> CMMA_BLOCK_SHIFT;
}

const BYTE hcmma_interesting[256] = {
    [0x82] = 1, [0xae] = 1, [0xb2] = 1, [0xb9] = 1, [0xba] = 1, [0xbb] = 1, [0xeb] = 1,
};

/* What the instruction is of interest for; 0: nothing. */
static unsigned kind_of(const BYTE *inst)
{
    switch (inst[0])
    {
    case 0x82: /* LPSW */
        return CMMA_EVENT_LPSW;
    case 0xae: /* SIGP */
        return CMMA_EVENT_SIGP;
    case 0xba: /* CS */
    case 0xbb: /* CDS */
        return CMMA_EVENT_SWAP;
    case 0xb2:
        switch (inst[1])
        {
        case 0x0d: /* PTLB */
        case 0x21: /* IPTE */
        case 0x50: /* CSP */
            return CMMA_EVENT_PURGE;
        case 0x29: /* ISKE */
        case 0x2a: /* RRBE */
        case 0x2b: /* SSKE */
            return CMMA_EVENT_STORAGE_KEY;
        case 0xb2: /* LPSWE */
            return CMMA_EVENT_LPSW;
        default:
            return 0;
        }
    case 0xb9:
        switch (inst[1])
        {
        case 0xab:
            return CMMA_EVENT_ESSA;
        case 0x8a: /* CSPG */
        case 0x8e: /* IDTE */
        case 0x8f: /* CRDTE */
            return CMMA_EVENT_PURGE;
        default:
            return 0;
        }
    case 0xeb:
        switch (inst[5])
        {
        case 0x14: /* CSY */
        case 0x30: /* CSG */
        case 0x31: /* CDSY */
        case 0x3e: /* CDSG */
            return CMMA_EVENT_SWAP;
        default:
            return 0;
        }
    default:
        return 0;
    }
}

void hcmma_race_begin(REGS *regs, const BYTE *inst)
{
    struct cmma_event event = {.kind = kind_of(inst), .cpu = regs->cpuad};

    if (!event.kind)
        return;
    event.address = hcmma_instruction_address(regs);
    switch (event.kind)
    {
    case CMMA_EVENT_ESSA:
        event.detail = inst[2] >> 4;
        set_real(&event, regs, inst[3] & 0x0f);
        break;
    case CMMA_EVENT_STORAGE_KEY:
        event.detail = OPERATION(inst);
        set_real(&event, regs, inst[3] & 0x0f);
        break;
    case CMMA_EVENT_SIGP:
        event.detail = (U32)(operand_address(inst, regs, 0) & 0xff);
        event.operand = general(regs, inst[1] & 0x0f) & 0xffff;
        break;
    case CMMA_EVENT_SWAP:
        event.operand = operand_address(inst, regs, inst[0] == 0xeb);
        event.detail = inst[0] == 0xeb ? (U32)inst[0] << 8 | inst[5] : (U32)inst[0] << 8;
        set_block(&event, regs);
        break;
    default:
        event.detail = inst[0] == 0x82 ? (U32)inst[0] << 8 : OPERATION(inst);
    }
    add(&event);
    begun = queued - 1;
}

/* ---- what happens between ------------------------------------------------------------------------------- */

void hcmma_race_interruption(int note, int cpu, unsigned code, U64 address)
{
    static const unsigned classes[] = {[HCMMA_NOTE_PROGRAM] = 3, [HCMMA_NOTE_EXTERNAL] = 1, [HCMMA_NOTE_IO] = 5,
                                       [HCMMA_NOTE_MACHINE] = 4, [HCMMA_NOTE_RESTART] = 6};
    struct cmma_event event = {.kind = CMMA_EVENT_INTERRUPTION, .cpu = cpu, .address = address,
                               .detail = CMMA_INTERRUPTION(classes[note], code & 0xffff)};
    if (note == HCMMA_NOTE_PROGRAM && begun >= 0)
    {
        /* V2. Whatever was added behind it came from the instruction too, and stays. */
        memmove(&queue[begun], &queue[begun + 1], sizeof(queue[0]) * (size_t)(--queued - begun));
        begun = -1;
    }
    add(&event);
}

void hcmma_race_host_event(int cpu, unsigned kind, U64 block)
{
    /* By the numbers of record/events.inc. */
    static const unsigned char kinds[] = {[1] = CMMA_EVENT_PAGE_IN, [3] = CMMA_EVENT_PAGE_OUT, [4] = CMMA_EVENT_DISCARD,
                                          [5] = CMMA_EVENT_DROP, [6] = CMMA_EVENT_DISCARD_FAULT};
    struct cmma_event event = {.cpu = cpu, .block = block};
    if (!race || kind >= sizeof(kinds) || !kinds[kind])
        return;
    event.kind = kinds[kind];
    add(&event);
}

void hcmma_race_set_later(REGS *regs, U64 r2)
{
    set_later[regs->cpuad].wanted = 1;
    set_later[regs->cpuad].r2 = r2;
}

int hcmma_race_boundary(REGS *regs)
{
    /* The engine's own actions are events, too: they come behind these, and are told at the next boundary. */
    const int count = queued;
    int i;

    begun = -1;
    for (i = 0; i < count; i++)
    {
        struct cmma_event now = queue[i];
        now.index = ++told;
        now.instructions = hcmma_thr_instructions();
        if (race)
            cmma_race_event(race, &now);
    }
    if (set_later[regs->cpuad].wanted)
    {
        uint64_t r1;
        set_later[regs->cpuad].wanted = 0;
        cmma_essa(sysblk.cmma, regs->cpuad, set_later[regs->cpuad].r2, 1, &r1);
    }
    queued -= count;
    memmove(queue, queue + count, sizeof(queue[0]) * (size_t)queued);
    if (only != CMMA_NOT_A_CPU)
        return only != regs->cpuad;
    /* Who goes on behind something of interest is drawn more often. */
    return count && hcmma_det.events && !hcmma_draw(0, hcmma_det.events - 1);
}

void hcmma_race_arrive(REGS *regs)
{
    const int before = only;
    if (hcmma_gdb_until && hcmma_thr_instructions() >= hcmma_gdb_until)
        hcmma_gdb_arrived(regs);
    if (!race)
        return;
    if (hcmma_thr_instructions() >= watch->deadline)
        cmma_race_reached(race, regs->cpuad, hcmma_thr_instructions());
    if (only == before && cmma_race_watches(watch, hcmma_instruction_address(regs)))
        cmma_race_address(race, regs->cpuad, hcmma_instruction_address(regs), hcmma_thr_instructions());
}

long hcmma_race_patience(void)
{
    const U64 now = hcmma_thr_instructions();
    U64 next = hcmma_gdb_until ? hcmma_gdb_until : ~(U64)0;
    int i;
    /* A thread that is no CPU may have added some before this turn was given. They are told at the next instruction, whether
     * somebody looks at each one or not: otherwise looking would change the run. */
    if (queued)
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

int hcmma_race_only(void)
{
    return only;
}

void hcmma_race_only_is_stuck(void)
{
    only = CMMA_NOT_A_CPU;
}

/* ---- what the engine asks of the machine (struct cmma_control) ------------------------------------------- */

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
    ON_IC_CLKC(regs);
    hcmma_thr_signal(&regs->intcond, 0);
    return 1;
}

static void stop(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM036S %s\n", line);
    end_with_status(1);
}

static void message(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM037I %s\n", line);
}

static const struct cmma_control control =
{
    .general_register = control_register,
    .psw_address = control_address,
    .translate = translate,
    .run_only = run_only,
    .timer = timer,
    .stop = stop,
    .message = message,
};

int hcmma_race_start(void)
{
    char error[512] = "";
    race = cmma_race_open(sysblk.cmma, &control, error, sizeof(error));
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
    /* The other CPUs have to come to their end, too. */
    only = CMMA_NOT_A_CPU;
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
