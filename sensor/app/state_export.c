/* state_export.c - see state_export.h.
 *
 * The document is written part by part, so that a full memory (65 536 channels, 10 000 of them with
 * 64 nights) never lies in memory twice.  Texts from the wire are repaired to UTF-8; times are UTC,
 * as in records; nights are named by the civil date on which they begin.
 */
#include "app/state_export.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "app/links_view.h"
#include "base/log.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "detect/period.h"
#include "detect/rhythm.h"

#define DUMP (JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(12))
#define TEXT_MAX 1024

/* --- values ------------------------------------------------------------ */

static json_t *json_text(const char *text)
{
	char clean[TEXT_MAX];

	text_repair(text, strlen(text), clean, sizeof(clean));
	return json_string(clean);
}

static json_t *json_time(uint64_t ns)
{
	char text[CLOCK_TEXT_MAX];

	return ns ? json_string(clock_format(ns, text)) : json_null();
}

static json_t *json_count(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

/* Damage can be any double. */
static json_t *json_number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *json_addr(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	if (state_view_is_zero(a, sizeof(*a)))
		return json_null();
	return json_string(addr_show(a, text));
}

static bool is_date(const struct state_view *v, int64_t row)
{
	return row >= 0 && row <= v->point.row + 1;
}

static json_t *json_row(const struct state_view *v, int64_t row)
{
	char text[DATE_TEXT_MAX];

	return is_date(v, row) ? json_string(calendar_row_date(&v->calendar, row, text)) :
				 json_null();
}

/* --- objects ----------------------------------------------------------- */

static json_t *json_subject(const struct state_view *v, const struct subject *s)
{
	const struct asset *a = s->asset;
	char mac[18];
	json_t *nights = json_array();

	for (size_t i = 0; i < VOLUME_NIGHTS; i++)
		if (is_date(v, s->volume[i].row))
			json_array_append_new(nights, json_pack("{s:o,s:o}", "night",
					      json_row(v, s->volume[i].row), "up",
					      json_count(s->volume[i].up)));
	return json_pack("{s:o,s:o,s:b,s:o,s:o,s:o,s:o,s:o}", "id", json_text(s->id), "address",
			 json_addr(&s->addr), "listed", v->has_site && a, "mac",
			 state_view_is_zero(s->mac, 6) ? json_null() :
			 json_string(state_view_mac(s->mac, mac)), "role",
			 a && a->role[0] ? json_text(a->role) : json_null(), "vendor",
			 a && a->vendor[0] ? json_text(a->vendor) : json_null(), "zone",
			 s->zone ? json_text(s->zone->id) : json_null(), "usual", nights);
}

/* 96 hexadecimal digits, a quarter of an hour each from noon: evidence.h says what they mean. */
static json_t *json_slots(const uint8_t picture[static ROW_SLOTS / 2])
{
	char text[ROW_SLOTS + 1];

	for (unsigned i = 0; i < ROW_SLOTS; i++)
		text[i] = "0123456789abcdef"[picture_get(picture, i)];
	text[ROW_SLOTS] = '\0';
	return json_string(text);
}

static json_t *json_night(const struct state_view *v, const struct night_seen *n,
			  const uint8_t picture[static ROW_SLOTS / 2])
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:b,s:b,s:b,s:b,s:o,s:o}", "night",
			 json_row(v, n->row), "up", json_count(n->up), "down", json_count(n->down),
			 "start", json_time(night_start_ns(&v->calendar, n)), "end",
			 json_time(night_end_ns(&v->calendar, n)), "flows",
			 json_count(n->flows), "coverage",
			 json_number((double)n->coverage / EVIDENCE_SHARE), "loss",
			 json_number((double)n->loss / EVIDENCE_SHARE), "skipped",
			 n->is_skipped, "partial", n->is_partial, "degraded", n->is_degraded,
			 "counts_large", night_is_hit(n, 0), "counts_small", night_is_hit(n, 1),
			 "z", json_number(night_z(n)), "slots", json_slots(picture));
}

static json_t *json_process(const struct state_view *v, const struct process *p)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "m", json_number(p->m_mean), "hits",
			 json_count(p->hits), "since", p->hits ? json_row(v, p->since_row) :
			 json_null(), "up", json_count(p->up), "down", json_count(p->down),
			 "misses", json_count(p->misses));
}

/* Every 2, 3 and 7 days; null: none came back yet. */
static json_t *json_periods(const struct state_view *v, const struct period *period)
{
	json_t *list = period ? json_array() : json_null();

	for (unsigned i = 0; period && i < PERIODS; i++) {
		const struct period_process *p = &period->process[i];

		json_array_append_new(list, json_pack("{s:i,s:o,s:o,s:o,s:o,s:o,s:o}",
			"days", (int)period_days[i], "m", json_number(p->m_mean), "hits",
			json_count(p->hits), "in_play", json_count(p->in_play), "since",
			p->hits ? json_row(v, p->since_row) : json_null(), "up",
			json_count(p->up), "down", json_count(p->down)));
	}
	return list;
}

/* Starts are minutes after noon of the row, as UTC goes. */
static json_t *json_rhythm(const struct state_view *v, const struct rhythm *r)
{
	json_t *starts;

	if (!r)
		return json_null();
	starts = json_array();
	for (unsigned i = 0; i < r->bursts_n; i++)
		json_array_append_new(starts, json_integer(r->bursts[i].utc_min));
	return json_pack("{s:o,s:o,s:o,s:o,s:b,s:o,s:o}", "m", json_number(r->m_mean), "hits",
			 json_count(r->hits), "since", r->hits ? json_row(v, r->since_row) :
			 json_null(), "last", r->hits ? json_row(v, r->last_row) : json_null(),
			 "locked", rhythm_is_locked(&v->site->rules->params.rhythm, r), "up",
			 json_count(r->up),
			 "starts", starts);
}

static json_t *json_evidence(const struct state_view *v, const struct evidence *ev)
{
	json_t *nights = json_array();

	for (uint64_t i = 0; i < evidence_nights(ev); i++)
		json_array_append_new(nights, json_night(v, evidence_night(ev, i),
					      ev->picture[evidence_place(ev, i)]));
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "large",
			 json_process(v, &ev->process[0]), "small",
			 json_process(v, &ev->process[1]), "nights", nights, "nights_ever",
			 json_count(ev->nights_n), "promoted", json_row(v, ev->promoted_row),
			 "skipped", json_count(ev->skipped), "periods",
			 json_periods(v, ev->period));
}

/* What only channels of group ip have. */
static void put_contact(json_t *o, const struct channel *ch)
{
	const struct contact *k = ch->contact;
	char port[SERVICE_TEXT_MAX], name[PSEUDONYM_NAME_MAX];

	if (!k)
		return;
	state_view_port(ch, port);
	json_object_set_new(o, "address", json_addr(&k->own));
	json_object_set_new(o, "port", port[0] ? json_string(port) : json_null());
	json_object_set_new(o, "answered", json_boolean(k->is_answered));
	json_object_set_new(o, "opened_outside", json_boolean(k->was_opened_outside));
	json_object_set_new(o, "flows", json_count(k->flows));
	json_object_set_new(o, "name", ch->name ? json_text(name_show(ch->name, name)) :
						  json_null());
}

static json_t *json_channel(const struct state_view *v, const struct channel *ch)
{
	struct channel_proof p = state_view_proof(v, ch);
	char service[SERVICE_TEXT_MAX], where[VIEW_TEXT_MAX], active[17];
	json_t *o;

	snprintf(active, sizeof(active), "%016" PRIx64, ch->active);
	o = json_pack("{s:o,s:s,s:s,s:s,s:b}", "asset", json_text(ch->subject->id), "group",
		      group_name((enum group)ch->key.group), "destination",
		      state_view_where(ch, where), "service", group_service(&ch->key, service),
		      "external", ch->key.is_external);
	put_contact(o, ch);
	json_object_set_new(o, "first_seen", json_time(ch->first_ns));
	json_object_set_new(o, "last_seen", json_time(ch->last_ns));
	json_object_set_new(o, "up", json_count(ch->up));
	json_object_set_new(o, "down", json_count(ch->down));
	json_object_set_new(o, "active_rows", json_string(active));
	json_object_set_new(o, "usual_up", json_number(ch->usual_up));
	json_object_set_new(o, "level", p.level ? json_string(state_view_level(p.level)) :
			    json_null());
	json_object_set_new(o, "evidence", ch->evidence ? json_evidence(v, ch->evidence) :
			    json_null());
	json_object_set_new(o, "rhythm", json_rhythm(v, channel_rhythm(v->tables.channels, ch)));
	return o;
}

static json_t *json_incident(const struct state_view *v, const struct incident *in)
{
	json_t *explain = json_array();
	char service[SERVICE_TEXT_MAX], value[GROUP_TEXT_MAX];

	for (unsigned i = 0; i < in->explain_n; i++)
		json_array_append_new(explain, json_text(incident_line(in, i)));
	return json_pack("{s:o,s:o,s:o,s:s,s:o,s:s,s:o,s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
			 "suppression", in->suppressed[0] ? json_text(in->suppressed) :
			 json_null(), "id", json_text(in->id),
			 "case", json_text(in->case_id), "rule", incident_rule_id(in),
			 "asset", json_text(in->subject->id), "group", incident_group(in),
			 "destination", json_text(incident_value(in, value)), "service",
			 incident_service(in, service), "open", in->is_open,
			 "opened", json_time(in->opened_ns), "severity", json_count(in->severity),
			 "level", in->level ? json_string(state_view_level(in->level)) :
			 json_null(),
			 "records", json_count(in->records), "nights", json_count(in->nights),
			 "last_night", json_row(v, in->last_row),
			 "message", json_text(incident_message(in)),
			 "explain", explain);
}

/* --- the document ------------------------------------------------------ */

struct writer {
	FILE *out;
	bool is_first, has_failed;
	bool has_part;
};

static void begin_part(struct writer *w, const char *name)
{
	fprintf(w->out, "%s\"%s\":", w->has_part ? ",\n" : "", name);
	w->has_part = true;
}

static void begin_list(struct writer *w, const char *name)
{
	begin_part(w, name);
	fputc('[', w->out);
	w->is_first = true;
}

static void put(struct writer *w, json_t *value)
{
	fputs(w->is_first ? "\n" : ",\n", w->out);
	w->is_first = false;
	if (!value || json_dumpf(value, w->out, DUMP))
		w->has_failed = true;
	json_decref(value);
}

static void end_list(struct writer *w)
{
	fputc(']', w->out);
}

static int put_record(void *arg, uint64_t position, const struct record *r)
{
	json_t *o = json_loadb(r->json, r->json_len, 0, NULL);

	(void)position;
	/* Not what we wrote: said as such, rather than a document that nobody can read. */
	put(arg, o ? o : json_pack("{s:o}", "damaged", json_count(r->sequence)));
	return 0;
}

static int put_sink(void *arg, const char *name, uint64_t waiting, uint64_t mark)
{
	put(arg, json_pack("{s:o,s:o,s:o}", "name", json_text(name), "waiting",
			   json_count(waiting), "mark", json_count(mark)));
	return 0;
}

static void put_channels(const struct state_view *v, struct writer *w)
{
	size_t n;
	struct channel **list = channels_sorted(v->tables.channels, &n);

	begin_list(w, "channels");
	for (size_t i = 0; i < n; i++)
		put(w, json_channel(v, list[i]));
	end_list(w);
}

static void put_incidents(const struct state_view *v, struct writer *w)
{
	begin_list(w, "incidents");
	for (size_t i = 0; i < incidents_count(v->tables.incidents); i++)
		if (!incidents_at(v->tables.incidents, i)->is_past)
			put(w, json_incident(v, incidents_at(v->tables.incidents, i)));
	end_list(w);
}

static void put_subjects(const struct state_view *v, struct writer *w)
{
	begin_list(w, "subjects");
	for (size_t i = 0; i < subjects_count(v->tables.subjects); i++)
		put(w, json_subject(v, subjects_at(v->tables.subjects, i)));
	end_list(w);
}

static void put_links(const struct state_view *v, struct writer *w, const char *name,
		      enum link_kind kind)
{
	size_t n;
	struct link_row *const *list = links_list(v->tables.tallies.links, kind, &n);

	begin_list(w, name);
	for (size_t i = 0; i < n; i++)
		put(w, links_view_json(list[i]));
	end_list(w);
}

static void put_value(struct writer *w, const char *name, json_t *value)
{
	begin_part(w, name);
	if (!value || json_dumpf(value, w->out, DUMP | JSON_ENCODE_ANY))
		w->has_failed = true;
	json_decref(value);
}

int state_export_json(const struct state_view *v, FILE *out)
{
	struct writer w = { .out = out };
	int err;

	/* The keys of each part are in order, and so are the parts. */
	fputs("{", out);
	put_value(&w, "capture", json_pack("{s:o,s:o}", "first", json_time(v->point.first_ns),
					   "last", json_time(v->point.now_ns)));
	put_channels(v, &w);
	put_value(&w, "connections", json_count(links_view_connections(v)));
	put_value(&w, "ended_well", json_boolean(v->is_clean));
	put_links(v, &w, "gateways", LINK_GATEWAY);
	put_incidents(v, &w);
	put_value(&w, "left_out", json_count(v->left_out));
	put_links(v, &w, "links", LINK_ITSELF);
	put_links(v, &w, "neighbours", LINK_NEIGHBOUR);
	begin_list(&w, "records");
	err = state_each_record(v->state, 0, put_record, &w);
	end_list(&w);
	begin_list(&w, "sinks");
	if (!err)
		err = state_each_sink(v->state, put_sink, &w);
	end_list(&w);
	put_value(&w, "site", json_pack("{s:o,s:o}", "id", json_text(v->id), "timezone",
					json_text(v->site->timezone)));
	put_subjects(v, &w);
	fputs("}\n", out);
	if (w.has_failed)
		log_err("state", "the document is not whole: out of memory, or it cannot be "
			"written");
	return err ? EXIT_USAGE : w.has_failed ? EXIT_FAILED : EXIT_DONE;
}

/* --- CSV (RFC 4180) ---------------------------------------------------- */

/* A text that a spreadsheet would take for a formula gets an apostrophe in front of it. */
void state_export_csv_text(FILE *out, const char *text)
{
	char clean[TEXT_MAX];

	text_repair(text, strlen(text), clean, sizeof(clean));
	fputs(strchr("=+-@", clean[0]) && clean[0] ? "\"'" : "\"", out);
	for (const char *c = clean; *c; c++)
		fputs(*c == '"' ? "\"\"" : (char[2]){ *c, '\0' }, out);
	fputs("\",", out);
}

static void csv_time(FILE *out, uint64_t ns)
{
	char text[CLOCK_TEXT_MAX];

	fprintf(out, "%s,", ns ? clock_format(ns, text) : "");
}

static void csv_channel(const struct channel *ch, const struct channel_proof *p, FILE *out)
{
	char service[VIEW_TEXT_MAX], where[VIEW_TEXT_MAX], name[PSEUDONYM_NAME_MAX];

	state_export_csv_text(out, ch->subject->id);
	fprintf(out, "%s,", group_name((enum group)ch->key.group));
	state_export_csv_text(out, state_view_where(ch, where));
	state_export_csv_text(out, name_show(ch->contact && ch->name ? ch->name : "", name));
	state_export_csv_text(out, state_view_service(ch, service));
	fprintf(out, "%s,", ch->key.is_external ? "outside" : "zone");
	csv_time(out, ch->first_ns);
	csv_time(out, ch->last_ns);
	fprintf(out, "%" PRIu32 ",%" PRIu64 ",%" PRIu64 ",", ch->contact ? ch->contact->flows : 0,
		ch->up, ch->down);
	if (ch->evidence)
		fprintf(out, "%u,%u,%.12g,%s,", p->hits, p->seen, p->m, state_view_level(p->level));
	else
		fputs(",,,,", out);
}

static void csv_night(const struct state_view *v, const struct night_seen *n, unsigned process,
		      FILE *out)
{
	char date[DATE_TEXT_MAX];

	fprintf(out, "%s,%s,", is_date(v, n->row) ? calendar_row_date(&v->calendar, n->row, date) :
		"", n->is_skipped ? "not seen" : n->is_partial ? "partial" : "seen");
	csv_time(out, night_start_ns(&v->calendar, n));
	csv_time(out, night_end_ns(&v->calendar, n));
	fprintf(out, "%" PRIu64 ",%" PRIu64 ",%d\r\n", n->up, n->down, night_is_hit(n, process));
}

int state_export_csv(const struct state_view *v, FILE *out)
{
	size_t n;
	struct channel **list = state_view_channels(v, &n);

	if (!list) {
		log_err("state", "out of memory");
		return EXIT_FAILED;
	}
	fputs("asset,group,destination,name,service,where,first_seen,last_seen,flows,up,down,hits,"
	      "seen,m,level,night,state,burst_start,burst_end,night_up,night_down,counts\r\n", out);
	for (size_t i = 0; i < n; i++) {
		struct channel_proof p = state_view_proof(v, list[i]);
		const struct evidence *ev = list[i]->evidence;

		for (uint64_t k = 0; ev && k < evidence_nights(ev); k++) {
			csv_channel(list[i], &p, out);
			csv_night(v, evidence_night(ev, k), p.process, out);
		}
		if (!ev || !evidence_nights(ev)) {
			csv_channel(list[i], &p, out);
			fputs(",,,,,,\r\n", out);
		}
	}
	free(list);
	return EXIT_DONE;
}
