// Workload with a BPF program that runs in interrupts.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "races.h"
#include "workloads.h"

static int bpf(int command, union bpf_attr* what) {
  return (int)syscall(SYS_bpf, command, what, sizeof *what);
}

// At each interruption the kernel looks up the first page of the file that the process executes, for its
// build ID.
static void build_ids_at_interrupts(void) {
  enum { room = sizeof(struct bpf_stack_build_id) };
  const struct bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10},
      {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -room},
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = room},
      {.code = BPF_ALU64 | BPF_MOV | BPF_K,
       .dst_reg = BPF_REG_4,
       .imm = BPF_F_USER_STACK | BPF_F_USER_BUILD_ID},
      {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_stack},
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
      {.code = BPF_JMP | BPF_EXIT}};
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
                         .insn_cnt = sizeof program / sizeof *program,
                         .insns = (uintptr_t)program,
                         .license = (uintptr_t)"GPL"};
  const int loaded = bpf(BPF_PROG_LOAD, &load);
  if (loaded < 0) failed("BPF_PROG_LOAD");
  union bpf_attr open = {
      .raw_tracepoint = {.name = (uintptr_t)"irq_handler_entry", .prog_fd = (unsigned)loaded}};
  if (bpf(BPF_RAW_TRACEPOINT_OPEN, &open) < 0) failed("BPF_RAW_TRACEPOINT_OPEN");
}

// An interruption comes while the state of a page is changed, and looks for just that page. The page has a
// function that reads it: pread64 (SVC 180), and back.
void r33(void) {
  static const unsigned char code[] = {0x0a, 180, 0x07, 0xfe};
  static char page[page_size], buffer[page_size];
  memcpy(page, code, sizeof code);
  int fd = open("/mnt/copy", O_CREAT | O_RDWR, 0600);
  if (fd < 0 || pwrite(fd, page, page_size, 0) != page_size || fsync(fd) != 0) failed("/mnt/copy");
  if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) failed("POSIX_FADV_DONTNEED");
  void* there = mmap(NULL, page_size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  if (there == MAP_FAILED) failed("mmap");
  long (*read_there)(int fd, void* to, size_t size, off_t from) = NULL;
  memcpy(&read_there, &there, sizeof read_there);
  touch(there);
  empty_lists_of_cpu();
  build_ids_at_interrupts();
  open_window();
  for (unsigned i = 0; i < 600; i++)
    if (read_there(fd, buffer, page_size, 0) != page_size || memcmp(buffer, page, page_size) != 0)
      lost("a file");
}
