/* command_review.c - nachtwacht state review: what waits for a human, and who decided what. */
#include "app/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "app/baseline_store.h"
#include "app/columns.h"
#include "app/review.h"
#include "app/state_export.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pseudonym.h"
#include "base/text.h"

#define NUMBER_TEXT_MAX 24

static const char *seen_text(const struct destination *d)
{
	return d->was_revoked ? "revoked" : d->is_learned ? "in learn" : "since";
}

static const char *advice(const struct review_line *line)
{
	if (review_is_suspect(line))
		return "do not promote: an incident is open";
	if (line->m > 0)
		return "wait: a nightly pattern is building up";
	if (line->in_closed_zone)
		return "the zone is closed: NW-DST-002 goes on";
	return "";
}

static const char *escape(const char *text, char buf[static VIEW_TEXT_MAX])
{
	return text[0] ? text_escape(text, strlen(text), buf, VIEW_TEXT_MAX) : "-";
}

static bool print_json(json_t *array)
{
	char *text = array ? json_dumps(array, JSON_SORT_KEYS | JSON_INDENT(1) |
					JSON_REAL_PRECISION(6)) : NULL;

	if (text)
		puts(text);
	free(text);
	json_decref(array);
	return text != NULL;
}

static int finish(bool is_whole)
{
	if (is_whole)
		return EXIT_DONE;
	log_err("state", "out of memory: not every line could be shown");
	return EXIT_FAILED;
}

/* --- what waits -------------------------------------------------------- */

static void add_line(struct columns *c, const struct review_line *line)
{
	const struct destination *d = line->destination;
	char id[BASELINE_ID_MAX], asset[VIEW_TEXT_MAX], where[VIEW_TEXT_MAX],
		value[GROUP_TEXT_MAX], peer[ADDR_TEXT_MAX], services[VIEW_TEXT_MAX];
	char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX], nights[NUMBER_TEXT_MAX],
		bytes[2 * CLOCK_TEXT_MAX], up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], m[32] = "-";
	const char *cells[] = {
		baseline_id(d, id), escape(d->subject, asset),
		escape(baseline_value(d, value), where), addr_show(&d->peer, peer),
		review_services(d, services), state_view_time(d->first_ns, first),
		state_view_time(d->last_ns, last), nights, bytes, seen_text(d),
		line->incident ? incident_rule_id(line->incident) : "-", m,
	};

	snprintf(nights, sizeof(nights), "%" PRIu32, d->nights);
	snprintf(bytes, sizeof(bytes), "%s / %s", size_format(d->up, up),
		 size_format(d->down, down));
	if (line->m > 0)
		snprintf(m, sizeof(m), "%.3g", line->m);
	columns_add(c, cells);
}

static void print_advice(const struct review_line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char id[BASELINE_ID_MAX], text[INCIDENT_TEXT_MAX], rule[INCIDENT_TEXT_MAX * 4];
		const struct incident *in = lines[i].incident;

		if (!advice(&lines[i])[0])
			continue;
		printf("%s  %s", baseline_id(lines[i].destination, id), advice(&lines[i]));
		if (review_is_suspect(&lines[i])) {
			text_copy(text, sizeof(text), incident_message(in));
			printf(": %s %s %s", incident_rule_id(in), state_view_level(in->level),
			       text_escape(text, strlen(text), rule, sizeof(rule)));
		}
		putchar('\n');
	}
}

static int print_table(const struct state_view *v, const struct review_line *lines, size_t n)
{
	static const char *const heads[] = { "ID", "ASSET", "DESTINATION", "ADDRESS", "SERVICES",
					     "FIRST SEEN", "LAST SEEN", "NIGHTS", "UP / DOWN",
					     "SEEN", "INCIDENT", "EVIDENCE" };
	struct columns c = { .n = ARRAY_SIZE(heads), .right = 1u << 7 | 1u << 8 };
	enum baseline state = baseline_state(v->site, v->context.since_row, v->point.row);
	bool is_whole;

	printf("%zu destination%s wait%s; ", n, n == 1 ? "" : "s", n == 1 ? "s" : "");
	printf("%" PRIu64 " accepted; state of the baseline: %s%s\n",
	       baseline_counters(v->tables.baseline)->accepted, baseline_name(state),
	       v->has_site ? "" : " (without --site: as if the site file did not say)");
	if (!n)
		return EXIT_DONE;
	putchar('\n');
	columns_add(&c, heads);
	for (size_t i = 0; i < n; i++)
		add_line(&c, &lines[i]);
	is_whole = columns_print(&c, stdout);
	columns_free(&c);
	putchar('\n');
	print_advice(lines, n);
	return finish(is_whole);
}

static json_t *line_object(const struct review_line *line)
{
	const struct destination *d = line->destination;
	char text[GROUP_TEXT_MAX], services[VIEW_TEXT_MAX];
	json_t *object = json_object();

	json_put_text(object, "id", baseline_id(d, text));
	json_put_text(object, "asset", d->subject);
	json_put_text(object, "group", group_name((enum group)d->key.group));
	json_put_text(object, "destination", baseline_value(d, text));
	json_put_text(object, "address", addr_show(&d->peer, text));
	json_put_text(object, "services", review_services(d, services));
	json_put_time(object, "first", d->first_ns);
	json_put_time(object, "last", d->last_ns);
	json_put_int(object, "nights", d->nights);
	json_put_int(object, "up", d->up);
	json_put_int(object, "down", d->down);
	json_object_set_new(object, "answered", json_boolean(d->is_answered));
	json_put_text(object, "seen", seen_text(d));
	json_put_text(object, "rule", line->incident ? incident_rule_id(line->incident) : NULL);
	json_put_text(object, "incident", line->incident ? line->incident->id : NULL);
	json_put_real(object, "m", line->m);
	json_put_text(object, "advice", advice(line));
	return object;
}

static int print_lines_json(const struct review_line *lines, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, line_object(&lines[i]));
	return finish(print_json(array));
}

/* Both exports as one: the members of the objects, in the order of keys. */
static void print_csv(const char *const *keys, const json_t *array)
{
	size_t i;
	const json_t *object;

	for (const char *const *key = keys; *key; key++)
		printf("%s%s", *key, key[1] ? "," : "\r\n");
	json_array_foreach(array, i, object) {
		for (const char *const *key = keys; *key; key++) {
			const json_t *value = json_object_get(object, *key);

			if (json_is_string(value))
				state_export_csv_text(stdout, json_string_value(value));
			else if (json_is_integer(value))
				printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
			else if (json_is_real(value))
				printf("%.6g", json_real_value(value));
			else if (json_is_boolean(value))
				putchar(json_is_true(value) ? '1' : '0');
			fputs(key[1] ? "," : "\r\n", stdout);
		}
	}
}

static int print_lines_csv(const struct review_line *lines, size_t n)
{
	static const char *const keys[] = { "id", "asset", "group", "destination", "address",
					    "services", "first", "last", "nights", "up", "down",
					    "answered", "seen", "rule", "incident", "m", "advice",
					    NULL };
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, line_object(&lines[i]));
	print_csv(keys, array);
	json_decref(array);
	return EXIT_DONE;
}

/* --- the log ----------------------------------------------------------- */

static void add_act(void *array, uint64_t number, const struct act *a)
{
	json_t *object = json_object();

	json_put_int(object, "number", number);
	json_put_time(object, "time", a->wall_ns);
	json_put_text(object, "act", a->is_revoke ? "revoke" : "promote");
	json_put_text(object, "by", a->by);
	json_put_text(object, "reason", a->reason);
	json_put_text(object, "id", a->id);
	json_put_text(object, "asset", a->subject);
	json_put_text(object, "destination", a->value);
	json_put_text(object, "how", a->was_requested ? "request" : "direct");
	json_array_append_new(array, object);
}

static int print_acts(const json_t *array)
{
	static const char *const keys[] = { "time", "act", "by", "asset", "destination", "id",
					    "how", "reason" };
	static const char *const heads[] = { "TIME (UTC)", "ACT", "BY", "ASSET", "DESTINATION",
					     "ID", "HOW", "REASON" };
	struct columns c = { .n = ARRAY_SIZE(heads) };
	const json_t *object;
	bool is_whole;
	size_t i;

	columns_add(&c, heads);
	json_array_foreach(array, i, object) {
		char text[ARRAY_SIZE(keys)][BASELINE_REASON_MAX * 4];
		const char *cells[ARRAY_SIZE(keys)];

		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			const char *value = json_string_value(json_object_get(object, keys[k]));

			value = value ? value : "-";
			cells[k] = text_escape(value, strlen(value), text[k], sizeof(text[k]));
		}
		columns_add(&c, cells);
	}
	is_whole = columns_print(&c, stdout);
	columns_free(&c);
	return finish(is_whole);
}

static int show_log(const struct state_view *v, const char *as)
{
	static const char *const keys[] = { "number", "time", "act", "by", "reason", "id", "asset",
					    "destination", "how", NULL };
	json_t *array = json_array();
	uint64_t bad = 0;
	int status = acts_each(v->state, add_act, array, &bad) ? EXIT_USAGE : EXIT_DONE;

	if (bad)
		log_warn("state", "%" PRIu64 " lines of the log are damaged: left out", bad);
	if (status == EXIT_DONE && as && !strcmp(as, "json"))
		return finish(print_json(array));
	if (status == EXIT_DONE && as)
		print_csv(keys, array);
	else if (status == EXIT_DONE)
		status = print_acts(array);
	json_decref(array);
	return status;
}

/* --- the command ------------------------------------------------------- */

int run_review(const struct state_view *v, const struct options *o)
{
	struct review_line *lines;
	size_t n;
	int status;

	if (o->log)
		return show_log(v, o->as);
	lines = review_waiting(v, o->asset, &n);
	if (!lines)
		return finish(false);
	if (o->as && !strcmp(o->as, "json"))
		status = print_lines_json(lines, n);
	else if (o->as)
		status = print_lines_csv(lines, n);
	else
		status = print_table(v, lines, n);
	free(lines);
	return status;
}
