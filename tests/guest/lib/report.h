/* What a test says. One line a check, and one SUMMARY line at the end:
 *
 *   PASS   the check holds
 *   FAIL   it does not
 *   SKIP   it could not be made here; the line says why
 *   XFAIL  it does not hold, as expected from this machine
 *   KFAIL  it does not hold on a host that is known to differ from the architecture (KVM, for instance)
 *
 * Prefixes nest: "essa_table: set volatile: from Sr: ". Names are in words, without commas or brackets. */
#ifndef GUEST_LIB_REPORT_H
#define GUEST_LIB_REPORT_H

#include "types.h"

void report_push(const char* format, ...) __attribute__((format(printf, 1, 2)));
void report_pop(void);

/* Returns `pass`. */
bool report(bool pass, const char* format, ...) __attribute__((format(printf, 2, 3)));

/* As `report`, but says nothing of a pass (it is counted). For checks that are made thousands of times. */
bool report_quiet(bool pass, const char* format, ...) __attribute__((format(printf, 2, 3)));

void report_skip(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* As `report`, but a failure does not fail the test. */
void report_xfail(bool pass, const char* format, ...) __attribute__((format(printf, 2, 3)));
void report_kfail(bool pass, const char* format, ...) __attribute__((format(printf, 2, 3)));

/* A remark, not a check. */
void report_info(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* The SUMMARY line. True if nothing failed and something passed or was skipped. */
bool report_summary(const char* test);

/* Say why and stop the machine as failed. May be called in any state. */
__attribute__((noreturn)) void guest_panic(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* The test itself; each image defines one. */
extern const char test_name[];
void test_main(void);

#endif
