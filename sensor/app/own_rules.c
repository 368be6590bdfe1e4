/* own_rules.c - see own_rules.h. */
#include "app/own_rules.h"

#include <string.h>
#include "detect/own.h"

static struct channel_key key_of(const struct attribution_end *e)
{
	struct channel_key key = { .subject = e->subject->number,
				   .is_external = e->crossing == CROSSING_EXTERNAL };

	group_key_ip(&key, e->peer, e->slice->id.key.proto, slice_server_port(e->slice));
	return key;
}

/* What this connection showed, whatever the channel remembers of others. */
static struct contact contact_of(const struct attribution_end *e)
{
	const struct slice *s = e->slice;
	uint8_t proto = s->id.key.proto, digest[DIGEST_SHA1_LEN];
	struct contact k = { .own = *e->me, .is_answered = s->is_answered,
			     .was_opened_outside = !e->am_client, .master = s->master,
			     .app = s->app, .verdict = (uint8_t)s->verdict, .communities = 1,
			     .crossing_row = CHANNEL_NO_ROW };

	k.port = e->am_client && proto != IP_ICMP && proto != IP_ICMPV6 ?
		 slice_server_port(s) : 0;
	community_id_digest(&s->id.key, s->client_is_b, digest);
	memcpy(k.community[0], digest, sizeof(digest));
	return k;
}

static void tell(struct own_rules *o, const struct attribution_end *e, const struct own_rule *rule,
		 const char *matched)
{
	const struct slice *s = e->slice;
	struct own_facts facts = { .rule = rule, .matched = matched,
				   .up = s->sums.payload[!e->am_client],
				   .down = s->sums.payload[e->am_client] };
	struct contact contact = contact_of(e);
	struct channel ch = { .key = key_of(e), .subject = e->subject, .first_ns = s->first_ns,
			      .last_ns = s->last_ns, .up = facts.up, .down = facts.down };
	struct channel leaf = ch;
	struct finding f = {
		.rule = RULE_OWN, .own_id = rule->rule.id, .channel = &ch, .leaf = &leaf,
		.judged_ns = s->minute_ns + SLICE_NS, .row = e->row,
		.severity = rule->rule.severity, .own = &facts,
	};

	leaf.contact = &contact;
	leaf.name = e->am_client ? s->name : NULL;
	incidents_finding(o->incidents, &f);
}

void own_rules_take(struct own_rules *o, const struct attribution_end *e)
{
	const struct site *site = o->context->site;
	struct own_flow flow = { .site = site, .calendar = o->context->calendar,
				 .slice = e->slice, .crossing = e->crossing,
				 .source = e->am_client ? e->subject : e->other,
				 .destination = e->am_client ? e->other : e->subject,
				 .is_inbound = e->crossing == CROSSING_EXTERNAL && !e->am_client };
	char matched[OWN_MATCHED_MAX];

	if (!site->n_own || (!e->am_client && e->other))
		return;
	if (e->crossing != CROSSING_NONE) {
		struct channel_key key = key_of(e);

		flow.channel = channels_find(o->channels, &key);
	}
	for (size_t i = 0; i < site->n_own; i++)
		if (own_holds(&site->own[i], &flow, matched))
			tell(o, e, &site->own[i], matched);
}
