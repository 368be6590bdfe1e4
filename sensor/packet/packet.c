/* packet.c - the walk over a frame's layers: where it begins, how it goes on, and the names.
 *
 * The two tables below are the map of this room: which layer a link type begins with, and which
 * function decodes a layer.  Any thread, no state; a few indirect calls a frame.
 */
#include "packet/packet.h"
#include <assert.h>
#include <stddef.h>
#include "base/err.h"
#include "packet/decode.h"

static const struct {
	uint16_t link;			/* LINKTYPE_ number */
	enum layer first;
} link_types[] = {
	{ 1, LAYER_ETHERNET },
	{ 113, LAYER_SLL },		/* Linux "cooked" */
	{ 276, LAYER_SLL2 },
	{ 101, LAYER_IP },		/* RAW */
	{ 12, LAYER_IP },		/* RAW where DLT_RAW was written as such, */
	{ 14, LAYER_IP },		/* and the same from OpenBSD */
	{ 228, LAYER_IPV4 },
	{ 229, LAYER_IPV6 },
	{ 0, LAYER_NULL },		/* BSD loopback */
	{ 108, LAYER_LOOP },		/* OpenBSD loopback */
};

static enum layer (*const decoders[LAYERS])(struct decode *) = {
	[LAYER_ETHERNET] = decode_ethernet,
	[LAYER_SLL] = decode_sll,
	[LAYER_SLL2] = decode_sll2,
	[LAYER_NULL] = decode_null,
	[LAYER_LOOP] = decode_loop,
	[LAYER_LLC] = decode_llc,
	[LAYER_ETHERTYPE] = decode_ethertype,
	[LAYER_IP] = decode_ip,
	[LAYER_IPV4] = decode_ipv4,
	[LAYER_IPV6] = decode_ipv6,
	[LAYER_TRANSPORT] = decode_transport,
};

static const char *const status_names[] = {
	[PACKET_OK] = "ok",
	[PACKET_FRAGMENT] = "fragment",
	[PACKET_ARP] = "arp",
	[PACKET_NOT_IP] = "not_ip",
	[PACKET_BAD_LINK] = "bad_link",
	[PACKET_UNKNOWN_LINK] = "unknown_link",
	[PACKET_BAD_IP] = "bad_ip",
	[PACKET_BAD_EXTENSION] = "bad_extension",
	[PACKET_BAD_TRANSPORT] = "bad_transport",
};
static_assert(ARRAY_SIZE(status_names) == PACKET_STATUSES, "a status without a name");

const char *packet_status_name(enum packet_status s)
{
	return (unsigned)s < PACKET_STATUSES ? status_names[s] : "unknown";
}

static enum layer first_layer(uint16_t link)
{
	for (size_t i = 0; i < ARRAY_SIZE(link_types); i++)
		if (link_types[i].link == link)
			return link_types[i].first;
	return LAYER_END;
}

bool packet_link_is_known(uint16_t link)
{
	return first_layer(link) != LAYER_END;
}

static enum packet_status walk(struct decode *d, enum layer layer)
{
	for (unsigned n = 0; n < LAYERS_MAX; n++) {
		layer = decoders[layer](d);
		if (layer == LAYER_END)
			return d->status;
	}
	return PACKET_BAD_LINK;		/* encapsulated deeper than anything honest */
}

enum packet_status packet_decode(const struct frame *f, struct packet *ret_packet)
{
	uint32_t cap = f->caplen < f->wirelen ? f->caplen : f->wirelen;
	struct decode d = { .p = ret_packet, .cap = cap, .end = f->wirelen };
	enum layer first = first_layer(f->link);

	*ret_packet = (struct packet){
		.ts_ns = f->ts_ns, .bytes = f->bytes, .caplen = cap,
		.wirelen = f->wirelen, .tap = f->tap,
	};
	return first == LAYER_END ? PACKET_UNKNOWN_LINK : walk(&d, first);
}

enum packet_status packet_decode_ip(struct packet *p)
{
	struct decode d = { .p = p, .off = p->ip_off, .end = p->wirelen };

	d.cap = p->caplen < p->wirelen ? p->caplen : p->wirelen;
	return d.off > d.cap ? PACKET_BAD_IP : walk(&d, LAYER_IP);
}
