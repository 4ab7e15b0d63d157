/* hcmmathi.h: what the files of the fibers share: who is next (hcmmathr.c), turns and clocks (hcmmaclk.c), locks and conditions
 * (hcmmalck.c). Only they include it. */
#ifndef HCMMATHI_H
#define HCMMATHI_H

#include <pthread.h>
#include <time.h>

typedef unsigned long long Instant; /* hcmma_thr_now */
static const Instant hcmma_never = ~0ull;

/* ---- hcmmathr.c ---- */

/* The current fiber gives way until somebody wakes those that wait for `what` (NULL: nobody), or until `wake`. */
void hcmma_fiber_wait(const void *what, Instant wake);

/* The fiber that has waited for `what` the longest, or all that do, can run. */
void hcmma_fiber_wake(const void *what, int all);

/* Its start function has returned, or it has called exit_thread. */
int hcmma_fiber_has_ended(pthread_t tid);

/* ---- hcmmaclk.c ---- */

/* What is left of the turn does not take place. */
void hcmma_turn_end(void);

/* The current turn goes on for that long, or until something wants to be looked at. */
void hcmma_turn_go_on(long left);

/* What was left of the turn when something wanted to be looked at; and that it is so much. */
long hcmma_turn_rest(void);
void hcmma_turn_interrupted(long rest);

/* A CPU begins an instruction behind all that there was to look at. */
void hcmma_turn_begin_instruction(void);

/* No turn is under way, and nobody has anything to do until then. */
void hcmma_turn_skip_to(Instant then);

/* In so many microseconds; and at that time of day. */
Instant hcmma_thr_after(unsigned long long microseconds);
Instant hcmma_thr_instant(const struct timespec *when);

#endif
