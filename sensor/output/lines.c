/* lines.c - see lines.h.
 *
 * One buffer; whole lines go into it and are written when the next one does not fit or on
 * lines_flush().  A line longer than the buffer is written by itself.
 */
#include "output/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define BUFFER_BYTES 262144
#define WAIT_STEP_MS 200
#define WAIT_STEPS_MAX 10		/* without a byte taken, after lines_interrupt() */

/* Of the process, as signals are. */
static atomic_bool is_interrupted;

struct lines {
	int fd;
	int err;			/* the first */
	bool is_regular;
	const char *topic;
	char *path;
	size_t used;			/* bytes of buf */
	uint64_t buffered;		/* lines in buf */
	uint64_t written;		/* lines */
	off_t whole_bytes;		/* of whole lines in the file */
	char buf[BUFFER_BYTES];
};

static const char *shown_path(const struct lines *l, char buf[static 256])
{
	if (!strcmp(l->path, "-"))
		return "standard output";
	return text_escape(l->path, strlen(l->path), buf, 256);
}

static int fail(struct lines *l, const char *what, int err)
{
	char shown[256];

	l->err = err;
	log_err(l->topic, "cannot %s %s: %s; it holds the first %llu lines", what,
		shown_path(l, shown), err_text(err), (unsigned long long)l->written);
	return err;
}

static int open_path(struct lines *l)
{
	struct stat st;

	if (!strcmp(l->path, "-"))
		l->fd = STDOUT_FILENO;
	else
		l->fd = open(l->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0640);
	if (l->fd < 0 || fstat(l->fd, &st))
		return -errno;
	/* Standard output may be shared or appended to: its end is not ours to move. */
	l->is_regular = S_ISREG(st.st_mode) && l->fd != STDOUT_FILENO;
	return 0;
}

int lines_open(const char *path, const char *topic, struct lines **ret_lines)
{
	struct lines *l = calloc(1, sizeof(*l));
	char shown[256];
	int err = -ENOMEM;

	if (!l)
		goto out;
	l->fd = -1;
	l->topic = topic;
	l->path = strdup(path);
	if (!l->path)
		goto out;
	err = open_path(l);
	if (err)
		log_err(topic, "cannot write %s: %s", shown_path(l, shown), err_text(err));
	else
		*ret_lines = steal(&l);
out:	if (l) {
		if (l->fd > STDERR_FILENO)
			close(l->fd);
		free(l->path);
		free(l);
	}
	return err;
}

void lines_interrupt(void)
{
	atomic_store_explicit(&is_interrupted, true, memory_order_relaxed);
}

/* Until the reader has room.  0, or -EINTR when it has none and nobody wants to wait. */
static int wait_for_reader(int fd)
{
	struct pollfd out = { .fd = fd, .events = POLLOUT };
	int steps = 0;

	while (poll(&out, 1, WAIT_STEP_MS) <= 0)
		if (atomic_load_explicit(&is_interrupted, memory_order_relaxed) &&
		    ++steps >= WAIT_STEPS_MAX)
			return -EINTR;
	return 0;
}

/* All of it, whatever write(2) takes at a time.  0 or -errno.  Does not block in write(2):
 * a pipe that poll(2) calls writable takes PIPE_BUF bytes. */
static int write_all(const struct lines *l, const char *bytes, size_t len)
{
	while (len) {
		size_t piece = l->is_regular || len < PIPE_BUF ? len : PIPE_BUF;
		int err = l->is_regular ? 0 : wait_for_reader(l->fd);
		ssize_t n;

		if (err)
			return err;
		n = write(l->fd, bytes, piece);
		if (n >= 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (errno != EINTR && errno != EAGAIN) {
			return -errno;
		}
	}
	return 0;
}

/* How many whole lines of the buffer stand in the first len bytes. */
static uint64_t count_lines(const char *bytes, size_t len)
{
	const char *end = bytes + len, *at;
	uint64_t n = 0;

	while (bytes < end && (at = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		n++;
		bytes = at + 1;
	}
	return n;
}

/* After a failed write: keeps the whole lines that did get into the file and cuts the rest off. */
static void keep_whole_lines(struct lines *l, const char *bytes, size_t len)
{
	off_t now = lseek(l->fd, 0, SEEK_CUR);
	size_t in_file;

	if (!l->is_regular || now <= l->whole_bytes)
		return;
	in_file = (size_t)(now - l->whole_bytes);
	if (in_file > len)
		return;
	while (in_file && bytes[in_file - 1] != '\n')
		in_file--;
	l->written += count_lines(bytes, in_file);
	l->whole_bytes += (off_t)in_file;
	if (ftruncate(l->fd, l->whole_bytes))
		log_warn(l->topic, "the last line of the file is cut: %s", err_text(-errno));
}

static int write_lines(struct lines *l, const char *bytes, size_t len, uint64_t n)
{
	int err = write_all(l, bytes, len);

	if (err) {
		keep_whole_lines(l, bytes, len);
		return fail(l, "write", err);
	}
	l->written += n;
	l->whole_bytes += (off_t)len;
	return 0;
}

int lines_flush(struct lines *l)
{
	size_t used = l->used;
	uint64_t n = l->buffered;

	l->used = 0;
	l->buffered = 0;
	if (l->err || !used)
		return l->err;
	return write_lines(l, l->buf, used, n);
}

int lines_put(struct lines *l, const char *text, size_t len)
{
	if (len + 1 > sizeof(l->buf) - l->used && lines_flush(l))
		return l->err;
	if (l->err)
		return l->err;
	if (len + 1 > sizeof(l->buf)) {
		char *line = malloc(len + 1);
		int err;

		if (!line)
			return fail(l, "write", -ENOMEM);
		memcpy(line, text, len);
		line[len] = '\n';
		err = write_lines(l, line, len + 1, 1);
		free(line);
		return err;
	}
	memcpy(l->buf + l->used, text, len);
	l->buf[l->used + len] = '\n';
	l->used += len + 1;
	l->buffered++;
	return 0;
}

uint64_t lines_written(const struct lines *l)
{
	return l->written;
}

int lines_close(struct lines *l)
{
	int err;

	if (!l)
		return 0;
	lines_flush(l);
	/* Some file systems report a full disk only here. */
	if (!l->err && l->is_regular && fsync(l->fd) && errno != EINVAL && errno != EROFS)
		fail(l, "write", -errno);
	if (l->fd > STDERR_FILENO && close(l->fd) && !l->err)
		fail(l, "close", -errno);
	err = l->err;
	free(l->path);
	free(l);
	return err;
}
