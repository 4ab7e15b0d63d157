/* See cpu.h. */
#include "cpu.h"

#include "report.h"

void cpu_enter(const struct cpu_state* state);

static struct event read_event(void) {
  struct event e = {.kind = (enum event_kind)LOWCORE(u64, LC_KIND)};
  switch (e.kind) {
    case EVENT_PROGRAM:
      e.code = LOWCORE(u16, LC_PGM_CODE);
      e.ilc = LOWCORE(u8, LC_PGM_ILC);
      e.access_id = LOWCORE(u8, LC_EXCEPTION_ACCESS_ID);
      e.per_code = LOWCORE(u16, LC_PER_CODE);
      e.per_address = LOWCORE(u64, LC_PER_ADDRESS);
      e.address = LOWCORE(u64, LC_TRANSLATION_EXCEPTION);
      break;
    case EVENT_SVC:
      e.code = LOWCORE(u16, LC_SVC_CODE);
      break;
    case EVENT_EXTERNAL:
      e.code = LOWCORE(u16, LC_EXT_CODE);
      e.parameter = LOWCORE(u32, LC_EXT_PARAMETER);
      break;
    case EVENT_IO:
      e.subchannel = LOWCORE(u32, LC_SUBCHANNEL);
      break;
  }
  return e;
}

struct event cpu_run(struct cpu_state* state) {
  /* An interruption that stores no address must not leave that of an earlier one. */
  LOWCORE(u64, LC_TRANSLATION_EXCEPTION) = 0;
  LOWCORE(u64, LC_PER_ADDRESS) = 0;
  LOWCORE(u16, LC_PER_CODE) = 0;
  cpu_enter(state);
  state->psw.mask = LOWCORE(u64, LC_OLD_PSW);
  state->psw.address = LOWCORE(u64, LC_OLD_PSW + 8);
  memcpy(state->gr, lowcore(LC_GR), sizeof(state->gr));
  memcpy(state->ar, lowcore(LC_AR), sizeof(state->ar));
  return read_event();
}

struct event cpu_wait(u64 enabled) {
  struct cpu_state state = {.psw = {PSW_64 | PSW_WAIT | enabled, 0}};
  return cpu_run(&state);
}

void unexpected_interruption(void) {
  const struct event e = read_event();
  guest_panic("unexpected interruption kind %u code %04x at %016lx, address %016lx", (unsigned)e.kind,
              (unsigned)e.code, LOWCORE(u64, LC_OLD_PSW + 8), e.address);
}

bool facility(unsigned bit) {
  static u64 list[4];
  static bool stored;
  if (!stored) {
    register u64 last __asm__("0") = ARRAY_SIZE(list) - 1;
    __asm__ volatile("stfle %0" : "=Q"(list), "+d"(last) : : "cc", "memory");
    stored = true;
  }
  return bit / 64 < ARRAY_SIZE(list) && ((list[bit / 64] >> (63 - bit % 64)) & 1) != 0;
}
