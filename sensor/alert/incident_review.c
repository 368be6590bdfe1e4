/* incident_review.c - open incidents and the site's word: an entry suppresses them, or no longer
 * does; their rule is switched off; their asset is the site's no more.
 */
#include "alert/incident_internal.h"

#include <stdlib.h>
#include "alert/explain.h"
#include "alert/gate.h"

/* What stands for an incident when no traffic made the finding. */
struct stand {
	struct channel stand_in;
	struct finding finding;
};

static struct finding *stand_for(struct stand *s, const struct incident *i,
				 const struct channels *channels, uint64_t judged_ns, int64_t row)
{
	struct channel *ch = i->is_any || !channels ? NULL : channels_find(channels, &i->key);

	s->stand_in = (struct channel){ .key = i->key, .subject = i->subject, .up = i->up,
					.down = i->down, .first_ns = i->opened_ns,
					.last_ns = judged_ns };
	ch = ch ? ch : &s->stand_in;
	s->finding = (struct finding){ .rule = i->rule, .own_id = i->own, .channel = ch,
				       .judged_ns = judged_ns, .row = row, .level = i->level,
				       .severity = i->severity, .process = i->process,
				       .leaf = ch->key.group == GROUP_IP ? ch : NULL,
				       .entry = i->entry[0] ? i->entry : NULL };
	if (finding_rests_on_nights(&s->finding))
		explain_count_bets(&s->finding);
	return &s->finding;
}

/* It ends as one that was suppressed and begins as one that tells, with what it has counted,
 * whether traffic comes again or not.  Of a flood only the first half: what it counted is told one
 * by one when it comes again. */
static void expose(struct incidents *in, struct incident *i, struct finding *f)
{
	struct incident was = *i;

	f->is_exposed = true;
	incident_close(in, i, f);
	if (i->is_any)
		return;
	f->severity = f->bare = was.bare;
	incident_open(in, i, f);
	i->nights = was.nights;
	i->last_row = was.last_row;
	i->count = was.count;
	i->up = was.up;
	i->down = was.down;
	incident_tell(in, i, f, "open");
}

static void review(struct incidents *in, struct incident *i, const struct channels *channels,
		   uint64_t judged_ns, int64_t row)
{
	struct stand s;
	struct finding *f = stand_for(&s, i, channels, judged_ns, row);

	f->is_switched_off = gate_is_off(in->ctx, i);
	if (!f->is_switched_off && i->suppressed[0]) {
		if (gate_is_exposed(in->ctx, i, judged_ns))
			expose(in, i, f);
		return;
	}
	f->suppression = f->is_switched_off ? NULL : gate_suppression(in->ctx, i, judged_ns);
	if (f->is_switched_off || f->suppression)
		incident_close(in, i, f);
}

void incidents_review(struct incidents *in, const struct channels *channels, uint64_t judged_ns,
		      int64_t row)
{
	for (size_t k = 0; k < in->count; k++)
		if (in->list[k]->is_open)
			review(in, in->list[k], channels, judged_ns, row);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = (*(struct incident *const *)a)->number;
	uint32_t y = (*(struct incident *const *)b)->number;

	return x < y ? -1 : x > y;
}

void incidents_part(struct incidents *in, struct incidents *next, const struct channels *channels,
		    uint64_t judged_ns, int64_t row)
{
	in->sequence = next->sequence;
	for (size_t k = 0; k < in->count; k++) {
		struct incident *i = in->list[k];
		struct stand s;

		if (!i->is_open || bsearch(&i, next->list, next->count, sizeof(struct incident *),
					   by_number))
			continue;
		stand_for(&s, i, channels, judged_ns, row)->is_parted = true;
		incident_close(in, i, &s.finding);
		if (next->forget)
			next->forget(next->forget_arg, i);
	}
	next->sequence = in->sequence;
}
