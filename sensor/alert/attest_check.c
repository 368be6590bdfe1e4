/* attest_check.c - see attest_check.h. */
#include "alert/attest_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/attest_form.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"

#define SHOWN_MAX 96			/* of a text from the file, in a message */

/* --- reading ---------------------------------------------------------------------------------- */

static const char *shown(const char *text, char buf[static SHOWN_MAX])
{
	return text_escape(text, strlen(text), buf, SHOWN_MAX);
}

static bool is_hash(const char *text)
{
	return strlen(text) == DIGEST_HEX_MAX - 1 &&
	       strspn(text, "0123456789abcdef") == DIGEST_HEX_MAX - 1;
}

/* "2026-01-14" to days since 1970-01-01. */
static bool read_date(const char *text, int64_t *ret_day)
{
	bool has_offset;
	uint64_t ns;

	if (strlen(text) != ATTEST_DATE_MAX - 1 || !clock_parse(text, &ns, &has_offset))
		return false;
	*ret_day = (int64_t)(ns / NS_PER_DAY);
	return true;
}

enum wanted { WANT_TEXT, WANT_COUNT, WANT_BOOL, WANT_OBJECT, WANT_LIST };

static bool is_wanted(const json_t *value, enum wanted w)
{
	switch (w) {
	case WANT_TEXT: return json_is_string(value);
	case WANT_COUNT: return json_is_integer(value) && json_integer_value(value) >= 0;
	case WANT_BOOL: return json_is_boolean(value);
	case WANT_OBJECT: return json_is_object(value);
	case WANT_LIST: return json_is_array(value);
	}
	return false;
}

/* The first member that is missing or of another kind; NULL: none. */
static const char *find_lack(const json_t *body)
{
	static const struct {
		const char *name;
		enum wanted wanted;
	} members[] = {
		{ "date", WANT_TEXT }, { "number", WANT_COUNT }, { "skipped_days", WANT_COUNT },
		{ "verdict", WANT_TEXT }, { "valid", WANT_BOOL }, { "why", WANT_LIST },
		{ "bytes", WANT_COUNT }, { "packets", WANT_COUNT }, { "totals", WANT_OBJECT },
		{ "coverage", WANT_OBJECT }, { "crossings", WANT_LIST },
		{ "crossings_beyond", WANT_OBJECT }, { "sessions", WANT_LIST },
		{ "sessions_beyond", WANT_COUNT }, { "sha256", WANT_OBJECT },
	};
	const json_t *prev = json_object_get(body, "prev");

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!is_wanted(json_object_get(body, members[i].name), members[i].wanted))
			return members[i].name;
	if (!json_is_null(prev) && (!json_is_string(prev) || !is_hash(json_string_value(prev))))
		return "prev";
	return NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static uint64_t count_of(const json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));

	return n > 0 ? (uint64_t)n : 0;
}

static bool view_record(const json_t *record, struct attest_view *v, char *why)
{
	const json_t *body = attest_body(record);
	const char *lack = body ? find_lack(body) : NULL;
	char buf[SHOWN_MAX];

	if (!body || strcmp(text_of(json_object_get(record, "event"), "kind"), "state")) {
		snprintf(why, ATTEST_WHY_MAX, "this is JSON, but no attestation: it has no "
			 "nachtwacht.attestation of event.kind \"state\"; give the file that "
			 "--attestations wrote");
		return false;
	}
	*v = (struct attest_view){
		.record = record, .body = body, .date = text_of(body, "date"),
		.site = text_of(json_object_get(record, "nachtwacht"), "site"),
		.sensor = text_of(json_object_get(record, "observer"), "name"),
		.verdict = text_of(body, "verdict"),
		.prev = json_string_value(json_object_get(body, "prev")),
		.number = count_of(body, "number"),
		.skipped_days = count_of(body, "skipped_days"),
		.is_valid = json_is_true(json_object_get(body, "valid")),
	};
	if (lack) {
		snprintf(why, ATTEST_WHY_MAX, "its member \"%s\" is missing or of another kind; "
			 "take the line from another copy", lack);
		return false;
	}
	if (read_date(v->date, &v->day) && v->number)
		return true;
	snprintf(why, ATTEST_WHY_MAX, "\"%s\" with number %" PRIu64 " is no day of a chain; take "
		 "the line from another copy", shown(v->date, buf), v->number);
	return false;
}

json_t *attest_read(const char *text, size_t len, struct attest_view *ret_view,
		    char ret_why[static ATTEST_WHY_MAX])
{
	char clean[ATTEST_WHY_MAX / 2];
	json_error_t error;
	json_t *record;

	if (len > ATTEST_LINE_MAX) {
		snprintf(ret_why, ATTEST_WHY_MAX, "the line is longer than %u MiB, which no "
			 "attestation is", ATTEST_LINE_MAX >> 20);
		return NULL;
	}
	record = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!record) {
		text_escape(error.text, strlen(error.text), clean, sizeof(clean));
		snprintf(ret_why, ATTEST_WHY_MAX, "%d: not JSON: %s; take the line from another "
			 "copy", error.column > 0 ? error.column : 1, clean);
		return NULL;
	}
	if (view_record(record, ret_view, ret_why))
		return record;
	json_decref(record);
	return NULL;
}

/* --- saying ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 5, 6)))
static void say(struct attest_check *c, const char *file, size_t line, const char *date,
		const char *fmt, ...)
{
	char text[2 * ATTEST_WHY_MAX], day[SHOWN_MAX];
	struct attest_problem p = { .file = file, .line = line, .date = shown(date, day),
				    .text = text };
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	c->problems++;
	c->problem(c->arg, &p);
}

__attribute__((format(printf, 2, 3)))
static void add(char why[static ATTEST_WHY_MAX], const char *fmt, ...)
{
	size_t len = strlen(why);
	va_list args;

	if (len)
		len += (size_t)snprintf(why + len, ATTEST_WHY_MAX - len, "; ");
	if (len >= ATTEST_WHY_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(why + len, ATTEST_WHY_MAX - len, fmt, args);
	va_end(args);
}

/* --- a record by itself ----------------------------------------------------------------------- */

/* Names the parts that do not have the hash that the record keeps of them: a set of them. */
static unsigned check_parts(const struct attest_view *v, char why[static ATTEST_WHY_MAX])
{
	const json_t *kept = json_object_get(v->body, "sha256");
	char hashes[ATTEST_PARTS][DIGEST_HEX_MAX];
	char list[160] = "";
	unsigned bad = 0;

	if (!attest_hash_parts(v->record, hashes)) {
		add(why, "out of memory: it was not checked");
		return 1u << ATTEST_HEAD;
	}
	for (int p = 0; p < ATTEST_PARTS; p++) {
		size_t len = strlen(list);
		const char *name = attest_part_name((enum attest_part)p);

		if (!strcmp(text_of(kept, name), hashes[p]))
			continue;
		bad |= 1u << p;
		snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
			 p == ATTEST_HEAD ? "head (date, number, prev, verdict, why, sums or "
					    "what is around it)" : name);
	}
	if (bad)
		add(why, "changed since it was made: %s", list);
	return bad;
}

static uint64_t count_uncovered(const json_t *rows)
{
	uint64_t n = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		n += strcmp(text_of(row, "covered_by"), "entry") != 0 &&
		     strcmp(text_of(row, "covered_by"), "order") != 0;
		n += json_is_true(json_object_get(row, "outlived_order"));
	}
	return n;
}

/* What the verdict has to be by what the record itself lists. */
static const char *verdict_of(const struct attest_view *v)
{
	const json_t *coverage = json_object_get(v->body, "coverage");
	uint64_t without = count_uncovered(json_object_get(v->body, "crossings")) +
			   count_uncovered(json_object_get(v->body, "sessions")) +
			   count_of(v->body, "sessions_beyond");

	if (json_array_size(json_object_get(v->body, "why")) ||
	    count_of(coverage, "unobserved_s") > count_of(coverage, "allowed_s") ||
	    count_of(coverage, "one_sided_s") > count_of(coverage, "allowed_s"))
		return "invalid";
	return without ? "crossings_without_order" : "clean";
}

static void check_verdict(const struct attest_view *v, char why[static ATTEST_WHY_MAX])
{
	const char *wanted = verdict_of(v);
	char buf[SHOWN_MAX];

	if (strcmp(v->verdict, wanted))
		add(why, "its verdict is \"%s\", but by what it lists it is \"%s\"",
		    shown(v->verdict, buf), wanted);
	else if (v->is_valid != (strcmp(wanted, "invalid") != 0))
		add(why, "it says valid %s, but its verdict is \"%s\"",
		    v->is_valid ? "true" : "false", wanted);
}

static void check_signature(struct attest_check *c, const struct attest_view *v,
			    char why[static ATTEST_WHY_MAX])
{
	const json_t *signature = json_object_get(v->body, "signature");
	const char *id = text_of(signature, "key_id");
	const struct sign_key *key = NULL;
	char buf[SHOWN_MAX];

	c->with_signature += signature != NULL;
	if (!c->n_keys)
		return;
	for (size_t i = 0; i < c->n_keys && !key; i++)
		if (!strcmp(sign_key_id(c->keys[i]), id))
			key = c->keys[i];
	if (!signature)
		add(why, "it is not signed");
	else if (!key)
		add(why, "it is signed by key %s, which is none of those given by --key",
		    shown(id, buf));
	else if (!attest_is_signed_by(v->record, key))
		add(why, "its signature by key %s is not one of this text", id);
}

/* --- and by its neighbours -------------------------------------------------------------------- */

static const char *date_text(int64_t day, char buf[static ATTEST_DATE_MAX])
{
	struct civil d = civil_from_seconds(day * 86400);

	snprintf(buf, ATTEST_DATE_MAX, "%04u-%02u-%02u", (unsigned)d.year % 10000,
		 (unsigned)d.month % 100, (unsigned)d.day % 100);
	return buf;
}

static void check_first(struct attest_check *c, const struct attest_view *v, bool is_bad)
{
	if (is_bad || c->unread)
		return;
	if (!c->prev && (v->number != 1 || v->prev))
		say(c, c->file, c->line, v->date, "the file begins with number %" PRIu64 " of its "
		    "chain: the days before are not here; give their file first, or the hash of "
		    "the day before by --prev", v->number);
	else if (c->prev && (!v->prev || strcmp(c->prev, v->prev)))
		say(c, c->file, c->line, v->date, "it was not made after the day that --prev "
		    "names, but after %s", v->prev ? v->prev : "none");
}

static void say_missing(struct attest_check *c, const struct attest_view *v, const char *file,
			size_t line)
{
	uint64_t n = v->number - c->number - 1 - c->unread;
	char from[ATTEST_DATE_MAX], to[ATTEST_DATE_MAX];
	int64_t first = c->day + 1, last = v->day - 1 - (int64_t)(v->skipped_days % 1000000);

	if (c->unread || last < first)
		say(c, file, line, v->date, "%" PRIu64 " day%s missing before it (numbers %" PRIu64
		    " to %" PRIu64 "); take %s from another copy", n, n == 1 ? " is" : "s are",
		    c->number + 1, v->number - 1, n == 1 ? "it" : "them");
	else
		say(c, file, line, date_text(first, from), "missing: %s%s%s (number%s %" PRIu64
		    " to %" PRIu64 "), between the lines of %s and %s; take %s from another copy",
		    from, first == last ? "" : " to ", first == last ? "" : date_text(last, to),
		    n == 1 ? "" : "s", c->number + 1, v->number - 1, c->last, v->date,
		    n == 1 ? "it" : "them");
}

/* The record before fits by itself, and this one knew another one. */
static void say_exchanged(struct attest_check *c, const struct attest_view *v)
{
	say(c, c->file, c->line, c->last, "changed or exchanged as a whole, its own hashes "
	    "included: %s was made after a record of %s with the hash %s, and this one has %s; "
	    "compare it with another copy (--against)", v->date, c->last,
	    v->prev ? v->prev : "(none)", c->hash);
}

/* true: the same record as before, delivered again. */
static bool is_repeated(const struct attest_check *c, const struct attest_view *v,
			const char *hash)
{
	return c->has_before && v->number == c->number && !strcmp(hash, c->hash);
}

/* Of a record whose number and date can be believed. */
static void check_order(struct attest_check *c, const struct attest_view *v, const char *file,
			size_t line)
{
	bool is_next = v->number == c->number + 1 + c->unread;
	int64_t day = c->day + 1 + (int64_t)(v->skipped_days % 1000000);
	char date[ATTEST_DATE_MAX];

	if (v->number <= c->number)
		say(c, file, line, v->date, "number %" PRIu64 " comes after number %" PRIu64 ": "
		    "out of order, or a chain that was begun anew; check each chain by itself",
		    v->number, c->number);
	else if (!is_next)
		say_missing(c, v, file, line);
	else if (!c->unread && v->day != day)
		say(c, file, line, v->date, "it follows %s by number, but the next day is %s: a "
		    "day has no record", c->last, date_text(day, date));
	else if (!c->unread && !c->is_bad && (!v->prev || strcmp(v->prev, c->hash)))
		say_exchanged(c, v);
}

static void count_verdict(struct attest_check *c, const struct attest_view *v)
{
	if (!c->days++)
		text_copy(c->first, sizeof(c->first), v->date);
	if (!strcmp(v->verdict, "clean"))
		c->clean++;
	else if (!strcmp(v->verdict, "invalid"))
		c->invalid++;
	else
		c->crossings++;
}

static void remember(struct attest_check *c, const struct attest_view *v, const char *hash,
		     unsigned bad)
{
	bool is_head_bad = bad >> ATTEST_HEAD & 1;


	/* Where they were changed it counts as the next one. */
	c->day = is_head_bad && c->has_before ? c->day + 1 : v->day;
	c->number = is_head_bad && c->has_before ? c->number + 1 + c->unread : v->number;
	c->has_before = true;
	c->unread = 0;
	text_copy(c->last, sizeof(c->last), v->date);
	text_copy(c->hash, sizeof(c->hash), hash);
	count_verdict(c, v);
}

static void check_site(struct attest_check *c, const struct attest_view *v,
		       char why[static ATTEST_WHY_MAX])
{
	char buf[SHOWN_MAX];

	if (!c->site[0])
		text_copy(c->site, sizeof(c->site), v->site);
	else if (strcmp(c->site, v->site))
		add(why, "it is of another site, \"%s\"", shown(v->site, buf));
}

static void check_record(struct attest_check *c, const char *file, size_t line,
			 const struct attest_view *v, const char *hash)
{
	char why[ATTEST_WHY_MAX] = "";
	unsigned bad = check_parts(v, why);
	bool is_head_bad = bad >> ATTEST_HEAD & 1;

	check_verdict(v, why);
	check_signature(c, v, why);
	check_site(c, v, why);
	if (why[0])
		say(c, file, line, v->date, "%s", why);
	if (c->has_before && !is_head_bad)
		check_order(c, v, file, line);
	c->file = file;
	c->line = line;
	if (!c->has_before)
		check_first(c, v, is_head_bad);
	remember(c, v, hash, bad);
	c->is_bad = why[0] != '\0';
}

void attest_check_line(struct attest_check *c, const char *file, size_t line, const char *text,
		       size_t len)
{
	char why[ATTEST_WHY_MAX], hash[DIGEST_HEX_MAX];
	struct attest_view v;
	json_t *record = attest_read(text, len, &v, why);
	char *canonical = record ? attest_canonical(record) : NULL;

	if (!canonical) {
		say(c, file, line, "", "%s", record ? "out of memory: it was not checked" : why);
		json_decref(record);
		c->unread++;
		return;
	}
	digest_sha256_hex(canonical, strlen(canonical), hash);
	free(canonical);
	if (is_repeated(c, &v, hash))
		c->repeated++;
	else
		check_record(c, file, line, &v, hash);
	json_decref(record);
}

void attest_check_end(struct attest_check *c, const char *head)
{
	if (head && c->has_before && strcmp(head, c->hash))
		say(c, c->file, c->line, c->last, "the last day has the hash %s and not the one "
		    "given by --head: it was changed, or days after it are missing", c->hash);
}
