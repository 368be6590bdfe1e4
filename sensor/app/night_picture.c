/* night_picture.c - see night_picture.h. */
#include "app/night_picture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "alert/explain.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "base/tz.h"
#include "detect/period.h"
#include "detect/rhythm.h"

#define SLOT_MIN 15
#define SLOTS_HOUR 4
#define DENSITIES 4

struct glyphs {
	const char *closed, *density[DENSITIES];
};
static const struct glyphs ascii = { "-", { ".", ":", "*", "#" } };
static const struct glyphs blocks = { "\u00b7", { "\u2591", "\u2592", "\u2593", "\u2588" } };

/* Columns are slots after civil noon, so that no night wraps; [from, to). */
struct picture {
	const struct state_view *view;
	const struct channel *channel;
	const struct glyphs *glyphs;
	unsigned process;
	int from, to;
	uint8_t largest;		/* level of all nights */
	FILE *out;
};

struct span {
	int from, to;			/* slots; empty: from == to */
};

static struct span span_of(uint64_t start_ns, uint64_t end_ns)
{
	struct civil c = tz_civil(start_ns);
	int begin = ((c.hour + 12) % 24) * 60 + c.minute;
	uint64_t minutes = end_ns > start_ns ? (end_ns - start_ns) / NS_PER_MIN : 0;
	int end = begin + (int)(minutes < 1440 ? minutes : 1440);
	struct span s = { begin / SLOT_MIN, (end + SLOT_MIN - 1) / SLOT_MIN };

	if (s.to > ROW_SLOTS)
		s.to = ROW_SLOTS;
	if (s.to <= s.from)
		s.to = s.from + 1;
	return s;
}

static struct span closed_span(const struct picture *p, int64_t row)
{
	struct night n = { 0 };

	if (p->view->has_site)
		n = calendar_night(&p->view->calendar, p->channel->subject->zone, row);
	return n.has_window ? span_of(n.start_ns, n.end_ns) : (struct span){ 0, 0 };
}

/* The levels of a night by columns of the site's clock; where it is set back two quarters share
 * one. */
static void columns_of(const struct picture *p, unsigned place, uint8_t levels[static ROW_SLOTS])
{
	const struct evidence *ev = p->channel->evidence;
	uint64_t row_start = calendar_row_start(&p->view->calendar, ev->nights[place].row);

	memset(levels, 0, ROW_SLOTS);
	for (unsigned i = 0; i < ROW_SLOTS; i++) {
		struct civil c = tz_civil(row_start + i * SLOT_NS);
		unsigned column = (unsigned)(((c.hour + 12) % 24) * 60 + c.minute) / SLOT_MIN;
		uint8_t level = picture_get(ev->picture[place], i);

		if (level > levels[column])
			levels[column] = level;
	}
}

static void widen(struct picture *p, struct span s)
{
	if (s.from == s.to)
		return;
	if (p->from == p->to) {
		p->from = s.from;
		p->to = s.to;
	}
	p->from = s.from < p->from ? s.from : p->from;
	p->to = s.to > p->to ? s.to : p->to;
}

static void widen_to(struct picture *p, unsigned place)
{
	uint8_t levels[ROW_SLOTS];

	columns_of(p, place, levels);
	for (int i = 0; i < ROW_SLOTS; i++) {
		if (!levels[i])
			continue;
		widen(p, (struct span){ i, i + 1 });
		p->largest = levels[i] > p->largest ? levels[i] : p->largest;
	}
}

/* Rows that a damaged file could hold are far from any date. */
static bool has_date(const struct picture *p, int64_t row)
{
	int64_t now = p->view->point.row;

	return row <= now + 1 && row >= now - 200000 && row >= 0;
}

/* As wide as the closed hours and the bursts need, and whole hours with one to spare. */
static void measure(struct picture *p)
{
	const struct evidence *ev = p->channel->evidence;

	for (uint64_t i = 0; i < evidence_nights(ev); i++) {
		if (!has_date(p, evidence_night(ev, i)->row))
			continue;
		widen(p, closed_span(p, evidence_night(ev, i)->row));
		widen_to(p, evidence_place(ev, i));
	}
	p->from = p->from / SLOTS_HOUR * SLOTS_HOUR - SLOTS_HOUR;
	p->to = (p->to + SLOTS_HOUR - 1) / SLOTS_HOUR * SLOTS_HOUR + SLOTS_HOUR;
	if (p->from < 0)
		p->from = 0;
	if (p->to > ROW_SLOTS)
		p->to = ROW_SLOTS;
}

/* A level is a factor of 5.3: two of them a mark. */
static const char *density_of(const struct picture *p, uint8_t level)
{
	int d = DENSITIES - 1 - (p->largest - level) / 2;

	return p->glyphs->density[d < 0 ? 0 : d];
}

static void draw_slots(const struct picture *p, unsigned place)
{
	const struct night_seen *n = &p->channel->evidence->nights[place];
	struct span closed = closed_span(p, n->row);
	uint8_t levels[ROW_SLOTS];

	columns_of(p, place, levels);
	for (int i = p->from; i < p->to; i++) {
		bool is_closed = i >= closed.from && i < closed.to;

		if (levels[i])
			fputs(density_of(p, levels[i]), p->out);
		else if (n->is_skipped && (is_closed || closed.from == closed.to))
			fputc('?', p->out);
		else
			fputs(is_closed ? p->glyphs->closed : " ", p->out);
	}
}

static const char *date_of(const struct picture *p, int64_t row, char buf[static 32])
{
	static const char days[7][4] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	uint64_t noon = calendar_row_start(&p->view->calendar, row);
	struct civil c = tz_civil(noon);
	char date[DATE_TEXT_MAX];

	snprintf(buf, 32, "%s %s", calendar_row_date(&p->view->calendar, row, date),
		 days[civil_weekday(&c) % 7]);
	return buf;
}

static void draw_night(const struct picture *p, unsigned place)
{
	const struct night_seen *n = &p->channel->evidence->nights[place];
	char date[32], up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX];

	fprintf(p->out, "  %s %c", date_of(p, n->row, date), n->is_partial ? '~' : ' ');
	draw_slots(p, place);
	if (n->is_skipped)
		fputs("  not seen\n", p->out);
	else if (n->start_min == EVIDENCE_NO_START)
		fputs("  silent\n", p->out);
	else
		fprintf(p->out, "  %9s up %9s down%s%s\n", size_format(n->up, up),
			size_format(n->down, down), night_is_hit(n, p->process) ? "  counts" : "",
			n->is_degraded ? "  seen badly" : "");
}

static void draw_hours(const struct picture *p)
{
	fprintf(p->out, "\n  %-16s", "night of");
	for (int i = p->from; i < p->to; i += SLOTS_HOUR)
		fprintf(p->out, "%02d  ", (i / SLOTS_HOUR + 12) % 24);
	fputc('\n', p->out);
}

static void draw_legend(const struct picture *p)
{
	const struct glyphs *g = p->glyphs;
	char largest[CLOCK_TEXT_MAX];

	fprintf(p->out, "\n  A mark is 15 minutes (%s); its density is the upload in them: %s the "
		"largest\n  (from %s) or less by up to a factor of 28, %s, %s, %s each 28 times "
		"less.\n", p->view->site->timezone, g->density[3],
		size_format(picture_bytes(p->largest), largest), g->density[2], g->density[1],
		g->density[0]);
	if (p->view->has_site)
		fprintf(p->out, "  %s closed hours  ", g->closed);
	else
		fputs("  Closed hours are not known without --site.  ", p->out);
	fputs("? less than half of the night was seen\n  ~ judged before its end\n", p->out);
}

static void draw_nights(struct picture *p)
{
	const struct evidence *ev = p->channel->evidence;
	int64_t before = INT64_MAX;

	measure(p);
	draw_hours(p);
	for (uint64_t i = 0; i < evidence_nights(ev); i++) {
		const struct night_seen *n = evidence_night(ev, i);

		if (!has_date(p, n->row))
			continue;
		if (before < n->row - 1)
			fprintf(p->out, "  ... %" PRId64 " not judged\n", n->row - 1 - before);
		before = n->row;
		draw_night(p, evidence_place(ev, i));
	}
	draw_legend(p);
}

static void print_process(const struct picture *p, unsigned number)
{
	const struct process *pr = &p->channel->evidence->process[number];
	char up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], floor[CLOCK_TEXT_MAX], since[32] = "";

	fprintf(p->out, "  nights of %s or more: M %.3g, %u counted",
		size_format_exact(p->view->site->rules->params.nightly.floor[number], floor),
		pr->m_mean, pr->hits);
	if (pr->hits && has_date(p, pr->since_row))
		fprintf(p->out, " since %s", date_of(p, pr->since_row, since));
	fprintf(p->out, ", %s up, %s down\n", size_format(pr->up, up),
		size_format(pr->down, down));
}

/* What the other detectors remember: periods of days that had a hit, and the clock. */
static void print_patterns(const struct picture *p)
{
	const struct period *period = p->channel->evidence ? p->channel->evidence->period : NULL;
	const struct rhythm *r = channel_rhythm(p->view->tables.channels, p->channel);

	for (unsigned i = 0; period && i < PERIODS; i++)
		if (period->process[i].hits)
			fprintf(p->out, "  every %u days: M %.3g, %" PRIu32 " came back in time\n",
				period_days[i], period->process[i].m_mean,
				period->process[i].hits);
	if (r && r->hits)
		fprintf(p->out, "  at one time of day: M %.3g, %" PRIu32 " days, %s\n", r->m_mean,
			r->hits,
			rhythm_is_locked(&p->view->site->rules->params.rhythm, r) ?
			"a rhythm" : "no rhythm so far");
}

static void print_contact(const struct picture *p)
{
	const struct channel *ch = p->channel;
	char name[4 * VIEW_TEXT_MAX], shown[PSEUDONYM_NAME_MAX];

	if (!ch->contact)
		return;
	if (ch->name) {
		name_show(ch->name, shown);
		fprintf(p->out, "  name: %s\n",
			text_escape(shown, strlen(shown), name, sizeof(name)));
	}
	fprintf(p->out, "  connections: %" PRIu32 "%s%s\n", ch->contact->flows,
		ch->contact->is_answered ? "" : ", never answered",
		ch->contact->was_opened_outside ? ", opened by the other end" : "");
}

static void print_facts(const struct picture *p)
{
	const struct channel *ch = p->channel;
	char text[VIEW_TEXT_MAX], more[CLOCK_TEXT_MAX], who[4 * VIEW_TEXT_MAX];

	fprintf(p->out, "%s -> ", explain_subject(ch->subject, who, sizeof(who)));
	fprintf(p->out, "%s ", group_name((enum group)ch->key.group));
	fprintf(p->out, "%s, ", state_view_where(ch, text));
	if (ch->contact)
		fprintf(p->out, "%s, ", state_view_service(ch, text));
	fprintf(p->out, "%s\n", ch->key.is_external ? "outside" : "another zone");
	print_contact(p);
	fprintf(p->out, "  seen: %s to", state_view_time(ch->first_ns, more));
	fprintf(p->out, " %s\n", state_view_time(ch->last_ns, more));
	fprintf(p->out, "  payload: %s up,", size_format(ch->up, more));
	fprintf(p->out, " %s down, ", size_format(ch->down, more));
	fprintf(p->out, "usually %s up a day\n", size_format((uint64_t)ch->usual_up, more));
	if (ch->row && ch->row_up)
		fprintf(p->out, "  running row: %s up so far\n", size_format(ch->row_up, more));
}

static void print_incident(const struct picture *p, const struct incident *in)
{
	char text[INCIDENT_TEXT_MAX], at[CLOCK_TEXT_MAX], id[INCIDENT_ID_MAX];

	if (!in)
		return;
	text_repair(incident_message(in), strlen(incident_message(in)), text, sizeof(text));
	text_repair(in->id, strlen(in->id), id, sizeof(id));
	fprintf(p->out, "  open: %s, severity %u, since %s, %s\n    %s\n", incident_rule_id(in),
		in->severity, state_view_time(in->opened_ns, at), id, text);
}

/* Is it of a rule of the site's own, about the channel's address? */
static bool is_own_rule_of(const struct incident *in, const struct channel *ch)
{
	return in->rule == RULE_OWN && in->is_open && !in->is_any && in->subject == ch->subject &&
	       ch->key.group == GROUP_IP && addr_equal(&in->key.value, &ch->key.value);
}

void night_picture_print(const struct state_view *v, const struct channel *ch, bool has_blocks,
			 FILE *out)
{
	struct channel_proof proof = state_view_proof(v, ch);
	struct picture p = { .view = v, .channel = ch, .process = proof.process, .out = out,
			     .glyphs = has_blocks ? &blocks : &ascii };

	print_facts(&p);
	for (int rule = 0; rule < RULES; rule++)
		print_incident(&p, state_view_incident(v, ch, (enum rule_id)rule));
	for (size_t i = 0; i < incidents_count(v->tables.incidents); i++)
		if (is_own_rule_of(incidents_at(v->tables.incidents, i), ch))
			print_incident(&p, incidents_at(v->tables.incidents, i));
	if (!ch->evidence) {
		fputs("  no night of it has counted yet, so none is remembered\n", out);
		print_patterns(&p);
		return;
	}
	fprintf(out, "  evidence: level %s\n", state_view_level(proof.level));
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		print_process(&p, i);
	print_patterns(&p);
	draw_nights(&p);
}

bool night_picture_has_blocks(FILE *out)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	if (!isatty(fileno(out)))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
	}
	return false;
}
