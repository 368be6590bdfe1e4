/* fuzz_quic.c - any bytes as QUIC datagrams, and any frames in an Initial packet that
 * authenticates.
 *
 * First byte 0: the rest is a datagram as it is.  1: the rest is the plain text of an Initial
 * packet
 * which is sealed here with the keys of its connection id, so that the frames and the hello behind
 * the cipher are reached.  2: the same cut into two packets.  Checked: what is there of a hello is
 * bounded, nothing that was put together is lost again, fingerprints are ended texts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dpi/quic.h"
#include "dpi/tls.h"
#include "synth/quic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)
#define HEADER 22
#define PLAIN_MAX 3000

static const uint8_t id[8] = { 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08 };

static void read_hello(const struct quic *q)
{
	struct names_found found = { .name = "" };
	bool is_whole;
	size_t len = quic_hello(q, &is_whole);

	ENSURE(len <= QUIC_HELLO_MAX);
	tls_read_client(q->hello, len, is_whole, 'q', &found);
	ENSURE(strnlen(found.name, sizeof(found.name)) < sizeof(found.name));
	ENSURE(strnlen(found.alpn, sizeof(found.alpn)) < sizeof(found.alpn));
	ENSURE(strlen(found.ja3) == 0 || strlen(found.ja3) == DPI_JA3_MAX - 1);
	ENSURE(strlen(found.ja4) == 0 || strlen(found.ja4) == DPI_JA4_MAX - 1);
	ENSURE(is_whole || !found.ja4[0]);
}

static void seal_and_read(struct quic *q, const uint8_t *plain, size_t len)
{
	uint8_t packet[HEADER + PLAIN_MAX + QUIC_TAG_LEN + 4];
	size_t padded = len < 4 ? 4 : len, length = padded + QUIC_PN_LEN + QUIC_TAG_LEN, before;
	struct quic_keys k;
	bool is_whole;

	memset(packet, 0, sizeof(packet));
	memcpy(packet, "\xc3\0\0\0\1\x08", 6);
	memcpy(packet + 6, id, 8);
	packet[16] = (uint8_t)(0x40 | length >> 8);
	packet[17] = (uint8_t)length;
	packet[21] = 2;
	memcpy(packet + HEADER, plain, len);
	ENSURE(quic_initial_keys(id, sizeof(id), 0, &k));
	ENSURE(quic_seal(&k, packet, HEADER, padded));
	before = quic_hello(q, &is_whole);
	ENSURE(quic_datagram(q, packet, HEADER + padded + QUIC_TAG_LEN));
	ENSURE(is_whole || quic_hello(q, &is_whole) >= before);
	read_hello(q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct quic *q = calloc(1, sizeof(*q));
	size_t half;

	ENSURE(q);
	if (size < 2 || size > PLAIN_MAX)
		goto out;
	half = data[0] % 3 == 2 ? (size - 1) / 2 : 0;
	if (data[0] % 3 == 0) {
		if (quic_datagram(q, data + 1, size - 1))
			ENSURE(quic_is_initial(data + 1, size - 1) || q->has_id);
		read_hello(q);
		goto out;
	}
	if (half)
		seal_and_read(q, data + 1, half);
	seal_and_read(q, data + 1 + half, size - 1 - half);
out:
	free(q);
	return 0;
}
