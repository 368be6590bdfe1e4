/* baseline_store.c - see baseline_store.h.  An act's key is its number, from 1, big-endian, so that
 * the order of keys is that of acts. */
#include "app/baseline_store.h"

#include <errno.h>
#include "base/err.h"

#define NUMBER_LEN 8

struct loading {
	struct baseline_list *baseline;
	uint64_t *bad;
};

static int load_row(void *arg, const void *key, size_t key_len, const void *value,
		    size_t value_len)
{
	struct loading *l = arg;
	struct unpacker k = unpack_over(key, key_len), v = unpack_over(value, value_len);

	*l->bad += !baseline_unpack(l->baseline, &k, &v);
	return 0;
}

int baseline_load(struct state *s, struct baseline_list *b, uint64_t *bad)
{
	struct loading l = { b, bad };

	return state_each(s, STATE_DESTINATION, load_row, &l);
}

int baseline_save(struct state *s, struct baseline_list *b)
{
	struct packer key = { 0 }, value = { 0 };
	size_t n;
	struct destination **list = baseline_all(b, &n);
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		if (!list[i]->is_changed)
			continue;
		pack_reset(&key);
		pack_reset(&value);
		baseline_pack_key(list[i], &key);
		baseline_pack(list[i], &value);
		err = key.has_failed || value.has_failed ? -ENOMEM :
		      state_put(s, STATE_DESTINATION, key.bytes, key.len, value.bytes, value.len);
		if (!err)
			list[i]->is_changed = false;
	}
	pack_free(&key);
	pack_free(&value);
	return err;
}

void baseline_forget(void *state, const struct destination *d)
{
	struct packer key = { 0 };

	baseline_pack_key(d, &key);
	if (!key.has_failed)
		state_delete(state, STATE_DESTINATION, key.bytes, key.len);
	pack_free(&key);
}

/* --- the log ----------------------------------------------------------- */

static void number_key(uint64_t number, uint8_t ret[static NUMBER_LEN])
{
	for (unsigned i = 0; i < NUMBER_LEN; i++)
		ret[i] = (uint8_t)(number >> (8 * (NUMBER_LEN - 1 - i)));
}

int acts_append(struct state *s, const struct act *a)
{
	uint64_t number = (uint64_t)state_get_number(s, "acts", 0) + 1;
	struct packer value = { 0 };
	uint8_t key[NUMBER_LEN];
	int err;

	number_key(number, key);
	act_pack(a, &value);
	err = value.has_failed ? -ENOMEM :
	      state_put(s, STATE_ACT, key, sizeof(key), value.bytes, value.len);
	pack_free(&value);
	if (!err)
		err = state_put_number(s, "acts", (int64_t)number);
	if (!err && number > ACTS_KEPT) {
		number_key(number - ACTS_KEPT, key);
		err = state_delete(s, STATE_ACT, key, sizeof(key));
	}
	return err;
}

struct walk {
	act_fn act;
	void *arg;
	uint64_t bad;
};

static int walk_row(void *arg, const void *key, size_t key_len, const void *value,
		    size_t value_len)
{
	struct unpacker u = unpack_over(value, value_len);
	const uint8_t *digits = key;
	struct walk *w = arg;
	uint64_t number = 0;
	struct act a;

	for (size_t i = 0; i < key_len && i < NUMBER_LEN; i++)
		number = number << 8 | digits[i];
	if (key_len == NUMBER_LEN && act_unpack(&u, &a))
		w->act(w->arg, number, &a);
	else
		w->bad++;
	return 0;
}

int acts_each(struct state *s, act_fn act, void *arg, uint64_t *ret_bad)
{
	struct walk w = { act, arg, 0 };
	int err = state_each(s, STATE_ACT, walk_row, &w);

	*ret_bad = w.bad;
	return err;
}
