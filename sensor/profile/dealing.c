/* dealing.c - see dealing.h. */
#include "profile/dealing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "flow/community_id.h"

struct dealings {
	struct keyed_table table;
	dealings_removed_fn removed;
	void *removed_arg;
	struct dealings_counters counters;
};

int dealings_new(struct dealings **ret_dealings)
{
	*ret_dealings = calloc(1, sizeof(**ret_dealings));
	return *ret_dealings ? 0 : -ENOMEM;
}

/* How many networks of the subject NW-EXF-010 follows. */
static void count_network(const struct dealing *one, int by)
{
	if (one->rule == RULE_EXF_010 && one->keyed.key.group == GROUP_PREFIX)
		one->keyed.subject->networks += (uint32_t)by;
}

static void drop(struct dealing *one)
{
	free(one->name);
	free(one);
}

void dealings_free(struct dealings *d)
{
	struct keyed **list;
	size_t n;

	if (!d)
		return;
	list = keyed_sorted(&d->table, &n);
	for (size_t i = 0; i < n; i++)
		drop((struct dealing *)list[i]);
	keyed_clear(&d->table);
	free(d);
}

const struct dealings_counters *dealings_counters(const struct dealings *d)
{
	return &d->counters;
}

void dealings_carry(struct dealings *d, const struct dealings *from)
{
	d->counters.made += from->counters.made;
	d->counters.forgotten += from->counters.forgotten;
}

void dealings_on_remove(struct dealings *d, dealings_removed_fn removed, void *arg)
{
	d->removed = removed;
	d->removed_arg = arg;
}

void dealings_remove(struct dealings *d, struct dealing *one)
{
	if (d->removed)
		d->removed(d->removed_arg, &one->keyed);
	count_network(one, -1);
	keyed_remove(&d->table, &one->keyed);
	d->counters.live = d->table.n;
	drop(one);
}

/* --- who goes -------------------------------------------------------------- */

/* What an incident is open about goes after all that none is open about; what an asset has built
 * up over nights after what a stranger has begun. */
static uint64_t worth(const struct keyed *k)
{
	const struct dealing *one = (const struct dealing *)k;
	uint64_t worth = one->last_ns / 16;	/* below 2^61 */

	worth |= k->subject->asset ? 1ULL << 61 : 0;
	worth |= one->nights ? 1ULL << 62 : 0;
	return worth | (one->is_told && !one->is_flooded ? 1ULL << 63 : 0);
}

static bool is_kept(const struct keyed *k)
{
	(void)k;
	return false;
}

static void make_room(struct dealings *d)
{
	static const struct keyed_worth by_worth = { worth, is_kept };
	struct keyed **going;
	size_t n = keyed_going(&d->table, &by_worth, &going);

	for (size_t i = 0; i < n; i++)
		dealings_remove(d, (struct dealing *)going[i]);
	d->counters.forgotten += n;
	free(going);
}

/* --- records --------------------------------------------------------------- */

struct dealing *dealings_find(const struct dealings *d, const struct subject *s,
			      const struct channel_key *key)
{
	struct channel_key whole = *key;

	whole.subject = s->number;
	return (struct dealing *)keyed_find(&d->table, &whole);
}

struct dealing *dealings_get(struct dealings *d, struct subject *s, const struct channel_key *key,
			     enum rule_id rule)
{
	struct dealing *one = dealings_find(d, s, key);

	if (one)
		return one;
	if (d->table.n >= DEALINGS_MAX)
		make_room(d);
	one = d->table.n < DEALINGS_MAX ? calloc(1, sizeof(*one)) : NULL;
	if (!one)
		return NULL;
	one->keyed.key = *key;
	one->keyed.key.subject = s->number;
	one->keyed.subject = s;
	one->rule = rule;
	one->last_row = INT32_MIN;
	one->is_changed = true;
	if (!keyed_add(&d->table, &one->keyed)) {
		drop(one);
		return NULL;
	}
	count_network(one, 1);
	d->counters.made++;
	d->counters.live = d->table.n;
	return one;
}

struct keyed **dealings_sorted(struct dealings *d, size_t *ret_n)
{
	return keyed_sorted(&d->table, ret_n);
}

/* --- traffic ----------------------------------------------------------------- */

static void note_service(struct dealing *one, uint8_t proto, uint16_t port)
{
	for (unsigned i = 0; i < one->n_services; i++)
		if (one->services[i].proto == proto && one->services[i].port == port)
			return;
	if (one->n_services < DEALING_SERVICES)
		one->services[one->n_services++] = (struct dealing_service){ proto, port };
	else
		one->has_more_services = true;
}

/* The name that the connection gave; one without a name leaves the last one. */
static void note_name(struct dealing *one, const char *name)
{
	char *copy;

	if (!name || !name[0] || (one->name && !strcmp(one->name, name)))
		return;
	copy = strdup(name);
	if (!copy)
		return;			/* the last one stands */
	free(one->name);
	one->name = copy;
}

static void note_contact(struct dealing *one, const struct dealing_minute *m)
{
	const struct slice *s = m->slice;
	struct contact *k = &one->contact;
	uint8_t digest[DIGEST_SHA1_LEN];

	one->proto = s->id.key.proto;
	one->peer = *(m->am_client ? slice_server(s) : slice_client(s));
	k->own = *m->own;
	k->was_opened_outside = !m->am_client;
	k->is_answered |= m->is_answered;
	k->port = m->am_client && one->proto != IP_ICMP && one->proto != IP_ICMPV6 ?
		  slice_server_port(s) : 0;
	k->master = s->master;
	k->app = s->app;
	k->verdict = (uint8_t)s->verdict;
	community_id_digest(&s->id.key, s->client_is_b, digest);
	contact_remember_flow(k, digest);
}

/* --- nights --------------------------------------------------------------- */

uint64_t dealing_nights(const struct dealing *one, int64_t row)
{
	int64_t by = row - one->last_row;

	return by < 0 || by > 63 ? 0 : one->nights << by;
}

static void turn(struct dealing *one, int64_t row)
{
	if (one->last_row == row)
		return;
	one->nights = dealing_nights(one, row);
	memset(one->tries, 0, sizeof(one->tries));
	one->rows++;
	one->last_row = (int32_t)row;
}

static struct dealing_tries *tries_of(struct dealing *one, const struct slice *s)
{
	unsigned i = 0;

	while (i < one->n_services && (one->services[i].proto != s->id.key.proto ||
				       one->services[i].port != slice_server_port(s)))
		i++;
	return &one->tries[i < one->n_services ? i : DEALING_SERVICES];
}

void dealing_count_failed(struct dealing *one, const struct slice *s)
{
	struct dealing_tries *t = tries_of(one, s);

	t->failed += t->failed < UINT16_MAX;
	one->failed++;
	one->is_changed = true;
}

void dealing_count_answered(struct dealing *one, const struct slice *s, int64_t row)
{
	struct dealing_tries *t = tries_of(one, s);

	if (one->last_row != row)
		return;
	t->answered += t->answered < UINT16_MAX;
	one->is_changed = true;
}

void dealing_count_night(struct dealing *one)
{
	one->nights |= 1;
	one->is_changed = true;
}

/* --- a minute ------------------------------------------------------------- */

void dealing_add(struct dealing *one, const struct dealing_minute *m)
{
	const struct slice *s = m->slice;
	uint64_t first_ns = s->first_ns ? s->first_ns : s->minute_ns;

	if (!one->first_ns)
		one->first_ns = first_ns;
	/* Connections of one minute come one after the other. */
	one->minutes += one->last_ns / SLICE_NS != s->minute_ns / SLICE_NS &&
			one->minutes < UINT32_MAX;
	if (s->last_ns > one->last_ns)
		one->last_ns = s->last_ns;
	if (one->last_ns < first_ns)
		one->last_ns = first_ns;
	turn(one, m->row);
	one->up += m->up;
	one->down += m->down;
	one->is_answered |= m->is_answered;
	note_service(one, s->id.key.proto, slice_server_port(s));
	note_name(one, s->name);
	note_contact(one, m);
	one->is_changed = true;
}
