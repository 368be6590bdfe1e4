/* capfile.c - opening capture files, and the window of contiguous bytes that both formats parse in.
 *
 * The window is the unused rest of one block.  When a record does not fit into that rest, the
 * rest (half a packet, usually) moves to the front of the next block and read(2) fills up behind
 * it; if no frame points into the old block any more, it is itself the next one.
 */
#include "capture/capfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"
#include "capture/bytestream.h"
#include "capture/capfile_internal.h"

#define SMALL_BLOCK_BYTES 4096	/* files smaller than a block get a block of their size */

/* --- the window ------------------------------------------------------------------------------ */

static bool renew_block(struct capfile *f, size_t n)
{
	size_t left = f->end - f->at;
	size_t size = n > f->block_bytes ? n : f->block_bytes;
	struct block *b = f->block;

	if (b && b->refs == 1 && b->size >= n) {
		memmove(b->data, b->data + f->at, left);
	} else {
		b = block_take(f->pool, size, f->account);
		if (!b)
			return false;
		if (left)
			memcpy(b->data, f->block->data + f->at, left);
		block_unref(f->block);
		f->block = b;
	}
	f->base += f->at;
	f->at = 0;
	f->end = left;
	return true;
}

const uint8_t *capfile_refill(struct capfile *f, size_t n)
{
	if (f->is_over)
		return NULL;
	if (!renew_block(f, n)) {
		capfile_fail(f, "not read on from byte %llu: out of memory",
			     (unsigned long long)capfile_offset(f));
		return NULL;
	}
	while (f->end < n) {
		ssize_t got = bytestream_read(f->bytes, f->block->data + f->end,
					      f->block->size - f->end);

		if (got <= 0)
			return NULL;
		f->end += (size_t)got;
	}
	return f->block->data;
}

bool capfile_skip(struct capfile *f, uint64_t n)
{
	for (;;) {
		size_t have = f->end - f->at;

		if (n <= have) {
			f->at += (size_t)n;
			return true;
		}
		f->at = f->end;
		n -= have;
		if (!capfile_need(f, 1))
			return false;
	}
}

/* --- how a file ends ------------------------------------------------------------------------- */

/* phrase has CAPFILE_PHRASE_MAX bytes.  The first of its kind is the one that matters. */
static void set_phrase(const struct capfile *f, char *phrase, const char *fmt, va_list ap)
{
	size_t len;

	if (phrase[0])
		return;
	vsnprintf(phrase, CAPFILE_PHRASE_MAX, fmt, ap);
	len = strlen(phrase);
	if (bytestream_is_compressed(f->bytes))
		text_format(phrase + len, CAPFILE_PHRASE_MAX - len, " (decompressed)");
}

void capfile_fail(struct capfile *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_phrase(f, f->failure, fmt, ap);
	va_end(ap);
	f->is_over = true;
}

void capfile_flaw(struct capfile *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_phrase(f, f->flaw, fmt, ap);
	va_end(ap);
	f->skipped++;
}

void capfile_end(struct capfile *f)
{
	unsigned long long record = f->records + 1, at = f->base + f->end;
	const char *why = bytestream_damage(f->bytes);
	bool is_inside = f->end > f->at;

	f->is_over = true;
	if (why && is_inside)
		capfile_fail(f, "%s; it ends inside record %llu at byte %llu", why, record, at);
	else if (why)
		capfile_fail(f, "%s; it ends after record %llu at byte %llu", why, record - 1,
			     at);
	else if (is_inside)
		capfile_fail(f, "cut inside record %llu at byte %llu", record, at);
}

/* --- opening --------------------------------------------------------------------------------- */

static const char *guess_format(const struct capfile *f, const uint8_t *head, size_t n)
{
	if (n == 0)
		return bytestream_damage(f->bytes) ? "a damaged compressed file" : "an empty file";
	if (n >= 4 && memcmp(head, "PK\x03\x04", 4) == 0)
		return "a zip archive (unpack it first)";
	if (n >= 4 && memcmp(head, "\x04\x22\x4d\x18", 4) == 0)
		return "an lz4 file, which is not read here (unpack it first)";
	if (n >= 6 && memcmp(head, "\xfd" "7zXZ", 5) == 0)
		return "an xz file, which is not read here (unpack it first)";
	if (n >= 3 && memcmp(head, "BZh", 3) == 0)
		return "a bzip2 file, which is not read here (unpack it first)";
	if (n >= 8 && memcmp(head, "snoop\0\0", 7) == 0)
		return "a snoop capture, which is not read here";
	return NULL;
}

static int recognise(struct capfile *f, const char **ret_why)
{
	if (pcap_file_start(f) || pcapng_file_start(f))
		return 0;
	if (ret_why) {
		const char *why = guess_format(f, f->block ? f->block->data + f->at : NULL,
					       f->end - f->at);

		*ret_why = why ? why : "neither pcap nor pcapng";
	}
	return ERR_FORMAT;
}

static int open_bytes(struct bytestream *bytes, struct block_pool *pool, size_t *account,
		      struct capfile **ret_file, const char **ret_why)
{
	struct capfile *f = calloc(1, sizeof(*f));
	uint64_t size = bytestream_size(bytes);
	int err = -ENOMEM;

	if (!f) {
		bytestream_close(bytes);
		return err;
	}
	f->bytes = bytes;
	f->pool = pool;
	f->account = account;
	f->block_bytes = BLOCK_BYTES;
	if (size < BLOCK_BYTES && !bytestream_is_compressed(bytes))
		f->block_bytes = size < SMALL_BLOCK_BYTES ? SMALL_BLOCK_BYTES : (size_t)size;
	err = recognise(f, ret_why);
	if (err)
		goto out;
	*ret_file = steal(&f);
out:
	capfile_close(f);
	return err;
}

int capfile_open(const char *path, struct block_pool *pool, size_t *account,
		 struct capfile **ret_file, const char **ret_why)
{
	struct bytestream *bytes;
	int err = bytestream_open(path, &bytes);

	if (err)
		return err;
	return open_bytes(bytes, pool, account, ret_file, ret_why);
}

int capfile_open_memory(const void *data, size_t len, struct block_pool *pool, size_t *account,
			struct capfile **ret_file)
{
	struct bytestream *bytes;
	int err = bytestream_open_memory(data, len, &bytes);

	if (err)
		return err;
	return open_bytes(bytes, pool, account, ret_file, NULL);
}

void capfile_close(struct capfile *f)
{
	if (!f)
		return;
	pcapng_file_stop(f);
	block_unref(f->block);
	bytestream_close(f->bytes);
	free(f);
}

/* --- reading --------------------------------------------------------------------------------- */

size_t capfile_read(struct capfile *f, struct held *frames, size_t max)
{
	return f->is_over ? 0 : f->read(f, frames, max);
}

const char *capfile_damage(struct capfile *f)
{
	const char *link = f->failure[0] ? "; " : "";

	if (!f->skipped)
		return f->failure[0] ? f->failure : NULL;
	if (f->skipped == 1)
		text_format(f->damage, sizeof(f->damage), "%s%s1 record left out: %s", f->failure,
			    link, f->flaw);
	else
		text_format(f->damage, sizeof(f->damage),
			    "%s%s%llu records left out, the first: %s", f->failure, link,
			    (unsigned long long)f->skipped, f->flaw);
	return f->damage;
}

uint64_t capfile_normalised(const struct capfile *f)
{
	return f->normalised;
}

uint64_t capfile_size(const struct capfile *f)
{
	return bytestream_size(f->bytes);
}

uint64_t capfile_done(const struct capfile *f)
{
	return bytestream_done(f->bytes);
}

void capfile_park(struct capfile *f)
{
	bytestream_park(f->bytes);
}

size_t capfile_links(const struct capfile *f, uint16_t *links, size_t max)
{
	size_t n = 0;

	if (f->read == pcap_file_read) {
		links[n++] = f->pcap.link;
		return n;
	}
	for (; n < f->ng.n_interfaces && n < max; n++)
		links[n] = f->ng.interfaces[n].link;
	return n;
}
