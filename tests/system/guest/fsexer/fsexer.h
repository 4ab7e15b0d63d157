/* What the parts of fsexer share: the settings, the state of one instance's writer, and the steps that all
 * operations are made of. main.c says what the program does; model.h has the model.
 *
 * A process has one instance at most, so its state is global. F1: only the writer's thread uses it; readers
 * have the model, the path and report.c. F2: an operation is remembered (remember or begin) before it asks
 * the kernel for anything. F3: nothing goes on after a failure.
 */
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model.h"

/* ---- main.c: settings, from the command line ---- */

enum { MOST = 64 }; /* readers, and instances */
extern uint64_t seed, count, break_at;
extern unsigned seconds, readers;
extern size_t limit; /* largest size of the file: a multiple of REGION */
extern int is_static, use_knobs, no_direct_writes, verbose;
extern char path[512];

/* ---- main.c: the state of the writer ---- */

extern struct Model* m;
extern const char* doing;          /* name of the operation */
extern int scratch, pipe_ends[2];  /* where the kernel copies to */
extern int memory;                 /* /proc/self/mem, or -1 */
extern uint8_t *buffer, *expected; /* limit bytes, aligned, and one page more */

/* ---- choose.c: random choices ---- */

void choose_from(uint64_t start);
size_t below(size_t n);
int one_in(size_t n);
size_t some_range(size_t end, size_t* length); /* below `end`; empty only if that is 0 */
int some_window(void);

static inline size_t whole_pages(size_t bytes) { return (bytes + PAGE - 1) / PAGE * PAGE; }

/* ---- report.c: comparisons and failures ---- */

void check(const char* how, size_t offset, const uint8_t* want, const uint8_t* got, size_t length);
void expect(ssize_t got, size_t wanted, const char* what);
_Noreturn void differs(const char* how, size_t offset, const uint8_t* want, const uint8_t* got,
                       size_t length);
_Noreturn void cannot(const char* what); /* says errno too */
void catch_faults(void);
extern _Thread_local sigjmp_buf* on_fault; /* a fault of this thread is no failure, and goes there */
extern uint64_t checked;                   /* bytes compared */

/* ---- windows.c: the open file and its mappings, and what they should hold ---- */

enum { SHARED_RO, PRIVATE, SHARED_RW, WINDOWS }; /* a file that is only read has the first two */
extern int file, direct;                         /* with O_DIRECT: -1 if the file system has none */
extern uint8_t* windows[WINDOWS];                /* each maps the whole file */
extern uint8_t* copies;                          /* what the private window holds where it was written to: */
extern uint8_t* is_copied;                       /* one flag a page */

void open_file(void);
void make_windows(void);
void map_window(int w);
int window_count(void);
void check_window(int w, const char* how, size_t offset, size_t length);
void want_private(size_t offset, size_t length); /* what the private window should hold, into `expected` */
void copy_on_write(size_t offset, size_t length);
void forget_copies(size_t from);

/* ---- changing.c: changes of the model (M1) ---- */

void begin(const char* name, size_t offset, size_t length, long detail);
void set_size(size_t to);
void end(void);

/* ---- the operations: reading.c, kernel_reads.c, mapping.c, advice.c, changing.c, resizing.c ---- */

void do_read(void), do_read_nowait(void), do_read_direct(void), do_read_direct_mapped(void),
    do_read_map(void);
void do_kernel_reads_map(void), do_splice(void), do_sendfile(void);
void do_mremap(void), do_map_again(void), do_open_again(void), do_private_write(void), do_fork(void);
void do_fadvise(void), do_readahead(void), do_madvise(void), do_mlock(void), do_munlock(void), do_msync(void);
void do_mincore(void), do_knobs(void), do_sync(void);
void do_write(void), do_write_map(void), do_write_direct(void), do_copy_within(void), do_splice_in(void);
void do_truncate(void), do_fallocate(void);

/* ---- work.c: all operations, in random order, and the checks at the end ---- */

void work(void);
void print_counts(void);

/* ---- readers.c: threads and processes that read meanwhile ---- */

void start_readers(void);
int join_readers(void); /* did all of them find the file right? */
