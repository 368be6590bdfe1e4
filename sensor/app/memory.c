/* memory.c - see memory.h. */
#include "app/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/incident_pack.h"
#include "app/acts.h"
#include "app/attest_store.h"
#include "app/baseline_store.h"
#include "app/batch.h"
#include "app/coverage_state.h"
#include "app/destinations.h"
#include "app/files_store.h"
#include "app/names_store.h"
#include "app/signals.h"
#include "app/visit_store.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "flow/facts.h"
#include "flow/slice_pack.h"
#include "profile/profile_pack.h"

struct memory {
	struct state *state;
	const struct site *site;
	struct analysis *analysis;
	struct pipeline_carry carry;
	struct packer key, value;
	uint64_t committed_ns;		/* of the monotonic clock */
	struct coverage *coverage;	/* borrowed, or NULL */
	int64_t names_row;		/* for which the names of DNS were kept last */
	struct file_types files_then;	/* of the run that left the connections */
	struct acts acts;		/* what people ask for while this runs */
	bool has_past;			/* an earlier run has left something */
	bool has_failed;		/* a put failed: said, and the run's status */
	bool is_replay;
	bool is_clean;			/* the inputs were read to their end, or live was stopped */
};

/* --- small texts and numbers of STATE_META -------------------------------------------------------
 */

static int put_text(struct memory *m, const char *name, const char *text)
{
	return state_put(m->state, STATE_META, name, strlen(name), text, strlen(text));
}

/* Is the text kept under that name this one?  True too when none is kept. */
static bool is_text(struct memory *m, const char *name, const char *text)
{
	void *kept = NULL;
	size_t len = 0;
	bool same;

	if (state_get(m->state, STATE_META, name, strlen(name), &kept, &len) != 0)
		return true;
	same = len == strlen(text) && !memcmp(kept, text, len);
	free(kept);
	return same;
}

static uint64_t get_ns(struct memory *m, const char *name)
{
	return (uint64_t)state_get_number(m->state, name, 0);
}

/* --- opening ----------------------------------------------------------- */

int memory_open(const char *path, const struct site *site, struct memory **ret_memory)
{
	struct memory *m = calloc(1, sizeof(*m));
	int err = m ? state_open(path, STATE_WRITE, &m->state) : -ENOMEM;

	if (err)
		goto out;
	m->site = site;
	if (!is_text(m, "site", site->id) || !is_text(m, "timezone", site->timezone)) {
		log_err("state",
			"%s is the memory of another site or time zone than \"%s\", %s; give each "
			"site a state of its own",
			path, site->id, site->timezone);
		err = -EINVAL;
		goto out;
	}
	m->has_past = get_ns(m, "first_ns") != 0;
	*ret_memory = steal(&m);
out:
	memory_close(m);
	return err;
}

void memory_close(struct memory *m)
{
	if (!m)
		return;
	event_batch_free(m->carry.pending);
	event_batch_free(m->carry.ret_pending);
	requests_free(m->acts.taken);
	pack_free(&m->key);
	pack_free(&m->value);
	state_close(m->state);
	free(m);
}

struct state *memory_state(struct memory *m)
{
	return m->state;
}

void memory_cover(struct memory *m, struct coverage *c)
{
	m->coverage = c;
}

/* --- connections and pending events ------------------------------------ */

struct flow_taker {
	shard_flow_fn take;
	void *arg;
};

static int give_flow(void *arg, const void *key, size_t key_len, const void *value,
		     size_t value_len)
{
	const struct flow_taker *t = arg;

	t->take(t->arg, key, key_len, value, value_len);
	return 0;
}

static void give_flows(void *memory, shard_flow_fn take, void *take_arg)
{
	struct memory *m = memory;
	struct flow_taker taker = { take, take_arg };

	state_each(m->state, STATE_FLOW, give_flow, &taker);
}

/* Replay that was interrupted begins again, with the connections of its start; live goes on later.
 */
static bool end_clean(void *memory, int err)
{
	struct memory *m = memory;

	m->is_clean = err >= 0 && !(m->is_replay && signals_seen());
	if (m->is_clean)
		state_clear(m->state, STATE_FLOW);
	return m->is_clean;
}

static void keep_flow(void *memory, const void *key, size_t key_len, const void *value,
		      size_t value_len)
{
	struct memory *m = memory;

	m->has_failed |= state_put(m->state, STATE_FLOW, key, key_len, value, value_len) != 0;
}

static void keep_pending(struct memory *m)
{
	struct event_batch *b = m->carry.ret_pending;

	pack_reset(&m->value);
	pack_u32(&m->value, b ? (uint32_t)b->n : 0);
	for (size_t i = 0; b && i < b->n; i++)
		slice_pack(&b->events[i], &m->value);
	m->has_failed |= m->value.has_failed || state_put(m->state, STATE_META, "pending", 7,
							  m->value.bytes, m->value.len) != 0;
}

static struct event_batch *load_pending(struct memory *m)
{
	struct event_batch *b = event_batch_new();
	void *kept = NULL;
	size_t len = 0;
	struct unpacker u;
	uint32_t n;

	if (!b || state_get(m->state, STATE_META, "pending", 7, &kept, &len) != 0)
		return b;
	u = unpack_over(kept, len);
	n = unpack_u32(&u);
	for (uint32_t i = 0; i < n && !u.is_bad; i++) {
		struct slice s;

		if (!slice_unpack(&u, &s))
			continue;
		facts_move_files(s.facts, &m->files_then, m->site->file_types);
		event_batch_add(b, &s);
	}
	if (!unpack_ok(&u))
		log_warn("state",
			 "the events of the last run's last minute are damaged: some are missing");
	free(kept);
	return b;
}

/* The last run did not end well, or not here: its connections are older than what it knew. */
static void drop_flows(struct memory *m)
{
	state_clear(m->state, STATE_FLOW);
	state_delete(m->state, STATE_META, "pending", 7);
	state_put_number(m->state, "carry_ns", 0);
}

/* --- how runs follow each other ---------------------------------------- */

static int refuse_old(uint64_t first_ns, uint64_t last_ns)
{
	char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];

	log_err("state",
		"the input begins at %s, but the state knows everything up to %s; --allow-old "
		"leaves "
		"out what it knows, another --state judges it anew",
		clock_format(first_ns, first), clock_format(last_ns, last));
	return -EEXIST;
}

int memory_plan(struct memory *m, const char *inputs, uint64_t first_ns, bool allow_old,
		uint64_t *ret_from_ns)
{
	bool was_clean = state_get_number(m->state, "is_clean", 1);
	uint64_t last_ns = get_ns(m, "last_ns");
	bool resumes = m->has_past && !was_clean && *inputs && is_text(m, "inputs", inputs);

	*ret_from_ns = 0;
	if (resumes) {
		log_notice("state", "the last run over these inputs did not end: going on after %s",
			   clock_format(get_ns(m, "now_ns"), (char[CLOCK_TEXT_MAX]){ 0 }));
		/* What that run left out is in the connections that it began with. */
		*ret_from_ns = get_ns(m, "from_ns");
	} else if (m->has_past && was_clean && *inputs && is_text(m, "inputs", inputs)) {
		log_notice("state", "these inputs were taken in by the last run: nothing is new");
		*ret_from_ns = last_ns + 1;
	} else if (m->has_past) {
		if (!was_clean) {
			log_warn("state",
				 "the last run did not end well: connections open then are not "
				 "carried over");
			drop_flows(m);
			last_ns = get_ns(m, "now_ns");
		}
		if (first_ns && first_ns < last_ns) {
			if (!allow_old)
				return refuse_old(first_ns, last_ns);
			*ret_from_ns = last_ns + 1;
		}
	}
	put_text(m, "site", m->site->id);
	put_text(m, "timezone", m->site->timezone);
	put_text(m, "inputs", inputs);
	state_put_number(m->state, "from_ns", (int64_t)*ret_from_ns);
	state_put_number(m->state, "is_clean", 0);
	m->carry = (struct pipeline_carry){ .minute_ns = get_ns(m, "carry_ns"), .flows = give_flows,
					    .ends_clean = end_clean, .put_flow = keep_flow,
					    .arg = m };
	m->is_replay = *inputs != '\0';
	files_store_load(m->state, &m->files_then);
	m->carry.files = &m->files_then;
	m->carry.pending = load_pending(m);
	return state_commit(m->state);
}

struct pipeline_carry *memory_carry(struct memory *m)
{
	return &m->carry;
}

/* --- loading ----------------------------------------------------------- */

struct loader {
	struct state *state;
	struct calendar calendar;	/* as the state has it */
	const struct site *site;
	struct analysis_parts parts;
	uint64_t bad;
};

static int load_subject(void *arg, const void *key, size_t key_len, const void *value,
			size_t value_len)
{
	struct loader *l = arg;

	l->bad += !subject_unpack(l->parts.subjects, l->site, key, key_len, value, value_len);
	return 0;
}

static int load_channel(void *arg, const void *key, size_t key_len, const void *value,
			size_t value_len)
{
	struct loader *l = arg;
	struct unpacker k = unpack_over(key, key_len), v = unpack_over(value, value_len);

	if (profile_pack_is_v1(&v)) {
		l->bad += !channel_unpack_v1(l->parts.channels, l->parts.subjects, &k, &v);
		state_delete(l->state, STATE_CHANNEL, key, key_len);
	} else {
		l->bad += !channel_unpack(l->parts.channels, l->parts.subjects, &k, &v);
	}
	return 0;
}

static int load_evidence(void *arg, const void *key, size_t key_len, const void *value,
			 size_t value_len)
{
	struct loader *l = arg;
	struct unpacker k = unpack_over(key, key_len), v = unpack_over(value, value_len);

	if (profile_pack_is_v1(&v)) {
		l->bad += !evidence_unpack_v1(l->parts.channels, l->parts.subjects, &l->calendar,
					      &k, &v);
		state_delete(l->state, STATE_EVIDENCE, key, key_len);
	} else {
		l->bad += !evidence_unpack(l->parts.channels, l->parts.subjects, &k, &v);
	}
	return 0;
}

static int load_incident(void *arg, const void *key, size_t key_len, const void *value,
			 size_t value_len)
{
	struct loader *l = arg;

	l->bad += key_len != INCIDENT_KEY_LEN ||
		  !incident_unpack(l->parts.incidents, l->parts.subjects, key, value, value_len);
	return 0;
}

static void forget_channel(void *memory, const struct channel *ch)
{
	struct memory *m = memory;

	pack_reset(&m->key);
	channel_pack_key(ch, &m->key);
	state_delete(m->state, STATE_CHANNEL, m->key.bytes, m->key.len);
	state_delete(m->state, STATE_EVIDENCE, m->key.bytes, m->key.len);
}

static void forget_incident(void *memory, const struct incident *in)
{
	struct memory *m = memory;
	uint8_t key[INCIDENT_KEY_LEN];

	incident_pack_key(in->number, key);
	state_delete(m->state, STATE_INCIDENT, key, sizeof(key));
}

int memory_load_tables(struct state *s, const struct site *site, const struct analysis_parts *parts,
		       uint64_t *ret_left_out)
{
	struct loader l = { .state = s, .site = site, .parts = *parts };
	int err;

	calendar_init(&l.calendar, site, (int)state_get_number(s, "year", 1970));
	subjects_set_latest(parts->subjects, state_get_number(s, "row", 0));
	channels_hold(parts->channels, true);
	err = state_each(s, STATE_SUBJECT, load_subject, &l);
	if (!err)
		err = state_each(s, STATE_CHANNEL, load_channel, &l);
	if (!err)
		err = state_each(s, STATE_EVIDENCE, load_evidence, &l);
	if (!err)
		err = state_each(s, STATE_INCIDENT, load_incident, &l);
	if (!err)
		err = baseline_load(s, parts->baseline, &l.bad);
	if (!err)
		err = tallies_load(s, &parts->tallies, parts->subjects, &l.bad);
	if (!err)
		err = visit_store_load(s, parts->visits, parts->subjects, &l.bad);
	if (!err)
		err = attest_store_load(s, parts->attest);
	destinations_set_roles(parts->baseline, parts->subjects);
	channels_hold(parts->channels, false);
	names_store_load(s, parts->resolved);
	incidents_set_sequence(parts->incidents, (uint64_t)state_get_number(s, "sequence", 0));
	*ret_left_out = l.bad;
	return err;
}

static void take_requests(struct memory *m);

int memory_load(struct memory *m, struct analysis *a)
{
	struct analysis_parts parts;
	uint64_t left_out;
	int err;
	struct analysis_point point = { .year = (int)state_get_number(m->state, "year", 1970),
					.first_ns = get_ns(m, "first_ns"),
					.now_ns = get_ns(m, "now_ns"),
					.row = state_get_number(m->state, "row", 0) };

	m->analysis = a;
	m->committed_ns = clock_monotonic_ns();
	analysis_parts(a, &parts);
	analysis_on_step(a, memory_step, m);
	channels_on_remove(parts.channels, forget_channel, m);
	incidents_on_forget(parts.incidents, forget_incident, m);
	baseline_on_remove(parts.baseline, baseline_forget, m->state);
	tallies_follow(m->state, &parts.tallies);
	m->acts = (struct acts){ .state = m->state, .baseline = parts.baseline,
				 .incidents = parts.incidents };
	if (!point.first_ns)
		return 0;
	err = memory_load_tables(m->state, m->site, &parts, &left_out);
	if (err)
		return err;
	analysis_resume(a, &point);
	if (left_out)
		log_warn("state",
			 "%" PRIu64 " records of the long memory belong to assets that the site no "
			 "longer lists, or are damaged: left out",
			 left_out);
	take_requests(m);
	return 0;
}

/* --- committing -------------------------------------------------------- */

static void put_packed(struct memory *m, enum state_table table)
{
	m->has_failed |= m->key.has_failed || m->value.has_failed ||
			 state_put(m->state, table, m->key.bytes, m->key.len, m->value.bytes,
				   m->value.len) != 0;
}

static void save_subjects(struct memory *m, const struct analysis_parts *parts)
{
	for (size_t i = 0; i < subjects_count(parts->subjects); i++) {
		struct subject *s = subjects_at(parts->subjects, i);

		if (!s->is_changed)
			continue;
		pack_reset(&m->key);
		pack_bytes(&m->key, s->id, strlen(s->id));
		pack_reset(&m->value);
		subject_pack(s, &m->value);
		put_packed(m, STATE_SUBJECT);
		s->is_changed = false;
	}
}

static void save_evidence(struct memory *m, struct channel *ch)
{
	ch->evidence_changed = false;
	if (!ch->evidence) {
		state_delete(m->state, STATE_EVIDENCE, m->key.bytes, m->key.len);
		return;
	}
	pack_reset(&m->value);
	evidence_pack(ch->evidence, &m->value);
	put_packed(m, STATE_EVIDENCE);
}

static void save_channels(struct memory *m, const struct analysis_parts *parts)
{
	size_t n;
	struct channel **list = channels_all(parts->channels, &n);

	for (size_t i = 0; i < n; i++) {
		struct channel *ch = list[i];

		if (!ch->is_changed && !ch->evidence_changed)
			continue;
		pack_reset(&m->key);
		channel_pack_key(ch, &m->key);
		if (ch->is_changed) {
			pack_reset(&m->value);
			channel_pack(parts->channels, ch, &m->value);
			put_packed(m, STATE_CHANNEL);
			ch->is_changed = false;
		}
		if (ch->evidence_changed)
			save_evidence(m, ch);
	}
}

static void save_incidents(struct memory *m, const struct analysis_parts *parts)
{
	size_t n;
	struct incident *const *list = incidents_changed(parts->incidents, &n);

	for (size_t i = 0; i < n; i++) {
		uint8_t key[INCIDENT_KEY_LEN];

		incident_pack_key(list[i]->number, key);
		pack_reset(&m->key);
		pack_bytes(&m->key, key, sizeof(key));
		pack_reset(&m->value);
		incident_pack(list[i], &m->value);
		put_packed(m, STATE_INCIDENT);
	}
	incidents_packed(parts->incidents);
	state_put_number(m->state, "sequence", (int64_t)incidents_sequence(parts->incidents));
}

static int commit(struct memory *m)
{
	struct analysis_point point = analysis_point(m->analysis);
	struct analysis_parts parts;

	m->committed_ns = clock_monotonic_ns();
	if (point.first_ns) {
		analysis_parts(m->analysis, &parts);
		save_subjects(m, &parts);
		save_channels(m, &parts);
		save_incidents(m, &parts);
		m->has_failed |= baseline_save(m->state, parts.baseline) != 0;
		m->has_failed |= tallies_save(m->state, &parts.tallies) != 0;
		m->has_failed |= visit_store_save(m->state, parts.visits) != 0;
		m->has_failed |= attest_store_save(m->state, parts.attest) != 0;
		if (!m->is_replay && point.row != m->names_row)
			m->has_failed |= names_store_save(m->state, parts.resolved) != 0;
		m->names_row = point.row;
		state_put_number(m->state, "year", point.year);
		state_put_number(m->state, "first_ns", (int64_t)point.first_ns);
		state_put_number(m->state, "now_ns", (int64_t)point.now_ns);
		state_put_number(m->state, "row", point.row);
		if (m->coverage)
			m->has_failed |= coverage_state_save(m->state, m->coverage) != 0;
		state_prune_outbox(m->state, point.now_ns, m->site->retention_outbox_ns);
	}
	return state_commit(m->state);
}

static void take_requests(struct memory *m)
{
	/* Removed once the state has them: a crash in between applies them again, to no effect. */
	if (acts_take_requests(&m->acts)) {
		analysis_settle(m->analysis);
		if (!commit(m))
			acts_remove_requests(&m->acts);
	}
}

void memory_step(void *memory, bool has_records)
{
	struct memory *m = memory;

	/* A replay takes requests at its start alone: when one comes must not change its result. */
	if (!m->is_replay && acts_is_due(&m->acts))
		take_requests(m);
	if (has_records || clock_monotonic_ns() - m->committed_ns >= MEMORY_COMMIT_NS)
		commit(m);
}

int memory_finish(struct memory *m, uint64_t last_ns)
{
	int err;

	if (m->is_clean && analysis_point(m->analysis).first_ns) {
		struct analysis_parts parts;

		keep_pending(m);
		m->has_failed |= files_store_save(m->state, m->site->file_types) != 0;
		analysis_parts(m->analysis, &parts);
		m->has_failed |= names_store_save(m->state, parts.resolved) != 0;
		state_put_number(m->state, "carry_ns", (int64_t)m->carry.ret_minute_ns);
		state_put_number(m->state, "last_ns", (int64_t)last_ns);
	}
	if (m->is_clean)
		state_put_number(m->state, "is_clean", 1);
	err = commit(m);
	if (!err && m->has_failed)
		err = -EIO;
	if (err)
		log_err("state", "the memory of this run could not be kept whole: %s; once that "
			"is mended, replay the same captures with the same state: what was kept "
			"is passed by", err_text(err));
	return err;
}

int memory_preview(struct memory *m)
{
	struct analysis_parts parts;
	int err;

	/* The tables may change now, the state must not. */
	analysis_parts(m->analysis, &parts);
	analysis_on_step(m->analysis, NULL, NULL);
	channels_on_remove(parts.channels, NULL, NULL);
	incidents_on_forget(parts.incidents, NULL, NULL);
	baseline_on_remove(parts.baseline, NULL, NULL);
	tallies_follow(NULL, &parts.tallies);
	analysis_preview(m->analysis);
	/* Sequence numbers are never used twice; the incidents are kept as they were. */
	state_put_number(m->state, "sequence", (int64_t)incidents_sequence(parts.incidents));
	err = state_commit(m->state);
	if (err)
		log_err("state", "the records of the open night could not be kept: %s",
			err_text(err));
	return err;
}
