/* capfile.h - one capture file as a sequence of frames, in the order in which the file has them.
 *
 * Classic pcap (micro- and nanoseconds, both byte orders, the "modified" form of old Linux) and
 * pcapng (several sections and interfaces), plain or compressed; recognised by the first bytes.
 * libpcap is not used here: it stops at the second link type of a pcapng file and costs a copy
 * and a call per packet.
 *
 * What comes out is normalised: caplen <= wirelen, caplen <= PACKET_BYTES_MAX, the part of a second
 * below a second, stamps below CAPFILE_NS_END; repairs are counted.  Damage ends the file, and what
 * was good before it is used; a pcapng block that is sound as a block but senseless inside is left
 * out, and the file goes on; the account has both, what ended the file and what was left out.
 *
 * Thread: one at a time.  Memory: a block, and whatever blocks its frames hold.
 */
#ifndef NW_CAPTURE_CAPFILE_H
#define NW_CAPTURE_CAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "capture/block.h"

/* Stamps stay below this (the year 2262), so that adding a window to one never overflows. */
#define CAPFILE_NS_END ((uint64_t)INT64_MAX)

struct capfile;

/* 0; -errno; ERR_FORMAT: not a capture, *ret_why (static text) says what it seems to be instead.
 * pool and account (see block.h) must outlive the frames. */
int capfile_open(const char *path, struct block_pool *pool, size_t *account,
		 struct capfile **ret_file, const char **ret_why);
/* The same over memory, borrowed for the life of the file. */
int capfile_open_memory(const void *data, size_t len, struct block_pool *pool, size_t *account,
			struct capfile **ret_file);
void capfile_close(struct capfile *f);		/* NULL is fine; frames given stay valid */

/* Up to max frames, each with one reference to its block, which becomes the caller's.
 * 0: the end, for good; capfile_damage() says whether it was a good one. */
size_t capfile_read(struct capfile *f, struct held *frames, size_t max);

/* What was found wrong so far, a phrase, or NULL; borrowed until the next call. */
const char *capfile_damage(struct capfile *f);
uint64_t capfile_normalised(const struct capfile *f);
uint64_t capfile_size(const struct capfile *f);		/* bytes as stored */
uint64_t capfile_done(const struct capfile *f);		/* of these, read */
void capfile_park(struct capfile *f);			/* gives the descriptor back for now */

/* The link types declared so far (header, or interface descriptions read), at most max, in the
 * order of the file, repetitions left in.  Returns how many were written. */
size_t capfile_links(const struct capfile *f, uint16_t *links, size_t max);

#endif
