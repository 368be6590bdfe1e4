/* names_store.c - see names_store.h. */
#include "app/names_store.h"

#include <errno.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/pack.h"

static const char key[] = "resolved";

int names_store_save(struct state *s, const struct resolved *r)
{
	struct packer value = { 0 };
	int err;

	resolved_pack(r, &value);
	err = value.has_failed ? -ENOMEM : state_put(s, STATE_META, key, sizeof(key) - 1,
						     value.bytes, value.len);
	pack_free(&value);
	return err;
}

void names_store_load(struct state *s, struct resolved *r)
{
	struct unpacker u;
	void *kept;
	size_t len;

	if (!r || state_get(s, STATE_META, key, sizeof(key) - 1, &kept, &len) != 0)
		return;
	u = unpack_over(kept, len);
	if (!resolved_unpack(r, &u) || !unpack_ok(&u))
		log_warn("state", "the names that DNS gave are damaged: some are missing");
	free(kept);
}
