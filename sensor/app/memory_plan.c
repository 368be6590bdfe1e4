/* memory_plan.c - how a run follows the last one (memory.h): what is carried over, and what of the
 * input is known. */
#include "app/memory_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "app/batch.h"
#include "app/files_store.h"
#include "app/signals.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "flow/facts.h"
#include "flow/slice_pack.h"

int memory_put_text(struct memory *m, const char *name, const char *text)
{
	return state_put(m->state, STATE_META, name, strlen(name), text, strlen(text));
}

bool memory_is_text(struct memory *m, const char *name, const char *text)
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

uint64_t memory_get_ns(struct memory *m, const char *name)
{
	return (uint64_t)state_get_number(m->state, name, 0);
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

void memory_keep_pending(struct memory *m)
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
	uint64_t last_ns = memory_get_ns(m, "last_ns");
	bool resumes = m->has_past && !was_clean && *inputs && memory_is_text(m, "inputs", inputs);

	*ret_from_ns = 0;
	if (resumes) {
		log_notice("state", "the last run over these inputs did not end: going on after %s",
			   clock_format(memory_get_ns(m, "now_ns"), (char[CLOCK_TEXT_MAX]){ 0 }));
		/* What that run left out is in the connections that it began with. */
		*ret_from_ns = memory_get_ns(m, "from_ns");
	} else if (m->has_past && was_clean && *inputs && memory_is_text(m, "inputs", inputs)) {
		log_notice("state", "these inputs were taken in by the last run: nothing is new");
		*ret_from_ns = last_ns + 1;
	} else if (m->has_past) {
		if (!was_clean) {
			log_warn("state",
				 "the last run did not end well: connections open then are not "
				 "carried over");
			drop_flows(m);
			last_ns = memory_get_ns(m, "now_ns");
		}
		if (first_ns && first_ns < last_ns) {
			if (!allow_old)
				return refuse_old(first_ns, last_ns);
			*ret_from_ns = last_ns + 1;
		}
	}
	memory_put_text(m, "site", m->site->id);
	memory_put_text(m, "timezone", m->site->timezone);
	memory_put_text(m, "inputs", inputs);
	state_put_number(m->state, "from_ns", (int64_t)*ret_from_ns);
	state_put_number(m->state, "is_clean", 0);
	m->carry = (struct pipeline_carry){ .minute_ns = memory_get_ns(m, "carry_ns"),
					    .flows = give_flows, .ends_clean = end_clean,
					    .put_flow = keep_flow, .arg = m };
	m->is_replay = *inputs != '\0';
	files_store_load(m->state, &m->files_then);
	m->carry.files = &m->files_then;
	m->carry.pending = load_pending(m);
	return state_commit(m->state);
}
