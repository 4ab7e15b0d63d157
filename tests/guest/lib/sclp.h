/* The service processor: service calls and the line console. */
#ifndef GUEST_LIB_SCLP_H
#define GUEST_LIB_SCLP_H

#include "types.h"

#define SCLP_READ_SCP_INFO 0x00020001u
#define SCLP_WRITE_EVENT_DATA 0x00760005u
#define SCLP_WRITE_EVENT_MASK 0x00780005u

/* The head of every service-call control block (SCCB). */
struct sccb {
  u16 length;
  u8 function;
  u8 control[3];
  u16 response;
} __attribute__((aligned(8)));

/* SERVICE CALL, without waiting; returns the condition code. */
unsigned service_call(u32 command, u64 sccb_address);

/* Wait for the service signal that ends a call which gave condition code 0. */
void service_wait(void);

/* Both, and again while the service processor is busy. Returns the response code. */
u16 service_request(u32 command, struct sccb* sccb);

/* Print one line (ASCII, cut at 120 characters). */
void console_line(const char* text);

#endif
