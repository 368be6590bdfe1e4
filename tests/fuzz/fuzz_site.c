/* fuzz_site.c - any bytes as a site file; what is accepted must then answer every question.
 *
 * Checked: a refusal says why, an accepted file does not; look-ups agree with each other; night
 * windows lie in their rows and are at most 12 h long; rules of the site's own answer, in words
 * too, and an entry that suppresses is one of the file's.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/tz.h"
#include "policy/calendar.h"
#include "policy/own_rule.h"
#include "policy/site.h"
#include "policy/site_explain.h"
#include "policy/suppress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static unsigned errors;

static void count_line(enum log_level level, const char *line)
{
	errors += level == LOG_LEVEL_ERR;
	ENSURE(strlen(line) < 2048);
}

static void ask_pair(const struct site *s, const struct addr *a, const struct addr *b,
		     const char *name)
{
	struct expected_query q = { .from = a, .to = b, .proto = 6, .server_port = 443,
				    .service = "TLS", .name = name, .at_ns = 20470 * NS_PER_DAY };
	const struct expected *e = site_expected(s, &q);
	const struct asset *asset = site_asset(s, b);

	ENSURE(!e || (e >= s->expected && e < s->expected + s->n_expected));
	ENSURE(!asset || site_is_internal(s, b));
	ENSURE(!asset || !asset->zone || site_zone(s, b) == asset->zone);
	if (site_zone(s, a) && site_zone(s, a) == site_zone(s, b))
		ENSURE(site_crossing(s, a, b) == CROSSING_NONE);
	if (site_crossing(s, a, b) == CROSSING_EXTERNAL)
		ENSURE(!site_is_internal(s, b));
}

static void ask_addresses(const struct site *s)
{
	struct addr asked[8];
	size_t n = 0;

	ENSURE(addr_parse("192.0.2.1", &asked[n++]));
	ENSURE(addr_parse("2001:db8::1", &asked[n++]));
	for (size_t i = 0; i < s->n_assets && n < 4; i++)
		for (size_t j = 0; j < s->assets[i].n_ips && n < 4; j++)
			asked[n++] = s->assets[i].ips[j];
	for (size_t i = 0; i < s->n_zones && n < 6; i++)
		if (s->zones[i].n_networks)
			asked[n++] = s->zones[i].networks[0].addr;
	for (size_t i = 0; i < s->n_expected && n < 8; i++)
		if (s->expected[i].to.n_networks)
			asked[n++] = s->expected[i].to.networks[0].addr;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			ask_pair(s, &asked[i], &asked[j],
				 s->n_expected ? s->expected[0].to.domain : "a.example");
}

/* Everything is known of it, or nothing. */
static struct condition_fact any_fact(void *arg, enum condition_field f)
{
	const bool *is_known = arg;

	return (struct condition_fact){ .is_known = *is_known, .text = "a", .number = f };
}

static void ask_rules(const struct site *s)
{
	struct suppress_query q = { .rule = "NW-EXF-001", .asset = "IMG-1", .service = "TLS",
				    .country = "NL", .name = "a.example", .proto = 6, .port = 443,
				    .judged_ns = 20470 * NS_PER_DAY };
	const struct suppression *e;
	char text[256];

	for (size_t i = 0; i < s->n_own; i++)
		for (int known = 0; known < 2; known++) {
			bool is_known = known;
			struct condition_asking a = { .fact = any_fact, .arg = &is_known };

			condition_holds(s->own[i].match, &a);
			ENSURE(is_known || !a.held);
			ENSURE(strlen(condition_format(s->own[i].match, text, sizeof(text))) <
			       sizeof(text));
			ENSURE(own_rule_find(s, s->own[i].rule.id) == &s->own[i]);
		}
	for (int about = SUPPRESS_ADDRESS; about <= SUPPRESS_ANY; about++) {
		q.about = (enum suppress_about)about;
		ENSURE(cidr_parse("203.0.113.0/24", &q.network));
		e = suppress_find(s, &q);
		ENSURE(!e || (e >= s->suppress && e < s->suppress + s->n_suppress));
		ENSURE(!e || suppress_by_id(s, e->id) == e);
	}
}

static void ask_nights(const struct site *s)
{
	struct calendar c;

	calendar_init(&c, s, 2026);
	for (int64_t row = 20470; row < 20480; row++) {
		struct night n = calendar_night(&c, s->n_zones ? &s->zones[0] : NULL, row);

		ENSURE(!n.has_window || (n.start_ns >= calendar_row_start(&c, row) &&
					 n.end_ns <= calendar_row_start(&c, row + 1) &&
					 n.start_ns < n.end_ns &&
					 n.end_ns - n.start_ns <= 12 * NS_PER_HOUR));
		calendar_is_closed(&c, NULL, n.start_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct site *s = NULL;
	FILE *out;
	int err;

	errors = 0;
	log_set_sink(count_line);
	err = site_parse("fuzz", size ? (const char *)data : "", size, &s);
	ENSURE((err != 0) == (errors > 0) && (err != 0) == (s == NULL));
	if (s) {
		ENSURE(tz_use(s->timezone) == 0);
		ask_addresses(s);
		ask_nights(s);
		ask_rules(s);
		out = fopen("/dev/null", "w");
		if (out) {
			site_explain(s, out);
			fclose(out);
		}
	}
	site_free(s);
	log_set_sink(NULL);
	return 0;
}
