/* hcmmagdr.c: registers and storage as the gdb server sees them.
 *
 * Who calls it: the gdb server (cmma/gdb/), through the table hcmma_gdb_machine, while all CPUs are held; hcmmarac.c for
 * addresses. Registers are shown as z/Architecture has them; a CPU that is still in ESA/390 mode shows what it has.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaint.h"
#include "hcmmagdi.h"

static uint64_t machine_cpus(void *context)
{
    uint64_t cpus = 0;
    int i;
    UNREFERENCED(context);
    for (i = 0; i < MAX_CPU_ENGINES && i < CMMA_GDB_CPUS; i++)
        if (IS_CPU_ONLINE(i))
            cpus |= (uint64_t)1 << i;
    return cpus;
}

static enum cmma_gdb_state machine_state(void *context, int cpu)
{
    REGS *regs = sysblk.regs[cpu];
    UNREFERENCED(context);
    if (regs->cpustate != CPUSTATE_STARTED)
        return CMMA_GDB_STOPPED;
    return WAITSTATE(&regs->psw) ? CMMA_GDB_WAITING : CMMA_GDB_RUNNING;
}

static U64 psw_mask(REGS *regs)
{
    const PSW *psw = &regs->psw;
    U64 mask = (U64)psw->sysmask << 56 | (U64)(psw->pkey | psw->states) << 48;
    mask |= (U64)(psw->asc | psw->cc << 4 | psw->progmask) << 40;
    return mask | (U64)(psw->zerobyte | psw->amode64) << 32 | (U64)psw->amode << 31 | psw->zeroword;
}

/* What a translation depends on. */
static void get_space(REGS *regs, struct cmma_gdb_registers *registers)
{
    int i;
    registers->psw_mask = psw_mask(regs);
    for (i = 0; i < 16; i++)
        registers->control[i] = regs->CR_G(i);
    registers->prefix = regs->PX_G;
}

int hcmma_gdb_translate(REGS *regs, U64 address, uint64_t *absolute)
{
    struct cmma_gdb_registers registers;
    if (regs->arch_mode != ARCH_900)
        return 0;
    get_space(regs, &registers);
    return cmma_gdb_translate(&hcmma_gdb_machine, &registers, address, absolute) && *absolute < sysblk.mainsize;
}

/* The timer without the clock's advance: that would be another run of a deterministic machine. */
static void machine_get_registers(void *context, int cpu, struct cmma_gdb_registers *registers)
{
    REGS *regs = sysblk.regs[cpu];
    int i;
    UNREFERENCED(context);
    get_space(regs, registers);
    registers->psw_address = hcmma_instruction_address(regs);
    for (i = 0; i < 16; i++)
    {
        registers->general[i] = regs->GR_G(i);
        registers->access[i] = regs->AR(i);
        registers->floating[i] = (U64)regs->fpr[2 * i] << 32 | regs->fpr[2 * i + 1];
    }
    registers->floating_control = regs->fpc;
    registers->clock_comparator = regs->clkc << 8;
    registers->cpu_timer = (U64)CPU_TIMER(regs) << 8;
    registers->last_break = regs->bear;
}

static int load_psw(REGS *regs, U64 mask, U64 address)
{
    BYTE bytes[16];
    int code;
    store_dw(bytes, mask);
    store_dw(bytes + 8, address);
    code = z900_load_psw(regs, bytes);
    regs->psw.zeroilc = 0;
    return code;
}

/* 0, or nonzero: then it is as it was. */
static int change_psw(REGS *regs, U64 mask, U64 address)
{
    const U64 old_mask = psw_mask(regs), old_address = hcmma_instruction_address(regs);
    if (mask == old_mask && address == old_address)
        return 0;
    if (regs->arch_mode != ARCH_900)
    {
        if (mask != old_mask)
            return 1;
        hcmma_drop_instruction_address(regs);
        regs->psw.IA_L = (U32)address & regs->psw.AMASK_L;
    }
    else if (load_psw(regs, mask, address))
    {
        load_psw(regs, old_mask, old_address);
        return 1;
    }
    hcmma_gdb_psw_changed(regs->cpuad);
    return 0;
}

/* What depends on control registers is made anew: interruption masks by loading the PSW, translations on demand. */
static int change_control(REGS *regs, const uint64_t *control)
{
    int i, changed = 0;
    for (i = 0; i < 16; i++)
        changed |= regs->CR_G(i) != control[i];
    if (!changed)
        return 0;
    if (regs->arch_mode != ARCH_900)
        return 1;
    for (i = 0; i < 16; i++)
        regs->CR_G(i) = control[i];
    for (i = 1; i <= 13; i += 6)
        regs->aea_common[i] = (control[i] & (ASCE_P | ASCE_R)) == 0;
    memset(regs->tlb.acc, 0, sizeof(regs->tlb.acc));
    load_psw(regs, psw_mask(regs), hcmma_instruction_address(regs));
    hcmma_gdb_psw_changed(regs->cpuad);
    return 0;
}

static int machine_set_registers(void *context, int cpu, const struct cmma_gdb_registers *registers)
{
    REGS *regs = sysblk.regs[cpu];
    int i;
    UNREFERENCED(context);
    if (change_psw(regs, registers->psw_mask, registers->psw_address) || change_control(regs, registers->control))
        return 1;
    for (i = 0; i < 16; i++)
    {
        regs->GR_G(i) = registers->general[i];
        regs->AR(i) = registers->access[i];
        regs->fpr[2 * i] = (U32)(registers->floating[i] >> 32);
        regs->fpr[2 * i + 1] = (U32)registers->floating[i];
    }
    regs->fpc = registers->floating_control;
    return 0;
}

/* What an access by a CPU would end in. A block that should have content, but whose copy cannot be read, has failed. */
static cmma_result why_without_content(BYTE state)
{
    switch (state & CMMA_STATE_USAGE)
    {
    case 0x4:
        return CMMA_UNUSED;
    case 0xc:
        return CMMA_DISCARDED;
    default:
        return CMMA_FAILED;
    }
}

static cmma_result machine_peek(void *context, uint64_t address, void *to, size_t length)
{
    UNREFERENCED(context);
    if (address >= sysblk.mainsize || length > sysblk.mainsize - address)
        return CMMA_ADDRESSING;
    if (!sysblk.cmma)
        memcpy(to, sysblk.mainstor + address, length);
    else if (!cmma_peek(sysblk.cmma, address, to, length))
        return why_without_content(sysblk.blkstate[address >> CMMA_BLOCK_SHIFT]);
    return CMMA_DONE;
}

/* As if a CPU had stored there: a clean block that the host may throw away is not clean any more. */
static cmma_result machine_poke(void *context, uint64_t address, const void *from, size_t length)
{
    cmma_result result = CMMA_DONE;
    UNREFERENCED(context);
    if (address >= sysblk.mainsize || length > sysblk.mainsize - address)
        return CMMA_ADDRESSING;
    if (sysblk.cmma)
        result = cmma_write(sysblk.cmma, address, from, length, NULL);
    else
        memcpy(sysblk.mainstor + address, from, length);
    if (result == CMMA_DONE)
        sysblk.storkeys[address / STORAGE_KEY_UNITSIZE] |= STORKEY_REF | STORKEY_CHANGE;
    return result;
}

/* With the interruption lock, so that the CPU, which then counts as running, is not waited for. */
static int machine_command(void *context, const char *command, void (*print)(void *, const char *), void *print_context)
{
    REGS *regs = sysblk.regs[hcmma_gdb_server_cpu()];
    int status;
    UNREFERENCED(context);
    if (!sysblk.cmma)
        return -1;
    OBTAIN_INTLOCK(regs);
    status = cmma_command(sysblk.cmma, command, print, print_context);
    regs->intwait = 1;
    RELEASE_INTLOCK(regs);
    return status;
}

static uint64_t machine_instructions(void *context)
{
    uint64_t sum = 0;
    int i;
    UNREFERENCED(context);
    /* The CPU that serves has begun its next one, as far as its turn is concerned; or it has not. */
    if (hcmma_one_thread)
        return hcmma_thr_instructions() - !hcmma_gdb_between;
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        if (IS_CPU_ONLINE(i))
            sum += INSTCOUNT(sysblk.regs[i]);
    return sum;
}

static int machine_stop_at(void *context, uint64_t instructions)
{
    UNREFERENCED(context);
    if (!hcmma_one_thread || instructions <= machine_instructions(NULL))
        return -1;
    hcmma_gdb_until = instructions;
    hcmma_thr_attend();
    return 0;
}

static int machine_ending(void *context)
{
    UNREFERENCED(context);
    return sysblk.shutdown || sysblk.ending;
}

static void machine_kill(void *context)
{
    UNREFERENCED(context);
    logmsg("HHCCM032I gdb has killed the guest\n");
    end_with_status(1);
}

static void machine_message(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM031I %s\n", line);
}

struct cmma_gdb_machine hcmma_gdb_machine =
{
    .cpus = machine_cpus,
    .state = machine_state,
    .get_registers = machine_get_registers,
    .set_registers = machine_set_registers,
    .peek = machine_peek,
    .poke = machine_poke,
    .command = machine_command,
    .instructions = machine_instructions,
    .stop_at = machine_stop_at,
    .ending = machine_ending,
    .kill = machine_kill,
    .message = machine_message,
};
