/* See channel.h. */
#include "channel.h"

#include "cpu.h"
#include "essa.h"
#include "host.h"
#include "report.h"

#define PMCW_ENABLE 0x00800000u
#define MAX_SUBCHANNELS 64
#define ALL_PATHS 0x0000ff00u
#define STATUS_PENDING 0x01u
#define PRIMARY_OR_SECONDARY 0x06u /* primary or secondary status: the program has ended */

struct schib {
  u32 word[13];
} __attribute__((aligned(8)));

struct orb {
  u32 word[8];
} __attribute__((aligned(8)));

struct irb {
  u32 word[24];
} __attribute__((aligned(8)));

static u32 subchannel;

#define on_subchannel(mnemonic, id, block)                 \
  ({                                                       \
    register u64 r1_ __asm__("1") = (id);                  \
    unsigned cc_;                                          \
    __asm__ volatile(mnemonic " %1\n\tipm %0\n\tsrl %0,28" \
                     : "=d"(cc_), "+Q"(block)              \
                     : "d"(r1_)                            \
                     : "cc", "memory");                    \
    cc_;                                                   \
  })

bool channel_open(u16 device) {
  for (u32 id = FIRST_SUBCHANNEL; id < FIRST_SUBCHANNEL + MAX_SUBCHANNELS; ++id) {
    struct schib schib = {{0}};
    if (on_subchannel("stsch", id, schib) == 3) return false;
    if ((schib.word[1] & 0xffff) != device) continue;
    subchannel = id;
    schib.word[1] |= PMCW_ENABLE;
    return on_subchannel("msch", id, schib) == 0;
  }
  return false;
}

bool channel_test_begins(u16 device) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return false;
  }
  if (channel_open(device)) return true;
  report_skip("whole test: there is no disk %04x", device);
  return false;
}

bool channel_open_first(void) {
  struct schib schib = {{0}};
  if (on_subchannel("stsch", FIRST_SUBCHANNEL, schib) != 0) return false;
  return channel_open((u16)schib.word[1]);
}

struct io_result channel_run(const struct ccw* program, u32 orb_flags) {
  struct orb orb = {{0, ORB_FORMAT_1_CCW | ALL_PATHS | orb_flags, (u32)(u64)program}};
  struct irb irb = {{0}};
  if (on_subchannel("ssch", subchannel, orb) != 0) return (struct io_result){.done = false};
  const u64 cr6 = get_cr(6);
  set_cr(6, 0xff000000);
  do {
    const struct event e = cpu_wait(PSW_IO);
    if (e.kind != EVENT_IO || e.subchannel != subchannel) continue;
    (void)on_subchannel("tsch", subchannel, irb);
  } while ((irb.word[0] & STATUS_PENDING) == 0 || (irb.word[0] & PRIMARY_OR_SECONDARY) == 0);
  set_cr(6, cr6);
  return (struct io_result){
      .done = true,
      .device_status = (u8)(irb.word[2] >> 24),
      .channel_status = (u8)(irb.word[2] >> 16),
      .residual = (u16)irb.word[2],
      .ccw_address = irb.word[1],
  };
}
