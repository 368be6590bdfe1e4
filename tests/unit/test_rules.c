/* test_rules.c - the rule pack: whole, what the detectors get of it, and what a site changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "policy/site.h"
#include "tap.h"

static char lines[16384];

static void keep_line(enum log_level level, const char *line)
{
	size_t len = strlen(lines);

	(void)level;
	snprintf(lines + len, sizeof(lines) - len, "%s\n", line);
}

static void listen(void)
{
	lines[0] = '\0';
	log_set_sink(keep_line);
}

static const char *source_pack(void)
{
	static char path[1024];
	const char *source = getenv("NW_SRCDIR");

	snprintf(path, sizeof(path), "%s/rules/pack", source ? source : ".");
	return path;
}

/* A copy of the pack in a directory of its own. */
static void make_copy(char *ret_directory)
{
	char command[4096];

	snprintf(ret_directory, 64, "/tmp/nw-rules-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(ret_directory));
	snprintf(command, sizeof(command), "cp '%s'/*.json %s && chmod -R u+w %s", source_pack(),
		 ret_directory, ret_directory);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
}

static void remove_copy(const char *directory)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void builtin_is_the_source_trees(void)
{
	struct rules *built = NULL, *read = NULL;

	EQUAL_INT(rules_builtin(&built), 0);
	EQUAL_INT(rules_load(source_pack(), &read), 0);
	EQUAL_TEXT(built->sha256, read->sha256);
	CU_ASSERT(rules_are_builtin(built) && rules_are_builtin(read));
	CU_ASSERT_EQUAL(memcmp(&built->params, &read->params, sizeof(built->params)), 0);
	rules_free(built);
	rules_free(read);
}

/* What a record says of a rule is complete, and short enough for its schema. */
static void every_rule_says_what_it_is(void)
{
	struct rules *r = NULL;

	CU_ASSERT_EQUAL_FATAL(rules_builtin(&r), 0);
	for (int i = 0; i < RULES; i++) {
		const struct rule *rule = rule_of(r, (enum rule_id)i);

		EQUAL_TEXT(rule->id, rule_id_text((enum rule_id)i));
		CU_ASSERT(rule->severity >= 1 && rule->severity <= 5 && !rule->severity_cap);
		/* An attestation is no finding: there is no technique that it shows. */
		CU_ASSERT(!rule->is_disabled && !rule->n_techniques == (i == RULE_ATT_001));
		CU_ASSERT(rule->name[0] && rule->category[0] && rule->explanation[0]);
		CU_ASSERT(rule->triage[0] && rule->false_positives[0] && rule->references[0]);
		for (const char *const *line = rule->triage; *line; line++)
			CU_ASSERT(strlen(*line) <= 512);
		for (size_t k = 0; k < rule->n_params; k++) {
			const struct rule_param *p = &rule->params[k];

			CU_ASSERT(p->value == p->otherwise && !p->is_overridden);
			CU_ASSERT(p->min <= p->value && p->value <= p->max);
		}
	}
	rules_free(r);
}

/* The numbers of DETECTION section 4 and of the detectors' heads. */
static void numbers_reach_the_detectors(void)
{
	const struct rule_params *p;
	struct rules *r = NULL;

	CU_ASSERT_EQUAL_FATAL(rules_builtin(&r), 0);
	p = &r->params;
	EQUAL_INT(p->nightly.floor[0], 262144);
	EQUAL_INT(p->nightly.floor[1], 8192);
	NEAR(p->nightly.p, 0.1, 0);
	NEAR(p->nightly.level3, 1e7, 0);
	EQUAL_INT(p->nightly.hits2, 5);
	EQUAL_INT(p->nightly.extreme_bytes, 10000000000);
	NEAR(p->period.level2, 1e5, 0);
	EQUAL_INT(p->period.floor[1], 8192);
	EQUAL_INT(p->rhythm.locked_arc_ns, 4 * NS_PER_HOUR);
	EQUAL_INT(p->tunnel.bytes, 16384);
	EQUAL_INT(p->slow.day_bytes, 65536);
	EQUAL_INT(p->destination.learn_rows, 14);
	EQUAL_INT(p->job.habit_turns, 14);
	EQUAL_INT(p->remote.early_ns, 15 * NS_PER_MIN);
	EQUAL_INT(p->remote.bulk_bytes, 1000000000);
	EQUAL_INT(p->closed_resolve_after, 14);
	EQUAL_INT(p->attest.allowed_ns, NS_PER_MIN);
	NEAR(p->attest.drops, 0.01, 0);
	rules_free(r);
}

/* --- a directory ----------------------------------------------------------- */

static void a_pack_is_whole_or_refused(void)
{
	char directory[64], path[256];
	struct rules *r = NULL;

	make_copy(directory);
	snprintf(path, sizeof(path), "%s/NW-EXF-011.json", directory);
	CU_ASSERT_EQUAL(unlink(path), 0);
	listen();
	EQUAL_INT(rules_load(directory, &r), ERR_FORMAT);
	log_set_sink(NULL);
	CU_ASSERT_PTR_NULL(r);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "there is no NW-EXF-011.json; a pack is given whole"));
	remove_copy(directory);
	listen();
	EQUAL_INT(rules_load(directory, &r), -ENOENT);
	log_set_sink(NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "No such file"));
}

static void write_file(const char *path, const char *text, size_t times)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (size_t i = 0; i < times; i++)
		fputs(text, f);
	fclose(f);
}

/* Every broken file is told at once; other files are passed by. */
static void all_errors_of_a_directory(void)
{
	char directory[64], path[256];
	struct rules *r = NULL;

	make_copy(directory);
	snprintf(path, sizeof(path), "%s/README", directory);
	write_file(path, "not a rule\n", 1);
	snprintf(path, sizeof(path), "%s/.NW-EXF-001.json", directory);
	write_file(path, "{", 1);
	EQUAL_INT(rules_load(directory, &r), 0);
	rules_free(r);
	r = NULL;
	snprintf(path, sizeof(path), "%s/NW-DST-001.json", directory);
	write_file(path, "{", 1);
	snprintf(path, sizeof(path), "%s/NW-DST-002.json", directory);
	write_file(path, "[]", 1);
	snprintf(path, sizeof(path), "%s/NW-EXF-999.json", directory);
	write_file(path, "{\"id\": \"NW-EXF-999\"}", 1);
	listen();
	EQUAL_INT(rules_load(directory, &r), ERR_FORMAT);
	log_set_sink(NULL);
	CU_ASSERT_PTR_NULL(r);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "/NW-DST-001.json:1:"));
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "/NW-DST-002.json:1:1: a rule file is one object"));
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "/NW-EXF-999.json:1:8: id: this version has no rule"));
	remove_copy(directory);
}

static void files_are_bounded(void)
{
	char directory[64], path[256];
	struct rules *r = NULL;

	make_copy(directory);
	snprintf(path, sizeof(path), "%s/NW-DST-001.json", directory);
	write_file(path, "                                ", RULE_BYTES_MAX / 32 + 1);
	listen();
	EQUAL_INT(rules_load(directory, &r), ERR_LIMIT);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "larger than 256 KiB"));
	for (int i = 0; i < RULE_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "%s/r%d.json", directory, i);
		write_file(path, "{}", 1);
	}
	listen();
	EQUAL_INT(rules_load(directory, &r), ERR_LIMIT);
	log_set_sink(NULL);
	CU_ASSERT_PTR_NULL(r);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "more than 256 files"));
	remove_copy(directory);
}

/* A pack that was changed is another one, and its numbers are the detectors'. */
static void a_changed_pack(void)
{
	char directory[64], command[256];
	struct rules *r = NULL;

	make_copy(directory);
	snprintf(command, sizeof(command), "sed -i 's/\"default\": 262144/\"default\": \"1MiB\"/'"
		 " %s/NW-EXF-001.json", directory);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
	EQUAL_INT(rules_load(directory, &r), 0);
	CU_ASSERT_FALSE(rules_are_builtin(r));
	EQUAL_INT(r->params.nightly.floor[0], 1048576);
	EQUAL_INT(r->params.period.floor[0], 1048576);
	rules_free(r);
	remove_copy(directory);
}

/* --- overrides -------------------------------------------------------------- */

#define SITE_OF(rules) "{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []}," \
	" \"rules\": {" rules "}}"

static void a_site_overrides(void)
{
	static const char text[] = SITE_OF("\"NW-DST-001\": {\"enabled\": false},"
		"\"NW-EXF-011\": {\"severity\": 2, \"parameters\": {\"bytes\": \"200MB\","
		" \"ratio\": 0.5}}, \"NW-REM-001\": {\"enabled\": true,"
		" \"parameters\": {\"early\": \"1h\"}}");
	const struct rule *rule;
	struct site *s = NULL;

	CU_ASSERT_EQUAL_FATAL(site_parse("t", text, strlen(text), &s), 0);
	CU_ASSERT(rule_of(s->rules, RULE_DST_001)->is_disabled);
	CU_ASSERT_FALSE(rule_of(s->rules, RULE_REM_001)->is_disabled);
	rule = rule_of(s->rules, RULE_EXF_011);
	EQUAL_INT(rule->severity_cap, 2);
	EQUAL_INT(rule->severity, 3);
	CU_ASSERT(rule_param_find(rule, "bytes")->is_overridden);
	CU_ASSERT_FALSE(rule_param_find(rule, "days")->is_overridden);
	EQUAL_INT(s->rules->params.slow.bytes, 200000000);
	NEAR(s->rules->params.slow.ratio, 0.5, 0);
	EQUAL_INT(s->rules->params.slow.rows, 7);
	EQUAL_INT(s->rules->params.remote.early_ns, NS_PER_HOUR);
	site_free(s);
}

/* Each good within its bounds, not together: said where the site says it. */
static void values_that_do_not_go_together(void)
{
	static const char low[] = SITE_OF("\n\"NW-EXF-001\": {\"parameters\": {"
					  "\"low_floor\": \"1MiB\"}}");
	static const char high[] = SITE_OF("\n\"NW-EXF-001\": {\"parameters\": {"
					   "\"floor\": 4096}}");
	struct site *s = NULL;

	listen();
	EQUAL_INT(site_parse("t", low, strlen(low), &s), ERR_FORMAT);
	EQUAL_TEXT(lines, "error: site: t:2:44: rules.NW-EXF-001.parameters.low_floor: "
		   "\"low_floor\" is above \"floor\" so; change one of them or both\n");
	listen();
	EQUAL_INT(site_parse("t", high, strlen(high), &s), ERR_FORMAT);
	log_set_sink(NULL);
	EQUAL_TEXT(lines, "error: site: t:2:40: rules.NW-EXF-001.parameters.floor: "
		   "\"low_floor\" is above \"floor\" so; change one of them or both\n");
}

static void values_as_people_write_them(void)
{
	char buf[PARAM_TEXT_MAX];
	struct rule_param p = { .type = PARAM_DURATION, .unit = "time" };

	EQUAL_TEXT(param_format(&p, 15.0 * NS_PER_MIN, buf), "15m");
	EQUAL_TEXT(param_format(&p, 90.0 * NS_PER_SEC, buf), "90s");
	EQUAL_TEXT(param_format(&p, 0, buf), "0s");
	EQUAL_TEXT(param_format(&p, 48.0 * NS_PER_HOUR, buf), "2d");
	EQUAL_TEXT(param_format(&p, 1.0 * NS_PER_MS, buf), "1ms");
	p = (struct rule_param){ .type = PARAM_BYTES, .unit = "B" };
	EQUAL_TEXT(param_format(&p, 262144, buf), "256 KiB");
	EQUAL_TEXT(param_format(&p, 1e9, buf), "1 GB");
	EQUAL_TEXT(param_format(&p, 1000001, buf), "1000001 B");
	p = (struct rule_param){ .type = PARAM_REAL, .unit = "1" };
	EQUAL_TEXT(param_format(&p, 0.1, buf), "0.1");
	p = (struct rule_param){ .type = PARAM_INTEGER, .unit = "nights" };
	EQUAL_TEXT(param_format(&p, 14, buf), "14 nights");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "the built-in pack is the source tree's", builtin_is_the_source_trees },
		{ "every rule says what it is", every_rule_says_what_it_is },
		{ "numbers reach the detectors", numbers_reach_the_detectors },
		{ "a pack is whole or refused", a_pack_is_whole_or_refused },
		{ "all errors of a directory", all_errors_of_a_directory },
		{ "files are bounded", files_are_bounded },
		{ "a changed pack", a_changed_pack },
		{ "a site overrides", a_site_overrides },
		{ "values that do not go together", values_that_do_not_go_together },
		{ "values as people write them", values_as_people_write_them },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "rules", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
