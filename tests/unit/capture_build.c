/* capture_build.c - see capture_build.h.  A test that cannot get memory or a file just ends. */
#include "capture_build.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/hash.h"

static char scratch[256];

static void *must(void *p)
{
	if (!p) {
		perror("test");
		exit(99);
	}
	return p;
}

void build_put(struct build *b, const void *bytes, size_t n)
{
	while (b->len + n > b->cap) {
		b->cap = b->cap ? b->cap * 2 : 1024;
		b->bytes = must(realloc(b->bytes, b->cap));
	}
	if (n)
		memcpy(b->bytes + b->len, bytes, n);
	b->len += n;
}

void build_zero(struct build *b, size_t n)
{
	static const uint8_t zeros[4096];

	for (; n > sizeof(zeros); n -= sizeof(zeros))
		build_put(b, zeros, sizeof(zeros));
	build_put(b, zeros, n);
}

void build_u16(struct build *b, uint16_t v)
{
	uint8_t le[2] = { (uint8_t)v, (uint8_t)(v >> 8) };
	uint8_t be[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	build_put(b, b->is_big ? be : le, 2);
}

void build_u32(struct build *b, uint32_t v)
{
	build_u16(b, (uint16_t)(b->is_big ? v >> 16 : v));
	build_u16(b, (uint16_t)(b->is_big ? v : v >> 16));
}

void build_clear(struct build *b)
{
	free(b->bytes);
	*b = (struct build){ 0 };
}

void build_pcap_header(struct build *b, uint32_t magic, uint16_t minor, uint32_t link)
{
	build_u32(b, magic);
	build_u16(b, 2);
	build_u16(b, minor);
	build_zero(b, 8);
	build_u32(b, 65535);
	build_u32(b, link);
}

/* The id is always in network order, whatever the file's. */
static void put_id(struct build *b, uint32_t id)
{
	uint8_t be[4] = { (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8),
			  (uint8_t)id };

	build_put(b, be, 4);
	build_zero(b, 12);
}

void build_pcap_record(struct build *b, uint32_t seconds, uint32_t part, uint32_t id)
{
	build_u32(b, seconds);
	build_u32(b, part);
	build_u32(b, 16);
	build_u32(b, 60);
	put_id(b, id);
}

void build_ng_block(struct build *b, uint32_t type, const void *body, size_t len)
{
	uint32_t total = (uint32_t)(12 + (len + 3) / 4 * 4);

	build_u32(b, type);
	build_u32(b, total);
	build_put(b, body, len);
	build_zero(b, total - 12 - len);
	build_u32(b, total);
}

void build_ng_section(struct build *b)
{
	build_u32(b, 0x0a0d0d0a);
	build_u32(b, 28);
	build_u32(b, 0x1a2b3c4d);
	build_u16(b, 1);
	build_u16(b, 0);
	build_u32(b, 0xffffffff);
	build_u32(b, 0xffffffff);
	build_u32(b, 28);
}

void build_ng_interface(struct build *b, uint16_t link, uint32_t snaplen, uint8_t resolution,
			int64_t offset)
{
	struct build body = { .is_big = b->is_big };
	uint32_t high = (uint32_t)((uint64_t)offset >> 32), low = (uint32_t)offset;

	build_u16(&body, link);
	build_u16(&body, 0);
	build_u32(&body, snaplen);
	build_u16(&body, 2);		/* if_name, to be walked over */
	build_u16(&body, 5);
	build_put(&body, "left0\0\0", 8);
	if (resolution) {
		build_u16(&body, 9);
		build_u16(&body, 1);
		build_put(&body, &resolution, 1);
		build_zero(&body, 3);
	}
	if (offset) {
		build_u16(&body, 14);
		build_u16(&body, 8);
		build_u32(&body, b->is_big ? high : low);
		build_u32(&body, b->is_big ? low : high);
	}
	build_zero(&body, 4);
	build_ng_block(b, 1, body.bytes, body.len);
	build_clear(&body);
}

void build_ng_packet(struct build *b, uint32_t interface, uint64_t units, uint32_t id)
{
	struct build body = { .is_big = b->is_big };

	build_u32(&body, interface);
	build_u32(&body, (uint32_t)(units >> 32));
	build_u32(&body, (uint32_t)units);
	build_u32(&body, 16);
	build_u32(&body, 60);
	put_id(&body, id);
	build_u16(&body, 1);		/* a comment */
	build_u16(&body, 2);
	build_put(&body, "hi\0", 4);
	build_zero(&body, 4);
	build_ng_block(b, 6, body.bytes, body.len);
	build_clear(&body);
}

/* --- files ----------------------------------------------------------------------------------- */

const char *scratch_open(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(scratch, sizeof(scratch), "%s/nw-capture-XXXXXX", tmp ? tmp : "/tmp");
	return must(mkdtemp(scratch));
}

void scratch_close(void)
{
	char *roots[] = { scratch, NULL };
	FTS *fts = must(fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL));
	FTSENT *e;

	while ((e = fts_read(fts)))
		if (e->fts_info != FTS_D)
			remove(e->fts_accpath);
	fts_close(fts);
}

const char *scratch_path(const char *name)
{
	static char paths[16][512];
	static unsigned at;
	char *path = paths[at++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}

void scratch_write(const char *name, const void *bytes, size_t len)
{
	FILE *f = must(fopen(scratch_path(name), "wb"));

	if (fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
		must(NULL);
}

/* --- sources --------------------------------------------------------------------------------- */

static void take_frame(struct taken *t, const struct frame *f)
{
	if ((t->n & (t->n - 1)) == 0) {
		size_t slots = t->n ? t->n * 2 : 1;

		t->frames = must(realloc(t->frames, slots * sizeof(t->frames[0])));
		t->ids = must(realloc(t->ids, slots * sizeof(t->ids[0])));
	}
	t->ids[t->n] = f->caplen >= 4 ? net_get32(f->bytes) : 0;
	t->frames[t->n] = *f;
	t->frames[t->n++].bytes = NULL;
}

static void take_inputs(const struct source *s, struct taken *t)
{
	t->n_inputs = source_inputs(s);
	for (size_t i = 0; i < t->n_inputs && i < 64; i++) {
		t->inputs[i] = *source_input(s, i);
		if (t->inputs[i].damage)
			snprintf(t->damage[i], sizeof(t->damage[i]), "%s", t->inputs[i].damage);
	}
}

void take_config(const struct files_config *cfg, size_t batch, struct taken *ret_taken)
{
	struct frame frames[256];
	struct source *s;
	struct taken t = { 0 };

	t.end = files_source_open(cfg, &s);
	*ret_taken = t;
	if (t.end)
		return;
	while ((t.end = source_read(s, frames, batch)) > 0)
		for (int i = 0; i < t.end; i++)
			take_frame(&t, &frames[i]);
	t.counters = *source_counters(s);
	take_inputs(s, &t);
	source_free(s);
	*ret_taken = t;
}

void take_paths(const char *const *paths, size_t n, struct taken *ret_taken)
{
	struct files_config cfg = { .paths = paths, .n_paths = n };

	take_config(&cfg, 256, ret_taken);
}

void take_bytes(const struct build *b, struct taken *ret_taken)
{
	const char *path = scratch_path("one");

	scratch_write("one", b->bytes, b->len);
	take_paths(&path, 1, ret_taken);
}

void taken_clear(struct taken *t)
{
	free(t->frames);
	free(t->ids);
	*t = (struct taken){ 0 };
}

uint64_t test_random(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15ULL;
	return hash_mix(*state);
}
