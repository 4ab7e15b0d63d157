/* See dat.h. */
#include "dat.h"

#include "report.h"

#define CRST_SIZE 0x4000ul
#define PAGE_TABLE_SIZE 0x800ul
#define POOL_SIZE (64 * CRST_SIZE)
#define TYPE_REGION3 0x4ul
#define LENGTH_4 0x3ul
#define ORIGIN_PAGE_TABLE (~0x7fful)

static u8 pool[POOL_SIZE] __attribute__((aligned(CRST_SIZE)));
static u64 pool_used;

static u64* new_table(u64 size, u64 fill) {
  pool_used = (pool_used + size - 1) & ~(size - 1);
  if (pool_used + size > POOL_SIZE) guest_panic("no room for DAT tables");
  u64* table = (u64*)(pool + pool_used);
  pool_used += size;
  for (u64 i = 0; i < size / 8; ++i) table[i] = fill;
  return table;
}

void dat_create(struct address_space* space) {
  space->region3 = new_table(CRST_SIZE, DAT_INVALID_SEGMENT | TYPE_REGION3);
  u64* segments = new_table(CRST_SIZE, DAT_INVALID_SEGMENT);
  space->region3[0] = (u64)segments | TYPE_REGION3 | LENGTH_4;
  space->asce = (u64)space->region3 | TYPE_REGION3 | LENGTH_4;
}

u64* dat_segment_entry(struct address_space* space, u64 virtual) {
  u64* segments = (u64*)(space->region3[0] & BLOCK_MASK);
  return &segments[(virtual >> 20) & 0x7ff];
}

u64* dat_page_entry(struct address_space* space, u64 virtual) {
  const u64 segment = *dat_segment_entry(space, virtual);
  if ((segment & (DAT_INVALID_SEGMENT | DAT_SEGMENT_1M)) != 0) return NULL;
  return (u64*)(segment & ORIGIN_PAGE_TABLE) + ((virtual >> 12) & 0xff);
}

void dat_map(struct address_space* space, u64 virtual, u64 absolute) {
  u64* segment = dat_segment_entry(space, virtual);
  if ((*segment & DAT_INVALID_SEGMENT) != 0) *segment = (u64)new_table(PAGE_TABLE_SIZE, DAT_INVALID_PAGE);
  *dat_page_entry(space, virtual) = absolute & BLOCK_MASK;
}

void dat_map_1m(struct address_space* space, u64 virtual, u64 absolute) {
  *dat_segment_entry(space, virtual) = (absolute & ~(MEGABYTE - 1)) | DAT_SEGMENT_1M;
}

void dat_map_identity(struct address_space* space, u64 end) {
  for (u64 address = 0; address < end; address += BLOCK_SIZE) dat_map(space, address, address);
}

void dat_invalidate(struct address_space* space, u64 virtual) {
  const u64 table = *dat_segment_entry(space, virtual) & ORIGIN_PAGE_TABLE;
  __asm__ volatile(".insn rre,0xb2210000,%0,%1" : : "a"(table), "a"(virtual) : "memory");
}

void dat_validate(struct address_space* space, u64 virtual) {
  *dat_page_entry(space, virtual) &= ~DAT_INVALID_PAGE;
}
