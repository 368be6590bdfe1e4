/* slice.h - what leaves the packet path: events of flows, one aligned minute at a time.
 *
 * OPEN   the DPI verdict is there, or will not come (budget, or the flow's second minute boundary)
 * SLICE  what one flow did in one minute of capture time
 * CLOSE  the flow's end, with its totals
 * CLAIM  of no flow: what somebody on a link said in that minute about who holds an address,
 *        routes or hands out leases.  claim.h says how it is in the fields of this struct; such an
 *        event owns nothing
 *
 * Analysis takes events in the order of slice_compare(): minute, id, OPEN < SLICE < CLOSE < CLAIM.
 * Events of one flow never go backwards in time.  Sides: 0 is the client, 1 the server, fixed at
 * the flow's first event; "up" is client to server.
 * Ownership: an event is made by a shard and given to the analysis, which frees it.
 */
#ifndef NW_FLOW_SLICE_H
#define NW_FLOW_SLICE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "dpi/dpi.h"

#define SLICE_NS (60 * 1000000000ULL)
#define SLICE_ANSWERS_MAX 16		/* of one flow and minute; more are counted by the shard */

/* Canonical: (addr, port) of side a <= side b, so both directions give the same key.  ICMP: the
 * ports are the type and the type that answers it (community_id.h); a one-way type keeps its
 * sender as side a, with type and code as ports. */
struct flow_key {
	struct addr a, b;
	uint16_t a_port, b_port;
	uint16_t vlan[2];		/* 0xffff: none */
	uint16_t tap;
	uint8_t proto, ip_version;
};

struct flow_id {
	uint64_t first_ns;
	struct flow_key key;
};

int flow_key_compare(const struct flow_key *a, const struct flow_key *b);
int flow_id_compare(const struct flow_id *a, const struct flow_id *b);

enum slice_kind { SLICE_OPEN, SLICE_SLICE, SLICE_CLOSE, SLICE_CLAIM };	/* kept in the state */

enum flow_end {
	FLOW_END_FIN, FLOW_END_RST, FLOW_END_IDLE, FLOW_END_EVICTED, FLOW_END_INPUT, FLOW_ENDS
};
const char *flow_end_name(enum flow_end e);	/* "fin" "rst" "idle" "evicted" "input" */

/* How the client side was decided; the first is the surest. */
enum flow_client {
	FLOW_CLIENT_SYN, FLOW_CLIENT_SYNACK, FLOW_CLIENT_PORT, FLOW_CLIENT_FIRST, FLOW_CLIENTS
};
const char *flow_client_name(enum flow_client c);	/* "syn" "synack" "port" "first" */

struct flow_sums {			/* [0] client to server, [1] server to client */
	uint64_t bytes[2];		/* IP bytes by the headers: IP header to end of datagram */
	uint64_t payload[2];		/* of the transport, by the headers; not retransmissions */
	uint64_t packets[2];
	uint64_t retrans[2];		/* TCP payload bytes seen again */
	uint64_t lost[2];		/* TCP payload bytes that the sequence numbers miss and that
					 * nobody sent again; SLICE: given up for lost in it */
};

struct carried;
struct packet_tunnel;
struct flow_facts;

/* An address that DNS gave the client for the name it asked for. */
struct dns_answer {
	struct dns_answer *next;
	struct addr addr;
	char name[];			/* in the form of dpi_verdict.name */
};

struct slice {
	enum slice_kind kind;
	bool client_is_b;		/* which side of the key is the client */
	enum flow_client client_how;
	enum flow_end end;		/* CLOSE */
	uint8_t tcp_flags[2];		/* OR per direction; SLICE: of the minute */
	bool is_answered;		/* both directions carried packets, so far */
	uint64_t minute_ns;		/* aligned start of the minute */
	uint64_t first_ns, last_ns;	/* SLICE: packets of the minute; CLOSE: of the flow */
	struct flow_id id;
	struct flow_sums sums;		/* SLICE: the minute's; CLOSE: the flow's; OPEN: zero */
	uint8_t mac[2][6];		/* client, server; zero where the link has none */
	uint8_t macs_by;		/* they are of a frame of the client's (0): the server's is
					 * where it was sent to; or of the server's (1) */
	uint16_t master, app;		/* what is known so far, in events of every kind */
	enum dpi_source verdict;
	char *name;			/* as far as known: NUL-ended raw bytes, or NULL.  Owned */
	/* SLICE: what DNS answered the client in the minute, each pair of name and address once,
	 * in the order of packets; NULL for nearly all.  Owned, all of the list.  A connection
	 * that follows from an answer in the same minute comes after it: its flow id is later. */
	struct dns_answer *answers;
	uint8_t light;			/* enum dpi_light: what we read ourselves, whatever master
					 * and app say; 0: nothing, or nothing else is kept */
	uint8_t acts[2];		/* sets of enum dpi_act; SLICE: of the minute.  What each
					 * side asked for */
	uint8_t ttl[2][2];		/* lowest and highest so far, client and server; 0: none */
	struct flow_facts *facts;	/* CLOSE; [0] is the client.  Owned, or NULL */
	/* SLICE: what DNS questions and echoes carried (carried.h); NULL for nearly all.  Owned. */
	struct carried *carried;
	/* CLOSE: what the flow's packets came through: the tunnel of the first one that had one,
	 * src being the client's side.  Later ones are not kept, on purpose: ids differ by
	 * direction (packet.h), and a tunnel that moves is not hidden by this, because what is
	 * around a tunnel is a flow of its own, with its own ends, times and sums.  Owned. */
	struct packet_tunnel *tunnel;
};

int slice_compare(const struct slice *a, const struct slice *b);
void slice_clear(struct slice *s);	/* frees what it owns */

static inline const struct addr *slice_client(const struct slice *s)
{
	return s->client_is_b ? &s->id.key.b : &s->id.key.a;
}

static inline const struct addr *slice_server(const struct slice *s)
{
	return s->client_is_b ? &s->id.key.a : &s->id.key.b;
}

static inline uint16_t slice_client_port(const struct slice *s)
{
	return s->client_is_b ? s->id.key.b_port : s->id.key.a_port;
}

static inline uint16_t slice_server_port(const struct slice *s)
{
	return s->client_is_b ? s->id.key.a_port : s->id.key.b_port;
}

#endif
