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
	bool is_kept;			/* it held lines before ours */
	bool said_failed;
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
	if (!l->said_failed)
		log_err(l->topic, l->is_regular ? "cannot %s %s: %s; it holds %s%llu lines%s" :
			"cannot %s %s: %s", what,
			shown_path(l, shown), err_text(err), l->is_kept ? "" : "the first ",
			(unsigned long long)l->written, l->is_kept ? " of this run" : "");
	l->said_failed = true;
	return err;
}

static int open_path(struct lines *l)
{
	/* A kept file is read, too, for the end of its last line; a pipe cannot be. */
	int flags = O_CREAT | O_CLOEXEC | O_NOCTTY;
	struct stat st;

	if (!strcmp(l->path, "-"))
		l->fd = STDOUT_FILENO;
	else if (!l->is_kept)
		l->fd = open(l->path, flags | O_WRONLY | O_TRUNC, 0640);
	else if (!stat(l->path, &st) && !S_ISREG(st.st_mode))
		l->fd = open(l->path, flags | O_WRONLY, 0640);
	else
		l->fd = open(l->path, flags | O_RDWR, 0640);
	if (l->fd < 0 || fstat(l->fd, &st))
		return -errno;
	/* Standard output may be shared or appended to: its end is not ours to move. */
	l->is_regular = S_ISREG(st.st_mode) && l->fd != STDOUT_FILENO;
	return 0;
}

static int open_lines(const char *path, const char *topic, bool is_kept, struct lines **ret_lines)
{
	struct lines *l = calloc(1, sizeof(*l));
	char shown[256];
	int err = -ENOMEM;

	if (!l)
		goto out;
	l->fd = -1;
	l->topic = topic;
	l->is_kept = is_kept;
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

int lines_open(const char *path, const char *topic, struct lines **ret_lines)
{
	return open_lines(path, topic, false, ret_lines);
}

/* --- writing -------------------------------------------------------------- */

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

int lines_sync(struct lines *l)
{
	char shown[256];

	lines_flush(l);
	/* Some file systems report a full disk only here. */
	if (!l->err && l->is_regular && fsync(l->fd) && errno != EINVAL && errno != EROFS)
		return fail(l, "write", -errno);
	if (!l->err && l->said_failed) {
		l->said_failed = false;
		log_notice(l->topic, "%s is written again", shown_path(l, shown));
	}
	return l->err;
}

/* --- a file that is continued --------------------------------------------- */

/* The name of a new file must be on the disk before somebody relies on what is in it. */
static void sync_folder(const struct lines *l)
{
	const char *slash = strrchr(l->path, '/');
	char folder[4096];
	int fd;

	if (!text_format(folder, sizeof(folder), "%.*s", slash ? (int)(slash - l->path + 1) : 1,
			 slash ? l->path : "."))
		return;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fsync(fd))
		log_debug(l->topic, "folder: %s", err_text(-errno));
	close(fd);
}

int lines_open_kept(const char *path, const char *topic, struct lines **ret_lines)
{
	int err = open_lines(path, topic, true, ret_lines);

	if (!err && (*ret_lines)->is_regular)
		sync_folder(*ret_lines);
	return err;
}

bool lines_is_regular(const struct lines *l)
{
	return l->is_regular;
}

bool lines_is_empty(const struct lines *l)
{
	struct stat is;

	return l->is_regular && !fstat(l->fd, &is) && !is.st_size;
}

bool lines_end_at(const struct lines *l, uint64_t offset)
{
	char last = '\0';

	return !offset || (offset <= INT64_MAX &&
			   pread(l->fd, &last, 1, (off_t)offset - 1) == 1 && last == '\n');
}

int lines_cut(struct lines *l, uint64_t offset)
{
	l->used = 0;
	l->buffered = 0;
	l->err = 0;
	if (ftruncate(l->fd, (off_t)offset) || lseek(l->fd, (off_t)offset, SEEK_SET) < 0)
		return fail(l, "cut", -errno);
	l->whole_bytes = (off_t)offset;
	return 0;
}

int lines_cut_partial(struct lines *l)
{
	off_t end = lseek(l->fd, 0, SEEK_END);

	while (end > 0) {
		off_t from = end > (off_t)sizeof(l->buf) ? end - (off_t)sizeof(l->buf) : 0;
		ssize_t n = pread(l->fd, l->buf, (size_t)(end - from), from);
		const char *newline = n > 0 ? memrchr(l->buf, '\n', (size_t)n) : NULL;

		if (n <= 0)
			return fail(l, "read", n ? -errno : -EIO);
		if (newline)
			return lines_cut(l, (uint64_t)(from + (newline - l->buf) + 1));
		end = from;
	}
	return lines_cut(l, 0);
}

uint64_t lines_offset(const struct lines *l)
{
	return (uint64_t)l->whole_bytes;
}

int lines_close(struct lines *l)
{
	int err;

	if (!l)
		return 0;
	lines_sync(l);
	if (l->fd > STDERR_FILENO && close(l->fd) && !l->err)
		fail(l, "close", -errno);
	err = l->err;
	free(l->path);
	free(l);
	return err;
}
