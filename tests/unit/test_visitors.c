/* test_visitors.c - remote sessions against hand-made minutes of traffic: what is one, what is told
 * of it and when, beside which orders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/analysis.h"
#include "app/visitors.h"
#include "base/clock.h"
#include "base/tz.h"
#include "dpi/dpi.h"
#include "policy/orders.h"
#include "tap.h"

#define KB 1000ULL
#define MB 1000000ULL
#define DAY_1 (20458 * NS_PER_DAY)	/* 2026-01-05, a Monday; the site is on UTC */

#define IMG "10.1.0.1"			/* vendor A */
#define IMG2 "10.1.0.2"			/* vendor B, the same zone */
#define GW "10.2.0.1"
#define REVIEW "10.3.0.1"
#define OUTSIDE "203.0.113.9"

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.1.0.0/24\"]},"
	"  {\"id\": \"maint\", \"networks\": [\"10.2.0.0/24\"]},"
	"  {\"id\": \"review\", \"networks\": [\"10.3.0.0/24\"]}],"
	" \"assets\": [{\"id\": \"IMG\", \"role\": \"image_server\", \"vendor\": \"A\","
	"  \"ip\": [\"" IMG "\"]},"
	" {\"id\": \"IMG2\", \"role\": \"image_server\", \"vendor\": \"B\", \"ip\": "
	"[\"" IMG2 "\"]},"
	" {\"id\": \"GW\", \"role\": \"maintenance_gateway\", \"ip\": [\"" GW "\"]},"
	" {\"id\": \"REVIEW\", \"role\": \"review\", \"ip\": [\"" REVIEW "\"]}],"
	" \"expected\": [{\"id\": \"push\", \"from\": {\"asset\": \"IMG\"}, \"to\": {\"ip\":"
	"  [\"192.0.2.50\"]}, \"services\": [\"tcp/22\"], \"max_bytes_per_night\": \"1KB\"},"
	" {\"id\": \"desk\", \"from\": {\"asset\": \"GW\"}, \"to\": {\"role\": \"image_server\"},"
	"  \"services\": [\"tcp/3389\"], \"window\": {\"days\": \"mon-sun\", \"from\": \"07:00\","
	"  \"to\": \"18:00\"}}]}";

/* Of day 1: WO-1 and WO-2 for IMG, WO-3 for IMG2 later. */
static const char orders_text[] =
	"id,vendor,assets,start,end,mode\n"
	"WO-1,A,IMG,2026-01-05T08:00:00Z,2026-01-05T10:00:00Z,remote\n"
	"WO-2,A,IMG,2026-01-05T20:00:00Z,2026-01-05T21:00:00Z,\n"
	"WO-3,B,IMG2,2026-01-06T08:00:00Z,2026-01-06T10:00:00Z,remote\n"
	"WO-4,A,IMG,2026-01-05T04:00:00Z,2026-01-05T05:00:00Z,onsite\n";

struct world {
	struct site *site;
	struct orders *orders;
	struct alert_context context;
	struct outbox *outbox;
	int sink;
	struct analysis *analysis;
	struct analysis_parts parts;
};

static uint64_t at(unsigned day, unsigned hour, unsigned minute)
{
	return DAY_1 + (day - 1) * NS_PER_DAY + hour * NS_PER_HOUR + minute * NS_PER_MIN;
}

static void begin(struct world *w, const char *orders)
{
	struct analysis_config cfg = { .context = &w->context };

	memset(w, 0, sizeof(*w));
	CU_ASSERT_FATAL(!site_parse("test", site_text, strlen(site_text), &w->site));
	if (orders)
		CU_ASSERT_FATAL(!orders_parse("o", orders, strlen(orders), w->site, &w->orders));
	CU_ASSERT_FATAL(!tz_use("UTC") && !outbox_new(&w->outbox));
	w->sink = outbox_add_sink(w->outbox, "test");
	w->context = (struct alert_context){ .site = w->site, .sensor = "test",
					     .orders = w->orders };
	cfg.outbox = w->outbox;
	CU_ASSERT_FATAL(!analysis_new(&cfg, &w->analysis));
	analysis_parts(w->analysis, &w->parts);
	analysis_start(w->analysis, at(1, 0, 0));
}

static void end(struct world *w)
{
	analysis_free(w->analysis);
	outbox_give_up(w->outbox, w->sink);
	outbox_free(w->outbox);
	orders_free(w->orders);
	site_free(w->site);
}

static uint16_t id_of(const char *name)
{
	for (uint16_t id = 1; id < 1000; id++)
		if (!strcmp(dpi_protocol_name(id), name))
			return id;
	CU_FAIL("nDPI does not know the protocol");
	return 0;
}

/* A minute of a connection; up is the client's. */
struct talk {
	const char *client, *server, *protocol;	/* nDPI's name; NULL: not recognised */
	uint16_t port, client_port;		/* 0: 3389, 50000 */
	uint64_t up, down, packets;		/* packets 0: 20 each way */
	uint64_t since_ns;			/* of the connection; 0: this minute */
	bool is_unanswered;
};

static void talks(struct world *w, uint64_t at_ns, const struct talk *t)
{
	uint16_t port = t->port ? t->port : 3389, from = t->client_port ? t->client_port : 50000;
	struct slice s = { .kind = SLICE_SLICE, .minute_ns = at_ns / SLICE_NS * SLICE_NS,
			   .first_ns = at_ns, .last_ns = at_ns + NS_PER_SEC,
			   .is_answered = !t->is_unanswered };
	struct addr client, server;

	CU_ASSERT_FATAL(addr_parse(t->client, &client) && addr_parse(t->server, &server));
	s.client_is_b = addr_compare(&client, &server) > 0;
	s.id.first_ns = t->since_ns ? t->since_ns : at_ns;
	s.id.key = (struct flow_key){ .a = s.client_is_b ? server : client,
				      .b = s.client_is_b ? client : server,
				      .a_port = s.client_is_b ? port : from,
				      .b_port = s.client_is_b ? from : port,
				      .vlan = { 0xffff, 0xffff }, .proto = 6, .ip_version = 4 };
	s.sums.payload[0] = t->up;
	s.sums.payload[1] = t->down;
	s.sums.packets[0] = t->packets ? t->packets : 20;
	s.sums.packets[1] = t->is_unanswered ? 0 : s.sums.packets[0];
	if (t->protocol) {
		s.master = id_of(t->protocol);
		s.verdict = DPI_DPI;
	}
	analysis_time(w->analysis, s.minute_ns);
	analysis_event(w->analysis, &s);
}

#define RDP(from, to) &(struct talk){ .client = from, .server = to, .protocol = "RDP", \
				      .up = 1 * KB, .down = 5 * KB }

/* The records of NW-REM, as "001:open:5 ASSET wo=.. day 1 03:01, ..." */
static const char *take(struct world *w)
{
	static char text[8192];
	const struct record *records[64];
	bool closed;
	size_t n;

	text[0] = '\0';
	while ((n = outbox_peek(w->outbox, w->sink, records, 64, 0, &closed)) > 0) {
		for (size_t i = 0; i < n; i++) {
			const struct record_flat *f = &records[i]->flat;
			unsigned minutes = (unsigned)((f->ts_ms - DAY_1 / NS_PER_MS) / 60000);

			if (strncmp(f->rule, "NW-REM", 6))
				continue;
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 "%s%s %s %u %s %s day %u %02u:%02u", text[0] ? ", " : "",
				 f->rule + 7, f->action, f->severity, f->asset, f->work_order,
				 minutes / 1440 + 1, minutes / 60 % 24, minutes % 60);
		}
		outbox_taken(w->outbox, w->sink, n);
	}
	return text;
}

static const char *until(struct world *w, uint64_t ns)
{
	analysis_time(w->analysis, ns);
	return take(w);
}

/* --- NW-REM-001 -------------------------------------------------------- */

static void without_an_order_at_once_and_until_it_is_quiet(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 3, 0), RDP(GW, IMG));
	EQUAL_TEXT(take(&w), "");
	EQUAL_TEXT(until(&w, at(1, 3, 1)), "001 open 5 IMG none day 1 03:01");
	for (unsigned i = 1; i < 21; i++)
		talks(&w, at(1, 3, i), &(struct talk){ .client = GW, .server = IMG, .up = 9 * KB,
						       .down = 300 * KB, .protocol = "RDP",
						       .since_ns = at(1, 3, 0) });
	/* 6 KB were told, then 309 KB a minute: a megabyte more, and twice that, and twice that. */
	EQUAL_TEXT(until(&w, at(1, 3, 21)), "001 update 5 IMG none day 1 03:05, "
		   "001 update 5 IMG none day 1 03:10, 001 update 5 IMG none day 1 03:20");
	EQUAL_TEXT(until(&w, at(1, 3, 50)), "");
	EQUAL_TEXT(until(&w, at(1, 4, 50)), "001 update 5 IMG none day 1 "
		"03:51");	/* its end */
	EQUAL_TEXT(until(&w, at(15, 11, 59)), "");
	EQUAL_TEXT(until(&w, at(20, 12, 0)), "001 resolve 5 IMG none day 15 12:00");
	EQUAL_INT(visits_count(w.parts.visits), 0);
	end(&w);
}

static void inside_its_order_silence(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 7, 45), RDP(GW, IMG));
	for (unsigned i = 0; i < 12; i++)
		talks(&w, at(1, 8, 10 * i), RDP(GW, IMG));
	EQUAL_TEXT(until(&w, at(3, 0, 0)), "");
	end(&w);
}

static void too_early_is_told_and_then_with_the_order(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 7, 40), RDP(GW, IMG));
	EQUAL_TEXT(until(&w, at(1, 7, 41)), "001 open 5 IMG none day 1 07:41");
	talks(&w, at(1, 7, 50), RDP(GW, IMG));
	EQUAL_TEXT(until(&w, at(1, 7, 51)), "001 update 5 IMG WO-1 day 1 07:51");
	end(&w);
}

/* The order of another asset, of another vendor, and of work on site. */
static void orders_of_others_do_not_count(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 9, 0), RDP(GW, IMG2));
	EQUAL_TEXT(until(&w, at(1, 9, 1)), "001 open 5 IMG2 none day 1 09:01");
	talks(&w, at(1, 4, 30 + 6 * 60), RDP(OUTSIDE, IMG));
	EQUAL_TEXT(until(&w, at(1, 10, 31)), "001 open 5 IMG none day 1 10:31");
	end(&w);
	begin(&w, orders_text);
	talks(&w, at(1, 4, 30), RDP(OUTSIDE, IMG));
	EQUAL_TEXT(until(&w, at(1, 4, 31)), "001 open 5 IMG none day 1 04:31");
	end(&w);
}

static void where_no_orders_are_registered(void)
{
	struct world w;

	begin(&w, NULL);
	talks(&w, at(1, 3, 0), RDP(GW, IMG));
	talks(&w, at(1, 9, 0), RDP(GW, IMG2));		/* as the policy expects */
	EQUAL_TEXT(until(&w, at(1, 9, 1)), "001 open 3 IMG none day 1 03:01");
	end(&w);
}

/* What the policy expects needs no order, whatever its amount; the gateway does. */
static void expected_traffic(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 3, 0), &(struct talk){ .client = IMG, .server = "192.0.2.50", .port = 22,
					       .protocol = "SSH", .up = 5 * MB, .down = KB });
	EQUAL_TEXT(until(&w, at(1, 3, 40)), "");
	talks(&w, at(1, 11, 0), RDP(GW, IMG));
	EQUAL_TEXT(until(&w, at(1, 11, 1)), "001 open 5 IMG none day 1 11:01");
	end(&w);
}

/* A client that uses its port again: two connections, one Community ID. */
static void a_port_that_is_used_again(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 3, 0), RDP(GW, IMG));
	talks(&w, at(1, 3, 5), RDP(GW, IMG));
	EQUAL_INT(visits_at(w.parts.visits, 0)->flows, 2);
	EQUAL_INT(visits_at(w.parts.visits, 0)->contact.communities, 1);
	end(&w);
}

/* --- what is a session ------------------------------------------------- */

static void attempts_are_no_sessions(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 3, 0), &(struct talk){ .client = OUTSIDE, .server = IMG, .protocol = "RDP",
					       .up = 100, .is_unanswered = true });
	EQUAL_INT(visits_count(w.parts.visits), 0);
	talks(&w, at(1, 3, 1), &(struct talk){ .client = OUTSIDE, .server = IMG, .up = 100,
					       .protocol = "RDP" });
	talks(&w, at(1, 3, 2), &(struct talk){ .client = OUTSIDE, .server = IMG, .port = 22 });
	EQUAL_TEXT(until(&w, at(1, 3, 3)), "");
	EQUAL_INT(visits_count(w.parts.visits), 1);
	talks(&w, at(1, 3, 4), RDP(OUTSIDE, IMG));
	EQUAL_TEXT(until(&w, at(1, 3, 5)), "001 open 5 IMG none day 1 03:05");
	EQUAL_INT(visits_at(w.parts.visits, 0)->up, 5 * KB);
	EQUAL_INT(visits_at(w.parts.visits, 0)->down, 1 * KB + 100);
	end(&w);
}

static void by_its_port_it_is_weaker_evidence(void)
{
	struct talk t = { .client = OUTSIDE, .server = IMG, .port = 5900, .up = KB, .down = KB,
			  .packets = 4 };
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 3, 0), &t);
	EQUAL_TEXT(until(&w, at(1, 3, 1)), "");
	t.since_ns = at(1, 3, 0);
	talks(&w, at(1, 3, 1), &t);
	EQUAL_TEXT(until(&w, at(1, 3, 2)), "001 open 3 IMG none day 1 03:02");
	t.protocol = "VNC";		/* it is recognised now: as sure as any */
	t.down = 2 * MB;
	talks(&w, at(1, 3, 2), &t);
	EQUAL_TEXT(until(&w, at(1, 3, 3)), "001 update 5 IMG none day 1 03:03");
	talks(&w, at(1, 3, 4), &(struct talk){ .client = OUTSIDE, .server = IMG, .port = 5985,
					       .protocol = "HTTP", .up = KB, .down = KB });
	EQUAL_TEXT(until(&w, at(1, 3, 5)), "001 open 3 IMG none day 1 03:05");
	talks(&w, at(1, 3, 6), &(struct talk){ .client = OUTSIDE, .server = IMG, .port = 22,
					       .protocol = "HTTP", .up = KB, .down = KB });
	EQUAL_TEXT(until(&w, at(1, 3, 7)), "");
	end(&w);
}

static void who_is_where(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 3, 0), RDP(IMG2, IMG));		/* one zone */
	talks(&w, at(1, 3, 0), RDP(IMG, GW));		/* in reverse */
	talks(&w, at(1, 3, 0), RDP(REVIEW, IMG2));	/* from inside the site */
	talks(&w, at(1, 3, 0), RDP(IMG2, OUTSIDE));
	talks(&w, at(1, 3, 0), RDP(OUTSIDE, "10.9.0.1"));	/* listed nowhere, in no zone */
	EQUAL_TEXT(until(&w, at(1, 3, 1)), "001 open 3 10.9.0.1 none day 1 03:01, "
		   "001 open 5 IMG none day 1 03:01, 001 open 2 IMG2 none day 1 03:01, "
		   "001 open 5 IMG2 none day 1 03:01");
	end(&w);
}

/* Whoever comes from outside to work on an asset passes the gateway. */
static void any_order_covers_the_gateway(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 9, 0), RDP(OUTSIDE, GW));
	EQUAL_TEXT(until(&w, at(1, 9, 30)), "");
	talks(&w, at(1, 12, 0), RDP(OUTSIDE, GW));
	EQUAL_TEXT(until(&w, at(1, 12, 1)), "001 open 5 GW none day 1 12:01");
	end(&w);
}

static const struct visit *only(const struct world *w)
{
	CU_ASSERT_FATAL(visits_count(w->parts.visits) == 1);
	return visits_at(w->parts.visits, 0);
}

static void gaps_below_half_an_hour_are_one_session(void)
{
	struct talk other = { .client = OUTSIDE, .server = IMG, .protocol = "RDP", .up = KB,
			      .down = KB, .client_port = 50001 };
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 3, 0), RDP(OUTSIDE, IMG));
	talks(&w, at(1, 3, 29), &other);
	EQUAL_INT(only(&w)->sessions, 1);
	EQUAL_INT(only(&w)->flows, 2);
	EQUAL_INT(only(&w)->start_ns, at(1, 3, 0));
	other.client_port = 50002;
	talks(&w, at(1, 4, 0), &other);
	EQUAL_INT(only(&w)->sessions, 2);
	EQUAL_INT(only(&w)->flows, 1);
	EQUAL_INT(only(&w)->start_ns, at(1, 4, 0));
	EQUAL_INT(only(&w)->all_down, 3 * KB);
	/* The connection was part of it: silent for hours it is the same session. */
	other.since_ns = at(1, 4, 0);
	talks(&w, at(1, 9, 0), &other);
	EQUAL_INT(only(&w)->sessions, 2);
	EQUAL_INT(only(&w)->start_ns, at(1, 4, 0));
	end(&w);
}

/* --- NW-REM-002 -------------------------------------------------------- */

static void it_outlives_its_order(void)
{
	struct talk t = { .client = GW, .server = IMG, .protocol = "RDP", .up = KB, .down = KB };
	struct world w;

	begin(&w, orders_text);
	for (unsigned i = 0; i < 18; i++) {
		talks(&w, at(1, 8, 30 + 10 * i), &t);	/* to 11:20 */
		t.since_ns = at(1, 8, 30);
	}
	/* At 10:20 it is over for 20 min; its span, 1 h 50 min, has not doubled since. */
	EQUAL_TEXT(until(&w, at(1, 11, 21)), "002 open 4 IMG WO-1 day 1 10:21");
	EQUAL_TEXT(until(&w, at(1, 11, 51)), "002 update 4 IMG WO-1 day 1 11:51");
	/* The next order covers a new session. */
	t.since_ns = 0;
	talks(&w, at(1, 20, 0), &t);
	EQUAL_TEXT(until(&w, at(1, 20, 40)), "");
	end(&w);
}

static void on_to_an_asset_outside_the_order(void)
{
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 8, 30), RDP(GW, IMG));
	talks(&w, at(1, 8, 40), RDP(IMG, IMG2));	/* within the zone */
	EQUAL_TEXT(until(&w, at(1, 8, 41)), "002 open 4 IMG2 none day 1 08:41");
	talks(&w, at(1, 8, 45), RDP(GW, IMG2));		/* and from the gateway */
	EQUAL_TEXT(until(&w, at(1, 8, 46)), "002 open 4 IMG2 none day 1 08:46, "
		   "001 open 5 IMG2 none day 1 08:46");
	talks(&w, at(1, 8, 50), RDP(IMG2, IMG));	/* nobody works on IMG2 under an order */
	EQUAL_TEXT(until(&w, at(1, 8, 51)), "");
	end(&w);
}

/* --- NW-REM-003 -------------------------------------------------------- */

static void bulk_by_whatever_protocol(void)
{
	struct talk copy = { .client = GW, .server = IMG, .port = 445, .up = KB, .down = 300 * MB };
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 8, 30), RDP(GW, IMG));
	for (unsigned i = 0; i < 3; i++)
		talks(&w, at(1, 8, 31 + 20 * i), &copy);
	EQUAL_TEXT(until(&w, at(1, 9, 12)), "");
	copy.down = 100 * MB;
	talks(&w, at(1, 9, 20), &copy);		/* 1.000005 GB with the screen */
	EQUAL_TEXT(until(&w, at(1, 9, 21)), "003 open 4 IMG WO-1 day 1 09:21");
	talks(&w, at(1, 12, 0), &copy);		/* a new session: small again */
	EQUAL_TEXT(until(&w, at(1, 12, 1)), "");
	end(&w);
}

/* --- bounds ------------------------------------------------------------ */

static void a_flood_is_one_incident(void)
{
	char peer[ADDR_TEXT_MAX];
	unsigned own = 0;
	const char *text;
	struct world w;

	begin(&w, orders_text);
	talks(&w, at(1, 2, 50), RDP(OUTSIDE, IMG2));
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(peer, sizeof(peer), "198.51.%u.%u", 100 + i / 250, 1 + i % 250);
		talks(&w, at(1, 3, i / 100), RDP(peer, IMG));
		if (i == 50)
			take(&w);
	}
	EQUAL_INT(visits_count(w.parts.visits), VISITS_MAX);
	CU_ASSERT(visits_counters(w.parts.visits)->evicted > 900);
	analysis_time(w.analysis, at(1, 3, 31));
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++)
		own += incidents_at(w.parts.incidents, i)->rule == RULE_REM_001;
	EQUAL_INT(own, 1 + INCIDENT_PEERS_MAX + 1);	/* IMG2's, IMG's own, and its flood */
	text = take(&w);
	CU_ASSERT_PTR_NULL(strstr(text, "IMG2"));
	/* The other asset's visit is still there. */
	EQUAL_TEXT(visits_at(w.parts.visits, visits_count(w.parts.visits) - 1)->subject->id,
		   "IMG2");
	end(&w);
}

static void a_state_keeps_them(void)
{
	struct packer first = { 0 }, second = { 0 };
	struct visits *again;
	struct unpacker u;
	struct world w;
	uint64_t bad;

	begin(&w, orders_text);
	talks(&w, at(1, 8, 30), RDP(GW, IMG));
	talks(&w, at(1, 9, 0), RDP(OUTSIDE, IMG2));
	analysis_time(w.analysis, at(1, 9, 1));
	CU_ASSERT(visits_are_changed(w.parts.visits));
	visits_pack(w.parts.visits, &first);
	CU_ASSERT_FATAL(!visits_new(&again));
	u = unpack_over(first.bytes, first.len);
	CU_ASSERT(visits_unpack(again, w.parts.subjects, &u, &bad));
	EQUAL_INT(bad, 0);
	CU_ASSERT(!visits_are_changed(again));
	EQUAL_INT(visits_count(again), visits_count(w.parts.visits));
	for (size_t i = 0; i < visits_count(again); i++) {
		struct visit a = *visits_at(again, i), *b = visits_at(w.parts.visits, i);

		CU_ASSERT(a.subject == b->subject && a.protocol == b->protocol);
		EQUAL_TEXT(a.order, b->order);
		CU_ASSERT(!memcmp(a.told, b->told, sizeof(a.told)));
		CU_ASSERT(!memcmp(&a.key, &b->key, sizeof(a.key)));
		CU_ASSERT(a.up == b->up && a.last_ns == b->last_ns && a.row == b->row);
		CU_ASSERT(a.is_session && a.was_covered == b->was_covered);
	}
	visits_pack(again, &second);
	CU_ASSERT(first.len == second.len && !memcmp(first.bytes, second.bytes, first.len));
	for (size_t cut = 0; cut < first.len; cut++) {
		visits_free(again);
		CU_ASSERT_FATAL(!visits_new(&again));
		u = unpack_over(first.bytes, cut);
		CU_ASSERT(!visits_unpack(again, w.parts.subjects, &u, &bad));
	}
	visits_free(again);
	pack_free(&first);
	pack_free(&second);
	end(&w);
}

static void protocols_and_ports(void)
{
	EQUAL_INT(remote_of_verdict(id_of("TLS"), id_of("AnyDesk")), REMOTE_ANYDESK);
	EQUAL_INT(remote_of_verdict(id_of("WireGuard"), 0), REMOTE_WIREGUARD);
	EQUAL_INT(remote_of_verdict(id_of("IPsec"), 0), REMOTE_IPSEC);
	EQUAL_INT(remote_of_verdict(id_of("CiscoVPN"), 0), REMOTE_VPN);
	EQUAL_INT(remote_of_verdict(id_of("CiscoVPN"), id_of("HTTP")), REMOTE_NONE);
	EQUAL_INT(remote_of_verdict(id_of("OpenVPN"), 0), REMOTE_OPENVPN);
	EQUAL_INT(remote_of_verdict(id_of("TeamViewer"), 0), REMOTE_TEAMVIEWER);
	EQUAL_INT(remote_of_verdict(id_of("Telnet"), 0), REMOTE_TELNET);
	EQUAL_INT(remote_of_verdict(id_of("TLS"), 0), REMOTE_NONE);
	EQUAL_INT(remote_of_port(6, 5985), REMOTE_WINRM);
	EQUAL_INT(remote_of_port(17, 22), REMOTE_NONE);
	EQUAL_INT(remote_of_port(50, 0), REMOTE_IPSEC);
	for (int p = REMOTE_NONE + 1; p < REMOTE_PROTOCOLS; p++)
		EQUAL_INT(remote_by_name(remote_name((enum remote_protocol)p)), p);
	EQUAL_INT(remote_by_name("none"), REMOTE_NONE);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "without an order: at once, as it grows, at its end, and until it is quiet",
		  without_an_order_at_once_and_until_it_is_quiet },
		{ "inside its order: silence", inside_its_order_silence },
		{ "too early is told, and then with the order",
		  too_early_is_told_and_then_with_the_order },
		{ "orders of others do not count", orders_of_others_do_not_count },
		{ "where no orders are registered", where_no_orders_are_registered },
		{ "expected traffic needs none, but for the gateway's", expected_traffic },
		{ "a port that is used again", a_port_that_is_used_again },
		{ "attempts are no sessions", attempts_are_no_sessions },
		{ "by its port it is weaker evidence", by_its_port_it_is_weaker_evidence },
		{ "who is where", who_is_where },
		{ "any order covers the gateway", any_order_covers_the_gateway },
		{ "gaps below half an hour are one session",
		  gaps_below_half_an_hour_are_one_session },
		{ "it outlives its order", it_outlives_its_order },
		{ "on to an asset outside the order", on_to_an_asset_outside_the_order },
		{ "bulk, by whatever protocol", bulk_by_whatever_protocol },
		{ "a flood is one incident, and pushes out its own", a_flood_is_one_incident },
		{ "a state keeps them", a_state_keeps_them },
		{ "protocols and ports", protocols_and_ports },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "visitors", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
