/* Comparisons, and what is printed when something is wrong. One report is enough: the first failure of an
 * instance ends its other processes and threads without a word. */
#include "fsexer.h"

#include <signal.h>

uint64_t checked;

static void look_again(size_t offset) {
  size_t page = offset & ~(size_t)(PAGE - 1);
  ssize_t got = pread(file, buffer, PAGE, page);
  if (got > (ssize_t)(offset - page)) print_bytes("pread", buffer + (offset - page), got - (offset - page));
  if (direct >= 0 && (got = pread(direct, buffer, PAGE, page)) > (ssize_t)(offset - page))
    print_bytes("O_DIRECT", buffer + (offset - page), got - (offset - page));
  uint8_t* fresh = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, page);
  if (fresh != MAP_FAILED && offset < m->size)
    print_bytes("new mmap", fresh + (offset - page), page + PAGE - offset);
}

_Noreturn static void flush_and_exit(int status) {
  fflush(stdout);
  m->stop = 1;
  _exit(status);
}

void differs(const char* how, size_t offset, const uint8_t* want, const uint8_t* got, size_t length) {
  size_t first = 0, wrong = 0;
  while (first < length && want[first] == got[first]) first++;
  for (size_t i = first; i < length; i++) wrong += want[i] != got[i];
  if (atomic_exchange(&m->failed, 1)) _exit(1); /* one report is enough */
  size_t at = offset + first, left = length - first;
  printf(
      "fsexer: DIFFERENCE in %s, seed %llu: %s of 0x%zx..0x%zx, first at 0x%zx (page 0x%zx, byte 0x%zx), %zu "
      "bytes wrong\n",
      path, (unsigned long long)seed, how, offset, offset + length, at, at / PAGE, at % PAGE, wrong);
  printf("fsexer:   size of the file 0x%zx, operation %llu (%s)\n", (size_t)m->size,
         (unsigned long long)m->operations, doing);
  print_bytes("expected", want + first, left);
  print_bytes("found", got + first, left);
  uint8_t found[16];
  size_t n = left < 16 ? left : 16;
  memcpy(found, got + first, n);
  print_origin(m, at, found, n);
  look_again(at);
  print_history(m, at / PAGE);
  flush_and_exit(1);
}

void check(const char* how, size_t offset, const uint8_t* want, const uint8_t* got, size_t length) {
  checked += length;
  if (memcmp(want, got, length)) differs(how, offset, want, got, length);
}

void cannot(const char* what) {
  int error = errno;
  if (atomic_exchange(&m->failed, 1)) _exit(1);
  printf("fsexer: FAILED in %s, seed %llu, operation %llu (%s): %s: %s\n", path, (unsigned long long)seed,
         (unsigned long long)m->operations, doing, what, strerror(error));
  print_history(m, ~(size_t)0);
  flush_and_exit(1);
}

void expect(ssize_t got, size_t wanted, const char* what) {
  if (got == (ssize_t)wanted) return;
  if (got >= 0) {
    printf("fsexer: %zd bytes instead of %zu\n", got, wanted);
    errno = 0;
  }
  cannot(what);
}

/* A fault that a reader may take (the file became shorter) goes back to it; any other is a failure. */
_Thread_local sigjmp_buf* on_fault;
static void fault(int number, siginfo_t* info, void* context) {
  (void)context;
  if (on_fault) siglongjmp(*on_fault, 1);
  char text[200];
  int n = snprintf(text, sizeof(text),
                   "fsexer: FAILED in %s: signal %d code %d at %p, operation %llu (%s); windows %p %p %p\n",
                   path, number, info->si_code, info->si_addr, (unsigned long long)m->operations, doing,
                   (void*)windows[0], (void*)windows[1], (void*)windows[2]);
  if (write(1, text, n) < 0) _exit(1);
  if (!atomic_exchange(&m->failed, 1)) print_history(m, ~(size_t)0);
  flush_and_exit(1);
}

void catch_faults(void) {
  struct sigaction action = {0};
  action.sa_sigaction = fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGBUS, &action, NULL);
  sigaction(SIGSEGV, &action, NULL);
}
