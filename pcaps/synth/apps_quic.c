/* apps_quic.c - QUIC version 1 (RFC 9000): a connection's beginning as a tap sees it.
 *
 *      client  Initial [CRYPTO ClientHello, PADDING]			1200 bytes, can be opened
 *      server  Initial [ACK, CRYPTO ServerHello], Handshake noise	1200 bytes
 *      client  Initial [ACK], Handshake noise				1200 bytes
 *
 * What follows has short headers and is noise (FRAMING_QUIC).
 */
#include "synth/apps.h"

#include <string.h>
#include "synth/quic.h"

#define DATAGRAM_LEN 1200		/* RFC 9000 14.1 */

enum { FRAME_ACK = 0x02, FRAME_CRYPTO = 0x06 };
enum { TYPE_INITIAL = 0xc3, TYPE_HANDSHAKE = 0xe3 };	/* with a packet number of 4 bytes */

static const uint8_t own_cid[QUIC_CID_LEN] = { QUIC_CID };

static void long_header(struct blob *b, unsigned type, const uint8_t dcid[static QUIC_CID_LEN])
{
	blob_u8(b, type);
	blob_be32(b, 1);
	blob_u8(b, QUIC_CID_LEN);
	blob_add(b, dcid, QUIC_CID_LEN);
	blob_u8(b, QUIC_CID_LEN);
	blob_add(b, own_cid, QUIC_CID_LEN);
	if (type == TYPE_INITIAL)
		blob_u8(b, 0);		/* no token */
}

/* A length of at most 16383 in two bytes (RFC 9000 16). */
static void put_length(struct blob *b, size_t at, size_t n)
{
	if (b->is_failed)
		return;
	b->data[at] = (uint8_t)(0x40 | n >> 8);
	b->data[at + 1] = (uint8_t)n;
}

static size_t crypto_begin(struct blob *b)
{
	blob_u8(b, FRAME_CRYPTO);
	blob_u8(b, 0);			/* from the stream's first byte */
	blob_zero(b, 2);
	return b->len;
}

static void crypto_end(struct blob *b, size_t at)
{
	put_length(b, at - 2, b->len - at);
}

struct initial {
	size_t packet, payload;		/* where they begin in the blob */
};

static struct initial initial_begin(struct blob *b, const uint8_t dcid[static QUIC_CID_LEN],
				    uint32_t number)
{
	struct initial i = { .packet = b->len };

	long_header(b, TYPE_INITIAL, dcid);
	blob_zero(b, 2);
	blob_be32(b, number);
	i.payload = b->len;
	return i;
}

/* Padded to `len` bytes, when there are fewer, and sealed. */
static void initial_end(struct blob *b, const struct initial *i, const struct quic_keys *keys,
			size_t len)
{
	size_t now = b->len - i->packet + QUIC_TAG_LEN;

	if (now < len)
		blob_zero(b, len - now);
	size_t payload_len = b->len - i->payload;
	blob_zero(b, QUIC_TAG_LEN);
	put_length(b, i->payload - QUIC_PN_LEN - 2, QUIC_PN_LEN + payload_len + QUIC_TAG_LEN);
	if (!b->is_failed && !quic_seal(keys, b->data + i->packet, i->payload - i->packet,
					payload_len))
		b->is_failed = true;
}

/* Fills the datagram that began at mark with a Handshake packet nobody can open. */
static void handshake_noise(struct app_call *c, size_t mark)
{
	struct blob *b = &c->script->blob;

	long_header(b, TYPE_HANDSHAKE, own_cid);
	size_t at = b->len;
	blob_zero(b, 2);
	size_t room = mark + DATAGRAM_LEN > b->len ? mark + DATAGRAM_LEN - b->len : 32;
	blob_random(b, c->random, room);
	put_length(b, at, room);
}

static void put_ack(struct blob *b)
{
	blob_u8(b, FRAME_ACK);
	blob_zero(b, 4);		/* packet 0, at once, that one only */
}

void app_quic_open(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	uint8_t chosen[QUIC_CID_LEN];
	struct quic_keys keys[2];

	random_bytes(c->random, chosen, sizeof(chosen));
	if (!quic_initial_keys(chosen, sizeof(chosen), 0, &keys[0]) ||
	    !quic_initial_keys(chosen, sizeof(chosen), 1, &keys[1])) {
		b->is_failed = true;
		return;
	}
	size_t mark = script_mark(c->script);
	struct initial i = initial_begin(b, chosen, 0);
	size_t crypto = crypto_begin(b);
	app_tls_client_hello(c, true);
	crypto_end(b, crypto);
	initial_end(b, &i, &keys[0], DATAGRAM_LEN);
	app_say(c, 0, mark);

	mark = script_mark(c->script);
	i = initial_begin(b, own_cid, 0);
	put_ack(b);
	crypto = crypto_begin(b);
	app_tls_server_hello(c);
	crypto_end(b, crypto);
	initial_end(b, &i, &keys[1], 0);
	handshake_noise(c, mark);
	app_say(c, 1, mark);

	mark = script_mark(c->script);
	i = initial_begin(b, own_cid, 1);
	put_ack(b);
	initial_end(b, &i, &keys[0], 0);
	handshake_noise(c, mark);
	app_say(c, 0, mark);
}
