/* hcmmadet.h: what decides how a deterministic run goes, and what proves that two runs were the same.
 *
 * Who includes it: hercules.h (for HCMMA_NOTE and HCMMA_IO_TIME, which stand in the patched sources) and the files of the
 * glue. docs/determinism.md describes it.
 */
#ifndef HCMMADET_H
#define HCMMADET_H

#include "hcmmarep.h"
#include "hcmmathr.h"

/* What the unseed is a hash of. The numbers are in logs: they do not change. */
enum
{
  HCMMA_NOTE_TURN = 1,      /* a CPU (number of its thread) may go on for so many instructions */
  HCMMA_NOTE_PROGRAM = 2,   /* interruptions: code; PSW address */
  HCMMA_NOTE_EXTERNAL = 3,
  HCMMA_NOTE_IO = 4,        /* subchannel */
  HCMMA_NOTE_MACHINE = 5,
  HCMMA_NOTE_RESTART = 6,
  HCMMA_NOTE_STATE = 7,     /* host event, old and new state byte; block */
  HCMMA_NOTE_INPUT = 8,     /* descriptor; bytes */
  HCMMA_NOTE_REGISTER = 9   /* at the end: number; value */
};

/* The options of the run; the environment variable HERCULES_DETERMINISTIC has them as name=value,name=value... */
struct HCMMA_DET
{
  unsigned long long rate;     /* rate=N: instructions that fit into a microsecond */
  unsigned long long start;    /* start=N: time of day at instruction 0, in seconds since 1970 */
  unsigned long long shortest; /* turn=N:M: a CPU's turn has N to M instructions */
  unsigned long long longest;
  unsigned long long events;   /* events=N: one interesting event in N ends the turn; 0: none does */
  unsigned long long limit;    /* limit=N: a guest that has not ended after so many microseconds of its time hangs; 0: none */
};
extern struct HCMMA_DET hcmma_det;

/* NULL: no deterministic run, 0. Otherwise 1; a value that is wrong ends the process with a line. */
int hcmma_det_start(const char *options);

/* A number from `least` to `most`, from the seed. */
unsigned long long hcmma_draw(unsigned long long least, unsigned long long most);

/* A CPU begins an instruction. */
void hcmma_race_begin(REGS *regs, const BYTE *inst);
extern const BYTE hcmma_interesting[256]; /* by the first byte of the instruction */
#define HCMMA_BEGIN(_inst, _regs)           \
  do {                                      \
    if (hcmma_rep_discarded)                \
      hcmma_rep_begin((_regs), (_inst));    \
    if (hcmma_interesting[(_inst)[0]])      \
      hcmma_race_begin((_regs), (_inst));   \
  } while (0)

/* Something happened that belongs into the unseed. */
void hcmma_note(int kind, int cpu, unsigned long long what, unsigned long long where);
#define HCMMA_NOTE(_kind, _regs, _what)                                                                     \
  do {                                                                                                      \
    if (unlikely(hcmma_one_thread))                                                                         \
      hcmma_note((_kind), (_regs)->cpuad, (_what), (_regs)->psw.IA_G);                                    \
  } while (0)

/* The limit is counted from now on, and a guest that completes so many instructions more hangs, too (0: any number). */
void hcmma_det_limit(unsigned long long instructions);

/* Time has gone on, and nobody is in the middle of anything: a guest that is beyond its limit ends with status 5. */
void hcmma_det_check_limit(void);

/* The guest has ended: prints the unseed. Once. */
void hcmma_det_end(void);

/* This process has forked: files of the run are the parent's. */
void hcmma_det_forked(void);

/* The guest writes to its console. */
void hcmma_console(const BYTE *text, size_t length);
#define HCMMA_CONSOLE(_text, _length)    \
  do {                                   \
    if (unlikely(hcmma_one_thread))      \
      hcmma_console((_text), (_length)); \
  } while (0)

/* The channel program of a device has done its work: the time that the device takes (latency=US, latency.DEVNUM=US). */
void hcmma_io_time(unsigned devnum);
#define HCMMA_IO_TIME(_dev)          \
  do {                               \
    if (unlikely(hcmma_one_thread))  \
      hcmma_io_time((_dev)->devnum); \
  } while (0)

/* As read(2) and write(2) of a disk image whose position is `offset` already; in a deterministic run nothing is written to
 * the file, and an image has the length that it had at first. */
int hcmma_disk_read(int fd, off_t offset, void *to, int length);
int hcmma_disk_write(int fd, off_t offset, const void *from, int length);

/* As read(2) of a descriptor that brings input from outside: what comes when is recorded (record=FILE) or taken from
 * a record (replay=FILE). */
ssize_t hcmma_input(int fd, void *to, size_t size);

#endif
