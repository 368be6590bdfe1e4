/* table.h - the bounded table of a shard's living flows.
 *
 *	index   [tag|no] [ 0 ] [tag|no] ...       open addressing, 4 bytes a slot, half full at most
 *	            |
 *	chunks  [ hot 0 | hot 1 | ... ][ cold 0 | cold 1 | ... ]    1 024 flows each, made on demand
 *	            |
 *	lists   oldest <-> ... <-> newest         one for each time-out class
 *
 * A flow is named by its number (1 .. max, 0: none), which is never an address: records do not
 * move, so a struct flow may be held until the flow is removed.
 *
 * Index.  A slot holds the number and, in the bits the number leaves free, the top bits of the
 * hash; so a probe that passes other flows' slots rarely touches their records.  Deletion shifts
 * back, there are no tombstones.  The hash is keyed by a seed an attacker does not know.  Nothing
 * that leaves this module depends on the layout: the lists are in the order of packets.
 *
 * Lists.  Each flow is in the list of its class (timeouts.h), in the order of last packets.  To
 * spare the packet path the moving, a flow is moved once a tick (2^30 ns, 1.07 s): within a tick
 * the order is that of the first packet in it.  Three things come out of them for nothing:
 *   - what a minute touched: the newest end of each list
 *   - what has expired: the oldest end of each list
 *   - whom to evict when the table is full: flow_table_oldest(), idle longest (to a tick)
 * Time given to flow_table_touch() must not go back.
 *
 * Layout.  The hot record is three cache lines: the first two are what a packet needs, the third
 * is touched once a minute.  The cold record is touched when a flow begins and ends, and by DPI.
 * What TCP needs when segments come out of order is in a third, optional record.  Memory: 256
 * bytes a flow, 8 for the index, 184 more for TCP with retransmissions or holes, for DNS, echo
 * and tunnels, and for what is mirrored from several VLANs; never returned before
 * flow_table_free().  No allocation once a number was used.
 *
 * Thread: the shard's worker.
 */
#ifndef NW_FLOW_TABLE_H
#define NW_FLOW_TABLE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "flow/carried.h"
#include "flow/facts.h"
#include "flow/places.h"
#include "flow/slice.h"
#include "flow/tcp.h"
#include "flow/timeouts.h"
#include "packet/packet.h"

#define FLOW_TABLE_MAX (1U << 26)	/* leaves 5 bits of a slot for the tag */
#define FLOW_TICK_SHIFT 30		/* a tick is 2^30 ns */
#define FLOW_CHUNK 1024			/* flows */

/* Indices [0] are client to server, [1] server to client. */
struct flow {
	/* Line 1: found by every packet. */
	struct flow_key key;
	uint32_t hash;
	uint64_t last_ns;
	uint8_t minute_tcp_flags[2];	/* OR of the minute's */
	uint8_t tcp_flags[2];		/* OR of the minutes before */
	uint32_t class : 3;		/* enum flow_class; FLOW_CLASSES: in no list yet */
	uint32_t client_is_b : 1;
	uint32_t client_how : 2;	/* enum flow_client */
	uint32_t is_opened : 1;		/* OPEN was emitted */
	uint32_t is_fixed : 1;		/* some event was emitted: the sides stay as they are */
	uint32_t heard : 2;		/* bit 0 the client, bit 1 the server */
	uint32_t fin : 2;		/* who has sent FIN */
	uint32_t has_rst : 1;
	uint32_t has_payload : 1;
	uint32_t is_dpi_done : 1;	/* nothing (more) to learn */
	uint32_t has_macs : 1;
	uint32_t is_started : 2;	/* struct tcp_side of either direction */
	uint32_t is_bare : 2;
	uint32_t has_isn : 2;
	uint32_t verdict : 3;		/* enum dpi_source */
	uint32_t is_dns : 1;		/* recognised by DPI */
	uint32_t light : 5;		/* enum dpi_light that later packets are asked for */
	/* Line 2: counted by every packet, emptied every minute. */
	uint64_t bytes[2];
	uint64_t payload[2];
	uint64_t packets[2];
	uint64_t minute_first_ns;
	uint32_t next[2];		/* TCP: struct tcp_side.next */
	/* Line 3: once a minute. */
	uint64_t total_bytes[2];	/* of the minutes before */
	uint64_t total_payload[2];
	uint64_t total_packets[2];
	uint64_t first_ns;
	uint32_t older, newer;		/* neighbours in the list; `older` links free records */
};
static_assert(sizeof(struct flow) == 192, "the hot record is three cache lines");

struct flow_cold {
	struct dpi_flow *dpi;		/* owned; NULL: none yet, or done */
	char *name;			/* owned, or NULL */
	uint32_t isn[2];		/* TCP: struct tcp_side.isn */
	uint32_t extra;			/* number of the struct flow_extra, 0: none */
	uint32_t rank;			/* carry.c: its place in the order of eviction */
	uint16_t master, app;
	uint8_t mac[2][6];		/* client, server */
	struct flow_facts *facts;	/* owned; NULL: nothing to tell */
	uint8_t ttl[2][2];		/* side a, side b of the key: lowest and highest; 0: none */
	uint8_t macs_by;		/* whose frame mac is of: 0 the client's, 1 the server's */
};
static_assert(sizeof(struct flow_cold) <= 64, "the cold record has grown");
static_assert(DPI_LIGHTS <= 32, "struct flow has 5 bits for it");

/* TCP that was seen out of order or twice; DNS; echo; tunnels; copies from another VLAN. */
struct flow_extra {
	uint64_t retrans[2];		/* of the minute */
	uint64_t total_retrans[2];	/* of the minutes before */
	uint64_t lost[2];		/* in all */
	uint64_t told_lost[2];		/* of them, in the slices so far */
	struct tcp_holes holes[2];
	struct dns_answer *answers;	/* of the minute, owned; NULL mostly */
	struct carried *carried;	/* likewise */
	struct echo_waiting *waiting;	/* owned; NULL: no echo */
	struct flow_places places;	/* mirrored from there too */
	struct packet_tunnel *tunnel;	/* slice.h; owned */
};

struct flow_chunk {
	struct flow hot[FLOW_CHUNK];
	struct flow_cold cold[FLOW_CHUNK];
};

struct flow_list {
	uint32_t oldest, newest;
};

struct flow_table {
	struct flow_chunk **chunks;
	uint32_t *index;
	uint32_t index_mask;		/* slots - 1 */
	uint32_t number_mask;		/* the bits of a slot that are the number */
	uint32_t max;			/* flows */
	uint32_t used;			/* flows alive */
	uint32_t made;			/* numbers ever used: 1 .. made */
	uint32_t free;			/* a removed flow's number, linked through `older` */
	uint64_t seed;
	struct flow_list lists[FLOW_CLASSES];
	struct flow_extra **extras;	/* chunks of them */
	uint32_t extras_made, extras_free;
};

/* max_flows: 1 .. FLOW_TABLE_MAX.  0, -EINVAL or -ENOMEM.  The first chunk is made here, so that
 * there is always a flow to evict when memory is short. */
int flow_table_new(size_t max_flows, uint64_t seed, struct flow_table **ret_table);
/* The owner has freed what the flows own.  NULL is fine. */
void flow_table_free(struct flow_table *t);

uint32_t flow_table_hash(const struct flow_table *t, const struct flow_key *key);
uint32_t flow_table_find(const struct flow_table *t, const struct flow_key *key, uint32_t hash);
/* A new flow, zeroed but for key and hash, in no list.  The key must not be there.  0: the table
 * is full, or there is no memory for it to grow: evict, then ask again. */
uint32_t flow_table_add(struct flow_table *t, const struct flow_key *key, uint32_t hash);
void flow_table_remove(struct flow_table *t, uint32_t no);

/* Sets class and last_ns and keeps the lists in order. */
void flow_table_touch(struct flow_table *t, uint32_t no, enum flow_class class, uint64_t now_ns);
/* The flow idle longest of all, 0: none.  Equal stamps: the lower class. */
uint32_t flow_table_oldest(const struct flow_table *t);

/* The optional record; made (zeroed) when the flow has none.  NULL: no memory. */
struct flow_extra *flow_table_need_extra(struct flow_table *t, uint32_t no);

size_t flow_table_bytes(const struct flow_table *t);	/* what is allocated now */

static inline struct flow *flow_table_flow(const struct flow_table *t, uint32_t no)
{
	return &t->chunks[(no - 1) / FLOW_CHUNK]->hot[(no - 1) % FLOW_CHUNK];
}

static inline struct flow_cold *flow_table_cold(const struct flow_table *t, uint32_t no)
{
	return &t->chunks[(no - 1) / FLOW_CHUNK]->cold[(no - 1) % FLOW_CHUNK];
}

/* Hints for a batch: first the slots, then the records they lead to (returns the number, very
 * likely the flow's, or 0), then the neighbours these will be unlinked from.  They change
 * nothing. */
static inline void flow_table_prefetch_index(const struct flow_table *t, uint32_t hash)
{
	__builtin_prefetch(&t->index[hash & t->index_mask]);
}
uint32_t flow_table_prefetch_flow(const struct flow_table *t, uint32_t hash);
void flow_table_prefetch_neighbours(const struct flow_table *t, uint32_t no);

/* The optional record, or NULL. */
struct flow_extra *flow_table_extra(const struct flow_table *t, uint32_t no);

#endif
