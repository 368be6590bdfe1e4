/* tap.c - see tap.h.  Each line is flushed, so that a crash loses nothing already known. */
#include "tap.h"
#include <CUnit/TestRun.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned tests_done;
static char skipped[128];		/* why the running test was not tried, "" when it was */

static void print_result(const CU_pTest test, const CU_pSuite suite,
			 const CU_pFailureRecord failures)
{
	printf("%sok %u - %s: %s%s%s\n", failures ? "not " : "", ++tests_done, suite->pName,
	       test->pName, skipped[0] ? " # SKIP " : "", skipped);
	skipped[0] = '\0';
	for (CU_pFailureRecord f = failures; f; f = f->pNext)
		if (f->pTest == test)
			printf("# %s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
	fflush(stdout);
}

static void print_failed_init(const CU_pSuite suite)
{
	printf("not ok %u - %s: suite set-up failed\n", ++tests_done, suite->pName);
}

int tap_main(CU_SuiteInfo *suites)
{
	bool failed;

	if (CU_initialize_registry() || CU_register_suites(suites)) {
		puts("Bail out! CUnit registry");
		return 99;
	}
	CU_set_test_complete_handler(print_result);
	CU_set_suite_init_failure_handler(print_failed_init);
	CU_run_all_tests();
	printf("1..%u\n", tests_done);
	failed = CU_get_number_of_failures() || CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed;
}

void tap_skip(const char *why)
{
	snprintf(skipped, sizeof(skipped), "%s", why);
}

uint64_t test_seed(uint64_t otherwise)
{
	const char *text = getenv("NW_SEED");
	uint64_t seed = otherwise;
	struct timespec now;

	if (text && text[0]) {
		seed = strtoull(text, NULL, 0);
	} else if (!seed) {
		clock_gettime(CLOCK_REALTIME, &now);
		seed = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	}
	printf("# %s: NW_SEED=%" PRIu64 "\n", CU_get_current_test()->pName, seed);
	fflush(stdout);
	return seed;
}

static void check(bool ok, const char *file, int line, const char *text)
{
	CU_assertImplementation(ok, (unsigned)line, text, file, "", CU_FALSE);
}

void tap_equal_int(const char *file, int line, const char *expr, intmax_t got, intmax_t want)
{
	char text[512];

	snprintf(text, sizeof(text), "%s: got %" PRIdMAX ", want %" PRIdMAX, expr, got, want);
	check(got == want, file, line, text);
}

void tap_equal_text(const char *file, int line, const char *expr, const char *got, const char *want)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s: got \"%s\", want \"%s\"", expr, got ? got : "(null)",
		 want);
	check(got && !strcmp(got, want), file, line, text);
}

void tap_near(const char *file, int line, const char *expr, double got, double want, double within)
{
	char text[512];

	snprintf(text, sizeof(text), "%s: got %.9g, want %.9g within %.3g", expr, got, want,
		 within);
	check(fabs(got - want) <= within, file, line, text);
}
