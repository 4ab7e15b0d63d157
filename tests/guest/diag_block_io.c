/* DIAGNOSE X'0A4' (standard block I/O) and X'250' (block I/O) and block states (A15): the buffer, the list of
 * buffers or the parameter list is in each state, in both directions. A resident buffer is used as it is, a
 * preserved one is paged in, a logically zero one gets a frame; for a discarded or unused one
 *
 *   X'0A4'  ends with a channel program check; a list of buffers there is "not addressable" (return code 10)
 *   X'250'  ends with the status "addressing exception" of that entry; a list of entries there is a program
 *           interruption, or status 2 of the interruption that ends an asynchronous request
 *
 * and the block keeps its state. A parameter list is an operand of the instruction like any other. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/sclp.h"

const char test_name[] = "diag_block_io";

#define ARENA (20 * MEGABYTE)
#define BUFFER (ARENA)           /* the one whose state is varied, or */
#define LIST (ARENA + 0x4000)    /* this one, with the entries */
#define SCRATCH (ARENA + 0x8000) /* for reading back */
#define DEVICE 0x0120
#define SECTORS 8   /* of 512 bytes, in one block */
#define READ_FROM 5 /* in blocks of 4096 bytes, the first is 0 */
#define WRITE_TO 25
#define LONG_LIST 256 /* entries of 16 bytes: one block */
#define REMOVALS 50

enum direction { WRITE = 1, READ = 2 };

struct answer {
  struct event event;
  unsigned cc;
  u32 code;  /* return code */
  u8 detail; /* X'0A4': channel status; X'250': status of the entry */
};

static struct {
  u16 device;
  u8 key;
  u8 type;
  u32 block_size;
  u32 list;
  u32 count;
  u32 done;
  u8 device_status;
  u8 channel_status;
  u16 residual;
  u8 rest[64];
} __attribute__((aligned(8))) standard;

/* X'250': the fields of both functions, 32-bit and 64-bit format. */
static u8 parameters[64] __attribute__((aligned(8)));
#define PARAMETER(type, offset) (*(type*)(parameters + (offset)))

static struct event diagnose(u32 code, struct cpu_state* state) {
  static u32 text[2] __attribute__((aligned(8)));
  text[0] = 0x83240000 | code;  // DIAGNOSE 2,4,code
  text[1] = 0x0a000000;
  state->psw = (struct psw){PSW_64, (u64)text};
  return cpu_run(state);
}

/* One block by X'0A4'. */
static struct answer standard_io(enum direction type, u32 block, u64 buffer, u64 list) {
  memset(&standard, 0, sizeof(standard));
  standard.device = DEVICE;
  standard.type = (u8)type;
  standard.block_size = BLOCK_SIZE;
  standard.list = (u32)list;
  standard.count = 1;
  if (buffer != 0) {
    ((u32*)list)[0] = block;
    ((u32*)list)[1] = (u32)buffer;
  }
  struct cpu_state state = {.gr = {[2] = (u64)&standard}};
  struct answer a = {.event = diagnose(0x0a4, &state)};
  a.cc = psw_cc(&state.psw);
  a.code = (u32)state.gr[15];
  a.detail = standard.channel_status;
  return a;
}

/* X'250' function 0 or 2: begin, end. The 64-bit format has bit 0 of the flags on. */
static bool block_io_environment(u64 function, bool wide) {
  memset(parameters, 0, sizeof(parameters));
  PARAMETER(u16, 0) = DEVICE;
  if (function == 0) {
    PARAMETER(u8, 2) = wide ? 0x80 : 0;
    PARAMETER(u32, 24) = BLOCK_SIZE;
  }
  struct cpu_state state = {.gr = {[2] = (u64)parameters, [4] = function}};
  const struct event e = diagnose(0x250, &state);
  return e.kind == EVENT_SVC && psw_cc(&state.psw) == 0 && (u32)state.gr[3] == 0;
}

static bool wide_format;
static bool asynchronous;

static u8* entry_status(u64 list) { return (u8*)list + 1; }

static struct answer block_io(enum direction type, u32 block, u64 buffer, u64 list) {
  memset(parameters, 0, sizeof(parameters));
  PARAMETER(u16, 0) = DEVICE;
  PARAMETER(u8, 25) = asynchronous ? 2 : 0;
  PARAMETER(u32, 28) = 1;
  if (wide_format) {
    PARAMETER(u8, 2) = 0x80;
    PARAMETER(u64, 48) = list;
  } else {
    PARAMETER(u32, 36) = (u32)list;
  }
  if (buffer != 0) {
    memset((void*)list, 0, 24);
    *(u8*)list = (u8)type;
    *entry_status(list) = 0xff;
    *(u64*)(list + 8) = wide_format ? block + 1 : 0;
    if (wide_format) {
      *(u64*)(list + 16) = buffer;
    } else {
      *(u32*)(list + 4) = block + 1;
      *(u32*)(list + 12) = (u32)buffer;
    }
  }
  struct cpu_state state = {.gr = {[2] = (u64)parameters, [4] = 1}};
  struct answer a = {.event = diagnose(0x250, &state)};
  a.cc = psw_cc(&state.psw);
  a.code = (u32)state.gr[3];
  if (asynchronous && a.event.kind == EVENT_SVC && a.code == 8) {
    const u64 cr0 = get_cr(0);
    set_cr(0, cr0 | CR0_SERVICE_SIGNAL);
    struct event e;
    do e = cpu_wait(PSW_EXTERNAL);
    while (e.kind != EVENT_EXTERNAL || e.code != 0x2603);
    set_cr(0, cr0);
    a.code = LOWCORE(u8, 0x85);  // status of the request
  }
  if (buffer != 0) a.detail = *entry_status(list);
  return a;
}

static u64 pattern(u64 i) { return i * 0x9e3779b97f4a7c15ul + 11; }

static void fill(u64 block) {
  for (u64 i = 0; i < BLOCK_SIZE / 8; ++i) ((volatile u64*)block)[i] = pattern(i);
}

static bool is_written(u64 block, bool zeros) {
  bool same = true;
  for (u64 i = 0; i < BLOCK_SIZE / 8; ++i) same &= ((volatile u64*)block)[i] == (zeros ? 0 : pattern(i));
  return same;
}

/* The disk was made with "SECTOR %08d" and spaces in ASCII. */
static bool is_from_disk(u64 block, u32 number) {
  bool same = true;
  for (u32 s = 0; s < SECTORS; ++s) {
    char head[] = "SECTOR 00000000 ";
    u32 n = number * SECTORS + s;
    for (unsigned i = 14; n != 0; --i, n /= 10) head[i] = (char)('0' + n % 10);
    same &= memcmp((void*)(block + s * 512), head, 16) == 0;
  }
  return same;
}

typedef struct answer request_function(enum direction type, u32 block, u64 buffer, u64 list);

static bool is_good(const struct answer* a) {
  return a->event.kind == EVENT_SVC && a->cc == 0 && a->code == 0 && a->detail == 0;
}

/* An entry that could not be served. */
static bool is_refused(request_function* request, const struct answer* a) {
  if (a->event.kind != EVENT_SVC) return false;
  if (request == standard_io) return a->cc == 3 && a->code == 13 && a->detail == 0x20;
  if (asynchronous) return a->code == 1 && a->detail == 2;
  return a->cc == 2 && a->code == 40 && a->detail == 2;
}

static bool gone(enum block_state state) {
  return state == STATE_VZ || state == STATE_UR || state == STATE_UZ;
}

static void say(const struct answer* a, const char* what, bool pass) {
  report(pass, "%s: kind %u code %04x condition code %u return code %u detail %02x", what,
         (unsigned)a->event.kind, a->event.code, a->cc, a->code, a->detail);
}

static void buffer_case(request_function* request, enum direction type, enum block_state from) {
  essa(ESSA_STABLE_RESIDENT, BUFFER);
  fill(BUFFER);
  make_state(BUFFER, from);
  struct answer a = request(type, type == READ ? READ_FROM : WRITE_TO, BUFFER, LIST);
  const u64 after = essa_state(BUFFER);
  if (gone(from)) {
    say(&a, "it is refused", is_refused(request, &a));
    report(after == (u64)from, "the state stays: %s", state_name(after));
    essa(ESSA_STABLE, BUFFER);
    return;
  }
  say(&a, "it ends normally", is_good(&a));
  report(after == (from & 0xc), "the block is resident and its usage stays: %s", state_name(after));
  essa(ESSA_STABLE, BUFFER);
  if (type == READ) {
    report(is_from_disk(BUFFER, READ_FROM), "the data has arrived");
  } else {
    memset((void*)SCRATCH, 0xee, BLOCK_SIZE);
    a = request(READ, WRITE_TO, SCRATCH, LIST);
    report(is_good(&a) && is_written(SCRATCH, (from & 3) == 3), "the content has been written");
  }
}

/* A list of zeros would have X'0A4' read to absolute 0, where the interruptions are. */
static void list_case(request_function* request, enum block_state from) {
  if (request == standard_io && from == STATE_SZ) return;
  essa(ESSA_STABLE_RESIDENT, LIST);
  essa(ESSA_STABLE_RESIDENT, BUFFER);
  fill(BUFFER);
  (void)request(READ, READ_FROM, BUFFER, LIST);
  fill(BUFFER);
  make_state(LIST, from);
  struct answer a = request(READ, READ_FROM, 0, LIST);
  const u64 after = essa_state(LIST);
  if (gone(from)) {
    bool refused = false;
    if (request == standard_io) {
      refused = a.event.kind == EVENT_SVC && a.cc == 2 && a.code == 10;
    } else if (asynchronous) {
      refused = a.event.kind == EVENT_SVC && a.code == 2;
    } else {
      refused = a.event.kind == EVENT_PROGRAM && a.event.code == PGM_ADDRESSING;
    }
    say(&a, "it is refused", refused);
    report(after == (u64)from, "the state stays: %s", state_name(after));
    report(is_written(BUFFER, false), "no data was moved");
  } else if ((from & 3) != 3) {
    say(&a, "it ends normally", is_good(&a));
    report(is_from_disk(BUFFER, READ_FROM), "the data has arrived");
  } else {
    report(a.event.kind == EVENT_SVC, "zeros instead: condition code %u return code %u", a.cc, a.code);
  }
  essa(ESSA_STABLE, LIST);
  memset((void*)LIST, 0, BLOCK_SIZE);
}

static void parameters_gone(u32 code) {
  essa(ESSA_VOLATILE, SCRATCH);
  host_evict(SCRATCH);
  struct cpu_state state = {.gr = {[2] = SCRATCH, [4] = 1}};
  const struct event e = diagnose(code, &state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == SCRATCH,
         "diagnose %03x with discarded parameters: kind %u code %04x", code, (unsigned)e.kind, e.code);
  essa(ESSA_STABLE, SCRATCH);
}

/* The environment is taken away while an asynchronous request still uses it. */
static void remove_while_busy(void) {
  unsigned started = 0;
  essa(ESSA_STABLE_RESIDENT, LIST);
  for (unsigned i = 0; i < REMOVALS; ++i) {
    if (!block_io_environment(0, false)) break;
    memset((void*)LIST, 0, BLOCK_SIZE);
    for (u64 entry = LIST; entry < LIST + LONG_LIST * 16; entry += 16) {
      *(u8*)entry = READ;
      *(u32*)(entry + 4) = 1 + (u32)(entry / 16) % 100;
      *(u32*)(entry + 12) = (u32)BUFFER;
    }
    memset(parameters, 0, sizeof(parameters));
    PARAMETER(u16, 0) = DEVICE;
    PARAMETER(u8, 25) = 2;
    PARAMETER(u32, 28) = LONG_LIST;
    PARAMETER(u32, 36) = LIST;
    struct cpu_state state = {.gr = {[2] = (u64)parameters, [4] = 1}};
    const struct event e = diagnose(0x250, &state);
    if (e.kind != EVENT_SVC || (u32)state.gr[3] != 8) break;
    for (u64 n = i * 64; n > 0; --n) __asm__ volatile("" ::: "memory");
    if (!block_io_environment(2, false)) break;
    const u64 cr0 = get_cr(0);
    set_cr(0, cr0 | CR0_SERVICE_SIGNAL);
    started += cpu_wait(PSW_EXTERNAL).code == 0x2603 ? 1 : 0;
    set_cr(0, cr0);
  }
  report(started == REMOVALS, "requests whose environment is removed end: %u of %u", started, REMOVALS);
}

/* Code of an external interruption that is pending, or 0. */
static u16 take_external(void) {
  static const u16 code[] __attribute__((aligned(8))) = {0x0700, 0x0a00};
  struct cpu_state state = {.psw = {PSW_64 | PSW_EXTERNAL, (u64)code}};
  const u64 cr0 = get_cr(0);
  set_cr(0, cr0 | CR0_SERVICE_SIGNAL);
  const struct event e = cpu_run(&state);
  set_cr(0, cr0);
  return e.kind == EVENT_EXTERNAL ? e.code : 0;
}

/* The service processor is called while the interruption that ends a request is pending: both come. */
static void service_signal_too(void) {
  static struct sccb sccb;
  sccb = (struct sccb){.length = sizeof(sccb)};
  essa(ESSA_STABLE_RESIDENT, LIST);
  memset((void*)LIST, 0, 16);
  *(u8*)LIST = READ;
  *(u32*)(LIST + 4) = 1;
  *(u32*)(LIST + 12) = (u32)BUFFER;
  const bool made = block_io_environment(0, false);
  memset(parameters, 0, sizeof(parameters));
  PARAMETER(u16, 0) = DEVICE;
  PARAMETER(u8, 25) = 2;
  PARAMETER(u32, 28) = 1;
  PARAMETER(u32, 36) = LIST;
  struct cpu_state state = {.gr = {[2] = (u64)parameters, [4] = 1}};
  (void)diagnose(0x250, &state);
  const u64 until = clock_us() + 500000;
  while (clock_us() < until) {
  }
  const unsigned cc = service_call(SCLP_READ_SCP_INFO, (u64)&sccb);
  const u16 first = take_external();
  const u16 second = take_external();
  report(made && cc == 0 && first + second == 0x2603 + 0x2401,
         "a request and a service call: condition code %u, interruptions %04x and %04x", cc, first, second);
  report(block_io_environment(2, false), "the environment is removed");
}

static void all_cases(request_function* request) {
  for (size_t s = 0; s < STATES; ++s) {
    for (enum direction type = WRITE; type <= READ; ++type) {
      report_push("%s: buffer in %s", type == READ ? "read" : "write", state_name(all_states[s]));
      buffer_case(request, type, all_states[s]);
      report_pop();
    }
    report_push("list in %s", state_name(all_states[s]));
    list_case(request, all_states[s]);
    report_pop();
  }
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  report_push("0a4");
  all_cases(standard_io);
  report_pop();
  for (unsigned i = 0; i < 4; ++i) {
    wide_format = (i & 1) != 0;
    asynchronous = (i & 2) != 0;
    report_push("250: %s %s", wide_format ? "64-bit" : "32-bit",
                asynchronous ? "asynchronous" : "synchronous");
    report(block_io_environment(0, wide_format), "the environment is made");
    all_cases(block_io);
    report(block_io_environment(2, false), "the environment is removed");
    report_pop();
  }
  remove_while_busy();
  service_signal_too();
  parameters_gone(0x0a4);
  parameters_gone(0x250);
}
