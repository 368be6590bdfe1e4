/* requests.c - see requests.h. */
#include "app/requests.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"

#define HEADING "nachtwacht-request 1"
#define MARK ".request-"
#define DIGITS 20			/* of the time in a name */
#define LINE_BYTES_MAX 512
#define ID_LEN 16			/* "dst-" and 12 digits */

void request_free(struct request *r)
{
	free(r->ids);
	*r = (struct request){ 0 };
}

int request_add_id(struct request *r, const char *id)
{
	char (*ids)[BASELINE_ID_MAX];

	if (r->n_ids >= REQUEST_IDS_MAX)
		return ERR_LIMIT;
	ids = realloc(r->ids, (r->n_ids + 1) * sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	r->ids = ids;
	text_copy(r->ids[r->n_ids++], BASELINE_ID_MAX, id);
	return 0;
}

bool request_text_is_clean(const char *text, size_t cap)
{
	char clean[BASELINE_REASON_MAX * 8];
	size_t len = strlen(text);

	if (!len || len >= cap)
		return false;
	return text_repair(text, len, clean, sizeof(clean)) == len && !memcmp(clean, text, len);
}

bool request_id_is_clean(const char *id)
{
	return strlen(id) == ID_LEN && !strncmp(id, "dst-", 4) &&
	       strspn(id + 4, "0123456789abcdef") == ID_LEN - 4;
}

/* --- the form ---------------------------------------------------------- */

struct reader {
	const char *at, *end;
	char line[LINE_BYTES_MAX];
	const char *why;		/* NULL: fine so far */
};

/* The next line without its newline; false: none, or one that cannot be. */
static bool next_line(struct reader *r)
{
	const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	size_t len = newline ? (size_t)(newline - r->at) : 0;

	if (!newline || len >= sizeof(r->line) || memchr(r->at, '\0', len)) {
		r->why = newline ? "a line is too long or holds a zero byte" : "it has no end";
		return false;
	}
	memcpy(r->line, r->at, len);
	r->line[len] = '\0';
	r->at = newline + 1;
	return true;
}

/* What follows the word on the next line; NULL: another line, or none. */
static const char *expect(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if (r->why || !next_line(r))
		return NULL;
	if (strncmp(r->line, word, len) || r->line[len] != ' ') {
		r->why = "a line is missing or out of place";
		return NULL;
	}
	return r->line + len + 1;
}

static bool parse_time(const char *text, uint64_t *ret_ns)
{
	char *end;

	errno = 0;
	*ret_ns = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno && *ret_ns;
}

static void parse_head(struct reader *r, struct request *ret)
{
	const char *text;

	if (!next_line(r) || strcmp(r->line, HEADING)) {
		r->why = "it does not begin with \"" HEADING "\"";
		return;
	}
	text = expect(r, "act");
	if (text && strcmp(text, "promote") && strcmp(text, "revoke"))
		r->why = "act is neither promote nor revoke";
	ret->is_revoke = text && !strcmp(text, "revoke");
	text = expect(r, "when");
	if (text && !parse_time(text, &ret->wall_ns))
		r->why = "when is no time";
	text = expect(r, "by");
	if (text && !request_text_is_clean(text, sizeof(ret->by)))
		r->why = "by is empty, too long or no plain text";
	else if (text)
		text_copy(ret->by, sizeof(ret->by), text);
	text = expect(r, "reason");
	if (text && !request_text_is_clean(text, sizeof(ret->reason)))
		r->why = "reason is empty, too long or no plain text";
	else if (text)
		text_copy(ret->reason, sizeof(ret->reason), text);
}

static int parse_ids(struct reader *r, struct request *ret)
{
	int err = 0;

	while (!err && next_line(r) && strcmp(r->line, "end")) {
		if (!ret->n_ids && !ret->spares_incidents && !strcmp(r->line, "spare incidents"))
			ret->spares_incidents = true;
		else if (!strncmp(r->line, "id ", 3) && request_id_is_clean(r->line + 3))
			err = request_add_id(ret, r->line + 3);
		else
			r->why = "a line is no id";
		if (r->why)
			return 0;
	}
	if (err == ERR_LIMIT)
		r->why = "it has too many ids";
	else if (!r->why && !ret->n_ids)
		r->why = "it has no id";
	else if (!r->why && r->at != r->end)
		r->why = "something follows its end";
	return err == -ENOMEM ? err : 0;
}

int request_parse(const char *text, size_t len, struct request *ret, const char **ret_why)
{
	struct reader r = { .at = text, .end = text + len };
	int err = 0;

	*ret = (struct request){ 0 };
	*ret_why = "";
	if (len > REQUEST_BYTES_MAX)
		r.why = "it is too large";
	else
		parse_head(&r, ret);
	if (!r.why)
		err = parse_ids(&r, ret);
	if (r.why)
		*ret_why = r.why;
	return err ? err : r.why ? ERR_FORMAT : 0;
}

static bool print_request(FILE *f, const struct request *r)
{
	fprintf(f, HEADING "\nact %s\nwhen %" PRIu64 "\nby %s\nreason %s\n%s",
		r->is_revoke ? "revoke" : "promote", r->wall_ns, r->by, r->reason,
		r->spares_incidents ? "spare incidents\n" : "");
	for (size_t i = 0; i < r->n_ids; i++)
		fprintf(f, "id %s\n", r->ids[i]);
	fputs("end\n", f);
	return !ferror(f);
}

/* --- files ------------------------------------------------------------- */

static int write_file(const char *path, const struct request *r)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640), err = 0;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (!print_request(f, r) || fflush(f) || fsync(fd))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

static int sync_folder(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int fd, err = 0;

	text_copy(folder, sizeof(folder), path);
	slash = strrchr(folder, '/');
	if (!slash)
		return -EINVAL;
	slash[slash == folder] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

int request_leave(const char *state_path, const struct request *r)
{
	char to[PATH_MAX], part[PATH_MAX];
	int err;

	if (!text_format(to, sizeof(to), "%s" MARK "%020" PRIu64 "-%ld", state_path, r->wall_ns,
			 (long)getpid()) ||
	    !text_format(part, sizeof(part), "%s.part", to))
		return -ENAMETOOLONG;
	err = write_file(part, r);
	if (!err && rename(part, to))
		err = -errno;
	if (err && err != -EEXIST)
		unlink(part);
	return err ? err : sync_folder(to);
}

/* "<base>.request-<20 digits>-<digits>" */
static bool is_request_name(const char *name, const char *base)
{
	size_t len = strlen(base), mark = strlen(MARK), pid;

	if (strncmp(name, base, len) || strncmp(name + len, MARK, mark))
		return false;
	name += len + mark;
	if (strspn(name, "0123456789") != DIGITS || name[DIGITS] != '-')
		return false;
	pid = strspn(name + DIGITS + 1, "0123456789");
	return pid && !name[DIGITS + 1 + pid];
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Keeps the first REQUESTS_AT_ONCE in order, however many there are. */
static void keep_name(char **list, size_t *n, char *path)
{
	if (*n == REQUESTS_AT_ONCE && strcmp(path, list[*n - 1]) >= 0) {
		free(path);
		return;
	}
	if (*n == REQUESTS_AT_ONCE)
		free(list[--*n]);
	list[(*n)++] = path;
	qsort(list, *n, sizeof(char *), compare_names);
}

char **requests_waiting(const char *state_path)
{
	const char *slash = strrchr(state_path, '/');
	char folder[PATH_MAX];
	const struct dirent *entry;
	char **list = NULL;
	size_t n = 0;
	DIR *dir;

	if (!slash || !text_format(folder, sizeof(folder), "%.*s/", (int)(slash - state_path),
				   state_path))
		return NULL;
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		char *path = NULL;

		if (!is_request_name(entry->d_name, slash + 1))
			continue;
		if (!list)
			list = calloc(REQUESTS_AT_ONCE + 1, sizeof(char *));
		if (list && asprintf(&path, "%s%s", folder, entry->d_name) >= 0)
			keep_name(list, &n, path);
	}
	if (dir)
		closedir(dir);
	return list;
}

void requests_free(char **list)
{
	for (char **at = list; at && *at; at++)
		free(*at);
	free(list);
}

static ssize_t read_all(int fd, char *text, size_t cap)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t got = read(fd, text + len, cap - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

int request_read(const char *path, struct request *ret, const char **ret_why)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), err;
	char *text = malloc(REQUEST_BYTES_MAX + 1);
	struct stat st;
	ssize_t len;

	*ret = (struct request){ 0 };
	*ret_why = "it is no regular file";
	err = fd < 0 ? errno == ELOOP ? ERR_FORMAT : -errno : text ? 0 : -ENOMEM;
	if (!err && fstat(fd, &st))
		err = -errno;
	if (!err && !S_ISREG(st.st_mode))
		err = ERR_FORMAT;
	if (!err) {
		len = read_all(fd, text, REQUEST_BYTES_MAX + 1);
		err = len < 0 ? (int)len : request_parse(text, (size_t)len, ret, ret_why);
	}
	if (fd >= 0)
		close(fd);
	free(text);
	return err;
}
