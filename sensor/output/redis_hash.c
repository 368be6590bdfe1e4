/* redis_hash.c - see redis_hash.h. */
#include "output/redis_hash.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"

#define READING_NS (60 * NS_PER_SEC)	/* a server that never ends its cursor is left */

static enum redis_class lack(struct redis_fault *f)
{
	*f = (struct redis_fault){ .class = REDIS_LOST, .text = "out of memory" };
	return REDIS_LOST;
}

static enum redis_class scan(struct redis_conn *c, const char *key, struct hash_reading *r,
			     struct redis_fault *f)
{
	char cursor[REDIS_CURSOR_MAX] = "0";
	enum redis_class class;
	uint64_t deadline = clock_monotonic_ns() + READING_NS;

	do {
		class = redis_conn_scan(c, key, cursor, hash_reading_add, r, f);
	} while (class == REDIS_DONE && strcmp(cursor, "0") && clock_monotonic_ns() < deadline);
	if (r->no_memory)
		return lack(f);
	if (class == REDIS_DONE && strcmp(cursor, "0")) {
		*f = (struct redis_fault){ .class = REDIS_LOST,
					   .text = "not read to its end in 60 s" };
		return REDIS_LOST;
	}
	return class;
}

enum redis_class redis_hash_read(const struct redis_url *url, const char *key, int stop_fd,
				 struct hash_rows **ret_rows, struct redis_fault *ret_fault)
{
	struct redis_conn *c = NULL;
	struct hash_reading r;
	enum redis_class class;

	if (!hash_reading_begin(&r))
		return lack(ret_fault);
	class = redis_conn_open(url, stop_fd, &c, ret_fault);
	if (class == REDIS_DONE)
		class = scan(c, key, &r, ret_fault);
	redis_conn_close(c);
	if (class != REDIS_DONE) {
		hash_rows_free(r.rows);
		return class;
	}
	*ret_rows = hash_reading_end(&r);
	return *ret_rows ? REDIS_DONE : lack(ret_fault);
}
