/* apps_tls.c - TLS 1.2 (RFC 5246) and 1.3 (RFC 8446) handshakes as a tap sees them, and the
 * made-up X.509 certificate (RFC 5280) that a TLS 1.2 server shows.  Keys and signatures are noise.
 */
#include "synth/apps.h"

#include <string.h>
#include "base/clock.h"

enum { RECORD_CCS = 20, RECORD_HANDSHAKE = 22, RECORD_DATA = 23 };

static size_t record_begin(struct blob *b, unsigned type)
{
	blob_u8(b, type);
	blob_be16(b, 0x0303);
	return blob_length_begin(b, 2);
}

static void record_noise(struct app_call *c, unsigned type, size_t n)
{
	struct blob *b = &c->script->blob;
	size_t at = record_begin(b, type);

	blob_random(b, c->random, n);
	blob_length_end(b, at, 2);
}

static void record_ccs(struct blob *b)
{
	size_t at = record_begin(b, RECORD_CCS);

	blob_u8(b, 1);
	blob_length_end(b, at, 2);
}

/* An extension whose body is given as text of bytes. */
static void extension(struct blob *b, unsigned type, const char *body, size_t n)
{
	blob_be16(b, type);
	blob_be16(b, (unsigned)n);
	blob_add(b, body, n);
}

static void extension_sni(struct blob *b, const char *name)
{
	if (!*name)
		return;
	blob_be16(b, 0);
	size_t ext = blob_length_begin(b, 2);
	size_t list = blob_length_begin(b, 2);
	blob_u8(b, 0);
	size_t host = blob_length_begin(b, 2);
	blob_text(b, name);
	blob_length_end(b, host, 2);
	blob_length_end(b, list, 2);
	blob_length_end(b, ext, 2);
}

static void extension_alpn(struct blob *b, const char *alpn)
{
	if (!*alpn)
		return;
	blob_be16(b, 16);
	size_t ext = blob_length_begin(b, 2);
	size_t list = blob_length_begin(b, 2);
	size_t name = blob_length_begin(b, 1);
	blob_text(b, alpn);
	blob_length_end(b, name, 1);
	blob_length_end(b, list, 2);
	blob_length_end(b, ext, 2);
}

static void extension_key_share(struct app_call *c, bool is_client)
{
	struct blob *b = &c->script->blob;

	blob_be16(b, 51);
	size_t ext = blob_length_begin(b, 2);
	if (is_client)
		blob_be16(b, 36);
	blob_be16(b, 0x001d);		/* x25519 */
	blob_be16(b, 32);
	blob_random(b, c->random, 32);
	blob_length_end(b, ext, 2);
}

/* RFC 9000 18.2: idle timeout, limits of data and of streams. */
static void extension_quic(struct blob *b)
{
	extension(b, 57, "\x01\x04\x80\x00\xea\x60\x04\x04\x80\x10\x00\x00"
		  "\x05\x04\x80\x08\x00\x00\x08\x01\x10", 21);
}

static void client_extensions(struct app_call *c, bool is_quic)
{
	struct blob *b = &c->script->blob;
	size_t at = blob_length_begin(b, 2);

	extension_sni(b, c->options->name);
	extension(b, 23, "", 0);				/* extended master secret */
	extension(b, 0xff01, "\x00", 1);			/* renegotiation info */
	extension(b, 10, "\x00\x06\x00\x1d\x00\x17\x00\x18", 8);	/* groups */
	extension(b, 11, "\x01\x00", 2);			/* point formats */
	extension(b, 35, "", 0);				/* session ticket */
	extension_alpn(b, is_quic && !*c->options->alpn ? "h3" : c->options->alpn);
	extension(b, 13, "\x00\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01",
		  18);
	if (c->options->tls == 13) {
		extension(b, 43, "\x04\x03\x04\x03\x03", 5);	/* versions 1.3, 1.2 */
		extension(b, 45, "\x01\x01", 2);		/* PSK modes */
		extension_key_share(c, true);
	}
	if (is_quic)
		extension_quic(b);
	blob_length_end(b, at, 2);
}

void app_tls_client_hello(struct app_call *c, bool is_quic)
{
	static const char suites[] =
		"\x13\x02\x13\x01\x13\x03\xc0\x2c\xc0\x2b\xc0\x30\xc0\x2f\xcc\xa9"
		"\xcc\xa8\xc0\x0a\xc0\x09\xc0\x14\xc0\x13\x00\x9d\x00\x9c";
	struct blob *b = &c->script->blob;
	size_t skip = c->options->tls == 13 ? 0 : 6;	/* 1.2 clients do not offer 1.3's suites */
	size_t session = c->options->tls == 13 && !is_quic ? 32 : 0;	/* RFC 9001 8.4: none */

	blob_u8(b, 1);
	size_t body = blob_length_begin(b, 3);
	blob_be16(b, 0x0303);
	blob_random(b, c->random, 32);
	blob_u8(b, (unsigned)session);
	blob_random(b, c->random, session);
	blob_be16(b, (unsigned)(sizeof(suites) - 1 - skip));
	blob_add(b, suites + skip, sizeof(suites) - 1 - skip);
	blob_be16(b, 0x0100);		/* no compression */
	client_extensions(c, is_quic);
	blob_length_end(b, body, 3);
}

static void client_hello(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	size_t record = record_begin(b, RECORD_HANDSHAKE);
	if (!b->is_failed)
		b->data[record - 3] = 0x01;	/* the first record says 1.0 */
	app_tls_client_hello(c, false);
	blob_length_end(b, record, 2);
	app_say(c, 0, mark);
}

void app_tls_server_hello(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	bool is_13 = c->options->tls == 13;

	blob_u8(b, 2);
	size_t body = blob_length_begin(b, 3);
	blob_be16(b, 0x0303);
	blob_random(b, c->random, 32);
	blob_u8(b, 32);
	blob_random(b, c->random, 32);
	blob_be16(b, is_13 ? 0x1302 : 0xc02b);
	blob_u8(b, 0);
	size_t ext = blob_length_begin(b, 2);
	if (is_13) {
		extension(b, 43, "\x03\x04", 2);
		extension_key_share(c, false);
	} else {
		extension(b, 0xff01, "\x00", 1);
		extension(b, 23, "", 0);
		extension(b, 11, "\x01\x00", 2);
		extension_alpn(b, c->options->alpn);
	}
	blob_length_end(b, ext, 2);
	blob_length_end(b, body, 3);
}

static void server_certificate(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	const char *name = *c->options->name ? c->options->name : "server.example";

	blob_u8(b, 11);
	size_t body = blob_length_begin(b, 3);
	size_t list = blob_length_begin(b, 3);
	size_t one = blob_length_begin(b, 3);
	if (c->options->certificate)
		app_certificate_own(b, c->random, c->options->certificate, c->start_ns);
	else
		app_certificate(b, c->random, name, c->start_ns);
	blob_length_end(b, one, 3);
	blob_length_end(b, list, 3);
	blob_length_end(b, body, 3);
}

static void handshake_12(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	size_t record = record_begin(b, RECORD_HANDSHAKE);
	app_tls_server_hello(c);
	server_certificate(c);
	/* ServerKeyExchange: named curve x25519, its point, an ECDSA signature. */
	blob_u8(b, 12);
	size_t body = blob_length_begin(b, 3);
	blob_add(b, "\x03\x00\x1d\x20", 4);
	blob_random(b, c->random, 32);
	blob_be16(b, 0x0403);
	size_t signature = blob_length_begin(b, 2);
	blob_random(b, c->random, 70);
	blob_length_end(b, signature, 2);
	blob_length_end(b, body, 3);
	blob_add(b, "\x0e\x00\x00\x00", 4);	/* ServerHelloDone */
	blob_length_end(b, record, 2);
	app_say(c, 1, mark);

	mark = script_mark(c->script);
	record = record_begin(b, RECORD_HANDSHAKE);
	blob_add(b, "\x10\x00\x00\x21\x20", 5);	/* ClientKeyExchange */
	blob_random(b, c->random, 32);
	blob_length_end(b, record, 2);
	record_ccs(b);
	record_noise(c, RECORD_HANDSHAKE, 40);	/* Finished, encrypted */
	app_say(c, 0, mark);

	mark = script_mark(c->script);
	record_ccs(b);
	record_noise(c, RECORD_HANDSHAKE, 40);
	app_say(c, 1, mark);
}

static void handshake_13(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	size_t record = record_begin(b, RECORD_HANDSHAKE);
	app_tls_server_hello(c);
	blob_length_end(b, record, 2);
	record_ccs(b);
	record_noise(c, RECORD_DATA, 32);	/* EncryptedExtensions */
	record_noise(c, RECORD_DATA, 1100);	/* Certificate */
	record_noise(c, RECORD_DATA, 281);	/* CertificateVerify */
	record_noise(c, RECORD_DATA, 69);	/* Finished */
	app_say(c, 1, mark);

	mark = script_mark(c->script);
	record_ccs(b);
	record_noise(c, RECORD_DATA, 69);
	app_say(c, 0, mark);
}

void app_tls_hello(struct app_call *c)
{
	client_hello(c);
	if (c->options->tls == 13)
		handshake_13(c);
	else
		handshake_12(c);
}

void app_tls_open(struct app_call *c)
{
	app_tls_hello(c);
}

/* --- certificate ------------------------------------------------------------------------------ */

enum { DER_BITS = 0x03, DER_OCTETS = 0x04, DER_OID = 0x06, DER_UTF8 = 0x0c, DER_UTC = 0x17,
	DER_SEQUENCE = 0x30, DER_SET = 0x31 };

static void der_bytes(struct blob *b, unsigned tag, const void *bytes, size_t n)
{
	size_t at = blob_der_begin(b, tag);

	blob_add(b, bytes, n);
	blob_der_end(b, at);
}

static void der_attribute(struct blob *b, const char *oid, const char *value)
{
	size_t set = blob_der_begin(b, DER_SET);
	size_t pair = blob_der_begin(b, DER_SEQUENCE);

	der_bytes(b, DER_OID, oid, 3);
	der_bytes(b, DER_UTF8, value, strlen(value));
	blob_der_end(b, pair);
	blob_der_end(b, set);
}

static void der_name(struct blob *b, const char *organization, const char *common_name)
{
	size_t at = blob_der_begin(b, DER_SEQUENCE);

	if (organization)
		der_attribute(b, "\x55\x04\x0a", organization);
	der_attribute(b, "\x55\x04\x03", common_name);
	blob_der_end(b, at);
}

static void der_time(struct blob *b, uint64_t ns)
{
	struct civil t = civil_from_seconds((int64_t)(ns / NS_PER_SEC));
	size_t at = blob_der_begin(b, DER_UTC);

	blob_format(b, "%02d%02d%02d%02d%02d%02dZ", t.year % 100, t.month, t.day, t.hour, t.minute,
		    t.second);
	blob_der_end(b, at);
}

static void der_ecdsa(struct blob *b)
{
	size_t at = blob_der_begin(b, DER_SEQUENCE);

	der_bytes(b, DER_OID, "\x2a\x86\x48\xce\x3d\x04\x03\x02", 8);
	blob_der_end(b, at);
}

static void der_public_key(struct blob *b, struct random *r)
{
	size_t key = blob_der_begin(b, DER_SEQUENCE);
	size_t algorithm = blob_der_begin(b, DER_SEQUENCE);

	der_bytes(b, DER_OID, "\x2a\x86\x48\xce\x3d\x02\x01", 7);
	der_bytes(b, DER_OID, "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8);
	blob_der_end(b, algorithm);
	size_t bits = blob_der_begin(b, DER_BITS);
	blob_be16(b, 0x0004);		/* no unused bits, uncompressed point */
	blob_random(b, r, 64);
	blob_der_end(b, bits);
	blob_der_end(b, key);
}

static void der_alternative_name(struct blob *b, const char *name)
{
	size_t outer = blob_der_begin(b, 0xa3);
	size_t extensions = blob_der_begin(b, DER_SEQUENCE);
	size_t one = blob_der_begin(b, DER_SEQUENCE);

	der_bytes(b, DER_OID, "\x55\x1d\x11", 3);
	size_t octets = blob_der_begin(b, DER_OCTETS);
	size_t names = blob_der_begin(b, DER_SEQUENCE);
	der_bytes(b, 0x82, name, strlen(name));
	blob_der_end(b, names);
	blob_der_end(b, octets);
	blob_der_end(b, one);
	blob_der_end(b, extensions);
	blob_der_end(b, outer);
}

/* A signature value: two 32-byte integers whose top bit is clear. */
static void der_signature(struct blob *b, struct random *r)
{
	size_t bits = blob_der_begin(b, DER_BITS);

	blob_u8(b, 0);
	size_t pair = blob_der_begin(b, DER_SEQUENCE);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t value[32];

		random_bytes(r, value, sizeof(value));
		value[0] = (uint8_t)((value[0] & 0x7f) | 0x40);
		der_bytes(b, 0x02, value, sizeof(value));
	}
	blob_der_end(b, pair);
	blob_der_end(b, bits);
}

static void certificate(struct blob *b, struct random *r, const char *name, bool is_own,
			uint64_t now_ns)
{
	const char *organization = is_own ? NULL : "Synthetic Example";
	uint64_t month = now_ns / (30 * NS_PER_DAY) * (30 * NS_PER_DAY);
	uint8_t serial[8];

	random_bytes(r, serial, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x01);
	size_t whole = blob_der_begin(b, DER_SEQUENCE);
	size_t signed_part = blob_der_begin(b, DER_SEQUENCE);
	blob_add(b, "\xa0\x03\x02\x01\x02", 5);		/* version 3 */
	der_bytes(b, 0x02, serial, sizeof(serial));
	der_ecdsa(b);
	der_name(b, organization, is_own ? name : "Synthetic Example CA");
	size_t validity = blob_der_begin(b, DER_SEQUENCE);
	der_time(b, month);
	der_time(b, month + 90 * NS_PER_DAY);
	blob_der_end(b, validity);
	der_name(b, organization, name);
	der_public_key(b, r);
	if (!is_own)
		der_alternative_name(b, name);
	blob_der_end(b, signed_part);
	der_ecdsa(b);
	der_signature(b, r);
	blob_der_end(b, whole);
}

void app_certificate(struct blob *b, struct random *r, const char *name, uint64_t now_ns)
{
	certificate(b, r, name, false, now_ns);
}

void app_certificate_own(struct blob *b, struct random *r, const char *name, uint64_t now_ns)
{
	certificate(b, r, name, true, now_ns);
}
