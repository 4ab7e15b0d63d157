/* Random values, addresses and states, and running one instruction. See fuzz.h. */
#include "fuzz.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/smp.h"
#include "lib/try_access.h"

static u64 state_of[MAX_CPUS];

void random_seed(u64 seed) {
  state_of[smp_cpu()] = seed * 0xd1342543de82ef95ul + 0x9e3779b97f4a7c15ul;
  (void)random64();
  (void)random64();
}

u64 random64(void) {
  u64* s = &state_of[smp_cpu()];
  u64 x = *s == 0 ? 1 : *s;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  *s = x;
  return x * 0x2545f4914f6cdd1dul;
}

u64 storage_size(void) {
  static u64 size;
  if (size == 0) size = main_storage_size();
  return size;
}

u64 arena_block(void) {
  if (one_in(8)) return storage_size() - (1 + below(EDGE_BLOCKS)) * BLOCK_SIZE;
  return ARENA + below(ARENA_BLOCKS) * BLOCK_SIZE;
}

u64 arena_address(void) {
  const u64 block = arena_block();
  switch (below(4)) {
    case 0:
      return block;
    case 1:
      return block + BLOCK_SIZE - 8 * (1 + below(32));
    case 2:
      return block + 8 * below(BLOCK_SIZE / 8);
    default:
      return block + below(BLOCK_SIZE);
  }
}

u64 outside_address(void) {
  const u64 far = random64();
  switch (below(4)) {
    case 0:
      return storage_size() + 8 * below(1024);
    case 1:
      return storage_size();
    case 2:
      return (far & 0x7fffffff) | 0x40400000;
    default:
      return far | 0x40400000;
  }
}

u64 any_address(void) {
  if (one_in(8)) return outside_address();
  if (one_in(8)) return storage_size() - below(64);
  return arena_address();
}

void mutate(void* bytes, size_t n, unsigned times) {
  for (; n > 0 && times > 0; --times) ((u8*)bytes)[below((u32)n)] = (u8)(one_in(2) ? random64() : below(4));
}

struct event run_instruction(u32 code, unsigned length, struct cpu_state* state) {
  static u16 text[MAX_CPUS][8] __attribute__((aligned(16)));
  u16* to = text[smp_cpu()];
  unsigned n = 0;
  if (length == 4) to[n++] = (u16)(code >> 16);
  to[n++] = (u16)code;
  to[n] = 0x0a00;
  state->psw.address = (u64)to;
  return cpu_run(state);
}

bool poke(u64 to, const void* from, size_t n) {
  static const u32 move[] __attribute__((aligned(8))) = {0xa8240000, 0xa714fffe, 0x0a000000};
  if (n == 0) return true;
  if (to >= storage_size() || n > storage_size() - to) return false;
  for (u64 block = to & BLOCK_MASK; block < to + n; block += BLOCK_SIZE) essa(ESSA_STABLE_RESIDENT, block);
  struct cpu_state state = {.psw = {PSW_64, (u64)move}, .gr = {[2] = to, [3] = n, [4] = (u64)from, [5] = n}};
  return cpu_run(&state).kind == EVENT_SVC;
}

static struct {
  volatile u64 address;
  volatile u64 value[2];
} target;

void set_target(u64 address, u64 value1, u64 value2) {
  target.address = 0;
  target.value[0] = value1;
  target.value[1] = value2;
  target.address = address;
}

static void store_somewhere(void) {
  const u64 address = target.address;
  if (address != 0 && !one_in(4)) {
    (void)try_store(address, target.value[below(2)], 0);
  } else if (smp_cpu() == 0) {
    (void)try_store(arena_address() & ~7ul, random64(), 0);
  } else {
    (void)try_store(ARENA + 8 * below((LISTS - ARENA) / 8), random64(), 0);
  }
}

void churn(void) {
  static const u8 keys[] = {0x82, 0x86, 0x88, 0x90, 0x98, 0x30, 0x00};
  const u64 block = arena_block();
  switch (below(10)) {
    case 0:
      set_storage_key(block, one_in(4) ? PICK(keys) : ARENA_KEY);
      break;
    case 1:
    case 2:
    case 3:
      store_somewhere();
      break;
    case 4:
    case 5:
      (void)host_call(HOST_EVICT, block);
      break;
    case 6:
      essa(ESSA_VOLATILE, block);
      break;
    case 7:
      essa(ESSA_UNUSED, block);
      break;
    default:
      (void)essa_any(below(facility(147) ? 8 : 7), block);
  }
}

unsigned drain_external(void) {
  const u64 cr0 = get_cr(0);
  set_cr(0, cr0 | CR0_SERVICE_SIGNAL);
  unsigned taken = 0;
  for (;;) {
    struct cpu_state state = {.psw = {PSW_64 | PSW_EXTERNAL, 0}};
    const struct event e = run_instruction(0x0700, 2, &state);  // NOPR
    if (e.kind != EVENT_EXTERNAL) break;
    ++taken;
  }
  set_cr(0, cr0);
  return taken;
}

void check_event(const struct event* e, const char* what) {
  const bool good = e->kind == EVENT_SVC || (e->kind == EVENT_PROGRAM && e->code != 0 && e->code <= 0x3f);
  report_quiet(good, "%s: kind %u code %04x", what, (unsigned)e->kind, e->code);
}

struct tally service_tally, channel_tally, diagnose_tally;
