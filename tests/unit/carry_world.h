/* carry_world.h - several shards fed as the pipeline feeds them, in one run or cut into several,
 * with the flows carried between; what they are fed with, and events compared. */
#ifndef NW_TESTS_CARRY_WORLD_H
#define NW_TESTS_CARRY_WORLD_H

#include "dpi_samples.h"
#include "flow/internal.h"
#include "packet_build.h"
#include "shard_world.h"
#include "tap.h"

#define SHARDS 3

struct item {
	struct packet packet;
	enum packet_status status;
	bool is_whole;		/* a run may end before it */
};

/* What export has handed out. */
struct kept {
	struct { uint8_t *bytes; size_t len; } *rows;
	size_t n, cap;
};

struct play {
	struct world all;		/* events of all shards; all.shard is not used */
	struct shard *shards[SHARDS];
	struct shard_config cfg;
	struct kept kept;
	struct shard_counters sum;	/* of all runs */
	struct flow_id *given_up;	/* flows in the hands of DPI at a cut */
	size_t n_given_up;
	uint64_t minute_ns;
	unsigned runs;
};

static inline void keep_row(void *arg, const void *key, size_t key_len, const void *value,
			    size_t value_len)
{
	struct kept *k = arg;

	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 64;
		k->rows = realloc(k->rows, k->cap * sizeof(*k->rows));
	}
	CU_ASSERT_EQUAL(key_len, 44);
	CU_ASSERT_FALSE(memcmp(key, (const uint8_t *)value + 1, 44));
	k->rows[k->n].bytes = malloc(value_len);	/* exact: a read beyond it shows */
	k->rows[k->n].len = value_len;
	memcpy(k->rows[k->n++].bytes, value, value_len);
}

static inline void kept_clear(struct kept *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->rows[i].bytes);
	free(k->rows);
	*k = (struct kept){ 0 };
}

static inline void kept_shuffle(struct kept *k)
{
	for (size_t i = k->n; i > 1; i--) {
		size_t j = (size_t)rand() % i;
		uint8_t *bytes = k->rows[j].bytes;
		size_t len = k->rows[j].len;

		k->rows[j] = k->rows[i - 1];
		k->rows[i - 1].bytes = bytes;
		k->rows[i - 1].len = len;
	}
}

static inline void play_begin_run(struct play *p)
{
	unsigned number, wrong = 0;

	p->cfg.hash_seed = 1 + p->runs++;
	for (unsigned i = 0; i < SHARDS; i++)
		if (shard_new(&p->cfg, keep, &p->all, &p->shards[i]))
			abort();
	kept_shuffle(&p->kept);
	for (size_t i = 0; i < p->kept.n; i++)
		wrong += !shard_of_packed(p->kept.rows[i].bytes, p->kept.rows[i].len, SHARDS,
					  &number) ||
			 !shard_import(p->shards[number], p->kept.rows[i].bytes,
				       p->kept.rows[i].len);
	CU_ASSERT_EQUAL(wrong, 0);
	kept_clear(&p->kept);
}

static inline void play_item(struct play *p, const struct item *item)
{
	uint64_t minute_ns = item->packet.ts_ns - item->packet.ts_ns % MIN;

	if (minute_ns > p->minute_ns) {
		p->minute_ns = minute_ns;
		for (unsigned i = 0; i < SHARDS; i++)
			shard_mark(p->shards[i], minute_ns);
	}
	shard_packet(p->shards[shard_of(&item->packet.src, &item->packet.dst, SHARDS)],
		     &item->packet, item->status);
}

static inline void note_given_up(struct play *p, const struct shard *s)
{
	for (uint32_t no = 1; no <= s->table->made; no++) {
		const struct flow *f = flow_table_flow(s->table, no);

		if (f->hash != flow_table_hash(s->table, &f->key) ||
		    flow_table_find(s->table, &f->key, f->hash) != no ||
		    !flow_table_cold(s->table, no)->dpi)
			continue;
		p->given_up = realloc(p->given_up, (p->n_given_up + 1) * sizeof(*p->given_up));
		p->given_up[p->n_given_up++] = (struct flow_id){ f->first_ns, f->key };
	}
}

static inline void play_end_run(struct play *p, bool is_last)
{
	for (unsigned i = 0; i < SHARDS; i++) {
		const uint64_t *one;
		uint64_t *sum = (uint64_t *)&p->sum;
		size_t before = p->all.n;

		if (is_last) {
			shard_finish(p->shards[i]);
		} else {
			note_given_up(p, p->shards[i]);
			shard_export(p->shards[i], keep_row, &p->kept);
			CU_ASSERT_EQUAL(p->all.n, before);	/* it says nothing */
		}
		one = (const uint64_t *)shard_counters(p->shards[i]);
		for (size_t k = 0; k < sizeof(p->sum) / sizeof(*sum); k++)
			sum[k] += one[k];
		shard_free(p->shards[i]);
	}
}

static inline int by_slice(const void *a, const void *b)
{
	return slice_compare(a, b);
}

/* Plays the items, cut before those at the positions given (rising, 0 excluded). */
static inline void play(struct play *p, const struct item *items, size_t n, const size_t *cuts,
			size_t n_cuts)
{
	size_t cut = 0;

	play_begin_run(p);
	for (size_t i = 0; i < n; i++) {
		if (cut < n_cuts && cuts[cut] == i) {
			cut++;
			play_end_run(p, false);
			play_begin_run(p);
		}
		play_item(p, &items[i]);
	}
	play_end_run(p, true);
	qsort(p->all.events, p->all.n, sizeof(struct slice), by_slice);
}

static inline void play_clear(struct play *p)
{
	for (size_t i = 0; i < p->all.n; i++)
		slice_clear(&p->all.events[i]);
	free(p->all.events);
	free(p->given_up);
	kept_clear(&p->kept);
}

/* --- packets --------------------------------------------------------------------------------- */

enum { TALKS = 7, FRAME = 54 };

static uint8_t frames[2 * TALKS][FRAME + SAMPLE_MAX];	/* beginnings of talks, as payload */
static uint32_t frame_payload[2 * TALKS];
static uint8_t fragments[2][3][128];

static inline void make_frames(void)
{
	const struct talk talks[TALKS] = {
		talk_tls("images.vendor.example"), talk_http("www.museum.example"),
		talk_dns("mail.museum.example"), talk_ssh(), talk_modbus(),
		talk_noise(IP_TCP, 9999), talk_noise(IP_UDP, 9999),
	};

	for (size_t i = 0; i < 2 * TALKS; i++) {
		const struct piece *piece = &talks[i / 2].pieces[i % talks[i / 2].n];

		memcpy(frames[i] + FRAME, piece->bytes, piece->len);
		frame_payload[i] = (uint32_t)piece->len;
	}
}

static inline void set_payload(struct packet *p, unsigned frame)
{
	p->bytes = frames[frame];
	p->payload_len = frame_payload[frame];
	p->caplen = p->wirelen = FRAME + p->payload_len;
	p->ip_len = p->payload_len + 40;
}

/* Half of a UDP datagram of its own flow (packet_build.h). */
static inline struct item fragment_item(uint64_t ts_ns, unsigned variant, bool is_second)
{
	struct build b = { 0 };
	struct item item = { .is_whole = !is_second };
	struct frame frame;

	put_ethernet(&b, 0x0800);
	put_ipv4_options(&b, IP_UDP, 20 + 32, is_second ? 4 : 0x2000, 0);
	put16(&b, 40000 + variant);
	put16(&b, 9999);
	put16(&b, 64);
	put_fill(&b, 0, 26);
	memcpy(fragments[is_second][variant], b.bytes, b.len);
	frame = (struct frame){ .ts_ns = ts_ns, .bytes = fragments[is_second][variant],
				.caplen = b.len, .wirelen = b.len, .link = 1 };
	item.status = packet_decode(&frame, &item.packet);
	if (item.status != PACKET_FRAGMENT)
		abort();
	return item;
}

/* --- comparison ------------------------------------------------------------------------------ */

static inline bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static inline bool same_answers(const struct dns_answer *a, const struct dns_answer *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!addr_equal(&a->addr, &b->addr) || strcmp(a->name, b->name))
			return false;
	return a == b;
}

static inline bool same_sums(const struct slice *a, const struct slice *b)
{
	return !memcmp(&a->sums, &b->sums, sizeof(a->sums)) && a->first_ns == b->first_ns &&
	       a->last_ns == b->last_ns && a->tcp_flags[0] == b->tcp_flags[0] &&
	       a->tcp_flags[1] == b->tcp_flags[1] && a->is_answered == b->is_answered;
}

/* But for who is the client and what DPI says. */
static inline bool same_but_dpi(const struct slice *a, const struct slice *b)
{
	return !slice_compare(a, b) && same_sums(a, b) &&
	       (a->kind != SLICE_CLOSE || a->end == b->end) && !memcmp(a->mac, b->mac, 12);
}

static inline bool same_event(const struct slice *a, const struct slice *b)
{
	return same_but_dpi(a, b) && a->client_is_b == b->client_is_b &&
	       a->client_how == b->client_how && a->master == b->master && a->app == b->app &&
	       a->verdict == b->verdict && same_text(a->name, b->name) &&
	       same_answers(a->answers, b->answers);
}

static inline void expect_same_events(const struct world *a, const struct world *b)
{
	EQUAL_INT(b->n, a->n);
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (!same_event(&a->events[i], &b->events[i])) {
			EQUAL_INT(i, -1);
			break;
		}
}

#endif
