/* state_world.h - a scratch folder, the log's lines, and short ways to a state, for tests of
 * the store. */
#ifndef NW_TESTS_STATE_WORLD_H
#define NW_TESTS_STATE_WORLD_H

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "records.h"
#include "store/state_internal.h"
#include "tap.h"

static char world_folder[64];
static char world_path[128];		/* of the state */

/* --- what was said: warnings and errors ------------------------------------------------------- */

static pthread_mutex_t said_lock = PTHREAD_MUTEX_INITIALIZER;
static int said_n;
static char said_last[1024];

static inline void said_keep(enum log_level level, const char *line)
{
	if (level > LOG_LEVEL_WARN)
		return;
	pthread_mutex_lock(&said_lock);
	said_n++;
	snprintf(said_last, sizeof(said_last), "%s", line);
	pthread_mutex_unlock(&said_lock);
}

static inline void said_reset(void)
{
	pthread_mutex_lock(&said_lock);
	said_n = 0;
	*said_last = '\0';
	pthread_mutex_unlock(&said_lock);
	log_set_sink(said_keep);
}

static inline int said_count(void)
{
	int n;

	pthread_mutex_lock(&said_lock);
	n = said_n;
	pthread_mutex_unlock(&said_lock);
	return n;
}

/* Exactly one sentence, with that in it; then a new start. */
#define SAID_ONCE(what) \
	do { \
		EQUAL_INT(said_count(), 1); \
		if (!strstr(said_last, what)) \
			EQUAL_TEXT(said_last, what); \
		said_reset(); \
	} while (0)

/* --- the folder
 * --------------------------------------------------------------------------------- */

static inline void world_open(void)
{
	snprintf(world_folder, sizeof(world_folder), "/tmp/nw-state-XXXXXX");
	if (!mkdtemp(world_folder))
		abort();
	chmod(world_folder, 0777);
	snprintf(world_path, sizeof(world_path), "%s/nw.state", world_folder);
	said_reset();
}

/* Calls with each name in the folder, "." and ".." left out. */
static inline int world_count(const char *part, char *ret_path, size_t cap)
{
	DIR *dir = opendir(world_folder);
	struct dirent *e;
	int n = 0;

	while (dir && (e = readdir(dir)))
		if (*e->d_name != '.' && strstr(e->d_name, part)) {
			n++;
			if (ret_path)
				snprintf(ret_path, cap, "%s/%s", world_folder, e->d_name);
		}
	if (dir)
		closedir(dir);
	return n;
}

static inline void world_close(void)
{
	char path[512];

	while (world_count("", path, sizeof(path)))
		if (remove(path))
			break;
	rmdir(world_folder);
}

static inline long world_size(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (long)st.st_size;
}

static inline void world_write(const char *path, long at, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0640);

	if (fd < 0 || pwrite(fd, bytes, len, at) != (ssize_t)len)
		abort();
	close(fd);
}

/* The whole file; the caller frees it. */
static inline char *world_read(const char *path, size_t *ret_len)
{
	long size = world_size(path);
	char *bytes = calloc(1, (size_t)(size < 0 ? 0 : size) + 1);
	int fd = open(path, O_RDONLY);

	*ret_len = 0;
	if (fd >= 0 && size > 0 && read(fd, bytes, (size_t)size) == size)
		*ret_len = (size_t)size;
	if (fd >= 0)
		close(fd);
	return bytes;
}

/* --- a state
 * ------------------------------------------------------------------------------------- */

static inline struct state *world_state(void)
{
	struct state *s = NULL;

	EQUAL_INT(state_open(world_path, STATE_WRITE, &s), 0);
	if (!s)
		abort();
	return s;
}

static inline int put_text(struct state *s, enum state_table t, const char *key, const char *value)
{
	return state_put(s, t, key, strlen(key), value, strlen(value));
}

/* The value of a key in a buffer that the next call uses again; "-" when there is none. */
static inline const char *get_text(struct state *s, enum state_table t, const char *key)
{
	static char text[256];
	void *value = NULL;
	size_t len = 0;

	if (state_get(s, t, key, strlen(key), &value, &len))
		return "-";
	snprintf(text, sizeof(text), "%.*s", (int)len, (char *)value);
	free(value);
	return text;
}

#endif
