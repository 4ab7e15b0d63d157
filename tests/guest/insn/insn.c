/* Runs many instructions on many operands and prints a hash of the outcome of each.
 *
 * Run it with qemu-s390x and under Linux on the emulated machine: the output must be the same.
 *   insn                    one line an instruction: name and hash
 *   insn without NAME...    the same but for those (which qemu-s390x does not have)
 *   insn show NAME          the outcome of one instruction for all operands
 * Stands alone: no C library. */
#include "insn.h"

#define X(id, text) INSN(insn_##id, text)
#include "float.def"
#include "integer.def"
#include "storage.def"
#undef X

static const struct insn insns[] = {
#define X(id, text) {#id, insn_##id},
#include "float.def"
#include "integer.def"
#include "storage.def"
#undef X
};

static const u64 values[] = {
    0,
    1,
    2,
    0xff,
    0x7fff,
    0x8000,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x100000000,
    0x7fffffffffffffff,
    0x8000000000000000,
    0x8000000080000000,
    0xffffffff00000000,
    0xffffffff80000000,
    0xffffffffffffffff,
    0xfffffffffffffffe,
    0x5555555555555555,
    0x0123456789abcdef,
    0x3ff0000000000000,
    0xc00921fb54442d18,
};
#define VALUES (sizeof(values) / sizeof(values[0]))

static u64 mix(u64 x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

static long system_call3(long number, long a, long b, long c) {
  register long n __asm__("1") = number;
  register long r2 __asm__("2") = a;
  register long r3 __asm__("3") = b;
  register long r4 __asm__("4") = c;
  __asm__ volatile("svc 0" : "+d"(r2) : "d"(n), "d"(r3), "d"(r4) : "memory", "cc");
  return r2;
}

static char buffer[4096];
static u64 buffered;

static void flush(void) {
  for (u64 done = 0; done < buffered;) {
    long rc = system_call3(4, 1, (long)(buffer + done), (long)(buffered - done));
    if (rc <= 0) system_call3(1, 1, 0, 0);
    done += (u64)rc;
  }
  buffered = 0;
}

static void put(char c) {
  buffer[buffered++] = c;
  if (buffered == sizeof(buffer)) flush();
}

static void put_text(const char *text) {
  while (*text) put(*text++);
}

static void put_hex(u64 value) {
  for (int shift = 60; shift >= 0; shift -= 4) put("0123456789abcdef"[(value >> shift) & 15]);
}

static void put_field(const char *name, u64 value) {
  put(' ');
  put_text(name);
  put('=');
  put_hex(value);
}

static void prepare(struct machine *m, u64 a, u64 b, u64 round) {
  m->r[0] = mix(round);
  m->r[1] = mix(round + 1);
  m->r[2] = a;
  m->r[3] = b;
  m->r[4] = mix(a ^ round);
  m->r[5] = mix(b ^ (round << 8));
  m->cc = (round & 3) << 28;
  m->f[0] = a;
  m->f[1] = b;
  m->f[2] = mix(a + b);
  m->f[3] = mix(a - b);
  m->fpc = 0;
  u64 *words = (u64 *)m->memory;
  for (u64 i = 0; i < sizeof(m->memory) / 8; ++i) words[i] = mix(round * 64 + i);
  words[1] = b;
  words[2] = a;
  words[3] = b;
}

static u64 hash_memory(const struct machine *m) {
  const u64 *words = (const u64 *)m->memory;
  u64 hash = 0;
  for (u64 i = 0; i < sizeof(m->memory) / 8; ++i) hash = mix(hash ^ words[i]);
  return hash;
}

static u64 hash_machine(u64 hash, const struct machine *m) {
  for (int i = 0; i < 6; ++i) hash = mix(hash ^ m->r[i]);
  for (int i = 0; i < 4; ++i) hash = mix(hash ^ m->f[i]);
  return mix(mix(mix(hash ^ m->cc) ^ m->fpc) ^ hash_memory(m));
}

/* What changed in memory, as the offset of a doubleword and its new content. */
static void show_memory(const struct machine *before, const struct machine *m) {
  for (u64 i = 0; i < sizeof(m->memory); i += 8) {
    const u64 value = *(const u64 *)(m->memory + i);
    if (value == *(const u64 *)(before->memory + i)) continue;
    const char name[] = {'m', "0123456789abcdef"[i >> 8], "0123456789abcdef"[(i >> 4) & 15], "08"[(i >> 3) & 1], 0};
    put_field(name, value);
  }
  put('\n');
}

static void show(const struct machine *m, u64 a, u64 b) {
  put_field("a", a);
  put_field("b", b);
  put_text(" ->");
  put_field("cc", m->cc >> 28);
  for (int i = 0; i < 6; ++i) {
    const char name[] = {'r', (char)('0' + i), 0};
    put_field(name, m->r[i]);
  }
  for (int i = 0; i < 4; ++i) {
    const char name[] = {'f', (char)('0' + i), 0};
    put_field(name, m->f[i]);
  }
  put_field("fpc", m->fpc);
  put_field("memory", hash_memory(m));
}

static void run(const struct insn *insn, int verbose) {
  static struct machine m;
  static struct machine before;
  u64 hash = 0;
  u64 round = 0;
  for (u64 i = 0; i < VALUES; ++i) {
    for (u64 j = 0; j < VALUES; ++j) {
      prepare(&m, values[i], values[j], ++round);
      before = m;
      insn->run(&m);
      hash = hash_machine(hash, &m);
      if (verbose) {
        show(&m, values[i], values[j]);
        show_memory(&before, &m);
      }
    }
  }
  if (verbose) return;
  put_text(insn->name);
  put(' ');
  put_hex(hash);
  put('\n');
}

static int equal(const char *a, const char *b) {
  while (*a && *a == *b) ++a, ++b;
  return *a == *b;
}

static int listed(const char *name, const char *const *list, long count) {
  for (long i = 0; i < count; ++i) {
    if (equal(name, list[i])) return 1;
  }
  return 0;
}

/* The stack at the start: the number of arguments, then pointers to them. */
__attribute__((used)) static void start(const long *stack) {
  const char *const *arguments = (const char *const *)(stack + 1);
  const int show_listed = stack[0] > 1 && equal(arguments[1], "show");
  for (u64 i = 0; i < sizeof(insns) / sizeof(insns[0]); ++i) {
    if (listed(insns[i].name, arguments + 2, stack[0] - 2) == show_listed) run(&insns[i], show_listed);
  }
  flush();
  system_call3(1, 0, 0, 0);
}

__asm__(
    ".globl _start\n"
    "_start:\n\t"
    "lgr 2,15\n\t"
    "aghi 15,-160\n\t"
    "brasl 14,start\n\t"
    "j .\n");
