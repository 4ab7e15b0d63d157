/* Discard faults of interruptible instructions: when one is taken, the registers say how much has been
 * done, and going on gives the right result. What is checked of each is in lib/bench.h. */
#include "lib/bench.h"
#include "lib/report.h"

const char test_name[] = "discard_interruptible";

#define AGAIN "\n\tjo .-4" /* condition code 3: the CPU has done a part */

CODE(MVCL, "mvcl %r2,%r4");
CODE(MVCLE, "mvcle %r2,%r4,0x5a" AGAIN);
CODE(CLCL, "clcl %r2,%r4");
CODE(CLCLE, "clcle %r2,%r4,0" AGAIN);
CODE(MVST, "mvst %r2,%r4" AGAIN);
CODE(CLST, "clst %r2,%r4" AGAIN);
CODE(SRST, "srst %r2,%r4" AGAIN);
CODE(CKSM, "cksm %r6,%r4" AGAIN);
CODE(TRE, "tre %r2,%r4" AGAIN);
CODE(TROO, "troo %r2,%r4" AGAIN);
CODE(TROT, "trot %r2,%r4" AGAIN);
CODE(MVCLU,
     "mvclu %r2,%r4,0x5a"
     "\n\tjo .-6");
CODE(CLCLU,
     "clclu %r2,%r4,0"
     "\n\tjo .-6");
CODE(CU12, ".insn rre,0xb2a70000,%r2,%r4" AGAIN);
CODE(CU21, ".insn rre,0xb2a60000,%r2,%r4" AGAIN);

#define BOTH .flags = INTERRUPTIBLE, .uses = USES_A | USES_B
#define PAIR_GR(l1, l2) .gr = {[2] = A(0x800), [3] = (l1), [4] = B(0x700), [5] = (l2)}
#define SAME .init = {{A(0x800), NULL, 0x1800, 0x55}, {B(0x700), NULL, 0x1800, 0x55}}

static const struct insn_case cases[] = {
    {"MVCL", CASE_CODE(MVCL), BOTH, PAIR_GR(0x1800, 0x1800)},
    {"MVCL padded", CASE_CODE(MVCL), BOTH, PAIR_GR(0x1800, 0x5a001200)},
    {"MVCL pad only", CASE_CODE(MVCL), .flags = INTERRUPTIBLE, .uses = USES_A,
     .gr = {[2] = A(0x800), [3] = 0x1800, [4] = B(0x700), [5] = 0x5a000000}},
    {"MVCLE", CASE_CODE(MVCLE), BOTH, PAIR_GR(0x1800, 0x1800)},
    {"MVCLE padded", CASE_CODE(MVCLE), BOTH, PAIR_GR(0x1800, 0x1200)},
    {"MVCLE pad only", CASE_CODE(MVCLE), .flags = INTERRUPTIBLE, .uses = USES_A, PAIR_GR(0x1800, 0)},
    {"CLCL", CASE_CODE(CLCL), BOTH, PAIR_GR(0x1800, 0x1800), SAME},
    {"CLCLE", CASE_CODE(CLCLE), BOTH, PAIR_GR(0x1800, 0x1800), SAME},
    {"MVST", CASE_CODE(MVST), BOTH, PAIR_GR(0, 0),
     .init = {{B(0x700), NULL, 0x17ff, 0x55}, {B(0x1eff), NULL, 1, 0}}},
    {"CLST", CASE_CODE(CLST), BOTH, PAIR_GR(0, 0),
     .init = {{A(0x800), NULL, 0x17ff, 0x55},
              {A(0x1fff), NULL, 1, 0},
              {B(0x700), NULL, 0x17ff, 0x55},
              {B(0x1eff), NULL, 1, 0}}},
    {"SRST", CASE_CODE(SRST), .flags = INTERRUPTIBLE | NO_AR, .uses = USES_B,
     .gr = {[2] = B(0x1f00), [4] = B(0x700)},
     .init = {{B(0x700), NULL, 0x17ff, 0x55}, {B(0x1eff), NULL, 1, 0}}},
    {"SRST not found", CASE_CODE(SRST), .flags = INTERRUPTIBLE | NO_AR, .uses = USES_B,
     .gr = {[2] = B(0x1f00), [4] = B(0x700)}, .init = {{B(0x700), NULL, 0x1800, 0x55}}},
    {"CKSM", CASE_CODE(CKSM), .flags = INTERRUPTIBLE, .uses = USES_B, .gr = {[4] = B(0x700), [5] = 0x1800}},
    {"TRE", CASE_CODE(TRE), .flags = INTERRUPTIBLE, .uses = USES_A | USES(B1),
     .gr = {[0] = 0xee, [2] = A(0xf00), [3] = 0x200, [4] = B(0x1000)},
     .init = {{A(0xf00), NULL, 0x200, 0x55}}},
    {"TROO", CASE_CODE(TROO), .flags = INTERRUPTIBLE, .uses = USES_A | USES_B | USES(T0),
     .gr = {[0] = 0xee, [1] = T(0x200), [2] = A(0xf00), [3] = 0x200, [4] = B(0xf80)},
     .init = {{T(0x200), NULL, 256, 0x44}}},
    {"TROT", CASE_CODE(TROT), .flags = INTERRUPTIBLE, .uses = USES_A | USES_B | USES(T0),
     .gr = {[0] = 0xeeee, [1] = T(0x200), [2] = A(0xf00), [3] = 0x200, [4] = B(0xf80)},
     .init = {{T(0x200), NULL, 512, 0x44}}},
    {"MVCLU", CASE_CODE(MVCLU), BOTH, PAIR_GR(0x1800, 0x1200)},
    {"CLCLU", CASE_CODE(CLCLU), BOTH, PAIR_GR(0x1800, 0x1800), SAME},
    {"CU12", CASE_CODE(CU12), BOTH, .gr = {[2] = A(0xe00), [3] = 0x800, [4] = B(0xf00), [5] = 0x200},
     .init = {{B(0xf00), NULL, 0x200, 0x41}}},
    {"CU21", CASE_CODE(CU21), BOTH, .gr = {[2] = A(0xf00), [3] = 0x800, [4] = B(0xe00), [5] = 0x400},
     .init = {{B(0xe00), NULL, 0x400, 0x01}}},
};

void test_main(void) { bench_run(cases, ARRAY_SIZE(cases)); }
