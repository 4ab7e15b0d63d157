/* hcmma.c: the glue between Hercules and the host that owns main storage (libcmma).
 *
 * Who calls it: the hook points of hercules-patches, through hcmma.h. It is compiled into libherc, once,
 * without an architecture mode. Whatever can be decided without Hercules' structures is decided in the host
 * library.
 *
 * Threads: CPU threads, device threads and the panel. `quiesce` and `resume` bracket every taking away of
 * blocks and may nest in one thread (an operator's command inside a DIAGNOSE).
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"

#include <sys/mman.h>

static char options[1024];      /* of the CMMA statement, comma separated */
static int configured;          /* a CMMA statement was seen */
static int control_fd = -1;     /* where operator commands come from besides the panel */
static LOCK command_lock;       /* a command must not run into the closing of the host */
static __thread int quiesced;   /* nesting of quiesce in this thread */
static __thread int had_lock;   /* this thread held the interruption lock before */
static __thread int caller_has_lock; /* see hcmma_prefix_area */
static REGS not_a_cpu;          /* stands for a device thread in SYNCHRONIZE_CPUS */
static U64 pinned[MAX_CPU_ENGINES][2]; /* block + 1, or 0; each CPU sets its own */

/* ---- translations ------------------------------------------------------------------------------------ */

/* Call `visit` for each block that a valid TLB entry of `regs` stands for. Outside z/Architecture mode the
 * TLB has another shape and lives for some hundred instructions of a boot: it is emptied instead. */
static void each_translation(REGS *regs, void (*visit)(REGS *regs, int ix, U64 block))
{
    const U64 id_mask = 0x3FFFFF;
    int i;

    if (regs->arch_mode != ARCH_900)
    {
        memset(&regs->tlb.vaddr, 0, TLBN * sizeof(DW));
        return;
    }
    for (i = 0; i < TLBN; i++)
    {
        U64 vaddr = regs->tlb.TLB_VADDR_G(i);
        U64 offset;
        if (!regs->tlb.acc[i] || (vaddr & id_mask) != regs->tlbID)
            continue;
        vaddr = (vaddr & ~id_mask) | ((U64)i << 12);
        offset = (U64)(MAINADDR(regs->tlb.main[i], vaddr) - sysblk.mainstor);
        if (offset < sysblk.mainsize)
            visit(regs, i, offset >> CMMA_BLOCK_SHIFT);
        else
            regs->tlb.acc[i] = 0;
    }
}

static void mark_referenced(REGS *regs, int ix, U64 block)
{
    UNREFERENCED(regs);
    UNREFERENCED(ix);
    __atomic_fetch_and(&sysblk.blkstate[block], (BYTE)~CMMA_STATE_OLD, __ATOMIC_RELAXED);
}

static void drop_if_attention(REGS *regs, int ix, U64 block)
{
    if (sysblk.blkstate[block] & CMMA_STATE_ATTENTION)
        regs->tlb.acc[ix] = 0;
}

/* INVALIDATE_AIA belongs to one architecture mode; the CPU says which one it is in. */
static void drop_instruction_address(REGS *regs)
{
    U64 offset;
    if (!regs->aie)
        return;
    offset = (U64)(regs->ip - regs->aip);
    if (regs->arch_mode == ARCH_900)
        regs->psw.IA_G = (regs->AIV_G + offset) & regs->psw.AMASK_G;
    else
        regs->psw.IA_L = (regs->AIV_L + (U32)offset) & (regs->arch_mode == ARCH_370 ? AMASK24 : regs->psw.AMASK_L);
    regs->aie = NULL;
}

static void each_cpu(void (*visit)(REGS *regs, int ix, U64 block), int drop_aia)
{
    int i;
    for (i = 0; i < MAX_CPU_ENGINES; i++)
    {
        REGS *regs = sysblk.regs[i];
        if (!IS_CPU_ONLINE(i))
            continue;
        each_translation(regs, visit);
        if (drop_aia)
            drop_instruction_address(regs);
        if (regs->guestregs)
        {
            each_translation(regs->guestregs, visit);
            if (drop_aia)
                drop_instruction_address(regs->guestregs);
        }
    }
}

/* ---- what the host asks of the machine ----------------------------------------------------------------- */

/* The CPU whose thread this is, or NULL. A CPU thread runs a channel program itself (synchronous I/O) or
 * looks at storage for a trace; it must not wait for itself to reach an instruction boundary. */
static REGS *own_cpu(void)
{
    int i;
    for (i = 0; i < MAX_CPU_ENGINES; i++)
        if (IS_CPU_ONLINE(i) && equal_threads(sysblk.cputid[i], thread_id()))
            return sysblk.regs[i];
    return NULL;
}

static void machine_quiesce(void *context, int cpu)
{
    REGS *regs = cpu == CMMA_NOT_A_CPU ? own_cpu() : sysblk.regs[cpu];
    REGS *started = regs && (sysblk.started_mask & regs->cpubit) ? regs : &not_a_cpu;
    UNREFERENCED(context);
    if (quiesced++)
        return;
    had_lock = caller_has_lock || (regs && sysblk.intowner == regs->cpuad);
    if (!had_lock)
    {
        if (!regs)
        {
            /* OBTAIN_INTLOCK(NULL) does not wait for a synchronisation under way; two must not overlap. */
            OBTAIN_INTLOCK(NULL);
            while (sysblk.syncing)
                wait_condition(&sysblk.sync_bc_cond, &sysblk.intlock);
            sysblk.intowner = LOCK_OWNER_OTHER;
        }
        else
            OBTAIN_INTLOCK(regs);
    }
    /* A CPU that is not started is not in the mask that SYNCHRONIZE_CPUS takes its own bit out of. */
    SYNCHRONIZE_CPUS(started);
    sysblk.intowner = regs ? regs->cpuad : LOCK_OWNER_OTHER;
    each_cpu(mark_referenced, 0);
}

static void machine_resume(void *context, int cpu)
{
    UNREFERENCED(context);
    UNREFERENCED(cpu);
    if (--quiesced)
        return;
    each_cpu(drop_if_attention, 1);
    if (!had_lock)
        RELEASE_INTLOCK(NULL);
}

static void machine_request_reclaim(void *context, int cpu)
{
    UNREFERENCED(context);
    /* Only the CPU's own thread may set its interrupt state without the interruption lock. A channel
     * that runs out of frames reclaims by itself. */
    if (cpu != CMMA_NOT_A_CPU)
    {
        ON_IC_INTERRUPT(sysblk.regs[cpu]);
        if (sysblk.regs[cpu]->guestregs)
            ON_IC_INTERRUPT(sysblk.regs[cpu]->guestregs);
    }
}

/* With 2 KB storage keys compiled in, a 4 KB block has two; z/Architecture sees their union. */
#if defined(_FEATURE_2K_STORAGE_KEYS)
#define BLOCK_KEY(_block, _n) sysblk.storkeys[((_block) << 1) | (_n)]
#else
#define BLOCK_KEY(_block, _n) sysblk.storkeys[(_block)]
#endif

static int machine_changed(void *context, uint64_t block)
{
    UNREFERENCED(context);
    return ((BLOCK_KEY(block, 0) | BLOCK_KEY(block, 1)) & STORKEY_CHANGE) != 0;
}

static void machine_reset_reference_change(void *context, uint64_t block)
{
    UNREFERENCED(context);
    BLOCK_KEY(block, 0) &= ~(STORKEY_REF | STORKEY_CHANGE);
    BLOCK_KEY(block, 1) &= ~(STORKEY_REF | STORKEY_CHANGE);
}

/* Interruptions store into the prefix area, and the SIE state description is used in place: both by host
 * pointer, without an access that could be nullified. Pinned operands belong to an instruction that cannot be
 * nullified any more. */
static int machine_exempt(void *context, uint64_t block)
{
    int i;
    UNREFERENCED(context);
    for (i = 0; i < MAX_CPU_ENGINES; i++)
    {
        REGS *regs = sysblk.regs[i];
        if (!IS_CPU_ONLINE(i))
            continue;
        if (block - (regs->PX >> CMMA_BLOCK_SHIFT) < 2)
            return 1;
        if (pinned[i][0] == block + 1 || pinned[i][1] == block + 1)
            return 1;
        if (regs->sie_active && regs->guestregs)
        {
            if (block - ((U64)((BYTE *)regs->guestregs->psa - sysblk.mainstor) >> CMMA_BLOCK_SHIFT) < 2
             || block == (U64)((BYTE *)regs->guestregs->siebk - sysblk.mainstor) >> CMMA_BLOCK_SHIFT)
                return 1;
        }
    }
    return 0;
}

static uint64_t machine_instructions(void *context, int cpu)
{
    UNREFERENCED(context);
    return cpu == CMMA_NOT_A_CPU || !IS_CPU_ONLINE(cpu) ? 0 : INSTCOUNT(sysblk.regs[cpu]);
}

static void machine_message(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM001I %s\n", line);
}

static void machine_fail(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM002S %s\n", line);
    end_with_status(3);
}

static void *control_thread(void *unused);

static const struct cmma_machine machine =
{
    .changed = machine_changed,
    .reset_reference_change = machine_reset_reference_change,
    .exempt = machine_exempt,
    .quiesce = machine_quiesce,
    .resume = machine_resume,
    .request_reclaim = machine_request_reclaim,
    .instructions = machine_instructions,
    .message = machine_message,
    .fail = machine_fail,
};

/* ---- main storage --------------------------------------------------------------------------------------- */

static void close_host(void *unused)
{
    cmma_host *host;
    UNREFERENCED(unused);
    obtain_lock(&command_lock);
    host = sysblk.cmma;
    sysblk.cmma = NULL;
    release_lock(&command_lock);
    if (host)
        cmma_close(host);
}

BYTE *hcmma_obtain_storage(void)
{
    char error[256];
    void *p;
    TID control_tid;

    not_a_cpu.hostregs = &not_a_cpu;
    not_a_cpu.cpuad = LOCK_OWNER_OTHER;
    if (!configured)
    {
        sysblk.blkstate = calloc(sysblk.mainsize >> CMMA_BLOCK_SHIFT, 1);
        p = mmap(NULL, sysblk.mainsize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return sysblk.blkstate && p != MAP_FAILED ? p : NULL;
    }
    sysblk.cmma = cmma_open(options, sysblk.mainsize, &machine, error, sizeof(error));
    if (!sysblk.cmma)
    {
        logmsg("HHCCM003S CMMA: %s\n", error);
        return NULL;
    }
    sysblk.blkstate = cmma_states(sysblk.cmma);
    initialize_lock(&command_lock);
    hdl_adsc("hcmma_close", close_host, NULL);
    if (control_fd >= 0)
        create_thread(&control_tid, DETACHED, control_thread, NULL, "cmma_control");
    return cmma_main_storage(sysblk.cmma);
}

void hcmma_reset(int clear)
{
    if (sysblk.cmma)
        cmma_reset(sysblk.cmma, clear);
    else if (clear && sysblk.mainstor)
        memset(sysblk.mainstor, 0, sysblk.mainsize);
}

/* ---- accesses ------------------------------------------------------------------------------------------- */

/* The host has failed and said so: this CPU must not complete the instruction. */
static void stop_cpu(REGS *regs)
{
    REGS *host = regs->hostregs;
    if (regs->ghostregs)
        longjmp(regs->progjmp, PGM_ADDRESSING_EXCEPTION);
    if (sysblk.intowner == host->cpuad)
        RELEASE_INTLOCK(host);
    if (sysblk.mainowner == host->cpuad)
        RELEASE_MAINLOCK(host);
    host->cpustate = CPUSTATE_STOPPING;
    ON_IC_INTERRUPT(host);
    longjmp(host->progjmp, SIE_NO_INTERCEPT);
}

/* Who accesses storage as `regs`: copies of a CPU's registers are used by the operator, and by a CPU thread that
 * displays storage while it is inside an instruction. */
static int accessing_cpu(REGS *regs)
{
    REGS *own;
    if (!regs->ghostregs && !regs->dummy)
        return regs->hostregs->cpuad;
    own = own_cpu();
    return own ? own->cpuad : CMMA_NOT_A_CPU;
}

void hcmma_access(RADR aaddr, REGS *regs)
{
    REGS *host = regs->hostregs ? regs->hostregs : regs;

    switch (cmma_access(sysblk.cmma, aaddr, accessing_cpu(regs)))
    {
    case CMMA_DONE:
        return;
    case CMMA_DISCARDED:
        host->TEA = aaddr & ~(RADR)(CMMA_BLOCK_SIZE - 1);
        host->program_interrupt(host, PGM_BLOCK_VOLATILITY_EXCEPTION);
        return;
    case CMMA_FAILED:
        stop_cpu(regs);
        return;
    default:
        host->program_interrupt(host, PGM_ADDRESSING_EXCEPTION);
    }
}

void hcmma_access_range(RADR aaddr, size_t length, REGS *regs)
{
    RADR block = aaddr & ~(RADR)(CMMA_BLOCK_SIZE - 1);
    for (; block < aaddr + length && block < sysblk.mainsize; block += CMMA_BLOCK_SIZE)
        if (HCMMA_NEEDS_HOST(block))
            hcmma_access(block, regs);
}

int hcmma_usable(RADR aaddr, size_t length, REGS *regs)
{
    RADR block = HCMMA_ABSOLUTE(aaddr & ~(RADR)(CMMA_BLOCK_SIZE - 1), regs);
    RADR end = HCMMA_ABSOLUTE(aaddr, regs) + length;

    for (; block < end && block < sysblk.mainsize; block += CMMA_BLOCK_SIZE)
        if (HCMMA_NEEDS_HOST(block) && cmma_access(sysblk.cmma, block, accessing_cpu(regs)) != CMMA_DONE)
            return 0;
    return 1;
}

void hcmma_secure(RADR aaddr, size_t length)
{
    RADR block = aaddr & ~(RADR)(CMMA_BLOCK_SIZE - 1);
    REGS *own = own_cpu();
    int cpu = own ? own->cpuad : CMMA_NOT_A_CPU;
    uint64_t r1;

    caller_has_lock = 1;
    for (; block < aaddr + length && block < sysblk.mainsize; block += CMMA_BLOCK_SIZE)
        if (HCMMA_NEEDS_HOST(block) && cmma_access(sysblk.cmma, block, cpu) != CMMA_DONE)
            cmma_essa(sysblk.cmma, cpu, block, 5, &r1);
    caller_has_lock = 0;
}

void hcmma_prefix_area(REGS *regs)
{
    if (!regs->dummy)
        hcmma_secure(regs->PX, 2 * CMMA_BLOCK_SIZE);
}

static U64 pin_of(const BYTE *host)
{
    U64 offset = (U64)(host - sysblk.mainstor);
    return offset < sysblk.mainsize ? (offset >> CMMA_BLOCK_SHIFT) + 1 : 0;
}

void hcmma_pin(const BYTE *first, const BYTE *last, REGS *regs)
{
    pinned[regs->hostregs->cpuad][0] = pin_of(first);
    pinned[regs->hostregs->cpuad][1] = pin_of(last);
}

void hcmma_unpin(REGS *regs)
{
    pinned[regs->hostregs->cpuad][0] = pinned[regs->hostregs->cpuad][1] = 0;
}

U64 hcmma_essa(REGS *regs, U64 r2, int orc)
{
    uint64_t r1 = 0;

    switch (cmma_essa(sysblk.cmma, regs->cpuad, r2, orc, &r1))
    {
    case CMMA_DONE:
        return r1;
    case CMMA_SPECIFICATION:
        regs->program_interrupt(regs, PGM_SPECIFICATION_EXCEPTION);
        return 0;
    case CMMA_FAILED:
        stop_cpu(regs);
        return 0;
    default:
        regs->program_interrupt(regs, PGM_ADDRESSING_EXCEPTION);
        return 0;
    }
}

/* A range that does not lie in main storage is refused as well: some callers check its beginning only. */
static int outside(RADR aaddr, size_t length)
{
    return aaddr > sysblk.mainsize || length > sysblk.mainsize - aaddr;
}

int hcmma_read(RADR aaddr, void *to, size_t length)
{
    if (outside(aaddr, length))
        return 1;
    if (sysblk.cmma)
        return cmma_read(sysblk.cmma, aaddr, to, length, NULL) != CMMA_DONE;
    memcpy(to, sysblk.mainstor + aaddr, length);
    return 0;
}

int hcmma_write(RADR aaddr, const void *from, size_t length)
{
    if (outside(aaddr, length))
        return 1;
    if (sysblk.cmma)
        return cmma_write(sysblk.cmma, aaddr, from, length, NULL) != CMMA_DONE;
    memcpy(sysblk.mainstor + aaddr, from, length);
    return 0;
}

int hcmma_nodat(void)
{
    return sysblk.cmma && cmma_command(sysblk.cmma, "option nodat", NULL, NULL) == 0;
}

/* ---- DIAGNOSE --------------------------------------------------------------------------------------------- */

static U64 register_value(REGS *regs, int r)
{
    return regs->arch_mode == ARCH_900 ? regs->GR_G(r) : regs->GR_L(r);
}

/* X'010': R1 and R3 have the addresses of the first and last page to be released. */
static void release_pages(int r1, int r3, REGS *regs)
{
    U64 first = register_value(regs, r1), last = register_value(regs, r3);
    cmma_result result;

    if ((first | last) & (CMMA_BLOCK_SIZE - 1) || first > last)
        regs->program_interrupt(regs, PGM_SPECIFICATION_EXCEPTION);
    machine_quiesce(NULL, regs->cpuad);
    result = cmma_release(sysblk.cmma, regs->cpuad, first >> CMMA_BLOCK_SHIFT, last >> CMMA_BLOCK_SHIFT);
    machine_resume(NULL, regs->cpuad);
    if (result != CMMA_DONE)
        regs->program_interrupt(regs, PGM_ADDRESSING_EXCEPTION);
}

/* X'CAA': R1 has a block address, R3 the function. See docs/test-channel.md. */
static void test_channel(int r1, int r3, REGS *regs)
{
    U64 address = register_value(regs, r1);
    U64 function = register_value(regs, r3);
    char command[64];
    unsigned char in_core = 0;

    if (address >= sysblk.mainsize)
        regs->program_interrupt(regs, PGM_ADDRESSING_EXCEPTION);
    address &= ~(U64)(CMMA_BLOCK_SIZE - 1);
    switch (function)
    {
    case 0:
    case 1:
        snprintf(command, sizeof(command), "%s 0x%llx", function ? "pagein" : "evict",
                 (unsigned long long)address);
        machine_quiesce(NULL, regs->cpuad);
        regs->psw.cc = cmma_command(sysblk.cmma, command, NULL, NULL) ? 1 : 0;
        machine_resume(NULL, regs->cpuad);
        break;
    case 2:
        regs->GR_G(r3) = sysblk.blkstate[address >> CMMA_BLOCK_SHIFT];
        regs->psw.cc = 0;
        break;
    case 3:
        mincore(sysblk.mainstor + address, CMMA_BLOCK_SIZE, &in_core);
        regs->GR_G(r3) = in_core & 1;
        regs->psw.cc = 0;
        break;
    default:
        regs->psw.cc = 3;
    }
}

int hcmma_diagnose(U32 code, int r1, int r3, REGS *regs)
{
    if (!sysblk.cmma)
        return 0;
    if (code == 0x010)
    {
        release_pages(r1, r3, regs);
        return 1;
    }
    if (code == 0xCAA && cmma_command(sysblk.cmma, "option test", NULL, NULL) == 0)
    {
        test_channel(r1, r3, regs);
        return 1;
    }
    return 0;
}

/* ---- statement and command -------------------------------------------------------------------------------- */

static void print_line(void *context, const char *line)
{
    UNREFERENCED(context);
    logmsg("HHCCM004I %s\n", line);
}

static int run_command(const char *command)
{
    int rc = -1;
    obtain_lock(&command_lock);
    if (sysblk.cmma)
        rc = cmma_command(sysblk.cmma, command, print_line, NULL) ? -1 : 0;
    release_lock(&command_lock);
    return rc;
}

/* Without a panel (daemon mode) commands come a line at a time from an inherited descriptor. */
static void *control_thread(void *unused)
{
    char line[256];
    FILE *control = fdopen(control_fd, "r");
    UNREFERENCED(unused);
    while (control && fgets(line, sizeof(line), control))
    {
        line[strcspn(line, "\n")] = 0;
        run_command(line);
    }
    return NULL;
}

/* One name=value of the statement; `control=` is ours, the rest is the host's. */
static int add_option(const char *option)
{
    if (strncmp(option, "control=", 8) == 0)
    {
        control_fd = atoi(option + 8);
        return 0;
    }
    if (strlen(options) + strlen(option) + 2 > sizeof(options))
    {
        logmsg("HHCCM005E CMMA: the options are longer than %d characters\n", (int)sizeof(options) - 2);
        return -1;
    }
    if (options[0])
        strcat(options, ",");
    strcat(options, option);
    return 0;
}

int hcmma_cmd(int argc, char *argv[], char *cmdline)
{
    char command[256] = "";
    char *option, *rest;
    int i;

    UNREFERENCED(cmdline);
    if (!sysblk.mainstor)
    {
        configured = 1;
        for (i = 1; i < argc; i++)
            for (option = strtok_r(argv[i], ",", &rest); option; option = strtok_r(NULL, ",", &rest))
                if (add_option(option))
                    return -1;
        return 0;
    }
    if (!sysblk.cmma)
    {
        logmsg("HHCCM006E there is no CMMA statement in the configuration: no host owns main storage\n");
        return -1;
    }
    for (i = 1; i < argc; i++)
    {
        strncat(command, argv[i], sizeof(command) - strlen(command) - 1);
        if (i + 1 < argc)
            strncat(command, " ", sizeof(command) - strlen(command) - 1);
    }
    return run_command(command);
}
