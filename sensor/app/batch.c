/* batch.c - see batch.h. */
#include "app/batch.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_FIRST 256

struct packet_batch *packet_batch_new(void)
{
	struct packet_batch *b = malloc(sizeof(*b)); /* the arena is not touched before its use */

	if (!b)
		return NULL;
	b->n = b->used = 0;
	b->mark_ns = 0;
	b->is_end = false;
	return b;
}

bool packet_batch_add(struct packet_batch *b, const struct packet *p, enum packet_status status,
		      unsigned shard, bool with_bytes)
{
	uint32_t len = with_bytes ? p->caplen : 0;
	struct packet *copy;

	if (b->n == BATCH_PACKETS || len > BATCH_ARENA - b->used)
		return false;
	copy = &b->packets[b->n];
	*copy = *p;
	if (with_bytes) {
		copy->bytes = b->arena + b->used;
		memcpy(b->arena + b->used, p->bytes, len);
		b->used += len;
	}
	b->status[b->n] = status;
	b->shard[b->n++] = (uint16_t)shard;
	return true;
}

struct event_batch *event_batch_new(void)
{
	return calloc(1, sizeof(struct event_batch));
}

void event_batch_free(struct event_batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		slice_clear(&b->events[i]);
	free(b->events);
	free(b);
}

void event_batch_add(struct event_batch *b, struct slice *s)
{
	if (b->n == b->capacity) {
		size_t more = b->capacity ? 2 * b->capacity : EVENTS_FIRST;
		struct slice *events = realloc(b->events, more * sizeof(*events));

		if (!events) {
			b->is_short = true;
			slice_clear(s);
			return;
		}
		b->events = events;
		b->capacity = more;
	}
	b->events[b->n++] = *s;
}
