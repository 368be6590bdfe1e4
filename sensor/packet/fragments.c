/* fragments.c - reassembly of IP datagrams in fixed memory.
 *
 *	hash (addresses, id, protocol, tap, VLANs) -> datagram -> up to 32 pages of 2 KiB data
 *	list by arrival: oldest .. newest            \-> header of the fragment with offset 0
 *
 * Data goes to its own offset in a page, and beside it, for each unit of 8 bytes (offsets are
 * multiples of 8), how many of its bytes were captured, or that it has not arrived.  So adding a
 * fragment costs its length and nothing else: the number and order of fragments held, which a
 * sender chooses, do not matter.  Only a completed datagram is copied together.
 *
 * A datagram is open until it is complete, times out or is evicted, and then released; or until
 * it contradicts itself by an overlap or two different ends.  Then its pages go back, but its
 * entry stays until it times out, so that what is still to come is dropped too (RFC 5722 section
 * 4). A fragment that lies wholly within data held and has the same bytes is a repetition (mirror
 * ports send frames twice) and ignored; any other overlap is a contradiction.
 *
 * A whole datagram is handed out and kept a little longer (FRAGMENTS_COPY_NS), so that the copy of
 * its last fragment, which a doubled mirror port sends after it, is a repetition and does not begin
 * a datagram that never ends.  A fragment with other bytes is the sender's next use of the id.  Age
 * counts from a datagram's first fragment, so the list by arrival is the order of time-outs and of
 * eviction alike; those that are whole go before all others.
 *
 * Memory: entries and pages are one allocation each, made at start, touched when first used.
 */
#include "packet/fragments.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "packet/decode.h"

#define DATAGRAM_MAX 65535	/* bytes; the length fields of both IP versions end there */
#define UNIT_BYTES 8
#define PAGE_BYTES 2048
#define PAGE_UNITS (PAGE_BYTES / UNIT_BYTES)
#define PAGES_MAX ((DATAGRAM_MAX + PAGE_BYTES - 1) / PAGE_BYTES)
#define UNIT_ABSENT 0xff	/* else 0..8: bytes of the unit that were captured */
#define HEADER_MAX 256		/* IPv4: 60.  IPv6 with a source route of a dozen hops: 240 */
#define DATAGRAMS_MAX (1U << 20)

struct page {
	struct page *next_free;
	uint8_t unit[PAGE_UNITS];
	uint8_t bytes[PAGE_BYTES];
};

struct key {			/* no padding: compared and hashed as bytes */
	struct addr src, dst;
	uint32_t id;
	uint32_t tunnel_id;
	uint16_t tap;
	uint16_t vlan[PACKET_VLANS_MAX];
	uint8_t vlans;
	uint8_t ip_version;
	uint8_t proto;		/* IPv4 only: in IPv6 only the first fragment's counts */
	uint8_t zero[3];
};

struct datagram {
	struct key key;
	struct datagram *hash_next;
	struct datagram *older, *newer;
	uint64_t first_ns;
	uint32_t fragments;	/* held; in the gauge */
	uint32_t ip_bytes;	/* of these fragments, headers included */
	uint32_t have;		/* bytes of data that arrived */
	uint32_t highest;	/* end of what arrived */
	uint32_t total;		/* by the last fragment; 0: not seen */
	bool is_contradictory;
	bool is_whole;		/* handed out; kept for its copies */
	uint64_t whole_ns;
	uint8_t proto;		/* what follows the header, by the fragment with offset 0 */
	uint16_t header_len;	/* 0: that fragment has not arrived */
	uint8_t header[HEADER_MAX];
	struct page *pages[PAGES_MAX];
};

struct ages {
	struct datagram *oldest, *newest;
};

struct fragments {
	struct fragments_counters counters;
	struct datagram **buckets;
	size_t n_buckets;		/* a power of two */
	uint64_t seed;
	struct ages open, whole;		/* by arrival; by completion */
	struct datagram *free_datagrams;	/* by hash_next */
	struct page *free_pages;
	struct datagram *datagrams;	/* used from the front: untouched memory stays untouched */
	size_t datagrams_used, datagrams_max;
	struct page *pages;
	size_t pages_used, pages_max;
	uint8_t out[HEADER_MAX + DATAGRAM_MAX];	/* the completed datagram */
};

int fragments_new(size_t max_datagrams, size_t max_bytes, struct fragments **ret_fragments)
{
	struct fragments *f;
	size_t pages = max_bytes / PAGE_BYTES;
	int err = -ENOMEM;

	if (!max_datagrams || max_datagrams > DATAGRAMS_MAX)
		return -EINVAL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return err;
	f->datagrams_max = max_datagrams;
	/* One datagram of full size must fit, else eviction could not help it. */
	f->pages_max = pages < PAGES_MAX ? PAGES_MAX : pages;
	f->n_buckets = 1;
	while (f->n_buckets < 2 * max_datagrams)
		f->n_buckets *= 2;
	f->seed = hash_secret();
	f->buckets = calloc(f->n_buckets, sizeof(*f->buckets));
	f->datagrams = calloc(f->datagrams_max, sizeof(*f->datagrams));
	f->pages = calloc(f->pages_max, sizeof(*f->pages));
	if (!f->buckets || !f->datagrams || !f->pages)
		goto out;
	*ret_fragments = steal(&f);
	err = 0;
out:
	fragments_free(f);
	return err;
}

void fragments_free(struct fragments *f)
{
	if (!f)
		return;
	free(f->buckets);
	free(f->datagrams);
	free(f->pages);
	free(f);
}

const struct fragments_counters *fragments_counters(const struct fragments *f)
{
	return &f->counters;
}

/* --- entries: find, open, release ------------------------------------------------------------ */

static struct key key_of(const struct packet *p)
{
	struct key k;

	memset(&k, 0, sizeof(k));
	k.src = p->src;
	k.dst = p->dst;
	k.id = p->fragment_id;
	k.tunnel_id = p->tunnel.depth ? p->tunnel.id : 0;
	k.tap = p->tap;
	memcpy(k.vlan, p->vlan, sizeof(k.vlan));
	k.vlans = p->vlans;
	k.ip_version = p->ip_version;
	k.proto = p->ip_version == 4 ? p->proto : 0;
	return k;
}

static struct datagram **bucket_of(struct fragments *f, const struct key *k)
{
	return &f->buckets[hash_table(k, sizeof(*k), f->seed) & (f->n_buckets - 1)];
}

static void release_pages(struct fragments *f, struct datagram *d)
{
	for (size_t i = 0; i < PAGES_MAX; i++) {
		if (!d->pages[i])
			continue;
		d->pages[i]->next_free = f->free_pages;
		f->free_pages = d->pages[i];
		d->pages[i] = NULL;
	}
}

static void list_remove(struct ages *list, struct datagram *d)
{
	*(d->older ? &d->older->newer : &list->oldest) = d->newer;
	*(d->newer ? &d->newer->older : &list->newest) = d->older;
}

static void list_append(struct ages *list, struct datagram *d)
{
	d->older = list->newest;
	d->newer = NULL;
	*(list->newest ? &list->newest->newer : &list->oldest) = d;
	list->newest = d;
}

/* The fragments held so far have met their fate: *fate is its counter. */
static void settle(struct fragments *f, struct datagram *d, uint64_t *fate)
{
	*fate += d->fragments;
	f->counters.held -= d->fragments;
	d->fragments = 0;
}

static void release(struct fragments *f, struct datagram *d, uint64_t *fate)
{
	struct datagram **at = bucket_of(f, &d->key);

	settle(f, d, fate);
	release_pages(f, d);
	while (*at != d)
		at = &(*at)->hash_next;
	*at = d->hash_next;
	list_remove(d->is_whole ? &f->whole : &f->open, d);
	d->hash_next = f->free_datagrams;
	f->free_datagrams = d;
}

/* The one that is missed least: of those kept for their copies, then the oldest; not `but`. */
static void give_up_one(struct fragments *f, const struct datagram *but)
{
	if (f->whole.oldest)
		release(f, f->whole.oldest, &f->counters.merged);
	else
		release(f, f->open.oldest == but ? but->newer : f->open.oldest,
			&f->counters.evicted);
}

/* An unused entry; another datagram goes when there is none. */
static struct datagram *take_datagram(struct fragments *f)
{
	struct datagram *d;

	if (!f->free_datagrams && f->datagrams_used < f->datagrams_max)
		return &f->datagrams[f->datagrams_used++];
	if (!f->free_datagrams)
		give_up_one(f, NULL);
	d = f->free_datagrams;
	f->free_datagrams = d->hash_next;
	return d;
}

static struct datagram *find_or_open(struct fragments *f, const struct packet *p)
{
	struct key k = key_of(p);
	struct datagram **bucket = bucket_of(f, &k);
	struct datagram *d;

	for (d = *bucket; d; d = d->hash_next)
		if (!memcmp(&d->key, &k, sizeof(k)))
			return d;
	d = take_datagram(f);
	*d = (struct datagram){ .key = k, .first_ns = p->ts_ns, .hash_next = *bucket };
	*bucket = d;
	list_append(&f->open, d);
	return d;
}

/* An unused page for d; the oldest *other* datagram goes when there is none.  There is always
 * another one then, because all pages are more than d can own. */
static struct page *take_page(struct fragments *f, const struct datagram *d)
{
	struct page *page;

	while (!f->free_pages && f->pages_used == f->pages_max)
		give_up_one(f, d);
	if (f->free_pages) {
		page = f->free_pages;
		f->free_pages = page->next_free;
	} else {
		page = &f->pages[f->pages_used++];
	}
	memset(page->unit, UNIT_ABSENT, sizeof(page->unit));
	return page;
}

void fragments_expire(struct fragments *f, uint64_t now_ns)
{
	while (f->open.oldest && now_ns >= f->open.oldest->first_ns &&
	       now_ns - f->open.oldest->first_ns >= FRAGMENTS_TIMEOUT_NS)
		release(f, f->open.oldest, &f->counters.timeout);
	while (f->whole.oldest && now_ns >= f->whole.oldest->whole_ns &&
	       now_ns - f->whole.oldest->whole_ns >= FRAGMENTS_COPY_NS)
		release(f, f->whole.oldest, &f->counters.merged);
}

/* --- one fragment ----------------------------------------------------------------------------- */

struct piece {			/* the fragment being added */
	const uint8_t *data;
	uint32_t off, len;	/* in the datagram, by the headers */
	uint32_t captured;	/* of len */
};

static struct piece piece_of(const struct packet *p)
{
	uint32_t at = p->fragment_data_off;
	uint32_t left = at < p->caplen ? p->caplen - at : 0;
	uint32_t len = p->fragment_data_len;

	return (struct piece){ .data = p->bytes + at, .off = p->fragment_off, .len = len,
			       .captured = left < len ? left : len };
}

/* The bytes of p before the fragment's data that stand before the whole datagram's too. */
static uint32_t header_len_of(const struct packet *p)
{
	uint32_t len = p->fragment_data_off - p->ip_off;

	return p->ip_version == 6 ? len - IPV6_FRAGMENT_LEN : len;
}

static bool is_well_formed(const struct packet *p)
{
	if (!p->fragment_data_len || p->fragment_data_len > DATAGRAM_MAX)
		return false;
	if (p->fragment_off > DATAGRAM_MAX - p->fragment_data_len)
		return false;
	if (!p->fragment_is_last && p->fragment_data_len % UNIT_BYTES)
		return false;
	return p->fragment_off || header_len_of(p) <= HEADER_MAX;
}

/* How many bytes of the unit at pos in the piece were captured. */
static uint32_t unit_captured(const struct piece *piece, uint32_t pos)
{
	uint32_t left = pos < piece->captured ? piece->captured - pos : 0;

	return left < UNIT_BYTES ? left : UNIT_BYTES;
}

enum fit { FIT_NEW, FIT_REPETITION, FIT_CONTRADICTION };

/* How the piece lies to what has arrived. */
static enum fit fit_bytes(const struct datagram *d, const struct piece *piece)
{
	uint32_t held = 0, units = 0;

	for (uint32_t pos = 0; pos < piece->len; pos += UNIT_BYTES, units++) {
		uint32_t at = piece->off + pos, n = unit_captured(piece, pos);
		const struct page *page = d->pages[at / PAGE_BYTES];
		uint8_t have = page ? page->unit[at % PAGE_BYTES / UNIT_BYTES] : UNIT_ABSENT;

		if (have == UNIT_ABSENT)
			continue;
		held++;
		if (n > have)
			n = have;
		if (n && memcmp(page->bytes + at % PAGE_BYTES, piece->data + pos, n))
			return FIT_CONTRADICTION;
	}
	if (!held)
		return FIT_NEW;
	return held == units ? FIT_REPETITION : FIT_CONTRADICTION;
}

static enum fit fit(const struct datagram *d, const struct piece *piece, bool is_last)
{
	uint32_t end = piece->off + piece->len;

	if (d->total && (end > d->total || (is_last && end != d->total)))
		return FIT_CONTRADICTION;
	if (is_last && end < d->highest)
		return FIT_CONTRADICTION;
	return fit_bytes(d, piece);
}

static void store_bytes(struct fragments *f, struct datagram *d, const struct piece *piece)
{
	for (uint32_t pos = 0; pos < piece->len; pos += UNIT_BYTES) {
		uint32_t at = piece->off + pos, n = unit_captured(piece, pos);
		struct page **page = &d->pages[at / PAGE_BYTES];

		if (!*page)
			*page = take_page(f, d);
		(*page)->unit[at % PAGE_BYTES / UNIT_BYTES] = (uint8_t)n;
		if (n)
			memcpy((*page)->bytes + at % PAGE_BYTES, piece->data + pos, n);
	}
}

static void store(struct fragments *f, struct datagram *d, const struct packet *p,
		  const struct piece *piece)
{
	store_bytes(f, d, piece);
	if (!piece->off) {
		d->header_len = (uint16_t)header_len_of(p);
		d->proto = p->proto;
		memcpy(d->header, p->bytes + p->ip_off, d->header_len);
	}
	d->have += piece->len;
	if (piece->off + piece->len > d->highest)
		d->highest = piece->off + piece->len;
	if (p->fragment_is_last)
		d->total = d->highest;
	d->fragments++;
	d->ip_bytes += p->ip_len;
	f->counters.held++;
}

/* --- the whole datagram ----------------------------------------------------------- */

/* RFC 1071 over an IPv4 header whose checksum field is 0. */
static uint16_t header_checksum(const uint8_t *header, uint32_t len)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < len; i += 2)
		sum += net_get16(header + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

static void write_ipv4_header(uint8_t *out, const struct datagram *d)
{
	memcpy(out, d->header, d->header_len);
	net_put16(out + 2, d->header_len + d->total);
	/* The reserved and don't-fragment bits. */
	net_put16(out + 6, net_get16(out + 6) & 0xc000);
	net_put16(out + 10, 0);
	net_put16(out + 10, header_checksum(out, d->header_len));
}

/* The chain of extension headers before the fragment header now leads past it. */
static void write_ipv6_header(uint8_t *out, const struct datagram *d)
{
	uint8_t *next = out + 6;
	uint32_t off = IPV6_HEADER_LEN;

	memcpy(out, d->header, d->header_len);
	net_put16(out + 4, d->header_len - IPV6_HEADER_LEN + d->total);
	while (off < d->header_len) {
		uint8_t type = *next;

		next = out + off;
		off += ipv6_extension_len(type, out + off);
	}
	*next = d->proto;
}

/* Copies the captured beginning of the data and returns its length. */
static uint32_t write_data(uint8_t *out, const struct datagram *d)
{
	for (uint32_t at = 0; at < d->total; at += UNIT_BYTES) {
		const struct page *page = d->pages[at / PAGE_BYTES];
		uint32_t n = page->unit[at % PAGE_BYTES / UNIT_BYTES];

		memcpy(out + at, page->bytes + at % PAGE_BYTES, n);
		if (n < UNIT_BYTES)	/* cut here, or the end */
			return at + n;
	}
	return d->total;
}

static bool fits_length_field(const struct datagram *d)
{
	uint32_t extra = d->key.ip_version == 6 ? d->header_len - IPV6_HEADER_LEN : d->header_len;

	return extra + d->total <= DATAGRAM_MAX;
}

/* d is complete; p completed it. */
static void assemble(struct fragments *f, const struct datagram *d, const struct packet *p,
		     struct packet *ret_packet)
{
	struct packet whole = {
		.ts_ns = p->ts_ns, .bytes = f->out, .tap = p->tap, .vlans = p->vlans,
		.has_macs = p->has_macs, .is_reassembled = true,
		.wirelen = d->header_len + d->total, .fragments = d->fragments,
		.fragments_bytes = d->ip_bytes, .tunnel = p->tunnel,
	};

	memcpy(whole.vlan, p->vlan, sizeof(whole.vlan));
	memcpy(whole.src_mac, p->src_mac, sizeof(whole.src_mac));
	memcpy(whole.dst_mac, p->dst_mac, sizeof(whole.dst_mac));
	if (d->key.ip_version == 6)
		write_ipv6_header(f->out, d);
	else
		write_ipv4_header(f->out, d);
	whole.caplen = d->header_len + write_data(f->out + d->header_len, d);
	*ret_packet = whole;
}

static bool complete(struct fragments *f, struct datagram *d, const struct packet *p,
		     struct packet *ret_packet)
{
	if (!fits_length_field(d)) {
		release(f, d, &f->counters.bad);
		return false;
	}
	assemble(f, d, p, ret_packet);
	settle(f, d, &f->counters.merged);
	f->counters.datagrams++;
	list_remove(&f->open, d);
	d->is_whole = true;
	d->whole_ns = p->ts_ns;
	list_append(&f->whole, d);
	return true;
}

/* The fragments were those of a tunnel's datagram. */
static void count_as_one(struct fragments *f, struct packet *inner)
{
	f->counters.carriers += inner->fragments - 1;
	inner->fragments = 1;
	inner->fragments_bytes = inner->ip_len;
}

bool fragments_may_hide(const struct packet *p)
{
	return p->ip_version == 6 || p->proto == IP_UDP || decode_is_ip_tunnel(p->proto);
}

bool fragments_add(struct fragments *f, const struct packet *p, struct packet *ret_packet,
		   enum packet_status *ret_status)
{
	struct piece piece = piece_of(p);
	uint8_t layers = p->tunnel.depth;
	struct datagram *d;

	f->counters.given++;
	fragments_expire(f, p->ts_ns);
	if (!is_well_formed(p)) {
		f->counters.bad++;
		return false;
	}
	d = find_or_open(f, p);
	if (d->is_whole && fit(d, &piece, p->fragment_is_last) != FIT_REPETITION) {
		release(f, d, &f->counters.merged);	/* the sender's next one of that id */
		d = find_or_open(f, p);
	}
	switch (d->is_contradictory ? FIT_CONTRADICTION : fit(d, &piece, p->fragment_is_last)) {
	case FIT_NEW:
		break;
	case FIT_REPETITION:
		f->counters.duplicate++;
		return false;
	case FIT_CONTRADICTION:
		settle(f, d, &f->counters.overlap);
		release_pages(f, d);
		d->is_contradictory = true;
		f->counters.overlap++;
		return false;
	}
	store(f, d, p, &piece);
	if (d->have != d->total || !complete(f, d, p, ret_packet))
		return false;
	*ret_status = packet_decode_ip(ret_packet);
	if (ret_packet->tunnel.depth != layers)
		count_as_one(f, ret_packet);
	else if (*ret_status == PACKET_FRAGMENT)
		/* A fragment within a fragment: no honest sender, and no end to it. */
		*ret_status = PACKET_BAD_EXTENSION;
	return true;
}
