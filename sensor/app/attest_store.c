/* attest_store.c - see attest_store.h. */
#include "app/attest_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"

static const char name[] = "attest";

int attest_store_save(struct state *s, struct attest *a)
{
	struct packer value = { 0 };
	int err;

	if (!a->is_changed || !a->first_ns)
		return 0;
	attest_pack(a, &value);
	err = value.has_failed ? -ENOMEM :
	      state_put(s, STATE_META, name, strlen(name), value.bytes, value.len);
	pack_free(&value);
	if (!err)
		a->is_changed = false;
	return err;
}

int attest_store_load(struct state *s, struct attest *a)
{
	struct unpacker u;
	void *kept = NULL;
	size_t len = 0;
	int err = a ? state_get(s, STATE_META, name, strlen(name), &kept, &len) : -ENOENT;

	if (err)
		return err == -ENOENT ? 0 : err;
	u = unpack_over(kept, len);
	if (!attest_unpack(a, &u))
		log_warn("state", "the chain of attestations is damaged or of a newer version: it "
			 "begins anew, and nachtwacht attest verify will say so");
	free(kept);
	return 0;
}
