/* See sclp.h. One line is one event buffer: machines differ in what they print of the second. */
#include "sclp.h"

#include "cpu.h"

#define EVENT_MESSAGE 0x02
#define MAX_LINE 120

struct message {
  struct sccb head;
  struct {
    u16 length;
    u8 type;
    u8 flags;
    u16 reserved;
  } event;
  struct {
    u16 length;
    u16 type;
    u32 tag;
    u32 revision;
  } block;
  struct {
    u16 length;
    u16 type;
    u16 line_flags;
    u8 alarm;
    u8 reserved[3];
  } object;
  u8 text[MAX_LINE];
} __attribute__((packed, aligned(8)));

/* Only what reads the same in every EBCDIC Latin code page; anything else becomes a full stop. */
static u8 to_ebcdic(char c) {
  static const char punctuation[] = " .<(+&*);-/,%_>?:#@'=\"!|";
  static const u8 codes[] = {0x40, 0x4b, 0x4c, 0x4d, 0x4e, 0x50, 0x5c, 0x5d, 0x5e, 0x60, 0x61, 0x6b,
                             0x6c, 0x6d, 0x6e, 0x6f, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0x5a, 0x4f};
  if (c >= '0' && c <= '9') return (u8)(0xf0 + (c - '0'));
  if (c >= 'a' && c <= 'i') return (u8)(0x81 + (c - 'a'));
  if (c >= 'j' && c <= 'r') return (u8)(0x91 + (c - 'j'));
  if (c >= 's' && c <= 'z') return (u8)(0xa2 + (c - 's'));
  if (c >= 'A' && c <= 'I') return (u8)(0xc1 + (c - 'A'));
  if (c >= 'J' && c <= 'R') return (u8)(0xd1 + (c - 'J'));
  if (c >= 'S' && c <= 'Z') return (u8)(0xe2 + (c - 'S'));
  for (size_t i = 0; punctuation[i] != '\0'; ++i) {
    if (punctuation[i] == c) return codes[i];
  }
  return 0x4b;
}

unsigned service_call(u32 command, u64 sccb_address) {
  unsigned cc;
  __asm__ volatile(
      ".insn rre,0xb2200000,%1,%2\n\t"
      "ipm %0\n\t"
      "srl %0,28"
      : "=&d"(cc)
      : "d"((u64)command), "a"(sccb_address)
      : "cc", "memory");
  return cc;
}

void service_wait(void) {
  const u64 cr0 = get_cr(0);
  set_cr(0, cr0 | CR0_SERVICE_SIGNAL);
  struct event e;
  do {
    e = cpu_wait(PSW_EXTERNAL);
  } while (e.code != 0x2401);
  set_cr(0, cr0);
}

u16 service_request(u32 command, struct sccb* sccb) {
  while (service_call(command, (u64)sccb) == 2) {
  }
  service_wait();
  return sccb->response;
}

static void announce(void) {
  struct {
    struct sccb head;
    u16 reserved;
    u16 mask_length;
    u32 receive;
    u32 send;
    u32 machine_receive;
    u32 machine_send;
  } __attribute__((packed, aligned(64))) mask = {
      .head = {.length = sizeof(mask)}, .mask_length = 4, .send = 1u << (32 - EVENT_MESSAGE)};
  service_request(SCLP_WRITE_EVENT_MASK, &mask.head);
}

void console_line(const char* text) {
  static struct message m __attribute__((aligned(256)));
  static bool announced;
  if (!announced) {
    announced = true;
    announce();
  }
  size_t n = strlen(text);
  if (n > MAX_LINE) n = MAX_LINE;
  memset(&m, 0, sizeof(m));
  m.object.length = (u16)(sizeof(m.object) + n);
  m.object.type = 4;
  m.object.line_flags = 0x1000;  // end of text
  m.block.length = (u16)(sizeof(m.block) + m.object.length);
  m.block.type = 1;
  m.block.tag = 0xd4c4c240;  // "MDB " in EBCDIC
  m.block.revision = 1;
  m.event.length = (u16)(sizeof(m.event) + m.block.length);
  m.event.type = EVENT_MESSAGE;
  m.head.length = (u16)(sizeof(m.head) + m.event.length);
  for (size_t i = 0; i < n; ++i) m.text[i] = to_ebcdic(text[i]);
  service_request(SCLP_WRITE_EVENT_DATA, &m.head);
}

u64 main_storage_size(void) {
  static struct {
    struct sccb head;
    u8 data[BLOCK_SIZE - sizeof(struct sccb)];
  } info __attribute__((aligned(4096)));
  memset(&info, 0, sizeof(info));
  info.head.length = sizeof(info);
  info.head.control[2] = 0x80;  // variable-length response
  if (service_request(SCLP_READ_SCP_INFO, &info.head) != 0x0010) return 0;
  const u8* p = (const u8*)&info;
  const u64 increment = (u64)p[10] << 20;
  u64 increments = *(const u16*)(p + 8);
  if (increments == 0) increments = *(const u64*)(p + 104);
  return increments * increment;
}
