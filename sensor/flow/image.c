/* image.c - see image.h. */
#include "flow/image.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "flow/answers.h"
#include "flow/carried.h"
#include "flow/facts.h"
#include "flow/key.h"
#include "flow/tunnel_pack.h"
#include "packet/packet.h"

/* 1: without what was carried, and which lost bytes were told; 2: without TTL and facts;
 * 3: without whose frame the MACs are of */
#define IMAGE_VERSION 4
#define IMAGE_BYTES_MAX 65536	/* of which CARRIED_DOMAINS_MAX full samples are the most */
#define CHECK_BYTES 4

/* What stands in the word of bits, from the lowest on. */
#define FLOW_BITS(X) \
	X(client_is_b, 1) X(client_how, 2) X(is_opened, 1) X(is_fixed, 1) X(heard, 2) X(fin, 2) \
	X(has_rst, 1) X(has_payload, 1) X(is_dpi_done, 1) X(has_macs, 1) X(is_started, 2) \
	X(is_bare, 2) X(has_isn, 2) X(verdict, 3) X(is_dns, 1)
#define WIDTH(field, bits) + (bits)
enum {
	BITS = FLOW_BITS(WIDTH),
	IS_DIRTY = 1 << BITS,		/* the flow has packets of the running minute */
	HAS_EXTRA = 2 << BITS,
	HAS_NAME = 4 << BITS,
	HAS_ANSWERS = 8 << BITS,
	HAS_CARRIED = 16 << BITS,	/* from version 2 on */
	HAS_PLACES = 32 << BITS,	/* likewise */
	HAS_TUNNEL = 64 << BITS,	/* likewise */
	HAS_FACTS = 128 << BITS		/* from version 3 on; the last: 31 bits are in use */
};
static_assert(BITS <= 23, "the marks of a flow and of its parts fit 32 bits");
#define BITS_END (256U << BITS)

static uint64_t minute_of(uint64_t ns)
{
	return ns - ns % SLICE_NS;
}

static bool is_dirty(const struct flow *f)
{
	return f->packets[0] | f->packets[1];
}

/* --- packing --------------------------------------------------------------------------------- */

static uint32_t bits_of(const struct flow *f)
{
	uint32_t word = 0;
	unsigned at = 0;

#define PUT(field, bits) \
	word |= (uint32_t)f->field << at; \
	at += (bits);
	FLOW_BITS(PUT)
#undef PUT
	return word;
}

static void pack_pair(struct packer *p, const uint64_t pair[2])
{
	pack_u64(p, pair[0]);
	pack_u64(p, pair[1]);
}

static void pack_minute(struct packer *p, const struct flow *f)
{
	pack_u64(p, f->minute_first_ns);
	pack_bytes(p, f->minute_tcp_flags, sizeof(f->minute_tcp_flags));
	pack_pair(p, f->bytes);
	pack_pair(p, f->payload);
	pack_pair(p, f->packets);
}

static void pack_tcp(struct packer *p, const struct flow *f, const struct flow_cold *cold)
{
	for (int d = 0; d < 2; d++) {
		pack_u32(p, f->next[d]);
		pack_u32(p, cold->isn[d]);
	}
}

static void pack_extra(struct packer *p, const struct flow_extra *extra)
{
	pack_pair(p, extra->retrans);
	pack_pair(p, extra->total_retrans);
	pack_pair(p, extra->lost);
	pack_pair(p, extra->told_lost);
	for (int d = 0; d < 2; d++) {
		const struct tcp_holes *h = &extra->holes[d];

		pack_u8(p, h->n);
		pack_u8(p, h->has_old);
		pack_u32(p, h->old_next);
		for (unsigned i = 0; i < h->n; i++) {
			pack_u32(p, h->hole[i].from);
			pack_u32(p, h->hole[i].to);
		}
	}
}

static bool has_carried(const struct flow_image *image)
{
	return image->extra.carried || image->extra.waiting;
}

static void pack_places(struct packer *p, const struct flow_places *places)
{
	pack_u8(p, (uint8_t)places->n);
	for (unsigned i = 0; i < places->n; i++) {
		pack_u16(p, places->at[i].vlan[0]);
		pack_u16(p, places->at[i].vlan[1]);
		pack_u16(p, places->at[i].tap);
	}
}

/* Outside of TCP the optional record is there for DNS, echo, places and tunnels only. */
static uint32_t parts_of(const struct flow_image *image)
{
	bool has_tcp_extra = image->has_extra && image->hot.key.proto == IP_TCP;

	return (is_dirty(&image->hot) ? IS_DIRTY : 0) | (has_tcp_extra ? HAS_EXTRA : 0) |
	       (image->cold.name ? HAS_NAME : 0) | (image->extra.answers ? HAS_ANSWERS : 0) |
	       (has_carried(image) ? HAS_CARRIED : 0) |
	       (image->extra.places.n ? HAS_PLACES : 0) |
	       (image->extra.tunnel ? HAS_TUNNEL : 0) | (image->cold.facts ? HAS_FACTS : 0);
}

void flow_image_pack(struct packer *p, const struct flow_image *image)
{
	const struct flow *f = &image->hot;
	const struct flow_cold *cold = &image->cold;
	size_t from = p->len;

	pack_u8(p, IMAGE_VERSION);
	flow_key_pack(&f->key, p);
	pack_u32(p, bits_of(f) | parts_of(image));
	pack_u32(p, cold->rank);
	pack_u64(p, image->clock_ns);
	pack_u64(p, f->first_ns);
	pack_u64(p, f->last_ns);
	pack_bytes(p, f->tcp_flags, sizeof(f->tcp_flags));
	pack_u16(p, cold->master);
	pack_u16(p, cold->app);
	pack_pair(p, f->total_bytes);
	pack_pair(p, f->total_payload);
	pack_pair(p, f->total_packets);
	if (is_dirty(f))
		pack_minute(p, f);
	if (f->has_macs) {
		pack_bytes(p, cold->mac, sizeof(cold->mac));
		pack_u8(p, cold->macs_by);
	}
	if (f->key.proto == IP_TCP)
		pack_tcp(p, f, cold);
	if (f->key.proto == IP_TCP && image->has_extra)
		pack_extra(p, &image->extra);
	if (cold->name)
		pack_text(p, cold->name);
	if (image->extra.answers)
		answers_pack(p, image->extra.answers);
	if (has_carried(image)) {
		carried_pack(image->extra.carried, p);
		echo_waiting_pack(image->extra.waiting, p);
	}
	if (image->extra.places.n)
		pack_places(p, &image->extra.places);
	if (image->extra.tunnel)
		tunnel_pack(image->extra.tunnel, p);
	pack_bytes(p, cold->ttl, sizeof(cold->ttl));
	if (cold->facts)
		facts_pack(cold->facts, p);
	if (!p->has_failed)
		pack_u32(p, (uint32_t)crc32(0, p->bytes + from, (uInt)(p->len - from)));
}

/* --- unpacking ------------------------------------------------------------------------------- */

static bool is_version(uint8_t version)
{
	return version >= 1 && version <= IMAGE_VERSION;
}

static void take_bits(struct flow *f, uint32_t word)
{
	unsigned at = 0;

#define TAKE(field, bits) \
	f->field = word >> at & ((1U << (bits)) - 1); \
	at += (bits);
	FLOW_BITS(TAKE)
#undef TAKE
}

static void unpack_pair(struct unpacker *u, uint64_t pair[2])
{
	pair[0] = unpack_u64(u);
	pair[1] = unpack_u64(u);
}

static void unpack_minute(struct unpacker *u, struct flow *f)
{
	f->minute_first_ns = unpack_u64(u);
	unpack_bytes(u, f->minute_tcp_flags, sizeof(f->minute_tcp_flags));
	unpack_pair(u, f->bytes);
	unpack_pair(u, f->payload);
	unpack_pair(u, f->packets);
}

static void unpack_tcp(struct unpacker *u, struct flow *f, struct flow_cold *cold)
{
	for (int d = 0; d < 2; d++) {
		f->next[d] = unpack_u32(u);
		cold->isn[d] = unpack_u32(u);
	}
}

static void unpack_extra(struct unpacker *u, uint8_t version, struct flow_extra *extra)
{
	unpack_pair(u, extra->retrans);
	unpack_pair(u, extra->total_retrans);
	unpack_pair(u, extra->lost);
	memcpy(extra->told_lost, extra->lost, sizeof(extra->told_lost));
	if (version > 1)
		unpack_pair(u, extra->told_lost);
	u->is_bad |= extra->told_lost[0] > extra->lost[0] || extra->told_lost[1] > extra->lost[1];
	for (int d = 0; d < 2; d++) {
		struct tcp_holes *h = &extra->holes[d];

		h->n = unpack_u8(u);
		h->has_old = unpack_u8(u) & 1;
		h->old_next = unpack_u32(u);
		u->is_bad |= h->n > TCP_HOLES;
		for (unsigned i = 0; !u->is_bad && i < h->n; i++) {
			h->hole[i].from = unpack_u32(u);
			h->hole[i].to = unpack_u32(u);
		}
	}
}

static void unpack_places(struct unpacker *u, struct flow_places *places)
{
	places->n = unpack_u8(u);
	u->is_bad |= !places->n || places->n > FLOW_PLACES_MAX;
	for (unsigned i = 0; !u->is_bad && i < places->n; i++) {
		places->at[i].vlan[0] = unpack_u16(u);
		places->at[i].vlan[1] = unpack_u16(u);
		places->at[i].tap = unpack_u16(u);
	}
}

/* In sequence order, apart, below next and not too far below. */
static bool are_holes_sound(const struct tcp_holes *h, uint32_t next)
{
	uint32_t before = TCP_JUMP + 1;

	for (unsigned i = 0; i < h->n; i++) {
		uint32_t from = next - h->hole[i].from, to = next - h->hole[i].to;

		if (from >= before || to >= from || to == 0)
			return false;
		before = to;
	}
	return true;
}

static bool is_tcp_sound(const struct flow_image *image)
{
	const struct flow *f = &image->hot;

	if (f->key.proto != IP_TCP)
		return !f->is_started && !f->is_bare && !f->has_isn && !f->fin &&
		       !f->has_rst && !f->tcp_flags[0] && !f->tcp_flags[1] &&
		       !f->minute_tcp_flags[0] && !f->minute_tcp_flags[1];
	for (unsigned d = 0; d < 2; d++) {
		const struct tcp_holes *h = &image->extra.holes[d];

		if (!(f->is_started >> d & 1) && (h->n || h->has_old))
			return false;
		if (!are_holes_sound(h, f->next[d]))
			return false;
	}
	return true;
}

static bool is_time_sound(const struct flow_image *image)
{
	const struct flow *f = &image->hot;
	uint64_t minute_ns = minute_of(image->clock_ns);

	if (f->first_ns > f->last_ns || f->last_ns > image->clock_ns)
		return false;
	/* Its OPEN would have come with the last mark. */
	if (!f->is_opened && f->first_ns < minute_ns && minute_ns - f->first_ns > SLICE_NS)
		return false;
	if (is_dirty(f) != (f->last_ns >= minute_ns))
		return false;
	return !is_dirty(f) || (f->minute_first_ns >= minute_ns &&
				f->minute_first_ns >= f->first_ns &&
				f->minute_first_ns <= f->last_ns);
}

/* Whether packets could have made it. */
static bool is_sound(const struct flow_image *image)
{
	const struct flow *f = &image->hot;

	for (unsigned d = 0; d < 2; d++)
		if ((f->packets[d] || f->total_packets[d]) != (f->heard >> d & 1))
			return false;
	return f->heard && (f->key.ip_version == 4 || f->key.ip_version == 6) &&
	       f->verdict < DPI_SOURCES && (f->is_fixed || !f->is_opened) &&
	       is_time_sound(image) && is_tcp_sound(image);
}

static void unpack_fields(struct unpacker *u, uint8_t version, struct flow_image *image)
{
	struct flow *f = &image->hot;
	uint32_t bits;

	flow_key_unpack(u, &f->key);
	bits = unpack_u32(u);
	u->is_bad |= bits >= BITS_END;
	take_bits(f, bits);
	image->cold.rank = unpack_u32(u);
	image->clock_ns = unpack_u64(u);
	f->first_ns = unpack_u64(u);
	f->last_ns = unpack_u64(u);
	unpack_bytes(u, f->tcp_flags, sizeof(f->tcp_flags));
	image->cold.master = unpack_u16(u);
	image->cold.app = unpack_u16(u);
	unpack_pair(u, f->total_bytes);
	unpack_pair(u, f->total_payload);
	unpack_pair(u, f->total_packets);
	if (bits & IS_DIRTY)
		unpack_minute(u, f);
	if (f->has_macs)
		unpack_bytes(u, image->cold.mac, sizeof(image->cold.mac));
	if (f->has_macs && version > 3)
		image->cold.macs_by = unpack_u8(u);
	u->is_bad |= image->cold.macs_by > 1;
	if (f->key.proto == IP_TCP)
		unpack_tcp(u, f, &image->cold);
	image->has_extra = bits & (HAS_EXTRA | HAS_ANSWERS | HAS_CARRIED | HAS_PLACES | HAS_TUNNEL);
	u->is_bad |= bits & HAS_EXTRA && f->key.proto != IP_TCP;
	if (bits & HAS_EXTRA)
		unpack_extra(u, version, &image->extra);
	if (bits & HAS_NAME) {
		image->cold.name = unpack_text_new(u, DPI_NAME_MAX - 1);
		u->is_bad |= !image->cold.name || !image->cold.name[0];
	}
	if (bits & HAS_ANSWERS)
		u->is_bad |= !answers_unpack(u, &image->extra.answers) || !image->extra.answers ||
			     !(bits & IS_DIRTY);
	if (bits & HAS_CARRIED)
		u->is_bad |= !carried_unpack(u, &image->extra.carried) ||
			     !echo_waiting_unpack(u, &image->extra.waiting) ||
			     !has_carried(image) ||
			     (image->extra.carried && !(bits & IS_DIRTY));
	if (bits & HAS_PLACES)
		unpack_places(u, &image->extra.places);
	if (bits & HAS_TUNNEL)
		u->is_bad |= !tunnel_unpack(u, &image->extra.tunnel);
	if (version > 2)
		unpack_bytes(u, image->cold.ttl, sizeof(image->cold.ttl));
	if (bits & HAS_FACTS)
		u->is_bad |= version < 3 || !facts_unpack(u, &image->cold.facts) ||
			     !image->cold.facts;
	if (image->cold.facts)
		f->light = facts_followed(image->cold.facts) & 31;
	u->is_bad |= is_dirty(f) != !!(bits & IS_DIRTY);
}

bool flow_image_unpack(const void *value, size_t value_len, struct flow_image *ret_image)
{
	struct unpacker u, check;
	uint8_t version;

	memset(ret_image, 0, sizeof(*ret_image));
	ret_image->hot.class = FLOW_CLASSES;
	if (value_len <= CHECK_BYTES || value_len > IMAGE_BYTES_MAX)
		return false;
	value_len -= CHECK_BYTES;
	u = unpack_over(value, value_len);
	check = unpack_over((const uint8_t *)value + value_len, CHECK_BYTES);
	version = unpack_u8(&u);
	if (!is_version(version) ||
	    unpack_u32(&check) != (uint32_t)crc32(0, value, (uInt)value_len))
		return false;
	unpack_fields(&u, version, ret_image);
	u.is_bad |= version < 2 && (has_carried(ret_image) || ret_image->extra.places.n ||
				    ret_image->extra.tunnel);
	if (unpack_ok(&u) && is_sound(ret_image))
		return true;
	flow_image_clear(ret_image);
	return false;
}

void flow_image_clear(struct flow_image *image)
{
	free(image->cold.name);
	image->cold.name = NULL;
	free(image->cold.facts);
	image->cold.facts = NULL;
	answers_free(&image->extra.answers);
	carried_free(&image->extra.carried);
	free(image->extra.waiting);
	image->extra.waiting = NULL;
	free(image->extra.tunnel);
	image->extra.tunnel = NULL;
}

bool flow_image_unpack_key(const void *value, size_t value_len, struct flow_key *ret_key)
{
	struct unpacker u = unpack_over(value, value_len);
	uint8_t version = unpack_u8(&u);

	flow_key_unpack(&u, ret_key);
	return is_version(version) && !u.is_bad;
}
