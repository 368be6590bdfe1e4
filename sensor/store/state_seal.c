/* state_seal.c - see state_seal.h.
 *
 * A row's key is sealed under its table's number, its value under that and the key, so that rows
 * cannot be exchanged.  A value is kept behind one byte, its form: sealing takes no empty message.
 * Keys in order are wanted of state_each(), and sealed ones have none: a table is read, opened and
 * sorted as a whole there.  Its reader takes all of it into memory anyway.
 */
#include "store/state_seal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/seal.h"
#include "store/state_internal.h"

#define MARK "seal"			/* in STATE_META, itself open: form, id of the key */
#define FORM 1
#define ID_LEN 8

struct sealer {
	struct seal *seal;
	uint8_t id[ID_LEN];
	struct packer about, plain, key, value;	/* of the row at hand */
	bool said_lost;
};

struct opened_row {
	uint8_t *key, *value;		/* one piece of memory */
	size_t key_len, value_len;
};

static bool is_mark(enum state_table t, const void *key, size_t key_len)
{
	return t == STATE_META && key_len == strlen(MARK) && !memcmp(key, MARK, key_len);
}

/* --- one row --------------------------------------------------------------- */

static int close_into(struct sealer *r, struct packer *into, const void *bytes, size_t len)
{
	uint8_t *room;

	pack_reset(into);
	room = pack_room(into, len + SEAL_MORE);
	return room ? seal_close(r->seal, r->about.bytes, r->about.len, bytes, len, room) : -ENOMEM;
}

static int open_into(struct sealer *r, struct packer *into, const void *sealed, size_t len)
{
	uint8_t *room;

	if (len <= SEAL_MORE)
		return ERR_DAMAGED;
	pack_reset(into);
	room = pack_room(into, len - SEAL_MORE);
	return room ? seal_open(r->seal, r->about.bytes, r->about.len, sealed, len, room) : -ENOMEM;
}

/* The table for a key; with the key, for its value. */
static int set_about(struct sealer *r, enum state_table t, const void *key, size_t key_len)
{
	pack_reset(&r->about);
	pack_u8(&r->about, (uint8_t)t);
	if (key_len)
		pack_bytes(&r->about, key, key_len);
	return r->about.has_failed ? -ENOMEM : 0;
}

int state_seal_key(struct state *s, enum state_table t, struct state_bytes *key)
{
	struct sealer *r = s->sealer;
	int err;

	/* Words of ours, and an empty key tells nothing. */
	if (!r || t == STATE_META || !key->len)
		return 0;
	err = set_about(r, t, NULL, 0);
	if (!err)
		err = close_into(r, &r->key, key->bytes, key->len);
	if (!err)
		*key = (struct state_bytes){ r->key.bytes, r->key.len };
	return err;
}

int state_seal_value(struct state *s, enum state_table t, const struct state_bytes *key,
		     struct state_bytes *value)
{
	struct sealer *r = s->sealer;
	int err;

	if (!r || is_mark(t, key->bytes, key->len))
		return 0;
	pack_reset(&r->plain);
	pack_u8(&r->plain, FORM);
	if (value->len)
		pack_bytes(&r->plain, value->bytes, value->len);
	err = r->plain.has_failed ? -ENOMEM : set_about(r, t, key->bytes, key->len);
	if (!err)
		err = close_into(r, &r->value, r->plain.bytes, r->plain.len);
	if (!err)
		*value = (struct state_bytes){ r->value.bytes, r->value.len };
	return err;
}

static void say_lost(struct state *s)
{
	if (!s->sealer->said_lost)
		log_warn("state", "%s has rows that the key does not open, or that are damaged: "
			 "they are left out", s->shown);
	s->sealer->said_lost = true;
}

static int open_key(struct state *s, enum state_table t, struct state_bytes *key)
{
	struct sealer *r = s->sealer;
	int err;

	if (t == STATE_META || !key->len)
		return 0;
	err = set_about(r, t, NULL, 0);
	if (!err)
		err = open_into(r, &r->key, key->bytes, key->len);
	if (!err)
		*key = (struct state_bytes){ r->key.bytes, r->key.len };
	return err;
}

int state_open_value(struct state *s, enum state_table t, const struct state_bytes *key,
		     struct state_bytes *value)
{
	struct sealer *r = s->sealer;
	int err;

	if (!r || is_mark(t, key->bytes, key->len))
		return 0;
	err = set_about(r, t, key->bytes, key->len);
	if (!err)
		err = open_into(r, &r->value, value->bytes, value->len);
	if (!err && r->value.bytes[0] != FORM)
		err = ERR_DAMAGED;
	if (err == ERR_DAMAGED)
		say_lost(s);
	if (!err)
		*value = (struct state_bytes){ r->value.bytes + 1, r->value.len - 1 };
	return err;
}

/* --- a whole table --------------------------------------------------------- */

struct opened_table {
	struct opened_row *rows;
	size_t n, cap;
};

static int compare_rows(const void *a, const void *b)
{
	const struct opened_row *x = a, *y = b;
	size_t shorter = x->key_len < y->key_len ? x->key_len : y->key_len;
	int order = memcmp(x->key, y->key, shorter);

	return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

static int keep_row(struct opened_table *o, const struct state_bytes *key,
		    const struct state_bytes *value)
{
	struct opened_row *row;

	if (o->n == o->cap) {
		size_t cap = o->cap ? 2 * o->cap : 256;

		row = reallocarray(o->rows, cap, sizeof(*row));
		if (!row)
			return -ENOMEM;
		o->rows = row;
		o->cap = cap;
	}
	row = &o->rows[o->n];
	row->key = malloc(key->len + value->len + 1);
	if (!row->key)
		return -ENOMEM;
	memcpy(row->key, key->bytes, key->len);
	row->value = row->key + key->len;
	memcpy(row->value, value->bytes, value->len);
	row->key_len = key->len;
	row->value_len = value->len;
	o->n++;
	return 0;
}

static int open_row(struct state *s, enum state_table t, sqlite3_stmt *each,
		    struct opened_table *o)
{
	const void *key_bytes = sqlite3_column_blob(each, 0);
	const void *value_bytes = sqlite3_column_blob(each, 1);
	struct state_bytes key = { key_bytes ? key_bytes : "",
				   (size_t)sqlite3_column_bytes(each, 0) };
	struct state_bytes value = { value_bytes ? value_bytes : "",
				     (size_t)sqlite3_column_bytes(each, 1) };
	int err = open_key(s, t, &key);

	if (!err)
		err = state_open_value(s, t, &key, &value);
	if (err == ERR_DAMAGED) {
		say_lost(s);
		return 0;
	}
	return err ? err : keep_row(o, &key, &value);
}

int state_each_sealed(struct state *s, enum state_table t, state_row_fn row, void *arg)
{
	sqlite3_stmt *each = s->tables[t].each;
	struct opened_table o = { 0 };
	int err = 0, rc;

	while ((rc = sqlite3_step(each)) == SQLITE_ROW && !err)
		err = open_row(s, t, each, &o);
	if (!err && rc != SQLITE_DONE)
		err = state_fail_read(s, state_error(s->db, rc));
	sqlite3_reset(each);
	if (o.n)
		qsort(o.rows, o.n, sizeof(*o.rows), compare_rows);
	for (size_t i = 0; !err && i < o.n; i++)
		err = row(arg, o.rows[i].key, o.rows[i].key_len, o.rows[i].value,
			  o.rows[i].value_len);
	for (size_t i = 0; i < o.n; i++)
		free(o.rows[i].key);
	free(o.rows);
	return err;
}

/* --- which way, which key -------------------------------------------------- */

void state_seal_free(struct state *s)
{
	struct sealer *r = s->sealer;

	if (!r)
		return;
	seal_free(r->seal);
	pack_free(&r->about);
	pack_free(&r->plain);
	pack_free(&r->key);
	pack_free(&r->value);
	free(r);
	s->sealer = NULL;
}

static int make_sealer(const uint8_t *site_key, struct sealer **ret_sealer)
{
	static const char *const uses[] = { "state, first half", "state, second half" };
	struct sealer *r = calloc(1, sizeof(*r));
	uint8_t key[SEAL_KEY_LEN], hash[DIGEST_SHA256_LEN];
	int err = 0;

	static_assert(SEAL_KEY_LEN == 2 * PSEUDONYM_KEY_LEN, "one half for each use");
	if (!r)
		return -ENOMEM;
	for (size_t i = 0; !err && i < 2; i++)
		err = pseudonym_key_derive(site_key, uses[i], key + i * PSEUDONYM_KEY_LEN);
	if (!err)
		err = seal_new(key, &r->seal);
	digest_sha256(key, sizeof(key), hash);
	memcpy(r->id, hash, ID_LEN);
	explicit_bzero(key, sizeof(key));
	if (err) {
		free(r);
		return err;
	}
	*ret_sealer = r;
	return 0;
}

static int refuse(const struct state *s, const char *what)
{
	log_err("state", "%s %s", s->shown, what);
	return -EPERM;
}

static bool has_past(struct state *s)
{
	for (unsigned t = 0; t < STATE_TABLES; t++)
		if (state_rows(s, t))
			return true;
	return false;
}

static int take_sealer(struct state *s, struct sealer *r, const uint8_t *mark, size_t len)
{
	uint8_t fresh[1 + ID_LEN] = { FORM };

	if (mark && (len != sizeof(fresh) || mark[0] != FORM || memcmp(mark + 1, r->id, ID_LEN)))
		return refuse(s, "was sealed with another key than the site's privacy.key_file: "
				 "give that one, or begin a new state");
	if (!mark && has_past(s))
		return refuse(s, "was begun without pseudonyms and has clear addresses in it: "
				 "begin a new state (--state with another name) and put this one "
				 "away");
	s->sealer = r;
	memcpy(fresh + 1, r->id, ID_LEN);
	if (mark || s->mode == STATE_READ)
		return 0;
	return state_put(s, STATE_META, MARK, strlen(MARK), fresh, sizeof(fresh));
}

int state_seal(struct state *s, const uint8_t *key)
{
	struct sealer *r = NULL;
	void *mark = NULL;
	size_t len = 0;
	int err = state_get(s, STATE_META, MARK, strlen(MARK), &mark, &len);

	if (err && err != -ENOENT)
		return err;
	if (!key) {
		err = mark ? refuse(s, "is sealed for a site that wants pseudonyms: give the site "
				       "file whose privacy.key_file opens it (--site)") : 0;
		free(mark);
		return err;
	}
	err = make_sealer(key, &r);
	if (err)
		log_err("state", "cannot seal %s: %s", s->shown, err_text(err));
	else
		err = take_sealer(s, r, mark, len);
	free(mark);
	if (err && r) {
		s->sealer = r;
		state_seal_free(s);
	}
	return err;
}
