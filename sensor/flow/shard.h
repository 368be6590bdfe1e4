/* shard.h - one shard: its flow table, reassembly and DPI engine, and what they emit.
 *
 * The (innermost) address pair is hashed onto a fixed number of shards, so that both directions
 * and all fragments of a conversation meet in one, and results do not depend on the number of
 * workers.  A shard is a plain single-threaded object: packets and marks in, events out.
 * Thread: the worker that serves it.  Memory: bounded by shard_config; the table evicts the flow
 * idle longest when full (counted, its CLOSE says "evicted").
 */
#ifndef NW_FLOW_SHARD_H
#define NW_FLOW_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "flow/carried.h"
#include "flow/slice.h"
#include "packet/packet.h"

struct shard;

struct shard_config {
	size_t max_flows;		/* per shard; 0: 65 536 */
	size_t max_datagrams;		/* fragments held; 0: 256 */
	bool with_dpi;			/* false: no engine is made (tests, benches) */
	bool with_duplicates;		/* what is mirrored twice counts once (duplicates.h) */
	uint64_t hash_seed;		/* 0: hash_secret(); results do not depend on it */
	struct carried_rules carried;	/* results do depend on them */
	/* The operator's file types, now and in the run that the connections come from; borrowed;
	 * NULL: none. */
	const struct file_types *files, *files_then;
};

/* Every packet given to shard_packet() ends in exactly one place:
 *
 *	packets = duplicates + flow_packets + bad_reassembled + fragments_bad + fragments_overlap +
 *		  fragments_duplicate + fragments_timeout + fragments_evicted + fragments_held +
 *		  fragments_carriers
 *
 * The fragments of a completed datagram are packets of the flow the datagram belongs to, each
 * with its own IP bytes, at the time of the fragment that completed it (a datagram that the
 * reader has put together counts as that many packets given); so flow_packets is also the sum of
 * sums.packets over all SLICE events (and, after shard_finish(), over all CLOSE events).  Where
 * flows are carried from run to run this holds for the runs together, not for each. Fragments
 * still held when the input ends, by shard_finish() or shard_export(), are lost: their datagrams
 * count in no flow, they stay counted as fragments_held. */
struct shard_counters {
	uint64_t packets;		/* given */
	uint64_t flow_packets;		/* counted into a flow, merged fragments included */
	uint64_t carriers;		/* of them: packet_carrier(), beside what is within */
	uint64_t duplicates;		/* copies of packets seen before, fragments included */
	uint64_t duplicates_other_way;	/* of them: other VLANs, MACs or tap than the first */
	uint64_t duplicates_forgotten;	/* packets whose copies could not be known, for space */
	uint64_t places_forgotten;	/* flows whose other VLANs were forgotten (places.h) */
	uint64_t fragments;		/* given with PACKET_FRAGMENT, but for copies */
	uint64_t fragments_merged;	/* of them: in flow_packets or bad_reassembled */
	uint64_t fragments_bad, fragments_overlap, fragments_duplicate;
	uint64_t fragments_timeout, fragments_evicted, fragments_held;
	uint64_t fragments_carriers;	/* merged into tunnels: fragments.h */
	uint64_t datagrams;		/* reassembled */
	uint64_t bad_reassembled;	/* fragments of datagrams whose transport is malformed */
	uint64_t late_packets;		/* stamped before the newest or the last mark */
	uint64_t flows_opened, flows_evicted;
	uint64_t flows_idle, flows_fin, flows_rst, flows_input;	/* how they closed */
	uint64_t dpi_packets;		/* shown to the DPI engine */
	uint64_t dpi_unavailable;	/* flows that got no DPI state */
	uint64_t dns_answers;		/* kept for SLICE events (slice.h) */
	uint64_t dns_answers_beyond;	/* more than SLICE_ANSWERS_MAX, or no memory */
	uint64_t carried_beyond;	/* names or payloads left out: carried.h */
	uint64_t tcp_retrans_bytes;
	uint64_t tcp_lost_bytes;	/* of closed flows */
	uint64_t tcp_resyncs;		/* tcp.h: sequence numbers that jumped */
	uint64_t tcp_late_segments;	/* out of order: brought payload that was missing */
	uint64_t tcp_zero_windows;	/* segments that say: send nothing more (not SYN, RST) */
	uint64_t tcp_went_on;		/* FIN or RST whose sender went on sending (update.c) */
	/* Of TCP flows closed; a flow can be in two of them. */
	uint64_t flows_half_open;	/* SYN without any answer */
	uint64_t flows_refused;		/* SYN, answered by RST */
	uint64_t flows_midstream;	/* no SYN of either side was seen */
	uint64_t flows_one_sided;	/* one direction only, and more than SYN */
	uint64_t flows_imported;	/* opened + imported = closed + exported + lost + living */
	uint64_t flows_exported;
	uint64_t flows_lost;		/* for want of memory at export */
	uint64_t facts_beyond;		/* flows whose facts (facts.h) found no place */
	uint64_t names_beyond;		/* dpi_names_beyond() */
	uint64_t dpi_silent;		/* flows that gave their DPI state back: shard_mark() */
	uint64_t arp;			/* given with PACKET_ARP: not in packets */
	uint64_t claims;		/* messages that made one (claim.h), ARP among them */
	uint64_t claims_beyond;		/* left out: above CLAIMS_MAX in a minute, or no memory */
};

/* Takes the event's contents (a struct slice to be moved from *s).  Called on the worker's
 * thread. */
typedef void (*shard_emit_fn)(void *arg, struct slice *s);

/* Which of n shards an address pair belongs to; the same for both directions.  The place is that
 * for any n: which of 2^32. */
uint32_t shard_place(const struct addr *a, const struct addr *b);
unsigned shard_of(const struct addr *a, const struct addr *b, unsigned n_shards);

/* 0, -ENOMEM, or -EINVAL for a bound out of range. */
int shard_new(const struct shard_config *cfg, shard_emit_fn emit, void *emit_arg,
	      struct shard **ret_shard);
void shard_free(struct shard *s);

/* p: decoded with PACKET_OK, PACKET_FRAGMENT or PACKET_ARP (after claim_prepare()), in the order of
 * time.  A stamp behind the last mark or packet is taken for it (counted); one beyond the current
 * minute acts as a mark first. */
void shard_packet(struct shard *s, const struct packet *p, enum packet_status status);
/* The same as shard_packet() for each item in turn, and faster when there are many flows. */
struct shard_item {
	const struct packet *packet;
	enum packet_status status;
};
void shard_packets(struct shard *s, const struct shard_item *items, size_t n);
/* Capture time has reached boundary_ns, a multiple of SLICE_NS: emits the SLICE events of minutes
 * before it and closes what has been idle too long (timeouts.h).  A CLOSE by idleness falls into
 * the minute before the first boundary at which the time-out had passed; so a mark that jumps
 * many minutes gives the same events as marks minute by minute.  Cost: flows touched in the last
 * two minutes, and flows closed. A flow that DPI has not recognised, whose OPEN was emitted (with
 * this mark at the latest) and that was silent for the whole minute that is over, gives its DPI
 * state back (dpi_silent): silent flows do not hold that memory until they close.  What can be
 * said by then, a guess as a rule, goes into its later events; its later packets are not shown to
 * DPI.  A flow without payload so far has no state and goes on waiting for it. */
void shard_mark(struct shard *s, uint64_t boundary_ns);
/* End of input: emits what is left and closes every flow, with FLOW_END_INPUT unless it had ended
 * by FIN or RST already. */
void shard_finish(struct shard *s);
/* --- connections that outlive a run (DESIGN "State and records commit together") ------------- */

/* Ends the input without closing: hands each living flow, packed, to put (in the order of flow
 * ids), and the claims of the running minute (claim.h); its key is the packed flow key.  NO event
 * is emitted, no SLICE and no CLOSE: the sums of
 * the running minute are packed with the flow and go on in the next run, so that a capture cut in
 * the middle of a minute gives the same events as the whole.  The shard has no flows afterwards.
 *
 * Only fragments held (above), what DPI has in hand and the packets that copies are told by (of the
 * last tenth of a second: duplicates.h) do not go on.  A flow that DPI has seen
 * payload of and not recognised yet is given up, with the verdict so far, and is not shown to DPI
 * again; one without payload so far loses nothing.  So a cut can change, with DPI and only then,
 *   - of flows given up: verdict, master, app, name and answers in events after the cut; and OPEN,
 *     which comes with the next packet or at the second boundary.  The sides are fixed with it, so
 *     a SYN that comes still later no longer turns them
 *   - what nDPI remembers of other flows (DPI_CACHE) and its pool (dpi_unavailable): the next run's
 *     engine starts without
 */
typedef void (*shard_flow_fn)(void *arg, const void *key, size_t key_len, const void *value,
			      size_t value_len);
void shard_export(struct shard *s, shard_flow_fn put, void *arg);
/* Takes back one flow, before the first packet or mark, in any order.  Its shard is
 * shard_of_packed().  The shard's clock goes on too: time-outs run from the flow's last packet,
 * and a stamp behind the newest one of the last run is late (a shard without flows starts anew).
 * Lists are as they were, to the place within a tick, so that evictions go on without
 * interruption.  When the table is full the flow idle longest is evicted as ever, whatever the
 * order: its events come out of this call.  false: malformed, of another minute than those
 * before, its key is there already, or no memory. */
bool shard_import(struct shard *s, const void *value, size_t value_len);
bool shard_of_packed(const void *value, size_t value_len, unsigned n_shards, unsigned *ret_shard);

/* A snapshot, valid until the next call on s. */
const struct shard_counters *shard_counters(struct shard *s);

#endif
