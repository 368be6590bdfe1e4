/* memory.c - see memory.h. */
#include "app/memory_internal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alert/incident_pack.h"
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
#include "base/text.h"
#include "flow/slice_pack.h"
#include "profile/profile_pack.h"
#include "store/state_seal.h"

/* --- opening ----------------------------------------------------------- */

int memory_open(const char *path, const struct site *site, struct memory **ret_memory)
{
	struct memory *m = calloc(1, sizeof(*m));
	int err = m ? state_open(path, STATE_WRITE, &m->state) : -ENOMEM;

	if (!err)
		err = state_seal(m->state, site_state_key(site));
	if (err)
		goto out;
	m->site = site;
	if (!memory_is_text(m, "site", site->id) ||
	    !memory_is_text(m, "timezone", site->timezone)) {
		log_err("state",
			"%s is the memory of another site or time zone than \"%s\", %s; give each "
			"site a state of its own",
			path, site->id, site->timezone);
		err = -EINVAL;
		goto out;
	}
	m->has_past = memory_get_ns(m, "first_ns") != 0;
	*ret_memory = steal(&m);
out:
	memory_close(m);
	return err;
}

/* The state, its journal and its lock. */
static void remove_scratch(const char *directory)
{
	DIR *dir = directory[0] ? opendir(directory) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	if (directory[0])
		rmdir(directory);
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
	remove_scratch(m->scratch);
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

/* The analysis tells it of every step, and of what is gone. */
static void attach(struct memory *m, struct analysis *a)
{
	struct analysis_parts parts;

	m->analysis = a;
	m->committed_ns = clock_monotonic_ns();
	analysis_parts(a, &parts);
	analysis_on_step(a, memory_step, m);
	channels_on_remove(parts.channels, forget_channel, m);
	incidents_on_forget(parts.incidents, forget_incident, m);
	baseline_on_remove(parts.baseline, baseline_forget, m->state);
	tallies_follow(m->state, &parts.tallies);
	m->acts.state = m->state;
	m->acts.baseline = parts.baseline;
	m->acts.incidents = parts.incidents;
}

/* What was raised under another policy, or before there was a word for it. */
static void review_policy(struct memory *m)
{
	char policy[2 * DIGEST_HEX_MAX];
	void *kept = NULL;
	size_t len = 0;

	text_format(policy, sizeof(policy), "%s %s", m->site->sha256, m->site->rules->sha256);
	if (state_get(m->state, STATE_META, "policy", strlen("policy"), &kept, &len) ||
	    len != strlen(policy) || memcmp(kept, policy, len))
		analysis_review(m->analysis);
	free(kept);
	memory_put_text(m, "policy", policy);
}

/* is_start: nobody has resolved yet what is about assets that left the site. */
static int load(struct memory *m, struct analysis *a, bool is_start)
{
	struct analysis_parts parts;
	uint64_t left_out;
	int err;
	struct analysis_point point = { .year = (int)state_get_number(m->state, "year", 1970),
					.first_ns = memory_get_ns(m, "first_ns"),
					.now_ns = memory_get_ns(m, "now_ns"),
					.row = state_get_number(m->state, "row", 0) };

	attach(m, a);
	analysis_parts(a, &parts);
	if (!point.first_ns) {
		review_policy(m);
		return 0;
	}
	err = memory_load_tables(m->state, m->site, &parts, &left_out);
	if (err)
		return err;
	analysis_resume(a, &point);
	review_policy(m);
	if (left_out && is_start)
		err = memory_part_gone(m, &parts, &point);
	if (left_out)
		log_warn("state",
			 "%" PRIu64 " records of the long memory belong to assets that the site no "
			 "longer lists, or are damaged: left out",
			 left_out);
	take_requests(m);
	return err;
}

int memory_load(struct memory *m, struct analysis *a)
{
	return load(m, a, true);
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

	if (m->scratch[0])
		return;		/* it is for memory_renew() */
	/* A replay takes requests at its start alone: when one comes must not change its result. */
	if (!m->is_replay && acts_is_due(&m->acts))
		take_requests(m);
	if (has_records || clock_monotonic_ns() - m->committed_ns >= MEMORY_COMMIT_NS)
		commit(m);
}

static int fill(void *memory, struct analysis *fresh)
{
	return load(memory, fresh, false);
}

int memory_renew(struct memory *m, const struct site *site)
{
	struct analysis *a = m->analysis;
	const struct site *old = m->site;
	struct analysis_parts parts;
	int err;

	analysis_parts(a, &parts);
	m->has_failed |= names_store_save(m->state, parts.resolved) != 0;
	err = commit(m);
	if (!err && m->has_failed)
		err = -EIO;
	if (err) {
		log_err("state", "the memory could not be kept whole: %s", err_text(err));
		return err;
	}
	m->site = site;
	err = analysis_renew(a, site, fill, m);
	if (err)
		m->site = old;
	attach(m, a);
	return err;
}

int memory_open_scratch(const struct site *site, struct analysis *a, struct memory **ret_memory)
{
	const char *folder = getenv("TMPDIR");
	char directory[sizeof(((struct memory *)0)->scratch)], path[PATH_MAX];
	struct memory *m = NULL;
	int err;

	if (!text_format(directory, sizeof(directory), "%s/nachtwacht-XXXXXX",
			 folder && *folder ? folder : "/tmp") || !mkdtemp(directory)) {
		err = errno ? -errno : -ENAMETOOLONG;
		log_err("state", "no directory for a moment's memory (TMPDIR): %s", err_text(err));
		return err;
	}
	text_format(path, sizeof(path), "%s/state", directory);
	err = memory_open(path, site, &m);
	if (err) {
		rmdir(directory);
		return err;
	}
	text_copy(m->scratch, sizeof(m->scratch), directory);
	attach(m, a);
	*ret_memory = m;
	return 0;
}

int memory_finish(struct memory *m, uint64_t last_ns)
{
	int err;

	if (m->is_clean && analysis_point(m->analysis).first_ns) {
		struct analysis_parts parts;

		memory_keep_pending(m);
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
