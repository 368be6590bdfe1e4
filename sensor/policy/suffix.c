/* suffix.c - see suffix.h. */
#include "policy/suffix.h"

#include <libpsl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/hash.h"
#include "policy/site_values.h"

#define LABEL_MAX 63

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const psl_ctx_t *list;		/* lives as long as the process */
static char list_date[16];

static void load_list(void)
{
	time_t newest = psl_builtin_file_time();
	struct civil day;
	struct stat st;

	list = psl_latest(NULL);
	if (!list)
		list = psl_builtin();
	if (psl_dist_filename() && !stat(psl_dist_filename(), &st) && st.st_mtime > newest)
		newest = st.st_mtime;
	if (!list || newest <= 0)
		return;
	day = civil_from_seconds(newest);
	snprintf(list_date, sizeof(list_date), "%04d-%02d-%02d", day.year, day.month, day.day);
}

const char *suffix_list_date(void)
{
	pthread_once(&once, load_list);
	return list_date;
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Lower case, without the final dot.  false: not a host name of at least two labels. */
static bool copy_host(const char *name, char host[static SUFFIX_NAME_MAX])
{
	size_t len = strnlen(name, SUFFIX_NAME_MAX + 1), label = 0, labels = 1;

	if (len && name[len - 1] == '.')
		len--;
	if (len == 0 || len >= SUFFIX_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		host[i] = value_lower(name[i]);
		if (host[i] == '.' ? label == 0 : !is_name_byte(host[i]) || label == LABEL_MAX)
			return false;
		label = host[i] == '.' ? 0 : label + 1;
		labels += host[i] == '.';
	}
	host[len] = '\0';
	return label > 0 && labels > 1;
}

/* The last label of an IPv4 address, in all its spellings, begins with a digit and has no letters
 * but those of hexadecimal numbers; a top-level domain never begins with a digit. */
static bool is_address(const char *host)
{
	char first = strrchr(host, '.')[1];

	return first >= '0' && first <= '9';
}

/* Where the domain begins in the host, or SUFFIX_NAME_MAX. */
static size_t find_domain(const char *host)
{
	const char *domain = is_address(host) ? NULL : psl_registrable_domain(list, host);

	return domain && *domain ? (size_t)(domain - host) : SUFFIX_NAME_MAX;
}

/* The hosts asked for last: the same few names come with every minute of every flow. */
#define MEMO_SLOTS 64

struct memo {
	char host[SUFFIX_NAME_MAX];
	uint16_t domain_at;
};

static _Thread_local struct memo memos[MEMO_SLOTS];

static size_t find_domain_again(const char *host)
{
	size_t len = strlen(host);
	struct memo *m = &memos[hash_table(host, len, hash_secret()) % MEMO_SLOTS];

	if (strcmp(m->host, host)) {
		memcpy(m->host, host, len + 1);
		m->domain_at = (uint16_t)find_domain(host);
	}
	return m->domain_at;
}

bool suffix_registered_domain(const char *name, char *buf, size_t cap)
{
	char host[SUFFIX_NAME_MAX];
	size_t at, len;

	pthread_once(&once, load_list);
	if (!cap)
		return false;
	buf[0] = '\0';
	if (!list || !copy_host(name, host))
		return false;
	at = find_domain_again(host);
	len = at < SUFFIX_NAME_MAX ? strlen(host + at) : 0;
	if (!len || len >= cap)
		return false;
	memcpy(buf, host + at, len + 1);
	return true;
}
