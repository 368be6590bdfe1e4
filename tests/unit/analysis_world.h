/* analysis_world.h - the analysis without packets: conversations made by hand become slices, in
 * order; what came of them as text.  For app/'s tests. */
#ifndef NW_TESTS_ANALYSIS_WORLD_H
#define NW_TESTS_ANALYSIS_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/analysis.h"
#include "base/clock.h"
#include "base/tz.h"
#include "tap.h"

#define NOON (1768046400 * NS_PER_SEC)	/* Saturday 2026-01-10T12:00Z: a row begins */
#define HOUR NS_PER_HOUR
#define DAY NS_PER_DAY
#define MIN NS_PER_MIN

struct world {
	struct site *site;
	struct alert_context context;
	struct outbox *outbox;
	struct analysis *analysis;
	struct analysis_parts parts;
	struct slice *queue;
	size_t n, room;
};

/* One connection; up and down are the client's, spread over its minutes. */
struct talk {
	const char *client, *server;
	uint8_t proto;			/* 0: TCP */
	uint16_t port;			/* the server's; 0: 443 */
	const char *name;
	const char *answers[2];		/* DNS: name and address that the client is told */
	uint64_t at_ns;
	unsigned minutes;		/* 0: one */
	uint64_t up, down;
	bool is_unanswered;
	enum flow_client how;		/* the client was decided */
};

static char world_directory[] = "/tmp/nachtwacht-world-XXXXXX";

/* Two databases for site->geo: networks and countries as tests/mkmmdb.py takes them. */
static inline bool world_make_file(const char *name, const char *entries)
{
	const char *source = getenv("NW_SRCDIR");
	char command[2048];

	snprintf(command, sizeof(command), "python3 -B '%s/tests/mkmmdb.py' '%s/%s' %s",
		 source ? source : ".", world_directory, name, entries);
	return system(command) == 0;
}

static inline bool world_make_files(const char *asn, const char *country)
{
	return mkdtemp(world_directory) && world_make_file("asn.mmdb", asn) &&
	       world_make_file("country.mmdb", country);
}

static inline void world_remove_files(void)
{
	char path[sizeof(world_directory) + 16];

	snprintf(path, sizeof(path), "%s/asn.mmdb", world_directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/country.mmdb", world_directory);
	unlink(path);
	rmdir(world_directory);
}

static inline void world_open_geo(struct world *w)
{
	char asn[sizeof(world_directory) + 16], country[sizeof(world_directory) + 16];
	struct geo_problem problem;

	snprintf(asn, sizeof(asn), "%s/asn.mmdb", world_directory);
	snprintf(country, sizeof(country), "%s/country.mmdb", world_directory);
	EQUAL_INT(geo_open(asn, country, &w->site->geo, &problem), 0);
}

static inline void world_begin(struct world *w, const char *site_text, bool has_geo)
{
	memset(w, 0, sizeof(*w));
	CU_ASSERT_FATAL(!site_parse("test", site_text, strlen(site_text), &w->site));
	if (has_geo)
		world_open_geo(w);
	EQUAL_INT(tz_use(w->site->timezone), 0);
	w->context = (struct alert_context){ .site = w->site, .sensor = "nw-1" };
	CU_ASSERT_FATAL(!outbox_new(&w->outbox));
	CU_ASSERT_FATAL(!analysis_new(&(struct analysis_config){ .context = &w->context,
				      .outbox = w->outbox }, &w->analysis));
	analysis_parts(w->analysis, &w->parts);
	analysis_start(w->analysis, NOON);
}

static inline void world_end(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		slice_clear(&w->queue[i]);
	free(w->queue);
	analysis_free(w->analysis);
	outbox_free(w->outbox);
	site_free(w->site);
}

static inline struct addr world_addr(const char *text)
{
	struct addr a;

	CU_ASSERT_FATAL(addr_parse(text, &a));
	return a;
}

static inline struct slice *world_slot(struct world *w)
{
	if (w->n == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		w->queue = realloc(w->queue, w->room * sizeof(*w->queue));
		if (!w->queue)
			abort();
	}
	return &w->queue[w->n++];
}

static inline struct slice world_slice(const struct talk *t, enum slice_kind kind, unsigned minute)
{
	struct addr client = world_addr(t->client), server = world_addr(t->server);
	uint16_t port = t->port ? t->port : 443;
	struct slice s = {
		.kind = kind, .is_answered = !t->is_unanswered, .end = FLOW_END_FIN,
		.client_how = t->how,
		.client_is_b = memcmp(&client, &server, sizeof(client)) > 0,
		.minute_ns = (t->at_ns / MIN + minute) * MIN,
		.first_ns = t->at_ns + minute * MIN, .last_ns = t->at_ns + minute * MIN + 1,
		.id.first_ns = t->at_ns,
		.name = t->name ? strdup(t->name) : NULL,
	};

	s.id.key = (struct flow_key){ .a = s.client_is_b ? server : client,
				      .b = s.client_is_b ? client : server,
				      .a_port = s.client_is_b ? port : 50000,
				      .b_port = s.client_is_b ? 50000 : port,
				      .vlan = { 0xffff, 0xffff },
				      .proto = t->proto ? t->proto : IP_TCP, .ip_version = 4 };
	return s;
}

static inline void world_talk(struct world *w, const struct talk *t)
{
	unsigned minutes = t->minutes ? t->minutes : 1;
	struct slice *s;

	*world_slot(w) = world_slice(t, SLICE_OPEN, 0);
	for (unsigned i = 0; i < minutes; i++) {
		s = world_slot(w);
		*s = world_slice(t, SLICE_SLICE, i);
		s->sums.payload[0] = t->up / minutes;
		s->sums.payload[1] = t->down / minutes;
		if (!i && t->answers[0]) {
			size_t len = strlen(t->answers[0]) + 1;

			s->answers = calloc(1, sizeof(*s->answers) + len);
			if (!s->answers)
				abort();
			s->answers->addr = world_addr(t->answers[1]);
			memcpy(s->answers->name, t->answers[0], len);
		}
	}
	s = world_slot(w);
	*s = world_slice(t, SLICE_CLOSE, minutes - 1);
	s->sums.payload[0] = t->up;
	s->sums.payload[1] = t->down;
}

static inline int world_compare(const void *a, const void *b)
{
	return slice_compare(a, b);
}

/* Takes in what was said, in its order, and goes on to that time. */
static inline void world_run(struct world *w, uint64_t until_ns)
{
	if (w->n)
		qsort(w->queue, w->n, sizeof(*w->queue), world_compare);
	for (size_t i = 0; i < w->n; i++) {
		analysis_time(w->analysis, w->queue[i].minute_ns);
		analysis_event(w->analysis, &w->queue[i]);
		slice_clear(&w->queue[i]);
	}
	w->n = 0;
	analysis_time(w->analysis, until_ns);
}

#endif
