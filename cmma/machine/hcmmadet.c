/* hcmmadet.c: options, drawn numbers, input and the unseed of a deterministic run.
 *
 * Who calls it: hcmmathr.c, and the patched sources through hcmmadet.h.
 */
#define HCMMATHR_C
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "hcmmadet.h"
#include "hcmmafrk.h"
#include "hcmmaint.h"
#include "hcmmarac.h"
#include "hcmmathr.h"

#include <poll.h>

struct HCMMA_DET hcmma_det = {.rate = 100, .start = 1767225600 /* 2026-01-01 */, .shortest = 200, .longest = 20000, .events = 16};

enum { MAX_LATENCIES = 32, INPUT_POLL = 1000 /* microseconds */ };

static struct { unsigned devnum; unsigned long long microseconds; } latencies[MAX_LATENCIES];
static int latency_count;
static unsigned long long latency = 100;
static U64 drawn;                     /* state of the generator */
static U64 unseed = 0x6a09e667f3bcc908ull;
static FILE *log_file, *record_file, *replay_file;
static U64 last_instant = ~0ull, last_instruction = ~0ull; /* of the limit */

/* ---- options ------------------------------------------------------------------------------------------- */

static void refuse(const char *option, const char *why)
{
    fprintf(stderr, "HHCCM021S HERCULES_DETERMINISTIC: %s: %s\n", option, why);
    exit(3);
}

static FILE *open_file(const char *option, const char *name, const char *mode)
{
    FILE *file = fopen(name, mode);
    if (!file)
        refuse(option, strerror(errno));
    return file;
}

static unsigned long long number(const char *option, const char *text, char **end, unsigned long long least)
{
    unsigned long long value;
    errno = 0;
    value = strtoull(text, end, 0);
    if (*end == text || errno || *text == '-' || value < least || value > 1ull << 40)
        refuse(option, "not a number that makes sense here");
    return value;
}

static void take_option(const char *option)
{
    const char *value = strchr(option, '=');
    char *end = "";
    if (!value++)
        refuse(option, "needs a value");
    if (strncmp(option, "seed=", 5) == 0)
        drawn = strtoull(value, &end, 0);
    else if (strncmp(option, "rate=", 5) == 0)
        hcmma_det.rate = number(option, value, &end, 1);
    else if (strncmp(option, "start=", 6) == 0)
        hcmma_det.start = number(option, value, &end, 0);
    else if (strncmp(option, "turn=", 5) == 0)
    {
        hcmma_det.shortest = hcmma_det.longest = number(option, value, &end, 1);
        if (*end == ':')
            hcmma_det.longest = number(option, end + 1, &end, hcmma_det.shortest);
    }
    else if (strncmp(option, "events=", 7) == 0)
        hcmma_det.events = number(option, value, &end, 0);
    else if (strncmp(option, "limit=", 6) == 0)
        hcmma_det.limit = number(option, value, &end, 0);
    else if (strncmp(option, "latency=", 8) == 0)
        latency = number(option, value, &end, 0);
    else if (strncmp(option, "latency.", 8) == 0)
    {
        if (latency_count == MAX_LATENCIES)
            refuse(option, "too many of these");
        latencies[latency_count].devnum = (unsigned)strtoul(option + 8, &end, 16);
        if (*end != '=')
            refuse(option, "not a device number");
        latencies[latency_count++].microseconds = number(option, value, &end, 0);
    }
    else if (strncmp(option, "fork=", 5) == 0)
    {
        const int driver = (int)number(option, value, &end, 3);
        if (*end != ':')
            refuse(option, "needs two descriptors");
        hcmma_fork_options(driver, (int)number(option, end + 1, &end, 3));
    }
    else if (strncmp(option, "log=", 4) == 0)
        log_file = open_file(option, value, "wb");
    else if (strncmp(option, "record=", 7) == 0)
        record_file = open_file(option, value, "wb");
    else if (strncmp(option, "replay=", 7) == 0)
        replay_file = open_file(option, value, "rb");
    else
        refuse(option, "not known");
    if (*end)
        refuse(option, "something behind the number");
}

int hcmma_det_start(const char *options)
{
    char *copy, *option, *rest;
    if (!options)
        return 0;
    copy = strdup(options);
    for (option = strtok_r(copy, ",", &rest); option; option = strtok_r(NULL, ",", &rest))
        take_option(option);
    free(copy);
    hcmma_det_limit(0);
    return 1;
}

/* ---- drawn numbers (splitmix64) ------------------------------------------------------------------------ */

static U64 mix(U64 word)
{
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ull;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebull;
    return word ^ (word >> 31);
}

unsigned long long hcmma_draw(unsigned long long least, unsigned long long most)
{
    drawn += 0x9e3779b97f4a7c15ull;
    return least + mix(drawn) % (most - least + 1);
}

/* ---- a guest without an end ---------------------------------------------------------------------------- */

void hcmma_det_limit(unsigned long long instructions)
{
    last_instant = hcmma_det.limit ? hcmma_thr_now() + hcmma_det.limit * hcmma_det.rate : ~0ull;
    last_instruction = instructions ? hcmma_thr_instructions() + instructions : ~0ull;
}

void hcmma_det_check_limit(void)
{
    int i;
    if (hcmma_thr_now() < last_instant && hcmma_thr_instructions() < last_instruction)
        return;
    last_instant = last_instruction = ~0ull;
    for (i = 0; i < MAX_CPU_ENGINES; i++)
    {
        REGS *regs = sysblk.regs[i];
        char name[256];
        if (!IS_CPU_ONLINE(i))
            continue;
        hcmma_race_name(hcmma_instruction_address(regs), name, sizeof(name));
        logmsg("HHCCM041E cpu%d is at %llx %s%s\n", i, (unsigned long long)hcmma_instruction_address(regs), name,
               regs->cpustate != CPUSTATE_STARTED ? "(stopped)" : WAITSTATE(&regs->psw) ? "(waits)" : "");
    }
    logmsg("HHCCM039E the guest hangs: no end after %llu instructions and %llu microseconds of its time\n",
           hcmma_thr_instructions(), hcmma_thr_now() / hcmma_det.rate);
    end_with_status(5);
}

/* ---- the unseed ---------------------------------------------------------------------------------------- */

void hcmma_note(int kind, int cpu, unsigned long long what, unsigned long long where)
{
    const struct { U64 now; U32 kind; U32 cpu; U64 what, where; } note = {hcmma_thr_now(), (U32)kind, (U32)cpu, what, where};
    unseed = mix(unseed ^ note.now) + ((U64)note.kind << 32 | note.cpu);
    unseed = mix(mix(unseed ^ what) ^ where);
    if (kind >= HCMMA_NOTE_PROGRAM && kind <= HCMMA_NOTE_RESTART)
    {
        hcmma_rep_interruption(sysblk.regs[cpu], kind == HCMMA_NOTE_PROGRAM ? (unsigned)what : 0);
        hcmma_race_interruption(kind, cpu, (unsigned)what, where);
    }
    if (log_file)
        fwrite(&note, sizeof(note), 1, log_file);
}

void hcmma_det_forked(void)
{
    log_file = record_file = replay_file = NULL;
}

void hcmma_det_end(void)
{
    U64 instructions = 0;
    int i, r;
    hcmma_race_end();
    for (i = 0; i < MAX_CPU_ENGINES; i++)
    {
        REGS *regs = sysblk.regs[i];
        if (!IS_CPU_ONLINE(i))
            continue;
        instructions += INSTCOUNT(regs);
        hcmma_note(HCMMA_NOTE_REGISTER, i, 0x100, INSTCOUNT(regs));
        hcmma_note(HCMMA_NOTE_REGISTER, i, 0x101, regs->psw.IA_G);
        for (r = 0; r < 16; r++)
        {
            hcmma_note(HCMMA_NOTE_REGISTER, i, (U64)r, regs->GR_G(r));
            hcmma_note(HCMMA_NOTE_REGISTER, i, 0x10 + (U64)r, regs->CR_G(r));
            hcmma_note(HCMMA_NOTE_REGISTER, i, 0x20 + (U64)r, regs->AR(r));
            hcmma_note(HCMMA_NOTE_REGISTER, i, 0x30 + (U64)r, (U64)regs->fpr[2 * r] << 32 | regs->fpr[2 * r + 1]);
        }
    }
    if (log_file)
        fclose(log_file);
    log_file = NULL;
    logmsg("HHCCM022I unseed %16.16llx after %llu instructions, %llu events and %llu microseconds\n",
           (unsigned long long)unseed, (unsigned long long)instructions, hcmma_race_events(),
           hcmma_thr_now() / hcmma_det.rate);
}

/* ---- what comes from outside --------------------------------------------------------------------------- */

void hcmma_io_time(unsigned devnum)
{
    unsigned long long microseconds = latency;
    int i;
    for (i = 0; i < latency_count; i++)
        if (latencies[i].devnum == devnum)
            microseconds = latencies[i].microseconds;
    if (microseconds)
        hcmma_thr_sleep(microseconds);
}

struct input
{
    U64 now;
    U32 fd;
    U32 size; /* 0: end of the input */
};

static ssize_t recorded_input(int fd, void *to, size_t size)
{
    static struct input next;
    static int have;
    for (;;)
    {
        if (!have && fread(&next, sizeof(next), 1, replay_file) != 1)
            next.now = ~0ull;
        have = 1;
        if (next.now <= hcmma_thr_now() && next.fd == (U32)fd)
            break;
        hcmma_thr_sleep(INPUT_POLL);
    }
    have = 0;
    if (next.size > size || fread(to, 1, next.size, replay_file) != next.size)
        refuse("replay", "the file is damaged");
    return (ssize_t)next.size;
}

ssize_t hcmma_input(int fd, void *to, size_t size)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    struct input input = {.fd = (U32)fd};
    ssize_t got;
    if (!hcmma_one_thread)
        return read(fd, to, size);
    if (replay_file)
        got = recorded_input(fd, to, size);
    else
    {
        do
        {
            while (poll(&poll_fd, 1, 0) == 0)
                hcmma_thr_sleep(INPUT_POLL);
            got = read(fd, to, size);
        } while (got < 0 && (errno == EINTR || errno == EAGAIN));
        if (got < 0)
            got = 0;
    }
    input.now = hcmma_thr_now();
    input.size = (U32)got;
    hcmma_note(HCMMA_NOTE_INPUT, fd, (U64)got, 0);
    if (record_file)
    {
        fwrite(&input, sizeof(input), 1, record_file);
        fwrite(to, 1, (size_t)got, record_file);
        fflush(record_file);
    }
    return got;
}
