/* site_match.c - which expected entry covers a conversation.
 *
 * With 100 000 entries a list is too slow, so entries are filed by their most selective condition
 * on either side: source by asset, network, role, vendor, zone or nothing; target by network,
 * asset, domain, role, vendor, zone or nothing; either also by AS number or country.  The pair of
 * kinds (with the prefix lengths, where they are networks) is the entry's *shape*; a file has few
 * shapes however many entries it has.
 *
 *   look-up: for every shape that occurs, compute the key which this conversation would have
 *   (a domain has one key per suffix), find it in the sorted list of keys by binary search, and
 *   check the entries filed there in full.  So a collision of hashes costs time, never a wrong yes.
 *
 * The smallest number among the entries that cover wins: the order of the file, as documented.
 * An entry with many networks on both sides would be filed n * m times; above FILED_MAX its source
 * is filed under "nothing".
 * Cost: shapes * log2(entries), under a microsecond for the usual file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/hash.h"
#include "policy/calendar.h"
#include "policy/site_index.h"
#include "policy/site_values.h"

#define FILED_MAX 64
#define NAME_LONGEST 255

enum kind { BY_ASSET, BY_NETWORK, BY_DOMAIN, BY_DOMAIN_BELOW, BY_ROLE, BY_VENDOR, BY_ZONE,
	    BY_ASN, BY_COUNTRY, BY_NOTHING };

struct shape {
	uint8_t from_kind, from_bits, to_kind, to_bits;		/* bits: of BY_NETWORK, else 0 */
};

struct filed {
	uint64_t key;
	uint32_t entry;
};

struct match_index {
	struct filed *filed;		/* by key, then entry */
	size_t n_filed, room;
	struct shape *shapes;
	size_t n_shapes, shapes_room;
	bool from_needs_geo, to_needs_geo;	/* some entry names asn or country on that side */
	bool no_memory;
};

/* --- keys ---------------------------------------------------------------------------- */

static uint64_t hash_text(enum kind kind, const char *text, size_t len)
{
	return hash_bytes(text, len, kind + 1);
}

static uint64_t hash_network(const struct cidr *c)
{
	return hash_bytes(c, sizeof(*c), BY_NETWORK + 1);
}

static uint64_t hash_asn(uint32_t asn)
{
	return hash_mix((uint64_t)asn << 8 | BY_ASN);
}

static uint64_t join(struct shape shape, uint64_t from, uint64_t to)
{
	uint64_t seed = (uint64_t)shape.from_kind << 24 | (uint64_t)shape.from_bits << 16 |
			(uint64_t)shape.to_kind << 8 | shape.to_bits;

	return hash_mix(hash_mix(from ^ seed) + to);
}

/* --- building ------------------------------------------------------------------------ */

static void *grow(struct match_index *m, void *list, size_t used, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : 64;
	void *more;

	if (used < *room)
		return list;
	more = reallocarray(list, wanted, size);
	if (more)
		*room = wanted;
	else
		m->no_memory = true;
	return more;
}

static void note_shape(struct match_index *m, struct shape shape)
{
	void *more;

	for (size_t i = 0; i < m->n_shapes; i++)
		if (!memcmp(&m->shapes[i], &shape, sizeof(shape)))
			return;
	more = grow(m, m->shapes, m->n_shapes, &m->shapes_room, sizeof(shape));
	if (!more)
		return;
	m->shapes = more;
	m->shapes[m->n_shapes++] = shape;
}

static void file_entry(struct match_index *m, struct shape shape, uint64_t key, uint32_t entry)
{
	void *more = grow(m, m->filed, m->n_filed, &m->room, sizeof(*m->filed));

	if (!more)
		return;
	m->filed = more;
	m->filed[m->n_filed++] = (struct filed){ .key = key, .entry = entry };
	note_shape(m, shape);
}

/* A side's kind and, unless that is a network, its hash. */
static enum kind kind_of(const struct party *p, uint64_t *ret_hash)
{
	const struct { enum kind kind; const char *text; } texts[] = {
		{ BY_ASSET, p->asset },
		{ p->domain[0] == '*' ? BY_DOMAIN_BELOW : BY_DOMAIN,
		  p->domain[0] == '*' ? p->domain + 2 : p->domain },
		{ BY_ROLE, p->role }, { BY_VENDOR, p->vendor }, { BY_ZONE, p->zone },
	};

	*ret_hash = 0;
	if (p->n_networks && !p->asset[0])
		return BY_NETWORK;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].text[0]) {
			*ret_hash = hash_text(texts[i].kind, texts[i].text, strlen(texts[i].text));
			return texts[i].kind;
		}
	if (p->asn) {
		*ret_hash = hash_asn(p->asn);
		return BY_ASN;
	}
	if (p->country[0]) {
		*ret_hash = hash_text(BY_COUNTRY, p->country, strlen(p->country));
		return BY_COUNTRY;
	}
	return BY_NOTHING;
}

static void file_targets(struct match_index *m, const struct expected *e, uint32_t entry,
			 struct shape shape, uint64_t from)
{
	uint64_t to;

	shape.to_kind = (uint8_t)kind_of(&e->to, &to);
	if (shape.to_kind != BY_NETWORK) {
		file_entry(m, shape, join(shape, from, to), entry);
		return;
	}
	for (size_t i = 0; i < e->to.n_networks; i++) {
		shape.to_bits = e->to.networks[i].bits;
		file_entry(m, shape, join(shape, from, hash_network(&e->to.networks[i])), entry);
	}
}

static void index_entry(struct match_index *m, const struct expected *e, uint32_t entry)
{
	struct shape shape = { 0 };
	size_t n_to = e->to.n_networks ? e->to.n_networks : 1;
	uint64_t from;

	m->from_needs_geo |= e->from.asn || e->from.country[0];
	m->to_needs_geo |= e->to.asn || e->to.country[0];
	shape.from_kind = (uint8_t)kind_of(&e->from, &from);
	if (shape.from_kind == BY_NETWORK && e->from.n_networks * n_to > FILED_MAX) {
		shape.from_kind = BY_NOTHING;
		from = 0;
	}
	if (shape.from_kind != BY_NETWORK) {
		file_targets(m, e, entry, shape, from);
		return;
	}
	for (size_t i = 0; i < e->from.n_networks; i++) {
		shape.from_bits = e->from.networks[i].bits;
		file_targets(m, e, entry, shape, hash_network(&e->from.networks[i]));
	}
}

static int compare_filed(const void *a, const void *b)
{
	const struct filed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->entry > y->entry) - (x->entry < y->entry);
}

int match_index_new(const struct site *s, struct match_index **ret_index)
{
	struct match_index *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_expected && !m->no_memory; i++)
		index_entry(m, &s->expected[i], (uint32_t)i);
	if (m->no_memory) {
		match_index_free(m);
		return -ENOMEM;
	}
	if (m->n_filed)
		qsort(m->filed, m->n_filed, sizeof(*m->filed), compare_filed);
	*ret_index = m;
	return 0;
}

void match_index_free(struct match_index *m)
{
	if (!m)
		return;
	free(m->filed);
	free(m->shapes);
	free(m);
}

/* --- checking one entry in full ------------------------------------------------------ */

struct side {				/* what is known of one end of the conversation */
	const struct addr *addr;
	const struct asset *asset;	/* NULL: not listed */
	const struct zone *zone;	/* NULL: in none */
	char name[NAME_LONGEST + 1];	/* lower case, no final dot; "" unknown, as of the source */
	struct geo_place place;		/* looked up where some entry asks for it, else empty */
};

/* A name that is too long to be one is none. */
static void set_name(struct side *side, const char *name)
{
	size_t len = strnlen(name, NAME_LONGEST + 1);

	if (len > NAME_LONGEST)
		return;
	if (len > 0 && name[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++)
		side->name[i] = value_lower(name[i]);
}

static bool domain_takes(const char *domain, const char *name)
{
	size_t len = strlen(name), suffix;

	if (domain[0] != '*')
		return !strcmp(domain, name);
	domain++;			/* ".example.net" */
	suffix = strlen(domain);
	return len > suffix && !strcmp(name + len - suffix, domain);
}

static bool networks_take(const struct party *p, const struct addr *a)
{
	for (size_t i = 0; i < p->n_networks; i++)
		if (cidr_contains(&p->networks[i], a))
			return true;
	return p->n_networks == 0;
}

static bool party_takes(const struct party *p, const struct side *side)
{
	const struct asset *asset = side->asset;

	if (p->asn && p->asn != side->place.asn)
		return false;
	if (p->country[0] && strcmp(p->country, side->place.country))
		return false;
	if (p->asset[0] && (!asset || strcmp(asset->id, p->asset)))
		return false;
	if (p->role[0] && (!asset || strcmp(asset->role, p->role)))
		return false;
	if (p->vendor[0] && (!asset || strcmp(asset->vendor, p->vendor)))
		return false;
	if (p->zone[0] && (!side->zone || strcmp(side->zone->id, p->zone)))
		return false;
	if (p->domain[0] && !domain_takes(p->domain, side->name))
		return false;
	return networks_take(p, side->addr);
}

bool site_party_takes(const struct site *s, const struct party *p, const struct addr *a,
		      const char *name)
{
	struct side side = { .addr = a, .asset = site_asset(s, a), .zone = site_zone(s, a) };

	set_name(&side, name);
	if (p->asn || p->country[0])
		geo_lookup(s->geo, a, &side.place);
	return party_takes(p, &side);
}

static bool services_take(const struct expected *e, const struct expected_query *q)
{
	for (size_t i = 0; i < e->n_services; i++) {
		const struct service *s = &e->services[i];

		if (s->proto ? s->proto == q->proto && (!s->port || s->port == q->server_port) :
			       !strcasecmp(s->name, q->service))
			return true;
	}
	return e->n_services == 0;
}

static bool window_takes(const struct closed_hours *window, uint64_t run_ns, uint64_t at_ns)
{
	int64_t today = calendar_day(at_ns);

	/* A window of 24 h and its grace reach into the second day after it opened. */
	for (int64_t day = today - 2; day <= today; day++) {
		uint64_t start, end;

		if (calendar_turn(window, day, &start, &end) && at_ns >= start &&
		    at_ns < (run_ns < end ? end + EXPECTED_GRACE_NS : end))
			return true;
	}
	return false;
}

static bool entry_covers(const struct expected *e, const struct expected_query *q,
			 const struct side *from, const struct side *to)
{
	return party_takes(&e->from, from) && party_takes(&e->to, to) && services_take(e, q) &&
	       (e->expires_day == INT32_MAX || calendar_day(q->at_ns) <= e->expires_day) &&
	       (!e->has_window || window_takes(&e->window, q->run_ns, q->at_ns));
}

/* Everything about it fits, but the time of day or the day of its expiry. */
static bool entry_lacks(const struct expected *e, enum expected_lack lack,
			const struct expected_query *q, const struct side *from,
			const struct side *to)
{
	bool has_expired = e->expires_day != INT32_MAX && calendar_day(q->at_ns) > e->expires_day;

	if (!party_takes(&e->from, from) || !party_takes(&e->to, to) || !services_take(e, q))
		return false;
	if (lack == LACK_TIME)
		return !has_expired && e->has_window;
	return has_expired && (!e->has_window || window_takes(&e->window, q->run_ns, q->at_ns));
}

/* --- look-up ------------------------------------------------------------------------- */

struct search {
	const struct site *site;
	const struct expected_query *q;
	enum expected_lack lack;
	struct side from, to;
	uint32_t best;			/* number of the first entry that covers; UINT32_MAX */
};

static bool is_found(const struct search *search, const struct expected *e)
{
	if (search->lack == LACK_NOTHING)
		return entry_covers(e, search->q, &search->from, &search->to);
	return entry_lacks(e, search->lack, search->q, &search->from, &search->to);
}

static size_t first_filed(const struct match_index *m, uint64_t key)
{
	size_t low = 0, high = m->n_filed;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->filed[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void try_key(struct search *search, uint64_t key)
{
	const struct match_index *m = search->site->index->expected;

	for (size_t i = first_filed(m, key); i < m->n_filed && m->filed[i].key == key; i++) {
		uint32_t entry = m->filed[i].entry;

		if (entry >= search->best)
			return;
		if (is_found(search, &search->site->expected[entry])) {
			search->best = entry;
			return;
		}
	}
}

/* The hash a side has under a kind (domains are walked by their suffixes); false: it has none. */
static bool side_hash(const struct side *side, enum kind kind, unsigned bits, uint64_t *ret_hash)
{
	struct cidr network;
	const char *text = "";

	*ret_hash = 0;
	switch (kind) {
	case BY_NOTHING:
		return true;
	case BY_NETWORK:
		network = site_mask(side->addr, bits);
		*ret_hash = hash_network(&network);
		return true;
	case BY_ASSET:
		text = side->asset ? side->asset->id : "";
		break;
	case BY_ROLE:
		text = side->asset ? side->asset->role : "";
		break;
	case BY_VENDOR:
		text = side->asset ? side->asset->vendor : "";
		break;
	case BY_ZONE:
		text = side->zone ? side->zone->id : "";
		break;
	case BY_DOMAIN:
	case BY_DOMAIN_BELOW:
		text = side->name;
		break;
	case BY_ASN:
		*ret_hash = hash_asn(side->place.asn);
		return side->place.asn != 0;
	case BY_COUNTRY:
		text = side->place.country;
		break;
	}
	*ret_hash = hash_text(kind, text, strlen(text));
	return text[0] != '\0';
}

static void try_suffixes(struct search *search, struct shape shape, uint64_t from)
{
	const char *dot = strchr(search->to.name, '.');

	for (; dot; dot = strchr(dot + 1, '.'))
		try_key(search,
			join(shape, from, hash_text(BY_DOMAIN_BELOW, dot + 1, strlen(dot + 1))));
}

static void try_shape(struct search *search, struct shape shape)
{
	uint64_t from, to;

	if (!side_hash(&search->from, shape.from_kind, shape.from_bits, &from))
		return;
	if (shape.to_kind == BY_DOMAIN_BELOW)
		try_suffixes(search, shape, from);
	else if (side_hash(&search->to, shape.to_kind, shape.to_bits, &to))
		try_key(search, join(shape, from, to));
}

static const struct expected *find(const struct site *s, const struct expected_query *q,
				   enum expected_lack lack)
{
	const struct match_index *m = s->index->expected;
	struct search search = { .site = s, .q = q, .lack = lack, .best = UINT32_MAX };

	if (!m->n_filed)
		return NULL;
	search.from = (struct side){ .addr = q->from, .asset = site_asset(s, q->from),
				     .zone = site_zone(s, q->from) };
	search.to = (struct side){ .addr = q->to, .asset = site_asset(s, q->to),
				   .zone = site_zone(s, q->to) };
	set_name(&search.to, q->name);
	if (m->from_needs_geo)
		geo_lookup(s->geo, q->from, &search.from.place);
	if (m->to_needs_geo)
		geo_lookup(s->geo, q->to, &search.to.place);
	for (size_t i = 0; i < m->n_shapes; i++)
		try_shape(&search, m->shapes[i]);
	return search.best == UINT32_MAX ? NULL : &s->expected[search.best];
}

const struct expected *site_expected(const struct site *s, const struct expected_query *q)
{
	return find(s, q, LACK_NOTHING);
}

const struct expected *site_expected_but_for(const struct site *s, const struct expected_query *q,
					     enum expected_lack lack)
{
	return find(s, q, lack);
}

const struct expected *site_expected_ever(const struct site *s, const struct expected_query *q)
{
	const struct expected *e = find(s, q, LACK_NOTHING);

	return e ? e : find(s, q, LACK_TIME);
}

/* Is what an entry names the domain itself, or something below it? */
static bool is_within(const char *pattern, const char *domain)
{
	size_t len = strlen(pattern), tail = strlen(domain);

	if (!tail || len < tail || strcmp(pattern + len - tail, domain))
		return false;
	return len == tail || pattern[len - tail - 1] == '.';
}

const struct expected *site_expected_names(const struct site *s, const struct expected_query *q)
{
	struct side from = { .addr = q->from, .asset = site_asset(s, q->from),
			     .zone = site_zone(s, q->from) };

	if (s->index->expected->from_needs_geo)
		geo_lookup(s->geo, q->from, &from.place);
	for (size_t i = 0; i < s->n_expected; i++) {
		const struct expected *e = &s->expected[i];

		if (e->to.domain[0] && e->n_services && is_within(e->to.domain, q->name) &&
		    party_takes(&e->from, &from) && services_take(e, q) &&
		    (e->expires_day == INT32_MAX || calendar_day(q->at_ns) <= e->expires_day))
			return e;
	}
	return NULL;
}
