/* tap.h - CUnit suites as TAP lines, so that `make check` counts tests and not programs. */
#ifndef NW_TESTS_TAP_H
#define NW_TESTS_TAP_H

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <inttypes.h>

/* Runs the suites and prints one TAP line per test.  The exit status of the test program. */
int tap_main(CU_SuiteInfo *suites);

/* Inside a test that cannot be tried here: its line says SKIP and why.  Return after it. */
void tap_skip(const char *why);

/* The seed of a randomised test: NW_SEED, or else `otherwise`, or else (0) one by the clock.
 * Printed, so that NW_SEED repeats the run. */
uint64_t test_seed(uint64_t otherwise);

/* Asserts that print both values, which CU_ASSERT_EQUAL does not. */
void tap_equal_int(const char *file, int line, const char *expr, intmax_t got, intmax_t want);
void tap_equal_text(const char *file, int line, const char *expr, const char *got,
		    const char *want);
void tap_near(const char *file, int line, const char *expr, double got, double want, double within);

#define EQUAL_INT(got, want) \
	tap_equal_int(__FILE__, __LINE__, #got, (intmax_t)(got), (intmax_t)(want))
#define EQUAL_TEXT(got, want) tap_equal_text(__FILE__, __LINE__, #got, got, want)
#define NEAR(got, want, within) tap_near(__FILE__, __LINE__, #got, got, want, within)

#endif
