/* jobs.c - see jobs.h. */
#include "app/jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"

#define SETTLE_NS (10 * NS_PER_MIN)	/* after the grace, for bytes that are still under way */
#define ROUND_NS NS_PER_HOUR		/* no job has two turns due within it */
#define CATCH_UP_NS (400 * NS_PER_DAY)	/* of silence: more than any count looks back */

enum { TOLD_ABOVE = 1, TOLD_SHIFTED = 2, TOLD_EXPIRED = 4 };

struct jobs {
	struct jobs_parts parts;
	const struct site *site;
	uint64_t next_due_ns;		/* no turn is due before; 0: not known */
	bool has_windows;		/* among the site's entries */
	int32_t first_expiry;		/* of them; INT32_MAX: none expires */
};

int jobs_new(const struct jobs_parts *parts, struct jobs **ret_jobs)
{
	const struct site *site = parts->context->site;
	struct jobs *jobs = calloc(1, sizeof(*jobs));

	if (!jobs)
		return -ENOMEM;
	jobs->parts = *parts;
	jobs->site = site;
	jobs->first_expiry = INT32_MAX;
	for (size_t i = 0; i < site->n_expected; i++) {
		jobs->has_windows |= site->expected[i].has_window;
		if (site->expected[i].expires_day < jobs->first_expiry)
			jobs->first_expiry = site->expected[i].expires_day;
	}
	*ret_jobs = jobs;
	return 0;
}

void jobs_free(struct jobs *jobs)
{
	free(jobs);
}

static const struct job_params *params_of(const struct jobs *jobs)
{
	return &jobs->site->rules->params.job;
}

/* --- telling ----------------------------------------------------------- */

static struct job_facts facts_of(const struct job *j, enum job_event event, uint64_t up)
{
	return (struct job_facts){
		.event = event, .entry = j->entry, .up = up, .usual = job_usual(j),
		.runs = j->amounts_n < JOB_AMOUNTS ? j->amounts_n : JOB_AMOUNTS,
	};
}

/* What stands for a channel that is not there any more, or where a rule is about none. */
static struct channel stand_in(struct subject *s, const struct channel_key *key, uint64_t now_ns)
{
	struct channel ch = { .subject = s, .first_ns = now_ns, .last_ns = now_ns };

	if (key)
		ch.key = *key;
	else
		group_key_any(&ch.key);
	ch.key.subject = s->number;
	return ch;
}

/* f->channel stands for key's when that was evicted. */
static void tell_about(struct jobs *jobs, struct finding *f, const struct channel_key *key)
{
	struct channel *ch = channels_find(jobs->parts.channels, key);

	if (ch)
		f->channel = ch;
	f->leaf = f->channel;
	incidents_finding(jobs->parts.incidents, f);
}

static void tell_at_once(struct jobs *jobs, const struct job_minute *m, const struct job *j,
			 const struct job_facts *facts)
{
	struct finding f = {
		.rule = RULE_EXP_001, .channel = m->channel, .leaf = m->channel,
		.judged_ns = m->slice->minute_ns + SLICE_NS, .row = m->row, .severity = 3,
		.entry = j->entry->id, .job = facts,
	};

	incidents_finding(jobs->parts.incidents, &f);
}

/* --- covered traffic --------------------------------------------------- */

static void turn_row(struct job *j, int64_t row)
{
	if (j->row == row)
		return;
	j->row = row;
	j->row_up = j->stray_up = 0;
	j->is_exceeded = false;
	j->told = 0;
}

static bool is_at_night(struct jobs *jobs, const struct job_minute *m, struct job *j)
{
	if (j->night_row != m->row) {
		j->night = calendar_night(jobs->parts.context->calendar, m->subject->zone, m->row);
		j->night_row = m->row;
	}
	return j->night.has_window && m->slice->minute_ns >= j->night.start_ns &&
	       m->slice->minute_ns < j->night.end_ns;
}

/* The turn that the minute belongs to becomes the running one.  false: it belongs to none. */
static bool turn_to(struct jobs *jobs, struct job *j, uint64_t ns)
{
	if (j->open_until_ns && ns >= j->open.start_ns && ns < j->open_until_ns)
		return true;
	if (!job_turn_at(j->entry, jobs->parts.context->calendar, ns, &j->open, &j->open_until_ns))
		return false;
	if (j->turn == j->open.number)
		return true;
	if (j->turn != JOB_NO_TURN && j->turn > j->judged_turn) {
		j->closed_turn = j->turn;
		j->closed_up = j->up;
		j->closed_night_up = j->night_up;
	}
	j->turn = j->open.number;
	j->up = j->night_up = j->first_ns = j->last_ns = 0;
	if (j->judged_turn == JOB_NO_TURN) {
		j->judged_turn = j->turn - 1;
		j->due_ns = jobs->next_due_ns = 0;
	}
	return true;
}

static void count_turn(struct jobs *jobs, const struct job_minute *m, struct job *j)
{
	const struct slice *s = m->slice;

	j->last = m->channel->key;
	if (!turn_to(jobs, j, s->minute_ns))
		return;
	j->up += m->up;
	if (!j->first_ns)
		j->first_ns = s->first_ns ? s->first_ns : s->minute_ns;
	if (s->last_ns > j->last_ns)
		j->last_ns = s->last_ns;
	if (!j->is_exceeded && is_at_night(jobs, m, j))
		j->night_up += m->up;
}

bool jobs_use(struct jobs *jobs, const struct job_minute *m, const struct expected *entry,
	      bool is_target)
{
	uint64_t max = entry->max_bytes_per_night;
	struct job *j;

	if (!job_is_one(entry) || (is_target && !max))
		return true;
	if (!m->up) {
		j = job_find(m->subject, entry, is_target);
		return !j || j->row != m->row || !j->is_exceeded;
	}
	j = job_get(m->subject, entry, is_target, m->row);
	if (!j)
		return !max;		/* better judged than hidden */
	m->subject->is_changed = true;
	turn_row(j, m->row);
	j->row_up += m->up;
	j->is_exceeded |= max && j->row_up > max;
	if (is_target)
		return !j->is_exceeded;
	count_turn(jobs, m, j);
	if (j->is_exceeded && !(j->told & TOLD_ABOVE)) {
		struct job_facts facts = facts_of(j, JOB_ABOVE, j->row_up);

		j->told |= TOLD_ABOVE;
		tell_at_once(jobs, m, j, &facts);
	}
	return !j->is_exceeded;
}

/* --- traffic that nothing covers --------------------------------------- */

static void refresh_due(struct jobs *jobs, struct job *j)
{
	if (j->due_ns)
		return;
	j->due_ns = UINT64_MAX;
	if (j->is_target || j->judged_turn == JOB_NO_TURN ||
	    !job_turn_after(j->entry, jobs->parts.context->calendar, j->judged_turn, &j->next))
		return;
	j->due_ns = j->next.end_ns + SETTLE_NS + (j->entry->has_window ? EXPECTED_GRACE_NS : 0);
}

/* Half to double of what the job usually sends, and worth a word. */
static bool is_comparable(const struct jobs *jobs, const struct job *j, uint64_t up)
{
	uint64_t usual = job_usual(j);

	return up >= params_of(jobs)->deviates_bytes && up >= usual / 2 && up / 2 <= usual;
}

/* Would its going elsewhere be told? */
static bool is_watched(struct jobs *jobs, struct job *j, uint64_t ns)
{
	if (j->is_target || !j->entry->has_window || j->amounts_n < params_of(jobs)->habit_runs)
		return false;
	refresh_due(jobs, j);
	return j->due_ns != UINT64_MAX && ns >= j->next.start_ns &&
	       ns < j->next.end_ns + EXPECTED_GRACE_NS;
}

static void vote_elsewhere(struct jobs *jobs, const struct job_minute *m)
{
	const struct channel_key *key = &m->channel->key;

	for (size_t i = 0; i < m->subject->n_jobs; i++) {
		struct job *j = &m->subject->jobs[i];

		if (j->last.proto != key->proto || j->last.port != key->port ||
		    !is_watched(jobs, j, m->slice->minute_ns))
			continue;
		if (j->other_turn != j->next.number) {
			memset(j->other, 0, sizeof(j->other));
			j->other_turn = j->next.number;
		}
		job_vote(j, key, m->up);
		m->subject->is_changed = true;
	}
}

/* What the job usually sends, or tonight's run so far: a tail is small beside either. */
static double measure_of(const struct job *j)
{
	uint64_t usual = job_usual(j);

	return (double)(j->turn > j->judged_turn && j->up > usual ? j->up : usual);
}

static void note_stray(struct jobs *jobs, const struct job_minute *m, struct job *j,
		       enum job_event event)
{
	uint8_t bit = event == JOB_SHIFTED ? TOLD_SHIFTED : TOLD_EXPIRED;
	struct job_facts facts;

	m->subject->is_changed = true;
	turn_row(j, m->row);
	j->stray_up += m->up;
	if (j->told & bit || j->stray_up < params_of(jobs)->deviates_bytes ||
	    (double)j->stray_up < params_of(jobs)->deviates_share * measure_of(j))
		return;
	j->told |= bit;
	if (event == JOB_SHIFTED)
		j->misses = 0;		/* it did run */
	facts = facts_of(j, event, j->stray_up);
	tell_at_once(jobs, m, j, &facts);
}

void jobs_look(struct jobs *jobs, const struct job_minute *m, const struct expected_query *q)
{
	const struct expected *e = NULL;
	struct job *j;

	if (!m->up)
		return;
	vote_elsewhere(jobs, m);
	if (jobs->has_windows)
		e = site_expected_but_for(jobs->site, q, LACK_TIME);
	if (e) {
		j = job_get(m->subject, e, false, m->row);
		if (j)
			note_stray(jobs, m, j, JOB_SHIFTED);
		return;
	}
	if (jobs->first_expiry == INT32_MAX || calendar_day(q->at_ns) <= jobs->first_expiry)
		return;
	e = site_expected_but_for(jobs->site, q, LACK_EXPIRY);
	j = e ? job_find(m->subject, e, false) : NULL;
	if (j && j->turn != JOB_NO_TURN)	/* it was covered once */
		note_stray(jobs, m, j, JOB_EXPIRED);
}

/* --- a turn is over ---------------------------------------------------- */

struct verdict {			/* on one job's turn */
	struct subject *subject;
	struct job *job;
	struct job_turn turn;
	uint64_t due_ns, up, night_up;
	int64_t row;			/* in which the turn began */
	bool has_run;
};

static void take_turn(const struct jobs *jobs, struct verdict *v)
{
	const struct job *j = v->job;

	if (j->turn == v->turn.number) {
		v->up = j->up;
		v->night_up = j->night_up;
	} else if (j->closed_turn == v->turn.number) {
		v->up = j->closed_up;
		v->night_up = j->closed_night_up;
	}
	v->has_run = v->up &&
		     (double)v->up >= params_of(jobs)->ran_share * (double)job_usual(j);
}

static bool has_expired(const struct verdict *v)
{
	const struct expected *e = v->job->entry;

	return e->expires_day != INT32_MAX && calendar_day(v->turn.start_ns) > e->expires_day;
}

/* Ends the incident about (subject, entry), if one is open. */
static void end_of_entry(struct jobs *jobs, const struct verdict *v, enum rule_id rule,
			 const struct channel_key *key)
{
	struct channel ch = stand_in(v->subject, key, v->due_ns), *found;
	size_t i = incidents_of_entry(jobs->parts.incidents, rule, v->subject, v->job->entry->id);

	found = key ? channels_find(jobs->parts.channels, key) : NULL;
	if (i != INCIDENTS_NONE)
		incidents_end(jobs->parts.incidents, i, found ? found : &ch, v->due_ns, v->row);
}

static void tell_missing(struct jobs *jobs, const struct verdict *v)
{
	struct job_facts facts = facts_of(v->job, JOB_MISSING, 0);
	struct channel ch = stand_in(v->subject, NULL, v->due_ns);
	struct finding f = {
		.rule = RULE_HLT_002, .channel = &ch, .judged_ns = v->due_ns, .row = v->row,
		.severity = 2, .entry = v->job->entry->id, .job = &facts,
	};

	facts.nights = v->job->misses;
	incidents_finding(jobs->parts.incidents, &f);
}

/* Turns in a row without a run that make it missing: two, but for a job that pauses anyway more
 * than twice its longest pause.  0: it has no habit, so it is never missing. */
static unsigned misses_needed(const struct job_params *p, const struct job *j)
{
	uint64_t before = j->misses < 64 ? j->used >> j->misses : 0;
	unsigned pause = 0, longest = 0;

	if ((uint32_t)__builtin_popcountll(before & ((1ULL << p->habit_turns) - 1)) <
	    p->habit_runs)
		return 0;
	for (; before; before >>= 1) {
		pause = before & 1 ? 0 : pause + 1;
		longest = pause > longest ? pause : longest;
	}
	return longest < p->missing ? p->missing : 2 * longest + 1;
}

/* It did not run, in sight of the tap.  Told once, then weekly. */
static void count_miss(struct jobs *jobs, const struct verdict *v)
{
	struct job *j = v->job;
	size_t at = incidents_of_entry(jobs->parts.incidents, RULE_HLT_002, v->subject,
				       j->entry->id);
	bool is_open = at != INCIDENTS_NONE && incidents_at(jobs->parts.incidents, at)->is_open;
	unsigned needed;

	if (j->row == v->row && j->told & TOLD_SHIFTED) {
		j->misses = 0;		/* it ran, at another time: that was told */
		return;
	}
	j->misses++;
	needed = misses_needed(params_of(jobs), j);
	if (is_open ? j->misses % 7 == 0 : needed && j->misses >= needed)
		tell_missing(jobs, v);
}

static void look_elsewhere(struct jobs *jobs, const struct verdict *v)
{
	const struct job_other *most = NULL;
	struct job_facts facts;
	struct channel ch;
	struct finding f;

	for (unsigned i = 0; i < JOB_OTHERS && v->job->other_turn == v->turn.number; i++)
		if (!most || v->job->other[i].up > most->up)
			most = &v->job->other[i];
	if (!most || !is_comparable(jobs, v->job, most->up))
		return;
	facts = facts_of(v->job, JOB_ELSEWHERE, most->up);
	ch = stand_in(v->subject, &most->key, v->due_ns);
	f = (struct finding){ .rule = RULE_EXP_001, .channel = &ch, .judged_ns = v->due_ns,
			      .row = v->row, .severity = 3, .entry = v->job->entry->id,
			      .job = &facts };
	tell_about(jobs, &f, &most->key);
}

/* --- visible as suppressed --------------------------------------------- */

static void tell_nights(struct jobs *jobs, const struct verdict *v)
{
	struct job *j = v->job;
	struct job_facts facts = facts_of(j, JOB_AS_EXPECTED, j->nights_up);
	struct channel ch = stand_in(v->subject, &j->last, v->due_ns);
	struct finding f = {
		.rule = RULE_EXF_001, .channel = &ch, .judged_ns = v->due_ns, .row = v->row,
		.severity = 1, .entry = j->entry->id, .job = &facts,
	};

	facts.nights = j->nights_ran;
	facts.nights_seen = j->nights_seen;
	j->shown_row = v->row;
	tell_about(jobs, &f, &j->last);
}

static void show_nights(struct jobs *jobs, const struct verdict *v)
{
	bool is_night = v->night_up >= jobs->site->rules->params.nightly.floor[0];
	struct job *j = v->job;

	if (!j->nights_seen && !is_night)
		return;
	j->nights_seen++;
	j->nights_ran += is_night;
	j->nights_up += is_night ? v->night_up : 0;
	j->nights_silent = is_night ? 0 : j->nights_silent + 1;
	if (j->nights_silent >= params_of(jobs)->resolve_after) {
		end_of_entry(jobs, v, RULE_EXF_001, &j->last);
		j->nights_seen = j->nights_ran = j->nights_silent = 0;
		j->nights_up = 0;
		j->shown_row = JOB_NO_TURN;
	} else if (is_night && j->nights_ran >= JOBS_NIGHTS &&
		   (j->shown_row == JOB_NO_TURN || v->row - j->shown_row >= JOBS_SHOWN_ROWS)) {
		tell_nights(jobs, v);
	}
}

/* --- judging ----------------------------------------------------------- */

static void judge_run(struct jobs *jobs, const struct verdict *v)
{
	uint64_t max = v->job->entry->max_bytes_per_night;

	job_add_amount(v->job, max && v->up > max ? max : v->up);
	v->job->misses = 0;
	if (v->job->entry->has_window)
		end_of_entry(jobs, v, RULE_HLT_002, NULL);
}

static void judge_turn(struct jobs *jobs, struct verdict *v)
{
	struct job *j = v->job;

	take_turn(jobs, v);
	j->judged_turn = v->turn.number;
	j->due_ns = 0;
	v->subject->is_changed = true;
	if (has_expired(v)) {
		j->misses = 0;
		end_of_entry(jobs, v, RULE_HLT_002, NULL);
	} else if (v->has_run || nights_seen(jobs->parts.nights, v->turn.start_ns,
					     v->turn.end_ns) >= params_of(jobs)->seen) {
		j->used = j->used << 1 | v->has_run;
		if (v->has_run) {
			judge_run(jobs, v);
		} else if (j->entry->has_window) {
			look_elsewhere(jobs, v);
			count_miss(jobs, v);
		}
		show_nights(jobs, v);
	}
	refresh_due(jobs, j);
}

static int compare_verdicts(const void *a, const void *b)
{
	const struct verdict *x = a, *y = b;
	int order;

	if (x->due_ns != y->due_ns)
		return x->due_ns < y->due_ns ? -1 : 1;
	order = strcmp(x->subject->id, y->subject->id);
	return order ? order : (x->job->entry > y->job->entry) - (x->job->entry < y->job->entry);
}

/* A job that nothing can be said of any more before the last year. */
static void skip_silence(struct jobs *jobs, struct job *j, uint64_t now_ns)
{
	refresh_due(jobs, j);
	if (j->due_ns == UINT64_MAX || j->due_ns + CATCH_UP_NS >= now_ns)
		return;
	j->judged_turn = j->entry->has_window ? calendar_day(now_ns - CATCH_UP_NS) :
			 calendar_row(jobs->parts.context->calendar, now_ns - CATCH_UP_NS);
	j->due_ns = 0;
	refresh_due(jobs, j);
}

/* When the first turn is due. */
static uint64_t first_due(struct jobs *jobs, uint64_t now_ns)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < subjects_count(jobs->parts.subjects); i++) {
		struct subject *s = subjects_at(jobs->parts.subjects, i);

		for (size_t k = 0; k < s->n_jobs; k++) {
			skip_silence(jobs, &s->jobs[k], now_ns);
			if (s->jobs[k].due_ns < first)
				first = s->jobs[k].due_ns;
		}
	}
	return first;
}

/* The turns due until then, in canonical order.  Gives; NULL: no memory (logged). */
static struct verdict *due_until(struct jobs *jobs, uint64_t until_ns, size_t *ret_n)
{
	const struct calendar *calendar = jobs->parts.context->calendar;
	struct verdict *list = malloc(JOBS_MAX * sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; list && i < subjects_count(jobs->parts.subjects); i++) {
		struct subject *s = subjects_at(jobs->parts.subjects, i);

		for (size_t k = 0; k < s->n_jobs && n < JOBS_MAX; k++)
			if (s->jobs[k].due_ns <= until_ns)
				list[n++] = (struct verdict){
					.subject = s, .job = &s->jobs[k], .turn = s->jobs[k].next,
					.due_ns = s->jobs[k].due_ns,
					.row = calendar_row(calendar, s->jobs[k].next.start_ns),
				};
	}
	if (!list)
		log_err("profile", "out of memory: turns of expected jobs are not judged");
	else if (n)
		qsort(list, n, sizeof(*list), compare_verdicts);
	*ret_n = n;
	return list;
}

void jobs_judge(struct jobs *jobs, uint64_t now_ns)
{
	if (jobs->next_due_ns > now_ns)
		return;
	while ((jobs->next_due_ns = first_due(jobs, now_ns)) <= now_ns) {
		uint64_t until = now_ns - jobs->next_due_ns > ROUND_NS ?
				 jobs->next_due_ns + ROUND_NS : now_ns;
		size_t n;
		struct verdict *list = due_until(jobs, until, &n);

		if (!list)
			return;
		for (size_t i = 0; i < n; i++)
			judge_turn(jobs, &list[i]);
		free(list);
	}
}

/* --- incidents that have nothing more to tell --------------------------- */

static const struct job *job_of(const struct incident *in)
{
	for (size_t i = 0; i < in->subject->n_jobs; i++)
		if (!strcmp(in->subject->jobs[i].entry->id, in->entry))
			return &in->subject->jobs[i];
	return NULL;
}

static bool is_over(const struct jobs *jobs, const struct incident *in, int64_t row)
{
	if (in->rule == RULE_EXP_001)
		return in->last_row <= row - params_of(jobs)->resolve_after;
	return (in->rule == RULE_HLT_002 || incident_is_allowed(in)) && !job_of(in);
}

void jobs_end_row(struct jobs *jobs, int64_t row, uint64_t end_ns)
{
	struct incidents *list = jobs->parts.incidents;

	for (size_t i = 0; i < incidents_count(list); i++) {
		const struct incident *in = incidents_at(list, i);
		struct channel ch, *found;

		if (!in->is_open || !is_over(jobs, in, row))
			continue;
		ch = stand_in(in->subject, &in->key, end_ns);
		found = in->is_any ? NULL : channels_find(jobs->parts.channels, &ch.key);
		incidents_end(list, i, found ? found : &ch, end_ns, row);
	}
}
