/* pending.c - see pending.h. */
#include "store/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"

#define FIRST_ROWS 256

void pending_free(struct pending *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->rows[i]->value);
		free(p->rows[i]);
	}
	free(p->rows);
	free(p->slots);
	*p = (struct pending){ 0 };
}

/* Keys hold addresses and names from the wire, so their places must not be foreseeable. */
static uint64_t hash_of(unsigned table, const void *key, size_t key_len)
{
	return hash_bytes(key, key_len, hash_secret() + table);
}

/* The slot that holds the row, or the free one where it belongs. */
static uint32_t *slot_of(const struct pending *p, uint64_t hash, unsigned table, const void *key,
			 size_t key_len)
{
	for (size_t at = (size_t)hash & (p->n_slots - 1);; at = (at + 1) & (p->n_slots - 1)) {
		uint32_t *slot = &p->slots[at];
		const struct pending_row *row;

		if (!*slot)
			return slot;
		row = p->rows[*slot - 1];
		if (row->hash == hash && row->table == table && row->key_len == key_len &&
		    !memcmp(row->key, key, key_len))
			return slot;
	}
}

static void index_rows(struct pending *p)
{
	memset(p->slots, 0, p->n_slots * sizeof(*p->slots));
	for (size_t i = 0; i < p->n; i++) {
		const struct pending_row *row = p->rows[i];

		*slot_of(p, row->hash, row->table, row->key, row->key_len) = (uint32_t)(i + 1);
	}
}

static int grow(struct pending *p)
{
	size_t capacity = p->capacity ? 2 * p->capacity : FIRST_ROWS;
	struct pending_row **rows;
	uint32_t *slots;

	if (capacity > UINT32_MAX / 2)
		return -ENOMEM;
	rows = realloc(p->rows, capacity * sizeof(struct pending_row *));
	if (!rows)
		return -ENOMEM;
	p->rows = rows;
	slots = calloc(2 * capacity, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(p->slots);
	p->slots = slots;
	p->n_slots = 2 * capacity;
	p->capacity = capacity;
	index_rows(p);
	return 0;
}

static int add_row(struct pending *p, unsigned table, const void *key, size_t key_len,
		   struct pending_row **ret_row)
{
	uint64_t hash = hash_of(table, key, key_len);
	struct pending_row *row;

	if (p->n == p->capacity && grow(p))
		return -ENOMEM;
	row = calloc(1, sizeof(*row) + key_len);
	if (!row)
		return -ENOMEM;
	row->hash = hash;
	row->table = table;
	row->key_len = key_len;
	memcpy(row->key, key, key_len);
	p->rows[p->n++] = row;
	*slot_of(p, hash, table, key, key_len) = (uint32_t)p->n;
	p->bytes += key_len;
	*ret_row = row;
	return 0;
}

static struct pending_row *find(const struct pending *p, unsigned table, const void *key,
				size_t key_len)
{
	const uint32_t *slot;

	if (!p->n)
		return NULL;
	slot = slot_of(p, hash_of(table, key, key_len), table, key, key_len);
	return *slot ? p->rows[*slot - 1] : NULL;
}

const struct pending_row *pending_find(const struct pending *p, unsigned table, const void *key,
				       size_t key_len)
{
	return find(p, table, key, key_len);
}

int pending_set(struct pending *p, unsigned table, const void *key, size_t key_len,
		const void *value, size_t value_len)
{
	struct pending_row *row = find(p, table, key, key_len);
	uint8_t *copy = NULL;

	if (value) {
		copy = malloc(value_len + 1);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, value, value_len);
	}
	if (!row && add_row(p, table, key, key_len, &row)) {
		free(copy);
		return -ENOMEM;
	}
	value_len = copy ? value_len : 0;
	p->bytes = p->bytes - row->value_len + value_len;
	free(row->value);
	row->value = copy;
	row->value_len = value_len;
	p->is_applied = false;
	return 0;
}

void pending_clear_table(struct pending *p, unsigned table)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct pending_row *row = p->rows[i];

		if (row->table != table) {
			p->rows[kept++] = row;
			continue;
		}
		p->bytes -= row->key_len + row->value_len;
		free(row->value);
		free(row);
	}
	p->n = kept;
	if (p->n_slots)
		index_rows(p);
	p->is_cleared[table] = true;
	p->is_applied = false;
}

bool pending_is_empty(const struct pending *p)
{
	for (unsigned t = 0; t < PENDING_TABLES; t++)
		if (p->is_cleared[t])
			return false;
	return !p->n;
}

static int compare_rows(const void *left, const void *right)
{
	const struct pending_row *a = *(struct pending_row *const *)left;
	const struct pending_row *b = *(struct pending_row *const *)right;
	size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int order;

	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	order = memcmp(a->key, b->key, len);
	return order ? order : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

void pending_sort(struct pending *p)
{
	if (p->n < 2)
		return;
	qsort(p->rows, p->n, sizeof(struct pending_row *), compare_rows);
	index_rows(p);
}
