/* See report.h. Only CPU 0 may report. */
#include "report.h"

#include <stdarg.h>

#include "cpu.h"
#include "sclp.h"

#define LINE_SIZE 160
#define MAX_DEPTH 6

/* PSW addresses of the disabled wait that tells how a test ended. */
#define WAIT_FAILED 0xfa11
#define WAIT_PANIC 0xdead

static struct {
  unsigned pass, fail, skip, xfail, kfail;
} counts;

static char prefix[LINE_SIZE];
static size_t prefix_ends[MAX_DEPTH];
static unsigned depth;

struct line {
  char text[LINE_SIZE];
  size_t length;
};

static void put(struct line* line, char c) {
  if (line->length < LINE_SIZE - 1) line->text[line->length++] = c;
  line->text[line->length] = '\0';
}

static void put_string(struct line* line, const char* s) {
  while (*s != '\0') put(line, *s++);
}

static void put_number(struct line* line, u64 value, unsigned base, unsigned width, char pad) {
  char digits[24];
  unsigned n = 0;
  do {
    digits[n++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  for (unsigned i = n; i < width; ++i) put(line, pad);
  while (n > 0) put(line, digits[--n]);
}

/* %s %c %d %u %x with l, a width and a leading 0. */
static void put_format(struct line* line, const char* f, va_list args) {
  for (; *f != '\0'; ++f) {
    if (*f != '%') {
      put(line, *f);
      continue;
    }
    ++f;
    char pad = ' ';
    unsigned width = 0;
    bool is_long = false;
    if (*f == '0') {
      pad = '0';
      ++f;
    }
    for (; *f >= '0' && *f <= '9'; ++f) width = width * 10 + (unsigned)(*f - '0');
    for (; *f == 'l' || *f == 'z'; ++f) is_long = true;
    switch (*f) {
      case 's':
        put_string(line, va_arg(args, const char*));
        break;
      case 'c':
        put(line, (char)va_arg(args, int));
        break;
      case 'd': {
        const long value = is_long ? va_arg(args, long) : va_arg(args, int);
        if (value < 0) put(line, '-');
        put_number(line, value < 0 ? -(u64)value : (u64)value, 10, width, pad);
        break;
      }
      case 'u':
      case 'x':
        put_number(line, is_long ? va_arg(args, u64) : va_arg(args, unsigned), *f == 'u' ? 10 : 16, width,
                   pad);
        break;
      default:
        put(line, *f);
    }
  }
}

static void say(const char* word, const char* format, va_list args) {
  struct line line = {.length = 0};
  put_string(&line, word);
  put_string(&line, prefix);
  put_format(&line, format, args);
  console_line(line.text);
}

void report_push(const char* format, ...) {
  struct line line = {.length = 0};
  va_list args;
  va_start(args, format);
  put_format(&line, format, args);
  va_end(args);
  if (depth == MAX_DEPTH) guest_panic("prefixes nest too deep");
  size_t end = strlen(prefix);
  prefix_ends[depth++] = end;
  put_string(&line, ": ");
  for (const char* s = line.text; *s != '\0' && end < LINE_SIZE - 1; ++s) prefix[end++] = *s;
  prefix[end] = '\0';
}

void report_pop(void) { prefix[prefix_ends[--depth]] = '\0'; }

#define SAY(word, format)    \
  do {                       \
    va_list args;            \
    va_start(args, format);  \
    say(word, format, args); \
    va_end(args);            \
  } while (0)

bool report(bool pass, const char* format, ...) {
  ++*(pass ? &counts.pass : &counts.fail);
  SAY(pass ? "PASS: " : "FAIL: ", format);
  return pass;
}

bool report_quiet(bool pass, const char* format, ...) {
  ++*(pass ? &counts.pass : &counts.fail);
  if (!pass) SAY("FAIL: ", format);
  return pass;
}

void report_skip(const char* format, ...) {
  ++counts.skip;
  SAY("SKIP: ", format);
}

void report_xfail(bool pass, const char* format, ...) {
  ++*(pass ? &counts.pass : &counts.xfail);
  SAY(pass ? "PASS: " : "XFAIL: ", format);
}

void report_kfail(bool pass, const char* format, ...) {
  ++*(pass ? &counts.pass : &counts.kfail);
  SAY(pass ? "PASS: " : "KFAIL: ", format);
}

void report_info(const char* format, ...) { SAY("INFO: ", format); }

static void summary_line(const char* format, ...) {
  struct line line = {.length = 0};
  va_list args;
  va_start(args, format);
  put_format(&line, format, args);
  va_end(args);
  console_line(line.text);
}

bool report_summary(const char* test) {
  summary_line("SUMMARY: %s: %u passed, %u failed, %u skipped, %u expected failures, %u known failures", test,
               counts.pass, counts.fail, counts.skip, counts.xfail, counts.kfail);
  return counts.fail == 0 && counts.pass + counts.skip + counts.xfail + counts.kfail > 0;
}

__attribute__((noreturn)) static void disabled_wait(u64 address) {
  static struct psw psw __attribute__((aligned(8)));
  psw = (struct psw){PSW_64 | PSW_WAIT, address};
  for (;;) __asm__ volatile("lpswe %0" : : "Q"(psw) : "memory");
}

/* SIGP stop to this CPU. The other CPUs have been stopped by those that started them. */
__attribute__((noreturn)) static void stop_self(void) {
  const u64 self = cpu_address();
  for (;;) {
    u64 status = 0;
    __asm__ volatile("sigp %0,%1,5" : "+d"(status) : "d"(self) : "cc", "memory");
  }
}

void guest_panic(const char* format, ...) {
  static bool again;
  if (!again) {
    again = true;
    SAY("FAIL: panic: ", format);
  }
  disabled_wait(WAIT_PANIC);
}

__attribute__((noreturn)) void guest_main(void);

void guest_main(void) {
  report_push("%s", test_name);
  test_main();
  while (depth > 0) report_pop();
  if (report_summary(test_name)) stop_self();
  disabled_wait(WAIT_FAILED);
}
