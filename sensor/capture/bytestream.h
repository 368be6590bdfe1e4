/* bytestream.h - the bytes of a capture file, plain or compressed, from its beginning to its end.
 *
 * gzip and Zstandard are recognised by their first bytes, never by the name.  Several members or
 * frames one after the other are one stream.  What a compressed stream may swell to is bounded by
 * BYTESTREAM_RATIO_MAX, so that a small hostile file cannot keep the sensor busy for days.
 * A stream that is cut or damaged yields everything that was good first.
 *
 * Thread: one at a time.  Cost: plain files are read(2) straight into the caller's buffer.
 */
#ifndef NW_CAPTURE_BYTESTREAM_H
#define NW_CAPTURE_BYTESTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BYTESTREAM_RATIO_MAX 1100		/* deflate cannot exceed 1 032 */
#define BYTESTREAM_RATIO_FROM (16U << 20)	/* bytes out before the ratio is looked at */

struct bytestream;

/* 0 or -errno; -EINVAL when it is not a regular file. */
int bytestream_open(const char *path, struct bytestream **ret_stream);
/* The same over memory, which is borrowed for the life of the stream. */
int bytestream_open_memory(const void *data, size_t len, struct bytestream **ret_stream);
void bytestream_close(struct bytestream *s);		/* NULL is fine */

/* > 0: bytes put into buf.  0: the end.  ERR_DAMAGED: there is more, but it cannot be had;
 * bytestream_damage() says why.  The last two are final. */
ssize_t bytestream_read(struct bytestream *s, void *buf, size_t cap);
const char *bytestream_damage(const struct bytestream *s);	/* a phrase, or NULL */

bool bytestream_is_compressed(const struct bytestream *s);
uint64_t bytestream_size(const struct bytestream *s);	/* of the file as stored */
uint64_t bytestream_done(const struct bytestream *s);	/* how much of that was read */
/* Gives the file descriptor back; the next read opens the file again where it was. */
void bytestream_park(struct bytestream *s);

#endif
