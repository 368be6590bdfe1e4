/* coverage_state.c - see coverage_state.h. */
#include "app/coverage_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"

static const char *const keys[COVERAGE_PARTS] = {
	[COVERAGE_STRETCHES] = "coverage.stretches",
	[COVERAGE_COUNTS] = "coverage.counts",
	[COVERAGE_BYTES] = "coverage.bytes",
};

int coverage_state_load(struct state *s, struct coverage *c)
{
	for (int i = 0; i < COVERAGE_PARTS; i++) {
		void *kept = NULL;
		size_t len = 0;
		int err = state_get(s, STATE_META, keys[i], strlen(keys[i]), &kept, &len);

		if (err == -ENOENT)
			continue;
		if (err)
			return err;
		if (!coverage_unpack(c, (enum coverage_part)i, kept, len))
			log_warn("state",
				 "what the tap did not see in earlier runs (%s) is damaged: not "
				 "all of it is known", keys[i]);
		free(kept);
	}
	return 0;
}

int coverage_state_save(struct state *s, struct coverage *c)
{
	struct packer p = { 0 };
	int err = 0;

	for (int i = 0; i < COVERAGE_PARTS && !err; i++) {
		pack_reset(&p);
		if (!coverage_pack(c, (enum coverage_part)i, &p))
			continue;
		err = p.has_failed ? -ENOMEM : state_put(s, STATE_META, keys[i], strlen(keys[i]),
							 p.bytes, p.len);
	}
	pack_free(&p);
	return err;
}

/* A run that ended well kept everything up to its last stamp, another what it last committed. */
uint64_t coverage_state_past_ns(struct state *s)
{
	bool was_clean = state_get_number(s, "is_clean", 1);

	return (uint64_t)state_get_number(s, was_clean ? "last_ns" : "now_ns", 0);
}
