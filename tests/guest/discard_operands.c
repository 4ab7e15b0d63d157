/* Discard faults of storage-to-storage instructions that are not interruptible, at each block of each
 * operand. What is checked of each is in lib/bench.h. */
#include "lib/bench.h"
#include "lib/report.h"

const char test_name[] = "discard_operands";

/* First operand across A0/A1, second across B0/B1, 16 bytes each unless the text says otherwise. */
#define SS(name, ...) \
  {#name, CASE_CODE(name), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xff4)}, __VA_ARGS__}

CODE(MVC, "mvc 0(16,%r2),0(%r4)");
CODE(NC, "nc 0(16,%r2),0(%r4)");
CODE(OC, "oc 0(16,%r2),0(%r4)");
CODE(XC, "xc 0(16,%r2),0(%r4)");
CODE(XC_256, "xc 0(256,%r2),0(%r4)");
CODE(CLC, "clc 0(16,%r2),0(%r4)");
CODE(MVN, "mvn 0(16,%r2),0(%r4)");
CODE(MVZ, "mvz 0(16,%r2),0(%r4)");
CODE(MVO, "mvo 0(16,%r2),0(16,%r4)");
CODE(MVCIN, "mvcin 0(16,%r2),0(%r4)");
CODE(TR, "tr 0(16,%r2),0(%r4)");
CODE(TRT, "trt 0(16,%r2),0(%r4)");
CODE(PACK, "pack 0(16,%r2),0(16,%r4)");
CODE(UNPK, "unpk 0(16,%r2),0(16,%r4)");
CODE(ZAP, "zap 0(16,%r2),0(16,%r4)");
CODE(AP, "ap 0(16,%r2),0(16,%r4)");
CODE(SP, "sp 0(16,%r2),0(16,%r4)");
CODE(CP, "cp 0(16,%r2),0(16,%r4)");
CODE(MP, "mp 0(16,%r2),0(8,%r4)");
CODE(DP, "dp 0(16,%r2),0(8,%r4)");
CODE(SRP, "srp 0(16,%r2),2,0");
CODE(ED, "ed 0(16,%r2),0(%r4)");
CODE(EDMK, "edmk 0(16,%r2),0(%r4)");
CODE(PKA, "pka 0(%r2),0(30,%r4)");
CODE(UNPKA, "unpka 0(30,%r2),0(%r4)");
CODE(MVCK, "mvck 0(%r7,%r2),0(%r4),%r6");
CODE(MVCDK, "mvcdk 0(%r2),0(%r4)");
CODE(MVCSK, "mvcsk 0(%r2),0(%r4)");
CODE(MVCOS, "mvcos 0(%r2),0(%r4),%r6");
CODE(MVPG, "mvpg %r2,%r4");
CODE(EX, "ex %r0,0(%r5)");
CODE(EX_register, "ex %r6,0(%r5)");
CODE(EXRL, ".short 0xc600\n\t.long 0x277f");  // T(0xffe) seen from K(0x100)

#define BOTH_HALVES "\x00\x7f\x80\xff\x01\x81\x02\x82\x03\x83\x04\x84\x05\x85\x06\x86"
#define ZONED_16 "\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xf0\xf1\xf2\xf3\xf4\xf5\xc6"
#define PACKED_16 "\x01\x23\x45\x67\x89\x01\x23\x45\x67\x89\x01\x23\x45\x67\x89\x0c"
#define SMALL_16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\x12\x34\x5c"
#define PACKED_8 "\0\0\0\0\0\x01\x23\x4c"
#define EDIT_16 "\x40\x20\x20\x20\x20\x20\x6b\x20\x20\x20\x6b\x20\x21\x20\x4b\x20"

/* The pattern takes 11 digits: 6 bytes. */
#define EDIT                                                       \
  .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xffd)}, \
  .init = {{A(0xff8), EDIT_16, 16, 0}, {B(0xffd), PACKED_16, 6, 0}}

#define EXECUTED                                 \
  .uses = USES(T0) | USES(T1) | USES_A | USES_B, \
  .gr = {[2] = A(0xff8), [4] = B(0xff4), [5] = T(0xffe), [6] = 15}

static const struct insn_case cases[] = {
    SS(MVC),
    SS(NC),
    SS(OC),
    SS(XC),
    {"XC_256", CASE_CODE(XC_256), .uses = USES_A | USES_B, .gr = {[2] = A(0xf01), [4] = B(0xfff)}},
    SS(CLC, .init = {{A(0xff8), NULL, 16, 7}, {B(0xff4), NULL, 16, 7}}),
    SS(MVN),
    SS(MVZ),
    SS(MVO),
    {"MVCIN", CASE_CODE(MVCIN), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0x1003)}},
    {"TR", CASE_CODE(TR), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xf80)},
     .init = {{A(0xff8), BOTH_HALVES, 16, 0}}},
    {"TRT", CASE_CODE(TRT), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xf80)},
     .init = {{A(0xff8), BOTH_HALVES, 16, 0}, {B(0xf80), NULL, 256, 0}, {B(0x1006), "!", 1, 0}}},
    SS(PACK, .init = {{B(0xff4), ZONED_16, 16, 0}}),
    SS(UNPK),
    SS(ZAP, .init = {{B(0xff4), PACKED_16, 16, 0}}),
    SS(AP, .init = {{A(0xff8), PACKED_16, 16, 0}, {B(0xff4), SMALL_16, 16, 0}}),
    SS(SP, .init = {{A(0xff8), PACKED_16, 16, 0}, {B(0xff4), SMALL_16, 16, 0}}),
    SS(CP, .init = {{A(0xff8), PACKED_16, 16, 0}, {B(0xff4), SMALL_16, 16, 0}}),
    {"MP", CASE_CODE(MP), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xffc)},
     .init = {{A(0xff8), SMALL_16, 16, 0}, {B(0xffc), PACKED_8, 8, 0}}},
    {"DP", CASE_CODE(DP), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xffc)},
     .init = {{A(0xff8), SMALL_16, 16, 0}, {B(0xffc), PACKED_8, 8, 0}}},
    {"SRP", CASE_CODE(SRP), .uses = USES_A, .gr = {[2] = A(0xff8)}, .init = {{A(0xff8), SMALL_16, 16, 0}}},
    {"ED", CASE_CODE(ED), EDIT},
    {"EDMK", CASE_CODE(EDMK), EDIT},
    {"PKA", CASE_CODE(PKA), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xff4)}},
    {"UNPKA", CASE_CODE(UNPKA), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xff8)},
     .init = {{B(0xff8), PACKED_16, 16, 0}}},
    {"MVCK", CASE_CODE(MVCK), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xff4), [7] = 16}},
    {"MVCDK", CASE_CODE(MVCDK), .uses = USES_A | USES_B, .gr = {[0] = 15, [2] = A(0xff8), [4] = B(0xff4)}},
    {"MVCSK", CASE_CODE(MVCSK), .uses = USES_A | USES_B, .gr = {[0] = 15, [2] = A(0xff8), [4] = B(0xff4)}},
    {"MVCOS", CASE_CODE(MVCOS), .flags = NEEDS_DAT | NO_AR, .uses = USES_A | USES_B,
     .gr = {[2] = A(0xff8), [4] = B(0xff4), [6] = 16}},
    {"MVPG", CASE_CODE(MVPG), .uses = USES(A1) | USES(B1), .gr = {[2] = A(0x1000), [4] = B(0x1000)}},
    {"EX of MVC", CASE_CODE(EX), EXECUTED, .init = {{T(0xffe), "\xd2\x0f\x20\x00\x40\x00", 6, 0}}},
    {"EX of MVC with length", CASE_CODE(EX_register), EXECUTED,
     .init = {{T(0xffe), "\xd2\x00\x20\x00\x40\x00", 6, 0}}},
    {"EXRL of MVC", CASE_CODE(EXRL), EXECUTED, .init = {{T(0xffe), "\xd2\x0f\x20\x00\x40\x00", 6, 0}}},
};

void test_main(void) { bench_run(cases, ARRAY_SIZE(cases)); }
