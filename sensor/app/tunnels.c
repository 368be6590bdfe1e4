/* tunnels.c - see tunnels.h. */
#include "app/tunnels.h"

#include "base/log.h"
#include "detect/tunnel.h"

#define PORT_DNS 53

static const struct tunnel_params *params_of(const struct tunnels *t)
{
	return &t->context->site->rules->params.tunnel;
}

static struct tunnel_facts facts_of(const struct carriage *c)
{
	struct tunnel_facts f = {
		.is_echo = !c->name, .domain = c->name,
		.asked = c->asked, .asked_bytes = c->asked_bytes,
		.different = sample_count(&c->different),
		.different_bytes = sample_bytes(&c->different),
		.odd = c->odd, .answers = c->answers, .nxdomain = c->nxdomain,
		.listed = c->listed, .plain = c->plain, .text = c->text,
		.mismatched = c->mismatched, .mismatched_bytes = c->mismatched_bytes,
		.rows = c->rows + 1,
	};

	/* Estimates beyond what was asked at all are not to be told. */
	if (f.different > f.asked)
		f.different = f.asked;
	if (f.different_bytes > f.asked_bytes)
		f.different_bytes = f.asked_bytes;
	f.total = c->total + f.different_bytes + f.mismatched_bytes;
	return f;
}

static uint64_t bytes_of(const struct tunnel_facts *f)
{
	return f->different_bytes + f->mismatched_bytes;
}

/* The channel that the incident is about; where there is none, what stands for it. */
static struct channel *channel_of(const struct tunnels *t, const struct carriage *c,
				  struct channel *stand_in)
{
	struct channel *ch = channels_find(t->channels, &c->keyed.key);

	if (ch)
		return ch;
	*stand_in = (struct channel){ .key = c->keyed.key, .subject = c->keyed.subject,
				      .first_ns = c->first_ns, .last_ns = c->last_ns,
				      .name = c->name };
	return stand_in;
}

static void tell(struct tunnels *t, struct carriage *c, const struct tunnel_facts *facts,
		 uint64_t judged_ns)
{
	struct channel stand_in;
	struct finding f = {
		.rule = RULE_EXF_008, .channel = channel_of(t, c, &stand_in),
		.leaf = channels_find(t->channels, &c->leaf), .judged_ns = judged_ns,
		.row = c->row, .severity = tunnel_judge(params_of(t), facts), .tunnel = facts,
	};

	/* One that was counted into a flood is counted once. */
	if (!c->is_told || !incidents_is_flooded(t->incidents, RULE_EXF_008, f.channel))
		incidents_finding(t->incidents, &f);
	c->is_told = true;
	c->told_bytes = bytes_of(facts);
	c->is_changed = true;
}

/* --- traffic ------------------------------------------------------------- */

static bool is_expected(const struct tunnels *t, const struct tunnel_minute *m,
			const struct carriage *c)
{
	struct expected_query q = {
		.from = m->own, .to = m->peer, .proto = m->slice->id.key.proto,
		.server_port = PORT_DNS, .service = "DNS", .name = c->name ? c->name : "",
		.at_ns = m->slice->minute_ns, .run_ns = m->slice->minute_ns,
	};

	return c->name ? site_expected_names(t->context->site, &q) != NULL :
			 site_expected_ever(t->context->site, &q) != NULL;
}

static void judge(struct tunnels *t, const struct tunnel_minute *m, struct carriage *c)
{
	struct tunnel_facts facts = facts_of(c);

	if (c->last_hit == c->row || c->is_expected || !tunnel_judge(params_of(t), &facts))
		return;
	c->is_expected = !c->is_told && is_expected(t, m, c);
	if (c->is_expected)
		return;
	c->last_hit = c->row;
	if (!c->is_told)
		tell(t, c, &facts, m->slice->minute_ns + SLICE_NS);
}

static struct carriage *note(struct tunnels *t, const struct tunnel_minute *m,
			     const struct channel_key *key, const char *name)
{
	const struct slice *s = m->slice;
	struct carriage *c = carriages_get(t->carriages, m->subject, key, name, m->row);

	if (!c) {
		if (!t->has_failed)
			log_err("profile", "no room: not all that questions and echoes carry is "
				"counted");
		t->has_failed = true;
		return NULL;
	}
	if (!c->first_ns)
		c->first_ns = s->first_ns;
	if (s->last_ns > c->last_ns)
		c->last_ns = s->last_ns;
	c->leaf = (struct channel_key){ .subject = m->subject->number,
					.is_external = m->is_external };
	group_key_ip(&c->leaf, m->peer, s->id.key.proto, slice_server_port(s));
	return c;
}

static uint64_t take_domain(struct tunnels *t, const struct tunnel_minute *m,
			    const struct carried_domain *d)
{
	struct channel_key key = { .is_external = 1 };
	struct carriage *c;

	group_key_domain(&key, d->domain);
	c = note(t, m, &key, d->domain);
	if (!c)
		return 0;
	carriage_add_domain(c, d);
	judge(t, m, c);
	return c->is_told ? d->echoed : 0;
}

static uint64_t take_echo(struct tunnels *t, const struct tunnel_minute *m,
			  const struct carried_echo *e)
{
	struct channel_key key = { .is_external = 1 };
	struct carriage *c;

	group_key_ip(&key, m->peer, m->slice->id.key.proto, slice_server_port(m->slice));
	c = note(t, m, &key, NULL);
	if (!c)
		return 0;
	carriage_add_echo(c, e);
	judge(t, m, c);
	return c->is_told ? e->echoed : 0;
}

uint64_t tunnels_take(struct tunnels *t, const struct tunnel_minute *m)
{
	const struct carried *carried = m->slice->carried;
	uint64_t echoed = 0;

	for (const struct carried_domain *d = carried->domains; d; d = d->next)
		echoed += take_domain(t, m, d);
	if (carried->echo && m->is_external)
		echoed += take_echo(t, m, carried->echo);
	return echoed;
}

/* --- time ---------------------------------------------------------------- */

static void tell_rest(struct tunnels *t, struct carriage *c, int64_t row, uint64_t now_ns)
{
	struct tunnel_facts facts = facts_of(c);

	if (c->row == row && c->last_hit == row && bytes_of(&facts) > c->told_bytes)
		tell(t, c, &facts, now_ns);
}

static void end_row(struct tunnels *t, struct carriage *c, int64_t row, uint64_t end_ns)
{
	struct channel stand_in;
	struct tunnel_facts facts = facts_of(c);

	tell_rest(t, c, row, end_ns);
	if (c->last_hit == row && c->row == row) {
		c->total = facts.total;
		c->rows++;
		c->is_changed = true;
	}
	if (c->last_hit > row - params_of(t)->resolve_after)
		return;
	incidents_resolve(t->incidents, RULE_EXF_008, channel_of(t, c, &stand_in), end_ns, row);
	c->is_told = false;
}

void tunnels_end_row(struct tunnels *t, int64_t row, uint64_t end_ns)
{
	size_t n;
	struct keyed **list = carriages_sorted(t->carriages, &n);

	for (size_t i = 0; i < n; i++)
		if (((struct carriage *)list[i])->is_told)
			end_row(t, (struct carriage *)list[i], row, end_ns);
	carriages_end_row(t->carriages);
}

void tunnels_finish(struct tunnels *t, int64_t row, uint64_t now_ns)
{
	size_t n;
	struct keyed **list = carriages_sorted(t->carriages, &n);

	for (size_t i = 0; i < n; i++)
		if (((struct carriage *)list[i])->is_told)
			tell_rest(t, (struct carriage *)list[i], row, now_ns);
}
