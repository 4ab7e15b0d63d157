/* hcmmathr.h: the threads of a deterministic run.
 *
 * Who includes it: hthreads.h, so every Hercules source that uses threads.
 *
 * In a deterministic run (environment variable HERCULES_DETERMINISTIC, see docs/determinism.md) the process has one
 * thread, and what Hercules takes for threads are fibers of it. A fiber gives way only where a thread could block,
 * and a CPU's fiber also when its turn is over, which is at an instruction boundary. Who is next, and for how many
 * instructions, is drawn from the seed. Time is a function of the instructions begun.
 *
 * Invariants
 *   D1  Nothing that decides what the guest sees depends on the time of day, on a random number of the host's OS,
 *       or on how fast the process runs.
 *   D2  Time stands still while a fiber that is not a CPU's runs.
 *   D3  When no fiber can run, time goes to where the first sleeping one wakes up.
 */
#ifndef HCMMATHR_H
#define HCMMATHR_H

struct REGS;

#include <pthread.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern int hcmma_one_thread;      /* this is a deterministic run */
extern long hcmma_turn_left;      /* instructions that the CPU may still begin in its turn */

/* Call first of all. Reads the environment variable; a value that is wrong ends the process with a line. */
void hcmma_thr_start(void);

/* A CPU is at an instruction boundary, and its turn is over or something wants to be looked at. */
void hcmma_turn_over(struct REGS *regs);

/* At each instruction boundary of a CPU in a deterministic run. */
#define HCMMA_TURN(_regs)                 \
  do {                                    \
    if (unlikely(--hcmma_turn_left < 0))  \
      hcmma_turn_over(_regs);             \
  } while (0)

/* Call hcmma_turn_over at the next instruction boundary. */
void hcmma_thr_attend(void);

/* Instructions begun by all CPUs plus those that would have fitted into the time that nobody had anything to do;
 * and how many instructions a microsecond has. */
unsigned long long hcmma_thr_now(void);
unsigned long long hcmma_thr_rate(void);

/* Instructions begun by all CPUs. */
unsigned long long hcmma_thr_instructions(void);

/* May this thread go on? */
int hcmma_thr_can_run(pthread_t tid);

/* From a signal handler: end the machine when a fiber next gives way. */
void hcmma_thr_ask_to_end(void);

int hcmma_thr_create(pthread_t *tid, void *(*start)(void *), void *argument);
int hcmma_thr_join(pthread_t tid, void **value);
void hcmma_thr_exit(void *value) __attribute__((noreturn));
pthread_t hcmma_thr_self(void);
int hcmma_thr_lock(pthread_mutex_t *lock);
int hcmma_thr_unlock(pthread_mutex_t *lock);
int hcmma_thr_wait(pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until);
int hcmma_thr_signal(pthread_cond_t *condition, int all);
int hcmma_thr_sleep(unsigned long long microseconds);
int hcmma_thr_time(struct timeval *now);
time_t hcmma_thr_seconds(time_t *now);
int hcmma_thr_usage(struct rusage *usage);

/* What Hercules calls. A macro's own name in its replacement is the function. Trying to get a lock needs no other
 * form, and neither has destroying anything: pthread_kill would be for a thread that waits in a system call. */
#ifndef HCMMATHR_C
#define pthread_create(_tid, _attributes, _start, _argument)                                 \
  (hcmma_one_thread ? hcmma_thr_create((_tid), (void *(*)(void *))(_start), (void *)(_argument)) \
                    : pthread_create((_tid), (_attributes), (_start), (_argument)))
#define pthread_join(_tid, _value) \
  (hcmma_one_thread ? hcmma_thr_join((_tid), (_value)) : pthread_join((_tid), (_value)))
#define pthread_detach(_tid) (hcmma_one_thread ? 0 : pthread_detach(_tid))
#define pthread_kill(_tid, _signal) (hcmma_one_thread ? 0 : pthread_kill((_tid), (_signal)))
#define pthread_exit(_value)         \
  do {                               \
    if (hcmma_one_thread)            \
      hcmma_thr_exit((_value));      \
    pthread_exit((_value));          \
  } while (0)
#define pthread_self() (hcmma_one_thread ? hcmma_thr_self() : pthread_self())
#define pthread_mutex_lock(_lock) (hcmma_one_thread ? hcmma_thr_lock(_lock) : pthread_mutex_lock(_lock))
#define pthread_mutex_unlock(_lock) (hcmma_one_thread ? hcmma_thr_unlock(_lock) : pthread_mutex_unlock(_lock))
#define pthread_cond_wait(_condition, _lock) \
  (hcmma_one_thread ? hcmma_thr_wait((_condition), (_lock), NULL) : pthread_cond_wait((_condition), (_lock)))
#define pthread_cond_timedwait(_condition, _lock, _until)                 \
  (hcmma_one_thread ? hcmma_thr_wait((_condition), (_lock), (_until)) \
                    : pthread_cond_timedwait((_condition), (_lock), (_until)))
#define pthread_cond_signal(_condition) \
  (hcmma_one_thread ? hcmma_thr_signal((_condition), 0) : pthread_cond_signal(_condition))
#define pthread_cond_broadcast(_condition) \
  (hcmma_one_thread ? hcmma_thr_signal((_condition), 1) : pthread_cond_broadcast(_condition))
#define usleep(_microseconds) (hcmma_one_thread ? hcmma_thr_sleep(_microseconds) : usleep(_microseconds))
#define sleep(_seconds) \
  ((unsigned)(hcmma_one_thread ? hcmma_thr_sleep((_seconds) * 1000000ull) : (int)sleep(_seconds)))
#define sched_yield() (hcmma_one_thread ? hcmma_thr_sleep(0) : sched_yield())
#define gettimeofday(_now, _zone) (hcmma_one_thread ? hcmma_thr_time(_now) : gettimeofday((_now), (_zone)))
#define time(_now) (hcmma_one_thread ? hcmma_thr_seconds(_now) : time(_now))
/* The guest learns of it: STSI derives the CPU capability from it, DIAGNOSE X'204' stores it. */
#define getrusage(_who, _usage) (hcmma_one_thread ? hcmma_thr_usage(_usage) : getrusage((_who), (_usage)))
#endif

#endif
