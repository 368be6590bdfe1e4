/* fuzz_gaps.c - any bytes as a file of declared outages.
 *
 * Checked: a refusal says why, an accepted file does not; what is accepted is in order, within its
 * bounds, and can be declared.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "policy/gaps_file.h"
#include "profile/coverage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static unsigned errors;

static void count_line(enum log_level level, const char *line)
{
	errors += level == LOG_LEVEL_ERR;
	ENSURE(strlen(line) < 2048);
}

static void check(const struct gaps_file *g)
{
	struct coverage *c;
	struct coverage_look look;

	ENSURE(g->n <= GAPS_ENTRIES_MAX);
	ENSURE(coverage_new(&c) == 0);
	for (size_t i = 0; i < g->n; i++) {
		const struct declared_gap *gap = &g->list[i];

		ENSURE(gap->from_ns < gap->to_ns);
		ENSURE(i == 0 || gap[-1].from_ns <= gap->from_ns);
		ENSURE(gap->reason && gap->reason[0] && strlen(gap->reason) < GAPS_REASON_MAX);
		coverage_blind(c, gap->from_ns, gap->to_ns, COVERAGE_DECLARED);
		coverage_look(c, gap->from_ns, gap->to_ns, &look);
		ENSURE(look.blind_ns == gap->to_ns - gap->from_ns);
	}
	coverage_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gaps_file *g = NULL;
	int err;

	errors = 0;
	log_set_sink(count_line);
	err = gaps_file_parse("fuzz", size ? (const char *)data : "", size, &g);
	log_set_sink(NULL);
	ENSURE((err != 0) == (errors > 0) && (err != 0) == (g == NULL));
	if (g)
		check(g);
	gaps_file_free(g);
	return 0;
}
