/* second_opinion.c - see second_opinion.h. */
#include "output/second_opinion.h"

#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "detect/permutation.h"

#define NIGHTS_MIN 3			/* fewer have no pattern that could be told from chance */
/* One step of the picture is a factor of five: within it of the largest slot is activity. */
#define ACTIVE_STEPS 1

static_assert(EVIDENCE_NIGHTS <= PERMUTATION_NIGHTS, "all that is remembered is looked at");

static bool rests_on_nights(const struct incident *in)
{
	return (in->rule == RULE_EXF_001 && !incident_is_allowed(in)) ||
	       in->rule == RULE_EXF_002 || in->rule == RULE_EXF_005;
}

static unsigned gather(const struct evidence *ev, struct permutation_night *ret_nights)
{
	unsigned n = 0;

	for (uint64_t i = 0; i < evidence_nights(ev); i++) {
		const uint8_t *picture = ev->picture[evidence_place(ev, i)];
		uint8_t volumes[ROW_SLOTS];

		for (unsigned slot = 0; slot < ROW_SLOTS; slot++)
			volumes[slot] = picture_get(picture, slot);
		ret_nights[n++] = permutation_night_of(volumes, ACTIVE_STEPS);
	}
	return n;
}

bool second_opinion_of(const struct channels *channels, const struct incident *in,
		       char ret_text[static SECOND_OPINION_MAX])
{
	struct permutation_night nights[EVIDENCE_NIGHTS];
	const struct channel *ch;
	struct permutation result;

	if (!channels || !rests_on_nights(in) || in->is_any)
		return false;
	ch = channels_find(channels, &in->key);
	if (!ch || !ch->evidence)
		return false;
	permutation_test(nights, gather(ch->evidence, nights),
			 hash_bytes(in->id, strlen(in->id), 0), &result);
	if (result.nights < NIGHTS_MIN)
		return false;
	snprintf(ret_text, SECOND_OPINION_MAX,
		 "Second opinion, by the times alone: on %u of %u days with upload it was active "
		 "within the same two hours; of %d random rotations of these days %.0f did as "
		 "well (p = %.2g; one look, not corrected for channels looked at).",
		 result.most, result.nights, PERMUTATION_ROUNDS,
		 result.p * (PERMUTATION_ROUNDS + 1) - 1, result.p);
	return true;
}
