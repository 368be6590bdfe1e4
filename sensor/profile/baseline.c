/* baseline.c - see baseline.h.  A list of entries, and an open-addressing table of their places
 * that is built anew when some were taken out, which happens to many at once or once a row. */
#include "profile/baseline.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/digest.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "profile/channel.h"

#define SLOTS (4 * BASELINE_MAX)
#define SHARE 4				/* one of so many goes when it is full */
#define COUNTS 65536			/* a power of two */

struct baseline_list {
	struct destination **list;
	size_t n;
	uint32_t *table;		/* place in list + 1; 0: free */
	struct destination **sorted;	/* scratch */
	bool is_sorted;
	/* By hash of the subject, attempts apart: never fewer than the subject has. */
	uint32_t *counts[2];
	size_t n_attempts;
	struct destination **accepted;	/* counters.accepted of them */
	uint64_t acts;			/* what changed what is accepted, so far, from 1 */
	struct baseline_counters counters;
	baseline_removed_fn removed;
	void *removed_arg;
};

static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are masked");

/* --- what a state of the baseline means -------------------------------- */

enum baseline baseline_state(const struct site *site, int64_t since_row, int64_t row)
{
	if (site->baseline == BASELINE_OBSERVE &&
	    row - since_row < site->rules->params.destination.learn_rows)
		return BASELINE_LEARN;
	return site->baseline;
}

const char *baseline_name(enum baseline b)
{
	static const char *const names[] = {
		[BASELINE_OBSERVE] = "observe",
		[BASELINE_LEARN] = "learn",
		[BASELINE_ENFORCE] = "enforce",
	};

	return names[b];
}

unsigned baseline_judge(const struct baseline_facts *f)
{
	unsigned severity = 0;

	if (f->is_held || f->state == BASELINE_LEARN)
		return 0;
	if (f->state == BASELINE_ENFORCE)
		severity = 4;
	else if (!f->is_learned || f->was_revoked)
		severity = f->has_like && !f->was_revoked ? 2 : 3;
	return severity > 2 && !f->has_policy ? 2 : severity;
}

/* --- the table --------------------------------------------------------- */

int baseline_new(struct baseline_list **ret_baseline)
{
	struct baseline_list *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->acts = 1;
	b->list = calloc(BASELINE_MAX, sizeof(struct destination *));
	b->sorted = calloc(BASELINE_MAX, sizeof(struct destination *));
	b->table = calloc(SLOTS, sizeof(*b->table));
	b->counts[0] = calloc(COUNTS, sizeof(**b->counts));
	b->counts[1] = calloc(COUNTS, sizeof(**b->counts));
	b->accepted = calloc(BASELINE_ACCEPTED_MAX, sizeof(struct destination *));
	if (!b->list || !b->sorted || !b->table || !b->counts[0] || !b->counts[1] ||
	    !b->accepted) {
		baseline_free(b);
		return -ENOMEM;
	}
	*ret_baseline = b;
	return 0;
}

static void destination_free(struct destination *d)
{
	free(d->name);
	free(d->by);
	free(d->reason);
	free(d);
}

void baseline_free(struct baseline_list *b)
{
	if (!b)
		return;
	for (size_t i = 0; b->list && i < b->n; i++)
		destination_free(b->list[i]);
	free(b->list);
	free(b->sorted);
	free(b->table);
	free(b->counts[0]);
	free(b->counts[1]);
	free(b->accepted);
	free(b);
}

const struct baseline_counters *baseline_counters(const struct baseline_list *b)
{
	return &b->counters;
}

/* Group and value alone; of a pair (group ip) the service too. */
static struct channel_key bare(const struct channel_key *key)
{
	if (key->group == GROUP_IP)
		return (struct channel_key){ .value = key->value, .group = GROUP_IP,
					     .proto = key->proto, .port = key->port };
	return (struct channel_key){ .value = key->value, .group = key->group, .is_external = 1 };
}

static uint32_t *find_place(const struct baseline_list *b, const char *subject,
			    const struct channel_key *bare_key)
{
	uint64_t seed = hash_bytes(subject, strlen(subject), hash_secret());
	size_t at = hash_table(bare_key, sizeof(*bare_key), seed) & (SLOTS - 1);

	for (; b->table[at]; at = (at + 1) & (SLOTS - 1)) {
		const struct destination *d = b->list[b->table[at] - 1];

		if (!memcmp(&d->key, bare_key, sizeof(*bare_key)) && !strcmp(d->subject, subject))
			break;
	}
	return &b->table[at];
}

struct destination *baseline_find(const struct baseline_list *b, const char *subject,
				  const struct channel_key *key)
{
	struct channel_key k = bare(key);
	uint32_t *place = find_place(b, subject, &k);

	return *place ? b->list[*place - 1] : NULL;
}

static uint32_t *count_of(const struct baseline_list *b, const char *subject, bool is_attempt)
{
	uint64_t hash = hash_bytes(subject, strlen(subject), hash_secret());

	return &b->counts[is_attempt][hash & (COUNTS - 1)];
}

static void count(struct baseline_list *b, const struct destination *d, int by)
{
	bool is_attempt = baseline_is_attempt(d);

	*count_of(b, d->subject, is_attempt) += (uint32_t)by;
	b->n_attempts += is_attempt ? (size_t)by : 0;
}

/* --- leaving ----------------------------------------------------------- */

/* Takes out the marked ones (subject ""), and finds the places of the rest. */
static void rebuild(struct baseline_list *b)
{
	size_t kept = 0;

	memset(b->table, 0, SLOTS * sizeof(*b->table));
	for (size_t i = 0; i < b->n; i++) {
		struct destination *d = b->list[i];

		if (!d->subject[0]) {
			destination_free(d);
			continue;
		}
		b->list[kept++] = d;
		*find_place(b, d->subject, &d->key) = (uint32_t)kept;
	}
	b->n = kept;
	b->counters.live = kept;
	b->is_sorted = false;
}

static void leave(struct baseline_list *b, struct destination *d)
{
	if (b->removed)
		b->removed(b->removed_arg, d);
	count(b, d, -1);
	d->subject[0] = '\0';
}

/* Who goes first: what no incident is open about; the longest silent; the key, so that no order of
 * arrival matters. */
static int compare_silence(const void *pa, const void *pb)
{
	const struct destination *a = *(struct destination *const *)pa;
	const struct destination *b = *(struct destination *const *)pb;

	if (a->is_told != b->is_told)
		return a->is_told ? 1 : -1;
	if (a->last_ns != b->last_ns)
		return a->last_ns < b->last_ns ? -1 : 1;
	return group_key_compare(&a->key, &b->key);
}

/* One of those that make room for each other. */
static bool is_going(const struct destination *d, bool is_attempt)
{
	return !d->is_accepted && baseline_is_attempt(d) == is_attempt;
}

/* A quarter of the subject's entries that nobody accepted, of attempts or of all others. */
static void forget_some(struct baseline_list *b, const char *subject, bool is_attempt)
{
	size_t n = 0, leaving;

	b->is_sorted = false;
	for (size_t i = 0; i < b->n; i++)
		if (is_going(b->list[i], is_attempt) && !strcmp(b->list[i]->subject, subject))
			b->sorted[n++] = b->list[i];
	qsort(b->sorted, n, sizeof(struct destination *), compare_silence);
	leaving = n / SHARE + (n > 0);
	for (size_t i = 0; i < leaving; i++)
		leave(b, b->sorted[i]);
	b->counters.forgotten += leaving;
	rebuild(b);
}

static size_t count_going(const struct baseline_list *b, const char *subject, bool is_attempt)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += is_going(b->list[i], is_attempt) && !strcmp(b->list[i]->subject, subject);
	return n;
}

/* The subject with most entries that may go; the first by id of several.  NULL: none has any. */
static const char *largest_subject(struct baseline_list *b, bool is_attempt)
{
	size_t n, best = 0, run = 0;
	struct destination **list = baseline_sorted(b, &n);
	const char *subject = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!i || strcmp(list[i]->subject, list[i - 1]->subject))
			run = 0;
		run += is_going(list[i], is_attempt);
		if (run > best) {
			best = run;
			subject = list[i]->subject;
		}
	}
	return subject;
}

/* For one more of that kind. */
static void bound_subject(struct baseline_list *b, const char *subject, bool is_attempt)
{
	size_t most = is_attempt ? BASELINE_ATTEMPTS_MAX : BASELINE_SUBJECT_MAX;

	if (*count_of(b, subject, is_attempt) >= most &&
	    count_going(b, subject, is_attempt) >= most)
		forget_some(b, subject, is_attempt);
}

/* Attempts go first, and take no place from others: false. */
static bool make_room(struct baseline_list *b, const char *subject, bool is_attempt)
{
	bool goes_attempt = b->n_attempts != 0;
	char whose[SITE_ID_MAX];
	const char *largest;

	bound_subject(b, subject, is_attempt);
	if (b->n < BASELINE_MAX)
		return true;
	largest = goes_attempt ? largest_subject(b, true) : NULL;
	if (!largest && is_attempt)
		return false;
	goes_attempt = largest != NULL;
	/* A copy: the name goes with its entry. */
	text_copy(whose, sizeof(whose), largest ? largest : largest_subject(b, false));
	forget_some(b, whose, goes_attempt);
	return true;
}

void baseline_expire(struct baseline_list *b, int64_t row, int32_t keep)
{
	uint64_t before = b->counters.expired;

	for (size_t i = 0; i < b->n; i++) {
		struct destination *d = b->list[i];

		if (d->is_accepted || d->is_told || d->last_row > row - keep)
			continue;
		leave(b, d);
		b->counters.expired++;
	}
	if (b->counters.expired != before)
		rebuild(b);
}

void baseline_on_remove(struct baseline_list *b, baseline_removed_fn removed, void *arg)
{
	b->removed = removed;
	b->removed_arg = arg;
}

static struct destination *list_new(struct baseline_list *b, const char *subject,
				    const struct channel_key *k, const char *name, bool is_answered)
{
	struct destination *d;

	if (!make_room(b, subject, k->group == GROUP_IP && !is_answered))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	if (name)
		d->name = strdup(name);
	if (name && !d->name) {
		free(d);
		return NULL;
	}
	text_copy(d->subject, sizeof(d->subject), subject);
	d->role = "";
	d->key = *k;
	d->is_answered = is_answered;
	d->last_row = INT32_MIN;
	b->list[b->n++] = d;
	*find_place(b, subject, k) = (uint32_t)b->n;
	count(b, d, 1);
	b->is_sorted = false;
	b->counters.made++;
	b->counters.live = b->n;
	return d;
}

struct destination *baseline_get(struct baseline_list *b, const char *subject,
				 const struct channel_key *key, const char *name)
{
	struct channel_key k = bare(key);
	uint32_t *place = find_place(b, subject, &k);

	return *place ? b->list[*place - 1] : list_new(b, subject, &k, name, false);
}

struct destination *baseline_get_pair(struct baseline_list *b, const char *subject,
				      const struct channel_key *key, bool is_answered)
{
	struct destination *d = baseline_find(b, subject, key);
	struct channel_key k = bare(key);

	if (!d)
		return list_new(b, subject, &k, NULL, is_answered);
	if (is_answered && !d->is_answered) {
		bound_subject(b, subject, false);
		count(b, d, -1);
		d->is_answered = true;
		count(b, d, 1);
	}
	return d;
}

/* --- order ------------------------------------------------------------- */

static int compare_key(const void *pa, const void *pb)
{
	const struct destination *a = *(struct destination *const *)pa;
	const struct destination *b = *(struct destination *const *)pb;
	int order = strcmp(a->subject, b->subject);

	return order ? order : group_key_compare(&a->key, &b->key);
}

struct destination **baseline_sorted(struct baseline_list *b, size_t *ret_n)
{
	*ret_n = b->n;
	if (!b->is_sorted) {
		memcpy(b->sorted, b->list, b->n * sizeof(struct destination *));
		qsort(b->sorted, b->n, sizeof(struct destination *), compare_key);
		b->is_sorted = true;
	}
	return b->sorted;
}

struct destination **baseline_all(struct baseline_list *b, size_t *ret_n)
{
	*ret_n = b->n;
	return b->list;
}

/* --- what is accepted -------------------------------------------------- */

static bool is_held_by_role(const struct baseline_list *b, const struct destination *d)
{
	for (size_t i = 0; d->role[0] && i < b->counters.accepted; i++) {
		const struct destination *other = b->accepted[i];

		if (!strcmp(other->role, d->role) && !memcmp(&other->key, &d->key, sizeof(d->key)))
			return true;
	}
	return false;
}

bool baseline_holds(struct baseline_list *b, struct destination *d)
{
	if (d->is_accepted)
		return true;
	if (!b->counters.accepted)
		return false;
	if (d->held_as_of != b->acts) {
		d->held_as_of = b->acts;
		d->is_role_held = is_held_by_role(b, d);
	}
	/* What was revoked for the asset itself is not let in again by its neighbour. */
	return d->is_role_held && !d->was_revoked;
}

const char *baseline_value(const struct destination *d, char buf[static GROUP_TEXT_MAX])
{
	return group_value(&d->key, d->name, buf);
}

const char *baseline_id(const struct destination *d, char buf[static BASELINE_ID_MAX])
{
	char text[SITE_ID_MAX + GROUP_TEXT_MAX + SERVICE_TEXT_MAX + 16], value[GROUP_TEXT_MAX];
	char service[SERVICE_TEXT_MAX] = "", hex[DIGEST_HEX_MAX];

	if (baseline_is_pair(d))
		group_service(&d->key, service);
	text_format(text, sizeof(text), "%s\n%s\n%s%s%s", d->subject,
		    group_name((enum group)d->key.group), baseline_value(d, value),
		    service[0] ? "\n" : "", service);
	digest_sha256_hex(text, strlen(text), hex);
	text_format(buf, BASELINE_ID_MAX, "dst-%.12s", hex);
	return buf;
}

struct destination *baseline_find_id(struct baseline_list *b, const char *id)
{
	char mine[BASELINE_ID_MAX];

	for (size_t i = 0; i < b->n; i++)
		if (!strcmp(baseline_id(b->list[i], mine), id))
			return b->list[i];
	return NULL;
}

static int sign(struct destination *d, const char *by, const char *reason)
{
	char *who = strndup(by, BASELINE_WHO_MAX - 1);
	char *why = strndup(reason, BASELINE_REASON_MAX - 1);

	if (!who || !why) {
		free(who);
		free(why);
		return -ENOMEM;
	}
	free(d->by);
	free(d->reason);
	d->by = who;
	d->reason = why;
	d->is_changed = true;
	return 0;
}

int baseline_accept(struct baseline_list *b, struct destination *d, const char *by,
		    const char *reason)
{
	int err;

	if (d->is_accepted)
		return 0;
	if (b->counters.accepted >= BASELINE_ACCEPTED_MAX)
		return ERR_LIMIT;
	err = sign(d, by, reason);
	if (err)
		return err;
	d->is_accepted = true;
	d->was_revoked = false;
	b->accepted[b->counters.accepted++] = d;
	b->acts++;
	return 1;
}

static void remove_accepted(struct baseline_list *b, const struct destination *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->counters.accepted; i++)
		if (b->accepted[i] != d)
			b->accepted[kept++] = b->accepted[i];
	b->counters.accepted = kept;
}

int baseline_revoke(struct baseline_list *b, struct destination *d, const char *by,
		    const char *reason)
{
	int err;

	if (!d->is_accepted)
		return 0;
	err = sign(d, by, reason);
	if (err)
		return err;
	d->is_accepted = false;
	d->was_revoked = true;
	remove_accepted(b, d);
	b->acts++;
	return 1;
}

/* --- for the state ----------------------------------------------------- */

/* Takes over what was read; false: it is there already, or no memory. */
bool baseline_restore(struct baseline_list *b, const struct destination *copy)
{
	struct destination *d;

	if (baseline_find(b, copy->subject, &copy->key) ||
	    (copy->is_accepted && b->counters.accepted >= BASELINE_ACCEPTED_MAX))
		return false;
	d = list_new(b, copy->subject, &copy->key, copy->name, copy->is_answered);
	if (!d || (copy->by && sign(d, copy->by, copy->reason ? copy->reason : "")))
		return false;
	d->first_ns = copy->first_ns;
	d->last_ns = copy->last_ns;
	d->up = copy->up;
	d->down = copy->down;
	d->last_row = copy->last_row;
	d->nights = copy->nights;
	d->peer = copy->peer;
	memcpy(d->services, copy->services, sizeof(d->services));
	d->n_services = copy->n_services;
	d->is_learned = copy->is_learned;
	d->is_accepted = copy->is_accepted;
	d->was_revoked = copy->was_revoked;
	d->is_told = copy->is_told;
	d->is_flooded = copy->is_flooded;
	d->told_answered = copy->told_answered;
	d->told_large = copy->told_large;
	d->told_bytes = copy->told_bytes;
	d->incident = copy->incident;
	d->is_changed = false;
	if (d->is_accepted)
		b->accepted[b->counters.accepted++] = d;
	b->acts++;
	return true;
}
