/* dealings_outward.c - what leads outward, and is counted before it is told: NW-EXF-010. */
#include "app/dealings_internal.h"

#include "detect/attempts.h"

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

void dealings_take_attempt(struct dealings_watch *w, const struct attribution_end *e)
{
	const struct slice *s = e->slice;
	struct channel_key key;
	struct dealing *one;
	enum attempt attempt;

	if (e->crossing != CROSSING_EXTERNAL || addr_is_multicast(e->peer))
		return;
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

bool dealings_counts_yet(const struct dealing *one)
{
	return one->rule == RULE_EXF_010 && !one->is_told;
}

bool dealings_is_idle(const struct dealings_watch *w, const struct dealing *one, int64_t row)
{
	return !attempts_nights(params_of(w), one, row);
}
