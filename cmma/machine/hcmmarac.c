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
#include "hcmmaint.h"
#include "hcmmarac.h"

enum { QUEUE = 64 };

static cmma_race *race;
static const struct cmma_watch *watch;
static struct cmma_event queue[QUEUE];
static int queued;
static U64 told;
static int begun = -1; /* in the queue: the event of the instruction that has been begun, or -1 */
static int only = CMMA_NOT_A_CPU;

static void add(const struct cmma_event *event)
{
    /* More than so many between two instructions only a reclaim of many blocks makes. The first ones are told. */
    if (queued < QUEUE)
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

static int translate(void *context, int cpu, uint64_t address, uint64_t *absolute);

static void set_block(struct cmma_event *event)
{
    uint64_t absolute;
    if (race && translate(NULL, event->cpu, event->operand, &absolute))
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
    event.address = hcmma_next_address(regs);
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
        set_block(&event);
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

int hcmma_race_boundary(REGS *regs)
{
    struct cmma_event now[QUEUE];
    const int count = queued;
    int i;

    /* The engine's own actions are events, too: they are told at the next boundary. */
    memcpy(now, queue, sizeof(now[0]) * (size_t)count);
    queued = 0;
    begun = -1;
    for (i = 0; i < count; i++)
    {
        now[i].index = ++told;
        now[i].instructions = hcmma_thr_instructions();
        if (race)
            cmma_race_event(race, &now[i]);
    }
    if (only != CMMA_NOT_A_CPU)
        return only != regs->cpuad;
    /* Who goes on behind something of interest is drawn more often. */
    return count && hcmma_det.events && !hcmma_draw(0, hcmma_det.events - 1);
}

void hcmma_race_arrive(REGS *regs)
{
    const int before = only;
    if (!race)
        return;
    if (hcmma_thr_instructions() >= watch->deadline)
        cmma_race_reached(race, regs->cpuad, hcmma_thr_instructions());
    if (only == before && cmma_race_watches(watch, hcmma_next_address(regs)))
        cmma_race_address(race, regs->cpuad, hcmma_next_address(regs), hcmma_thr_instructions());
}

long hcmma_race_patience(void)
{
    U64 left;
    int i;
    if (!race)
        return LONG_MAX;
    for (i = 0; i < (int)CMMA_WATCH_WORDS; i++)
        if (watch->address[i])
            return 1;
    if (watch->deadline <= hcmma_thr_instructions())
        return 1;
    left = watch->deadline - hcmma_thr_instructions();
    return left < LONG_MAX ? (long)left : LONG_MAX;
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

U64 hcmma_next_address(const REGS *regs)
{
    if (!regs->aie)
        return regs->psw.IA_G;
    return (regs->AIV_G + (U64)(regs->ip - regs->aip)) & regs->psw.AMASK_G;
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
    return regs ? hcmma_next_address(regs) : 0;
}

static int peek_doubleword(U64 address, U64 *value)
{
    BYTE bytes[8];
    if (!cmma_peek(sysblk.cmma, address, bytes, sizeof(bytes)))
        return 0;
    *value = fetch_dw(bytes);
    return 1;
}

/* DAT as the architecture has it, for 8-byte tables, 1 MB and 2 GB frames. */
static int walk(U64 asce, U64 address, U64 *absolute)
{
    enum { REAL_SPACE = 0x20, INVALID = 0x20, LARGE = 0x400, PAGE_INVALID = 0x400 };
    const U64 origin_mask = ~(U64)0xfff;
    U64 entry = asce;
    int level;
    if (asce & REAL_SPACE)
    {
        *absolute = address;
        return 1;
    }
    level = (int)(asce >> 2 & 3); /* 3 region first ... 0 segment */
    if (level < 3 && address >> (31 + 11 * level))
        return 0;
    for (; level >= 0; level--)
    {
        const U64 index = address >> (20 + 11 * level) & 0x7ff;
        if (!peek_doubleword((entry & origin_mask) + index * 8, &entry) || entry & INVALID)
            return 0;
        if (level <= 1 && entry & LARGE)
        {
            const U64 offset = ((U64)1 << (20 + 11 * level)) - 1;
            *absolute = (entry & ~offset) | (address & offset);
            return 1;
        }
    }
    if (!peek_doubleword((entry & ~(U64)0x7ff) + (address >> 12 & 0xff) * 8, &entry) || entry & PAGE_INVALID)
        return 0;
    *absolute = (entry & origin_mask) | (address & 0xfff);
    return 1;
}

static int translate(void *context, int cpu, uint64_t address, uint64_t *absolute)
{
    static const int registers[] = {1, 1, 7, 13}; /* primary, access registers (as primary), secondary, home */
    REGS *regs = cpu_of(cpu);
    U64 real = address;
    UNREFERENCED(context);
    if (!regs || regs->arch_mode != ARCH_900)
        return 0;
    if (regs->psw.sysmask & PSW_DATMODE && !walk(regs->CR_G(registers[regs->psw.asc >> 6 & 3]), address, &real))
        return 0;
    *absolute = APPLY_PREFIXING(real, regs->PX);
    return *absolute < sysblk.mainsize;
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
    logmsg("HHCCM030S %s\n", line);
    end_with_status(1);
}

static void message(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM031I %s\n", line);
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

void hcmma_race_end(void)
{
    cmma_race *ended = race;
    race = NULL;
    if (ended)
        cmma_race_close(ended);
}

int hcmma_race_plan(const char *text, const char *files)
{
    char error[512];
    if (!race)
        return 1;
    if (!cmma_race_plan(race, text, files, error, sizeof(error)))
        return 0;
    logmsg("HHCCM032E race: %s\n", error);
    return 1;
}
