// Shared by the workloads of the catalogue of races (scenarios/R*.toml, docs/catalogue.md).
//
// Each workload walks once through the window of one race. It says where the host has its chance with
// host_may_discard(); whether the host does something there is the scenario's business. A workload ends with
// status 0 if all that it read was right, and otherwise with a line that begins "checksum mismatch".
#ifndef RACES_H
#define RACES_H

#include <stddef.h>
#include <stdint.h>

enum { page_size = 4096, words_of_page = page_size / 8 };

// Page `number` of a file or of memory, in its `version`th content.
void fill(void* page, uint64_t number, uint64_t version);
void expect(const void* page, uint64_t number, uint64_t version, const char* where);
// The same for what a system call returned: too little is as wrong as the wrong bytes.
void expect_read(long got, const void* page, uint64_t number, const char* where);

_Noreturn void lost(const char* what);    // the race was lost: "checksum mismatch: ..."
_Noreturn void failed(const char* what);  // a system call fails that must not: no hit

// The page is touched here: a read that the compiler keeps.
void touch(const void* page);

// A place that scenarios find by the kernel's function folio_deactivate(): madvise(MADV_COLD) of a page that
// only this process has mapped. Does not change the state of the page.
void host_may_discard(void* page);

// The window of an exploration opens here, for a workload that has much to do before; others do it by a line
// of their scenario's `run`. Then comes a division by zero, program interruption 0009: triggers can wait for
// that without looking at each instruction.
void open_window(void);

// /mnt/data, 16 pages, which have all been read and are volatile now.
enum { data_pages = 16 };
int open_data(void);
void* map_data(int fd, int protection, int flags, size_t page);

// The second disk is for swapping: this many pages of it.
void swap_on(unsigned pages);
void swap_off(void);
void* some_memory(size_t pages);
// Writes this page to the swap disk, and reads it again: it is in the swap cache, clean, mapped, and
// volatile.
void through_swap(void* page);
void page_out(void* page, size_t pages);

void run_on(int cpu);
// A thread that touches the page on CPU 1 for ever, every now and then: each use of it is a place of its own
// for a discard, so they are not more than it takes.
void touch_on_cpu_1(void* page);
// A page that has just been read is on a list of this CPU's, which has a reference. With that it is not
// volatile.
void empty_lists_of_cpu(void);

#endif
