/* Operations that read the file, by system calls and through its mappings. */
#include "fsexer.h"

#include <sys/uio.h>

void do_read(void) {
  size_t length, offset = some_range(m->size, &length);
  if (!length) return;
  remember(m, doing, offset, length, 0);
  uint8_t* to = buffer + below(64);
  if (one_in(3)) {
    size_t cut = below(length);
    struct iovec parts[2] = {{to, cut}, {to + cut, length - cut}};
    expect(preadv(file, parts, 2, offset), length, "preadv");
  } else {
    expect(pread(file, to, length, offset), length, "pread");
  }
  check("read", offset, m->bytes + offset, to, length);
}

void do_read_nowait(void) {
#ifdef RWF_NOWAIT
  size_t length, offset = some_range(m->size, &length);
  if (!length) return;
  remember(m, doing, offset, length, 0);
  struct iovec part = {buffer, length};
  ssize_t got = preadv2(file, &part, 1, offset, RWF_NOWAIT);
  if (got < 0 && errno != EAGAIN && errno != EOPNOTSUPP) cannot("preadv2");
  if (got > 0) check("nowait read", offset, m->bytes + offset, buffer, got);
#endif
}

void do_read_direct(void) {
  size_t length, offset = some_range(m->size, &length) & ~(size_t)(PAGE - 1);
  if (direct < 0 || !m->size) return;
  length = whole_pages(length);
  remember(m, doing, offset, length, 0);
  size_t there = m->size - offset < length ? m->size - offset : length;
  expect(pread(direct, buffer, length, offset), there, "O_DIRECT read");
  check("O_DIRECT read", offset, m->bytes + offset, buffer, there);
}

/* The device puts its data into private pages of a mapping. */
void do_read_direct_mapped(void) {
  size_t whole = m->size & ~(size_t)(PAGE - 1), length,
         offset = some_range(whole, &length) & ~(size_t)(PAGE - 1);
  if (direct < 0 || whole < 2 * PAGE) return;
  length = whole_pages(length);
  size_t to = below(whole / PAGE) * PAGE;
  if (to + length > whole) return;
  remember(m, doing, offset, length, to);
  expect(pread(direct, windows[PRIVATE] + to, length, offset), length, "O_DIRECT read");
  copy_on_write(to, length);
  memcpy(copies + to, m->bytes + offset, length);
  check_window(PRIVATE, "O_DIRECT read into private pages", to, length);
}

void do_read_map(void) {
  int w = some_window();
  size_t length, offset = some_range(m->size, &length);
  remember(m, doing, offset, length, w);
  check_window(w, "read of a mapping", offset, length);
  /* What is above the end, in the last page. */
  if (length && offset + length == m->size && w != PRIVATE)
    check_window(w, "the rest of the last page", m->size, whole_pages(m->size) - m->size);
}
