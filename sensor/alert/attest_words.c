/* attest_words.c - see attest_words.h. */
#include "alert/attest_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"

const char *attest_words_verdict(const struct attest_sums *s)
{
	return s->is_invalid ? "invalid" : s->has_crossings ? "crossings_without_order" : "clean";
}

const char *attest_words_date(int64_t day, char buf[static DATE_TEXT_MAX])
{
	struct civil c = civil_from_seconds(day * 86400);

	snprintf(buf, DATE_TEXT_MAX, "%04u-%02u-%02u", (unsigned)c.year % 10000,
		 (unsigned)c.month % 100, (unsigned)c.day % 100);
	return buf;
}

/* "4 h", "23 h 59 min", "12 min", "61 s" */
static const char *span(uint64_t ns, char buf[static CLOCK_TEXT_MAX])
{
	unsigned s = (unsigned)((ns + NS_PER_SEC - 1) / NS_PER_SEC);

	if (s < 120)
		snprintf(buf, CLOCK_TEXT_MAX, "%u s", s);
	else if (s < 3600)
		snprintf(buf, CLOCK_TEXT_MAX, "%u min", s / 60);
	else if (s % 3600 < 60)
		snprintf(buf, CLOCK_TEXT_MAX, "%u h", s / 3600);
	else
		snprintf(buf, CLOCK_TEXT_MAX, "%u h %u min", s / 3600, s % 3600 / 60);
	return buf;
}

__attribute__((format(printf, 2, 3)))
static void add(char buf[static ATTEST_TEXT_MAX], const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + len, ATTEST_TEXT_MAX - len, fmt, args);
	va_end(args);
}

/* --- why it is invalid ------------------------------------------------------------------------ */

static void say_unobserved(const struct attest_facts *f, const struct attest_sums *s, char *buf)
{
	const struct attest_day *d = &f->attest->today;
	char text[CLOCK_TEXT_MAX];
	const char *comma = ": ";

	add(buf, "%s of the day were not observed", span(s->unobserved_ns, text));
	if (s->from_ns > d->start_ns) {
		add(buf, "%s%s before the capture began", comma,
		    span(s->from_ns - d->start_ns, text));
		comma = ", ";
	}
	if (s->look.blind_ns) {
		add(buf, "%s%s because %s", comma, span(s->look.blind_ns, text),
		    s->look.reason == COVERAGE_DECLARED ? "they were declared by --gaps" :
		    coverage_reason_text(s->look.reason));
		comma = ", ";
	}
	if (d->not_followed_ns) {
		add(buf, "%s%s while another version of the program wrote the state", comma,
		    span(d->not_followed_ns, text));
		comma = ", ";
	}
	if (s->to_ns < d->end_ns)
		add(buf, "%s%s after the capture ended", comma, span(d->end_ns - s->to_ns, text));
}

const char *attest_words_why(enum attest_why w, const struct attest_facts *f,
			     const struct attest_sums *s, char buf[static ATTEST_TEXT_MAX])
{
	char text[CLOCK_TEXT_MAX];

	buf[0] = '\0';
	switch (w) {
	case ATTEST_NOTHING_READ:
		add(buf, "nothing was read of this day: no packet and no idle mark");
		break;
	case ATTEST_NOT_OBSERVED:
		say_unobserved(f, s, buf);
		break;
	case ATTEST_ONE_SIDED:
		add(buf, "one of the interfaces was down for %s",
		    span(s->look.one_sided_ns, text));
		break;
	case ATTEST_DROPPED:
		add(buf, "%.1f %% of the packets were lost before the sensor",
		    100 * s->look.loss);
		break;
	case ATTEST_INCOMPLETE:
		add(buf, "out of memory: not all of what was seen is in this record");
		break;
	case ATTEST_WHYS:
		break;
	}
	return buf;
}

/* --- the sentence ----------------------------------------------------------------------------- */

static void say_crossings(const struct attest_day *d, char *buf)
{
	uint64_t n = d->without.n + d->with.n;
	const char *s = n == 1 ? "" : "s";

	if (!n) {
		add(buf, "nothing crossed a boundary");
		return;
	}
	add(buf, "%" PRIu64 "%s conversation%s crossed a boundary, %zu%s of them without an "
	    "expected entry or work order", n, d->with.beyond || d->without.beyond ?
	    " listed" : "", s, d->without.n, d->without.beyond ? " and more" : "");
}

static void say_sessions(const struct attest_day *d, const struct attest_sums *s, char *buf)
{
	if (!d->n_sessions)
		return;
	add(buf, "; %zu remote session%s, %" PRIu64 " without or beyond its order", d->n_sessions,
	    d->n_sessions == 1 ? "" : "s", s->sessions_without);
}

const char *attest_words_message(const struct attest_facts *f, const struct attest_sums *s,
				 char buf[static ATTEST_TEXT_MAX])
{
	const struct attest_day *d = &f->attest->today;
	char date[DATE_TEXT_MAX], text[ATTEST_TEXT_MAX];

	buf[0] = '\0';
	add(buf, "%s is %s: ", attest_words_date(d->day, date),
	    s->is_invalid ? "invalid" : s->has_crossings ? "not clean" : "clean");
	for (int w = 0; w < ATTEST_WHYS; w++)
		if (s->why[w])
			add(buf, "%s; ", attest_words_why((enum attest_why)w, f, s, text));
	say_crossings(d, buf);
	say_sessions(d, s, buf);
	return buf;
}
