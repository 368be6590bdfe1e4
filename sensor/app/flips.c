/* flips.c - see flips.h. */
#include "app/flips.h"

#include "base/clock.h"
#include "detect/flip.h"
#include "policy/suffix.h"

static const struct flip_params *params_of(const struct flips *f)
{
	return &f->context->site->rules->params.flip;
}

static bool is_watched(const struct channel *ch, enum group group, int64_t row)
{
	return ch->key.group == group && ch->key.is_external && ch->row &&
	       ch->row_number == row && !ch->subject->vendor_name;
}

static bool is_flipped(const struct flips *f, const struct channel *ch,
		       const struct flip_facts *facts)
{
	return flip_is_upload(params_of(f), facts) &&
	       (flip_was_download(params_of(f), facts) ||
		incidents_has_had(f->incidents, RULE_EXF_006, ch));
}

/* --- one upload, two groups --------------------------------------------------- */

/* Of the row's largest upload. */
static const struct channel *leaf_of(const struct flips *f, const struct channel *ch)
{
	struct channel_key key = { .subject = ch->key.subject, .is_external = 1 };

	group_key_ip(&key, &ch->row->top.addr, ch->row->top.proto, ch->row->top.port);
	return channels_find(f->channels, &key);
}

static const struct channel *network_of(const struct flips *f, const struct channel *ch)
{
	struct channel_key key = { .subject = ch->key.subject, .is_external = 1 };

	group_key_prefix(&key, &ch->row->top.addr);
	return channels_find(f->channels, &key);
}

/* The domain's upload of this row is told by its network. */
static bool is_told(const struct flips *f, const struct channel *ch, int64_t row)
{
	const struct channel *network = network_of(f, ch);
	struct flip_facts facts;

	if (!network || !is_watched(network, GROUP_PREFIX, row))
		return false;
	facts = flip_look(network);
	return is_flipped(f, network, &facts);
}

static void attach(const struct flips *f, struct finding *finding, int64_t row)
{
	struct channel_key key = { .subject = finding->channel->key.subject, .is_external = 1 };
	const struct channel *leaf = finding->leaf, *ch;
	char domain[SUFFIX_NAME_MAX];

	if (!leaf || !leaf->name || !suffix_registered_domain(leaf->name, domain, sizeof(domain)))
		return;
	group_key_domain(&key, domain);
	ch = channels_find(f->channels, &key);
	if (ch && is_watched(ch, GROUP_DOMAIN, row))
		finding->attached[finding->n_attached++] = ch;
}

/* --- telling --------------------------------------------------------------------- */

static bool is_one_sided(const struct flips *f, uint64_t end_ns)
{
	struct coverage_look look = { 0 };

	coverage_look(f->context->coverage, end_ns > ROW_NS ? end_ns - ROW_NS : 0, end_ns, &look);
	return look.one_sided_ns > 0;
}

static void judge(struct flips *f, struct channel *ch, int64_t row, uint64_t end_ns)
{
	struct flip_facts facts = flip_look(ch);
	struct finding finding = {
		.rule = RULE_EXF_006, .channel = ch, .leaf = leaf_of(f, ch), .judged_ns = end_ns,
		.row = row, .flip = &facts,
	};

	if (!is_flipped(f, ch, &facts) || (ch->key.group == GROUP_DOMAIN && is_told(f, ch, row)))
		return;
	facts.is_one_sided = is_one_sided(f, end_ns);
	finding.severity = flip_severity(&facts, ch->subject->asset != NULL,
					 !f->context->site->is_default);
	if (ch->key.group == GROUP_PREFIX)
		attach(f, &finding, row);
	incidents_finding(f->incidents, &finding);
}

void flips_end_row(struct flips *f, int64_t row, uint64_t end_ns)
{
	static const enum group groups[] = { GROUP_PREFIX, GROUP_DOMAIN };
	size_t n;
	struct channel **list = channels_sorted(f->channels, &n);

	for (unsigned g = 0; g < 2; g++)
		for (size_t i = 0; i < n; i++)
			if (is_watched(list[i], groups[g], row))
				judge(f, list[i], row, end_ns);
}
