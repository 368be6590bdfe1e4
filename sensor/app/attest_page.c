/* attest_page.c - see attest_page.h. */
#include "app/attest_page.h"

#include <inttypes.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"

#define SHOWN_MAX 160
#define ROWS_WITHOUT 14			/* that fit on a page */
#define ROWS_WITH 10
#define ROWS_SESSIONS 8
#define ROWS_GAPS 6

static const char *text_of(const json_t *object, const char *name, char buf[static SHOWN_MAX])
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && *text ? text_escape(text, strlen(text), buf, SHOWN_MAX) : "-";
}

static uint64_t count_of(const json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));

	return n > 0 ? (uint64_t)n : 0;
}

static bool is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static const char *verdict_words(const char *verdict)
{
	static const char *const words[][2] = {
		{ "clean", "CLEAN: nothing crossed a boundary without an entry or order" },
		{ "crossings_without_order", "CROSSINGS WITHOUT ORDER" },
		{ "invalid", "INVALID: nothing is attested for this day" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(verdict, words[i][0]))
			return words[i][1];
	return "unknown";
}

static void print_span(FILE *out, uint64_t s)
{
	if (s < 120)
		fprintf(out, "%" PRIu64 " s", s);
	else
		fprintf(out, "%" PRIu64 " h %02" PRIu64 " min", s / 3600, s % 3600 / 60);
}

/* --- parts of the page ------------------------------------------------------------------------ */

static void print_head(const struct attest_view *v, FILE *out)
{
	const json_t *own = json_object_get(v->record, "nachtwacht");
	const json_t *why = json_object_get(v->body, "why");
	char a[SHOWN_MAX], b[SHOWN_MAX], c[SHOWN_MAX];

	fprintf(out, "%-62sNW-ATT-001\n\n", "SEPARATION ATTESTATION");
	fprintf(out, "site        %s\n", text_of(own, "site", a));
	fprintf(out, "day         %s (%s), ", text_of(v->body, "date", a),
		text_of(json_object_get(v->record, "event"), "timezone", b));
	print_span(out, count_of(json_object_get(v->body, "coverage"), "length_s"));
	fprintf(out, "\nsensor      %s (%s)\n",
		text_of(json_object_get(v->record, "observer"), "name", a),
		text_of(own, "mode", b));
	fprintf(out, "verdict     %s\n", verdict_words(v->verdict));
	for (size_t i = 0; i < json_array_size(why) && i < ROWS_GAPS; i++)
		fprintf(out, "            %s\n", text_of(json_array_get(why, i), "text", c));
}

static void print_coverage(const struct attest_view *v, FILE *out)
{
	const json_t *coverage = json_object_get(v->body, "coverage");
	const json_t *gaps = json_object_get(coverage, "gaps");
	size_t n = json_array_size(gaps);
	char a[SHOWN_MAX], b[SHOWN_MAX], c[SHOWN_MAX];

	fputs("\ncoverage    not observed: ", out);
	print_span(out, count_of(coverage, "unobserved_s"));
	fputs(", of which are allowed: ", out);
	print_span(out, count_of(coverage, "allowed_s"));
	fputs("\n            without any packet: ", out);
	print_span(out, count_of(coverage, "silent_s"));
	fputs(" (observed silence)\n", out);
	for (size_t i = 0; i < n && i < ROWS_GAPS; i++) {
		const json_t *gap = json_array_get(gaps, i);

		fprintf(out, "            %s  %s  %s\n", text_of(gap, "from", a),
			text_of(gap, "to", b), text_of(gap, "reason", c));
	}
	if (n > ROWS_GAPS)
		fprintf(out, "            and %zu more\n", n - ROWS_GAPS);
	fprintf(out, "seen        %s in %" PRIu64 " packets\n",
		size_format(count_of(v->body, "bytes"), a), count_of(v->body, "packets"));
}

static bool is_covered(const json_t *row)
{
	const char *by = json_string_value(json_object_get(row, "covered_by"));

	return by && strcmp(by, "none") != 0;
}

static void print_crossing(const json_t *row, FILE *out)
{
	char asset[SHOWN_MAX], peer[SHOWN_MAX], zone[SHOWN_MAX], transport[SHOWN_MAX];
	char up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], by[SHOWN_MAX], service[SHOWN_MAX];

	text_format(service, sizeof(service), "%.20s/%" PRIu64,
		    text_of(row, "transport", transport), count_of(row, "port"));
	fprintf(out, "  %-16.40s %-3s %-20.45s %-12.40s %-10.26s %9s %9s  ",
		text_of(row, "asset", asset),
		is_true(row, "answered") ? "<->" : "-->", text_of(row, "peer", peer),
		text_of(row, "peer_zone", zone), service, size_format(count_of(row, "up"), up),
		size_format(count_of(row, "down"), down));
	if (!is_covered(row))
		fputs("NONE\n", out);
	else
		fprintf(out, "%s\n", text_of(row, json_is_string(json_object_get(row, "entry")) ?
					     "entry" : "order", by));
}

static void print_rows(const json_t *rows, bool covered, size_t max, FILE *out)
{
	size_t told = 0, n = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (is_covered(row) != covered)
			continue;
		n++;
		if (told == max)
			continue;
		print_crossing(row, out);
		told++;
	}
	if (n > told)
		fprintf(out, "  and %zu more in the record\n", n - told);
}

static void print_crossings(const struct attest_view *v, FILE *out)
{
	const json_t *totals = json_object_get(v->body, "totals");
	const json_t *beyond = json_object_get(v->body, "crossings_beyond");
	const json_t *rows = json_object_get(v->body, "crossings");
	uint64_t more = count_of(beyond, "without_minutes") + count_of(beyond, "with_minutes");

	fprintf(out, "\ncrossings   %" PRIu64 " without, %" PRIu64 " by expected entry, %" PRIu64
		" by work order\n", count_of(totals, "crossings_without"),
		count_of(totals, "crossings_by_entry"), count_of(totals, "crossings_by_order"));
	if (more)
		fprintf(out, "            and %" PRIu64 " minutes of conversations beyond what is "
			"listed, %" PRIu64 " of them without\n", more,
			count_of(beyond, "without_minutes"));
	if (json_array_size(rows))
		fprintf(out, "  %-16s %-3s %-20s %-12s %-10s %9s %9s  %s\n", "ASSET", "", "PEER",
			"ZONE", "SERVICE", "UP", "DOWN", "ENTRY OR ORDER");
	print_rows(rows, false, ROWS_WITHOUT, out);
	print_rows(rows, true, ROWS_WITH, out);
}

static void print_session(const json_t *row, FILE *out)
{
	char asset[SHOWN_MAX], peer[SHOWN_MAX], protocol[SHOWN_MAX], start[SHOWN_MAX];
	char last[SHOWN_MAX], by[SHOWN_MAX];

	fprintf(out, "  %-16.40s %-20.45s %-10.20s %.19sZ  %.19sZ  ", text_of(row, "asset", asset),
		text_of(row, "peer", peer), text_of(row, "protocol", protocol),
		text_of(row, "start", start), text_of(row, "last", last));
	text_of(row, "covered_by", by);
	if (!strcmp(by, "order"))
		fprintf(out, "%s%s\n", text_of(row, "order", by),
			is_true(row, "outlived_order") ? " (OUTLIVED)" : "");
	else
		fputs(!strcmp(by, "entry") ? "expected\n" : "NONE\n", out);
}

static void print_sessions(const struct attest_view *v, FILE *out)
{
	const json_t *rows = json_object_get(v->body, "sessions");
	size_t n = json_array_size(rows);

	fprintf(out, "\nsessions    %zu remote, %" PRIu64 " without or beyond their order\n", n,
		count_of(json_object_get(v->body, "totals"), "sessions_without"));
	if (n)
		fprintf(out, "  %-16s %-20s %-10s %-20s  %-20s  %s\n", "ASSET", "PEER", "PROTOCOL",
			"SINCE", "UNTIL", "ORDER");
	for (size_t i = 0; i < n && i < ROWS_SESSIONS; i++)
		print_session(json_array_get(rows, i), out);
	if (n > ROWS_SESSIONS)
		fprintf(out, "  and %zu more in the record\n", n - ROWS_SESSIONS);
}

void attest_page_print(const struct attest_view *v, const char *hash, FILE *out)
{
	const json_t *signature = json_object_get(v->body, "signature");
	char text[SHOWN_MAX];

	print_head(v, out);
	print_coverage(v, out);
	print_crossings(v, out);
	print_sessions(v, out);
	fprintf(out, "\nchain       number %" PRIu64 "\n", v->number);
	fprintf(out, "before      %s\n", v->prev ? v->prev : "none: the first");
	fprintf(out, "this        %s\n", hash);
	if (signature)
		fprintf(out, "signature   %s, key %s (not checked here)\n",
			text_of(signature, "algorithm", text),
			text_of(signature, "key_id", (char[SHOWN_MAX]){ 0 }));
	else
		fputs("signature   none\n", out);
}

/* --- a line a day ----------------------------------------------------------------------------- */

void attest_page_heading(FILE *out)
{
	fprintf(out, "%-10s  %6s  %-23s  %8s  %7s  %5s  %8s\n", "DAY", "NUMBER", "VERDICT",
		"UNSEEN", "WITHOUT", "WITH", "SESSIONS");
}

void attest_page_line(const struct attest_view *v, FILE *out)
{
	const json_t *totals = json_object_get(v->body, "totals");
	char date[SHOWN_MAX], verdict[SHOWN_MAX];

	fprintf(out, "%-10.10s  %6" PRIu64 "  %-23.23s  %6" PRIu64 " s  %7" PRIu64 "  %5" PRIu64
		"  %8" PRIu64 "\n", text_of(v->body, "date", date), v->number,
		text_of(v->body, "verdict", verdict),
		count_of(json_object_get(v->body, "coverage"), "unobserved_s"),
		count_of(totals, "crossings_without"),
		count_of(totals, "crossings_by_entry") + count_of(totals, "crossings_by_order"),
		count_of(totals, "sessions"));
}
