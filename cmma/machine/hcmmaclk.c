/* hcmmaclk.c: turns and clocks of a deterministic run: time is a function of the instructions begun.
 *
 * Who calls it: hcmmathr.c and hcmmalck.c; Hercules, through the macros of hcmmathr.h, for the time.
 *
 * A turn is what a CPU may do before somebody else is looked for. Where something wants to be looked at, the turn is only
 * interrupted: what was left of it may go on.
 */
#define HCMMATHR_C
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "hcmmadet.h"
#include "hcmmarac.h"
#include "hcmmathi.h"
#include "hcmmathr.h"

long hcmma_turn_left;

static long turn;           /* instructions of the current turn */
static Instant before_turn; /* when it began */
static long interrupted;    /* what was left of the turn when something wanted to be looked at */
static Instant skipped;     /* time in which nobody had anything to do */

/* ---- turns ---------------------------------------------------------------------------------------------- */

Instant hcmma_thr_now(void)
{
    return before_turn + (Instant)(turn - (hcmma_turn_left < 0 ? 0 : hcmma_turn_left));
}

Instant hcmma_thr_instructions(void)
{
    return hcmma_thr_now() - skipped;
}

/* What is left of the turn does not take place. */
void hcmma_turn_end(void)
{
    before_turn = hcmma_thr_now();
    turn = hcmma_turn_left = interrupted = 0;
}

void hcmma_thr_attend(void)
{
    const long left = interrupted + (hcmma_turn_left < 0 ? 0 : hcmma_turn_left);
    hcmma_turn_end();
    interrupted = left;
}

/* The current turn goes on for that long, or until something wants to be looked at. */
void hcmma_turn_go_on(long left)
{
    const long patience = hcmma_race_patience();
    hcmma_turn_end();
    turn = hcmma_turn_left = left < patience ? left : patience;
    interrupted = left - turn;
}

long hcmma_turn_rest(void)
{
    return interrupted;
}

void hcmma_turn_interrupted(long rest)
{
    interrupted = rest;
}

/* The instruction that is now begun belongs to the turn, also if what was just done wants to be looked at. */
void hcmma_turn_begin_instruction(void)
{
    if (hcmma_turn_left == 0)
    {
        turn = hcmma_turn_left = 1;
        interrupted -= interrupted > 0;
    }
    hcmma_turn_left--;
}

void hcmma_turn_skip_to(Instant then)
{
    skipped += then - before_turn;
    before_turn = then;
}

/* ---- clocks --------------------------------------------------------------------------------------------- */

Instant hcmma_thr_after(unsigned long long microseconds)
{
    return hcmma_thr_now() + microseconds * hcmma_det.rate;
}

Instant hcmma_thr_instant(const struct timespec *when)
{
    const long long microseconds = ((long long)when->tv_sec - (long long)hcmma_det.start) * 1000000 + when->tv_nsec / 1000;
    return microseconds < 0 ? 0 : (Instant)microseconds * hcmma_det.rate;
}

unsigned long long hcmma_thr_rate(void)
{
    return hcmma_det.rate;
}

int hcmma_thr_time(struct timeval *now)
{
    const unsigned long long microseconds = hcmma_thr_now() / hcmma_det.rate;
    now->tv_sec = (time_t)(hcmma_det.start + microseconds / 1000000);
    now->tv_usec = (suseconds_t)(microseconds % 1000000);
    return 0;
}

time_t hcmma_thr_seconds(time_t *now)
{
    struct timeval time;
    hcmma_thr_time(&time);
    if (now)
        *now = time.tv_sec;
    return time.tv_sec;
}

/* A host that needs no time of its own, for a guest that always has something to do. */
int hcmma_thr_usage(struct rusage *usage)
{
    memset(usage, 0, sizeof(*usage));
    hcmma_thr_time(&usage->ru_utime);
    usage->ru_utime.tv_sec -= (time_t)hcmma_det.start;
    return 0;
}
