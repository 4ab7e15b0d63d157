/* Operations that move the end of the file, and what is between. */
#include "fsexer.h"

#include <linux/falloc.h>

void do_truncate(void) {
  size_t old = m->size, to = one_in(4) ? below(limit) : old - old / 4 + below(old / 2 + 1);
  if (one_in(3)) to &= ~(size_t)(PAGE - 1);
  if (to > limit) to = limit;
  size_t low = to < old ? to : old, high = to < old ? old : to;
  begin(doing, low, high - low, to);
  if (ftruncate(file, to)) cannot("ftruncate");
  memset(m->bytes + low, 0, high - low);
  set_size(to);
  if (to < old) forget_copies(to);
  end();
}

void do_fallocate(void) {
  static const int kinds[] = {FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                              FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                              FALLOC_FL_ZERO_RANGE,
                              FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
                              0,
                              FALLOC_FL_KEEP_SIZE,
                              FALLOC_FL_COLLAPSE_RANGE,
                              FALLOC_FL_INSERT_RANGE};
  int kind = kinds[below(8)];
  size_t length, old = m->size, offset = some_range(limit, &length);
  if (!length) return;
  if (kind == FALLOC_FL_COLLAPSE_RANGE || kind == FALLOC_FL_INSERT_RANGE) {
    offset &= ~(size_t)(PAGE - 1), length = whole_pages(length);
    if (kind == FALLOC_FL_COLLAPSE_RANGE ? offset + length >= old : offset >= old || old + length > limit)
      return;
    begin(doing, offset, limit - offset, kind);
  } else {
    size_t from = offset < old ? offset : old;
    begin(doing, from, offset + length - from, kind);
  }
  if (fallocate(file, kind, offset, length)) {
    if (errno != EOPNOTSUPP) cannot("fallocate");
    end();
    return;
  }
  switch (kind) {
    case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
    case FALLOC_FL_ZERO_RANGE:
    case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE:
      memset(m->bytes + offset, 0, length);
      /* fall through */
    case 0:
      if (!(kind & FALLOC_FL_KEEP_SIZE) && offset + length > old) set_size(offset + length);
      break;
    case FALLOC_FL_COLLAPSE_RANGE:
      memmove(m->bytes + offset, m->bytes + offset + length, old - offset - length);
      memset(m->bytes + old - length, 0, length);
      set_size(old - length);
      forget_copies(offset);
      break;
    case FALLOC_FL_INSERT_RANGE:
      memmove(m->bytes + offset + length, m->bytes + offset, old - offset);
      memset(m->bytes + offset, 0, length);
      set_size(old + length);
      forget_copies(offset);
      break;
  }
  end();
}
