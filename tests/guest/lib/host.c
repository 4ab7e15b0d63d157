/* See host.h. */
#include "host.h"

#include "cpu.h"

bool host_available(void) {
  static const u32 code[]
      __attribute__((aligned(8))) = {0x83130caa, 0x0a000000};  // DIAGNOSE 1,3,X'CAA'; SVC 0
  struct cpu_state state = {.psw = {PSW_64, (u64)code},
                            .gr = {[1] = (u64)code & BLOCK_MASK, [3] = HOST_STATE}};
  const struct event e = cpu_run(&state);
  return e.kind == EVENT_SVC && psw_cc(&state.psw) != 3;
}

struct host_answer host_call(enum host_function function, u64 address) {
  register u64 r1 __asm__("1") = address;
  register u64 r3 __asm__("3") = function;
  unsigned cc;
  __asm__ volatile(
      ".long 0x83130caa\n\t"
      "ipm %0\n\t"
      "srl %0,28"
      : "=d"(cc), "+d"(r1), "+d"(r3)
      :
      : "cc", "memory");
  return (struct host_answer){cc, r3};
}
