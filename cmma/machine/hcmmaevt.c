/* hcmmaevt.c: interesting events of a deterministic run.
 *
 * Who calls it: the patched sources through HCMMA_BEGIN for instructions, hcmmadet.c and hcmmahst.c for what happens between
 * them, hcmmarac.c for what there is to tell the engine.
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
#include "hcmmatab.h"

static struct cmma_event *queue; /* what has happened since the last boundary */
static int queued, room;
static int begun = -1; /* in the queue: the event of the instruction that has been begun, or -1 */

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
    if (hcmma_race_is_open() && hcmma_gdb_translate(regs, event->operand, &absolute))
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
        /* Unused, volatile and no-DAT blocks hold no tables. */
        if (event.detail == 2 || event.detail == 3 || event.detail == 4 || event.detail == 7)
            hcmma_tab_forget(event.block);
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

static int is_translation_exception(unsigned code)
{
    switch (code & ~(unsigned)PGM_PER_EVENT)
    {
    case PGM_SEGMENT_TRANSLATION_EXCEPTION:
    case PGM_PAGE_TRANSLATION_EXCEPTION:
    case PGM_ASCE_TYPE_EXCEPTION:
    case PGM_REGION_FIRST_TRANSLATION_EXCEPTION:
    case PGM_REGION_SECOND_TRANSLATION_EXCEPTION:
    case PGM_REGION_THIRD_TRANSLATION_EXCEPTION:
        return 1;
    default:
        return 0;
    }
}

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
    /* An event of PER alone is behind an instruction that is complete. */
    if (note == HCMMA_NOTE_PROGRAM && code != PGM_PER_EVENT)
        hcmma_acc_nullified(cpu);
    if (note == HCMMA_NOTE_PROGRAM && is_translation_exception(code))
        hcmma_acc_fault(cpu);
    if (note == HCMMA_NOTE_EXTERNAL && (code & 0xffff) == EXT_CLOCK_COMPARATOR_INTERRUPT)
        hcmma_race_timer_taken(cpu);
    add(&event);
}

void hcmma_race_host_event(int cpu, unsigned kind, U64 block)
{
    /* By the numbers of record/events.inc. */
    static const unsigned char kinds[] = {[1] = CMMA_EVENT_PAGE_IN, [3] = CMMA_EVENT_PAGE_OUT, [4] = CMMA_EVENT_DISCARD,
                                          [5] = CMMA_EVENT_DROP, [6] = CMMA_EVENT_DISCARD_FAULT};
    struct cmma_event event = {.cpu = cpu, .block = block};
    if (!hcmma_race_is_open() || kind >= sizeof(kinds) || !kinds[kind])
        return;
    event.kind = kinds[kind];
    add(&event);
}

/* ---- the queue ------------------------------------------------------------------------------------------- */

int hcmma_events_waiting(void)
{
    return queued;
}

int hcmma_events_at_boundary(void)
{
    begun = -1;
    return queued;
}

struct cmma_event hcmma_event(int number)
{
    return queue[number];
}

void hcmma_events_told(int count)
{
    queued -= count;
    memmove(queue, queue + count, sizeof(queue[0]) * (size_t)queued);
}
