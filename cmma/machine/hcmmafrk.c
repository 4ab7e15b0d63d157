/* hcmmafrk.c: a deterministic machine that forks at a point of the run.
 *
 * Who calls it: hcmmathr.c at instruction boundaries, and the console through HCMMA_CONSOLE.
 *
 * The guest prints a line "cmma: window" when it is about to do what is to be explored. From then on the process is a
 * server: for each message "run NAME LIMIT" it forks, and the child goes on with the plan in NAME.toml until the guest
 * prints "cmma: window ends", ends, or has begun LIMIT instructions more, or its limit of time is over since the window
 * (exit status 5). The child's console, messages and schedule are NAME.console, NAME.log and NAME.schedule. The server answers "ready INSTRUCTIONS EVENTS" once, and
 * "end NAME STATUS" for each child: exit status, or 128 + signal.
 *
 * Invariants
 *   K1  A child shares nothing that it changes: main storage, disks and the paging store are its own.
 *   K2  The server runs no instruction any more.
 */
#define HCMMATHR_C
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "hcmmadet.h"
#include "hcmmafrk.h"
#include "hcmmagdi.h"
#include "hcmmarac.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { MAX_CHILDREN = 64, NAME_SIZE = 1024 };

static int driver = -1, console;
static int window;          /* the guest has just opened it */
static int is_child;
static struct { pid_t pid; char name[NAME_SIZE]; } children[MAX_CHILDREN];

void hcmma_fork_options(int fd, int console_fd)
{
    driver = fd;
    console = console_fd;
}

void hcmma_console(const BYTE *text, size_t length)
{
    static const char opens[] = "cmma: window", ends[] = "cmma: window ends";
    if (is_child && memmem(text, length, ends, sizeof(ends) - 1))
        end_with_status(0);
    else if (driver >= 0 && !is_child && memmem(text, length, opens, sizeof(opens) - 1))
    {
        window = 1;
        hcmma_thr_attend();
    }
}

/* ---- the child ----------------------------------------------------------------------------------------- */

static void open_as(const char *name, const char *suffix, int fd)
{
    char path[NAME_SIZE + 16];
    int file;
    snprintf(path, sizeof(path), "%s%s", name, suffix);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0)
        _exit(3);
    dup2(file, fd);
    close(file);
}

/* Into the child's log. */
static void refuse(const char *reason)
{
    logmsg("HHCCM040S %s\n", reason);
    _exit(3);
}

static char *read_plan(const char *name)
{
    char path[NAME_SIZE + 16];
    struct stat is;
    char *text = NULL;
    FILE *file;
    snprintf(path, sizeof(path), "%s.toml", name);
    file = fopen(path, "r");
    if (file && fstat(fileno(file), &is) == 0)
        text = calloc(1, (size_t)is.st_size + 1);
    if (!text || fread(text, 1, (size_t)is.st_size, file) != (size_t)is.st_size)
        refuse("the plan cannot be read");
    fclose(file);
    return text;
}

static void become_child(const char *name, U64 instructions)
{
    char schedule[NAME_SIZE + 16], error[256];
    char *plan;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(driver);
    driver = -1;
    is_child = 1;
    hcmma_det_limit(instructions);
    open_as(name, ".log", STDERR_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    open_as(name, ".console", console);
    plan = read_plan(name);
    hcmma_det_forked();
    hcmma_gdb_forked();
    if (cmma_forked(sysblk.cmma, error, sizeof(error)))
        refuse(error);
    snprintf(schedule, sizeof(schedule), "%s.schedule", name);
    if (hcmma_race_plan(plan, schedule))
        _exit(2);
    free(plan);
}

/* ---- the server ---------------------------------------------------------------------------------------- */

static void say(const char *format, ...)
{
    char text[NAME_SIZE + 64];
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (send(driver, text, (size_t)length, MSG_NOSIGNAL) < 0)
        _exit(0);
}

static void reap(void)
{
    int status, i;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (i = 0; i < MAX_CHILDREN; i++)
            if (children[i].pid == pid)
            {
                children[i].pid = 0;
                say("end %s %d", children[i].name, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
            }
}

/* 1: this is the child. */
static int run(const char *name, U64 instructions)
{
    pid_t pid;
    int i = 0;
    while (i < MAX_CHILDREN && children[i].pid)
        i++;
    if (i == MAX_CHILDREN)
    {
        say("end %s 3", name);
        return 0;
    }
    fflush(NULL);
    pid = fork();
    if (pid == 0)
    {
        become_child(name, instructions);
        return 1;
    }
    if (pid < 0)
    {
        say("end %s 3", name);
        return 0;
    }
    children[i].pid = pid;
    snprintf(children[i].name, sizeof(children[i].name), "%s", name);
    return 0;
}

void hcmma_fork_boundary(void)
{
    char text[NAME_SIZE + 64], name[NAME_SIZE];
    unsigned long long instructions;
    if (!window)
        return;
    window = 0;
    say("ready %llu %llu", hcmma_thr_instructions(), hcmma_race_events());
    for (;;)
    {
        struct pollfd source = {.fd = driver, .events = POLLIN};
        ssize_t length;
        reap();
        if (poll(&source, 1, 1) <= 0)
            continue;
        length = recv(driver, text, sizeof(text) - 1, 0);
        if (length <= 0)
            _exit(0);
        text[length] = 0;
        if (sscanf(text, "run %1023s %llu", name, &instructions) == 2 && run(name, instructions))
            return;
    }
}
