/* wire.h - frames: Ethernet, 802.1Q, IPv4/IPv6, TCP, UDP, ICMP, and whole ones of apps_link.c.
 *
 * A frame has a true length (in its headers and in the record's original length) and the part of it
 * that is captured.  Bulk frames are as long as GRO makes them and cut after a few bytes; checksums
 * are right when the whole frame is captured, and treat what was cut off as zeros otherwise.
 * Pure functions over a caller's buffer; one thread.
 */
#ifndef NW_SYNTH_WIRE_H
#define NW_SYNTH_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"

#define WIRE_CAPTURE_MAX 65700		/* the longest frame there can be, fully captured */
#define WIRE_HEADERS_MAX 78		/* Ethernet, one tag, IPv6, TCP without options */

enum wire_flag {
	WIRE_FIN = 0x01, WIRE_SYN = 0x02, WIRE_RST = 0x04, WIRE_PSH = 0x08, WIRE_ACK = 0x10
};

struct wire_end {
	struct addr addr;
	uint8_t mac[6];
	uint16_t port;
	uint8_t ttl;			/* as seen at the tap */
	uint16_t ip_id;			/* of the next IPv4 packet this end sends */
};

struct wire_path {
	struct wire_end end[2];		/* 0 the client, 1 the server */
	uint16_t vlan;			/* 0: no tag */
};

struct wire_frame {
	uint8_t bytes[WIRE_CAPTURE_MAX];
	uint32_t caplen, wirelen;
	uint32_t ip_len;		/* IP header to the end of the datagram; or 0 */
};

/* What goes into a frame: the first `captured` bytes of `len`. */
struct wire_payload {
	const uint8_t *bytes;
	uint32_t captured, len;
};

struct wire_tcp {
	uint32_t seq, ack;
	uint16_t window;
	uint16_t mss;			/* of a SYN's option */
	uint8_t flags;
};

/* Bytes of headers before the payload of a packet of this transport (without TCP options). */
uint32_t wire_headers_len(const struct wire_path *path, uint32_t transport_len);
/* The frame that end `side` sends to the other; advances its ip_id. */
void wire_tcp(struct wire_frame *f, struct wire_path *path, unsigned side,
	      const struct wire_tcp *tcp, const struct wire_payload *payload);
void wire_udp(struct wire_frame *f, struct wire_path *path, unsigned side,
	      const struct wire_payload *payload);
/* Echo request from the client, echo reply from the server, in the family of the addresses. */
void wire_echo(struct wire_frame *f, struct wire_path *path, unsigned side, uint16_t seq,
	       const struct wire_payload *payload);
/* The payload is a frame without tag: gets that of the path, and is padded to the shortest one. */
void wire_frame(struct wire_frame *f, const struct wire_path *path,
		const struct wire_payload *payload);
/* Cuts the captured part to limit bytes. */
void wire_cut(struct wire_frame *f, uint32_t limit);

#endif
