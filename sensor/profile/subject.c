/* subject.c - see subject.h.  Addresses are found by open addressing over a table of twice
 * SUBJECTS_MAX pointers; a listed asset has one entry per address. */
#include "profile/subject.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "profile/crowd.h"

#define VENDOR_PREFIX "vendor@"
#define VENDOR_PLAIN_MAX 40		/* characters of a name that stand in an id */
#define TABLE_SLOTS                                                                                \
	(4 * SUBJECTS_MAX) /* never more than half full: assets may have many addresses */

struct entry {
	struct addr addr;
	struct subject *subject;	/* NULL: free */
};

struct subjects {
	const struct site *site;
	struct subject **list;
	size_t count, capacity;
	struct entry *table;
	size_t used;
	/* By pseudonym, for sites that want them: ids of addresses are made of it, and stay when
	 * the machine is listed later.  A table of its own: nobody's packets are looked up here. */
	struct entry *aliases;
	struct subject **unlisted;	/* by zone, the last for none: what does not fit any more */
	uint64_t overflowed;
	struct job_places places;
	struct crowd *crowd;		/* NULL: no asset is listed */
	int64_t latest;
};

static struct entry *find_in(struct entry *table, const struct addr *a)
{
	size_t i = hash_table(a->bytes, sizeof(a->bytes), hash_secret()) & (TABLE_SLOTS - 1);

	while (table[i].subject && !addr_equal(&table[i].addr, a))
		i = (i + 1) & (TABLE_SLOTS - 1);
	return &table[i];
}

static struct entry *find_entry(const struct subjects *s, const struct addr *a)
{
	return find_in(s->table, a);
}

/* e: a place that find_entry() has given, of nobody or of another one. */
static void take_entry(struct subjects *s, struct entry *e, const struct addr *a,
		       struct subject *subject)
{
	struct addr alias = addr_pseudonym(a);

	s->used += !e->subject;
	*e = (struct entry){ .addr = *a, .subject = subject };
	if (s->aliases)
		*find_in(s->aliases, &alias) = (struct entry){ .addr = alias, .subject = subject };
}

/* The id of an address that nobody lists. */
static const char *id_of_address(const struct addr *a, char buf[static ADDR_TEXT_MAX])
{
	struct addr shown = addr_pseudonym(a);

	return addr_format(&shown, buf);
}

static struct subject *new_subject(struct subjects *s, const char *id)
{
	struct subject *subject;

	if (s->count == s->capacity) {
		size_t more = s->capacity ? 2 * s->capacity : 64;
		struct subject **list = realloc(s->list, more * sizeof(struct subject *));

		if (!list)
			return NULL;
		s->list = list;
		s->capacity = more;
	}
	subject = calloc(1, sizeof(*subject));
	if (!subject)
		return NULL;
	text_copy(subject->id, sizeof(subject->id), id);
	subject->number = (uint32_t)s->count;
	subject->places = &s->places;
	subject->crowd = s->crowd;
	subject->is_changed = true;	/* kept even if it never does more than to be there */
	for (size_t i = 0; i < VOLUME_NIGHTS; i++)
		subject->volume[i].row = subject->day[i].row = INT64_MIN;
	s->list[s->count++] = subject;
	return subject;
}

static int add_asset(struct subjects *s, const struct asset *asset)
{
	struct subject *subject = new_subject(s, asset->id);

	if (!subject)
		return -ENOMEM;
	subject->asset = asset;
	if (asset->n_ips > 0) {
		subject->addr = asset->ips[0];
		subject->zone = site_zone(s->site, &asset->ips[0]);
	} else {
		subject->zone = asset->zone;
	}
	if (asset->n_macs > 0)
		memcpy(subject->mac, asset->macs[0], 6);
	for (size_t i = 0; i < asset->n_ips && s->used < TABLE_SLOTS / 2; i++)
		take_entry(s, find_entry(s, &asset->ips[i]), &asset->ips[i], subject);
	return 0;
}

static struct subject *find_vendor(const struct subjects *s, const char *name)
{
	for (size_t i = s->site->n_assets; i < s->count; i++)
		if (s->list[i]->vendor_name && !strcmp(s->list[i]->vendor_name, name))
			return s->list[i];
	return NULL;
}

static size_t count_assets(const struct site *site, const char *vendor)
{
	size_t n = 0;

	for (size_t i = 0; i < site->n_assets; i++)
		n += !strcmp(site->assets[i].vendor, vendor);
	return n;
}

/* "vendor@A".  A name that is no id as it stands is told apart from its like by its hash. */
static void vendor_id(const char *name, char id[static SITE_ID_MAX])
{
	bool is_plain = strlen(name) <= VENDOR_PLAIN_MAX;

	text_format(id, SITE_ID_MAX, VENDOR_PREFIX "%.*s", VENDOR_PLAIN_MAX, name);
	for (char *c = id + strlen(VENDOR_PREFIX); *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c)) {
			*c = '_';
			is_plain = false;
		}
	if (!is_plain)
		text_format(id + strlen(id), SITE_ID_MAX - strlen(id), "-%08" PRIx32,
			    (uint32_t)hash_bytes(name, strlen(name), 0));
}

static struct subject *make_vendor(struct subjects *s, const struct subject *member)
{
	char id[SITE_ID_MAX];
	struct subject *vendor;

	vendor_id(member->asset->vendor, id);
	vendor = new_subject(s, id);
	if (!vendor)
		return NULL;
	vendor->vendor_name = member->asset->vendor;
	vendor->addr = member->addr;
	vendor->zone = member->zone;
	return vendor;
}

/* The vendor of an asset, made when it has another one too.  -ENOMEM. */
static int join_vendor(struct subjects *s, struct subject *member)
{
	const char *name = member->asset->vendor;

	if (!name[0])
		return 0;
	member->vendor = find_vendor(s, name);
	if (!member->vendor) {
		if (count_assets(s->site, name) < 2)
			return 0;
		member->vendor = make_vendor(s, member);
		if (!member->vendor)
			return -ENOMEM;
	}
	/* Hours are those of the zone only when all assets share it. */
	if (member->vendor->zone != member->zone)
		member->vendor->zone = NULL;
	return 0;
}

static int make_vendors(struct subjects *s)
{
	int err = 0;

	for (size_t i = 0; !err && i < s->site->n_assets; i++)
		err = join_vendor(s, s->list[i]);
	return err;
}

/* The subjects that stand for what is too much, one a zone. */
static int make_unlisted(struct subjects *s)
{
	size_t n = s->site->n_zones;
	char id[SITE_ID_MAX];

	s->unlisted = calloc(n + 1, sizeof(struct subject *));
	if (!s->unlisted)
		return -ENOMEM;
	for (size_t i = 0; i <= n; i++) {
		/* No asset has an '@' in its id. */
		text_format(id, sizeof(id), SUBJECT_UNLISTED "%.50s",
			    i < n ? s->site->zones[i].id : "-");
		s->unlisted[i] = new_subject(s, id);
		if (!s->unlisted[i])
			return -ENOMEM;
		s->unlisted[i]->zone = i < n ? &s->site->zones[i] : NULL;
	}
	return 0;
}

int subjects_new(const struct site *site, struct subjects **ret_subjects)
{
	struct subjects *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		return err;
	s->site = site;
	s->latest = INT64_MAX;
	s->table = calloc(TABLE_SLOTS, sizeof(*s->table));
	if (pseudonyms_for_addresses())
		s->aliases = calloc(TABLE_SLOTS, sizeof(*s->aliases));
	if (!s->table || (pseudonyms_for_addresses() && !s->aliases) ||
	    (site->n_assets && crowd_new(site->n_assets, &s->crowd)))
		goto out;
	for (size_t i = 0; i < site->n_assets; i++) {
		err = add_asset(s, &site->assets[i]);
		if (err)
			goto out;
	}
	err = make_vendors(s);
	if (!err)
		err = make_unlisted(s);
	if (!err)
		*ret_subjects = steal(&s);
out:
	subjects_free(s);
	return err;
}

void subjects_free(struct subjects *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->list[i]->bound);
		free(s->list[i]->jobs);
		free(s->list[i]->busy);
		free(s->list[i]);
	}
	free(s->list);
	free(s->unlisted);
	crowd_free(s->crowd);
	free(s->table);
	free(s->aliases);
	free(s);
}

struct subject *subjects_unlisted(struct subjects *s, const struct zone *zone, const struct addr *a)
{
	static const struct addr none;
	struct subject *u = s->unlisted[zone ? (size_t)(zone - s->site->zones) : s->site->n_zones];

	/* The first one stays: incidents are found by it. */
	if (addr_equal(&u->addr, &none)) {
		u->addr = *a;
		u->is_changed = true;
	}
	return u;
}

static struct subject *unlisted_of(struct subjects *s, const struct zone *zone,
				   const struct addr *a)
{
	if (!s->overflowed++)
		log_warn("profile",
			 "more than %d local addresses: further ones are watched together, by "
			 "zone",
			 SUBJECTS_MAX);
	return subjects_unlisted(s, zone, a);
}

/* The subject of an address in that zone, made when first seen. */
static struct subject *get_address(struct subjects *s, const struct addr *a,
				   const struct zone *zone)
{
	struct entry *e = find_entry(s, a);
	char text[ADDR_TEXT_MAX];
	struct subject *subject;

	if (e->subject)
		return e->subject;
	if (s->count >= SUBJECTS_MAX || s->used >= TABLE_SLOTS / 2)
		return unlisted_of(s, zone, a);
	subject = new_subject(s, id_of_address(a, text));
	if (!subject)
		return NULL;
	subject->addr = *a;
	subject->zone = zone;
	take_entry(s, e, a, subject);
	return subject;
}

/* The listed asset with that MAC, or NULL. */
static struct subject *find_mac(const struct subjects *s, const uint8_t *mac)
{
	static const uint8_t none[6];
	const struct asset *asset = mac && memcmp(mac, none, 6) ?
				    site_asset_of_mac(s->site, mac) : NULL;

	/* Listed assets were made first, in their order. */
	return asset ? s->list[asset - s->site->assets] : NULL;
}

struct subject *subjects_by_mac(const struct subjects *s, const uint8_t mac[static 6])
{
	return find_mac(s, mac);
}

static const struct zone *zone_of_vlan(const struct site *site, const uint16_t *vlan)
{
	return vlan ? site_zone_of_vlan(site, vlan) : NULL;
}

struct subject *subjects_get(struct subjects *s, const struct sighting *seen)
{
	const struct addr *a = seen->addr;
	const struct entry *e = find_entry(s, a);
	const struct zone *zone;
	struct subject *asset;

	if (e->subject)
		return e->subject;
	if (addr_is_multicast(a) || addr_is_link_scope(a))
		return NULL;
	zone = site_zone(s->site, a);
	if (zone)
		return get_address(s, a, zone);
	if (!site_is_internal(s->site, a))
		return find_mac(s, seen->mac);
	if (addr_is_ipv4(a))
		return get_address(s, a, NULL);
	/* An IPv6 address that nobody planned for: whose it is says the MAC, where it is the VLAN.
	 */
	asset = find_mac(s, seen->mac);
	return asset ? asset : get_address(s, a, zone_of_vlan(s->site, seen->vlan));
}

struct subject *subjects_get_stranger(struct subjects *s, const struct sighting *seen)
{
	const struct zone *zone = zone_of_vlan(s->site, seen->vlan);

	if (!zone || addr_is_multicast(seen->addr) || addr_is_link_scope(seen->addr))
		return NULL;
	return get_address(s, seen->addr, zone);
}

struct subject *subjects_by_id(const struct subjects *s, const char *id)
{
	struct addr a;

	/* Addresses have their entry; assets and what stands for too much are few. */
	if (addr_parse(id, &a)) {
		const struct entry *e = s->aliases ? find_in(s->aliases, &a) : find_entry(s, &a);

		if (e->subject)
			return e->subject;
	}
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->list[i]->id, id))
			return s->list[i];
	return NULL;
}

static struct subject *restore_vendor(struct subjects *s, const char *id)
{
	struct subject *vendor = new_subject(s, id);

	if (vendor)
		vendor->vendor_name = vendor->id + strlen(VENDOR_PREFIX);
	return vendor;
}

struct subject *subjects_restore(struct subjects *s, const char *id, const struct addr *a,
				 const char *zone_id)
{
	struct subject *subject = subjects_by_id(s, id);
	const struct zone *zone = site_zone(s->site, a);
	char text[ADDR_TEXT_MAX];

	if (subject)
		return subject;
	/* A vendor that the site no longer lists, or no site: its channels are read all the same.
	 */
	if (!strncmp(id, VENDOR_PREFIX, strlen(VENDOR_PREFIX)))
		return restore_vendor(s, id);
	if (strcmp(id_of_address(a, text), id))
		return NULL;
	for (size_t i = 0; !zone && i < s->site->n_zones; i++)
		if (!strcmp(s->site->zones[i].id, zone_id))
			zone = &s->site->zones[i];
	return get_address(s, a, zone);
}

struct subject *subjects_stand_in(struct subjects *s, const char *id, const struct addr *a)
{
	struct subject *subject = new_subject(s, id);

	if (subject)
		subject->addr = *a;
	return subject;
}

size_t subjects_count(const struct subjects *s)
{
	return s->count;
}

struct subject *subjects_at(const struct subjects *s, size_t number)
{
	return s->list[number];
}

uint64_t subjects_overflowed(const struct subjects *s)
{
	return s->overflowed;
}

void subjects_set_latest(struct subjects *s, int64_t row)
{
	s->latest = row;
}

int64_t subjects_latest(const struct subjects *s)
{
	return s->latest;
}

uint64_t subjects_jobs_refused(const struct subjects *s)
{
	return s->places.refused;
}

static size_t ring_place(int64_t row, size_t n)
{
	return (size_t)(((row % (int64_t)n) + (int64_t)n) % (int64_t)n);
}

static void add_to_ring(struct volume_night *ring, int64_t row, uint64_t up)
{
	struct volume_night *v = &ring[ring_place(row, VOLUME_NIGHTS)];

	if (v->row != row)
		*v = (struct volume_night){ .row = row };
	v->up += up;
}

void subject_add_volume(struct subject *s, int64_t row, uint64_t up)
{
	add_to_ring(s->volume, row, up);
	s->is_changed = true;
}

void subject_add_day(struct subject *s, int64_t row, uint64_t up)
{
	add_to_ring(s->day, row, up);
	s->is_changed = true;
}

static unsigned read_ring(const struct volume_night *ring, int64_t since, int64_t row,
			  struct volume_night ret[static VOLUME_NIGHTS])
{
	unsigned n = 0;

	if (since < row - VOLUME_NIGHTS)
		since = row - VOLUME_NIGHTS;
	for (; since < row; since++) {
		const struct volume_night *v = &ring[ring_place(since, VOLUME_NIGHTS)];

		ret[n++] = (struct volume_night){ .row = since, .up = v->row == since ? v->up : 0 };
	}
	return n;
}

unsigned subject_volumes(const struct subject *s, int64_t since, int64_t row,
			 struct volume_night ret[static VOLUME_NIGHTS])
{
	return read_ring(s->volume, since, row, ret);
}

unsigned subject_days(const struct subject *s, int64_t since, int64_t row,
		      struct volume_night ret[static VOLUME_NIGHTS])
{
	return read_ring(s->day, since, row, ret);
}

/* The place of that row; NULL: no memory. */
static struct bound_night *bound_place(struct subject *s, int64_t row)
{
	if (!s->bound) {
		s->bound = calloc(BOUND_NIGHTS, sizeof(*s->bound));
		if (!s->bound)
			return NULL;
		for (size_t i = 0; i < BOUND_NIGHTS; i++)
			s->bound[i].row = INT64_MIN;
	}
	return &s->bound[ring_place(row, BOUND_NIGHTS)];
}

void subject_restore_bets(struct subject *s, const struct bound_night *night)
{
	struct bound_night *b = bound_place(s, night->row);

	if (b)
		*b = *night;
}

/* The place of that row, to be counted in; NULL: no memory. */
static struct bound_night *bound_of(struct subject *s, int64_t row)
{
	struct bound_night *b = bound_place(s, row);

	if (!b)
		return NULL;
	s->is_changed = true;
	if (b->row != row)
		*b = (struct bound_night){ .row = row };
	return b;
}

static uint16_t add_up(uint16_t count, uint32_t more)
{
	return (uint16_t)(more < (uint32_t)UINT16_MAX - count ? count + more : UINT16_MAX);
}

void subject_count_bet(struct subject *s, int64_t row, bool is_promotion)
{
	struct bound_night *b = bound_of(s, row);

	if (!b)
		return;
	b->channel_nights++;
	b->promoted = add_up(b->promoted, is_promotion);
}

void subject_count_in_play(struct subject *s, int64_t row, uint32_t nights)
{
	struct bound_night *b = nights ? bound_of(s, row) : NULL;

	if (b)
		b->in_play = add_up(b->in_play, nights);
}

uint64_t subject_in_play(const struct subject *s, int64_t row)
{
	uint64_t nights = 0;

	for (size_t i = 0; s->bound && i < BOUND_NIGHTS; i++)
		if (s->bound[i].row <= row && s->bound[i].row > row - BOUND_NIGHTS)
			nights += s->bound[i].in_play;
	return nights;
}

void subject_bets(const struct subject *s, int64_t row, uint64_t *ret_channel_nights,
		  uint64_t *ret_channels)
{
	*ret_channel_nights = *ret_channels = 0;
	for (size_t i = 0; s->bound && i < BOUND_NIGHTS; i++)
		if (s->bound[i].row <= row && s->bound[i].row > row - BOUND_NIGHTS) {
			*ret_channel_nights += s->bound[i].channel_nights;
			*ret_channels += s->bound[i].promoted;
		}
}
