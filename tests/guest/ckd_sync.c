/* Synchronous I/O and block states: the CPU that executes START SUBCHANNEL runs the channel program of a CKD
 * disk itself when the track is in the disk's cache. It must page in, refuse and make room as a device thread
 * does (A15), and must not wait for itself when no frame is free: every block of the arena, which is larger
 * than the host's frames when the test is run with few of them, is read into and written from. */
#include "lib/channel.h"
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "ckd_sync";

#define ARENA (20 * MEGABYTE)
#define BLOCK (ARENA)
#define MANY 256 /* blocks; 1 MB */
#define ROUNDS 4
#define LABEL_SIZE 80u    /* the volume label: record 3 of the first track, after a key of 4 bytes */
#define LABEL 0xe5d6d3f1u /* "VOL1" */

#define CKD_SEEK 0x07
#define CKD_SEARCH_ID 0x31
#define CKD_WRITE_DATA 0x05
#define CKD_READ_DATA 0x06

static u16 seek_argument[3] __attribute__((aligned(8)));
static u8 search_argument[5] __attribute__((aligned(8))) = {0, 0, 0, 0, 3};
static struct ccw chain[4];

static struct io_result transfer(u8 command, u64 data) {
  chain[0] = (struct ccw){CKD_SEEK, CCW_CHAIN_COMMAND, 6, (u32)(u64)seek_argument};
  chain[1] = (struct ccw){CKD_SEARCH_ID, CCW_CHAIN_COMMAND, 5, (u32)(u64)search_argument};
  chain[2] = (struct ccw){CCW_TRANSFER, 0, 0, (u32)(u64)&chain[1]};
  chain[3] = (struct ccw){command, CCW_SUPPRESS_LENGTH, LABEL_SIZE, (u32)data};
  return channel_run(chain, 0);
}

static bool good(const struct io_result* io) {
  return io->done && io->device_status == DEVICE_ENDED && (io->channel_status & ~0x40) == 0;
}

static bool gone(enum block_state state) {
  return state == STATE_VZ || state == STATE_UR || state == STATE_UZ;
}

static void one(u8 command, enum block_state from, const u8* label) {
  essa(ESSA_STABLE_RESIDENT, BLOCK);
  memset((void*)BLOCK, 0, BLOCK_SIZE);
  if (command == CKD_WRITE_DATA) memcpy((void*)BLOCK, label, LABEL_SIZE);
  make_state(BLOCK, from);
  const struct io_result io = transfer(command, BLOCK);
  const u64 after = essa_state(BLOCK);
  if (gone(from)) {
    report(io.done && (io.channel_status & CHANNEL_PROGRAM_CHECK) != 0,
           "program check: device %02x channel %02x", io.device_status, io.channel_status);
    report(after == (u64)from, "the state stays: %s", state_name(after));
    essa(ESSA_STABLE, BLOCK);
    return;
  }
  report(good(&io), "it ends normally: device %02x channel %02x", io.device_status, io.channel_status);
  report(after == (from & 0xc), "the block is resident and its usage stays: %s", state_name(after));
  essa(ESSA_STABLE, BLOCK);
  if (command == CKD_READ_DATA) report(memcmp((void*)BLOCK, label, LABEL_SIZE) == 0, "the label has arrived");
}

/* Reads into one block after the other, so that frames run out in the middle of START SUBCHANNEL. */
static void under_pressure(const u8* label) {
  unsigned bad = 0;
  for (unsigned round = 0; round < ROUNDS; ++round) {
    for (unsigned i = 0; i < MANY; ++i) {
      const u64 block = ARENA + i * BLOCK_SIZE;
      *(volatile u64*)(block + 1024) = block + round;
      const u64 target = ARENA + (i * 97 + 13) % MANY * BLOCK_SIZE;
      const struct io_result io = transfer(CKD_READ_DATA, target);
      bad += good(&io) && memcmp((void*)target, label, LABEL_SIZE) == 0 ? 0 : 1;
    }
    for (unsigned i = 0; i < MANY; ++i)
      bad += *(volatile u64*)(ARENA + i * BLOCK_SIZE + 1024) == ARENA + i * BLOCK_SIZE + round ? 0 : 1;
  }
  report(bad == 0, "%u reads with few frames: %u wrong", ROUNDS * MANY, bad);
}

void test_main(void) {
  if (!channel_test_begins(0x0130)) return;
  static u8 label[LABEL_SIZE] __attribute__((aligned(8)));
  const struct io_result io = transfer(CKD_READ_DATA, (u64)label);
  report(good(&io) && *(u32*)label == LABEL, "the label is read: device %02x channel %02x %08x",
         io.device_status, io.channel_status, *(u32*)label);
  for (size_t s = 0; s < STATES; ++s) {
    for (unsigned write = 0; write < 2; ++write) {
      /* Zeros would become the label. */
      if (write != 0 && all_states[s] == STATE_SZ) continue;
      report_push("%s: data in %s", write != 0 ? "write" : "read", state_name(all_states[s]));
      one(write != 0 ? CKD_WRITE_DATA : CKD_READ_DATA, all_states[s], label);
      report_pop();
    }
  }
  under_pressure(label);
}
