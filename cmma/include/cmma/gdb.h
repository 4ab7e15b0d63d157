/* The C interface between an emulated machine and the gdb server: one client at a time, on loopback only.
 *
 * Who may call it: the machine glue (cmma/machine/hcmmagd?.c), and tests that stand in for a machine.
 *
 * The protocol is spoken by the CPU that has stopped, in cmma_gdb_stop, while the machine holds the others at an
 * instruction boundary. The server changes nothing in the guest's storage to stop it: it keeps the breakpoints
 * and the machine asks for them.
 *
 * Threads: cmma_gdb_stop runs in one thread at a time. The questions (cmma_gdb_breaks..., cmma_gdb_watches) may be
 * asked by any CPU that runs; their answers change only inside cmma_gdb_stop. With a listener thread the server
 * notices by itself that the client wants something; without one the machine asks cmma_gdb_attention.
 *
 * Invariants
 *   D1  A packet may say anything: it never makes the server read or write outside its own memory, wait for
 *       something that the client does not have to send, or end the process.
 *   D2  Looking at the guest (registers, storage) changes nothing in it, not even a state byte.
 *   D3  When the client is gone, for whatever reason, no stop is set any more, and the guest goes on.
 */
#ifndef CMMA_GDB_H
#define CMMA_GDB_H

#include "cmma/cmma.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

typedef struct cmma_gdb cmma_gdb;

#define CMMA_GDB_CPUS 64 /* CPU numbers are below this */

/* The registers of a CPU in z/Architecture's layout. */
struct cmma_gdb_registers {
  uint64_t psw_mask;
  uint64_t psw_address;
  uint64_t general[16];
  uint64_t control[16];
  uint64_t floating[16];
  uint32_t access[16];
  uint32_t floating_control;
  /* These can be looked at only. */
  uint64_t prefix;
  uint64_t clock_comparator;
  uint64_t cpu_timer;
  uint64_t last_break;
};

enum cmma_gdb_state { CMMA_GDB_STOPPED, CMMA_GDB_WAITING, CMMA_GDB_RUNNING };

/* Why a CPU has stopped. */
enum cmma_gdb_reason {
  CMMA_GDB_INTERRUPT,  /* the client wants something */
  CMMA_GDB_STEP,       /* it has done its step */
  CMMA_GDB_BREAKPOINT, /* it is about to execute the instruction at a breakpoint */
  CMMA_GDB_WATCHPOINT, /* it has completed an instruction that used a watched address */
  CMMA_GDB_ARRIVED     /* as many instructions are done as stop_at said */
};

enum cmma_gdb_order { CMMA_GDB_STAY, CMMA_GDB_GO, CMMA_GDB_STEP_ON };

/* What a CPU is to do next. A step goes on while the instruction address is in first..last. */
struct cmma_gdb_go {
  enum cmma_gdb_order order;
  uint64_t first;
  uint64_t last;
};

/* What the server needs of the machine. All pointers must be set. But for `interrupt` and `ending` they are called
 * inside cmma_gdb_stop only, so no CPU runs. Addresses are absolute. */
struct cmma_gdb_machine {
  void *context;
  /* Where the first segment of the guest's program is, for a guest that does not run where it was linked to (a
   * Linux kernel that relocates itself); 0: there. gdb moves the symbols. */
  uint64_t text;
  /* The CPUs that there are, a bit each. */
  uint64_t (*cpus)(void *context);
  enum cmma_gdb_state (*state)(void *context, int cpu);
  void (*get_registers)(void *context, int cpu, struct cmma_gdb_registers *registers);
  /* 0, or nonzero when they cannot be set (a PSW that is not valid): then none is. */
  int (*set_registers)(void *context, int cpu, const struct cmma_gdb_registers *registers);
  /* As cmma_peek and cmma_write, for a range in one block, and with the reason why a block has no content. A write
   * sets the change bit. */
  cmma_result (*peek)(void *context, uint64_t address, void *to, size_t length);
  cmma_result (*poke)(void *context, uint64_t address, const void *from, size_t length);
  /* As cmma_command. -1 when there is no host that owns main storage. */
  int (*command)(void *context, const char *command, void (*print)(void *context, const char *line),
                 void *print_context);
  /* Completed by all CPUs together. */
  uint64_t (*instructions)(void *context);
  /* Stop with CMMA_GDB_ARRIVED when so many are completed. 0, or -1 if this machine does not count them exactly (an
   * ordinary run), or has completed them already. */
  int (*stop_at)(void *context, uint64_t instructions);
  /* Have a CPU call cmma_gdb_stop soon, with CMMA_GDB_INTERRUPT. From any thread. */
  void (*interrupt)(void *context);
  /* Nonzero when the machine ends: cmma_gdb_stop shall return. From any thread. */
  int (*ending)(void *context);
  /* gdb has killed the guest: end the machine. Returns. */
  void (*kill)(void *context);
  /* One line about something that the user must know. From any thread. */
  void (*message)(void *context, const char *line);
};

/* Listen on 127.0.0.1. Port 0 takes any that is free; a message says which. `listener` is 1 for a thread that
 * calls `interrupt` when the client wants something, 0 when the machine asks cmma_gdb_attention.
 * On error returns NULL and writes one line to `error`. The machine table is copied. */
cmma_gdb *cmma_gdb_open(unsigned port, int listener, const struct cmma_gdb_machine *machine, char *error,
                        size_t error_size);

/* The guest has ended with this status: tell the client, and give everything back. NULL is ignored. No CPU may be
 * in cmma_gdb_stop. */
void cmma_gdb_close(cmma_gdb *gdb, int status);

/* Does the client want something? One look at its socket. */
int cmma_gdb_attention(cmma_gdb *gdb);

/* CPU `cpu` has stopped and the others are held: serve the client until it lets the guest go on. `address` is the
 * watched address for CMMA_GDB_WATCHPOINT, and otherwise not used. `wait` is nonzero to wait for a client if
 * none is there. What each CPU is to do is in `go`, CMMA_GDB_CPUS of them. */
void cmma_gdb_stop(cmma_gdb *gdb, int cpu, enum cmma_gdb_reason reason, uint64_t address, int wait,
                   struct cmma_gdb_go *go);

/* Is there any breakpoint, any watchpoint? Is there a breakpoint at an address, or in the page that holds it? */
int cmma_gdb_has_breakpoints(const cmma_gdb *gdb);
int cmma_gdb_has_watchpoints(const cmma_gdb *gdb);
int cmma_gdb_breaks_at(const cmma_gdb *gdb, uint64_t address);
int cmma_gdb_breaks_in_page(const cmma_gdb *gdb, uint64_t address);

/* Is something of first..last watched for this kind of access? Nonzero, and the watchpoint's own address. */
int cmma_gdb_watches(const cmma_gdb *gdb, uint64_t first, uint64_t last, int is_write, uint64_t *address);
/* Is anything in the pages of first..last watched? */
int cmma_gdb_watches_page(const cmma_gdb *gdb, uint64_t first, uint64_t last);

/* Where the translation that the PSW and the control registers say leads, whatever is open: 1 and the absolute
 * address, or 0 if there is none. Of the registers it takes these and the prefix, of the machine `peek`. */
int cmma_gdb_translate(const struct cmma_gdb_machine *machine, const struct cmma_gdb_registers *registers,
                       uint64_t address, uint64_t *absolute);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
