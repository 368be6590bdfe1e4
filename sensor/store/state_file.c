/* state_file.c - the state as a file: which one it is, whose it is, who works on it, and what
 * becomes of a damaged one.  All of it before SQLite is let near, which would write to whatever
 * it is given.
 *
 *   PATH                             the database		PATH-wal PATH-shm   while it is open
 *   PATH.lock                        flock()ed by the one process that writes; holds its pid; stays
 *   PATH.damaged-20260117T051000Z    set aside
 *   PATH.before-v1                   copy made before a migration
 *
 * The lock file is never removed: a process that waits for it could otherwise hold a lock on a
 * file that nobody finds any more.  That it stays has a second use: a file without the head of
 * a database is somebody else's file and a typing error, unless a lock lies beside it; then it
 * was a state and its first page is damaged.
 */
#include "store/state_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

/* https://www.sqlite.org/fileformat.html, "The Database Header" */
#define HEADER_BYTES 100
#define HEADER_MAGIC "SQLite format 3"	/* with its zero byte */
#define HEADER_WRITE_VERSION 18	/* 2: WAL */
#define HEADER_USER_VERSION 60
#define HEADER_APPLICATION_ID 68
#define PID_TEXT_MAX 24
#define NAMES_MAX 100			/* of files set aside within one second */

/* --- names ---------------------------------------------------------------- */

/* The folder's real name and the last part of path. */
static int resolve_missing(struct state *s, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char folder[PATH_MAX], real[PATH_MAX];

	if (!*name)
		return -EISDIR;
	if (!text_format(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path + 1) : 1,
			 slash ? path : "."))
		return -ENAMETOOLONG;
	if (!realpath(folder, real))
		return -errno;
	return text_format(s->path, sizeof(s->path), "%s/%s", strcmp(real, "/") ? real : "",
			   name) ? 0 : -ENAMETOOLONG;
}

int state_file_resolve(struct state *s, const char *path)
{
	int err = 0;

	text_escape(path, strlen(path), s->shown, sizeof(s->shown));
	if (!*path)
		return -ENOENT;
	/* A link has one lock and one -wal with its target. */
	if (!realpath(path, s->path))
		err = errno == ENOENT ? resolve_missing(s, path) : -errno;
	if (!err && strlen(s->path) + STATE_SUFFIX_MAX > sizeof(s->path))
		err = -ENAMETOOLONG;
	return err;
}

const char *state_file_beside(const struct state *s, const char *suffix, char buf[static PATH_MAX])
{
	text_format(buf, PATH_MAX, "%s%s", s->path, suffix);
	return buf;
}

bool state_file_exists(const struct state *s, const char *suffix)
{
	char path[PATH_MAX];
	struct stat st;

	return !lstat(state_file_beside(s, suffix, path), &st);
}

int state_file_sync_folder(const struct state *s)
{
	char folder[PATH_MAX];
	int fd, err = 0;

	text_format(folder, sizeof(folder), "%.*s",
		    (int)(strrchr(s->path, '/') - s->path + 1), s->path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

/* --- what is there -------------------------------------------------------- */

static enum state_file_kind kind_of(const uint8_t *header, size_t len)
{
	uint32_t id;

	if (!len)
		return STATE_FILE_EMPTY;
	if (len < HEADER_BYTES || memcmp(header, HEADER_MAGIC, sizeof(HEADER_MAGIC)))
		return STATE_FILE_STRANGE;
	id = net_get32(header + HEADER_APPLICATION_ID);
	if (id == STATE_APPLICATION_ID)
		return STATE_FILE_OURS;
	/* Ours has its id before it is made a WAL one. */
	return id || header[HEADER_WRITE_VERSION] == 2 ? STATE_FILE_FOREIGN : STATE_FILE_BARE;
}

int state_file_look(const char *path, struct state_look *ret_look)
{
	uint8_t header[HEADER_BYTES];
	/* Not to hang on a pipe that somebody gave by mistake. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err = 0;
	struct stat st;
	ssize_t n = 0;

	*ret_look = (struct state_look){ .kind = STATE_FILE_MISSING };
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		err = ERR_FORMAT;
	else if ((n = pread(fd, header, sizeof(header), 0)) < 0)
		err = -errno;
	close(fd);
	if (err)
		return err;
	ret_look->kind = kind_of(header, (size_t)n);
	if (ret_look->kind == STATE_FILE_OURS)
		ret_look->version = net_get32(header + HEADER_USER_VERSION);
	return 0;
}

int state_file_create(struct state *s)
{
	int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);

	if (fd < 0)
		return -errno;
	close(fd);
	return state_file_sync_folder(s);
}

/* --- one process ---------------------------------------------------------- */

static void read_pid(int fd, char buf[static PID_TEXT_MAX])
{
	ssize_t n = pread(fd, buf, PID_TEXT_MAX - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	buf[strspn(buf, "0123456789")] = '\0';
}

static void write_pid(int fd)
{
	char text[PID_TEXT_MAX];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	/* It is for messages only, so on a full disk the lock does without. */
	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len)
		log_debug("state", "no pid in the lock: %s", err_text(-errno));
}

static int fail_lock(const struct state *s, int fd, int err)
{
	char pid[PID_TEXT_MAX] = "";

	if (err == -EWOULDBLOCK) {
		read_pid(fd, pid);
		log_err("state", "%s is in use by %s%s: one process at a time may write a state; "
			"end that one, or give this one a --state of its own", s->shown,
			*pid ? "process " : "another process", pid);
		return -EBUSY;
	}
	log_err("state", "cannot lock %s (%s.lock): %s; a state needs a folder that can be written",
		s->shown, s->shown, err_text(err));
	return err;
}

long state_writer(const struct state *s)
{
	char path[PATH_MAX], text[PID_TEXT_MAX] = "";
	int fd = open(state_file_beside(s, ".lock", path), O_RDONLY | O_CLOEXEC | O_NOCTTY);
	long pid;

	if (fd < 0)
		return 0;
	read_pid(fd, text);
	close(fd);
	pid = strtol(text, NULL, 10);
	/* Trying the lock could turn away a process that starts at this moment.  A process that
	 * was killed leaves its pid. */
	if (pid <= 0 || pid > INT_MAX)
		return 0;
	return !kill((pid_t)pid, 0) || errno == EPERM ? pid : 0;
}

int state_file_lock(struct state *s)
{
	char path[PATH_MAX];
	int err = 0;

	s->lock_fd = open(state_file_beside(s, ".lock", path),
			  O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0640);
	if (s->lock_fd < 0)
		return fail_lock(s, -1, -errno);
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB))
		err = fail_lock(s, s->lock_fd, -errno);
	if (err) {
		close(s->lock_fd);
		s->lock_fd = -1;
		return err;
	}
	write_pid(s->lock_fd);
	return 0;
}

void state_file_unlock(struct state *s)
{
	if (s->lock_fd < 0)
		return;
	if (ftruncate(s->lock_fd, 0))
		log_debug("state", "the pid stays in the lock: %s", err_text(-errno));
	close(s->lock_fd);
	s->lock_fd = -1;
}

/* --- damage --------------------------------------------------------------- */

/* A suffix that no file has yet: ".damaged-20260117T051000Z", "-2" and so on behind it. */
static bool choose_suffix(const struct state *s, char *buf, size_t cap)
{
	struct civil at = civil_from_seconds((int64_t)(clock_wall_ns() / NS_PER_SEC));
	char when[32];

	text_format(when, sizeof(when), "%04d%02d%02dT%02d%02d%02dZ", at.year, at.month, at.day,
		    at.hour, at.minute, at.second);
	for (int n = 1; n < NAMES_MAX; n++) {
		if (n == 1)
			text_format(buf, cap, ".damaged-%s", when);
		else
			text_format(buf, cap, ".damaged-%s-%d", when, n);
		if (!state_file_exists(s, buf))
			return true;
	}
	return false;
}

static int move_beside(const struct state *s, const char *part, const char *suffix)
{
	char from[PATH_MAX], to[PATH_MAX], whole[STATE_SUFFIX_MAX];
	struct stat st;

	text_format(whole, sizeof(whole), "%s%s", suffix, part);
	if (!stat(state_file_beside(s, part, from), &st) && !st.st_size && *part)
		return unlink(from) ? -errno : 0;	/* nothing is in it */
	if (rename(state_file_beside(s, part, from), state_file_beside(s, whole, to)) &&
	    errno != ENOENT)
		return -errno;
	return 0;
}

int state_file_set_aside(struct state *s, const char *why)
{
	char suffix[STATE_SUFFIX_MAX] = "", path[PATH_MAX];
	int err = choose_suffix(s, suffix, sizeof(suffix)) ? 0 : -EEXIST;

	/* The database goes first: were the program killed before its -wal follows, that would be
	 * found without a database at the next start and set aside then. */
	if (!err)
		err = move_beside(s, "", suffix);
	if (!err)
		err = move_beside(s, "-wal", suffix);
	if (!err)
		err = move_beside(s, "-journal", suffix);
	if (!err)
		unlink(state_file_beside(s, "-shm", path));
	if (!err)
		err = state_file_sync_folder(s);
	if (err)
		log_err("state", "%s is damaged (%s) and cannot be set aside: %s; move it away by "
			"hand", s->shown, why, err_text(err));
	else
		log_err("state", "%s is damaged (%s): it is kept as %s%s, and the long memory "
			"begins anew", s->shown, why, s->shown, suffix);
	s->was_damaged = !err;
	return err;
}
