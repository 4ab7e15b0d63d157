/* Storage that an instruction uses without naming it, in a discarded block: the linkage stack, the trace
 * table, the access list and what it leads to. Each is a discard fault with the address of that block and
 * nothing done; a preserved block is paged in. */
#include "lib/cpu.h"
#include "lib/dat.h"
#include "lib/essa.h"
#include "lib/host.h"
#include "lib/report.h"
#include "lib/smp.h"

const char test_name[] = "discard_implicit";

#define ARENA (20 * MEGABYTE)
#define STACK (ARENA) /* linkage stack section: header entry, then room */
#define TRACE (ARENA + 0x1000)
#define DUCT (ARENA + 0x2000)
#define ACCESS_LIST (ARENA + 0x3000)
#define ASTE (ARENA + 0x4000)
#define DATA (ARENA + 0x5000)
#define OPERAND (ARENA + 0x6000)
#define SAVE (ARENA + 0x7000)
#define BLOCKS 8

#define ASF_CONTROL (1ul << 16) /* control register 0: address-space functions */
#define EXPLICIT_TRACE 1ul      /* control register 12 */

static struct address_space space;

static void all_stable(void) {
  for (unsigned i = 0; i < BLOCKS; ++i) essa(ESSA_STABLE_RESIDENT, ARENA + i * BLOCK_SIZE);
}

/* Run `code` with the block preserved, then discarded, then back again. `again` makes its content. */
static void with_block(const char* what, u64 block, void (*again)(void), const u32* code, u64 psw_bits,
                       const u32* ar) {
  struct cpu_state before = {.psw = {PSW_64 | psw_bits, (u64)code},
                             .gr = {[2] = OPERAND, [5] = 0x55, [6] = 0x66}};
  if (ar != NULL) memcpy(before.ar, ar, sizeof(before.ar));
  report_push("%s", what);
  again();
  struct cpu_state state = before;
  struct event e = cpu_run(&state);
  report(e.kind == EVENT_SVC, "works: kind %u code %04x address %lx", (unsigned)e.kind, e.code, e.address);

  again();
  make_state(block, STATE_SP);
  state = before;
  dat_purge();
  e = cpu_run(&state);
  report(e.kind == EVENT_SVC, "a preserved block is paged in: kind %u code %04x address %lx",
         (unsigned)e.kind, e.code, e.address);

  again();
  make_state(block, STATE_VZ);
  const u64 cr12 = get_cr(12);
  const u64 cr15 = get_cr(15);
  state = before;
  dat_purge();
  e = cpu_run(&state);
  report(e.kind == EVENT_PROGRAM && e.code == PGM_DISCARD && e.address == block &&
             state.psw.address == (u64)code,
         "discarded: kind %u code %04x address %lx at %lx", (unsigned)e.kind, e.code, e.address,
         state.psw.address);
  report(get_cr(12) == cr12 && get_cr(15) == cr15 && memcmp(state.gr, before.gr, sizeof(state.gr)) == 0,
         "no register has changed");
  essa(ESSA_STABLE, block);
  again();
  e = cpu_run(&state);
  report(e.kind == EVENT_SVC, "it goes on with the block back: kind %u code %04x", (unsigned)e.kind, e.code);
  report_pop();
}

/* ---- trace table ---- */

static void new_trace(void) {
  all_stable();
  memset((void*)TRACE, 0, BLOCK_SIZE);
  *(volatile u32*)OPERAND = 0;
  set_cr(12, TRACE | EXPLICIT_TRACE);
}

static void trace(void) {
  static const u32 code[] __attribute__((aligned(8))) = {0x99562000, 0x0a000000};  // TRACE 5,6,0(2); SVC 0
  with_block("trace table", TRACE, new_trace, code, 0, NULL);
  report(*(volatile u64*)TRACE != 0, "trace table: an entry was made");
  with_block("operand of TRACE", OPERAND, new_trace, code, 0, NULL);
  set_cr(12, 0);
}

/* ---- linkage stack ---- */

#define ENTRY_HEADER 0x89

static void new_stack(void) {
  all_stable();
  memset((void*)STACK, 0, BLOCK_SIZE);
  /* A header entry of the section: type, and the free space that follows it. */
  volatile u8* header = (volatile u8*)STACK;
  header[8] = 0x09;
  *(volatile u16*)(header + 10) = 0xf00;
  set_cr(15, STACK + 8);
}

static void stack(void) {
  static const u32 code[] __attribute__((aligned(8))) = {0xb2400056, 0x0a000000};  // BAKR 5,6; SVC 0
  static u32 branching[2] __attribute__((aligned(8)));
  memcpy(branching, code, sizeof(branching));
  branching[0] = 0xb2400050;  // BAKR 5,0: no branch
  with_block("linkage stack", STACK, new_stack, branching, PSW_DAT, NULL);
  report(get_cr(15) != STACK + 8, "linkage stack: an entry was made");
  set_cr(15, 0);
}

/* ---- access list ---- */

#define ALET 2u

/* Dispatchable-unit control table, access list with entry 2, ASN-second-table entry of the space itself. */
static void new_access_list(void) {
  all_stable();
  memset((void*)DUCT, 0, BLOCK_SIZE);
  memset((void*)ACCESS_LIST, 0, BLOCK_SIZE);
  memset((void*)ASTE, 0, BLOCK_SIZE);
  ((volatile u32*)DUCT)[4] = (u32)ACCESS_LIST;  // access-list designation: origin, length 0 = 8 entries
  volatile u32* entry = (volatile u32*)(ACCESS_LIST + ALET * 16);
  entry[0] = 0;          // valid, public
  entry[2] = (u32)ASTE;  // ASTE origin
  entry[3] = 0;          // ASTE sequence number
  ((volatile u64*)ASTE)[1] = space.asce;
  set_cr(2, DUCT);
  set_cr(5, ASTE);
  __asm__ volatile(".insn rre,0xb2480000,0,0" : : : "memory");  // PALB
}

static void access_list(void) {
  static const u32 code[] __attribute__((aligned(8))) = {0x58502000, 0x0a000000};  // L 5,0(2); SVC 0
  static const u32 ar[16] = {[2] = ALET};
  static const struct {
    const char* name;
    u64 block;
  } tables[] = {{"dispatchable-unit control table", DUCT},
                {"access list", ACCESS_LIST},
                {"ASN-second-table entry", ASTE}};
  for (size_t i = 0; i < ARRAY_SIZE(tables); ++i)
    with_block(tables[i].name, tables[i].block, new_access_list, code, PSW_DAT | PSW_ACCESS_REGISTERS, ar);
}

/* ---- status of another CPU ---- */

#define SIGP_STORE_STATUS_AT 0x0e
#define SIGP_SET_PREFIX 0x0d

static unsigned signal(unsigned order, u64 parameter, u32* status) {
  register u64 r1 __asm__("1") = parameter;
  unsigned cc;
  do {
    __asm__ volatile("sigp %1,%2,0(%3)\n\tipm %0\n\tsrl %0,28"
                     : "=d"(cc), "+d"(r1)
                     : "d"(1ul), "a"((u64)order)
                     : "cc", "memory");
  } while (cc == 2);
  *status = (u32)r1;
  return cc;
}

static void nothing(void) {}

static void store_status(void) {
  if (smp_count() < 2) {
    report_skip("store status: there is one CPU");
    return;
  }
  all_stable();
  if (!smp_start(1, nothing) || !smp_join(1, 5)) {
    report(false, "CPU 1 runs and stops");
    return;
  }
  u32 status;
  memset((void*)SAVE, 0xee, BLOCK_SIZE);
  make_state(SAVE, STATE_SP);
  unsigned cc = signal(SIGP_STORE_STATUS_AT, SAVE, &status);
  report(cc == 0 && essa_state(SAVE) == STATE_SR && *(volatile u64*)SAVE != 0xeeeeeeeeeeeeeeee,
         "store status in a preserved block: condition code %u", cc);
  report(*(volatile u8*)(SAVE + 0x800) == 0xee, "and the rest of the block is kept");

  static const enum block_state gone[] = {STATE_VZ, STATE_UZ, STATE_UR};
  for (size_t i = 0; i < ARRAY_SIZE(gone); ++i) {
    make_state(SAVE, gone[i]);
    cc = signal(SIGP_STORE_STATUS_AT, SAVE, &status);
    report((cc == 1 && status == 0x100 && essa_state(SAVE) == (u64)gone[i]) ||
               (cc == 0 && essa_state(SAVE) == STATE_SR),
           "store status in %s: refused with invalid parameter or done in a stable block: condition code %u "
           "status "
           "%x state %s",
           state_name(gone[i]), cc, status, state_name(essa_state(SAVE)));
    essa(ESSA_STABLE, SAVE);
  }
  /* An area for a prefix: two blocks at a multiple of 8 KB. */
  make_state(OPERAND, STATE_VZ);
  cc = signal(SIGP_SET_PREFIX, OPERAND, &status);
  report((cc == 1 && status == 0x100) || (cc == 0 && (essa_state(OPERAND) & 3) == 0),
         "set prefix to a discarded block: condition code %u status %x state %s", cc, status,
         state_name(essa_state(OPERAND)));
  essa(ESSA_STABLE, OPERAND);
}

void test_main(void) {
  if (!essa_available() || !host_available()) {
    report_skip("whole test: this machine has no ESSA or no test channel");
    return;
  }
  dat_create(&space);
  dat_map_identity(&space, 24 * MEGABYTE);
  set_cr(0, get_cr(0) | ASF_CONTROL);
  set_cr(1, space.asce);
  set_cr(7, space.asce);
  set_cr(13, space.asce);
  trace();
  stack();
  access_list();
  store_status();
}
