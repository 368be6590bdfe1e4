/* fuzz_carry.c - hostile packed flows and claims into a shard, which then goes on with packets of
 * theirs.
 *
 * An input is two bytes and then a row of records, each behind its length:
 *
 *	0	bit 0: packets come after the import
 *	1	steps of capture time afterwards, in quarters of a minute
 *
 *	0-1	length of the record, without its CRC, which is computed here: only a writer of the
 *		state could, and what is behind it must hold without
 *
 * Checked: flows in are flows out, a taken flow is packed into the same bytes again and again, and
 * no flow opens or closes twice, and every claim comes out once.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/bytes.h"
#include "flow/claim.h"
#include "flow/image.h"
#include "flow/shard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)
#define ROOM 5			/* flows of a table */
#define RECORDS_MAX 32
#define CHECK_BYTES 4

struct row {
	uint8_t *bytes;
	size_t len;
};

struct rows {
	struct row row[RECORDS_MAX];
	size_t n;
};

struct tally {
	uint64_t opens, closes, claims;
};

static void count_event(void *arg, struct slice *e)
{
	struct tally *t = arg;

	t->opens += e->kind == SLICE_OPEN;
	t->closes += e->kind == SLICE_CLOSE;
	t->claims += e->kind == SLICE_CLAIM;
	ENSURE(e->minute_ns % SLICE_NS == 0);
	slice_clear(e);
}

static void keep_row(void *arg, const void *key, size_t key_len, const void *value,
		     size_t value_len)
{
	struct rows *r = arg;

	ENSURE(key_len == FLOW_IMAGE_KEY_BYTES && value_len > key_len);
	ENSURE(!memcmp(key, (const uint8_t *)value + FLOW_IMAGE_KEY_OFFSET, key_len));
	ENSURE(r->n < RECORDS_MAX);
	r->row[r->n].bytes = malloc(value_len);
	if (!r->row[r->n].bytes)
		abort();
	memcpy(r->row[r->n].bytes, value, value_len);
	r->row[r->n++].len = value_len;
}

static void clear_rows(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->row[i].bytes);
	r->n = 0;
}

static struct shard *new_shard(const struct shard_config *cfg, struct tally *t)
{
	struct shard *s;

	if (shard_new(cfg, count_event, t, &s))
		abort();
	return s;
}

/* Each record of the input with its CRC, in a buffer of exactly its size. */
static void read_rows(struct cursor *c, struct rows *r)
{
	while (c->left > 2 && r->n < RECORDS_MAX) {
		size_t len = cursor_be16(c);
		uint8_t *bytes;
		uint32_t check;

		if (len > c->left)
			len = c->left;
		bytes = malloc(len + CHECK_BYTES);
		if (!bytes)
			abort();
		memcpy(bytes, cursor_take(c, len), len);
		check = (uint32_t)crc32(0, bytes, (uInt)len);
		for (unsigned i = 0; i < CHECK_BYTES; i++)
			bytes[len + i] = (uint8_t)(check >> 8 * i);
		r->row[r->n++] = (struct row){ bytes, len + CHECK_BYTES };
	}
}

/* In and out changes nothing but the ranks, and those only once. */
static void check_round_trip(const struct row *row, const struct shard_config *cfg)
{
	struct tally t = { 0 };
	struct rows once = { .n = 0 }, twice = { .n = 0 };
	struct shard *s = new_shard(cfg, &t);

	if (shard_import(s, row->bytes, row->len)) {
		shard_export(s, keep_row, &once);
		ENSURE(once.n == 1);
		ENSURE(shard_import(s, once.row[0].bytes, once.row[0].len));
		shard_export(s, keep_row, &twice);
		ENSURE(twice.n == 1 && twice.row[0].len == once.row[0].len);
		ENSURE(!memcmp(once.row[0].bytes, twice.row[0].bytes, once.row[0].len));
	}
	ENSURE(t.opens == 0 && t.closes == 0 && t.claims == 0);
	clear_rows(&once);
	clear_rows(&twice);
	shard_free(s);
}

/* A packet of the flow in a row, or of none where it is not good. */
static struct packet packet_of(const struct row *row, unsigned n)
{
	struct flow_key key = { .ip_version = 4 };
	struct packet p;

	if (!claims_is_row(row->bytes, row->len))
		flow_image_unpack_key(row->bytes, row->len, &key);
	p = (struct packet){
		.src = n & 1 ? key.a : key.b, .dst = n & 1 ? key.b : key.a,
		.sport = n & 1 ? key.a_port : key.b_port, .dport = n & 1 ? key.b_port : key.a_port,
		.tap = key.tap, .ip_version = key.ip_version, .proto = key.proto,
		.tcp_flags = (uint8_t)(n * 37), .seq = n * 0x01234567, .payload_len = n * 11 % 1400,
		.ip_len = 40 + n * 11 % 1400, .has_macs = true,
	};
	for (unsigned i = 0; i < 2 && key.vlan[i] != 0xffff; i++)
		p.vlan[p.vlans++] = key.vlan[i];
	return p;
}

static void go_on(struct shard *s, const struct rows *r, unsigned step)
{
	uint64_t at_ns = 0;

	for (unsigned n = 0; r->n && n < 3 * r->n; n++) {
		struct packet p = packet_of(&r->row[n % r->n], n);

		p.ts_ns = at_ns;
		shard_packet(s, &p, PACKET_OK);
		at_ns += SLICE_NS / 4 * step;
	}
	shard_mark(s, at_ns);
	shard_mark(s, UINT64_MAX / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	struct shard_config cfg = { .max_flows = ROOM };
	uint8_t how = cursor_u8(&c), step = cursor_u8(&c);
	struct tally t = { 0 };
	struct rows in = { .n = 0 };
	const struct shard_counters *counters;
	struct shard *s = new_shard(&cfg, &t);
	uint64_t taken = 0, claims = 0;

	read_rows(&c, &in);
	for (size_t i = 0; i < in.n; i++) {
		unsigned number;

		check_round_trip(&in.row[i], &cfg);
		if (shard_of_packed(in.row[i].bytes, in.row[i].len, 7, &number))
			ENSURE(number < 7);
		if (!shard_import(s, in.row[i].bytes, in.row[i].len))
			continue;
		if (claims_is_row(in.row[i].bytes, in.row[i].len))
			claims++;
		else
			taken++;
	}
	if (how & 1)
		go_on(s, &in, step);
	shard_finish(s);
	counters = shard_counters(s);
	ENSURE(counters->flows_imported == taken);
	ENSURE(t.closes == taken + counters->flows_opened);
	ENSURE(t.claims == claims);
	ENSURE(t.opens >= counters->flows_opened && t.opens <= t.closes);
	clear_rows(&in);
	shard_free(s);
	return 0;
}
