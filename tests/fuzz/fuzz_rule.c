/* fuzz_rule.c - any bytes as a file of the rule pack; what is accepted must be one whole pack.
 *
 * Checked: a refusal says why, an accepted file does not; texts are there and end; every number
 * lies within its bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "policy/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static unsigned errors;

static void count_line(enum log_level level, const char *line)
{
	errors += level == LOG_LEVEL_ERR;
	ENSURE(strlen(line) < 2048);
}

static void look_at(const struct rule *rule)
{
	size_t lines = 0;

	ENSURE(rule->id && rule->version[0] && rule->name && rule->explanation);
	for (const char *const *line = rule->triage; *line; line++)
		lines += strlen(*line) < RULE_TEXT_MAX;
	ENSURE(lines >= 1 && lines <= RULE_LINES_MAX);
	ENSURE(rule->severity >= 1 && rule->severity <= 5);
	for (size_t i = 0; i < rule->n_params; i++) {
		const struct rule_param *p = &rule->params[i];
		char text[PARAM_TEXT_MAX];

		ENSURE(p->min <= p->value && p->value <= p->max);
		ENSURE(param_format(p, p->value, text)[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules *r = NULL;
	int err;

	errors = 0;
	log_set_sink(count_line);
	err = rules_parse("NW-EXF-011.json", size ? (const char *)data : "", size, &r);
	ENSURE((err != 0) == (errors > 0) && (err != 0) == (r == NULL));
	for (int i = 0; r && i < RULES; i++)
		look_at(rule_of(r, (enum rule_id)i));
	rules_free(r);
	log_set_sink(NULL);
	return 0;
}
