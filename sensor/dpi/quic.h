/* quic.h - the ClientHello out of QUIC's Initial packets (private to the room).
 *
 * Initial packets are encrypted with keys that follow from the connection id that the client chose
 * (RFC 9001 5.2): whoever sees the packet can read it, and only who knows the version's salt.
 * Versions 1 (RFC 9000) and 2 (RFC 9369), and the drafts 23 to 34.
 *
 * The client may cut its hello into CRYPTO frames of any size, in any order, over several
 * datagrams; they are put together in QUIC_HELLO_MAX bytes with a map of which are there.  After
 * the server's first answer the client writes another destination id, but the keys stay those of
 * the first; after a Retry they change with the id (RFC 9001 5.2): each packet is tried with the
 * first id, then with its own.
 *
 * A packet that authenticates is QUIC beyond doubt.  Cost: per Initial packet four or eight HMACs
 * and one AES-GCM over at most QUIC_PACKET_MAX bytes, some 10 us; a flow is shown few packets
 * (dpi.h).  Memory: sizeof(struct quic), counted with the heads of names.h.  Thread: the engine's.
 */
#ifndef NW_DPI_QUIC_H
#define NW_DPI_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUIC_HELLO_MAX 4096
#define QUIC_PACKET_MAX 4096
#define QUIC_ID_MAX 20
#define QUIC_COALESCED_MAX 4		/* packets of a datagram that are looked at */

struct quic {				/* zeroed: nothing seen */
	uint8_t id[QUIC_ID_MAX];	/* the client's first destination id */
	uint8_t id_len;
	bool has_id;
	uint8_t hello[QUIC_HELLO_MAX];
	uint8_t there[QUIC_HELLO_MAX / 8];
};

/* Could this datagram hold an Initial packet of a version known here?  Cheap. */
bool quic_is_initial(const uint8_t *bytes, size_t len);
/* Reads the client's Initial packets in a datagram.  true: at least one authenticated. */
bool quic_datagram(struct quic *q, const uint8_t *bytes, size_t len);
/* How much of the hello is there from its start on; *ret_whole: all of it. */
size_t quic_hello(const struct quic *q, bool *ret_whole);

#endif
