/* pcapng_file.c - pcapng: blocks in sections (draft-ietf-opsawg-pcapng).
 *
 *	type 4 | length 4 | body ... | length 4		length counts all of it, a multiple of 4
 *
 * Section header 0x0a0d0d0a	byte order of what follows, and a fresh list of interfaces
 * Interface description 1	link type, snap length, options: if_tsresol, if_tsoffset
 * Enhanced packet 6, simple packet 3, packet 2 (obsolete)		frames
 * Everything else (names, statistics, secrets, custom) is walked over.
 *
 * A block is looked at only when all of it is there and both its lengths agree; within it every
 * field and option is bounded by the block.  A block that is sound but senseless (an interface
 * nobody described, more captured bytes than the block has) is left out and the file goes on,
 * since the next block is found all the same.  Broken lengths end the file. A simple packet block
 * has no stamp: it takes that of the frame before it.
 */
#include <stdlib.h>
#include "base/clock.h"
#include "base/err.h"
#include "capture/capfile_internal.h"

#define BLOCK_SECTION 0x0a0d0d0aU
#define BLOCK_INTERFACE 1U
#define BLOCK_PACKET 2U
#define BLOCK_SIMPLE 3U
#define BLOCK_ENHANCED 6U

#define BYTE_ORDER_MAGIC 0x1a2b3c4dU
#define BLOCK_LENGTH_MIN 12
#define BLOCK_LOOKED_AT_MAX (1U << 20)	/* a frame and its options; longer blocks are walked over */
#define INTERFACES_MAX 65536		/* a section of more is hostile: 1.5 MiB of descriptions */

#define OPTION_END 0
#define OPTION_TSRESOL 9
#define OPTION_TSOFFSET 14
#define RESOLUTION_DEFAULT 6		/* microseconds */
#define RESOLUTION_BINARY 0x80
#define DECIMAL_DIGITS_MAX 38		/* 10^38 is the largest power of ten in 128 bits */

typedef unsigned __int128 u128;

static inline uint16_t get16(const struct pcapng_section *ng, const uint8_t *p)
{
	return ng->is_big_endian ? net_get16(p) : le_get16(p);
}

static inline uint32_t get32(const struct pcapng_section *ng, const uint8_t *p)
{
	return ng->is_big_endian ? net_get32(p) : le_get32(p);
}

static uint64_t get64(const struct pcapng_section *ng, const uint8_t *p)
{
	uint64_t first = get32(ng, p), second = get32(ng, p + 4);

	return ng->is_big_endian ? first << 32 | second : second << 32 | first;
}

/* --- time ------------------------------------------------------------------------------------ */

/* Units of the interface into nanoseconds, exact to the nanosecond, rounded down. */
static u128 units_to_ns(uint8_t resolution, uint64_t units)
{
	unsigned n = resolution & 0x7f;
	u128 divisor = 1;

	if (resolution & RESOLUTION_BINARY)
		return (u128)units * NS_PER_SEC >> n;
	if (n > DECIMAL_DIGITS_MAX)
		return 0;
	while (n--)
		divisor *= 10;
	return (u128)units * NS_PER_SEC / divisor;
}

static uint64_t stamp(struct capfile *f, const struct pcapng_interface *i, uint32_t high,
		      uint32_t low)
{
	uint64_t units = (uint64_t)high << 32 | low;
	__int128 ns;

	/* Microseconds without an offset: nearly all files, and no overflow in sight. */
	if (i->resolution == RESOLUTION_DEFAULT && !i->offset_s &&
	    units < CAPFILE_NS_END / NS_PER_US)
		return units * NS_PER_US;
	ns = (__int128)units_to_ns(i->resolution, units);
	ns += (__int128)i->offset_s * (int64_t)NS_PER_SEC;
	if (ns >= 0 && ns < (__int128)CAPFILE_NS_END)
		return (uint64_t)ns;
	f->normalised++;
	return ns < 0 ? 0 : CAPFILE_NS_END - 1;
}

/* --- section and interface ------------------------------------------------------------------- */

/* Sets the byte order from the magic in a section header; false: it is none. */
static bool set_byte_order(struct pcapng_section *ng, const uint8_t *magic)
{
	ng->is_big_endian = net_get32(magic) == BYTE_ORDER_MAGIC;
	return ng->is_big_endian || le_get32(magic) == BYTE_ORDER_MAGIC;
}

static bool read_section(struct capfile *f, const uint8_t *body, size_t len)
{
	unsigned major;

	if (len < 16) {
		capfile_fail(f, "a section header of %zu bytes at byte %llu", len,
			     (unsigned long long)capfile_offset(f));
		return false;
	}
	major = get16(&f->ng, body + 4);
	if (major != 1) {
		capfile_fail(f, "pcapng version %u.%u at byte %llu, known is 1", major,
			     get16(&f->ng, body + 6), (unsigned long long)capfile_offset(f));
		return false;
	}
	f->ng.n_interfaces = 0;
	return true;
}

static void read_options(const struct pcapng_section *ng, const uint8_t *p, size_t left,
			 struct pcapng_interface *i)
{
	struct cursor c = cursor_over(p, left);

	for (;;) {
		const uint8_t *head = cursor_take(&c, 4), *value;
		uint16_t code, len;

		if (!head)
			return;
		code = get16(ng, head);
		len = get16(ng, head + 2);
		value = cursor_take(&c, len);
		if (!value || code == OPTION_END)
			return;
		if (code == OPTION_TSRESOL && len >= 1)
			i->resolution = value[0];
		if (code == OPTION_TSOFFSET && len >= 8)
			i->offset_s = (int64_t)get64(ng, value);
		cursor_take(&c, (4 - len % 4) % 4);
	}
}

static bool grow_interfaces(struct pcapng_section *ng)
{
	size_t cap = ng->cap_interfaces ? ng->cap_interfaces * 2 : 8;
	struct pcapng_interface *more;

	if (ng->n_interfaces < ng->cap_interfaces)
		return true;
	more = realloc(ng->interfaces, cap * sizeof(*more));
	if (!more)
		return false;
	ng->interfaces = more;
	ng->cap_interfaces = cap;
	return true;
}

static void read_interface(struct capfile *f, const uint8_t *body, size_t len)
{
	struct pcapng_section *ng = &f->ng;
	struct pcapng_interface *i;

	if (len < 8 || ng->n_interfaces >= INTERFACES_MAX || !grow_interfaces(ng)) {
		capfile_flaw(f, "interface description %zu at byte %llu cannot be used",
			     ng->n_interfaces, (unsigned long long)capfile_offset(f));
		return;
	}
	i = &ng->interfaces[ng->n_interfaces++];
	*i = (struct pcapng_interface){
		.link = capfile_link(get16(ng, body)), .snaplen = get32(ng, body + 4),
		.resolution = RESOLUTION_DEFAULT,
	};
	read_options(ng, body + 8, len - 8, i);
}

/* --- packets --------------------------------------------------------------------------------- */

static const struct pcapng_interface *find_interface(struct capfile *f, uint32_t id)
{
	if (id < f->ng.n_interfaces)
		return &f->ng.interfaces[id];
	capfile_flaw(f, "record %llu at byte %llu names interface %u, which is not described",
		     (unsigned long long)f->records + 1, (unsigned long long)capfile_offset(f), id);
	return NULL;
}

static bool give_packet(struct capfile *f, struct held *h, const uint8_t *bytes, size_t room)
{
	if (h->frame.caplen > room || h->frame.caplen > PACKET_BYTES_MAX) {
		capfile_flaw(f, "record %llu at byte %llu claims %u captured bytes",
			     (unsigned long long)f->records + 1,
			     (unsigned long long)capfile_offset(f), h->frame.caplen);
		return false;
	}
	f->ng.last_ns = h->frame.ts_ns;
	capfile_give(f, h, bytes);
	return true;
}

static bool is_too_short(struct capfile *f, size_t len, size_t min)
{
	if (len >= min)
		return false;
	capfile_flaw(f, "record %llu at byte %llu is too short for its type",
		     (unsigned long long)f->records + 1, (unsigned long long)capfile_offset(f));
	return true;
}

/* Enhanced packet: interface 4, stamp 8, captured 4, wire 4.  Packet: interface 2, drops 2, the
 * same.  Both have 20 bytes before the frame's. */
static bool read_packet(struct capfile *f, uint32_t type, const uint8_t *body, size_t len,
			struct held *h)
{
	const struct pcapng_section *ng = &f->ng;
	const struct pcapng_interface *i;

	if (is_too_short(f, len, 20))
		return false;
	i = find_interface(f, type == BLOCK_PACKET ? get16(ng, body) : get32(ng, body));
	if (!i)
		return false;
	h->frame.ts_ns = stamp(f, i, get32(ng, body + 4), get32(ng, body + 8));
	h->frame.caplen = get32(ng, body + 12);
	h->frame.wirelen = get32(ng, body + 16);
	h->frame.link = i->link;
	return give_packet(f, h, body + 20, len - 20);
}

static bool read_simple(struct capfile *f, const uint8_t *body, size_t len, struct held *h)
{
	const struct pcapng_interface *i;
	uint32_t caplen;

	if (is_too_short(f, len, 4))
		return false;
	i = find_interface(f, 0);
	if (!i)
		return false;
	h->frame.wirelen = get32(&f->ng, body);
	caplen = h->frame.wirelen;
	if (i->snaplen && caplen > i->snaplen)
		caplen = i->snaplen;
	if (caplen > len - 4)		/* no snap length given, and a writer that had one */
		caplen = (uint32_t)(len - 4);
	h->frame.caplen = caplen;
	h->frame.ts_ns = f->ng.last_ns;
	h->frame.link = i->link;
	return give_packet(f, h, body + 4, len - 4);
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* Looks at a whole block of len bytes at p.  true: *h is a frame. */
static bool look_at_block(struct capfile *f, uint32_t type, const uint8_t *p, uint32_t len,
			  struct held *h)
{
	const uint8_t *body = p + 8;
	size_t body_len = len - BLOCK_LENGTH_MIN;

	switch (type) {
	case BLOCK_SECTION:
		read_section(f, body, body_len);
		return false;
	case BLOCK_INTERFACE:
		read_interface(f, body, body_len);
		return false;
	case BLOCK_ENHANCED:
	case BLOCK_PACKET:
		return read_packet(f, type, body, body_len, h);
	case BLOCK_SIMPLE:
		return read_simple(f, body, body_len, h);
	default:
		return false;
	}
}

/* Walks over a block that is too long to be looked at. */
static void walk_over(struct capfile *f, uint32_t type, uint32_t len)
{
	const uint8_t *p;

	if (type == BLOCK_SECTION) {
		capfile_fail(f, "a section header of %u bytes at byte %llu", len,
			     (unsigned long long)capfile_offset(f));
		return;
	}
	if (type == BLOCK_INTERFACE || type == BLOCK_ENHANCED || type == BLOCK_PACKET ||
	    type == BLOCK_SIMPLE)
		capfile_flaw(f, "a block of %u bytes at byte %llu", len,
			     (unsigned long long)capfile_offset(f));
	if (!capfile_skip(f, len - 4)) {
		capfile_fail(f, "cut inside a block of %u bytes at byte %llu", len,
			     (unsigned long long)capfile_offset(f));
		return;
	}
	p = capfile_need(f, 4);
	if (!p)
		capfile_end(f);
	else if (get32(&f->ng, p) != len)
		capfile_fail(f, "a block that ends at byte %llu with another length than it began",
			     (unsigned long long)capfile_offset(f));
	else
		f->at += 4;
}

/* Type and length of the next block; false: the file is over. */
static bool read_block_head(struct capfile *f, uint32_t *ret_type, uint32_t *ret_len)
{
	const uint8_t *p = capfile_need(f, 8);

	if (p && net_get32(p) == BLOCK_SECTION) {
		p = capfile_need(f, 12);
		if (p && !set_byte_order(&f->ng, p + 8)) {
			capfile_fail(f, "a section of unknown byte order at byte %llu",
				     (unsigned long long)capfile_offset(f));
			return false;
		}
	}
	if (!p) {
		capfile_end(f);
		return false;
	}
	*ret_type = get32(&f->ng, p);
	*ret_len = get32(&f->ng, p + 4);
	if (*ret_len >= BLOCK_LENGTH_MIN && *ret_len % 4 == 0)
		return true;
	capfile_fail(f, "a block of impossible length %u at byte %llu", *ret_len,
		     (unsigned long long)capfile_offset(f));
	return false;
}

/* 1: a frame, 0: a block without one, -1: the file is over. */
static int read_block(struct capfile *f, struct held *h)
{
	uint32_t type, len;
	const uint8_t *p;
	bool has_frame;

	if (!read_block_head(f, &type, &len))
		return -1;
	if (len > BLOCK_LOOKED_AT_MAX) {
		walk_over(f, type, len);
		return f->is_over ? -1 : 0;
	}
	p = capfile_need(f, len);
	if (!p) {
		capfile_end(f);
		return -1;
	}
	if (get32(&f->ng, p + len - 4) != len) {
		capfile_fail(f, "a block at byte %llu that ends with another length than it began",
			     (unsigned long long)capfile_offset(f));
		return -1;
	}
	has_frame = look_at_block(f, type, p, len, h);
	if (f->is_over)
		return -1;
	f->at += len;
	return has_frame;
}

size_t pcapng_file_read(struct capfile *f, struct held *frames, size_t max)
{
	size_t n = 0;

	while (n < max) {
		int got = read_block(f, &frames[n]);

		if (got < 0)
			break;
		n += (size_t)got;
	}
	return n;
}

bool pcapng_file_start(struct capfile *f)
{
	const uint8_t *p = capfile_need(f, 12);
	struct pcapng_section ng = { 0 };

	if (!p || net_get32(p) != BLOCK_SECTION || !set_byte_order(&ng, p + 8))
		return false;
	f->ng = ng;
	f->read = pcapng_file_read;
	return true;
}

void pcapng_file_stop(struct capfile *f)
{
	if (f->read == pcapng_file_read)
		free(f->ng.interfaces);
}
