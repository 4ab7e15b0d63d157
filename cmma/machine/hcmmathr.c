/* hcmmathr.c: the threads of a deterministic run are fibers of one thread.
 *
 * Who calls it: Hercules, through the macros of hcmmathr.h.
 *
 * A fiber has a state that says what it waits for. Choosing the next one goes over all of them: there are as many
 * as CPUs, devices at work and some more.
 */
#define HCMMATHR_C
#include "hstdinc.h"

#define _HENGINE_DLL_

#include "hercules.h"
#include "hcmmaint.h"
#include "hcmmadet.h"
#include "hcmmafrk.h"
#include "hcmmarac.h"
#include "hcmmathi.h"
#include "hcmmathr.h"

#include <sys/mman.h>
#include <ucontext.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

enum { MAX_FIBERS = 128, STACK_SIZE = 2 << 20 };

typedef struct FIBER
{
    int used;
    int is_cpu;               /* has had a turn as a CPU */
    int ready;                /* runs when it is chosen */
    int ended;                /* its start function has returned, or it has called exit_thread */
    unsigned long long since; /* when it became what it is now: first come, first served */
    Instant wake;             /* asleep until then, or hcmma_never */
    const void *waits_for;    /* the lock or condition, or NULL */
    void *(*start)(void *);
    void *argument;
    char *stack;              /* NULL: that of the process */
    struct hcmma_thread own;
    ucontext_t context;
    void *fake_stack;         /* the address sanitizer's, and what it calls the stack */
    const void *bottom;
    size_t size;
} FIBER;

int hcmma_one_thread;

static FIBER fibers[MAX_FIBERS]; /* [0]: main() */
static FIBER *current = &fibers[0];
static FIBER *left_behind = &fibers[0]; /* who ran before this one */
static FIBER *ended;                /* its stack can go */
static unsigned long long sequence;
static volatile sig_atomic_t asked_to_end;

/* ---- switching ----------------------------------------------------------------------------------------- */

static void arrived(FIBER *self)
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(self->fake_stack, &left_behind->bottom, &left_behind->size);
#else
    UNREFERENCED(self);
#endif
    if (ended && ended != current)
    {
        munmap(ended->stack, STACK_SIZE);
        ended->used = 0;
        ended = NULL;
    }
}

static void begin(void)
{
    FIBER *self = current;
    arrived(self);
    hcmma_thr_exit(self->start(self->argument));
}

static void switch_to(FIBER *next)
{
    FIBER *self = current;
    const int error = errno;
    if (next == self)
        return;
    current = next;
    left_behind = self;
    self->own = hcmma_own;
    hcmma_own = next->own;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(self->ended ? NULL : &self->fake_stack, next->bottom, next->size);
#endif
    swapcontext(&self->context, &next->context);
    arrived(self);
    errno = error;
}

static void make_ready(FIBER *fiber)
{
    fiber->ready = 1;
    fiber->waits_for = NULL;
    fiber->wake = hcmma_never;
    fiber->since = ++sequence;
    /* Whatever is not a CPU takes no time: its turn comes at the next instruction boundary. */
    if (!fiber->is_cpu)
        hcmma_turn_end();
}

static Instant next_wake(void)
{
    Instant first = hcmma_never;
    int i;
    for (i = 0; i < MAX_FIBERS; i++)
        if (fibers[i].used && !fibers[i].ready && fibers[i].wake < first)
            first = fibers[i].wake;
    return first;
}

static void wake_sleepers(void)
{
    const Instant now = hcmma_thr_now();
    int i;
    for (i = 0; i < MAX_FIBERS; i++)
        if (fibers[i].used && !fibers[i].ready && fibers[i].wake <= now)
            make_ready(&fibers[i]);
}

/* The next fiber that is not a CPU's, in the order in which they became ready. */
static FIBER *first_other(void)
{
    FIBER *first = NULL;
    int i;
    for (i = 0; i < MAX_FIBERS; i++)
        if (fibers[i].used && fibers[i].ready && !fibers[i].is_cpu && (!first || fibers[i].since < first->since))
            first = &fibers[i];
    return first;
}

/* One of the CPUs that can run, drawn. */
static FIBER *any_cpu(void)
{
    int ready[MAX_FIBERS], count = 0, i;
    if (hcmma_race_only() != CMMA_NOT_A_CPU)
    {
        if (hcmma_thr_can_run(sysblk.cputid[hcmma_race_only()]))
            return &fibers[sysblk.cputid[hcmma_race_only()] - 1];
        hcmma_race_release();
    }
    for (i = 0; i < MAX_FIBERS; i++)
        if (fibers[i].used && fibers[i].ready && fibers[i].is_cpu)
            ready[count++] = i;
    if (!count)
        return NULL;
    return &fibers[ready[count == 1 ? 0 : hcmma_draw(0, (unsigned long long)count - 1)]];
}

static void give_turn(FIBER *cpu)
{
    const Instant wake = next_wake();
    long length;
    hcmma_turn_end();
    hcmma_det_check_limit();
    length = (long)hcmma_draw(hcmma_det.shortest, hcmma_det.longest);
    /* A clock that goes off in the turn ends it. */
    if (wake != hcmma_never && wake - hcmma_thr_now() < (Instant)length)
        length = (long)(wake - hcmma_thr_now());
    hcmma_note(HCMMA_NOTE_TURN, (int)(cpu - fibers), (U64)length, 0);
    hcmma_turn_go_on(length);
}

/* The current fiber is not ready, or does not want to be the next. */
static void give_way(void)
{
    FIBER *next;
    for (;;)
    {
        if (asked_to_end)
        {
            asked_to_end = 0;
            end_with_status(sysblk.exitstatus);
        }
        wake_sleepers();
        next = first_other();
        if (next)
            break;
        next = any_cpu();
        if (next)
        {
            give_turn(next);
            break;
        }
        hcmma_turn_end();
        if (next_wake() == hcmma_never)
        {
            fprintf(stderr, "HHCCM020S deterministic run: every thread waits for another\n");
            _exit(3);
        }
        hcmma_turn_skip_to(next_wake());
        hcmma_det_check_limit();
    }
    switch_to(next);
}

/* A CPU that is here stands between two instructions. Who brings all CPUs there (IPTE, a discard) does not wait for it: otherwise
 * the others would run on in the middle of such an action, for a time that depends on how many processors the host has. */
static void let_others(REGS *regs)
{
    hcmma_turn_end();
    regs->intwait = 1;
    give_way();
    regs->intwait = 0;
}

/* Where a turn was only interrupted it goes on, unless a thread that takes no time has become ready, or who goes on
 * is to be drawn anew. */
void hcmma_turn_over(REGS *regs)
{
    const long left = hcmma_turn_rest();
    long rest;
    int anew;
    current->is_cpu = 1;
    hcmma_turn_end();
    hcmma_fork_boundary();
    hcmma_turn_interrupted(left);
    anew = hcmma_race_boundary(regs);
    rest = hcmma_turn_rest();
    if (rest > 0 && !anew && !first_other())
        hcmma_turn_go_on(rest);
    else
        let_others(regs);
    hcmma_race_arrive(regs);
    while (hcmma_race_only() != CMMA_NOT_A_CPU && hcmma_race_only() != regs->cpuad)
        let_others(regs);
    hcmma_turn_begin_instruction();
}

int hcmma_fiber_has_ended(pthread_t tid)
{
    return !fibers[tid - 1].used || fibers[tid - 1].ended;
}

int hcmma_thr_can_run(pthread_t tid)
{
    return tid && fibers[tid - 1].used && fibers[tid - 1].ready;
}

void hcmma_thr_ask_to_end(void)
{
    asked_to_end = 1;
}

/* ---- threads ------------------------------------------------------------------------------------------- */

int hcmma_thr_create(pthread_t *tid, void *(*start)(void *), void *argument)
{
    FIBER *fiber = fibers + 1;
    while (fiber < fibers + MAX_FIBERS && fiber->used)
        fiber++;
    if (fiber == fibers + MAX_FIBERS)
        return EAGAIN;
    memset(fiber, 0, sizeof(*fiber));
    fiber->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fiber->stack == MAP_FAILED)
        return EAGAIN;
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = STACK_SIZE;
    fiber->context.uc_link = NULL;
    makecontext(&fiber->context, begin, 0);
    fiber->bottom = fiber->stack;
    fiber->size = STACK_SIZE;
    fiber->used = 1;
    fiber->start = start;
    fiber->argument = argument;
    make_ready(fiber);
    *tid = (pthread_t)(fiber - fibers + 1);
    return 0;
}

void hcmma_thr_exit(void *value)
{
    UNREFERENCED(value);
    current->ended = 1;
    current->ready = 0;
    current->wake = hcmma_never;
    ended = current;
    give_way();
    abort();
}

pthread_t hcmma_thr_self(void)
{
    return (pthread_t)(current - fibers + 1);
}

void hcmma_fiber_wait(const void *what, Instant wake)
{
    current->ready = 0;
    current->waits_for = what;
    current->wake = wake;
    current->since = ++sequence;
    give_way();
}

void hcmma_fiber_wake(const void *what, int all)
{
    FIBER *first;
    int i;
    do
    {
        first = NULL;
        for (i = 0; i < MAX_FIBERS; i++)
            if (fibers[i].used && !fibers[i].ready && fibers[i].waits_for == what
             && (!first || fibers[i].since < first->since))
                first = &fibers[i];
        if (first)
            make_ready(first);
    } while (first && all);
}

void hcmma_thr_start(void)
{
    fibers[0].used = 1;
    fibers[0].ready = 1;
    fibers[0].wake = hcmma_never;
    hcmma_one_thread = hcmma_det_start(getenv("HERCULES_DETERMINISTIC"));
}
