/* See essa.h. */
#include "essa.h"

#include "cpu.h"
#include "host.h"

const enum block_state all_states[STATES] = {STATE_SR, STATE_SP, STATE_SZ, STATE_UR,
                                             STATE_UZ, STATE_VR, STATE_VZ, STATE_PR};

u64 essa_any(unsigned orc, u64 address) {
  switch (orc) {
    case 0:
      return essa(0, address);
    case 1:
      return essa(1, address);
    case 2:
      return essa(2, address);
    case 3:
      return essa(3, address);
    case 4:
      return essa(4, address);
    case 5:
      return essa(5, address);
    case 6:
      return essa(6, address);
    default:
      return essa(7, address);
  }
}

const char* state_name(u64 state) {
  static const char* const names[16] = {"Sr", "S?", "Sp", "Sz", "Ur", "U?", "Up", "Uz",
                                        "Pr", "P?", "Pp", "Pz", "Vr", "V?", "Vp", "Vz"};
  return names[state & 0xf];
}

bool essa_available(void) {
  static const u32 code[] __attribute__((aligned(8))) = {0xb9ab0012, 0x0a000000};  // ESSA 1,2,0; SVC 0
  struct cpu_state state = {.psw = {PSW_64, (u64)code}, .gr = {[2] = (u64)code & BLOCK_MASK}};
  const struct event e = cpu_run(&state);
  return e.kind == EVENT_SVC;
}

bool make_state(u64 address, enum block_state state) {
  essa(ESSA_STABLE_RESIDENT, address);
  switch (state) {
    case STATE_SR:
      break;
    case STATE_SP:
      host_evict(address);
      break;
    case STATE_SZ:
      essa(ESSA_UNUSED, address);
      host_evict(address);
      essa(ESSA_STABLE, address);
      break;
    case STATE_UR:
      essa(ESSA_UNUSED, address);
      break;
    case STATE_UZ:
      essa(ESSA_UNUSED, address);
      host_evict(address);
      break;
    case STATE_PR:
      essa(ESSA_POT_VOLATILE, address);
      break;
    case STATE_VR:
      essa(ESSA_VOLATILE, address);
      break;
    case STATE_VZ:
      essa(ESSA_VOLATILE, address);
      host_evict(address);
      break;
  }
  return essa_state(address) == state;
}
