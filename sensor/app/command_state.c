/* command_state.c - nachtwacht state: what a state file remembers, for people.
 *
 *   show assets channels outbox    here, as text
 *   channels --channel             night_picture.c
 *   review, promote                command_review.c, command_promote.c
 *   export                         state_export.c (json, csv), draft_site.c (site)
 */
#include "app/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "app/columns.h"
#include "app/draft_site.h"
#include "app/links_view.h"
#include "app/night_picture.h"
#include "app/oui.h"
#include "app/state_export.h"
#include "app/state_view.h"
#include "base/err.h"
#include "base/log.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "base/tz.h"

#define MATCHES_SHOWN 20
#define NUMBER_TEXT_MAX 24

static const char *escape(const char *text, char buf[static VIEW_TEXT_MAX])
{
	return text[0] ? text_escape(text, strlen(text), buf, VIEW_TEXT_MAX) : "-";
}

static const char *number(uint64_t n, char buf[static NUMBER_TEXT_MAX])
{
	snprintf(buf, NUMBER_TEXT_MAX, "%" PRIu64, n);
	return buf;
}

static int finish(struct columns *c)
{
	bool is_whole = columns_print(c, stdout);

	columns_free(c);
	if (is_whole)
		return EXIT_DONE;
	log_err("state", "out of memory: not every line could be shown");
	return EXIT_FAILED;
}

/* --- show -------------------------------------------------------------- */

static void show_times(const struct state_view *v)
{
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];
	uint64_t first = v->point.first_ns, now = v->point.now_ns;

	if (!first) {
		puts("covers      nothing yet");
		return;
	}
	printf("covers      %s to %s (%s)\n", clock_format_offset(first, tz_offset(first), from),
	       clock_format_offset(now, tz_offset(now), to), v->site->timezone);
	printf("            %s to %s\n", clock_format(first, from), clock_format(now, to));
}

static void show_run(const struct state_view *v)
{
	long pid = state_writer(v->state);

	if (pid)
		printf("last run    process %ld is at work on it\n", pid);
	else if (!v->point.first_ns && v->is_clean)
		puts("last run    none yet");
	else
		printf("last run    %s\n", v->is_clean ? "ended well" :
		       "did not end well: what it had committed is here, open connections are "
		       "not");
}

static uint64_t bytes_of(const char *path, const char *suffix)
{
	char name[4096];
	struct stat st;

	if (!text_format(name, sizeof(name), "%s%s", path, suffix) || stat(name, &st))
		return 0;
	return (uint64_t)st.st_size;
}

/* Without "unlisted@ZONE", which stands for those beyond what fits. */
static size_t count_subjects(const struct state_view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < subjects_count(v->tables.subjects); i++)
		n += !strchr(subjects_at(v->tables.subjects, i)->id, '@');
	return n;
}

static void show_counts(const struct state_view *v)
{
	const struct channels_counters *c = channels_counters(v->tables.channels);
	char db[CLOCK_TEXT_MAX], wal[CLOCK_TEXT_MAX];
	uint64_t log_bytes = bytes_of(v->path, "-wal");

	printf("file        %s", size_format(bytes_of(v->path, ""), db));
	if (log_bytes)
		printf(" and %s of log", size_format(log_bytes, wal));
	printf("\nsubjects    %zu\n", count_subjects(v));
	printf("channels    %" PRIu64 ", %" PRIu64 " with evidence", c->live, c->with_evidence);
	printf(", %s in memory\n", size_format(channels_bytes(v->tables.channels), db));
	printf("connections %" PRIu64 " carried to the next run\n",
	       links_view_connections(v));
}

static int count_record(void *arg, uint64_t position, const struct record *r)
{
	uint64_t *counted = arg;

	(void)r;
	counted[0]++;
	counted[1] = position;
	return 0;
}

static int show_sink(void *arg, const char *name, uint64_t waiting, uint64_t mark)
{
	char text[VIEW_TEXT_MAX];

	(void)mark;
	printf("%s%s: %s%" PRIu64 " waiting\n", (const char *)arg, escape(name, text),
	       waiting ? "" : "up to date, ", waiting);
	return 0;
}

static void show_incidents(const struct state_view *v)
{
	size_t n = incidents_count(v->tables.incidents), open = 0, suppressed = 0;

	for (size_t i = 0; i < n; i++)
		if (incidents_at(v->tables.incidents, i)->is_open) {
			open++;
			suppressed += incidents_at(v->tables.incidents, i)->suppressed[0] != '\0';
		}
	printf("incidents   %zu open, %zu resolved\n", open, n - open);
	if (suppressed)
		printf("            %zu of the open ones suppressed by the site policy\n",
		       suppressed);
	for (size_t i = 0; i < n; i++) {
		const struct incident *in = incidents_at(v->tables.incidents, i);
		char text[INCIDENT_TEXT_MAX], at[CLOCK_TEXT_MAX], entry[VIEW_TEXT_MAX];

		if (!in->is_open)
			continue;
		text_repair(incident_message(in), strlen(incident_message(in)), text, sizeof(text));
		printf("  [%u] %s %s since %s: %s\n", in->severity, incident_rule_id(in),
		       state_view_level(in->level), state_view_time(in->opened_ns, at), text);
		if (in->suppressed[0])
			printf("      suppressed by %s\n", escape(in->suppressed, entry));
	}
}

static void show_attested(const struct state_view *v)
{
	const struct attest *a = v->tables.attest;

	if (a->number)
		printf("attested    %" PRIu64 " days, the last one is %s\n", a->number, a->prev);
}

static int show(const struct state_view *v)
{
	uint64_t records[2] = { 0, 0 };
	char text[VIEW_TEXT_MAX];
	int err;

	printf("site        %s\n", escape(v->id, text));
	printf("time zone   %s\n", v->site->timezone);
	show_times(v);
	show_run(v);
	show_counts(v);
	links_view_print(v, stdout);
	show_attested(v);
	err = state_each_record(v->state, 0, count_record, records);
	if (!err)
		printf("outbox      %" PRIu64 " records kept\n", records[0]);
	if (!err)
		err = state_each_sink(v->state, show_sink, (void *)"            ");
	show_incidents(v);
	return err ? EXIT_USAGE : EXIT_DONE;
}

/* --- assets ------------------------------------------------------------ */

struct asset_sums {
	uint64_t channels, up, down, last_ns;
};

static void add_asset(struct columns *c, const struct subject *s, const struct asset_sums *sum,
		      const struct oui *oui)
{
	char id[VIEW_TEXT_MAX], vendor[VIEW_TEXT_MAX], role[VIEW_TEXT_MAX], zone[VIEW_TEXT_MAX];
	char mac[18], address[ADDR_TEXT_MAX], n[NUMBER_TEXT_MAX];
	char up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
	const struct asset *a = s->asset;
	const char *cells[] = {
		escape(s->id, id), a ? escape(a->role, role) : "-",
		escape(a && a->vendor[0] ? a->vendor : oui_vendor(oui, s->mac), vendor),
		s->zone ? escape(s->zone->id, zone) : "-", state_view_mac(s->mac, mac),
		state_view_is_zero(&s->addr, sizeof(s->addr)) ? "-" :
		addr_show(&s->addr, address),
		number(sum->channels, n), size_format(sum->up, up), size_format(sum->down, down),
		state_view_time(sum->last_ns, last),
	};

	columns_add(c, cells);
}

static int show_assets(const struct state_view *v)
{
	static const char *const heads[] = { "ASSET", "ROLE", "VENDOR", "ZONE", "MAC", "ADDRESS",
					     "CHANNELS", "UP", "DOWN", "LAST SEEN" };
	struct columns c = { .n = ARRAY_SIZE(heads), .right = 1u << 6 | 1u << 7 | 1u << 8 };
	size_t n = subjects_count(v->tables.subjects), n_channels;
	struct channel **list = channels_sorted(v->tables.channels, &n_channels);
	struct asset_sums *sums = calloc(n + 1, sizeof(*sums));
	struct oui *oui = oui_load(NULL);

	columns_add(&c, heads);
	c.no_memory |= !sums;
	for (size_t i = 0; sums && i < n_channels; i++) {
		struct asset_sums *sum = &sums[list[i]->subject->number];

		if (list[i]->key.group != GROUP_IP)
			continue;	/* sums of the others */
		sum->channels++;
		sum->up += list[i]->up;
		sum->down += list[i]->down;
		if (list[i]->last_ns > sum->last_ns)
			sum->last_ns = list[i]->last_ns;
	}
	for (size_t i = 0; sums && i < n; i++) {
		const struct subject *s = subjects_at(v->tables.subjects, i);

		/* What stands for too many strangers is shown only when there were too many. */
		if (!strchr(s->id, '@') || sums[i].channels)
			add_asset(&c, s, &sums[i], oui);
	}
	oui_free(oui);
	free(sums);
	return finish(&c);
}

/* --- channels ---------------------------------------------------------- */

static const char *const channel_heads[] = { "ASSET", "GROUP", "DESTINATION", "NAME", "SERVICE",
					     "NIGHTS", "M", "LEVEL", "UP", "DOWN", "LAST BURST" };

static void add_channel(struct columns *c, const struct state_view *v, const struct channel *ch)
{
	struct channel_proof p = state_view_proof(v, ch);
	char id[VIEW_TEXT_MAX], service[VIEW_TEXT_MAX], name[VIEW_TEXT_MAX];
	char where[VIEW_TEXT_MAX], nights[32] = "-", m[32] = "-", shown[PSEUDONYM_NAME_MAX];
	char up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
	const char *cells[] = {
		escape(ch->subject->id, id), group_name((enum group)ch->key.group),
		state_view_where(ch, where),
		escape(name_show(ch->contact && ch->name ? ch->name : "", shown), name),
		state_view_service(ch, service), nights, m,
		state_view_level(p.level), size_format(ch->up, up), size_format(ch->down, down),
		state_view_time(p.last ? night_start_ns(&v->calendar, p.last) : 0, last),
	};

	if (ch->evidence) {
		snprintf(nights, sizeof(nights), "%u/%u", p.hits, p.seen);
		snprintf(m, sizeof(m), "%.3g", p.m);
	}
	columns_add(c, cells);
}

static bool is_meant(const struct channel *ch, const char *wanted)
{
	char id[VIEW_TEXT_MAX], service[VIEW_TEXT_MAX], name[VIEW_TEXT_MAX];
	char where[VIEW_TEXT_MAX], text[5 * VIEW_TEXT_MAX], shown[PSEUDONYM_NAME_MAX];

	snprintf(text, sizeof(text), "%s -> %s %s %s", escape(ch->subject->id, id),
		 state_view_where(ch, where),
		 escape(name_show(ch->name ? ch->name : "", shown), name),
		 state_view_service(ch, service));
	return strcasestr(text, wanted);
}

/* The one that is meant in full; if there are more, the one with the most evidence, and a list. */
static int show_one(const struct state_view *v, struct channel *const *list, size_t n,
		    const char *wanted)
{
	struct columns c = { .n = ARRAY_SIZE(channel_heads), .right = 0x360 };
	size_t matches = 0;
	char shown[VIEW_TEXT_MAX];

	columns_add(&c, channel_heads);
	for (size_t i = 0; i < n; i++) {
		if (!is_meant(list[i], wanted))
			continue;
		if (!matches++)
			night_picture_print(v, list[i], night_picture_has_blocks(stdout), stdout);
		else if (matches <= MATCHES_SHOWN)
			add_channel(&c, v, list[i]);
	}
	if (!matches) {
		columns_free(&c);
		log_err("usage", "no channel with \"%s\" in its asset, address, name or service; "
			"nachtwacht state channels lists them", escape(wanted, shown));
		return EXIT_USAGE;
	}
	if (matches == 1) {
		columns_free(&c);
		return EXIT_DONE;
	}
	printf("\n%zu more have \"%s\" in them:\n", matches - 1, escape(wanted, shown));
	return finish(&c);
}

static int show_channels(const struct state_view *v, const char *wanted)
{
	struct columns c = { .n = ARRAY_SIZE(channel_heads), .right = 0x360 };
	size_t n;
	struct channel **list = state_view_channels(v, &n);
	int status;

	if (wanted) {
		status = show_one(v, list, n, wanted);
		free(list);
		return status;
	}
	columns_add(&c, channel_heads);
	c.no_memory |= !list;
	for (size_t i = 0; i < n; i++)
		add_channel(&c, v, list[i]);
	free(list);
	return finish(&c);
}

/* --- outbox ------------------------------------------------------------ */

static int add_record(void *arg, uint64_t position, const struct record *r)
{
	const struct record_flat *f = &r->flat;
	char at[CLOCK_TEXT_MAX], rule[VIEW_TEXT_MAX], action[VIEW_TEXT_MAX], asset[VIEW_TEXT_MAX];
	char dst[VIEW_TEXT_MAX], severity[NUMBER_TEXT_MAX], sequence[NUMBER_TEXT_MAX];
	const char *cells[] = {
		number(r->sequence, sequence), state_view_time(f->ts_ms * NS_PER_MS, at),
		escape(f->rule, rule), escape(f->action, action), escape(f->asset, asset),
		escape(f->dst, dst), number(f->severity, severity),
	};

	(void)position;
	columns_add(arg, cells);
	return 0;
}

static int show_outbox(const struct state_view *v, unsigned wanted)
{
	static const char *const heads[] = { "NUMBER", "TIME", "RULE", "ACTION", "ASSET",
					     "DESTINATION", "SEVERITY" };
	struct columns c = { .n = ARRAY_SIZE(heads), .right = 1u | 1u << 6 };
	uint64_t records[2] = { 0, 0 };
	int err = state_each_record(v->state, 0, count_record, records), status;

	if (!err) {
		printf("%" PRIu64 " records kept\n", records[0]);
		err = state_each_sink(v->state, show_sink, (void *)"");
	}
	if (err || !wanted)
		return err ? EXIT_USAGE : EXIT_DONE;
	putchar('\n');
	columns_add(&c, heads);
	err = state_each_record(v->state, records[1] > wanted ? records[1] - wanted : 0,
				add_record, &c);
	status = finish(&c);
	return err ? EXIT_USAGE : status;
}

/* --- the command ------------------------------------------------------- */

static int export(const struct state_view *v, const char *as)
{
	if (as && !strcmp(as, "site") && site_state_key(v->site)) {
		log_err("usage", "a draft needs clear addresses, and this site shows pseudonyms: "
			"make it from a state without them");
		return EXIT_USAGE;
	}
	if (as && !strcmp(as, "site"))
		return draft_site_print(v, stdout);
	if (as && !strcmp(as, "csv"))
		return state_export_csv(v, stdout);
	return state_export_json(v, stdout);
}

static int run_verb(const struct state_view *v, const struct options *o)
{
	if (!strcmp(o->verb, "show"))
		return show(v);
	if (!strcmp(o->verb, "assets"))
		return show_assets(v);
	if (!strcmp(o->verb, "channels"))
		return show_channels(v, o->channel);
	if (!strcmp(o->verb, "outbox"))
		return show_outbox(v, o->records);
	if (!strcmp(o->verb, "review"))
		return run_review(v, o);
	if (!strcmp(o->verb, "promote"))
		return run_promote(v, o);
	if (!strcmp(o->verb, "reveal"))
		return run_reveal(v, o);
	return export(v, o->as);
}

int run_state(const struct options *o)
{
	struct state_view v;
	int status = state_view_open(o, &v);

	if (status == EXIT_DONE)
		status = run_verb(&v, o);
	state_view_close(&v);
	if (status == EXIT_DONE && ferror(stdout)) {
		log_err("output", "standard output: cannot write");
		status = EXIT_FAILED;
	}
	return status;
}
