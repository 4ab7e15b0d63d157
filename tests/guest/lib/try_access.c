/* See try_access.h. */
#include "try_access.h"

#include "cpu.h"

static const u8 load[8]
    __attribute__((aligned(8))) = {0xe3, 0x50, 0x20, 0x00, 0x00, 0x04, 0x0a, 0x00};  // LG 5,0(2)
static const u8 store[8]
    __attribute__((aligned(8))) = {0xe3, 0x50, 0x20, 0x00, 0x00, 0x24, 0x0a, 0x00};  // STG 5,0(2)

static struct access run(const u8* code, u64 address, u64 value, u64 psw_bits) {
  struct cpu_state state = {.psw = {PSW_64 | psw_bits, (u64)code}, .gr = {[2] = address, [5] = value}};
  const struct event e = cpu_run(&state);
  if (e.kind == EVENT_SVC) return (struct access){0, true, state.gr[5]};
  const bool same_address = e.code != PGM_DISCARD || e.address == (address & BLOCK_MASK);
  const bool nullified = e.code != PGM_DISCARD || state.psw.address == (u64)code;
  return (struct access){e.code, e.kind == EVENT_PROGRAM && same_address && nullified && state.gr[5] == value,
                         0};
}

struct access try_load(u64 address, u64 psw_bits) { return run(load, address, 0x5555555555555555, psw_bits); }

struct access try_store(u64 address, u64 value, u64 psw_bits) { return run(store, address, value, psw_bits); }
