/* bound.c - nDPI with nothing around it: our reader and decoder, a flat table of flows, and nDPI on
 * the first ten packets of each.  No slices, no detectors, no output, no time-outs: what a sensor
 * that uses nDPI cannot be faster than, unless it asks nDPI less.  usage: bound CAPTURE
 *
 * The table holds a flow for ever and is made for FLOWS_MAX of them.  Prints packets and flows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "capture/source.h"
#include "dpi/dpi.h"
#include "packet/packet.h"

#define FLOWS_MAX (1U << 22)
#define SEED 0x626f756e64ULL

struct key {
	struct addr a, b;
	uint16_t a_port, b_port;
	uint8_t proto, zero[3];
};

struct entry {
	struct key key;
	struct dpi_flow *dpi;
	uint64_t packets, bytes;
	bool is_done, is_used;
};

static struct entry *table;
static struct dpi_engine *engine;
static uint64_t packets, flows, undecoded;

static struct key key_of(const struct packet *p)
{
	int order = memcmp(&p->src, &p->dst, sizeof(p->src));
	bool is_a = order ? order < 0 : p->sport <= p->dport;

	return (struct key){ .a = is_a ? p->src : p->dst, .b = is_a ? p->dst : p->src,
			     .a_port = is_a ? p->sport : p->dport,
			     .b_port = is_a ? p->dport : p->sport, .proto = p->proto };
}

static struct entry *find(const struct key *k)
{
	size_t at = hash_bytes(k, sizeof(*k), SEED) & (FLOWS_MAX - 1);

	while (table[at].is_used && memcmp(&table[at].key, k, sizeof(*k)))
		at = (at + 1) & (FLOWS_MAX - 1);
	if (!table[at].is_used && flows < FLOWS_MAX - 1) {
		table[at].is_used = true;
		table[at].key = *k;
		flows++;
	}
	return &table[at];
}

static void take(const struct packet *p)
{
	struct key k = key_of(p);
	struct entry *e = find(&k);
	struct dpi_verdict verdict;

	e->packets++;
	e->bytes += p->wirelen;
	if (e->is_done || !p->payload_len)
		return;
	if (!e->dpi)
		e->dpi = dpi_flow_new(engine);
	if (e->dpi && !dpi_flow_feed(engine, e->dpi, p, &verdict))
		return;
	if (e->dpi)
		dpi_flow_free(engine, e->dpi);
	e->dpi = NULL;
	e->is_done = true;
}

/* Reads on; false: the source is broken. */
static bool run(struct source *source)
{
	struct frame frames[64];
	struct packet p;
	int got;

	while ((got = source_read(source, frames, 64)) > 0) {
		packets += (uint64_t)got;
		for (int i = 0; i < got; i++) {
			if (packet_decode(&frames[i], &p) == PACKET_OK)
				take(&p);
			else
				undecoded++;
		}
	}
	return got == SOURCE_END;
}

int main(int argc, char **argv)
{
	struct source *source;
	const char *path = argc == 2 ? argv[1] : NULL;
	bool is_ok;

	if (!path) {
		fputs("usage: bound CAPTURE\n", stderr);
		return 2;
	}
	table = calloc(FLOWS_MAX, sizeof(*table));
	if (!table || dpi_engine_new(&engine) ||
	    files_source_open(&(struct files_config){ .paths = &path, .n_paths = 1 }, &source))
		return 1;
	is_ok = run(source);
	source_free(source);
	printf("%" PRIu64 " packets, %" PRIu64 " undecoded, %" PRIu64 " flows\n", packets,
	       undecoded, flows);
	return !is_ok;
}
