/* visit.c - see visit.h. */
#include "profile/visit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "flow/community_id.h"

struct visits {
	struct visit *list[VISITS_MAX];
	size_t n;
	bool is_changed;
	struct visits_counters counters;
};

int visits_new(struct visits **ret_visits)
{
	*ret_visits = calloc(1, sizeof(**ret_visits));
	return *ret_visits ? 0 : -ENOMEM;
}

void visits_free(struct visits *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++)
		free(v->list[i]);
	free(v);
}

const struct visits_counters *visits_counters(const struct visits *v)
{
	return &v->counters;
}

size_t visits_count(const struct visits *v)
{
	return v->n;
}

struct visit *visits_at(const struct visits *v, size_t i)
{
	return v->list[i];
}

bool visits_are_changed(const struct visits *v)
{
	return v->is_changed;
}

void visits_touch(struct visits *v)
{
	v->is_changed = true;
}

void visits_packed(struct visits *v)
{
	v->is_changed = false;
}

/* --- the list ---------------------------------------------------------- */

static int compare(const struct visit *visit, const struct visit_key *key)
{
	int order = strcmp(visit->subject->id, key->subject->id);

	if (!order)
		order = addr_compare(&visit->peer, key->peer);
	return order ? order : (int)visit->protocol - (int)key->protocol;
}

/* Where it is, or belongs. */
static size_t place_of(const struct visits *v, const struct visit_key *key, bool *ret_is_there)
{
	size_t low = 0, high = v->n;

	*ret_is_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(v->list[middle], key);

		if (order == 0) {
			*ret_is_there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct visit *visits_find(const struct visits *v, const struct visit_key *key)
{
	bool is_there;
	size_t at = place_of(v, key, &is_there);

	return is_there ? v->list[at] : NULL;
}

void visits_remove(struct visits *v, size_t i)
{
	free(v->list[i]);
	memmove(&v->list[i], &v->list[i + 1], (v->n - i - 1) * sizeof(v->list[0]));
	v->n--;
	v->counters.live--;
	v->is_changed = true;
}

static bool has_incident(const struct visit *visit)
{
	for (unsigned i = 0; i < VISIT_RULES; i++)
		if (visit->told[i].is_open && !visit->told[i].is_flooded)
			return true;
	return false;
}

/* Does a give way before b? */
static bool goes_before(const struct visit *a, const struct visit *b)
{
	if (has_incident(a) != has_incident(b))
		return has_incident(b);
	return a->last_ns < b->last_ns;
}

/* The subject that has most stands together in the list. */
static void evict_one(struct visits *v)
{
	size_t first = 0, most_first = 0, most = 0, victim;

	for (size_t i = 1; i <= v->n; i++) {
		if (i < v->n && v->list[i]->subject == v->list[first]->subject)
			continue;
		if (i - first > most) {
			most = i - first;
			most_first = first;
		}
		first = i;
	}
	victim = most_first;
	for (size_t i = most_first + 1; i < most_first + most; i++)
		if (goes_before(v->list[i], v->list[victim]))
			victim = i;
	visits_remove(v, victim);
	v->counters.evicted++;
}

struct visit *visits_get(struct visits *v, const struct visit_key *key)
{
	bool is_there;
	size_t at = place_of(v, key, &is_there);
	struct visit *visit;

	if (is_there)
		return v->list[at];
	visit = calloc(1, sizeof(*visit));
	if (!visit)
		return NULL;
	visit->subject = key->subject;
	visit->peer = *key->peer;
	visit->protocol = key->protocol;
	visit->is_over = true;
	if (v->n == VISITS_MAX) {
		evict_one(v);
		at = place_of(v, key, &is_there);
	}
	memmove(&v->list[at + 1], &v->list[at], (v->n - at) * sizeof(v->list[0]));
	v->list[at] = visit;
	v->n++;
	v->counters.live++;
	v->counters.made++;
	v->is_changed = true;
	return visit;
}

/* --- sessions ---------------------------------------------------------- */

bool visit_has_ended(const struct visit *v, uint64_t now_ns)
{
	return now_ns >= v->last_ns && now_ns - v->last_ns >= VISIT_GAP_NS;
}

/* Not of the session that was: another connection, and long after. */
static bool begins_anew(const struct visit *v, const struct visit_minute *m)
{
	const struct slice *s = m->slice;
	uint64_t first_ns = s->first_ns ? s->first_ns : s->minute_ns;

	if (!v->start_ns)
		return true;
	return first_ns > v->last_ns && first_ns - v->last_ns >= VISIT_GAP_NS &&
	       s->id.first_ns > v->last_ns;
}

/* What its incidents are about: while one is open it stays. */
static void set_key(struct visit *v, const struct slice *s)
{
	if (has_incident(v))
		return;
	memset(&v->key, 0, sizeof(v->key));
	group_key_ip(&v->key, &v->peer, s->id.key.proto, slice_server_port(s));
	v->key.subject = v->subject->number;
	v->key.is_external = v->is_external;
}

static void begin(struct visit *v, const struct visit_minute *m)
{
	const struct slice *s = m->slice;

	v->is_session = v->is_unexpected = v->was_covered = false;
	v->is_weak = true;
	v->order[0] = '\0';
	v->order_end_ns = 0;
	v->start_ns = s->first_ns ? s->first_ns : s->minute_ns;
	v->last_ns = v->start_ns;
	v->up = v->down = v->packets[0] = v->packets[1] = 0;
	v->flows = 0;
	v->contact.communities = 0;
	set_key(v, s);
}

/* What the last connection showed, as a channel's contact has it. */
static void note_contact(struct visit *v, const struct visit_minute *m)
{
	const struct slice *s = m->slice;
	struct contact *k = &v->contact;
	uint8_t digest[DIGEST_SHA1_LEN];

	k->own = *m->own;
	k->was_opened_outside = !m->am_client;
	k->is_answered = 1;
	k->port = m->am_client ? slice_server_port(s) : 0;
	if (s->master || s->app) {
		k->master = s->master;
		k->app = s->app;
		k->verdict = (uint8_t)s->verdict;
	}
	if (v->flows && s->id.first_ns < s->minute_ns)
		return;			/* it was there before */
	v->flows++;
	community_id_digest(&s->id.key, s->client_is_b, digest);
	contact_remember_flow(k, digest);
}

static bool is_session(const struct visit *v)
{
	if (v->protocol == REMOTE_ANY)
		return v->up > 0;
	if (v->is_weak && (v->packets[0] < VISIT_WEAK_PACKETS ||
			   v->packets[1] < VISIT_WEAK_PACKETS))
		return false;
	return v->up && v->down;
}

void visit_add(struct visits *list, struct visit *v, const struct visit_minute *m)
{
	const struct slice *s = m->slice;
	uint64_t up = s->sums.payload[!m->am_client], down = s->sums.payload[m->am_client];
	bool was_session;

	if (begins_anew(v, m))
		begin(v, m);
	was_session = v->is_session;
	v->is_over = false;
	v->is_weak &= !m->is_strong;
	v->is_unexpected |= !m->is_expected;
	note_contact(v, m);
	if (s->last_ns > v->last_ns)
		v->last_ns = s->last_ns;
	v->up += up;
	v->down += down;
	v->packets[0] += s->sums.packets[!m->am_client];
	v->packets[1] += s->sums.packets[m->am_client];
	v->row = m->row;
	v->touched_ns = s->minute_ns;
	list->is_changed = true;
	v->is_session |= is_session(v);
	if (!v->is_session)
		return;
	if (!was_session) {
		v->sessions++;
		list->counters.sessions++;
		up = v->up;		/* what came before it was one counts as well */
		down = v->down;
	}
	if (!v->first_ns)
		v->first_ns = v->start_ns;
	v->all_up += up;
	v->all_down += down;
}
