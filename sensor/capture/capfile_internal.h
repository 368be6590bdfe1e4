/* capfile_internal.h - what capfile.c and the two formats share: a window of contiguous bytes over
 * the byte stream, and the file's account of itself.
 */
#ifndef NW_CAPTURE_CAPFILE_INTERNAL_H
#define NW_CAPTURE_CAPFILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "capture/block.h"
#include "capture/capfile.h"

#define CAPFILE_PHRASE_MAX 200
#define CAPFILE_DAMAGE_MAX (2 * CAPFILE_PHRASE_MAX + 64)

struct pcap_layout {
	bool is_big_endian;
	bool is_nano;
	bool lengths_swapped;		/* version before 2.3 */
	bool lengths_maybe_swapped;	/* version 2.3 */
	uint16_t link;
	uint32_t record_header;		/* bytes */
};

struct pcapng_interface {
	uint16_t link;
	uint32_t snaplen;		/* 0: none */
	uint8_t resolution;		/* if_tsresol as stored */
	int64_t offset_s;		/* if_tsoffset */
};

struct pcapng_section {
	bool is_big_endian;
	struct pcapng_interface *interfaces;
	size_t n_interfaces, cap_interfaces;
	uint64_t last_ns;		/* for blocks that carry no stamp */
};

struct capfile {
	struct bytestream *bytes;
	struct block_pool *pool;
	size_t *account;
	size_t block_bytes;		/* what a new block holds, at least */
	struct block *block;
	size_t at, end;			/* not yet used: block->data[at .. end) */
	uint64_t base;			/* offset of block->data[0] in the (decoded) file */
	uint64_t records;		/* frames given */
	uint64_t skipped;		/* sound blocks with senseless contents */
	uint64_t normalised;
	bool is_over;
	size_t (*read)(struct capfile *f, struct held *frames, size_t max);
	union {
		struct pcap_layout pcap;
		struct pcapng_section ng;
	};
	char flaw[CAPFILE_PHRASE_MAX];	/* why the first record was left out */
	char failure[CAPFILE_PHRASE_MAX];	/* what ended the file before its end */
	char damage[CAPFILE_DAMAGE_MAX];	/* both, made when asked for */
};

/* capfile.c */
const uint8_t *capfile_refill(struct capfile *f, size_t n);
bool capfile_skip(struct capfile *f, uint64_t n);	/* false: the file ends before */
/* Ends the file because bytes are missing from position on; no damage when none of a record is
 * there and the stream ended well. */
void capfile_end(struct capfile *f);
void capfile_fail(struct capfile *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A sound block with senseless contents: remembered, counted, and the file goes on. */
void capfile_flaw(struct capfile *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* pcap_file.c, pcapng_file.c: false when the first bytes are not theirs; a header that is theirs
 * but cannot be used ends the file with damage. */
bool pcap_file_start(struct capfile *f);
size_t pcap_file_read(struct capfile *f, struct held *frames, size_t max);
bool pcapng_file_start(struct capfile *f);
size_t pcapng_file_read(struct capfile *f, struct held *frames, size_t max);
void pcapng_file_stop(struct capfile *f);

static inline uint64_t capfile_offset(const struct capfile *f)
{
	return f->base + f->at;
}

/* n contiguous bytes at the position, which stays; NULL when the file ends before. */
static inline const uint8_t *capfile_need(struct capfile *f, size_t n)
{
	if (f->end - f->at >= n)
		return f->block->data + f->at;
	return capfile_refill(f, n);
}

/* LINKTYPE_RAW, for files written with the DLT_ number of raw IP. */
static inline uint16_t capfile_link(uint32_t stored)
{
	uint16_t link = (uint16_t)stored;	/* the upper bits tell of frame check sequences */

	return link == 12 || link == 14 ? 101 : link;
}

/* A frame of caplen bytes at `bytes` inside the current block. */
static inline void capfile_give(struct capfile *f, struct held *h, const uint8_t *bytes)
{
	h->frame.bytes = bytes;
	h->frame.tap = 0;
	if (h->frame.caplen > h->frame.wirelen) {
		h->frame.wirelen = h->frame.caplen;
		f->normalised++;
	}
	h->block = block_ref(f->block);
	h->position = f->records++;
}

#endif
