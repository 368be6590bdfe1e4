/* given_up.c - see given_up.h. */
#include "app/given_up.h"

#include <math.h>
#include "app/silence.h"

void given_up_note(struct given_up *g, const struct channel *ch, uint64_t now_ns, int64_t row)
{
	g->untold++;
	for (int i = 0; i < 2; i++)
		incidents_give_up(g->incidents, i ? RULE_EXF_002 : RULE_EXF_001,
				  (struct channel *)ch, now_ns, row);
	ch->subject->given_up++;
	ch->subject->given_up_m = fmax(ch->subject->given_up_m, channel_evidence_m(ch));
}

void given_up_tell(struct given_up *g, uint64_t now_ns)
{
	for (size_t i = 0; g->untold && i < subjects_count(g->subjects); i++) {
		struct subject *s = subjects_at(g->subjects, i);
		struct channel ch = silence_stand_in(s, now_ns);
		struct finding f = {
			.rule = RULE_HLT_001, .channel = &ch, .judged_ns = now_ns,
			.row = calendar_row(g->context->calendar, now_ns),
			.severity = s->given_up_m >= CHANNELS_STRONG ? 3 : 2,
			.given_up = s->given_up, .given_up_m = s->given_up_m,
		};

		if (!s->given_up)
			continue;
		incidents_finding(g->incidents, &f);
		s->given_up = 0;
		s->given_up_m = 0;
	}
	g->untold = 0;
}
