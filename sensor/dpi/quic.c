/* quic.c - see quic.h. */
#include "dpi/quic.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include "base/bytes.h"

#define LONG_HEADER 0x80
#define HASH_LEN 32
#define KEY_LEN 16
#define IV_LEN 12
#define TAG_LEN 16
#define SALT_LEN 20
#define SAMPLE_AT 4			/* behind the packet number's begin */
#define FRAMES_MAX 512			/* of a packet; some clients cut a hello into dozens */
#define FRAME_PADDING 0
#define FRAME_PING 1
#define FRAME_ACK 2
#define FRAME_ACK_ECN 3
#define FRAME_CRYPTO 6

struct version {
	uint32_t first, last;
	uint8_t initial;		/* the two bits of the type */
	bool is_2;
	uint8_t salt[SALT_LEN];
};

static const struct version versions[] = {
	{ 1, 1, 0, false,		/* RFC 9001 5.2 */
	  { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
	    0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
	{ 0x6b3343cf, 0x6b3343cf, 1, true,	/* RFC 9369 3.3.1 */
	  { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
	    0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 } },
	{ 0xff000021, 0xff000022, 0, false,	/* drafts 33 and 34 */
	  { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
	    0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a } },
	{ 0xff00001d, 0xff000020, 0, false,	/* drafts 29 to 32 */
	  { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
	    0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 } },
	{ 0xff000017, 0xff00001c, 0, false,	/* drafts 23 to 28 */
	  { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,
	    0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 } },
};

struct keys {
	uint8_t key[KEY_LEN], iv[IV_LEN], hp[KEY_LEN];
};

struct initial {
	const struct version *version;
	const uint8_t *id;
	size_t id_len;
	size_t number_at;		/* where the packet number begins */
	size_t end;			/* of the packet */
};

/* --- keys (RFC 5869, RFC 8446 7.1) ------------------------------------------------------- */

static bool hmac(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len,
		 uint8_t ret[static HASH_LEN])
{
	unsigned n = 0;

	return HMAC(EVP_sha256(), key, (int)key_len, data, len, ret, &n) && n == HASH_LEN;
}

/* One block is enough for all that is wanted here. */
static bool expand(const uint8_t secret[static HASH_LEN], const char *label, uint8_t *ret,
		   size_t len)
{
	uint8_t info[64], block[HASH_LEN];
	size_t n = strlen(label);

	info[0] = 0;
	info[1] = (uint8_t)len;
	info[2] = (uint8_t)(6 + n);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, n);
	info[9 + n] = 0;
	info[10 + n] = 1;
	if (!hmac(secret, HASH_LEN, info, n + 11, block))
		return false;
	memcpy(ret, block, len);
	return true;
}

static bool make_keys(const struct version *v, const uint8_t *id, size_t id_len, struct keys *ret)
{
	uint8_t initial[HASH_LEN], client[HASH_LEN];

	return hmac(v->salt, SALT_LEN, id, id_len, initial) &&
	       expand(initial, "client in", client, HASH_LEN) &&
	       expand(client, v->is_2 ? "quicv2 key" : "quic key", ret->key, KEY_LEN) &&
	       expand(client, v->is_2 ? "quicv2 iv" : "quic iv", ret->iv, IV_LEN) &&
	       expand(client, v->is_2 ? "quicv2 hp" : "quic hp", ret->hp, KEY_LEN);
}

/* --- packets (RFC 9000 17.2) --------------------------------------------------------------- */

static uint64_t take_number(struct cursor *c)
{
	uint8_t first = cursor_u8(c);
	uint64_t value = first & 0x3f;

	for (int i = (1 << (first >> 6)) - 1; i > 0; i--)
		value = value << 8 | cursor_u8(c);
	return value;
}

static const struct version *version_of(uint32_t number)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (number >= versions[i].first && number <= versions[i].last)
			return &versions[i];
	return NULL;
}

/* The long header at the start of bytes.  false: none, or cut.  *ret_initial: it is an
 * Initial's. */
static bool read_header(const uint8_t *bytes, size_t len, struct initial *ret, bool *ret_initial)
{
	struct cursor c = cursor_over(bytes, len);
	uint8_t first = cursor_u8(&c);
	uint64_t n;

	ret->version = version_of(cursor_be32(&c));
	if (c.is_short || !(first & LONG_HEADER) || !ret->version)
		return false;
	*ret_initial = (first >> 4 & 3) == ret->version->initial;
	ret->id_len = cursor_u8(&c);
	ret->id = cursor_take(&c, ret->id_len);
	cursor_take(&c, cursor_u8(&c));
	if (*ret_initial) {
		n = take_number(&c);
		if (n > c.left)
			return false;
		cursor_take(&c, (size_t)n);		/* token */
	}
	n = take_number(&c);
	if (c.is_short || n > c.left || ret->id_len > QUIC_ID_MAX)
		return false;
	ret->number_at = len - c.left;
	ret->end = ret->number_at + (size_t)n;
	return true;
}

bool quic_is_initial(const uint8_t *bytes, size_t len)
{
	const struct version *v = len >= 5 ? version_of(net_get32(bytes + 1)) : NULL;

	return v && bytes[0] & LONG_HEADER && (bytes[0] >> 4 & 3) == v->initial;
}

/* --- decryption (RFC 9001 5.3, 5.4) ---------------------------------------------------------- */

static bool make_mask(const uint8_t hp[static KEY_LEN], const uint8_t *sample,
	uint8_t ret[static 32])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, hp, NULL) &&
		  EVP_EncryptUpdate(ctx, ret, &n, sample, KEY_LEN) && n == KEY_LEN;

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool open_box(const struct keys *k, const uint8_t *header, size_t header_len,
		     const uint8_t *box, size_t box_len, uint8_t *ret_plain)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t len = box_len - TAG_LEN;
	uint8_t tag[TAG_LEN];
	int n = 0;
	bool ok;

	memcpy(tag, box + len, TAG_LEN);
	ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, k->key, k->iv) &&
	     EVP_DecryptUpdate(ctx, NULL, &n, header, (int)header_len) &&
	     EVP_DecryptUpdate(ctx, ret_plain, &n, box, (int)len) && (size_t)n == len &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) &&
	     EVP_DecryptFinal_ex(ctx, ret_plain + len, &n) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* The packet's frames into plain (QUIC_PACKET_MAX bytes).  0: it is not encrypted for this id. */
static size_t decrypt(const uint8_t *bytes, const struct initial *in, const uint8_t *id,
		      size_t id_len, uint8_t *plain)
{
	uint8_t header[QUIC_PACKET_MAX], mask[32];
	size_t number_len, header_len;
	struct keys k;

	if (in->end > QUIC_PACKET_MAX || in->end - in->number_at < SAMPLE_AT + KEY_LEN ||
	    !make_keys(in->version, id, id_len, &k) ||
	    !make_mask(k.hp, bytes + in->number_at + SAMPLE_AT, mask))
		return 0;
	memcpy(header, bytes, in->number_at + 4);
	header[0] ^= mask[0] & 0x0f;
	number_len = (header[0] & 3u) + 1;
	header_len = in->number_at + number_len;
	for (size_t i = 0; i < number_len; i++) {
		header[in->number_at + i] ^= mask[1 + i];
		k.iv[IV_LEN - number_len + i] ^= header[in->number_at + i];
	}
	if (in->end - header_len <= TAG_LEN ||
	    !open_box(&k, header, header_len, bytes + header_len, in->end - header_len, plain))
		return 0;
	return in->end - header_len - TAG_LEN;
}

/* --- frames (RFC 9000 19) ----------------------------------------------------------------- */

static void put_piece(struct quic *q, uint64_t at, const uint8_t *bytes, size_t len)
{
	/* What was there first stays: an honest sender repeats the same bytes (RFC 9000 2.2). */
	for (size_t i = 0; i < len && at + i < QUIC_HELLO_MAX; i++) {
		uint8_t *there = &q->there[(at + i) / 8], bit = (uint8_t)(1 << (at + i) % 8);

		if (!(*there & bit))
			q->hello[at + i] = bytes[i];
		*there |= bit;
	}
}

static void skip_ack(struct cursor *c, bool has_ecn)
{
	uint64_t ranges;

	take_number(c);
	take_number(c);
	ranges = take_number(c);
	take_number(c);
	for (uint64_t i = 0; i < ranges && !c->is_short; i++) {
		take_number(c);
		take_number(c);
	}
	for (int i = 0; has_ecn && i < 3; i++)
		take_number(c);
}

static void read_frames(struct quic *q, const uint8_t *bytes, size_t len)
{
	struct cursor c = cursor_over(bytes, len);

	for (int i = 0; i < FRAMES_MAX && c.left && !c.is_short; i++) {
		uint64_t type = take_number(&c), at, n;
		const uint8_t *data;

		if (type == FRAME_PADDING) {
			while (c.left && *c.data == FRAME_PADDING)
				cursor_u8(&c);
		} else if (type == FRAME_ACK || type == FRAME_ACK_ECN) {
			skip_ack(&c, type == FRAME_ACK_ECN);
		} else if (type == FRAME_CRYPTO) {
			at = take_number(&c);
			n = take_number(&c);
			data = n <= c.left ? cursor_take(&c, (size_t)n) : NULL;
			if (!data || c.is_short)
				return;
			put_piece(q, at, data, (size_t)n);
		} else if (type != FRAME_PING) {
			return;
		}
	}
}

static bool read_packet(struct quic *q, const uint8_t *bytes, const struct initial *in)
{
	uint8_t plain[QUIC_PACKET_MAX];
	size_t len = 0;

	if (q->has_id)
		len = decrypt(bytes, in, q->id, q->id_len, plain);
	if (!len && (!q->has_id || in->id_len != q->id_len || memcmp(in->id, q->id, in->id_len))) {
		len = decrypt(bytes, in, in->id, in->id_len, plain);
		if (!len)
			return false;
		memcpy(q->id, in->id, in->id_len);
		q->id_len = (uint8_t)in->id_len;
		q->has_id = true;
	}
	if (!len)
		return false;
	read_frames(q, plain, len);
	return true;
}

bool quic_datagram(struct quic *q, const uint8_t *bytes, size_t len)
{
	bool has_read = false;

	for (int i = 0; i < QUIC_COALESCED_MAX && len; i++) {
		struct initial in;
		bool is_initial;

		if (!read_header(bytes, len, &in, &is_initial))
			break;
		/* Made up ones cost the sender nothing and us a key schedule each. */
		if (is_initial && read_packet(q, bytes, &in))
			has_read = true;
		else if (is_initial && !q->has_id)
			break;
		bytes += in.end;
		len -= in.end;
	}
	return has_read;
}

size_t quic_hello(const struct quic *q, bool *ret_whole)
{
	size_t n = 0, length;

	while (n < QUIC_HELLO_MAX && q->there[n / 8] & 1 << n % 8)
		n++;
	length = n >= 4 ? 4 + (net_get32(q->hello) & 0xffffff) : SIZE_MAX;
	*ret_whole = n >= length;
	return *ret_whole ? length : n;
}
