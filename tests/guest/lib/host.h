/* The test channel: DIAGNOSE X'CAA' makes the host act, or tells what it knows, before the next instruction.
 * It exists only when the host runs with test=on; otherwise DIAGNOSE is a specification exception. */
#ifndef GUEST_LIB_HOST_H
#define GUEST_LIB_HOST_H

#include "types.h"

enum host_function {
  HOST_EVICT = 0,    /* take the frame away: drop U, discard V, P by its change bit, page out S */
  HOST_PAGE_IN = 1,  /* bring a preserved block back */
  HOST_STATE = 2,    /* state byte of the block */
  HOST_RESIDENT = 3, /* 1 if the host operating system holds a page for the block */
  HOST_COUNTER = 4,  /* counter number `address` */
};

struct host_answer {
  unsigned cc; /* 0 done, 1 the state does not allow it, 3 not available */
  u64 value;
};

bool host_available(void);

struct host_answer host_call(enum host_function function, u64 address);

/* True if it was done. */
static inline bool host_evict(u64 address) { return host_call(HOST_EVICT, address).cc == 0; }
static inline bool host_page_in(u64 address) { return host_call(HOST_PAGE_IN, address).cc == 0; }

#endif
