/* DIAGNOSE codes with random registers and parameter lists. See main.c. */
#include "fuzz.h"
#include "lib/report.h"
#include "lib/smp.h"

/* What a register of the instruction holds. */
enum operand {
  NUMBER,  /* anything that is not used as an address of storage that is stored into */
  ADDRESS, /* as F1 allows */
  PAGE,    /* of the arena only, or outside storage: the ends of a range */
  LIST,    /* a parameter list for the code */
};

struct code {
  u16 code;
  u8 operand1;
  u8 operand2;
};

/* Left out: X'308' with a subcode that resets the machine; and X'F00' to X'F10', X'008' and
 * X'01F' are here because DIAG8CMD DISABLE has to refuse them. */
static const struct code codes[] = {
    {0x000, ADDRESS, NUMBER}, {0x008, ADDRESS, NUMBER}, {0x00c, ADDRESS, NUMBER}, {0x010, PAGE, PAGE},
    {0x01f, NUMBER, NUMBER},  {0x024, NUMBER, NUMBER},  {0x044, NUMBER, NUMBER},  {0x05c, NUMBER, NUMBER},
    {0x060, NUMBER, NUMBER},  {0x064, NUMBER, NUMBER},  {0x080, NUMBER, ADDRESS}, {0x09c, NUMBER, NUMBER},
    {0x0a4, LIST, NUMBER},    {0x0a4, LIST, NUMBER},    {0x0a8, LIST, NUMBER},    {0x0a8, LIST, NUMBER},
    {0x0b0, ADDRESS, NUMBER}, {0x0dc, NUMBER, NUMBER},  {0x204, ADDRESS, NUMBER}, {0x210, ADDRESS, NUMBER},
    {0x214, PAGE, NUMBER},    {0x220, NUMBER, NUMBER},  {0x224, NUMBER, ADDRESS}, {0x23c, NUMBER, NUMBER},
    {0x250, LIST, NUMBER},    {0x250, LIST, NUMBER},    {0x250, LIST, NUMBER},    {0x258, ADDRESS, NUMBER},
    {0x260, ADDRESS, NUMBER}, {0x264, NUMBER, NUMBER},  {0x270, ADDRESS, NUMBER}, {0x274, NUMBER, NUMBER},
    {0x308, NUMBER, NUMBER},  {0xcaa, ADDRESS, NUMBER}, {0xf00, NUMBER, NUMBER},  {0xf04, NUMBER, NUMBER},
    {0xf08, NUMBER, NUMBER},  {0xf0c, NUMBER, NUMBER},  {0xf10, NUMBER, NUMBER},  {0xf14, ADDRESS, NUMBER},
    {0xfe8, NUMBER, NUMBER},  {0xfec, NUMBER, NUMBER},  {0xff0, NUMBER, NUMBER},  {0xff4, NUMBER, NUMBER},
    {0xff8, NUMBER, NUMBER},  {0xffc, NUMBER, NUMBER},
};

static u8 list[BLOCK_SIZE] __attribute__((aligned(8)));

static void put32(size_t at, u64 value) { *(u32*)(list + at) = (u32)value; }
static void put64(size_t at, u64 value) { *(u64*)(list + at) = value; }

static u16 some_device(void) {
  static const u16 devices[] = {0x0120, 0x0120, 0x0120, 0x0120, 0x0121, 0x000c, 0x000d, 0x000e, 0xffff};
  return PICK(devices);
}

static u32 some_block_size(void) {
  static const u32 sizes[] = {512, 1024, 2048, 4096, 4096, 0, 1, 8192};
  return PICK(sizes);
}

static u64 list_place(size_t length) { return LISTS + 8 * below((u32)(16 * BLOCK_SIZE - length) / 8); }

/* Synchronous block I/O: a list of blocks and buffers. The access key is never 0 (F1). */
static size_t block_io(void) {
  const u64 entries = list_place(64 * 8);
  const u32 n = 1 + below(16);
  memset(list, 0, sizeof(list));
  for (u32 i = 0; i < n; ++i) {
    put32(8 * i, one_in(8) ? random64() : below(1100));
    put32(8 * i + 4, any_address());
  }
  (void)poke(entries, list, 8 * n);
  memset(list, 0, sizeof(list));
  put32(0, (u32)some_device() << 16 | (one_in(16) ? 0x8fu : ARENA_KEY) << 8 |
               (one_in(8) ? below(4) : 1 + below(2)));
  put32(4, some_block_size());
  put32(8, one_in(8) ? any_address() : entries);
  put32(12, one_in(8) ? random64() : n);
  if (one_in(16)) mutate(list + 16, 48, 1);
  return 104;
}

/* Synchronous general I/O: a channel program. */
static size_t general_io(void) {
  static const u8 commands[] = {0x02, 0x03, 0x04, 0xe4, 0x64, 0x63, 0x08, 0x42};
  const u64 program = list_place(64);
  const u32 n = 1 + below(4);
  memset(list, 0, sizeof(list));
  for (u32 i = 0; i < n; ++i) {
    put32(8 * i, (u32)PICK(commands) << 24 | (i + 1 < n ? 0x600000u : 0x200000u) | below(64));
    put32(8 * i + 4, any_address());
    /* A program that never ends would keep this CPU, which then has nothing to end it with. */
    if (list[8 * i] == 0x08) put32(8 * i + 4, outside_address());
  }
  (void)poke(program, list, 8 * n);
  memset(list, 0, sizeof(list));
  put32(0, (u32)some_device() << 16 | ARENA_KEY << 8 | (one_in(16) ? below(256) : 0x80));
  put32(8, one_in(8) ? outside_address() : program);
  if (one_in(16)) mutate(list + 16, 48, 1);
  return 104;
}

/* Block I/O: environment, requests of both formats, removal. Reads do not look at the storage key as they
 * should, so buffers are as F1 demands. */
static size_t standard_io(u64 function) {
  const bool wide = one_in(2);
  const u64 entries = list_place(16 * 24);
  const u32 n = 1 + below(16);
  memset(list, 0, sizeof(list));
  for (u32 i = 0; i < n; ++i) {
    const u32 type = (one_in(8) ? below(256) : 1 + below(2)) << 24;
    const u64 block = one_in(8) ? random64() : 1 + below(1000);
    if (wide) {
      put32(24 * i, type);
      put64(24 * i + 8, block);
      put64(24 * i + 16, any_address());
    } else {
      put32(16 * i, type);
      put32(16 * i + 4, block);
      put32(16 * i + 12, any_address());
    }
  }
  (void)poke(entries, list, n * (wide ? 24 : 16));
  memset(list, 0, sizeof(list));
  put32(0, (u32)some_device() << 16 | (wide ? 0x8000u : 0));
  if (function == 0) {
    put32(24, some_block_size());
    if (one_in(4)) put64(wide ? 32 : 24, random64());
    if (!wide) put32(24, some_block_size());
  } else if (function == 1) {
    list[24] = ARENA_KEY;
    list[25] = (u8)(one_in(2) ? 2 : 0);
    put32(28, one_in(8) ? random64() : n);
    if (wide) {
      put64(48, one_in(8) ? any_address() : entries);
    } else {
      put32(36, one_in(8) ? any_address() : entries);
    }
  }
  if (one_in(16)) mutate(list + 2, 62, 1);
  return 64;
}

static u64 some_number(void) {
  static const u32 numbers[] = {0,   1,    2,    3,    4,    5,       6,       7,      8,
                                0xc, 0x10, 0x14, 0x20, 0x40, 0x10005, 0x10006, 0x10007};
  return one_in(8) ? random64() : PICK(numbers);
}

static u64 operand_value(const struct code* c, u8 operand, u64 other) {
  switch (operand) {
    case ADDRESS:
      return one_in(2) ? any_address() & ~7ul : one_in(2) ? arena_block() : any_address();
    case PAGE:
      return one_in(8) ? outside_address()
                       : (ARENA + below(ARENA_BLOCKS) * BLOCK_SIZE) | (one_in(16) ? 8 : 0);
    case LIST: {
      size_t length = 0;
      if (c->code == 0x0a4) length = block_io();
      if (c->code == 0x0a8) length = general_io();
      if (c->code == 0x250) length = standard_io(other);
      const u64 at = list_place(length);
      (void)poke(at, list, length);
      return one_in(16) ? any_address() : at;
    }
    default:
      return some_number();
  }
}

void fuzz_diagnose(void) {
  static const u64 modes[] = {PSW_64, PSW_64, 0x80000000, 0};
  struct code c = PICK(codes);
  if (one_in(32)) c = (struct code){(u16)below(0x1000), NUMBER, NUMBER};
  struct cpu_state state = {.psw = {PICK(modes), 0}};
  for (unsigned i = 0; i < 16; ++i) state.gr[i] = some_number() | 0x40400000;
  unsigned r1 = below(16);
  unsigned r2 = below(16);
  if (one_in(2)) r1 &= 14;
  if (r1 == r2) r2 ^= 2;
  state.gr[r2] = operand_value(&c, c.operand2, 0);
  if (c.code == 0x250) state.gr[r2] = below(4);
  state.gr[r1] = operand_value(&c, c.operand1, state.gr[r2]);
  /* A reset of the machine would end the test. */
  if (c.code == 0x308 && state.gr[r2] < 2) state.gr[r2] += 2;
  if (c.code == 0x214) state.gr[(r1 + 1) & 15] = operand_value(&c, PAGE, 0) + below(4);
  for (unsigned n = below(3); n > 0; --n) churn();

  const struct event e = run4(0x83000000 | r1 << 20 | r2 << 16 | c.code, &state);
  check_event(&e, "diagnose");
  ++diagnose_tally.issued;
  if (e.kind == EVENT_SVC) ++diagnose_tally.accepted;
}
