/* hash_rows.c - see hash_rows.h. */
#include "output/hash_rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1			/* of the packed form */

void hash_rows_free(struct hash_rows *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		free(r->list[i].field);
	free(r->list);
	free(r);
}

static bool has_room(struct hash_reading *r)
{
	size_t cap = r->cap ? 2 * r->cap : 256;
	struct hash_row *list;

	if (r->rows->n < r->cap)
		return true;
	list = reallocarray(r->rows->list, cap, sizeof(*list));
	r->no_memory = !list;
	if (!list)
		return false;
	r->rows->list = list;
	r->cap = cap;
	return true;
}

bool hash_reading_begin(struct hash_reading *r)
{
	*r = (struct hash_reading){ .rows = calloc(1, sizeof(*r->rows)) };
	return r->rows;
}

bool hash_reading_add(void *reading, const char *field, size_t field_len, const char *value,
		      size_t value_len)
{
	struct hash_reading *r = reading;
	struct hash_row row = { .field_len = field_len, .value_len = value_len };

	if (field_len > HASH_BYTES_MAX || value_len > HASH_BYTES_MAX ||
	    r->bytes + field_len + value_len > HASH_BYTES_MAX || r->rows->n >= 2 * HASH_ROWS_MAX ||
	    !has_room(r))
		return false;
	row.field = malloc(field_len + value_len + 2);
	r->no_memory = !row.field;
	if (!row.field)
		return false;
	row.value = row.field + field_len + 1;
	memcpy(row.field, field, field_len);
	row.field[field_len] = '\0';
	memcpy(row.value, value, value_len);
	row.value[value_len] = '\0';
	r->bytes += field_len + value_len;
	r->rows->list[r->rows->n++] = row;
	return true;
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* Values too, so that the order is one even while a field comes in two forms. */
static int compare_rows(const void *a, const void *b)
{
	const struct hash_row *x = a, *y = b;
	int order = compare_bytes(x->field, x->field_len, y->field, y->field_len);

	return order ? order : compare_bytes(x->value, x->value_len, y->value, y->value_len);
}

static void keep_each_once(struct hash_rows *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (kept && r->list[kept - 1].field_len == r->list[i].field_len &&
		    !memcmp(r->list[kept - 1].field, r->list[i].field, r->list[i].field_len))
			free(r->list[i].field);
		else
			r->list[kept++] = r->list[i];
	}
	r->n = kept;
}

static bool sign(struct hash_rows *r)
{
	struct digest *d = digest_new();

	if (!d)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		uint64_t lens[2] = { r->list[i].field_len, r->list[i].value_len };

		digest_update(d, lens, sizeof(lens));
		digest_update(d, r->list[i].field, r->list[i].field_len);
		digest_update(d, r->list[i].value, r->list[i].value_len);
	}
	digest_final_free(d, r->sha256);
	return true;
}

struct hash_rows *hash_reading_end(struct hash_reading *r)
{
	struct hash_rows *rows = r->rows;

	if (rows->n)
		qsort(rows->list, rows->n, sizeof(*rows->list), compare_rows);
	keep_each_once(rows);
	if (sign(rows))
		return rows;
	hash_rows_free(rows);
	return NULL;
}

/* --- packed ---------------------------------------------------------------- */

static void pack_piece(struct packer *p, const char *bytes, size_t len)
{
	pack_u32(p, (uint32_t)len);
	pack_bytes(p, bytes, len);
}

void hash_rows_pack(const struct hash_rows *rows, struct packer *p)
{
	pack_u8(p, VERSION);
	pack_u32(p, (uint32_t)rows->n);
	for (size_t i = 0; i < rows->n; i++) {
		pack_piece(p, rows->list[i].field, rows->list[i].field_len);
		pack_piece(p, rows->list[i].value, rows->list[i].value_len);
	}
}

/* The next length and that many bytes, which stay where they are. */
static bool next(struct unpacker *u, const char **ret_bytes, size_t *ret_len)
{
	size_t len = unpack_u32(u);

	if (u->is_bad || len > u->left)
		return false;
	*ret_bytes = (const char *)u->at;
	*ret_len = len;
	u->at += len;
	u->left -= len;
	return true;
}

struct hash_rows *hash_rows_unpack(const void *bytes, size_t len)
{
	struct unpacker u = unpack_over(bytes, len);
	struct hash_reading r;
	bool is_good = unpack_u8(&u) == VERSION;
	uint32_t n = unpack_u32(&u);

	if (!hash_reading_begin(&r))
		return NULL;
	for (uint32_t i = 0; is_good && i < n; i++) {
		const char *field, *value;
		size_t field_len, value_len;

		is_good = next(&u, &field, &field_len) && next(&u, &value, &value_len) &&
			  hash_reading_add(&r, field, field_len, value, value_len);
	}
	if (is_good && unpack_ok(&u))
		return hash_reading_end(&r);
	hash_rows_free(r.rows);
	return NULL;
}
