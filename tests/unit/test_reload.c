/* test_reload.c - a policy that changes while the sensor runs: what is taken, what is refused and
 * said, and that incidents go on under it or end by it; with a state and without. */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/memory.h"
#include "app/policy_load.h"
#include "app/reload.h"
#include "app/signals.h"
#include "base/log.h"
#include "base/text.h"
#include "base/tz.h"
#include "tap.h"

#define DAY_1 (20458 * NS_PER_DAY)	/* 2026-01-05 */

struct world {
	struct options options;
	struct session session;
	int sink;
	char directory[64], site[96], orders[96], tmp[96];
	const char *asset;		/* the id of the one at 10.1.0.1 */
	uint64_t now_ns;
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_FATAL(f && fputs(text, f) >= 0 && !fclose(f));
}

/* The site with that time zone and these further sections ('...', beginning with a comma). */
static void write_site(struct world *w, const char *zone, const char *more)
{
	char text[4096];

	CU_ASSERT_FATAL(text_format(text, sizeof(text),
		"{\"site\": {\"id\": \"T\", \"timezone\": \"%s\", \"networks\": [\"10.0.0.0/8\"],\n"
		" \"closed_hours\": []}, \"zones\": [{\"id\": \"z\", \"closed\": true,\n"
		" \"networks\": [\"10.1.0.0/24\"]}],\n"
		" \"assets\": [{\"id\": \"%s\", \"zone\": \"z\", \"vendor\": \"V\","
		" \"ip\": [\"10.1.0.1\"]}]%s}",
		zone, w->asset, more));
	write_file(w->site, text);
}

static void write_orders(struct world *w, const char *id)
{
	char text[1024];

	CU_ASSERT_FATAL(text_format(text, sizeof(text),
		"{\"work_orders\": [{\"id\": \"%s\", \"vendor\": \"V\", \"assets\": [\"A\"], "
		"\"start\": \"2026-01-05T00:00:00Z\", \"end\": \"2026-01-06T00:00:00Z\", "
		"\"mode\": \"remote\"}]}",
		id));
	write_file(w->orders, text);
}

static void begin(struct world *w, bool has_state, const char *more)
{
	struct session *s = &w->session;
	char path[96];
	uint64_t from_ns;

	memset(w, 0, sizeof(*w));
	w->asset = "A";
	text_copy(w->directory, sizeof(w->directory), "test-reload-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(w->directory) != NULL);
	text_format(w->site, sizeof(w->site), "%s/site.json", w->directory);
	text_format(w->orders, sizeof(w->orders), "%s/orders.json", w->directory);
	text_format(w->tmp, sizeof(w->tmp), "%s/tmp", w->directory);
	text_format(path, sizeof(path), "%s/state", w->directory);
	CU_ASSERT_FATAL(!mkdir(w->tmp, 0700) && !setenv("TMPDIR", w->tmp, 1));
	write_site(w, "UTC", more);
	w->options = (struct options){ .command = COMMAND_LIVE, .site = w->site,
				       .sensor = "test" };
	*s = (struct session){ .options = &w->options };
	CU_ASSERT_FATAL(policy_load(&w->options, &s->site) == EXIT_DONE && !tz_use("UTC"));
	s->context = (struct alert_context){ .site = s->site, .orders = s->site->orders,
					     .sensor = "test", .is_live = true };
	session_make_run_id(s);
	CU_ASSERT_FATAL(!outbox_new(&s->outbox));
	w->sink = outbox_add_sink(s->outbox, "test");
	CU_ASSERT_FATAL(!analysis_new(&(struct analysis_config){ .context = &s->context,
				      .outbox = s->outbox }, &s->analysis));
	if (has_state)
		CU_ASSERT_FATAL(!memory_open(path, s->site, &s->memory) &&
				!memory_plan(s->memory, "", 0, false, &from_ns) &&
				!memory_load(s->memory, s->analysis));
	CU_ASSERT_FATAL(!reload_new(s, &s->reload));
	analysis_on_policy(s->analysis, reload_look, s->reload);
	w->now_ns = DAY_1 + 12 * NS_PER_HOUR;
	analysis_start(s->analysis, w->now_ns);
}

static void end(struct world *w)
{
	struct session *s = &w->session;
	char command[128];

	reload_free(s->reload);
	analysis_free(s->analysis);
	memory_close(s->memory);
	outbox_give_up(s->outbox, w->sink);
	outbox_free(s->outbox);
	site_free(s->site);
	EQUAL_INT(rmdir(w->tmp), 0);		/* what was made there is gone */
	text_format(command, sizeof(command), "rm -r %s", w->directory);
	EQUAL_INT(system(command), 0);
}

/* A minute passes; A sends up bytes to 192.0.2.1 in it. */
static void passes(struct world *w, uint64_t up)
{
	const uint8_t a[4] = { 10, 1, 0, 1 }, b[4] = { 192, 0, 2, 1 };
	struct slice s = { .kind = SLICE_SLICE, .minute_ns = w->now_ns, .first_ns = w->now_ns,
			   .last_ns = w->now_ns, .is_answered = true };

	s.id.first_ns = w->now_ns;
	s.id.key = (struct flow_key){ .a = addr_from_ipv4(a), .b = addr_from_ipv4(b),
				      .a_port = 40000, .b_port = 443, .vlan = { 0xffff, 0xffff },
				      .proto = 6, .ip_version = 4 };
	s.sums.payload[0] = up;
	if (up)
		analysis_event(w->session.analysis, &s);
	w->now_ns += SLICE_NS;
	analysis_time(w->session.analysis, w->now_ns);
}

/* Takes the records: "NW-DST-002:open health:taken ..."; *ret_last: the JSON of the last one. */
static const char *take(struct world *w, char *ret_last, size_t cap)
{
	static char text[4096];
	const struct record *records[64];
	bool closed;
	size_t n;

	text[0] = '\0';
	while ((n = outbox_peek(w->session.outbox, w->sink, records, 64, 0, &closed)) > 0) {
		for (size_t i = 0; i < n; i++) {
			const struct record_flat *f = &records[i]->flat;

			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s:%s",
				 text[0] ? " " : "", records[i]->kind == RECORD_HEALTH ? "health" :
				 f->rule, f->action);
			if (ret_last)
				text_copy(ret_last, cap, records[i]->json);
		}
		outbox_taken(w->session.outbox, w->sink, n);
	}
	return text;
}

static void hang_up(struct world *w)
{
	raise(SIGHUP);
	passes(w, 0);
}

/* --- taken ---------------------------------------------------------------------------------- */

static void check_taken(bool has_state)
{
	struct world w;
	char last[8192], then[DIGEST_HEX_MAX];
	const struct site *old;

	begin(&w, has_state, "");
	passes(&w, 1000);
	EQUAL_TEXT(take(&w, NULL, 0), "NW-DST-002:open");
	/* The same text: everything goes on, and nothing is told twice. */
	old = w.session.site;
	hang_up(&w);
	CU_ASSERT(w.session.site != old && w.session.context.site == w.session.site);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "health:taken");
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "\"policy.refused\":0,\"policy.taken\":1"));
	CU_ASSERT_PTR_NOT_NULL(strstr(last, w.session.site->sha256));
	passes(&w, 1000);
	EQUAL_TEXT(take(&w, NULL, 0), "");
	/* Switched off: what is open ends by it, and nothing more is raised. */
	text_copy(then, sizeof(then), w.session.context.run_id);
	write_site(&w, "UTC", ", \"rules\": {\"NW-DST-002\": {\"enabled\": false}}");
	hang_up(&w);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "NW-DST-002:resolve health:taken");
	CU_ASSERT(strcmp(then, w.session.context.run_id));
	passes(&w, 5000000);
	EQUAL_TEXT(take(&w, NULL, 0), "");
	EQUAL_INT(incidents_counters(analysis_incidents(w.session.analysis))->opened, 1);
	/* And on again: from the next row on at the latest. */
	write_site(&w, "UTC", "");
	hang_up(&w);
	EQUAL_TEXT(take(&w, NULL, 0), "health:taken");
	w.now_ns += NS_PER_DAY;
	passes(&w, 1000);
	EQUAL_TEXT(take(&w, NULL, 0), "NW-DST-002:open");
	end(&w);
}

static void taken_with_a_state(void)
{
	check_taken(true);
}

static void taken_without(void)
{
	check_taken(false);
}

/* An entry covers it from now on: what is open stays so, and nothing is added to it; what the entry
 * does not cover any more is. */
static void expected(void)
{
	struct world w;
	char last[8192];

	begin(&w, false, "");
	passes(&w, 1000);
	EQUAL_TEXT(take(&w, NULL, 0), "NW-DST-002:open");
	write_site(&w, "UTC", ", \"expected\": [{\"id\": \"e\", \"from\": {\"asset\": \"A\"},"
			      " \"to\": {\"ip\": [\"192.0.2.1\"]}}]");
	hang_up(&w);
	passes(&w, 5000000);
	w.now_ns += NS_PER_DAY;			/* the row ends */
	passes(&w, 7000000);
	EQUAL_TEXT(take(&w, NULL, 0), "health:taken");
	write_site(&w, "UTC", "");
	hang_up(&w);
	passes(&w, 10);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "health:taken NW-DST-002:update");
	end(&w);
}

/* An asset leaves the site: what is open about it ends by that, and its number is nobody else's
 * when it comes back. */
static void check_parted(bool has_state)
{
	struct world w;
	char last[8192];

	begin(&w, has_state, "");
	passes(&w, 1000);
	EQUAL_TEXT(take(&w, NULL, 0), "NW-DST-002:open");
	w.asset = "B";
	write_site(&w, "UTC", "");
	raise(SIGHUP);
	passes(&w, 1000);
	/* The traffic of that minute is of the asset that was. */
	EQUAL_TEXT(take(&w, NULL, 0), "NW-DST-002:resolve health:taken");
	passes(&w, 1000);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "NW-DST-002:open");
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "\"id\":\"B\""));
	w.asset = "A";
	write_site(&w, "UTC", "");
	hang_up(&w);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "NW-DST-002:resolve health:taken");
	w.now_ns += NS_PER_DAY;		/* of the same row it has been told */
	passes(&w, 1000);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "NW-DST-002:open");
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "\"id\":\"A\""));
	EQUAL_INT(incidents_counters(analysis_incidents(w.session.analysis))->opened, 3);
	end(&w);
}

static void parted_with_a_state(void)
{
	check_parted(true);
}

static void parted_without(void)
{
	check_parted(false);
}

/* The sensor ends and begins again with the site file as it is then. */
static void restart(struct world *w)
{
	struct session *s = &w->session;
	char path[96];
	uint64_t from_ns;

	reload_free(s->reload);
	analysis_free(s->analysis);
	memory_close(s->memory);
	site_free(s->site);
	text_format(path, sizeof(path), "%s/state", w->directory);
	CU_ASSERT_FATAL(policy_load(&w->options, &s->site) == EXIT_DONE);
	s->context = (struct alert_context){ .site = s->site, .orders = s->site->orders,
					     .sensor = "test", .is_live = true };
	session_make_run_id(s);
	CU_ASSERT_FATAL(!analysis_new(&(struct analysis_config){ .context = &s->context,
				      .outbox = s->outbox }, &s->analysis));
	CU_ASSERT_FATAL(!memory_open(path, s->site, &s->memory) &&
			!memory_plan(s->memory, "", 0, false, &from_ns) &&
			!memory_load(s->memory, s->analysis));
	CU_ASSERT_FATAL(!reload_new(s, &s->reload));
	analysis_on_policy(s->analysis, reload_look, s->reload);
}

static uint64_t sequence_of(const char *json)
{
	const char *at = strstr(json, "\"sequence\":");

	return at ? strtoull(at + strlen("\"sequence\":"), NULL, 10) : 0;
}

/* The same while no sensor runs: it is told by the next one, and once. */
static void parted_while_away(void)
{
	struct world w;
	char opened[8192], last[8192];

	begin(&w, true, "");
	passes(&w, 1000);
	EQUAL_TEXT(take(&w, opened, sizeof(opened)), "NW-DST-002:open");
	restart(&w);
	passes(&w, 0);
	EQUAL_TEXT(take(&w, NULL, 0), "");
	w.asset = "B";
	write_site(&w, "UTC", "");
	restart(&w);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "NW-DST-002:resolve");
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "Closed, its asset is no longer in the site policy: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "\"id\":\"A\""));
	EQUAL_INT(sequence_of(last), sequence_of(opened) + 1);
	passes(&w, 1000);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "NW-DST-002:open");
	EQUAL_INT(sequence_of(last), sequence_of(opened) + 2);
	restart(&w);
	passes(&w, 0);
	EQUAL_TEXT(take(&w, NULL, 0), "");
	w.asset = "A";				/* it comes back: what was open is not */
	write_site(&w, "UTC", "");
	restart(&w);
	EQUAL_TEXT(take(&w, NULL, 0), "NW-DST-002:resolve");
	end(&w);
}

/* --- refused -------------------------------------------------------------------------------- */

/* The old one stays, and the record says why. */
static void check_refused(struct world *w, const char *why)
{
	const struct site *old = w->session.site;
	char last[8192], then[DIGEST_HEX_MAX];

	text_copy(then, sizeof(then), w->session.context.run_id);
	hang_up(w);
	CU_ASSERT(w->session.site == old && w->session.context.site == old);
	EQUAL_TEXT(then, w->session.context.run_id);
	EQUAL_TEXT(take(w, last, sizeof(last)), "health:refused");
	CU_ASSERT_PTR_NOT_NULL(strstr(last, why));
	if (!strstr(last, why))
		printf("# %s\n", last);
	passes(w, 1000);			/* and it still runs */
}

static void refused(void)
{
	struct world w;
	char other[256];

	begin(&w, true, "");
	passes(&w, 1000);
	take(&w, NULL, 0);
	write_site(&w, "UTC", ", \"ruels\": {}");
	check_refused(&w, "site.json:4:");
	write_site(&w, "Europe/Amsterdam", "");
	check_refused(&w, "the time zone is \\\"Europe/Amsterdam\\\" now and was \\\"UTC\\\"");
	write_site(&w, "UTC", ", \"file_types\": [{\"name\": \"x\", \"magic\": \"0102030405\"}]");
	check_refused(&w, "file_types");
	write_file(w.site, "{\"site\": {\"id\": \"U\", \"timezone\": \"UTC\","
			   " \"closed_hours\": []}}");
	check_refused(&w, "the site id is \\\"U\\\" now and was \\\"T\\\"");
	text_format(other, sizeof(other), "%s/key", w.directory);
	write_file(other, "0123456789abcdef0123456789abcdef");
	write_site(&w, "UTC", ", \"privacy\": {\"pseudonymise\": [\"names\"], "
			      "\"key_file\": \"key\"}");
	check_refused(&w, "privacy");
	unlink(other);
	unlink(w.site);
	check_refused(&w, "site.json");
	text_format(other, sizeof(other), "%s/none", w.directory);
	write_site(&w, "UTC", "");
	w.options.rules = other;
	check_refused(&w, "none");
	w.options.rules = NULL;
	hang_up(&w);
	EQUAL_TEXT(take(&w, NULL, 0), "health:taken");
	end(&w);
}

/* --- work orders ---------------------------------------------------------------------------- */

static void orders(void)
{
	struct world w;
	char last[8192], first[DIGEST_HEX_MAX];

	memset(&w, 0, sizeof(w));
	begin(&w, false, "");
	write_orders(&w, "WO-1");
	write_site(&w, "UTC", ", \"work_orders\": \"orders.json\"");
	hang_up(&w);
	EQUAL_TEXT(take(&w, NULL, 0), "health:taken");
	CU_ASSERT_PTR_NOT_NULL_FATAL(w.session.context.orders);
	text_copy(first, sizeof(first), w.session.context.orders->sha256);
	passes(&w, 0);
	EQUAL_TEXT(take(&w, NULL, 0), "");
	write_orders(&w, "WO-1234");
	passes(&w, 0);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "health:taken");
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "\"part\":\"work_orders\""));
	CU_ASSERT(strcmp(first, w.session.context.orders->sha256));
	write_file(w.orders, "{\"work_orders\": [{]}");
	passes(&w, 0);
	EQUAL_TEXT(take(&w, last, sizeof(last)), "health:refused");
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "orders.json:1:"));
	passes(&w, 0);
	EQUAL_TEXT(take(&w, NULL, 0), "");	/* said once */
	end(&w);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "taken, with a state", taken_with_a_state },
		{ "taken, without", taken_without },
		{ "an entry covers it: nothing is added", expected },
		{ "an asset leaves, with a state", parted_with_a_state },
		{ "an asset leaves, without", parted_without },
		{ "an asset leaves while no sensor runs", parted_while_away },
		{ "refused: the old one stays", refused },
		{ "work orders", orders },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "reload", .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	log_set_level(LOG_LEVEL_ERR);
	signals_catch_reload();
	return tap_main(suites);
}
