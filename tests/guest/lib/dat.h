/* DAT tables of our own: a region-third table, segment tables, page tables, for up to 2 GB of virtual
 * storage. Tables come from a pool; a test that wants a table in a certain block builds it by hand. */
#ifndef GUEST_LIB_DAT_H
#define GUEST_LIB_DAT_H

#include "types.h"

struct address_space {
  u64* region3; /* region-third table: 2048 entries of 2 GB */
  u64 asce;     /* for control register 1, 7 or 13 */
};

#define DAT_INVALID_SEGMENT 0x20ul
#define DAT_INVALID_PAGE 0x400ul
#define DAT_PROTECT 0x200ul
#define DAT_SEGMENT_1M 0x400ul

void dat_create(struct address_space* space);

/* Map one 4 KB page. */
void dat_map(struct address_space* space, u64 virtual, u64 absolute);

/* Map 1 MB as one frame (needs enhanced DAT and control register 0 bit 40). */
void dat_map_1m(struct address_space* space, u64 virtual, u64 absolute);

/* Map virtual = absolute for [0, end) with 4 KB pages. */
void dat_map_identity(struct address_space* space, u64 end);

/* The entry for an address; NULL where there is none. */
u64* dat_segment_entry(struct address_space* space, u64 virtual);
u64* dat_page_entry(struct address_space* space, u64 virtual);

/* Set the invalid bit of a page and purge it from all CPUs (IPTE), or make it valid again. */
void dat_invalidate(struct address_space* space, u64 virtual);
void dat_validate(struct address_space* space, u64 virtual);

/* PURGE TLB of this CPU. */
static inline void dat_purge(void) { __asm__ volatile("ptlb" : : : "memory"); }

#endif
