/* batch.h - what travels in the pipeline's rings: packets to workers, events to the analysis. */
#ifndef NW_APP_BATCH_H
#define NW_APP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "flow/slice.h"
#include "packet/packet.h"

#define BATCH_PACKETS 64
#define BATCH_COPY_MAX (66 * 1024) /* bytes of one packet that a shard can need: an IP datagram */
#define BATCH_ARENA (3 * BATCH_COPY_MAX)

struct packet_batch {
	uint32_t n;
	bool is_end;			/* after these packets: finish */
	uint64_t mark_ns;		/* after these packets: this boundary; 0 none */
	struct packet packets[BATCH_PACKETS];
	enum packet_status status[BATCH_PACKETS];
	uint16_t shard[BATCH_PACKETS];
	uint32_t used;			/* of arena */
	uint8_t arena[BATCH_ARENA];
};

struct packet_batch *packet_batch_new(void);		/* NULL: no memory.  free() ends it */
/* Adds the packet; with_bytes: its bytes are copied into the arena, else borrowed.  false: no room.
 */
bool packet_batch_add(struct packet_batch *b, const struct packet *p, enum packet_status status,
		      unsigned shard, bool with_bytes);

struct event_batch {
	struct slice *events;
	size_t n, capacity;
	uint64_t mark_ns;		/* capture time reached */
	bool is_end;
	bool is_short;			/* memory ran out: events are missing */
};

struct event_batch *event_batch_new(void);
void event_batch_free(struct event_batch *b);		/* clears the events it still has */
void event_batch_add(struct event_batch *b, struct slice *s);	/* moves *s */

#endif
