/* SERVICE CALL with SCCBs that are valid, nearly valid or noise. See main.c. */
#include "fuzz.h"
#include "lib/report.h"
#include "lib/sclp.h"
#include "lib/smp.h"

#define CONFIGURE_CPU 0x00110001u
#define DECONFIGURE_CPU 0x00100001u
#define READ_EVENT_DATA 0x00770005u
#define FLAG_SYNCHRONOUS 0x80
#define VARIABLE_LENGTH 0x80

#define EVENT_OPERATOR_COMMAND 0x01
#define EVENT_MESSAGE 0x02
#define EVENT_FILE_IO 0x07
#define EVENT_PRIORITY_MESSAGE 0x09
#define EVENT_IDENTIFICATION 0x0b
#define EVENT_3270 0x1b
#define EVENT_QUIESCE 0x1d

static u8 image[2 * BLOCK_SIZE] __attribute__((aligned(8))); /* the SCCB before it goes to storage */

static void put16(u8* p, u64 value) {
  p[0] = (u8)(value >> 8);
  p[1] = (u8)value;
}

/* A length that is right, or near the limits of something. */
static u16 some_length(u64 right) {
  static const u16 lengths[] = {0,   1,   7,   8,    9,    14,   15,   16,   24,    40,
                                127, 128, 256, 1024, 2048, 4088, 4095, 4096, 32768, 65535};
  if (!one_in(4)) return (u16)right;
  return one_in(4) ? (u16)random64() : PICK(lengths);
}

static u32 some_command(void) {
  static const u32 commands[] = {
      SCLP_READ_SCP_INFO, 0x00120001, 0x00130001, 0x00030001, 0x001c0001, 0x00250001, 0x00400002, 0x00170001,
  };
  static const u32 event_commands[] = {SCLP_WRITE_EVENT_DATA, SCLP_WRITE_EVENT_DATA, READ_EVENT_DATA,
                                       SCLP_WRITE_EVENT_MASK};
  switch (below(16)) {
    case 0:
      return (u32)random64() & 0xffff00ffu;  // never a CPU that is there
    case 1:
      return CONFIGURE_CPU | (smp_count() + below(256 - smp_count())) << 8;
    case 2:
      return DECONFIGURE_CPU | (smp_count() + below(256 - smp_count())) << 8;
    case 3:
    case 4:
    case 5:
      return PICK(commands);
    default:
      return PICK(event_commands);
  }
}

/* Message control data with a few text objects. Returns its length. */
static size_t message(u8* p, size_t room) {
  size_t length = 12;
  put16(p + 2, one_in(8) ? random64() : 1);
  for (unsigned n = below(4); n > 0 && length + 32 < room; --n) {
    const size_t text = below(16);
    u8* object = p + length;
    put16(object, some_length(10 + text));
    put16(object + 2, one_in(4) ? random64() : 4);
    put16(object + 4, one_in(4) ? random64() : 0x1000);
    for (size_t i = 0; i < text; ++i) object[10 + i] = (u8)(0xc1 + below(8));
    length += 10 + text;
  }
  put16(p, some_length(length));
  return length;
}

/* A request for a file on the service element's disk, which this machine does not have. */
static size_t file_request(u8* p) {
  p[1] = (u8)(3 + below(2));
  p[4] = (u8)below(5);
  for (unsigned i = 8; i < 56; ++i) p[i] = one_in(4) ? (u8)random64() : 0;
  return 4 + (p[1] == 3 ? 24 : 308);
}

static size_t event_buffers(u8* p, size_t room) {
  static const u8 types[] = {EVENT_MESSAGE, EVENT_MESSAGE,         EVENT_PRIORITY_MESSAGE,
                             EVENT_FILE_IO, EVENT_IDENTIFICATION,  EVENT_3270,
                             EVENT_QUIESCE, EVENT_OPERATOR_COMMAND};
  size_t used = 0;
  for (unsigned n = 1 + below(3); n > 0 && used + 400 < room; --n) {
    u8* event = p + used;
    const u8 type = one_in(8) ? (u8)random64() : PICK(types);
    size_t length = 6;
    switch (type) {
      case EVENT_MESSAGE:
      case EVENT_PRIORITY_MESSAGE:
        length += message(event + 6, room - used - 6);
        break;
      case EVENT_FILE_IO:
        length += file_request(event + 6);
        break;
      default:
        length += below(80);
        for (size_t i = 6; i < length; ++i) event[i] = one_in(2) ? (u8)random64() : 0;
    }
    put16(event, some_length(length));
    event[2] = type;
    used += length;
  }
  return used;
}

/* Returns the length. */
static size_t build(u32 command) {
  size_t length = 8 + below(200);
  memset(image, 0, sizeof(image));
  switch (command & 0xffff00ff) {
    case SCLP_WRITE_EVENT_DATA:
      length = 8 + event_buffers(image + 8, BLOCK_SIZE - 8);
      break;
    case SCLP_WRITE_EVENT_MASK: {
      const u32 mask = one_in(2) ? 4 : below(40);
      put16(image + 10, some_length(mask));
      for (u32 i = 0; i < 4 * mask; ++i) image[12 + i] = (u8)random64();
      length = 12 + 4 * mask;
      break;
    }
    default:
      if (one_in(2)) length = BLOCK_SIZE;
      if (one_in(4)) *(u32*)(image + 8) = below(4);
  }
  put16(image, some_length(length));
  image[2] = one_in(4) ? FLAG_SYNCHRONOUS : 0;
  image[5] = one_in(2) ? VARIABLE_LENGTH : 0;
  if (one_in(4)) mutate(image, length, 1 + below(8));
  return length;
}

/* Where it stands: mostly so that it fits into a block. */
static u64 place(size_t length) {
  if (one_in(8)) return any_address();
  const u64 block = arena_block();
  if (one_in(2) || length >= BLOCK_SIZE) return block;
  if (one_in(2)) return block + ((BLOCK_SIZE - length) & ~7ul);
  return block + 8 * below((u32)(BLOCK_SIZE - length) / 8 + 1);
}

void fuzz_service(void) {
  const u32 command = some_command();
  const size_t length = build(command);
  const u64 address = place(length);
  const u64 head = *(u64*)image;
  (void)poke(address, image, length);
  if ((address & 7) == 0 && address < LISTS) set_target(address, head, head ^ (u64)FLAG_SYNCHRONOUS << 40);
  for (unsigned n = below(3); n > 0; --n) churn();

  struct cpu_state state = {.psw = {PSW_64, 0}, .gr = {[2] = command, [4] = address}};
  const struct event e = run4(0xb2200024, &state);
  set_target(0, 0, 0);
  check_event(&e, "service call");
  ++service_tally.issued;
  if (e.kind != EVENT_SVC) return;
  const unsigned cc = psw_cc(&state.psw);
  if (cc <= 1) ++service_tally.accepted;
  if (drain_external() == 0)
    report_quiet(cc != 0, "command %08x: accepted but no service signal comes", command);
}
