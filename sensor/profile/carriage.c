/* carriage.c - see carriage.h. */
#include "profile/carriage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "profile/profile_pack.h"

#define CARRIAGE_VERSION 1

struct carriages {
	struct keyed_table table;
	carriages_removed_fn removed;
	void *removed_arg;
	uint64_t forgotten;
};

int carriages_new(struct carriages **ret_carriages)
{
	*ret_carriages = calloc(1, sizeof(**ret_carriages));
	return *ret_carriages ? 0 : -ENOMEM;
}

static void drop(struct carriage *c)
{
	sample_clear(&c->different);
	free(c->name);
	free(c);
}

void carriages_free(struct carriages *c)
{
	struct keyed **list;
	size_t n;

	if (!c)
		return;
	list = keyed_sorted(&c->table, &n);
	for (size_t i = 0; i < n; i++)
		drop((struct carriage *)list[i]);
	keyed_clear(&c->table);
	free(c);
}

void carriages_on_remove(struct carriages *c, carriages_removed_fn removed, void *arg)
{
	c->removed = removed;
	c->removed_arg = arg;
}

static void remove_one(struct carriages *c, struct carriage *one)
{
	if (c->removed)
		c->removed(c->removed_arg, &one->keyed);
	keyed_remove(&c->table, &one->keyed);
	drop(one);
}

/* --- who goes ------------------------------------------------------------ */

static uint64_t worth(const struct keyed *k)
{
	const struct carriage *c = (const struct carriage *)k;

	return sample_bytes(&c->different) + c->mismatched_bytes;
}

static bool is_told(const struct keyed *k)
{
	return ((const struct carriage *)k)->is_told;
}

static void make_room(struct carriages *c)
{
	static const struct keyed_worth by_worth = { worth, is_told };
	struct keyed **going;
	size_t n = keyed_going(&c->table, &by_worth, &going);

	for (size_t i = 0; i < n; i++)
		remove_one(c, (struct carriage *)going[i]);
	c->forgotten += n;
	free(going);
}

/* --- records --------------------------------------------------------------- */

static void begin_row(struct carriage *c, int64_t row)
{
	if (c->row == row)
		return;
	c->row = (int32_t)row;
	c->asked = c->asked_bytes = c->odd = c->answers = c->nxdomain = c->listed = 0;
	c->plain = c->text = c->mismatched = c->mismatched_bytes = c->told_bytes = 0;
	c->is_expected = false;
	sample_clear(&c->different);
}

static struct carriage *make(struct carriages *c, const struct keyed *keyed, const char *name)
{
	struct carriage *one;

	if (c->table.n >= CARRIAGE_MAX)
		make_room(c);
	one = c->table.n < CARRIAGE_MAX ? calloc(1, sizeof(*one)) : NULL;
	if (!one)
		return NULL;
	one->keyed.key = keyed->key;
	one->keyed.subject = keyed->subject;
	one->row = one->last_hit = INT32_MIN;
	one->name = name ? strdup(name) : NULL;
	if ((name && !one->name) || !keyed_add(&c->table, &one->keyed)) {
		drop(one);
		return NULL;
	}
	return one;
}

struct carriage *carriages_get(struct carriages *c, struct subject *s,
			       const struct channel_key *key, const char *name, int64_t row)
{
	struct keyed keyed = { .key = *key, .subject = s };
	struct keyed *found;
	struct carriage *one;

	keyed.key.subject = s->number;
	found = keyed_find(&c->table, &keyed.key);
	one = found ? (struct carriage *)found : make(c, &keyed, name);
	if (one)
		begin_row(one, row);
	return one;
}

void carriage_add_domain(struct carriage *c, const struct carried_domain *d)
{
	c->asked += d->questions;
	c->asked_bytes += d->asked;
	c->odd += d->odd;
	c->answers += d->answers;
	c->nxdomain += d->nxdomain;
	c->listed += d->listed;
	sample_merge(&c->different, &d->names);
	c->is_changed = true;
}

void carriage_add_echo(struct carriage *c, const struct carried_echo *e)
{
	c->asked += e->requests;
	c->asked_bytes += e->asked;
	c->answers += e->replies;
	c->plain += e->plain;
	c->text += e->text;
	c->mismatched += e->mismatched;
	c->mismatched_bytes += e->mismatched_bytes;
	sample_merge(&c->different, &e->payloads);
	c->is_changed = true;
}

struct keyed **carriages_sorted(struct carriages *c, size_t *ret_n)
{
	return keyed_sorted(&c->table, ret_n);
}

void carriages_end_row(struct carriages *c)
{
	size_t n;
	struct keyed **list = keyed_sorted(&c->table, &n);

	for (size_t i = 0; i < n; i++)
		if (!((struct carriage *)list[i])->is_told)
			remove_one(c, (struct carriage *)list[i]);
}

uint64_t carriages_forgotten(const struct carriages *c)
{
	return c->forgotten;
}

/* --- bytes ----------------------------------------------------------------- */

/* The counts are a row of numbers. */
#define COUNTS(X) \
	X(asked) X(asked_bytes) X(odd) X(answers) X(nxdomain) X(listed) X(plain) X(text) \
	X(mismatched) X(mismatched_bytes) X(first_ns) X(last_ns) X(told_bytes) X(total)

void carriage_pack(const struct carriage *c, struct packer *p)
{
	pack_u8(p, CARRIAGE_VERSION);
	pack_text(p, c->name);
	pack_u32(p, (uint32_t)c->row);
	pack_u32(p, (uint32_t)c->last_hit);
	pack_u32(p, c->rows);
	pack_u8(p, c->is_told);
#define PUT(field) pack_u64(p, c->field);
	COUNTS(PUT)
#undef PUT
	channel_key_pack(&c->leaf, p);
	sample_pack(&c->different, p);
}

static void unpack_value(struct unpacker *u, struct carriage *c)
{
	u->is_bad |= unpack_u8(u) != CARRIAGE_VERSION;
	c->name = unpack_text_new(u, CARRIED_DOMAIN_MAX - 1);
	c->row = (int32_t)unpack_u32(u);
	c->last_hit = (int32_t)unpack_u32(u);
	c->rows = unpack_u32(u);
	c->is_told = unpack_u8(u);
#define TAKE(field) c->field = unpack_u64(u);
	COUNTS(TAKE)
#undef TAKE
	channel_key_unpack(u, &c->leaf);
	u->is_bad |= !sample_unpack(u, &c->different);
	/* A domain has its name, an address none. */
	u->is_bad |= (c->keyed.key.group == GROUP_DOMAIN) != (c->name != NULL);
}

bool carriage_unpack(struct carriages *c, const struct subjects *s, struct unpacker *key,
		     struct unpacker *value)
{
	struct carriage read = { .name = NULL };
	struct carriage *one = NULL;

	if (!keyed_unpack_key(key, s, &read.keyed) || !unpack_ok(key))
		return false;
	unpack_value(value, &read);
	if (unpack_ok(value) && !keyed_find(&c->table, &read.keyed.key))
		one = make(c, &read.keyed, read.name);
	if (one) {
		free(one->name);
		read.keyed = one->keyed;
		*one = read;
		return true;
	}
	sample_clear(&read.different);
	free(read.name);
	return false;
}
