/* Channel programs: random ones, and good ones for a disk that are then damaged, on every subchannel that the
 * machine has; the other I/O instructions and CHSC between them. See main.c. */
#include "lib/channel.h"
#include "fuzz.h"
#include "lib/report.h"

#define SSCH 0xb2332000u
#define STSCH 0xb2342000u
#define TSCH 0xb2352000u
#define MSCH 0xb2322000u
#define TPI 0xb2362000u
#define STCPS 0xb23a2000u
#define STCRW 0xb2392000u
#define CSCH 0xb2300000u
#define HSCH 0xb2310000u
#define RCHP 0xb23b0000u
#define RSCH 0xb2380000u
#define SCHM 0xb23c0000u
#define XSCH 0xb2760000u
#define CHSC 0xb25f0020u

#define MAX_SUBCHANNELS 16
#define PMCW_FLAGS 0x00810000u /* enabled, device number valid */
#define PMCW_MEASUREMENT 0x00100000u
#define STATUS_PENDING 0x01u
#define STATUS_ENDED 0x06u
#define SUSPENDED 0x20u

/* Microseconds after which a program that loops, waits or is suspended is halted, then cleared, then given
 * up. */
#define HALT_AFTER 4000
#define CLEAR_AFTER 20000
#define GIVE_UP_AFTER 15000000

#define FBA_DISK 0x0120
#define CKD_DISK 0x0130

/* What the machine has, and which commands its devices accept: others are tried too, but not as often. */
static struct device {
  u32 subchannel;
  u16 number;
  unsigned commands;
  u8 command[256];
} devices[MAX_SUBCHANNELS];
static unsigned device_count;

struct orb {
  u32 word[8];
} __attribute__((aligned(8)));

/* Of I/O instructions: 0 to 3, or 4 after a program interruption. */
static unsigned io_instruction(u32 code, u64 subchannel, u64 operand) {
  struct cpu_state state = {.psw = {PSW_64, 0}, .gr = {[1] = subchannel, [2] = operand}};
  const struct event e = run4(code, &state);
  check_event(&e, "I/O instruction");
  return e.kind == EVENT_SVC ? psw_cc(&state.psw) : 4;
}

static u8 image[16 * 8] __attribute__((aligned(16)));

/* A list of addresses for one CCW; returns where it is. */
static u32 address_list(u8 flags, u32 orb, u16 count) {
  const u64 at = LISTS + 16 * below(15 * BLOCK_SIZE / 16);
  const u32 n = 1 + below(8);
  for (u32 i = 0; i < n; ++i) {
    if ((flags & CCW_MODIFIED_INDIRECT) != 0) {
      const u32 last = i + 1 == n ? MIDAW_LAST : 0;
      u64* entry = (u64*)(image + 16 * i);
      entry[0] = (u64)(one_in(8) ? below(256) : last) << 16 | (one_in(4) ? below(65536) : (u32)count / n);
      entry[1] = any_address();
    } else if ((orb & ORB_FORMAT_2_IDAW) != 0) {
      ((u64*)image)[i] = i == 0 || one_in(4) ? any_address() : arena_block();
    } else {
      ((u32*)image)[i] =
          (u32)(i == 0 || one_in(4) ? any_address() : arena_block() + BLOCK_SIZE / 2 * below(2));
    }
  }
  (void)poke(at, image, sizeof(image));
  return one_in(16) ? (u32)any_address() : (u32)at;
}

/* A format-1 CCW; data_address 0 stands for any. */
static struct ccw make_ccw(u8 command, u8 flags, u16 count, u32 orb) {
  struct ccw ccw = {command, flags, count, (u32)any_address()};
  if ((flags & (CCW_INDIRECT | CCW_MODIFIED_INDIRECT)) != 0) ccw.address = address_list(flags, orb, count);
  return ccw;
}

static u16 some_count(void) {
  static const u16 counts[] = {0, 1, 7, 8, 16, 64, 511, 512, 513, 2048, 4095, 4096, 4097, 8192, 32768, 65535};
  return one_in(4) ? (u16)random64() : PICK(counts);
}

static u8 indirection(u32 orb) {
  if (one_in(2)) return 0;
  if (one_in(16)) return (u8)random64();
  return (orb & ORB_MIDAW) != 0 && one_in(2) ? CCW_MODIFIED_INDIRECT : CCW_INDIRECT;
}

/* Define extent, locate, transfer: as channel_io.c has them. Returns the number of CCWs. */
static unsigned disk_program(struct ccw* program, u32 orb) {
  const bool write = one_in(2);
  const u32 sectors = 1 + below(one_in(4) ? 128 : 16);
  const u64 at = LISTS + 8 * below(15 * BLOCK_SIZE / 8);
  u32 words[6] = {
      write ? 0 : 0x40000000, 0, 0, 999, (write ? 0x01000000u : 0x06000000u) | sectors, below(1000)};
  if (one_in(4)) mutate(words, sizeof(words), 1 + below(2));
  (void)poke(at, words, sizeof(words));
  program[0] = (struct ccw){FBA_DEFINE_EXTENT, CCW_CHAIN_COMMAND, 16, (u32)at};
  program[1] = (struct ccw){FBA_LOCATE, CCW_CHAIN_COMMAND, 8, (u32)at + 16};
  unsigned n = 2;
  const u8 command = write ? FBA_WRITE : FBA_READ;
  for (unsigned parts = below(3); parts > 0; --parts)
    program[n++] = make_ccw(command, CCW_CHAIN_DATA | indirection(orb), (u16)(512 * (1 + below(8))), orb);
  program[n] = make_ccw(command, indirection(orb), one_in(4) ? some_count() : (u16)(512 * sectors), orb);
  program[n++].flags |= CCW_SUPPRESS_LENGTH;
  return n;
}

/* Define extent, locate record, transfers; cylinders, heads and records may or may not be there. */
static unsigned ckd_program(struct ccw* program, u32 orb) {
  static const u8 commands[] = {0x05, 0x06, 0x0d, 0x0e, 0x12, 0x16, 0x1a, 0x1d, 0x1e,
                                0x85, 0x86, 0x8d, 0x92, 0x96, 0x9d, 0x9e, 0xa5, 0xde};
  static const u8 operations[] = {0x01, 0x03, 0x06, 0x0c, 0x0d, 0x0e, 0x10, 0x16, 0x46, 0x81, 0x86, 0x43};
  const u64 at = LISTS + 8 * below(15 * BLOCK_SIZE / 8);
  const u8 cylinder = (u8)below(7);
  const u8 head = (u8)below(16);
  u8 bytes[32] = {0xc0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 14};
  const u8 locate[16] = {PICK(operations), 0, 0,    (u8)below(8), 0, cylinder,     0, head, 0,
                         cylinder,         0, head, (u8)below(5), 0, (u8)below(16)};
  memcpy(bytes + 16, locate, sizeof(locate));
  if (one_in(4)) mutate(bytes, sizeof(bytes), 1 + below(3));
  (void)poke(at, bytes, sizeof(bytes));
  unsigned n = 0;
  if (one_in(2)) {
    program[n++] = (struct ccw){0x63, CCW_CHAIN_COMMAND, 16, (u32)at};
    program[n++] = (struct ccw){0x47, CCW_CHAIN_COMMAND, 16, (u32)at + 16};
  } else {
    program[n++] = (struct ccw){0x07, CCW_CHAIN_COMMAND, 6, (u32)at + 18};
    program[n++] = (struct ccw){0x31, CCW_CHAIN_COMMAND, 5, (u32)at + 24};
    if (one_in(2)) program[n++] = (struct ccw){CCW_TRANSFER, 0, 0, (u32)at};  // a search that may end
  }
  for (unsigned parts = 1 + below(3); parts > 0; --parts) {
    const u8 flags = (parts > 1 ? one_in(8) ? CCW_CHAIN_DATA : CCW_CHAIN_COMMAND : 0) | CCW_SUPPRESS_LENGTH;
    program[n++] = make_ccw(PICK(commands), flags | indirection(orb), some_count(), orb);
  }
  return n;
}

static unsigned random_program(struct ccw* program, u32 orb, u64 at, const struct device* device) {
  const unsigned n = 1 + below(6);
  for (unsigned i = 0; i < n; ++i) {
    const bool last = i + 1 == n;
    u8 flags = (u8)((last ? 0 : one_in(4) ? CCW_CHAIN_DATA : CCW_CHAIN_COMMAND) | indirection(orb));
    if (one_in(2)) flags |= CCW_SUPPRESS_LENGTH;
    if (one_in(16)) flags |= (u8)random64();
    const u8 command =
        one_in(8) || device->commands == 0 ? (u8)random64() : device->command[below(device->commands)];
    program[i] = make_ccw(command, flags, some_count(), orb);
    if (program[i].command == CCW_TRANSFER) {
      program[i].flags = 0;
      program[i].count = 0;
      program[i].address = one_in(4) ? (u32)any_address() : (u32)at + 8 * below(n);
    }
  }
  return n;
}

static void to_format_0(struct ccw* ccw) {
  const struct ccw old = *ccw;
  *(u64*)ccw =
      (u64)old.command << 56 | (u64)(old.address & 0xffffff) << 32 | (u64)old.flags << 24 | old.count;
}

/* Wait for the end, with all means. True if the program ended by itself and without error. */
static bool wait_for_end(u32 subchannel) {
  static u32 irb[24] __attribute__((aligned(8)));
  const u64 start = clock_us();
  unsigned stage = 0;
  for (;;) {
    const u64 now = clock_us() - start;
    if (io_instruction(TSCH, subchannel, (u64)irb) == 0 && (irb[0] & STATUS_PENDING) != 0) {
      if ((irb[0] & STATUS_ENDED) != 0 || stage > 0) {
        return stage == 0 && (irb[2] & 0xffbf0000) == 0x0c000000;
      }
      if ((irb[0] & SUSPENDED) != 0 && one_in(2)) (void)io_instruction(RSCH, subchannel, 0);
    }
    if (stage == 0 && now > HALT_AFTER) {
      stage = 1;
      (void)io_instruction(HSCH, subchannel, 0);
    } else if (stage == 1 && now > CLEAR_AFTER) {
      stage = 2;
      (void)io_instruction(CSCH, subchannel, 0);
    } else if (now > GIVE_UP_AFTER) {
      report_quiet(false, "subchannel %08x does not end: %08x %08x %08x", subchannel, irb[0], irb[1], irb[2]);
      return false;
    }
  }
}

static void start(const struct device* device) {
  struct ccw program[16];
  const u64 at =
      one_in(8) ? any_address() & ~7ul : ARENA + 8 * below(ARENA_BLOCKS * (u32)BLOCK_SIZE / 8 - 16);
  struct orb orb = {{(u32)random64(), ORB_FORMAT_1_CCW | 0xff00u, (u32)at}};
  if (one_in(4)) orb.word[1] |= ORB_FORMAT_2_IDAW;
  if (one_in(4)) orb.word[1] |= ORB_MIDAW;
  if (one_in(4))
    orb.word[1] |= (u32)random64() & 0x08fc00f0u;  // suspend, prefetch, initial status, 2 KB IDAWs...
  orb.word[1] |= (one_in(16) ? 1 + below(15) : ARENA_KEY >> 4) << 28;
  unsigned n = 0;
  if (device->number == FBA_DISK && one_in(2)) n = disk_program(program, orb.word[1]);
  if (device->number == CKD_DISK && one_in(2)) n = ckd_program(program, orb.word[1]);
  if (n == 0) n = random_program(program, orb.word[1], at, device);
  if (one_in(16)) {
    orb.word[1] &= ~ORB_FORMAT_1_CCW;
    for (unsigned i = 0; i < n; ++i) to_format_0(&program[i]);
  }
  if (one_in(4)) mutate(program, 8 * n, 1 + below(3));
  (void)poke(at, program, 8 * n);
  if (at < LISTS && one_in(4)) set_target(at, *(u64*)program, *(u64*)program ^ random64() >> below(64));
  for (unsigned i = below(3); i > 0; --i) churn();

  ++channel_tally.issued;
  if (io_instruction(SSCH, device->subchannel, (u64)&orb) == 0) {
    for (unsigned i = below(8); i > 0; --i) churn();
    if (wait_for_end(device->subchannel)) ++channel_tally.accepted;
  }
  set_target(0, 0, 0);
}

/* Blocks for CHSC, and the instructions that need no channel program. */
static void others(u32 subchannel) {
  static u32 schib[13] __attribute__((aligned(8)));
  switch (below(10)) {
    case 0: {
      const u64 block = arena_block();
      u16 request[8] = {(u16)(one_in(4) ? random64() : 16),
                        (u16)(one_in(4) ? random64() : 4),
                        (u16)random64(),
                        (u16)below(16),
                        (u16)random64(),
                        (u16)below(16)};
      (void)poke(block, request, sizeof(request));
      struct cpu_state state = {.psw = {PSW_64, 0}, .gr = {[2] = one_in(8) ? any_address() : block}};
      const struct event e = run4(CHSC, &state);
      check_event(&e, "CHSC");
      break;
    }
    case 1:
      (void)io_instruction(SCHM, (u64)ARENA_KEY << 24 | below(4), any_address() & ~31ul);
      break;
    case 2:
      if (io_instruction(STSCH, subchannel, (u64)schib) != 0) break;
      schib[1] = (schib[1] & ~PMCW_MEASUREMENT) | (one_in(2) ? PMCW_MEASUREMENT : 0) | PMCW_FLAGS;
      schib[2] = (schib[2] & 0xffff) | below(65536) << 16;
      (void)io_instruction(MSCH, subchannel, (u64)schib);
      break;
    case 3:
      (void)io_instruction(one_in(2) ? STSCH : TSCH, one_in(2) ? subchannel : random64(), any_address());
      break;
    case 4:
      (void)io_instruction(one_in(2) ? TPI : STCRW, 0, any_address() & ~3ul);
      break;
    case 5:
      (void)io_instruction(one_in(2) ? XSCH : RSCH, one_in(2) ? subchannel : random64(), 0);
      break;
    case 6:
      if (io_instruction(one_in(2) ? HSCH : CSCH, subchannel, 0) == 0) wait_for_end(subchannel);
      break;
    case 7:
      (void)io_instruction(SSCH, one_in(2) ? subchannel : random64(), outside_address());
      break;
    case 8:
      (void)io_instruction(RCHP, below(4), 0);
      break;
    default:
      (void)io_instruction(MSCH, random64(), outside_address());
  }
}

void fuzz_channel(void) {
  static u32 irb[24] __attribute__((aligned(8)));
  if (device_count == 0) return;
  const struct device* device = &devices[below(device_count)];
  if (one_in(4)) others(device->subchannel);
  (void)io_instruction(TSCH, device->subchannel, (u64)irb);
  start(device);
}

/* Try each command once by itself. */
static void learn_commands(struct device* device) {
  static const struct ccw model = {0, CCW_SUPPRESS_LENGTH, 16, (u32)LISTS};
  struct orb orb = {{0, ORB_FORMAT_1_CCW | 0xff00u | ARENA_KEY << 24, (u32)ARENA}};
  for (unsigned command = 0; command < 256; ++command) {
    struct ccw ccw = model;
    ccw.command = (u8)command;
    (void)poke(ARENA, &ccw, sizeof(ccw));
    if (command == CCW_TRANSFER || io_instruction(SSCH, device->subchannel, (u64)&orb) != 0) continue;
    if (wait_for_end(device->subchannel)) device->command[device->commands++] = (u8)command;
  }
}

void channel_find(void) {
  static u32 schib[13] __attribute__((aligned(8)));
  for (u32 id = FIRST_SUBCHANNEL; device_count < MAX_SUBCHANNELS; ++id) {
    if (io_instruction(STSCH, id, (u64)schib) != 0) break;
    schib[1] |= PMCW_FLAGS;
    if (io_instruction(MSCH, id, (u64)schib) != 0) continue;
    struct device* device = &devices[device_count++];
    *device = (struct device){.subchannel = id, .number = (u16)schib[1]};
    learn_commands(device);
    report_info("device %04x: %u commands", device->number, device->commands);
  }
  report(device_count > 0, "%u devices", device_count);
}
