/* quic.h - protection of QUIC version 1 Initial packets (RFC 9001 5), by libcrypto.
 *
 * Initial keys come from the connection id that the client chose, so every observer can open these
 * packets, and DPI does: a made-up payload would be taken for damage.  What follows them is noise.
 * Pure; any thread.
 */
#ifndef NW_SYNTH_QUIC_H
#define NW_SYNTH_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUIC_CID_LEN 8
/* The connection id both ends use after the first packet, so that bulk needs no memory of it. */
#define QUIC_CID 0x21, 0x4e, 0x57, 0x51, 0x55, 0x49, 0x43, 0x01
#define QUIC_TAG_LEN 16
#define QUIC_PN_LEN 4			/* packet numbers in headers made here */

struct quic_keys {
	uint8_t key[16], iv[12], hp[16];
};

/* side 0: the client's packets.  false: libcrypto failed. */
bool quic_initial_keys(const uint8_t *dcid, size_t n, unsigned side, struct quic_keys *ret_keys);

/* One packet in place: header_len bytes of header whose last QUIC_PN_LEN are the packet number,
 * then payload_len bytes of plain text, then room for QUIC_TAG_LEN.  false: libcrypto failed. */
bool quic_seal(const struct quic_keys *k, uint8_t *packet, size_t header_len, size_t payload_len);

#endif
