/* clock.h - capture time: nanoseconds since 1970-01-01T00:00:00Z, as stamped on packets.
 *
 * uint64_t holds it until the year 2554.  Every name that carries such a value ends in _ns.
 * Nothing here reads the wall clock except clock_wall_ns().  Pure functions, any thread.
 */
#ifndef NW_BASE_CLOCK_H
#define NW_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_SEC 1000000000ULL
#define NS_PER_MIN (60 * NS_PER_SEC)
#define NS_PER_HOUR (3600 * NS_PER_SEC)
#define NS_PER_DAY (86400 * NS_PER_SEC)

#define CLOCK_TEXT_MAX 48	/* any text written below, with the zero byte */

/* Seconds since the epoch <-> proleptic Gregorian civil time, no time zone, no leap seconds. */
struct civil {
	int year, month, day;		/* month 1..12, day 1..31 */
	int hour, minute, second;
};
int64_t civil_to_seconds(const struct civil *c);	/* fields may be out of range: normalised */
struct civil civil_from_seconds(int64_t seconds);
int civil_weekday(const struct civil *c);		/* 0 Monday .. 6 Sunday */

/* "2026-01-17T05:10:00.000000Z": UTC, microseconds, the form of every time in a record. */
const char *clock_format(uint64_t ns, char buf[static CLOCK_TEXT_MAX]);
/* "2026-01-17T06:10:00+01:00": civil time at a UTC offset in seconds. */
const char *clock_format_offset(uint64_t ns, int offset_s, char buf[static CLOCK_TEXT_MAX]);

/* RFC 3339 with 'T' or a space, fraction optional; also a date alone (midnight).  Without an
 * offset *ret_has_offset is false and *ret_ns is the time as if it were UTC. */
bool clock_parse(const char *text, uint64_t *ret_ns, bool *ret_has_offset);

bool duration_parse(const char *text, uint64_t *ret_ns); /* "30s" "10m" "2h" "400d"; unit needed */
bool size_parse(const char *text, uint64_t *ret_bytes);		/* "262144" "10GB" "64MiB" */
/* "5.7 GB", decimal, two significant digits below 10; for people, never for records. */
const char *size_format(uint64_t bytes, char buf[static CLOCK_TEXT_MAX]);

/* "256 KiB", "50 MB", "1000001 B": the amount itself, as a policy file would have it. */
const char *size_format_exact(uint64_t bytes, char buf[static CLOCK_TEXT_MAX]);

uint64_t clock_wall_ns(void);		/* CLOCK_REALTIME: heartbeats, idle marks, acts of people */
uint64_t clock_monotonic_ns(void);	/* time-outs and progress only */

#endif
