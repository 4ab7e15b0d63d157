/* Random choices of the writer. Sizes and places are those at which page caches have their edges. */
#include "fsexer.h"

static uint64_t state;

void choose_from(uint64_t start) {
  state = start;
  next_random(&state);
}

static uint64_t draw(void) { return next_random(&state) >> 16; }
size_t below(size_t n) { return n ? draw() % n : 0; }
int one_in(size_t n) { return below(n) == 0; }
int some_window(void) { return below(window_count()); }

static size_t some_length(void) {
  switch (below(8)) {
    case 0:
      return 1 + below(64);
    case 1:
    case 2:
      return 1 + below(PAGE);
    case 3:
      return PAGE * (1 + below(4));
    case 4:
      return 1 + below(limit / 8);
    default:
      return 1 + below(8 * PAGE);
  }
}

/* A range below `end`, empty only if that is 0. Sets *length. */
size_t some_range(size_t end, size_t* length) {
  size_t offset = below(end);
  *length = some_length();
  if (one_in(3)) {
    offset &= ~(size_t)(PAGE - 1);
    if (one_in(2)) *length = (*length + PAGE - 1) & ~(size_t)(PAGE - 1);
  }
  if (*length > end - offset) *length = end - offset;
  return offset;
}
