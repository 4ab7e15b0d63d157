/* Channel programs and block states (A15): the block of the data, of an IDAW list, of a MIDAW list or of the
 * CCW itself is in each state, in both directions. A resident block is used as it is, a preserved one is
 * paged in, a logically zero one gets a frame; a discarded or unused one is a channel program check (or, with
 * channel=zero, is given a frame and becomes stable). CHANNEL_CHECKS says which of the two is expected. */
#include "lib/channel.h"
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

#if CHANNEL_CHECKS
const char test_name[] = "channel_io";
#else
const char test_name[] = "channel_zero";
#endif

#define ARENA (20 * MEGABYTE)
#define BLOCK (ARENA)            /* the one whose state is varied */
#define NEXT (ARENA + 0x1000)    /* after it, stable */
#define BEFORE (ARENA - 0x1000)  /* before it, stable */
#define SCRATCH (ARENA + 0x4000) /* for reading back */
#define LISTS (ARENA + 0x8000)   /* IDAWs, MIDAWs */

#define SECTOR 512
#define SECTORS 8 /* one block of data */
#define DISK_SECTORS 1000
#define READ_FROM 40
#define WRITE_TO 200

/* Where in the channel program the block stands. */
enum role {
  DATA,
  DATA_OF_IDAW1,
  DATA_OF_IDAW2,
  DATA_OF_MIDAW,
  IDAW1_LIST,
  IDAW2_LIST,
  MIDAW_LIST,
  CCW_ITSELF,
  ROLES
};

static const char* const role_name[ROLES] = {"data",
                                             "data of a format-1 IDAW",
                                             "data of a format-2 IDAW",
                                             "data of a MIDAW",
                                             "format-1 IDAW list",
                                             "format-2 IDAW list",
                                             "MIDAW list",
                                             "CCW"};

static u32 extent[4];
static u32 locate[2];
static struct ccw chain[4];

static void disk_program(bool write, u32 sector, struct ccw transfer) {
  extent[0] = write ? 0 : 0x40000000;  // inhibit writing
  extent[1] = 0;
  extent[2] = 0;
  extent[3] = DISK_SECTORS - 1;
  locate[0] = (write ? 0x01000000u : 0x06000000u) | SECTORS;
  locate[1] = sector;
  chain[0] = (struct ccw){FBA_DEFINE_EXTENT, CCW_CHAIN_COMMAND, 16, (u32)(u64)extent};
  chain[1] = (struct ccw){FBA_LOCATE, CCW_CHAIN_COMMAND, 8, (u32)(u64)locate};
  chain[2] = transfer;
}

static u64 pattern(u64 i) { return i * 0x9e3779b97f4a7c15ul + 7; }

static void fill(u64 block) {
  for (u64 i = 0; i < BLOCK_SIZE / 8; ++i) ((volatile u64*)block)[i] = pattern(i);
}

static bool is_pattern(u64 block) {
  bool same = true;
  for (u64 i = 0; i < BLOCK_SIZE / 8; ++i) same &= ((volatile u64*)block)[i] == pattern(i);
  return same;
}

static bool is_zero(u64 block) {
  bool same = true;
  for (u64 i = 0; i < BLOCK_SIZE / 8; ++i) same &= ((volatile u64*)block)[i] == 0;
  return same;
}

/* The disk was made with "SECTOR %08d" and spaces in ASCII. */
static bool is_from_disk(u64 block, u32 sector) {
  bool same = true;
  for (u32 s = 0; s < SECTORS; ++s) {
    char head[] = "SECTOR 00000000 ";
    u32 number = sector + s;
    for (unsigned i = 14; number != 0; --i, number /= 10) head[i] = (char)('0' + number % 10);
    same &= memcmp((void*)(block + s * SECTOR), head, 16) == 0;
  }
  return same;
}

/* Put the block in its role; returns the flags for the ORB. `data` is where the data is. */
static u32 build(enum role role, bool write, u32 sector, u64 data) {
  const u8 command = write ? FBA_WRITE : FBA_READ;
  struct ccw transfer = {command, 0, BLOCK_SIZE, (u32)data};
  u32 orb = 0;
  u8* list = role == IDAW1_LIST || role == IDAW2_LIST || role == MIDAW_LIST ? (u8*)BLOCK : (u8*)LISTS;
  switch (role) {
    case DATA_OF_IDAW1:
    case IDAW1_LIST:
      ((u32*)list)[0] = (u32)data;
      ((u32*)list)[1] = (u32)data + BLOCK_SIZE / 2;
      transfer.flags = CCW_INDIRECT;
      transfer.address = (u32)(u64)list;
      break;
    case DATA_OF_IDAW2:
    case IDAW2_LIST:
      ((u64*)list)[0] = data;
      transfer.flags = CCW_INDIRECT;
      transfer.address = (u32)(u64)list;
      orb = ORB_FORMAT_2_IDAW;
      break;
    case DATA_OF_MIDAW:
    case MIDAW_LIST:
      ((struct midaw*)list)[0] = (struct midaw){.count = BLOCK_SIZE / 2, .address = data};
      ((struct midaw*)list)[1] =
          (struct midaw){.flags = MIDAW_LAST, .count = BLOCK_SIZE / 2, .address = data + BLOCK_SIZE / 2};
      transfer.flags = CCW_MODIFIED_INDIRECT;
      transfer.address = (u32)(u64)list;
      orb = ORB_MIDAW;
      break;
    case CCW_ITSELF:
      *(struct ccw*)BLOCK = transfer;
      transfer = (struct ccw){CCW_TRANSFER, 0, 0, (u32)BLOCK};
      break;
    default:
      break;
  }
  disk_program(write, sector, transfer);
  return orb;
}

static bool good(const struct io_result* io) {
  return io->done && io->device_status == DEVICE_ENDED && io->channel_status == 0;
}

static bool read_back(u32 sector, u64 to) {
  const u32 orb = build(DATA, false, sector, to);
  const struct io_result io = channel_run(chain, orb);
  return good(&io);
}

static bool gone(enum block_state state) {
  return state == STATE_VZ || state == STATE_UR || state == STATE_UZ;
}

/* The block holds the data. */
static void data_case(enum role role, bool write, enum block_state from) {
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  fill(BLOCK);
  const u32 orb = build(role, write, write ? WRITE_TO : READ_FROM, BLOCK);
  make_state(BLOCK, from);
  const struct io_result io = channel_run(chain, orb);
  const u64 after = essa_state(BLOCK);
  if (gone(from) && CHANNEL_CHECKS) {
    report(io.done && (io.channel_status & CHANNEL_PROGRAM_CHECK) != 0,
           "program check: device %02x channel %02x", io.device_status, io.channel_status);
    report(after == (u64)from, "the state stays: %s", state_name(after));
    essa(ESSA_STABLE, BLOCK);
    return;
  }
  report(good(&io), "it ends normally: device %02x channel %02x", io.device_status, io.channel_status);
  const u64 usage = gone(from) ? 0 : from & 0xc;
  report(after == usage, "the block is resident and its usage %s: %s",
         gone(from) ? "has become stable" : "stays", state_name(after));
  essa(ESSA_STABLE, BLOCK);
  if (!write) {
    report(is_from_disk(BLOCK, READ_FROM), "the data has arrived");
  } else {
    memset((void*)SCRATCH, 0xee, BLOCK_SIZE);
    const bool zeros = (from & 3) == 3;
    report(read_back(WRITE_TO, SCRATCH) && (zeros ? is_zero(SCRATCH) : is_pattern(SCRATCH)),
           "%s been written", zeros ? "zeros have" : "the content has");
  }
}

/* The block holds a list or the CCW. Where the machine took zeros for a list, the disk would write to
 * absolute 0, where the interruptions are: those cases are left to the other direction. */
static void control_case(enum role role, bool write, enum block_state from) {
  if ((from & 3) == 3 && !write && role != CCW_ITSELF) return;
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  memset((void*)BLOCK, 0, BLOCK_SIZE);
  fill(NEXT);
  const u32 orb = build(role, write, write ? WRITE_TO : READ_FROM, NEXT);
  make_state(BLOCK, from);
  const struct io_result io = channel_run(chain, orb);
  const u64 after = essa_state(BLOCK);
  const bool content = (from & 3) != 3;
  if (gone(from) && CHANNEL_CHECKS) {
    report(io.done && (io.channel_status & CHANNEL_PROGRAM_CHECK) != 0,
           "program check: device %02x channel %02x", io.device_status, io.channel_status);
    report(after == (u64)from, "the state stays: %s", state_name(after));
    report(is_pattern(NEXT), "no data was moved");
  } else if (content) {
    report(good(&io), "it ends normally: device %02x channel %02x", io.device_status, io.channel_status);
    report((after & 3) == 0, "the block is resident: %s", state_name(after));
    if (!write) {
      report(is_from_disk(NEXT, READ_FROM), "the data has arrived");
    } else {
      memset((void*)SCRATCH, 0xee, BLOCK_SIZE);
      report(read_back(WRITE_TO, SCRATCH) && is_pattern(SCRATCH), "the content has been written");
    }
  } else {
    report(io.done, "zeros instead: device %02x channel %02x", io.device_status, io.channel_status);
  }
  essa(ESSA_STABLE, BLOCK);
}

/* Data that begins in a stable block and runs into one that is gone. */
static void runs_into(bool write) {
  report_push("%s: from a stable block into a discarded one", write ? "write" : "read");
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  fill(BEFORE);
  fill(BLOCK);
  make_state(BLOCK, STATE_VZ);
  const u32 orb = build(DATA, write, write ? WRITE_TO : READ_FROM, BEFORE + BLOCK_SIZE / 2);
  const struct io_result io = channel_run(chain, orb);
  if (CHANNEL_CHECKS) {
    report(io.done && (io.channel_status & CHANNEL_PROGRAM_CHECK) != 0,
           "program check: device %02x channel %02x", io.device_status, io.channel_status);
    report(essa_state(BLOCK) == STATE_VZ, "the state stays: %s", state_name(essa_state(BLOCK)));
  } else {
    report(good(&io), "it ends normally: device %02x channel %02x", io.device_status, io.channel_status);
    report(essa_state(BLOCK) == STATE_SR, "the block is stable: %s", state_name(essa_state(BLOCK)));
  }
  essa(ESSA_STABLE, BLOCK);
  report_pop();
}

void test_main(void) {
  if (!channel_test_begins(0x0120)) return;
  for (unsigned write = 0; write < 2; ++write) {
    for (enum role role = 0; role < ROLES; ++role) {
      for (size_t s = 0; s < STATES; ++s) {
        report_push("%s: %s in %s", write ? "write" : "read", role_name[role], state_name(all_states[s]));
        (role <= DATA_OF_MIDAW ? data_case : control_case)(role, write != 0, all_states[s]);
        report_pop();
      }
    }
    runs_into(write != 0);
  }
}
