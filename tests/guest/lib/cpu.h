/* The CPU: running code with given registers until an interruption, and the control instructions.
 *
 * cpu_run is the one way to meet an interruption. Fill in a struct cpu_state, run it, look at the event and
 * at what the state has become. The code that runs ends with an SVC when it has nothing else to end it. */
#ifndef GUEST_LIB_CPU_H
#define GUEST_LIB_CPU_H

#include "layout.h"
#include "types.h"

struct psw {
  u64 mask;
  u64 address;
};

#define PSW_PER (1ul << 62)
#define PSW_DAT (1ul << 58)
#define PSW_IO (1ul << 57)
#define PSW_EXTERNAL (1ul << 56)
#define PSW_WAIT (1ul << 49)
#define PSW_PROBLEM (1ul << 48)
#define PSW_ACCESS_REGISTERS (1ul << 46)
#define PSW_SECONDARY (2ul << 46)
#define PSW_HOME (3ul << 46)
#define PSW_CC_SHIFT 44
#define PSW_64 0x180000000ul

struct cpu_state {
  struct psw psw;
  u64 gr[16];
  u32 ar[16];
};

enum event_kind {
  EVENT_PROGRAM = KIND_PROGRAM,
  EVENT_SVC = KIND_SVC,
  EVENT_EXTERNAL = KIND_EXTERNAL,
  EVENT_IO = KIND_IO,
};

struct event {
  enum event_kind kind;
  u16 code;        /* interruption code of a program, SVC or external interruption */
  u8 ilc;          /* program: instruction length in bytes */
  u8 access_id;    /* program: exception access identification */
  u16 per_code;    /* program: PER code and ATMID */
  u64 per_address; /* program: PER address */
  u64 address;     /* program: translation-exception doubleword */
  u32 parameter;   /* external: parameter */
  u32 subchannel;  /* I/O: subchannel identification word */
};

/* Load `state` and run until an interruption; afterwards `state` is what the interruption found. */
struct event cpu_run(struct cpu_state* state);

/* Wait with the given PSW mask bits (PSW_EXTERNAL, PSW_IO) on until an interruption comes. */
struct event cpu_wait(u64 enabled);

static inline unsigned psw_cc(const struct psw* psw) { return (psw->mask >> PSW_CC_SHIFT) & 3; }

/* Program interruption codes. */
#define PGM_OPERATION 0x01
#define PGM_PRIVILEGED 0x02
#define PGM_PROTECTION 0x04
#define PGM_ADDRESSING 0x05
#define PGM_SPECIFICATION 0x06
#define PGM_SEGMENT_TRANSLATION 0x10
#define PGM_PAGE_TRANSLATION 0x11
#define PGM_DISCARD 0x1a
#define PGM_PER 0x80

/* Control registers. */
#define CR0_SECONDARY_SPACE (1ul << 26)
#define CR0_EDAT (1ul << 23)
#define CR0_LOW_ADDRESS_PROTECTION (1ul << 28)
#define CR0_SERVICE_SIGNAL (1ul << 9)
#define CR0_EMERGENCY_SIGNAL (1ul << 14)
#define CR0_AFP (1ul << 18)

#define get_cr(n)                                               \
  ({                                                            \
    u64 value_;                                                 \
    __asm__ volatile("stctg %1,%1,%0" : "=Q"(value_) : "i"(n)); \
    value_;                                                     \
  })

#define set_cr(n, value)                                                   \
  do {                                                                     \
    u64 value_ = (value);                                                  \
    __asm__ volatile("lctlg %1,%1,%0" : : "Q"(value_), "i"(n) : "memory"); \
  } while (0)

static inline u32 get_prefix(void) {
  u32 prefix;
  __asm__ volatile("stpx %0" : "=Q"(prefix));
  return prefix;
}

static inline void set_prefix(u32 prefix) { __asm__ volatile("spx %0" : : "Q"(prefix) : "memory"); }

static inline u16 cpu_address(void) {
  u16 address;
  __asm__ volatile("stap %0" : "=Q"(address));
  return address;
}

static inline u8 get_storage_key(u64 address) {
  u64 key;
  __asm__ volatile("iske %0,%1" : "=d"(key) : "a"(address));
  return (u8)key;
}

static inline void set_storage_key(u64 address, u8 key) {
  __asm__ volatile("sske %0,%1" : : "d"((u64)key), "a"(address) : "memory");
}

/* TOD clock in microseconds. */
static inline u64 clock_us(void) {
  u64 tod;
  __asm__ volatile("stck %0" : "=Q"(tod) : : "cc");
  return tod >> 12;
}

/* Facility bit as STORE FACILITY LIST EXTENDED gives it. */
bool facility(unsigned bit);

/* Size of main storage as the service processor says. */
u64 main_storage_size(void);

static inline void* lowcore(u64 offset) {
  u8* p;
  __asm__("lgr %0,%1" : "=d"(p) : "d"(offset));
  return p;
}

#define LOWCORE(type, offset) (*(volatile type*)lowcore(offset))

#endif
