/* flood_world.h - slices made by hand, straight into the analysis: for tests and measurements
 * of the long memory that packets would make too slow.
 *
 * The site is rules/examples/scanner-terminal.json (closed hours 22:00-05:00, Europe/Amsterdam).
 * Night n is the one that begins at noon UTC of WORLD_DAY + n; all times are UTC.
 */
#ifndef NW_TESTS_FLOOD_WORLD_H
#define NW_TESTS_FLOOD_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/analysis.h"
#include "base/clock.h"
#include "base/tz.h"
#include "policy/site.h"

#define WORLD_DAY_NS (1767571200ULL * NS_PER_SEC)	/* 2026-01-05, a Monday, 00:00 UTC */
#define WORLD_MIN(hour, minute) ((hour) * 60 + (minute))

struct world {
	struct site *site;
	struct alert_context context;
	struct outbox *outbox;
	struct analysis *analysis;
	struct analysis_parts parts;
	uint64_t flows;			/* made so far: stamps within a minute */
};

/* Who sends what to whom, in one minute; a flow of its own. */
struct world_send {
	const char *from;		/* an address of the site */
	uint32_t to;			/* an IPv4 address in host order ... */
	const struct addr *to_addr;	/* ... or this one */
	uint16_t port;
	uint8_t proto;			/* 0: tcp */
	uint64_t up, down;
	const char *name;
	bool is_open_already;		/* no OPEN before the slice */
};

static inline struct addr world_addr(uint32_t v4)
{
	const uint8_t bytes[4] = { (uint8_t)(v4 >> 24), (uint8_t)(v4 >> 16), (uint8_t)(v4 >> 8),
				   (uint8_t)v4 };

	return addr_from_ipv4(bytes);
}

static inline struct site *world_site(void)
{
	const char *top = getenv("NW_SRCDIR");
	struct site *site;
	char path[512];

	snprintf(path, sizeof(path), "%s/rules/examples/scanner-terminal.json", top ? top : ".");
	if (site_load(path, &site) || tz_use(site->timezone))
		abort();
	return site;
}

/* minute: of the first packet, counted from WORLD_DAY_NS. */
static inline uint64_t world_ns(uint64_t minute)
{
	return WORLD_DAY_NS + minute * NS_PER_MIN;
}

/* Night n, at that hour and minute UTC; hours before noon are of the next day. */
static inline uint64_t world_minute(unsigned night, unsigned hour, unsigned minute)
{
	return (night + (hour < 12)) * 1440ULL + hour * 60ULL + minute;
}

/* outbox: NULL makes one in memory, without sinks. */
static inline void world_begin(struct world *w, struct outbox *outbox)
{
	struct analysis_config cfg;

	*w = (struct world){ .site = world_site(), .outbox = outbox };
	w->context = (struct alert_context){ .site = w->site, .sensor = "test" };
	if (!w->outbox && outbox_new(&w->outbox))
		abort();
	cfg = (struct analysis_config){ .context = &w->context, .outbox = w->outbox };
	if (analysis_new(&cfg, &w->analysis))
		abort();
	analysis_parts(w->analysis, &w->parts);
}

static inline void world_start(struct world *w)
{
	analysis_start(w->analysis, world_ns(WORLD_MIN(12, 0)));
}

static inline void world_end(struct world *w)
{
	outbox_close(w->outbox);
	analysis_free(w->analysis);
	outbox_free(w->outbox);
	site_free(w->site);
}

/* Borrowed until the next call. */
static inline struct slice *world_slice(struct world *w, uint64_t minute,
					const struct world_send *m)
{
	static struct slice s;
	uint64_t ns = world_ns(minute) + w->flows++ % 1000000 * 50000;
	struct addr from, to = m->to_addr ? *m->to_addr : world_addr(m->to);

	if (!addr_parse(m->from, &from))
		abort();
	s = (struct slice){
		.kind = SLICE_SLICE, .client_how = FLOW_CLIENT_SYN, .is_answered = m->down > 0,
		.minute_ns = world_ns(minute), .first_ns = ns, .last_ns = ns + NS_PER_SEC,
		.sums = { .bytes = { m->up, m->down }, .payload = { m->up, m->down },
			  .packets = { m->up / 1400 + 1, m->down / 1400 } },
		.name = (char *)(uintptr_t)m->name,	/* not freed: the slice is not cleared */
	};
	s.id.first_ns = ns;
	s.id.key = (struct flow_key){ .a = from, .b = to, .a_port = 40000, .b_port = m->port,
				      .vlan = { 0xffff, 0xffff },
				      .proto = m->proto ? m->proto : IP_TCP, .ip_version = 4 };
	if (memcmp(&from, &to, sizeof(from)) > 0) {
		s.id.key.a = to;
		s.id.key.b = from;
		s.id.key.a_port = m->port;
		s.id.key.b_port = 40000;
		s.client_is_b = true;
	}
	return &s;
}

static inline void world_feed(struct world *w, uint64_t minute, const struct world_send *m)
{
	struct slice *s = world_slice(w, minute, m);

	if (!m->is_open_already) {
		struct slice open = *s;

		open.kind = SLICE_OPEN;
		memset(&open.sums, 0, sizeof(open.sums));
		analysis_event(w->analysis, &open);
	}
	analysis_event(w->analysis, s);
}

/* Everything before that minute has come. */
static inline void world_pass(struct world *w, uint64_t minute)
{
	analysis_time(w->analysis, world_ns(minute));
}

/* The channel of that subject in that group, for an IPv4 address in host order. */
static inline struct channel *world_channel(const struct world *w, const char *subject,
					    enum group group, uint32_t to, uint16_t port)
{
	const struct subject *s = subjects_by_id(w->parts.subjects, subject);
	struct channel_key key = { .is_external = true };
	struct addr a = world_addr(to);

	if (!s)
		return NULL;
	key.subject = s->number;
	if (group == GROUP_IP)
		group_key_ip(&key, &a, IP_TCP, port);
	else if (group == GROUP_PREFIX)
		group_key_prefix(&key, &a);
	else
		group_key_any(&key);
	return channels_find(w->parts.channels, &key);
}

/* The latest incident of that rule and subject, or NULL. */
static inline const struct incident *world_incident(const struct world *w, enum rule_id rule,
						    const char *subject)
{
	for (size_t i = incidents_count(w->parts.incidents); i-- > 0;) {
		const struct incident *in = incidents_at(w->parts.incidents, i);

		if (in->rule == rule && !strcmp(in->subject->id, subject))
			return in;
	}
	return NULL;
}

#endif
