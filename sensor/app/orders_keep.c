/* orders_keep.c - see orders_keep.h. */
#include "app/orders_keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "orders";

int orders_keep(struct state *s, const struct hash_rows *rows)
{
	struct packer p = { 0 };
	int err;

	hash_rows_pack(rows, &p);
	err = p.has_failed ? -ENOMEM :
	      state_put(s, STATE_META, name, strlen(name), p.bytes, p.len);
	pack_free(&p);
	return err;
}

void orders_unkeep(struct state *s)
{
	state_delete(s, STATE_META, name, strlen(name));
}

struct hash_rows *orders_kept(struct state *s)
{
	struct hash_rows *rows;
	void *kept;
	size_t len;

	if (state_get(s, STATE_META, name, strlen(name), &kept, &len))
		return NULL;
	rows = hash_rows_unpack(kept, len);
	free(kept);
	return rows;
}
