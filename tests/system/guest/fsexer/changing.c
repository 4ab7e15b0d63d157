/* Operations that put new data into the file. */
#include "fsexer.h"

#include <sys/uio.h>

static size_t begun_at, begun_length;

void begin(const char* name, size_t offset, size_t length, long detail) {
  remember(m, name, offset, length, detail);
  change_begin(m, begun_at = offset, begun_length = length);
}

void end(void) {
  change_end(m, begun_at, begun_length);
  m->history[m->operations % HISTORY].size_after = m->size;
}

void set_size(size_t to) { m->size = to; }

/* New data from the operation of this number, in the model. */
void model_data(size_t offset, size_t length) {
  make_data(m, m->operations, offset, length, m->bytes + offset);
  if (offset + length > m->size) set_size(offset + length);
}

void do_write(void) {
  size_t length, offset = some_range(limit, &length);
  if (one_in(3)) offset = m->size < limit ? m->size : offset;
  if (offset + length > limit) length = limit - offset;
  size_t from = offset < m->size ? offset : m->size;
  begin(doing, from, offset + length - from, 0);
  model_data(offset, length);
  uint8_t* data = buffer + below(64);
  memcpy(data, m->bytes + offset, length);
  if (one_in(3)) {
    size_t cut = below(length);
    struct iovec parts[2] = {{data, cut}, {data + cut, length - cut}};
    expect(pwritev(file, parts, 2, offset), length, "pwritev");
  } else {
    expect(pwrite(file, data, length, offset), length, "pwrite");
  }
  end();
}

void do_write_map(void) {
  size_t length, offset = some_range(m->size, &length);
  if (!length) return;
  begin(doing, offset, length, 0);
  model_data(offset, length);
  memcpy(windows[SHARED_RW] + offset, m->bytes + offset, length);
  end();
  if (one_in(8) && msync(windows[SHARED_RW] + offset / PAGE * PAGE, offset % PAGE + length, MS_SYNC))
    cannot("msync");
}

void do_write_direct(void) {
  /* With readers about, the page cache may hold what the device no longer holds: Linux says so, and does not
   * help. */
  if (direct < 0 || no_direct_writes || readers) return;
  size_t length, offset = some_range(limit, &length) & ~(size_t)(PAGE - 1);
  length = whole_pages(length);
  if (offset + length > limit) length = limit - offset;
  size_t from = offset < m->size ? offset : m->size;
  begin(doing, from, offset + length - from, 0);
  model_data(offset, length);
  memcpy(buffer, m->bytes + offset, length);
  expect(pwrite(direct, buffer, length, offset), length, "O_DIRECT write");
  end();
}

/* Copies within the file; source and target do not touch the same page. */
void do_copy_within(void) {
  size_t length, offset = some_range(m->size, &length), target = below(limit), way = below(4);
  if (way == 3) {
    if (direct < 0 || no_direct_writes || readers) return;
    offset &= ~(size_t)(PAGE - 1), target &= ~(size_t)(PAGE - 1), length &= ~(size_t)(PAGE - 1);
  }
  if (target + length > limit) length = limit - target;
  if (way == 2 && target + length > m->size) return;
  if (!length || (target / PAGE <= (offset + length) / PAGE && offset / PAGE <= (target + length) / PAGE))
    return;
  size_t from = target < m->size ? target : m->size;
  begin(doing, from, target + length - from, offset * 10 + way);
  memmove(m->bytes + target, m->bytes + offset, length);
  if (target + length > m->size) set_size(target + length);
  switch (way) {
    case 0: {
      loff_t in = offset, out = target;
      for (size_t done = 0; done < length;) {
        ssize_t got = copy_file_range(file, &in, file, &out, length - done, 0);
        if (got <= 0) cannot("copy_file_range");
        done += got;
      }
      break;
    }
    case 1:
      expect(pwrite(file, windows[SHARED_RO] + offset, length, target), length,
             "write out of its own mapping");
      break;
    case 2:
      expect(pread(file, windows[SHARED_RW] + target, length, offset), length, "read into its own mapping");
      break;
    case 3:
      expect(pwrite(direct, windows[SHARED_RO] + offset, length, target), length,
             "O_DIRECT write out of its own mapping");
      break;
  }
  end();
}

void do_splice_in(void) {
  size_t length = 1 + below(16384), offset = below(limit - length);
  size_t from = offset < m->size ? offset : m->size;
  begin(doing, from, offset + length - from, 0);
  model_data(offset, length);
  expect(write(pipe_ends[1], m->bytes + offset, length), length, "write to the pipe");
  loff_t at = offset;
  for (size_t done = 0; done < length;) {
    ssize_t got = splice(pipe_ends[0], NULL, file, &at, length - done, SPLICE_F_MOVE);
    if (got <= 0) cannot("splice into the file");
    done += got;
  }
  end();
}
