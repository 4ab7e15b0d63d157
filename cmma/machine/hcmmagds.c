/* hcmmagds.c: the gdb server: its statement, its beginning and its end.
 *
 * Who calls it: Hercules' configuration (GDBSERVER), hcmma.c when the machine starts, hcmmafrk.c when it forks.
 */
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "opcode.h"
#include "hcmmaint.h"
#include "hcmmagdi.h"

static int port = -1;

int hcmma_gdb_is_there(void)
{
    return hcmma_gdb_server != NULL;
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
            hcmma_gdb_wait_for_client = 1;
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

/* Its listener is a thread that there is not in the child. */
void hcmma_gdb_forked(void)
{
    hcmma_gdb_server = NULL;
    hcmma_gdb_wanted = hcmma_gdb_tracing = 0;
    hcmma_gdb_update_watching();
}

static void close_gdb(void *unused)
{
    cmma_gdb *closing = hcmma_gdb_server;
    UNREFERENCED(unused);
    hcmma_gdb_server = NULL;
    hcmma_gdb_wanted = hcmma_gdb_tracing = 0;
    hcmma_gdb_update_watching();
    cmma_gdb_close(closing, sysblk.exitstatus);
}

int hcmma_gdb_start(void)
{
    char error[256];
    if (port < 0)
        return 0;
    hcmma_gdb_start_serving();
    hcmma_gdb_machine.interrupt = hcmma_gdb_interrupt;
    hcmma_gdb_server = cmma_gdb_open((unsigned)port, 1, &hcmma_gdb_machine, error, sizeof(error));
    if (!hcmma_gdb_server)
    {
        logmsg("HHCCM034S GDBSERVER: %s\n", error);
        return -1;
    }
    hdl_adsc("hcmma_gdb_close", close_gdb, NULL);
    return 0;
}
