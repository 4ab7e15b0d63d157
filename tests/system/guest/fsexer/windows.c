/* The open file, its three mappings, and what they should hold: a private mapping keeps its own copy of each
 * page that was written to through it. */
#include "fsexer.h"

int file = -1, direct = -1;
uint8_t *windows[WINDOWS], *copies, *is_copied;

int window_count(void) { return is_static ? SHARED_RW : WINDOWS; }

void want_private(size_t offset, size_t length) {
  memcpy(expected, m->bytes + offset, length);
  for (size_t page = offset / PAGE; page <= (offset + length - 1) / PAGE; page++) {
    if (!is_copied[page]) continue;
    size_t a = page * PAGE > offset ? page * PAGE : offset;
    size_t b = (page + 1) * PAGE < offset + length ? (page + 1) * PAGE : offset + length;
    memcpy(expected + (a - offset), copies + a, b - a);
  }
}

void copy_on_write(size_t offset, size_t length) {
  for (size_t page = offset / PAGE; page <= (offset + length - 1) / PAGE; page++) {
    if (is_copied[page]) continue;
    memcpy(copies + page * PAGE, m->bytes + page * PAGE, PAGE);
    is_copied[page] = 1;
  }
}

/* Pages wholly above this are gone from all mappings, private copies too. */
void forget_copies(size_t from) {
  memset(is_copied + whole_pages(from) / PAGE, 0, (limit - whole_pages(from)) / PAGE);
}

void check_window(int w, const char* how, size_t offset, size_t length) {
  if (!length) return;
  const uint8_t* want = m->bytes + offset;
  if (w == PRIVATE) {
    want_private(offset, length);
    want = expected;
  }
  check(how, offset, want, windows[w] + offset, length);
}

void map_window(int w) {
  windows[w] = mmap(NULL, limit, w == SHARED_RO ? PROT_READ : PROT_READ | PROT_WRITE,
                    w == PRIVATE ? MAP_PRIVATE : MAP_SHARED, file, 0);
  if (windows[w] == MAP_FAILED) cannot("mmap");
  if (w == PRIVATE) memset(is_copied, 0, limit / PAGE);
}

void open_file(void) {
  file = open(path, is_static ? O_RDONLY : O_RDWR);
  if (file < 0) cannot("open");
  direct = open(path, (is_static ? O_RDONLY : O_RDWR) | O_DIRECT);
}

void make_windows(void) {
  copies = malloc(limit);
  is_copied = calloc(limit / PAGE, 1);
  if (!copies || !is_copied) cannot("memory");
  for (int w = 0; w < window_count(); w++) map_window(w);
}
