/* hcmmatab.c: which storage of a deterministic machine holds DAT tables.
 *
 * Who calls it: hcmmaacc.c, and hcmmarac.c for ESSA.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmatab.h"

/* Page tables have this size, and the others a multiple. */
enum { UNIT_SHIFT = 11, ENTRIES = (1 << UNIT_SHIFT) / 8, UNITS_PER_BLOCK = CMMA_BLOCK_SIZE >> UNIT_SHIFT };

/* 0: no table. The types of the others are two less in an entry. */
enum { PAGE_TABLE = 1, SEGMENT_TABLE = 2, REGION_THIRD_TABLE = 3 };

#define ENTRY_INVALID 0x20u     /* of a segment or region table */
#define ENTRY_FRAME 0x400u      /* it leads to a large frame and no table */
#define ENTRY_TYPE(_entry) (((_entry) >> 2 & 3) + SEGMENT_TABLE)
#define ENTRY_LENGTH(_entry) ((_entry) & 3)
#define ENTRY_OFFSET(_entry) ((_entry) >> 6 & 3)
#define ASCE_REAL_SPACE 0x20u
#define TABLE_ORIGIN (~(U64)0xfff)
#define PAGE_TABLE_ORIGIN (~(U64)0x7ff)

static BYTE *kinds; /* of each unit of main storage */

void hcmma_tab_watch(int on)
{
    free(kinds);
    kinds = on ? calloc((size_t)(sysblk.mainsize >> UNIT_SHIFT), 1) : NULL;
    if (on && !kinds)
        abort();
}

static int learn_unit(BYTE kind, U64 address);

static int learn_table(BYTE kind, U64 origin, unsigned first, unsigned last)
{
    U64 address = origin + first * CMMA_BLOCK_SIZE;
    const U64 end = origin + (last + 1) * CMMA_BLOCK_SIZE;
    int learnt = 0;
    for (; address < end; address += (U64)1 << UNIT_SHIFT)
        learnt |= learn_unit(kind, address);
    return learnt;
}

static int learn_entry(BYTE kind, U64 entry)
{
    if ((entry & ENTRY_INVALID) || ENTRY_TYPE(entry) != kind || (kind <= REGION_THIRD_TABLE && (entry & ENTRY_FRAME)))
        return 0;
    if (kind == SEGMENT_TABLE)
        return learn_unit(PAGE_TABLE, entry & PAGE_TABLE_ORIGIN);
    return learn_table(kind - 1, entry & TABLE_ORIGIN, ENTRY_OFFSET(entry), ENTRY_LENGTH(entry));
}

static int learn_entries(BYTE kind, U64 address)
{
    U64 entries[ENTRIES];
    int i, learnt = 0;
    if (!cmma_peek(sysblk.cmma, address, entries, sizeof(entries)))
        return 0;
    for (i = 0; i < ENTRIES; i++)
        learnt |= learn_entry(kind, CSWAP64(entries[i]));
    return learnt;
}

/* A guest may have tables that lead to each other: a unit becomes of a higher kind only, so this ends soon. */
static int learn_unit(BYTE kind, U64 address)
{
    if (address >= sysblk.mainsize || kinds[address >> UNIT_SHIFT] >= kind)
        return 0;
    kinds[address >> UNIT_SHIFT] = kind;
    if (kind != PAGE_TABLE)
        learn_entries(kind, address);
    return 1;
}

/* What the last translation was done with may be gone by now, but not while a control register has it. */
int hcmma_tab_learn(const REGS *regs)
{
    const U64 asce = regs->dat.asd;
    const BYTE kind = ENTRY_TYPE(asce);
    const U64 origin = asce & TABLE_ORIGIN;
    if (regs->arch_mode != ARCH_900 || !(regs->psw.sysmask & PSW_DATMODE) || (asce & ASCE_REAL_SPACE))
        return 0;
    if (asce != regs->CR_G(1) && asce != regs->CR_G(7) && asce != regs->CR_G(13))
        return 0;
    if (origin >= sysblk.mainsize || kinds[origin >> UNIT_SHIFT] >= kind)
        return 0;
    return learn_table(kind, origin, 0, ENTRY_LENGTH(asce));
}

int hcmma_tab_learn_more(U64 block)
{
    U64 address = block << CMMA_BLOCK_SHIFT;
    int i, learnt = 0;
    for (i = 0; i < UNITS_PER_BLOCK; i++, address += (U64)1 << UNIT_SHIFT)
        if (kinds[address >> UNIT_SHIFT] > PAGE_TABLE)
            learnt |= learn_entries(kinds[address >> UNIT_SHIFT], address);
    return learnt;
}

int hcmma_tab_level(U64 absolute)
{
    return kinds ? kinds[absolute >> UNIT_SHIFT] - PAGE_TABLE : -1;
}

void hcmma_tab_forget(U64 block)
{
    if (kinds && block < sysblk.mainsize >> CMMA_BLOCK_SHIFT)
        memset(kinds + block * UNITS_PER_BLOCK, 0, UNITS_PER_BLOCK);
}
