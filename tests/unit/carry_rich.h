/* carry_rich.h - one flow with everything that a row can have, and what a shard makes of such
 * bytes; for test_carry.c and test_carry_versions.c. */
#ifndef NW_TESTS_CARRY_RICH_H
#define NW_TESTS_CARRY_RICH_H

#include <zlib.h>
#include "carry_world.h"

static inline struct kept export_all(struct world *w)
{
	struct kept k = { 0 };

	shard_export(w->shard, keep_row, &k);
	end(w);
	return k;
}

static inline bool import(struct world *w, const struct kept *k, size_t i)
{
	return shard_import(w->shard, k->rows[i].bytes, k->rows[i].len);
}

/* A TCP flow with a name, holes and a running minute; rows[0]. */
static inline struct kept make_rich(void)
{
	struct world w;
	struct talk t = talk_tls("images.vendor.example");
	struct packet p;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	handshake(&w, 10 * SEC);
	memcpy(frames[0] + FRAME, t.pieces[0].bytes, t.pieces[0].len);
	p = tcp_packet(11 * SEC, PACKET_ACK, 1001, 0);
	set_payload(&p, 0);
	give(&w, p);
	mark(&w, 1 * MIN);
	tcp_up(&w, 70 * SEC, PACKET_ACK, 9000, 100);
	tcp_up(&w, 71 * SEC, PACKET_ACK, 12000, 100);
	tcp_up(&w, 72 * SEC, PACKET_ACK, 9050, 50);
	tcp_down(&w, 73 * SEC, PACKET_ACK, 6001, 50);
	EQUAL_TEXT(event(&w, SLICE_OPEN, 0)->name, "images.vendor.example");
	return export_all(&w);
}

static inline void set_check(uint8_t *bytes, size_t len)
{
	uint32_t check = (uint32_t)crc32(0, bytes, (uInt)(len - 4));

	for (int i = 0; i < 4; i++)
		bytes[len - 4 + (size_t)i] = (uint8_t)(check >> 8 * i);
}

/* Taken or not: what the shard says afterwards adds up.  Returns whether it was taken. */
static inline bool try_damaged(const uint8_t *bytes, size_t len)
{
	const struct shard_counters *c;
	struct world w;
	bool is_taken;

	begin_plain(&w);
	is_taken = shard_import(w.shard, bytes, len);
	EQUAL_INT(shard_counters(w.shard)->flows_imported, is_taken);
	tcp_up(&w, 75 * SEC, PACKET_ACK, 9050, 3000);
	tcp_down(&w, 76 * SEC, PACKET_ACK, 6050, 50);
	mark(&w, 3 * MIN);
	tcp_up(&w, 4 * MIN, PACKET_SYN, 77, 0);
	mark(&w, 200 * MIN);
	shard_finish(w.shard);
	c = shard_counters(w.shard);
	EQUAL_INT(count(&w, SLICE_CLOSE), c->flows_opened + is_taken);
	end(&w);
	return is_taken;
}

#endif
