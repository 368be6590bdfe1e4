/* crowds.c - see crowds.h. */
#include "app/crowds.h"

#include <stdlib.h>
#include "detect/rhythm.h"
#include "profile/busy.h"
#include "profile/crowd.h"

#define OWN_MAX 256		/* assets of a vendor whose votes are left out */

static void vote(const struct rhythm_params *params, const struct subject *s, int64_t row,
		 const struct row *busy)
{
	static const struct rhythm nothing_before;
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS];
	struct rhythm_night night = { .up = up, .down = down, .seen_to = ROW_SLOTS, .row = row };
	struct rhythm_burst burst;

	row_expand(busy, up, down);
	if (rhythm_find_burst(&night, &nothing_before, &burst) &&
	    rhythm_is_hit(params, &burst))
		crowd_vote(s->crowd, s->number, row, burst.from);
}

void crowds_end_row(const struct rhythm_params *params, const struct subjects *s, int64_t row,
		    bool was_seen)
{
	for (size_t i = 0; i < subjects_count(s) && subjects_at(s, i)->asset; i++) {
		struct row *busy = busy_take(subjects_at(s, i), row);

		if (busy && was_seen)
			vote(params, subjects_at(s, i), row, busy);
		free(busy);
	}
}

static size_t find_own(const struct subjects *s, const struct subject *of,
		       uint32_t own[static OWN_MAX])
{
	size_t n = 0;

	if (!of->vendor_name)
		own[n++] = of->number;
	for (size_t i = 0; of->vendor_name && i < subjects_count(s) && n < OWN_MAX; i++)
		if (subjects_at(s, i)->vendor == of)
			own[n++] = (uint32_t)i;
	return n;
}

double crowds_density(const struct subjects *s, const struct crowds_question *q)
{
	uint32_t own[OWN_MAX];
	struct crowd_question ask = { .own = own, .row = q->row, .from = q->from, .to = q->to };

	if (!q->subject->crowd)
		return 0;
	ask.own_n = find_own(s, q->subject, own);
	if (crowd_voters(q->subject->crowd, &ask, q->slot) < CROWDS_VOTERS)
		return 0;
	return crowd_density(q->subject->crowd, &ask, q->slot);
}
