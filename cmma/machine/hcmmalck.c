/* hcmmalck.c: what the fibers of a deterministic run wait for: locks, conditions, the end of another one, a time.
 *
 * Who calls it: Hercules, through the macros of hcmmathr.h.
 */
#define HCMMATHR_C
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "hcmmathi.h"
#include "hcmmathr.h"

int hcmma_thr_lock(pthread_mutex_t *lock)
{
    while (pthread_mutex_trylock(lock))
        hcmma_fiber_wait(lock, hcmma_never);
    return 0;
}

int hcmma_thr_unlock(pthread_mutex_t *lock)
{
    const int error = pthread_mutex_unlock(lock);
    hcmma_fiber_wake(lock, 1);
    return error;
}

int hcmma_thr_wait(pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until)
{
    Instant wake = hcmma_never;
    if (until)
        wake = hcmma_thr_instant(until);
    hcmma_thr_unlock(lock);
    hcmma_fiber_wait(condition, wake);
    hcmma_thr_lock(lock);
    return until && hcmma_thr_now() >= wake ? ETIMEDOUT : 0;
}

int hcmma_thr_signal(pthread_cond_t *condition, int all)
{
    hcmma_fiber_wake(condition, all);
    return 0;
}

/* 0: the others first, among them CPUs in the middle of a turn. */
int hcmma_thr_sleep(unsigned long long microseconds)
{
    hcmma_fiber_wait(NULL, hcmma_thr_after(microseconds ? microseconds : 1));
    return 0;
}

/* All threads that are joined have ended, or are about to: their values are not used. */
int hcmma_thr_join(pthread_t tid, void **value)
{
    if (value)
        *value = NULL;
    while (tid != hcmma_thr_self() && !hcmma_fiber_has_ended(tid))
        hcmma_thr_sleep(1);
    return 0;
}
