/* Channel programs: subchannels, CCWs, starting and waiting. Device: a 3370 (FBA disk) at 0120. */
#ifndef GUEST_LIB_CHANNEL_H
#define GUEST_LIB_CHANNEL_H

#include "types.h"

/* Format-1 CCW. */
struct ccw {
  u8 command;
  u8 flags;
  u16 count;
  u32 address;
} __attribute__((packed, aligned(8)));

#define CCW_CHAIN_DATA 0x80
#define CCW_CHAIN_COMMAND 0x40
#define CCW_SUPPRESS_LENGTH 0x20
#define CCW_INDIRECT 0x04
#define CCW_MODIFIED_INDIRECT 0x01

#define CCW_TRANSFER 0x08 /* transfer in channel */

/* FBA commands. */
#define FBA_WRITE 0x41
#define FBA_READ 0x42
#define FBA_LOCATE 0x43
#define FBA_DEFINE_EXTENT 0x63

/* How the data address of an IDAW is written. */
#define ORB_FORMAT_1_CCW 0x00800000u
#define ORB_FORMAT_2_IDAW 0x00020000u
#define ORB_MIDAW 0x00000040u

/* Modified indirect-data-address word. */
struct midaw {
  u8 reserved[5];
  u8 flags;
  u16 count;
  u64 address;
} __attribute__((aligned(16)));

#define MIDAW_LAST 0x80

struct io_result {
  bool done;         /* the start was accepted and an ending interruption came */
  u8 device_status;  /* 0c: channel end and device end */
  u8 channel_status; /* 20: program check, 40: incorrect length... */
  u16 residual;
  u32 ccw_address;
};

#define DEVICE_ENDED 0x0c
#define CHANNEL_PROGRAM_CHECK 0x20

/* Find and enable the device. False if there is none with this number. */
bool channel_open(u16 device);

/* For a test of block states on this device: does the machine have what that needs? If not, the whole test is reported
 * as skipped. */
bool channel_test_begins(u16 device);

/* Enable the first subchannel of all, whatever its device. */
#define FIRST_SUBCHANNEL 0x00010000u
bool channel_open_first(void);

/* Run a channel program on it; `orb_flags` besides ORB_FORMAT_1_CCW. Waits for the end. */
struct io_result channel_run(const struct ccw* program, u32 orb_flags);

#endif
