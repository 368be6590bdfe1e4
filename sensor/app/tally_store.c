/* tally_store.c - see tally_store.h. */
#include "app/tally_store.h"

#include <errno.h>

enum { KIND_CARRIAGE = 1, KIND_LEDGER = 2, KIND_LINK = 3, KIND_DEALING = 4 };

struct loading {
	const struct tallies *tallies;
	const struct subjects *subjects;
	uint64_t *bad;
};

static int load_row(void *arg, const void *key, size_t key_len, const void *value,
		    size_t value_len)
{
	struct loading *l = arg;
	struct unpacker k = unpack_over(key, key_len), v = unpack_over(value, value_len);
	uint8_t kind = unpack_u8(&k);
	const struct tallies *t = l->tallies;
	bool is_good = false;

	if (kind == KIND_CARRIAGE)
		is_good = !t->carriages || carriage_unpack(t->carriages, l->subjects, &k, &v);
	else if (kind == KIND_LEDGER)
		is_good = !t->ledgers || ledger_unpack(t->ledgers, l->subjects, &k, &v);
	else if (kind == KIND_LINK)
		is_good = !t->links || link_unpack(t->links, l->subjects, &k, &v);
	else if (kind == KIND_DEALING)
		is_good = !t->dealings || dealing_unpack(t->dealings, l->subjects, &k, &v);
	*l->bad += !is_good;
	return 0;
}

int tallies_load(struct state *s, const struct tallies *t, const struct subjects *subjects,
		 uint64_t *bad)
{
	struct loading l = { t, subjects, bad };

	if (!t->carriages && !t->ledgers && !t->links && !t->dealings)
		return 0;
	return state_each(s, STATE_TALLY, load_row, &l);
}

static void make_key(struct packer *p, uint8_t kind, const struct keyed *k)
{
	pack_reset(p);
	pack_u8(p, kind);
	keyed_pack_key(k, p);
}

static int put(struct state *s, const struct packer *key, const struct packer *value)
{
	if (key->has_failed || value->has_failed)
		return -ENOMEM;
	return state_put(s, STATE_TALLY, key->bytes, key->len, value->bytes, value->len);
}

static int save_carriages(struct state *s, struct carriages *c, struct packer *key,
			  struct packer *value)
{
	size_t n;
	struct keyed **list = carriages_sorted(c, &n);
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		struct carriage *one = (struct carriage *)list[i];

		if (!one->is_changed)
			continue;
		make_key(key, KIND_CARRIAGE, list[i]);
		pack_reset(value);
		carriage_pack(one, value);
		err = put(s, key, value);
		one->is_changed = err != 0;
	}
	return err;
}

static int save_ledgers(struct state *s, struct ledgers *l, struct packer *key,
			struct packer *value)
{
	size_t n;
	struct keyed **list = ledgers_sorted(l, &n);
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		struct ledger *one = (struct ledger *)list[i];

		if (!one->is_changed)
			continue;
		make_key(key, KIND_LEDGER, list[i]);
		pack_reset(value);
		ledger_pack(one, value);
		err = put(s, key, value);
		one->is_changed = err != 0;
	}
	return err;
}

static int save_dealings(struct state *s, struct dealings *d, struct packer *key,
			 struct packer *value)
{
	size_t n;
	struct keyed **list = dealings_sorted(d, &n);
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		struct dealing *one = (struct dealing *)list[i];

		if (!one->is_changed)
			continue;
		make_key(key, KIND_DEALING, list[i]);
		pack_reset(value);
		dealing_pack(one, value);
		err = put(s, key, value);
		one->is_changed = err != 0;
	}
	return err;
}

static void make_link_key(struct packer *p, const struct link_row *row)
{
	pack_reset(p);
	pack_u8(p, KIND_LINK);
	link_pack_key(row, p);
}

static int save_links(struct state *s, struct links *l, struct packer *key, struct packer *value)
{
	int err = 0;

	for (int kind = 0; kind < LINK_KINDS; kind++) {
		size_t n;
		struct link_row *const *list = links_list(l, (enum link_kind)kind, &n);

		for (size_t i = 0; !err && i < n; i++) {
			if (!list[i]->is_changed)
				continue;
			make_link_key(key, list[i]);
			pack_reset(value);
			link_pack(list[i], value);
			err = put(s, key, value);
			list[i]->is_changed = err != 0;
		}
	}
	return err;
}

int tallies_save(struct state *s, const struct tallies *t)
{
	struct packer key = { 0 }, value = { 0 };
	int err = save_carriages(s, t->carriages, &key, &value);

	if (!err)
		err = save_ledgers(s, t->ledgers, &key, &value);
	if (!err)
		err = save_links(s, t->links, &key, &value);
	if (!err)
		err = save_dealings(s, t->dealings, &key, &value);
	pack_free(&key);
	pack_free(&value);
	return err;
}

static void forget(struct state *s, uint8_t kind, const struct keyed *k)
{
	struct packer key = { 0 };

	make_key(&key, kind, k);
	if (!key.has_failed)
		state_delete(s, STATE_TALLY, key.bytes, key.len);
	pack_free(&key);
}

static void forget_carriage(void *state, const struct keyed *k)
{
	forget(state, KIND_CARRIAGE, k);
}

static void forget_ledger(void *state, const struct keyed *k)
{
	forget(state, KIND_LEDGER, k);
}

static void forget_dealing(void *state, const struct keyed *k)
{
	forget(state, KIND_DEALING, k);
}

static void forget_link(void *state, const struct link_row *row)
{
	struct packer key = { 0 };

	make_link_key(&key, row);
	if (!key.has_failed)
		state_delete(state, STATE_TALLY, key.bytes, key.len);
	pack_free(&key);
}

void tallies_follow(struct state *s, const struct tallies *t)
{
	carriages_on_remove(t->carriages, s ? forget_carriage : NULL, s);
	ledgers_on_remove(t->ledgers, s ? forget_ledger : NULL, s);
	links_on_remove(t->links, s ? forget_link : NULL, s);
	dealings_on_remove(t->dealings, s ? forget_dealing : NULL, s);
}
