/* fuzz_crowd.c - any bytes as an asset's packed votes: refused without a trace, or packed to the
 * same bytes again and good for every question. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "policy/calendar.h"
#include "profile/crowd.h"

#define LATEST_ROW 30000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Relative to uniform in a few slots, and over the whole row. */
static void ask(const struct crowd *c, int64_t row)
{
	const uint32_t own = 0;
	struct crowd_question q = { .own = &own, .own_n = 1, .row = row, .from = 92, .to = 96 };
	double sum = 0, one;

	for (unsigned slot = q.from; slot < q.to; slot++)
		sum += crowd_density(c, &q, slot);
	q.from = 0;
	one = crowd_density(c, &q, 50);
	if (!(sum > 4 - 1e-9 && sum < 4 + 1e-9) || !(one > 0.29 && one <= ROW_SLOTS))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpacker u = unpack_over(data, size);
	struct packer p = { 0 };
	struct crowd *c;

	if (crowd_new(3, &c))
		return 0;
	if (crowd_unpack_asset(c, 1, LATEST_ROW, &u)) {
		crowd_pack_asset(c, 1, &p);
		if (p.len != size - u.left || memcmp(p.bytes, data, p.len))
			abort();
		crowd_unpack_asset(c, 2, LATEST_ROW, &u);	/* what is left, as another's */
	} else {
		crowd_pack_asset(c, 1, &p);
		if (p.len != 2 || !u.is_bad)
			abort();
	}
	ask(c, LATEST_ROW);
	crowd_vote(c, 1, LATEST_ROW + 1, 95);
	crowd_vote(c, 0, LATEST_ROW + 2, 0);
	ask(c, LATEST_ROW + 3);
	crowd_forget(c, 1);
	ask(c, LATEST_ROW + 3);
	pack_free(&p);
	crowd_free(c);
	return 0;
}
