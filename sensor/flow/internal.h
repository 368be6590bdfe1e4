/* internal.h - what shard.c, update.c, events.c and carry.c share; nobody else includes it. */
#ifndef NW_FLOW_INTERNAL_H
#define NW_FLOW_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "dpi/dpi.h"
#include "flow/claim.h"
#include "flow/duplicates.h"
#include "flow/places.h"
#include "flow/shard.h"
#include "flow/table.h"
#include "packet/fragments.h"
#include "packet/packet.h"

struct shard {
	struct flow_table *table;
	struct fragments *fragments;
	struct duplicates *duplicates;	/* NULL: every packet counts */
	struct places *places;		/* NULL with it */
	struct claims *claims;		/* made when first needed */
	uint64_t claims_lost;		/* for want of memory for that */
	struct dpi_engine *engine;	/* likewise */
	bool with_dpi;			/* wanted, and not found to be impossible */
	uint64_t minute_ns;		/* start of the current minute: the last mark */
	uint64_t now_ns;		/* the newest stamp, at least minute_ns */
	uint32_t unopened;		/* flows whose OPEN is still to come */
	uint32_t undecided;		/* flows that hold DPI state */
	uint32_t imports;		/* carry.c: flows taken back and not in their lists yet */
	bool has_clock;			/* carry.c: by what was imported */
	const struct file_types *files, *files_then;	/* shard_config */
	struct carried_rules carried;	/* is_full as of the last packet of that kind */
	uint32_t carried_held;		/* by living flows */
	uint32_t facts_held;		/* likewise */
	shard_emit_fn emit;
	void *emit_arg;
	struct shard_counters counters;
};

struct flow_sender {
	bool is_b;			/* side b of the key sent the packet */
	bool is_first;			/* it is the flow's first packet */
};

/* update.c: counts p, at s->now_ns, into the flow and shows it to DPI. */
void flow_update(struct shard *s, uint32_t no, const struct packet *p, struct flow_sender sender);
/* The time-out class, from what was seen of the flow. */
enum flow_class flow_class_of(const struct flow *f);
/* FLOW_END_FIN or FLOW_END_RST, for a flow of the class FLOW_TCP_ENDED. */
enum flow_end flow_how_ended(const struct flow *f);

/* events.c */
void flow_emit_open(struct shard *s, uint32_t no, uint64_t minute_ns);
/* The current minute's SLICE, when the flow did anything in it; moves its sums to the totals. */
void flow_emit_slice(struct shard *s, uint32_t no);
/* The events still to come, CLOSE in the minute given, and away. */
void flow_close(struct shard *s, uint32_t no, enum flow_end end, uint64_t minute_ns);
/* Keeps what DPI found and lets go of its state; verdict may be NULL: nothing was found. */
void flow_keep_verdict(struct shard *s, uint32_t no, const struct dpi_verdict *verdict);
/* The same with the best that DPI can say now.  false: it holds no state, nothing was done. */
bool flow_give_up(struct shard *s, uint32_t no);
void flow_release(struct shard *s, uint32_t no);	/* frees what the records own */

/* carry.c: puts what was imported into its lists; before anything else looks at them. */
void flow_settle_imports(struct shard *s);

#endif
