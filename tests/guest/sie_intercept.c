/* A guest of SIE. Its ESSA is always intercepted (A18), so that the hypervisor in the machine decides; its
 * access to a block that the host has discarded is a discard fault of the hypervisor, with the PSW at SIE; a
 * state descriptor in a discarded block is one too. */
#include "lib/cpu.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"

const char test_name[] = "sie_intercept";

#define DESCRIPTOR (22 * MEGABYTE)
#define GUEST (24 * MEGABYTE) /* guest absolute 0 */
#define GUEST_SIZE MEGABYTE
#define GUEST_CODE 0x2000ul
#define GUEST_DATA 0x5000ul

/* Fields of the state descriptor of a z/Architecture guest. */
struct descriptor {
  u8 requests, controls, machine_mode, mode;
  u32 prefix;
  u8 reserved_008[0x20];
  u64 cpu_timer;
  u64 clock_comparator;
  u64 epoch;
  u8 svc_control[4];
  u8 reserved_044[4];
  u8 interception_controls[4];
  u8 execution_controls[4];
  u8 interception;
  u8 interception_status;
  u16 last_cpu;
  u8 reserved_054[2];
  u16 ipa;
  u32 ipb;
  u8 reserved_05c[0x24];
  u64 origin;
  u64 end;
  struct psw psw;
  u64 gr14, gr15;
  u8 reserved_0b0[0x50];
  u64 cr[16];
  u8 reserved_180[0x80];
} __attribute__((packed));

_Static_assert(offsetof(struct descriptor, cpu_timer) == 0x28, "layout");
_Static_assert(offsetof(struct descriptor, interception) == 0x50, "layout");
_Static_assert(offsetof(struct descriptor, origin) == 0x80, "layout");
_Static_assert(offsetof(struct descriptor, cr) == 0x100, "layout");
_Static_assert(sizeof(struct descriptor) == 0x200, "layout");

#define REAL_SPACE 0x20
#define MACHINE_MODE_Z 0x08
#define SVC_ALL 0x80
#define INTERCEPT_INSTRUCTION 4

static volatile struct descriptor* const sie = (volatile struct descriptor*)DESCRIPTOR;

static void guest(const u32* code, unsigned words) {
  memset((void*)DESCRIPTOR, 0, sizeof(*sie));
  sie->machine_mode = MACHINE_MODE_Z;
  sie->cpu_timer = 0x7fffffffffffffff;
  sie->clock_comparator = ~0ul;
  sie->svc_control[0] = SVC_ALL;
  sie->origin = GUEST;
  sie->end = GUEST + GUEST_SIZE - MEGABYTE;
  sie->psw = (struct psw){PSW_64, GUEST_CODE};
  for (unsigned i = 0; i < words; ++i) ((volatile u32*)(GUEST + GUEST_CODE))[i] = code[i];
}

/* Run SIE once; `state` is the hypervisor's. */
static struct event enter(struct cpu_state* state) {
  static const u32 code[] __attribute__((aligned(8))) = {0xb2143000, 0x0a000000};  // SIE 0(3); SVC 0
  *state = (struct cpu_state){
      .psw = {PSW_64, (u64)code},
      .gr = {[1] = 0x1111, [2] = GUEST_DATA, [3] = DESCRIPTOR, [5] = 0x55},
  };
  return cpu_run(state);
}

static void intercepted(unsigned orc) {
  const u32 code[] = {0xb9ab0012 | orc << 12, 0x0a330000};
  struct cpu_state state;
  essa(ESSA_STABLE_RESIDENT, GUEST + GUEST_DATA);
  essa(ESSA_STABLE_RESIDENT, GUEST_DATA);
  guest(code, ARRAY_SIZE(code));
  const struct event e = enter(&state);
  report(e.kind == EVENT_SVC && sie->interception == INTERCEPT_INSTRUCTION && sie->ipa == 0xb9ab &&
             sie->ipb >> 16 == (0x0012 | orc << 12),
         "request code %u: kind %u code %04x interception %02x ipa %04x ipb %08x", orc, (unsigned)e.kind,
         e.code, sie->interception, sie->ipa, sie->ipb);
  report(state.gr[1] == 0x1111 && essa_state(GUEST + GUEST_DATA) == STATE_SR &&
             essa_state(GUEST_DATA) == STATE_SR,
         "request code %u: nothing is done", orc);
}

static const u32 load[] = {0xe3502000, 0x00040a33};  // LG 5,0(2); SVC 51

static bool ran(const struct event* e, const struct cpu_state* state, u64 value) {
  return e->kind == EVENT_SVC && sie->interception == INTERCEPT_INSTRUCTION && sie->ipa == 0x0a33 &&
         state->gr[5] == value;
}

static void guest_storage(void) {
  struct cpu_state state;
  const u64 data = GUEST + GUEST_DATA;
  guest(load, ARRAY_SIZE(load));
  essa(ESSA_STABLE_RESIDENT, data);
  *(volatile u64*)data = 0x77;
  struct event e = enter(&state);
  report(ran(&e, &state, 0x77), "the guest runs: kind %u interception %02x ipa %04x", (unsigned)e.kind,
         sie->interception, sie->ipa);

  guest(load, ARRAY_SIZE(load));
  make_state(data, STATE_SP);
  e = enter(&state);
  report(ran(&e, &state, 0x77), "a preserved block of the guest is paged in: kind %u interception %02x",
         (unsigned)e.kind, sie->interception);

  guest(load, ARRAY_SIZE(load));
  make_state(data, STATE_VZ);
  e = enter(&state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == data && e.ilc == 4,
         "a discarded block of the guest is a fault of the hypervisor: kind %u code %04x address %lx "
         "interception "
         "%02x",
         (unsigned)e.kind, e.code, e.address, sie->interception);
  report(essa_state(data) == STATE_VZ && state.gr[5] == 0x55, "and nothing is done");
  essa(ESSA_STABLE, data);
  *(volatile u64*)data = 0x88;
  e = cpu_run(&state);
  report(ran(&e, &state, 0x88), "it goes on with the block back: kind %u code %04x interception %02x",
         (unsigned)e.kind, e.code, sie->interception);
}

static void descriptor_discarded(void) {
  struct cpu_state state;
  guest(load, ARRAY_SIZE(load));
  static u8 saved[sizeof(*sie)];
  memcpy(saved, (void*)DESCRIPTOR, sizeof(saved));
  make_state(DESCRIPTOR, STATE_VZ);
  const struct event e = enter(&state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == DESCRIPTOR,
         "state descriptor discarded: kind %u code %04x address %lx", (unsigned)e.kind, e.code, e.address);
  essa(ESSA_STABLE, DESCRIPTOR);
  memcpy((void*)DESCRIPTOR, saved, sizeof(saved));
  make_state(DESCRIPTOR, STATE_SP);
  const struct event again = enter(&state);
  report(again.kind == EVENT_SVC && sie->interception == INTERCEPT_INSTRUCTION,
         "a preserved state descriptor is paged in: kind %u code %04x interception %02x",
         (unsigned)again.kind, again.code, sie->interception);
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  set_cr(1, REAL_SPACE); /* SIE translates what the guest uses in the primary space, also with DAT off */
  for (unsigned orc = 0; orc < 9; ++orc) intercepted(orc);
  guest_storage();
  descriptor_discarded();
}
