/* dealings_outward.c - what leads outward, and is counted before it is told: NW-EXF-009
 * and NW-EXF-010. */
#include "app/dealings_internal.h"

#include "detect/attempts.h"
#include "detect/misplaced.h"

/* --- NW-EXF-010 ---------------------------------------------------------------------------- */

static const struct attempts_params *params_of(const struct dealings_watch *w)
{
	return &w->context->site->rules->params.attempts;
}

/* What the connection calls its peer, or DNS. */
static const char *name_of(const struct dealings_watch *w, const struct attribution_end *e)
{
	const struct slice *s = e->slice;
	const char *name = s->name && s->name[0] ? s->name :
			   resolved_find(w->resolved, e->me, e->peer, s->minute_ns, NULL);

	return name ? name : "";
}

static struct dealing *find_network(const struct dealings_watch *w,
				    const struct attribution_end *e, struct channel_key *ret_key)
{
	*ret_key = (struct channel_key){ .is_external = 1 };
	group_key_prefix(ret_key, e->peer);
	return dealings_find(w->dealings, e->subject, ret_key);
}

/* The record of the peer's network; beyond so many networks, that of all further ones. */
static struct dealing *get_network(struct dealings_watch *w, const struct attribution_end *e)
{
	struct channel_key key;
	struct dealing *one = find_network(w, e, &key);

	if (one)
		return one;
	if (e->subject->networks >= params_of(w)->networks)
		group_key_any(&key);
	return dealings_get(w->dealings, e->subject, &key, RULE_EXF_010);
}

static void take_attempt(struct dealings_watch *w, const struct attribution_end *e)
{
	const struct slice *s = e->slice;
	struct channel_key key;
	struct dealing *one;
	enum attempt attempt;

	attempt = attempt_of(s);
	if (attempt == ATTEMPT_ANSWERED && (one = find_network(w, e, &key)))
		dealing_count_answered(one, s, e->row);
	if (attempt != ATTEMPT_FAILED ||
	    dealings_is_expected(w->context->site, e, name_of(w, e)))
		return;
	one = get_network(w, e);
	if (!one) {
		dealings_count_lost(w);
		return;
	}
	dealings_add(one, e);
	dealing_count_failed(one, s);
	if (attempts_are_night(params_of(w), one))
		dealing_count_night(one);
	if (one->is_told ? dealings_has_grown(one) :
	    attempts_nights(params_of(w), one, e->row) >= params_of(w)->nights)
		dealings_tell(w, one, s->minute_ns + SLICE_NS, e->row);
}

/* --- NW-EXF-009 ---------------------------------------------------------------------------- */

static void take_misplaced(struct dealings_watch *w, const struct attribution_end *e)
{
	const struct misplaced_params *p = &w->context->site->rules->params.misplaced;
	const struct misplaced_protocol *protocol = misplaced_look(p, e->slice);
	struct channel_key key = { .is_external = 1 };
	struct dealing *one;

	if (!protocol || dealings_is_expected(w->context->site, e, name_of(w, e)))
		return;
	group_key_prefix(&key, e->peer);
	key.proto = e->slice->id.key.proto;
	key.port = protocol->home;
	one = dealings_get(w->dealings, e->subject, &key, RULE_EXF_009);
	if (!one) {
		dealings_count_lost(w);
		return;
	}
	dealings_add(one, e);
	if (misplaced_id(e->slice) != one->contact.master) {
		one->contact.master = misplaced_id(e->slice);
		one->contact.app = 0;
		one->contact.verdict = DPI_LIGHT;
	}
	if (one->is_told ? dealings_has_grown(one) : one->up > p->bytes)
		dealings_tell(w, one, e->slice->minute_ns + SLICE_NS, e->row);
}

/* --- both ----------------------------------------------------------------------------------- */

void dealings_take_outward(struct dealings_watch *w, const struct attribution_end *e)
{
	if (e->crossing != CROSSING_EXTERNAL || addr_is_multicast(e->peer))
		return;
	if (e->am_client)
		take_attempt(w, e);
	take_misplaced(w, e);
}

unsigned dealings_outward_severity(const struct dealings_watch *w, const struct dealing *one)
{
	bool is_listed = one->keyed.subject->asset != NULL;
	bool has_policy = !w->context->site->is_default;

	return one->rule == RULE_EXF_010 ? attempts_severity(is_listed, has_policy) :
					   misplaced_severity(is_listed, has_policy);
}

bool dealings_counts_yet(const struct dealing *one)
{
	return (one->rule == RULE_EXF_009 || one->rule == RULE_EXF_010) && !one->is_told;
}

bool dealings_is_idle(const struct dealings_watch *w, const struct dealing *one, int64_t row)
{
	int64_t silent = w->context->site->rules->params.misplaced.resolve_after;

	return one->rule == RULE_EXF_010 ? !attempts_nights(params_of(w), one, row) :
					   one->last_row <= row - silent;
}
