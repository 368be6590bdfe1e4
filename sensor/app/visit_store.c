/* visit_store.c - see visit_store.h. */
#include "app/visit_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "visits";

int visit_store_save(struct state *s, struct visits *v)
{
	struct packer value = { 0 };
	int err;

	if (!visits_are_changed(v))
		return 0;
	visits_pack(v, &value);
	err = value.has_failed ? -ENOMEM :
	      state_put(s, STATE_META, name, strlen(name), value.bytes, value.len);
	pack_free(&value);
	if (!err)
		visits_packed(v);
	return err;
}

int visit_store_load(struct state *s, struct visits *v, const struct subjects *subjects,
		     uint64_t *bad)
{
	uint64_t left_out = 0;
	struct unpacker u;
	void *kept = NULL;
	size_t len = 0;
	int err = v ? state_get(s, STATE_META, name, strlen(name), &kept, &len) : -ENOENT;

	if (err)
		return err == -ENOENT ? 0 : err;
	u = unpack_over(kept, len);
	left_out = visits_unpack(v, subjects, &u, &left_out) ? left_out : left_out + 1;
	*bad += left_out;
	free(kept);
	return 0;
}
