/* RISBGN (EC59) and its siblings against a model in C: Hercules 3.13 gives wrong values for EC59, which code
 * built for zEC12 uses everywhere. RISBGN must also leave the condition code alone. */
#include "lib/cpu.h"
#include "lib/report.h"

const char test_name[] = "risbgn";

#define RISBG 0x55
#define RISBGN 0x59
#define ZERO_REMAINING 0x80

static u64 rotate_left(u64 value, unsigned n) { return n == 0 ? value : value << n | value >> (64 - n); }

/* Bits start..end, counted from the left, wrapping round. */
static u64 selection(unsigned start, unsigned end) {
  u64 mask = 0;
  for (unsigned bit = start;; bit = (bit + 1) % 64) {
    mask |= 1ul << (63 - bit);
    if (bit == end) return mask;
  }
}

static u64 model(u64 r1, u64 r2, unsigned start, unsigned end, unsigned rotate, bool zero) {
  const u64 mask = selection(start, end);
  return (rotate_left(r2, rotate) & mask) | (zero ? 0 : r1 & ~mask);
}

static unsigned one(u8 opcode, u64 r1, u64 r2, unsigned start, unsigned end, unsigned rotate, bool zero) {
  static u8 code[8] __attribute__((aligned(8)));
  const u8 text[8] = {0xec,       0x12,   (u8)start, (u8)(end | (zero ? ZERO_REMAINING : 0)),
                      (u8)rotate, opcode, 0x0a,      0x00};
  memcpy(code, text, sizeof(code));
  struct cpu_state state = {.psw = {PSW_64 | 3ul << PSW_CC_SHIFT, (u64)code}, .gr = {[1] = r1, [2] = r2}};
  const struct event e = cpu_run(&state);
  const u64 wanted = model(r1, r2, start, end, rotate, zero);
  const unsigned cc = opcode == RISBGN ? 3 : wanted == 0 ? 0 : (wanted >> 63) != 0 ? 1 : 2;
  const bool ok =
      e.kind == EVENT_SVC && state.gr[1] == wanted && psw_cc(&state.psw) == cc && state.gr[2] == r2;
  static unsigned shown;
  if (!ok && shown++ < 8)
    report_info("EC%02x bits %u to %u rotated %u%s: %lx and %lx give %lx cc %u, not %lx cc %u", opcode, start,
                end, rotate, zero ? " zeroed" : "", r1, r2, state.gr[1], psw_cc(&state.psw), wanted, cc);
  return ok ? 0 : 1;
}

static void all(const char* name, u8 opcode) {
  static const u8 bits[] = {0, 1, 7, 31, 32, 48, 62, 63};
  static const u8 rotations[] = {0, 1, 12, 31, 32, 63};
  static const u64 values[][2] = {{0x0123456789abcdef, 0xfedcba9876543210},
                                  {0, 0xffffffffffffffff},
                                  {0xffffffffffffffff, 0},
                                  {0x55, 0xaa}};
  unsigned wrong = 0;
  unsigned count = 0;
  for (size_t s = 0; s < ARRAY_SIZE(bits); ++s)
    for (size_t e = 0; e < ARRAY_SIZE(bits); ++e)
      for (size_t r = 0; r < ARRAY_SIZE(rotations); ++r)
        for (size_t v = 0; v < ARRAY_SIZE(values); ++v)
          for (unsigned zero = 0; zero < 2; ++zero, ++count)
            wrong += one(opcode, values[v][0], values[v][1], bits[s], bits[e], rotations[r], zero != 0);
  report(wrong == 0, "%s: %u of %u wrong", name, wrong, count);
}

void test_main(void) {
  all("RISBG", RISBG);
  all("RISBGN", RISBGN);
}
