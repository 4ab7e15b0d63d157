/* hcmmarai.h: what the three files of the race glue share: events (hcmmaevt.c), when the engine is told (hcmmarac.c), and what
 * it asks for (hcmmactl.c). Only they include it. */
#ifndef HCMMARAI_H
#define HCMMARAI_H

#include <cmma/race.h>

/* hcmmarac.c: is there an engine? */
int hcmma_race_is_open(void);

/* hcmmaevt.c: how many events nobody has been told of yet. At an instruction boundary the last instruction is complete. */
int hcmma_events_waiting(void);
int hcmma_events_at_boundary(void);

/* One of them, from 0. Telling the engine may add others behind them. The first `count` have been told: the others come next. */
struct cmma_event hcmma_event(int number);
void hcmma_events_told(int count);

/* hcmmactl.c: what cmma_race_open gets. */
extern const struct cmma_control hcmma_race_control;

/* An interruption of the clock comparator is taken: it may be one that the engine has asked for. */
void hcmma_race_timer_taken(int cpu);

/* The engine has stopped the machine. Then, when the engine has returned: end. */
int hcmma_race_is_stopped(void);
void hcmma_race_end_if_stopped(void);

/* When the engine has returned: have gdb look if the engine has asked for it. */
void hcmma_race_look_if_wanted(REGS *regs);

#endif
