/* silence.c - see silence.h. */
#include "app/silence.h"

#include "app/own_rules.h"
#include "profile/ledger.h"

struct channel silence_stand_in(struct subject *s, uint64_t now_ns)
{
	struct channel ch = { .subject = s, .first_ns = now_ns, .last_ns = now_ns };

	ch.key.subject = s->number;
	group_key_any(&ch.key);
	return ch;
}

/* Rules of which an incident may be left that nobody speaks for: after how many rows it has ended;
 * 0: it has who says it. */
static int64_t silent_after(const struct rule_params *p, const struct incident *in)
{
	switch (in->rule) {
	case RULE_HLT_001:
		return p->memory_resolve_after;
	case RULE_DST_002:
		return p->closed_resolve_after;
	case RULE_EXF_008:
		return in->is_any ? p->tunnel.resolve_after : 0;
	case RULE_EXF_011:
		return in->is_any ? LEDGER_ROWS : 0;
	case RULE_REM_001:
	case RULE_REM_002:
	case RULE_REM_003:
		return p->remote.resolve_after;
	case RULE_SEG_005:
		return p->spoof.resolve_after;
	case RULE_REM_005:
		return p->gateway.resolve_after;
	case RULE_SEG_001:
		return p->segment_resolve_after;
	case RULE_SEG_003:
		return p->lateral_resolve_after;
	case RULE_DST_003:
		return p->server_resolve_after;
	case RULE_DST_004:
		return p->unnamed.resolve_after;
	case RULE_EXF_006:
		return p->flip.resolve_after;
	case RULE_EXF_009:
		return p->misplaced.resolve_after;
	case RULE_EXF_010:
		return p->attempts.resolve_after;
	case RULE_OWN:
		return OWN_RULES_SILENT_ROWS;
	default:
		return 0;
	}
}

static bool is_silent(const struct alert_context *ctx, const struct incident *in, int64_t row)
{
	int64_t rows = silent_after(&ctx->site->rules->params, in);

	return rows && in->is_open && in->last_row <= row - rows;
}

void silence_end_row(const struct alert_context *ctx, struct incidents *list, int64_t row,
		     uint64_t end_ns)
{
	for (size_t i = 0; i < incidents_count(list); i++) {
		const struct incident *in = incidents_at(list, i);
		struct channel ch = silence_stand_in(in->subject, end_ns);

		if (!is_silent(ctx, in, row))
			continue;
		if (!in->is_any) {
			ch.key = in->key;
			ch.first_ns = in->opened_ns;
			ch.up = in->up;
			ch.down = in->down;
		}
		if (in->rule == RULE_OWN) {
			ch.first_ns = in->first_ns;
			ch.last_ns = in->last_ns;
		}
		incidents_end(list, i, &ch, end_ns, row);
	}
}
