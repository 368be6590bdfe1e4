/* tz.c - see tz.h.
 *
 * localtime_r() does the arithmetic.  It takes a lock that all threads share and walks the zone's
 * transitions, which is too slow for a call per slice; so each thread remembers the offset of the
 * last few UTC days it asked about.  A day is remembered as a whole when its first second, its last
 * second and the second asked about agree (no zone has changed and changed back within one day
 * since 1970; test_tz proves it on a sample); on a change-over day every call asks glibc.
 * tz_use() moves the generation on, which empties the memories of all threads.
 *
 * Civil time -> instant goes by the offsets a day before and a day after, not by mktime(): that
 * guesses in gaps and repeats and its guess depends on earlier calls.
 */
#include "base/tz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/err.h"
#include "base/text.h"

#define SECONDS_PER_DAY 86400
#define YEAR_MIN 1970
#define YEAR_MAX 2500
#define DAYS_KEPT 16			/* a power of two: the days round a night, and a few more */

static char zone_name[TZ_NAME_MAX] = "UTC";
static _Atomic unsigned generation = 1;

struct known_day {
	int64_t day;			/* days since 1970-01-01, UTC */
	unsigned generation;		/* 0: empty */
	int offset_s;
};
static _Thread_local struct known_day known_days[DAYS_KEPT];

/* Letters, digits and "+-_" in parts between single slashes, so no dots and no way out of the
 * directory.  "right/" zones count leap seconds, which capture stamps do not; "localtime" is
 * another zone on every machine. */
static bool is_plain_name(const char *name)
{
	bool at_start = true;

	if (!*name || strlen(name) >= TZ_NAME_MAX || !strncmp(name, "right/", 6) ||
	    !strcmp(name, "localtime") || !strcmp(name, "posixrules"))
		return false;
	for (; *name; name++) {
		bool plain = (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z') ||
			     (*name >= '0' && *name <= '9') || strchr("+-_", *name);

		if (*name == '/' ? at_start : !plain)
			return false;
		at_start = *name == '/';
	}
	return !at_start;
}

static bool is_zone_file(const char *name)
{
	const char *dir = getenv("TZDIR");	/* glibc looks there as well */
	char path[4096], magic[4];
	ssize_t n;
	int fd;

	if (!text_format(path, sizeof(path), "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo",
			 name))
		return false;
	/* Non-blocking, so that a fifo in a strange TZDIR cannot hold us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	n = read(fd, magic, sizeof(magic));
	close(fd);
	return n == (ssize_t)sizeof(magic) && !memcmp(magic, "TZif", sizeof(magic)); /* RFC 8536 */
}

bool tz_is_known(const char *name)
{
	if (!strcmp(name, "UTC"))	/* also where no zone files are installed */
		return true;
	return is_plain_name(name) && is_zone_file(name);
}

int tz_use(const char *name)
{
	char value[TZ_NAME_MAX + 1];

	if (!tz_is_known(name))
		return -ENOENT;
	/* The colon says "a file", so that glibc never reads the name as a POSIX rule. */
	if (!strcmp(name, "UTC"))
		snprintf(value, sizeof(value), "UTC0");
	else
		snprintf(value, sizeof(value), ":%s", name);
	if (setenv("TZ", value, 1))
		return -errno;
	tzset();
	text_copy(zone_name, sizeof(zone_name), name);
	atomic_fetch_add_explicit(&generation, 1, memory_order_release);
	return 0;
}

const char *tz_name(void)
{
	return zone_name;
}

static int ask_offset(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	return localtime_r(&t, &tm) ? (int)tm.tm_gmtoff : 0;
}

static int64_t day_of(int64_t seconds)
{
	return (seconds >= 0 ? seconds : seconds - (SECONDS_PER_DAY - 1)) / SECONDS_PER_DAY;
}

static int offset_at(int64_t seconds)
{
	unsigned now = atomic_load_explicit(&generation, memory_order_acquire);
	int64_t day = day_of(seconds), first = day * SECONDS_PER_DAY;
	struct known_day *k = &known_days[(uint64_t)day % DAYS_KEPT];
	int offset;

	/* Before the first tz_use() the zone is UTC, whatever the environment's TZ says. */
	if (now == 1)
		return 0;
	if (k->generation == now && k->day == day)
		return k->offset_s;
	offset = ask_offset(seconds);
	if (ask_offset(first) == offset && ask_offset(first + SECONDS_PER_DAY - 1) == offset)
		*k = (struct known_day){ .day = day, .generation = now, .offset_s = offset };
	return offset;
}

int tz_offset(uint64_t ns)
{
	return offset_at((int64_t)(ns / NS_PER_SEC));
}

struct civil tz_civil(uint64_t ns)
{
	int64_t seconds = (int64_t)(ns / NS_PER_SEC);

	return civil_from_seconds(seconds + offset_at(seconds));
}

/* The first second in (low, high] whose offset differs from the one at low. */
static int64_t find_change(int64_t low, int64_t high)
{
	int before = offset_at(low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (offset_at(middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* local: civil time counted as if it were UTC. */
static int64_t instant_of(int64_t local)
{
	/* Offsets stay within 16 h, so these two lie on either side of every reading of local. */
	int before = offset_at(local - SECONDS_PER_DAY), after = offset_at(local + SECONDS_PER_DAY);
	int64_t early = local - (before > after ? before : after);
	int64_t late = local - (before > after ? after : before);

	if (offset_at(early) == local - early)
		return early;
	if (offset_at(late) == local - late)
		return late;
	return find_change(early, late);	/* in the gap between the two */
}

bool tz_instant(const struct civil *c, uint64_t *ret_ns)
{
	int64_t instant;

	if (c->year < YEAR_MIN || c->year > YEAR_MAX)
		return false;
	instant = instant_of(civil_to_seconds(c));
	if (instant < 0)
		return false;
	*ret_ns = (uint64_t)instant * NS_PER_SEC;
	return true;
}

bool tz_parse(const char *text, uint64_t *ret_ns)
{
	uint64_t fraction_ns, ns;
	bool has_offset;
	struct civil c;

	if (!clock_parse(text, &ns, &has_offset))
		return false;
	if (!has_offset) {
		fraction_ns = ns % NS_PER_SEC;
		c = civil_from_seconds((int64_t)(ns / NS_PER_SEC));
		if (!tz_instant(&c, &ns))
			return false;
		ns += fraction_ns;
	}
	*ret_ns = ns;
	return true;
}

int tz_smallest_offset(int year)
{
	struct civil first = { .month = 1, .day = 1 };
	int64_t at, end;
	int smallest;

	first.year = year < YEAR_MIN ? YEAR_MIN : year > YEAR_MAX ? YEAR_MAX : year;
	at = instant_of(civil_to_seconds(&first));
	first.year++;
	end = instant_of(civil_to_seconds(&first));
	smallest = offset_at(end - 1);
	/* Every offset holds for more than a day. */
	for (; at < end; at += SECONDS_PER_DAY)
		if (offset_at(at) < smallest)
			smallest = offset_at(at);
	return smallest;
}
