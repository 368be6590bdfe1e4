/* links_world.h - the analysis with claims and minutes of connections made by hand, on one link;
 * what came of them as text.  For test_contests.c and test_ways.c. */
#ifndef NW_TESTS_LINKS_WORLD_H
#define NW_TESTS_LINKS_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/analysis.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/tz.h"
#include "tap.h"

#define DAY_1 (20458 * NS_PER_DAY)	/* 2026-01-05; the site is on UTC */
#define VLAN 120
#define SEC NS_PER_SEC

#define IMG "10.20.1.11"
#define ACQ "10.20.1.20"
#define FAR "10.40.0.53"		/* in a zone of another VLAN */
#define OUTSIDE "203.0.113.9"

static const uint8_t img[6] = { 2, 0, 0, 0, 0, 0x11 }, acq[6] = { 2, 0, 0, 0, 0, 0x20 };
static const uint8_t router[6] = { 2, 0, 0, 0, 0, 0x77 }, stranger[6] = { 2, 0, 0, 0, 0, 0x66 };

static const char links_site[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.20.1.0/24\", \"fd00:20:1::/64\"],"
	"  \"vlans\": [120]},"
	"  {\"id\": \"far\", \"networks\": [\"10.40.0.0/16\"], \"vlans\": [140]}],"
	" \"assets\": [{\"id\": \"IMG\", \"zone\": \"core\", \"ip\": [\"" IMG "\"],"
	"  \"mac\": [\"02:00:00:00:00:11\"]},"
	" {\"id\": \"ACQ\", \"zone\": \"core\", \"ip\": [\"" ACQ "\"],"
	"  \"mac\": [\"02:00:00:00:00:20\"]}]}";

struct world {
	struct site *site;
	struct alert_context context;
	struct outbox *outbox;
	int sink;
	struct analysis *analysis;
	struct analysis_parts parts;
};

static inline uint64_t at(unsigned day, unsigned hour, unsigned minute)
{
	return DAY_1 + (day - 1) * NS_PER_DAY + hour * NS_PER_HOUR + minute * NS_PER_MIN;
}

/* text NULL: no site policy. */
static inline void begin(struct world *w, const char *text)
{
	struct analysis_config cfg = { .context = &w->context };

	memset(w, 0, sizeof(*w));
	CU_ASSERT_FATAL(!(text ? site_parse("test", text, strlen(text), &w->site) :
				 site_default(NULL, NULL, &w->site)));
	CU_ASSERT_FATAL(!tz_use("UTC") && !outbox_new(&w->outbox));
	w->sink = outbox_add_sink(w->outbox, "test");
	w->context = (struct alert_context){ .site = w->site, .sensor = "test" };
	cfg.outbox = w->outbox;
	CU_ASSERT_FATAL(!analysis_new(&cfg, &w->analysis));
	analysis_parts(w->analysis, &w->parts);
	analysis_start(w->analysis, at(1, 0, 0));
}

static inline void end(struct world *w)
{
	analysis_free(w->analysis);
	outbox_give_up(w->outbox, w->sink);
	outbox_free(w->outbox);
	site_free(w->site);
}

static inline void take_event(struct world *w, const struct slice *s)
{
	analysis_time(w->analysis, s->minute_ns);
	analysis_event(w->analysis, s);
}

/* A claim, made once. */
static inline void says(struct world *w, uint64_t ns, enum claim_kind kind, const char *address,
			const uint8_t mac[static 6], unsigned how)
{
	struct claim c = { .kind = (uint8_t)kind, .how = (uint8_t)how, .count = 1,
			   .link = { .vlan = { VLAN, 0xffff } }, .first_ns = ns, .last_ns = ns };
	struct slice s;

	CU_ASSERT_FATAL(addr_parse(address, &c.addr));
	memcpy(c.mac, mac, 6);
	claim_to_slice(&c, ns / SLICE_NS * SLICE_NS, &s);
	take_event(w, &s);
}

static inline void holds(struct world *w, uint64_t ns, const char *address,
			 const uint8_t mac[static 6])
{
	says(w, ns, CLAIM_HOLDS, address, mac, CLAIM_PLAIN);
}

/* A minute of a connection. */
struct goes {
	const char *client, *server;
	const uint8_t *client_mac, *server_mac;
	uint16_t client_port;		/* 0: 50000 */
	bool is_unanswered;
	bool by_server;			/* the first frame that was seen is the server's */
};

static inline void goes(struct world *w, uint64_t ns, const struct goes *g)
{
	uint16_t from = g->client_port ? g->client_port : 50000;
	struct slice s = { .kind = SLICE_SLICE, .minute_ns = ns / SLICE_NS * SLICE_NS,
			   .first_ns = ns, .last_ns = ns + SEC, .is_answered = !g->is_unanswered,
			   .macs_by = g->by_server };
	struct addr client, server;

	CU_ASSERT_FATAL(addr_parse(g->client, &client) && addr_parse(g->server, &server));
	s.client_is_b = addr_compare(&client, &server) > 0;
	s.id.first_ns = ns;
	s.id.key = (struct flow_key){ .a = s.client_is_b ? server : client,
				      .b = s.client_is_b ? client : server,
				      .a_port = s.client_is_b ? 443 : from,
				      .b_port = s.client_is_b ? from : 443,
				      .vlan = { VLAN, 0xffff }, .proto = 6, .ip_version = 4 };
	memcpy(s.mac[0], g->client_mac, 6);
	memcpy(s.mac[1], g->server_mac, 6);
	s.sums.payload[0] = s.sums.payload[1] = 1000;
	s.sums.packets[0] = 5;
	s.sums.packets[1] = g->is_unanswered ? 0 : 5;
	take_event(w, &s);
}

static char links_said[32768];		/* the last record that told() has met, whole */

/* Capture time passes to ns: the records of a rule since the last call, as "open 4 IMG 203.0.113.9,
 * ..."; those of other rules are left out. */
static inline const char *told(struct world *w, uint64_t ns, const char *rule)
{
	static char text[8192];
	const struct record *records[64];
	bool closed;
	size_t n;

	analysis_time(w->analysis, ns);
	text[0] = '\0';
	while ((n = outbox_peek(w->outbox, w->sink, records, 64, 0, &closed)) > 0) {
		for (size_t i = 0; i < n; i++) {
			const struct record_flat *f = &records[i]->flat;
			size_t len = strlen(text);

			if (strcmp(f->rule, rule))
				continue;
			snprintf(links_said, sizeof(links_said), "%s", records[i]->json);
			snprintf(text + len, sizeof(text) - len, "%s%s %u %s %s", len ? ", " : "",
				 f->action, f->severity, f->asset, f->dst);
		}
		outbox_taken(w->outbox, w->sink, n);
	}
	return text;
}

/* ... and what it says. */
#define SAID(text) CU_ASSERT_PTR_NOT_NULL(strstr(links_said, text))
#define TOLD(w, ns, rule, text) EQUAL_TEXT(told(w, ns, rule), text)

static inline int links_quiet(void)
{
	log_set_level(LOG_LEVEL_ERR);
	return 0;
}

#endif
