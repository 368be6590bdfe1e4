/* hash_rows.h - fields and values of a Redis hash, in the order of fields; and their packed form.
 *
 * Any bytes; HASH_ROWS_MAX fields and HASH_BYTES_MAX bytes together at most.  Any thread.
 */
#ifndef NW_OUTPUT_HASH_ROWS_H
#define NW_OUTPUT_HASH_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/digest.h"
#include "base/pack.h"

#define HASH_ROWS_MAX 100000
#define HASH_BYTES_MAX (64u << 20)

struct hash_row {
	char *field, *value;		/* one piece of memory; each with a zero byte behind it */
	size_t field_len, value_len;
};

struct hash_rows {
	struct hash_row *list;		/* sorted by field, each once */
	size_t n;
	char sha256[DIGEST_HEX_MAX];	/* of all fields and values, with their lengths */
};

void hash_rows_free(struct hash_rows *r);	/* NULL is fine */

/* Rows are made of pairs that come one by one, in any order, some of them twice. */
struct hash_reading {
	struct hash_rows *rows;		/* of whoever ends or gives up the reading */
	size_t cap, bytes;
	bool no_memory;
};
bool hash_reading_begin(struct hash_reading *r);	/* false: no memory */
/* A redis_pair_fn (redis_conn.h).  false: no memory (r->no_memory), or more than the bounds. */
bool hash_reading_add(void *reading, const char *field, size_t field_len, const char *value,
		      size_t value_len);
/* The rows; NULL: no memory, and they are gone. */
struct hash_rows *hash_reading_end(struct hash_reading *r);

void hash_rows_pack(const struct hash_rows *rows, struct packer *p);
/* NULL: malformed, or no memory. */
struct hash_rows *hash_rows_unpack(const void *bytes, size_t len);

#endif
