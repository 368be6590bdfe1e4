/* suppress.c - see suppress.h: does an entry cover a finding? */
#include "policy/suppress.h"

#include <string.h>
#include <strings.h>
#include "policy/calendar.h"
#include "policy/site_index.h"

static bool is_only(const struct party *p, bool networks, bool domain, bool asn, bool country)
{
	return !p->asset[0] && !p->role[0] && !p->vendor[0] && !p->zone[0] &&
	       (networks || !p->n_networks) && (domain || !p->domain[0]) && (asn || !p->asn) &&
	       (country || !p->country[0]);
}

static bool holds_network(const struct party *p, const struct cidr *network)
{
	for (size_t i = 0; i < p->n_networks; i++)
		if (p->networks[i].bits <= network->bits &&
		    cidr_contains(&p->networks[i], &network->addr))
			return true;
	return false;
}

/* "*.example.net" and "example.net" hold what is counted for example.net; so does what is below. */
static bool holds_domain(const char *pattern, const char *domain)
{
	size_t len, tail;

	if (pattern[0] == '*')
		pattern += 2;
	len = strlen(domain);
	tail = strlen(pattern);
	if (!tail || len < tail || strcasecmp(domain + len - tail, pattern))
		return false;
	return len == tail || domain[len - tail - 1] == '.';
}

static bool destination_holds(const struct site *s, const struct party *p,
			      const struct suppress_query *q)
{
	switch (q->about) {
	case SUPPRESS_ADDRESS:
		return site_party_takes(s, p, &q->network.addr, q->name);
	case SUPPRESS_NETWORK:
		return is_only(p, true, false, false, false) && holds_network(p, &q->network);
	case SUPPRESS_DOMAIN:
		return is_only(p, false, true, false, false) && holds_domain(p->domain, q->name);
	case SUPPRESS_ASN:
		return is_only(p, false, false, true, false) && p->asn == q->asn;
	case SUPPRESS_COUNTRY:
		return is_only(p, false, false, false, true) && !strcmp(p->country, q->country);
	default:
		return false;
	}
}

static bool services_hold(const struct suppression *e, const struct suppress_query *q)
{
	for (size_t i = 0; i < e->n_services; i++) {
		const struct service *s = &e->services[i];

		if (q->proto && (s->proto ? s->proto == q->proto &&
				 (!s->port || s->port == q->port) :
				 !strcasecmp(s->name, q->service)))
			return true;
	}
	return e->n_services == 0;
}

static bool window_holds(const struct suppression *e, uint64_t from_ns, uint64_t to_ns)
{
	int64_t today = calendar_day(from_ns);

	for (int64_t day = today - 1; day <= today && e->has_window; day++) {
		uint64_t start_ns, end_ns;

		if (calendar_turn(&e->window, day, &start_ns, &end_ns) && from_ns >= start_ns &&
		    to_ns < end_ns)
			return true;
	}
	return !e->has_window;
}

bool suppress_has_expired(const struct suppression *e, uint64_t now_ns)
{
	return calendar_day(now_ns) > e->expires_day;
}

static bool is_of(const struct suppression *e, const struct suppress_query *q)
{
	return !strcmp(e->rule, q->rule) && (!e->asset[0] || !strcmp(e->asset, q->asset)) &&
	       !suppress_has_expired(e, q->judged_ns);
}

bool suppress_still_holds(const struct site *s, const struct suppression *e,
			  const struct suppress_query *q)
{
	return is_of(e, q) && (!e->has_destination || e->destination.domain[0] ||
			       destination_holds(s, &e->destination, q));
}

const struct suppression *suppress_find(const struct site *s, const struct suppress_query *q)
{
	for (size_t i = 0; i < s->n_suppress; i++) {
		const struct suppression *e = &s->suppress[i];

		if (is_of(e, q) && services_hold(e, q) && !(q->skips_windows && e->has_window) &&
		    window_holds(e, q->from_ns, q->to_ns) &&
		    (!e->has_destination || destination_holds(s, &e->destination, q)))
			return e;
	}
	return NULL;
}

const struct suppression *suppress_by_id(const struct site *s, const char *id)
{
	for (size_t i = 0; i < s->n_suppress; i++)
		if (!strcmp(s->suppress[i].id, id))
			return &s->suppress[i];
	return NULL;
}
