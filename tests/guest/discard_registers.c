/* Discard faults of instructions between registers and storage, immediate ones and interlocked updates.
 * What is checked of each is in lib/bench.h. */
#include "lib/bench.h"
#include "lib/report.h"

const char test_name[] = "discard_registers";

#define REGISTERS(where) {[2] = (where), [5] = 0x0123456789abcdef, [6] = 0x55, [7] = 0x66, [8] = 0x77}

/* One operand that crosses A0/A1, at the offset given; one that lies in A1 alone. */
#define CROSSING(name, offset) {#name, CASE_CODE(name), .uses = USES_A, .gr = REGISTERS(A(offset))}
#define ALIGNED(name) {#name, CASE_CODE(name), .uses = USES(A1), .gr = REGISTERS(A(0x1000))}

CODE(STM, "stm %r5,%r8,0(%r2)");
CODE(LM, "lm %r5,%r8,0(%r2)");
CODE(LM_base, "lm %r1,%r5,0(%r2)");
CODE(STMG, "stmg %r5,%r8,0(%r2)");
CODE(LMG, "lmg %r5,%r8,0(%r2)");
CODE(LMG_base, "lmg %r1,%r5,0(%r2)");
CODE(LMD, "lmd %r6,%r8,0(%r2),0(%r4)");
CODE(STMH, "stmh %r5,%r8,0(%r2)");
CODE(LMH, "lmh %r5,%r8,0(%r2)");
CODE(STAM, "stam %a5,%a8,0(%r2)");
CODE(LAM, "lam %a12,%a15,0(%r2)");
CODE(STCTG, "stctg %c2,%c5,0(%r2)");
CODE(ICM, "icm %r5,15,0(%r2)");
CODE(ICMH, "icmh %r5,15,0(%r2)");
CODE(STCM, "stcm %r5,15,0(%r2)");
CODE(CLM, "clm %r5,15,0(%r2)");
CODE(L, "l %r5,0(%r2)");
CODE(ST, "st %r5,0(%r2)");
CODE(LG, "lg %r5,0(%r2)");
CODE(STG, "stg %r5,0(%r2)");
CODE(LH, "lh %r5,0(%r2)");
CODE(STH, "sth %r5,0(%r2)");
CODE(A, "a %r5,0(%r2)");
CODE(AG, "ag %r5,0(%r2)");
CODE(XG, "xg %r5,0(%r2)");
CODE(CG, "cg %r5,0(%r2)");
CODE(MSG, "msg %r5,0(%r2)");
CODE(LRVG, "lrvg %r5,0(%r2)");
CODE(STRVG, "strvg %r5,0(%r2)");
CODE(CVB, "cvb %r5,0(%r2)");
CODE(CVD, "cvd %r5,0(%r2)");
CODE(LD, "ld %f0,0(%r2)");
CODE(STD, "std %f0,0(%r2)");
CODE(AGSI, "agsi 0(%r2),5");
CODE(ASI, "asi 0(%r2),5");
CODE(MVGHI, "mvghi 0(%r2),5");
CODE(CGHSI, "cghsi 0(%r2),5");
CODE(LGRL, ".short 0xc458\n\t.long 0x2780");   // T(0x1000) seen from K(0x100)
CODE(STGRL, ".short 0xc45b\n\t.long 0x2780");  // likewise
CODE(IC, "ic %r5,0(%r2)");
CODE(STC, "stc %r5,0(%r2)");
CODE(MVI, "mvi 0(%r2),5");
CODE(NI, "ni 0(%r2),5");
CODE(OI, "oi 0(%r2),5");
CODE(XI, "xi 0(%r2),5");
CODE(CLI, "cli 0(%r2),5");
CODE(TM, "tm 0(%r2),5");
CODE(STFLE, "stfle 0(%r2)");
CODE(STPX, "stpx 0(%r2)");
CODE(STAP, "stap 0(%r2)");
CODE(STOSM, "stosm 0(%r2),0");
CODE(STNSM, "stnsm 0(%r2),255");
CODE(TS, "ts 0(%r2)");
CODE(CS, "cs %r5,%r6,0(%r2)");
CODE(CSG, "csg %r5,%r6,0(%r2)");
CODE(CDS, "cds %r6,%r8,0(%r2)");
CODE(CDSG, "cdsg %r6,%r8,0(%r2)");
CODE(LPQ, "lpq %r6,0(%r2)");
CODE(STPQ, "stpq %r6,0(%r2)");
CODE(CSST, "csst 0(%r2),0(%r4),%r6");
CODE(PLO, "plo %r6,0(%r2),%r8,0(%r4)");
CODE(LAA, ".byte 0xeb,0x56,0x20,0x00,0x00,0xf8");
CODE(LAAG, ".byte 0xeb,0x56,0x20,0x00,0x00,0xe8");
CODE(LAOG, ".byte 0xeb,0x56,0x20,0x00,0x00,0xe6");

#define A1_ZERO .init = {{A(0x1000), NULL, 32, 0}}

static const struct insn_case cases[] = {
    CROSSING(STM, 0xff8),
    CROSSING(LM, 0xff8),
    CROSSING(LM_base, 0xff8),
    CROSSING(STMG, 0xff8),
    CROSSING(LMG, 0xff8),
    CROSSING(LMG_base, 0xff4),
    {"LMD", CASE_CODE(LMD), .uses = USES_A | USES_B, .gr = {[2] = A(0xff8), [4] = B(0xffa)}},
    CROSSING(STMH, 0xff4),
    CROSSING(LMH, 0xff4),
    CROSSING(STAM, 0xff8),
    CROSSING(LAM, 0xff8),
    CROSSING(STCTG, 0xff8),
    CROSSING(ICM, 0xffe),
    CROSSING(ICMH, 0xffe),
    CROSSING(STCM, 0xffe),
    {"CLM", CASE_CODE(CLM), .uses = USES_A, .gr = REGISTERS(A(0xffe)),
     .init = {{A(0xffe), "\x89\xab\xcd\xef", 4, 0}}},
    CROSSING(L, 0xffe),
    CROSSING(ST, 0xffe),
    CROSSING(LG, 0xffc),
    CROSSING(STG, 0xffc),
    CROSSING(LH, 0xfff),
    CROSSING(STH, 0xfff),
    CROSSING(A, 0xffd),
    CROSSING(AG, 0xff9),
    CROSSING(XG, 0xffc),
    CROSSING(CG, 0xffc),
    CROSSING(MSG, 0xffc),
    CROSSING(LRVG, 0xffc),
    CROSSING(STRVG, 0xffc),
    {"CVB", CASE_CODE(CVB), .uses = USES_A, .gr = REGISTERS(A(0xffc)),
     .init = {{A(0xffc), "\0\0\0\0\0\x12\x34\x5c", 8, 0}}},
    CROSSING(CVD, 0xffc),
    CROSSING(LD, 0xffc),
    CROSSING(STD, 0xffc),
    CROSSING(AGSI, 0xffc),
    CROSSING(ASI, 0xffe),
    CROSSING(MVGHI, 0xffc),
    CROSSING(CGHSI, 0xffc),
    {"LGRL", CASE_CODE(LGRL), .uses = USES(T1)},
    {"STGRL", CASE_CODE(STGRL), .uses = USES(T1), .gr = {[5] = 0x1122334455667788}},
    ALIGNED(IC),
    ALIGNED(STC),
    ALIGNED(MVI),
    ALIGNED(NI),
    ALIGNED(OI),
    ALIGNED(XI),
    ALIGNED(CLI),
    ALIGNED(TM),
    {"STFLE", CASE_CODE(STFLE), .uses = USES_A, .gr = {[0] = 1, [2] = A(0xff8)}},
    ALIGNED(STPX),
    ALIGNED(STAP),
    ALIGNED(STOSM),
    ALIGNED(STNSM),
    ALIGNED(TS),
    ALIGNED(CS),
    ALIGNED(CSG),
    ALIGNED(CDS),
    ALIGNED(CDSG),
    {"CSG equal", CASE_CODE(CSG), .uses = USES(A1), .gr = {[2] = A(0x1000), [6] = 0x55}, A1_ZERO},
    {"CDSG equal", CASE_CODE(CDSG), .uses = USES(A1), .gr = {[2] = A(0x1000), [8] = 0x77, [9] = 0x88},
     A1_ZERO},
    ALIGNED(LPQ),
    ALIGNED(STPQ),
    {"CSST equal", CASE_CODE(CSST), .uses = USES(A1) | USES(B1) | USES(T1),
     .gr = {[0] = 0x301, [1] = T(0x1000), [2] = A(0x1000), [4] = B(0x1000)}, A1_ZERO},
    {"PLO compare and load", CASE_CODE(PLO), .uses = USES(A1) | USES(B1),
     .gr = {[0] = 0, [2] = A(0x1000), [4] = B(0x1000)}, A1_ZERO},
    {"PLO compare swap and store", CASE_CODE(PLO), .uses = USES(A1) | USES(B1),
     .gr = {[0] = 12, [2] = A(0x1000), [4] = B(0x1000), [7] = 0x66, [8] = 0x77}, A1_ZERO},
    ALIGNED(LAA),
    ALIGNED(LAAG),
    ALIGNED(LAOG),
};

void test_main(void) { bench_run(cases, ARRAY_SIZE(cases)); }
