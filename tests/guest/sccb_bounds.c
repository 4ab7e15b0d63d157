/* The service processor stores no further than the SCCB is long: requests for information with every even
 * length, in the middle of a block and at the end of main storage, leave what is behind the SCCB alone. */
#include "lib/cpu.h"
#include "lib/report.h"
#include "lib/sclp.h"

const char test_name[] = "sccb_bounds";

#define BLOCK (20 * MEGABYTE)
#define SHORTEST 8
#define LONGEST 600
#define MARK 0xa5

static const u32 commands[] = {SCLP_READ_SCP_INFO, 0x00030001, 0x001c0001,
                               0x00250001,         0x00770005, 0x00780005};

/* Bytes behind the SCCB that are not as they were. */
static unsigned spoilt(u32 command, u16 length) {
  struct sccb* sccb = (struct sccb*)BLOCK;
  memset((void*)BLOCK, MARK, BLOCK_SIZE);
  memset(sccb, 0, length);
  sccb->length = length;
  (void)service_request(command, sccb);
  unsigned n = 0;
  for (u64 i = length; i < BLOCK_SIZE; ++i) n += ((u8*)BLOCK)[i] != MARK ? 1 : 0;
  return n;
}

/* An SCCB that ends with main storage: behind it is what the emulator keeps for itself. */
static bool served_at_end(u32 command, u16 length) {
  const u64 address = (main_storage_size() - length) & ~7ul;
  struct sccb* sccb = (struct sccb*)address;
  memset(sccb, 0, length);
  sccb->length = length;
  return service_request(command, sccb) != 0;
}

void test_main(void) {
  for (size_t i = 0; i < ARRAY_SIZE(commands); ++i) {
    u16 bad = 0;
    unsigned bytes = 0;
    bool answered = true;
    for (u16 length = SHORTEST; length <= LONGEST; length += 2) {
      const unsigned n = spoilt(commands[i], length);
      if (n != 0) {
        bad = length;
        bytes = n;
      }
      if (length % 8 == 0) answered &= served_at_end(commands[i], length);
    }
    report(bad == 0, "command %08x: nothing is stored behind an SCCB: length %u, %u bytes", commands[i], bad,
           bytes);
    report(answered, "command %08x: answered at the end of storage", commands[i]);
  }
}
