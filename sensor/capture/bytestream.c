/* bytestream.c - plain, gzip and Zstandard streams over a file or over memory.
 *
 * Two layers: stored_read() gives the bytes as they lie in the file, and a decoder turns them into
 * the bytes of the capture.  Plain files have no decoder and no second copy.
 */
#include "capture/bytestream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "base/err.h"
#include "base/text.h"

#define STORED_BYTES (128 * 1024)	/* compressed bytes read at once */
#define ZSTD_WINDOW_LOG_MAX 27		/* 128 MiB, zstd's own default limit */
#define DAMAGE_TEXT_MAX 160

enum coding { CODING_PLAIN, CODING_GZIP, CODING_ZSTD };

struct bytestream {
	char *path;			/* NULL over memory */
	int fd;				/* -1: parked, or memory */
	dev_t dev;
	ino_t ino;
	const uint8_t *memory;
	uint64_t size;			/* as stored */
	uint64_t done;			/* stored bytes read so far */
	uint64_t given;			/* decoded bytes handed out */
	enum coding coding;
	int state;			/* 0, or what every further read returns, +1: at the end */
	bool is_between;		/* between two members or frames: an end is a good end */
	bool is_stored_end;
	uint8_t *in;			/* compressed bytes */
	size_t in_at, in_len;
	z_stream gz;
	bool has_gz;
	ZSTD_DCtx *zstd;
	char damage[DAMAGE_TEXT_MAX];
};

static int damaged(struct bytestream *s, const char *what)
{
	text_format(s->damage, sizeof(s->damage), "%s", what);
	s->state = ERR_DAMAGED;
	return ERR_DAMAGED;
}

/* --- the bytes as stored --------------------------------------------------------------------- */

static int unpark(struct bytestream *s)
{
	struct stat st;
	int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || st.st_dev != s->dev || st.st_ino != s->ino ||
	    lseek(fd, (off_t)s->done, SEEK_SET) < 0) {
		close(fd);
		return -ESTALE;
	}
	s->fd = fd;
	return 0;
}

static ssize_t memory_read(struct bytestream *s, void *buf, size_t cap)
{
	size_t n = s->size - s->done < cap ? (size_t)(s->size - s->done) : cap;

	memcpy(buf, s->memory + s->done, n);
	s->done += n;
	return (ssize_t)n;
}

static ssize_t stored_read(struct bytestream *s, void *buf, size_t cap)
{
	ssize_t n;
	int err = 0;

	if (s->memory)
		return memory_read(s, buf, cap);
	if (s->fd < 0)
		err = unpark(s);
	if (!err) {
		do {
			n = read(s->fd, buf, cap);
		} while (n < 0 && errno == EINTR);
		if (n >= 0) {
			s->done += (uint64_t)n;
			return n;
		}
		err = -errno;
	}
	text_format(s->damage, sizeof(s->damage), "cannot be read on from stored byte %llu: %s",
		    (unsigned long long)s->done, strerror(-err));
	s->state = ERR_DAMAGED;
	return ERR_DAMAGED;
}

/* Makes sure that there are compressed bytes to work on.  1, 0 at the end, or ERR_DAMAGED. */
static int refill(struct bytestream *s)
{
	ssize_t n;

	if (s->in_at < s->in_len)
		return 1;
	if (s->is_stored_end)
		return 0;
	n = stored_read(s, s->in, STORED_BYTES);
	if (n < 0)
		return (int)n;
	s->in_at = 0;
	s->in_len = (size_t)n;
	s->is_stored_end = n == 0;
	return n > 0;
}

/* --- decoders -------------------------------------------------------------------------------- */

/* gzip writers pad with zero bytes (tapes, block devices); anything else behind the last member is
 * not ours to guess. */
static void gzip_next_member(struct bytestream *s)
{
	if (s->in[s->in_at] == 0) {
		s->in_at++;
		return;
	}
	if (s->in[s->in_at] != 0x1f) {
		damaged(s, "other bytes follow the compressed stream");
		return;
	}
	inflateReset(&s->gz);
	s->is_between = false;
}

static ssize_t gzip_step(struct bytestream *s, void *buf, size_t cap)
{
	size_t had;
	int z;

	if (s->is_between)
		gzip_next_member(s);
	if (s->is_between || s->state)
		return 0;
	had = s->in_len - s->in_at;
	s->gz.next_in = s->in + s->in_at;
	s->gz.avail_in = (uInt)had;
	s->gz.next_out = buf;
	s->gz.avail_out = (uInt)cap;
	z = inflate(&s->gz, Z_NO_FLUSH);
	s->in_at += had - s->gz.avail_in;
	if (z == Z_STREAM_END)
		s->is_between = true;
	else if (z != Z_OK && z != Z_BUF_ERROR)
		damaged(s, "the compressed stream is damaged");
	return (ssize_t)(cap - s->gz.avail_out);
}

static ssize_t zstd_step(struct bytestream *s, void *buf, size_t cap)
{
	ZSTD_inBuffer in = { s->in, s->in_len, s->in_at };
	ZSTD_outBuffer out = { buf, cap, 0 };
	size_t left = ZSTD_decompressStream(s->zstd, &out, &in);

	s->in_at = in.pos;
	if (ZSTD_isError(left))
		damaged(s, "the compressed stream is damaged");
	else
		s->is_between = left == 0;
	return (ssize_t)out.pos;
}

static bool is_swollen(const struct bytestream *s)
{
	return s->given > BYTESTREAM_RATIO_FROM && s->given / BYTESTREAM_RATIO_MAX > s->done;
}

/* Zstandard may still hold output when all input has been taken, so a step is tried before an end
 * of the input is believed. */
static ssize_t decode(struct bytestream *s, void *buf, size_t cap)
{
	for (;;) {
		int more = refill(s);
		size_t had = s->in_at;
		ssize_t n;

		if (more < 0)
			return more;
		if (!more && s->is_between)
			return 0;
		if (s->coding == CODING_GZIP)
			n = more ? gzip_step(s, buf, cap) : 0;
		else
			n = zstd_step(s, buf, cap);
		if (n > 0)
			return n;
		if (s->state)
			return s->state;
		if (s->in_at == had)
			return damaged(s, more ? "the compressed stream is damaged"
					       : "the compressed stream is cut");
	}
}

ssize_t bytestream_read(struct bytestream *s, void *buf, size_t cap)
{
	ssize_t n;

	if (s->state)
		return s->state > 0 ? 0 : s->state;
	if (s->coding == CODING_PLAIN)
		n = stored_read(s, buf, cap);
	else
		n = decode(s, buf, cap);
	if (n > 0)
		s->given += (uint64_t)n;
	else if (n == 0)
		s->state = 1;
	if (n > 0 && s->coding != CODING_PLAIN && is_swollen(s))
		damaged(s, "the compressed stream swells beyond 1100 times its size");
	return n;
}

/* --- opening --------------------------------------------------------------------------------- */

static int decoder_open(struct bytestream *s)
{
	if (s->coding == CODING_PLAIN)
		return 0;
	s->in = malloc(STORED_BYTES);
	if (!s->in)
		return -ENOMEM;
	if (s->coding == CODING_GZIP) {
		s->has_gz = inflateInit2(&s->gz, 15 + 16) == Z_OK;
		return s->has_gz ? 0 : -ENOMEM;
	}
	s->zstd = ZSTD_createDCtx();
	if (!s->zstd)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
	return 0;
}

static enum coding recognise(const uint8_t *head, size_t n)
{
	static const uint8_t zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

	if (n >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8)
		return CODING_GZIP;
	if (n >= 4 && memcmp(head, zstd_magic, 4) == 0)
		return CODING_ZSTD;
	return CODING_PLAIN;
}

static int open_fd(struct bytestream *s, const char *path)
{
	struct stat st;

	s->path = strdup(path);
	if (!s->path)
		return -ENOMEM;
	/* O_NONBLOCK: a named pipe must not hold the program; it is refused below. */
	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	s->size = (uint64_t)st.st_size;
	return 0;
}

static int start(struct bytestream *s)
{
	uint8_t head[4];
	ssize_t n;

	if (s->memory) {
		size_t len = s->size < sizeof(head) ? (size_t)s->size : sizeof(head);

		s->coding = recognise(s->memory, len);
		return decoder_open(s);
	}
	n = pread(s->fd, head, sizeof(head), 0);
	if (n < 0)
		return -errno;
	s->coding = recognise(head, (size_t)n);
	return decoder_open(s);
}

int bytestream_open(const char *path, struct bytestream **ret_stream)
{
	struct bytestream *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		goto out;
	s->fd = -1;
	err = open_fd(s, path);
	if (err)
		goto out;
	err = start(s);
	if (err)
		goto out;
	*ret_stream = steal(&s);
out:
	bytestream_close(s);
	return err;
}

int bytestream_open_memory(const void *data, size_t len, struct bytestream **ret_stream)
{
	struct bytestream *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		goto out;
	s->fd = -1;
	s->memory = len ? data : (const uint8_t *)"";
	s->size = len;
	err = start(s);
	if (err)
		goto out;
	*ret_stream = steal(&s);
out:
	bytestream_close(s);
	return err;
}

void bytestream_close(struct bytestream *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	if (s->has_gz)
		inflateEnd(&s->gz);
	ZSTD_freeDCtx(s->zstd);
	free(s->in);
	free(s->path);
	free(s);
}

void bytestream_park(struct bytestream *s)
{
	if (s->fd >= 0 && s->path) {
		close(s->fd);
		s->fd = -1;
	}
}

const char *bytestream_damage(const struct bytestream *s)
{
	return s->damage[0] ? s->damage : NULL;
}

bool bytestream_is_compressed(const struct bytestream *s)
{
	return s->coding != CODING_PLAIN;
}

uint64_t bytestream_size(const struct bytestream *s)
{
	return s->size;
}

uint64_t bytestream_done(const struct bytestream *s)
{
	return s->done;
}
