/* hcmmacmd.c: the CMMA statement and command, and the DIAGNOSE codes that ask the host.
 *
 * Who calls it: Hercules' configuration, panel and diagnose.c, through hcmma.h.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaint.h"

#include <sys/mman.h>

static char options[1024];  /* of the CMMA statement, comma separated */
static int configured;      /* a CMMA statement was seen */
static int control_fd = -1; /* where operator commands come from besides the panel */
static LOCK command_lock;   /* a command must not run into the closing of the host */

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
    hcmma_quiesce(NULL, regs->cpuad);
    result = cmma_release(sysblk.cmma, regs->cpuad, first >> CMMA_BLOCK_SHIFT, last >> CMMA_BLOCK_SHIFT);
    hcmma_resume(NULL, regs->cpuad);
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
        hcmma_quiesce(NULL, regs->cpuad);
        regs->psw.cc = cmma_command(sysblk.cmma, command, NULL, NULL) ? 1 : 0;
        hcmma_resume(NULL, regs->cpuad);
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

/* Without a panel (daemon mode) commands come a line at a time from an inherited descriptor. A line that is longer
 * than any command is dropped. */
static void *control_thread(void *unused)
{
    char data[256], line[256];
    size_t length = 0;
    ssize_t got, i;
    UNREFERENCED(unused);
    while ((got = hcmma_input(control_fd, data, sizeof(data))) > 0)
        for (i = 0; i < got; i++)
        {
            if (data[i] != '\n')
            {
                if (length < sizeof(line))
                    line[length++] = data[i];
                continue;
            }
            if (length < sizeof(line))
            {
                line[length] = 0;
                run_command(line);
            }
            length = 0;
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

const char *hcmma_options(void)
{
    return configured ? options : NULL;
}

void hcmma_start_commands(void)
{
    TID tid;
    initialize_lock(&command_lock);
    if (control_fd >= 0)
        create_thread(&tid, DETACHED, control_thread, NULL, "cmma_control");
}

cmma_host *hcmma_end_commands(void)
{
    cmma_host *host;
    obtain_lock(&command_lock);
    host = sysblk.cmma;
    sysblk.cmma = NULL;
    release_lock(&command_lock);
    return host;
}
