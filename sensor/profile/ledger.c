/* ledger.c - see ledger.h. */
#include "profile/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "profile/profile_pack.h"

#define LEDGER_VERSION 1
#define KIB 1024

struct ledgers {
	struct keyed_table table;
	ledgers_removed_fn removed;
	void *removed_arg;
	uint64_t forgotten;
};

int ledgers_new(struct ledgers **ret_ledgers)
{
	*ret_ledgers = calloc(1, sizeof(**ret_ledgers));
	return *ret_ledgers ? 0 : -ENOMEM;
}

static void drop(struct ledger *l)
{
	free(l->name);
	free(l);
}

void ledgers_free(struct ledgers *l)
{
	struct keyed **list;
	size_t n;

	if (!l)
		return;
	list = keyed_sorted(&l->table, &n);
	for (size_t i = 0; i < n; i++)
		drop((struct ledger *)list[i]);
	keyed_clear(&l->table);
	free(l);
}

void ledgers_on_remove(struct ledgers *l, ledgers_removed_fn removed, void *arg)
{
	l->removed = removed;
	l->removed_arg = arg;
}

static void remove_one(struct ledgers *l, struct ledger *one)
{
	if (l->removed)
		l->removed(l->removed_arg, &one->keyed);
	keyed_remove(&l->table, &one->keyed);
	drop(one);
}

/* --- who goes ------------------------------------------------------------ */

static uint64_t worth(const struct keyed *k)
{
	const struct ledger *l = (const struct ledger *)k;
	uint64_t sum = 0;

	for (unsigned i = 0; i < LEDGER_ROWS; i++)
		sum += l->up_kib[i];
	return sum;
}

static bool is_told(const struct keyed *k)
{
	return ((const struct ledger *)k)->is_told;
}

static void make_room(struct ledgers *l)
{
	static const struct keyed_worth by_worth = { worth, is_told };
	struct keyed **going;
	size_t n = keyed_going(&l->table, &by_worth, &going);

	for (size_t i = 0; i < n; i++)
		remove_one(l, (struct ledger *)going[i]);
	l->forgotten += n;
	free(going);
}

/* --- records --------------------------------------------------------------- */

static struct ledger *make(struct ledgers *l, const struct keyed *keyed, const char *name)
{
	struct ledger *one;

	if (l->table.n >= LEDGER_MAX)
		make_room(l);
	one = l->table.n < LEDGER_MAX ? calloc(1, sizeof(*one)) : NULL;
	if (!one)
		return NULL;
	one->keyed.key = keyed->key;
	one->keyed.subject = keyed->subject;
	one->row = INT32_MIN;
	one->name = name ? strdup(name) : NULL;
	if ((name && !one->name) || !keyed_add(&l->table, &one->keyed)) {
		drop(one);
		return NULL;
	}
	return one;
}

struct ledger *ledgers_find(const struct ledgers *l, const struct channel_key *key)
{
	return (struct ledger *)keyed_find(&l->table, key);
}

struct ledger *ledgers_get(struct ledgers *l, struct subject *s, const struct channel_key *key,
			   const char *name)
{
	struct keyed keyed = { .key = *key, .subject = s };
	struct ledger *one;

	keyed.key.subject = s->number;
	one = ledgers_find(l, &keyed.key);
	return one ? one : make(l, &keyed, name);
}

static unsigned place_of(int64_t row)
{
	return (unsigned)((row % LEDGER_ROWS + LEDGER_ROWS) % LEDGER_ROWS);
}

void ledger_turn(struct ledger *l, int64_t row)
{
	int64_t from = (int64_t)l->row + 1;

	if (row <= l->row)
		return;
	if (from < row - LEDGER_ROWS + 1)
		from = row - LEDGER_ROWS + 1;
	for (int64_t r = from; r <= row; r++)
		l->up_kib[place_of(r)] = l->down_kib[place_of(r)] = 0;
	l->row = (int32_t)row;
	l->is_changed = true;
}

static uint32_t kib(uint64_t bytes)
{
	return bytes / KIB < UINT32_MAX ? (uint32_t)(bytes / KIB) : UINT32_MAX;
}

void ledger_put(struct ledger *l, int64_t row, uint64_t up, uint64_t down)
{
	ledger_turn(l, row);
	if (row <= l->row - LEDGER_ROWS)
		return;
	l->up_kib[place_of(row)] = kib(up);
	l->down_kib[place_of(row)] = kib(down);
	l->is_changed = true;
}

struct keyed **ledgers_sorted(struct ledgers *l, size_t *ret_n)
{
	return keyed_sorted(&l->table, ret_n);
}

void ledgers_expire(struct ledgers *l, int64_t row)
{
	size_t n;
	struct keyed **list = keyed_sorted(&l->table, &n);

	for (size_t i = 0; i < n; i++) {
		struct ledger *one = (struct ledger *)list[i];

		ledger_turn(one, row);
		if (!one->is_told && !worth(&one->keyed))
			remove_one(l, one);
	}
}

uint64_t ledgers_forgotten(const struct ledgers *l)
{
	return l->forgotten;
}

/* --- bytes ----------------------------------------------------------------- */

void ledger_pack(const struct ledger *l, struct packer *p)
{
	pack_u8(p, LEDGER_VERSION);
	pack_text(p, l->name);
	pack_u32(p, (uint32_t)l->row);
	for (unsigned i = 0; i < LEDGER_ROWS; i++) {
		pack_u32(p, l->up_kib[i]);
		pack_u32(p, l->down_kib[i]);
	}
	pack_u64(p, l->first_ns);
	pack_u64(p, l->last_ns);
	channel_key_pack(&l->leaf, p);
	pack_u8(p, l->is_told);
	pack_u64(p, l->told_up);
}

static void unpack_value(struct unpacker *u, struct ledger *l)
{
	u->is_bad |= unpack_u8(u) != LEDGER_VERSION;
	l->name = unpack_text_new(u, GROUP_TEXT_MAX - 1);
	l->row = (int32_t)unpack_u32(u);
	for (unsigned i = 0; i < LEDGER_ROWS; i++) {
		l->up_kib[i] = unpack_u32(u);
		l->down_kib[i] = unpack_u32(u);
	}
	l->first_ns = unpack_u64(u);
	l->last_ns = unpack_u64(u);
	channel_key_unpack(u, &l->leaf);
	l->is_told = unpack_u8(u);
	l->told_up = unpack_u64(u);
	u->is_bad |= (l->keyed.key.group == GROUP_DOMAIN) != (l->name != NULL);
}

bool ledger_unpack(struct ledgers *l, const struct subjects *s, struct unpacker *key,
		   struct unpacker *value)
{
	struct ledger read = { .name = NULL };
	struct ledger *one = NULL;

	if (!keyed_unpack_key(key, s, &read.keyed) || !unpack_ok(key))
		return false;
	unpack_value(value, &read);
	if (unpack_ok(value) && !keyed_find(&l->table, &read.keyed.key))
		one = make(l, &read.keyed, read.name);
	if (one) {
		free(one->name);
		read.keyed = one->keyed;
		*one = read;
		return true;
	}
	free(read.name);
	return false;
}
