/* clock.c - see clock.h.  Calendar arithmetic in days since 1970-01-01, Gregorian for ever. */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/err.h"

#define DAYS_PER_ERA 146097		/* 400 years */
#define EPOCH_DAY 719468		/* 1970-01-01 counted from 0000-03-01 */

/* Years begin in March here, so that the leap day is the last day of a year. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
	int64_t y, era, year_of_era, day_of_year;

	year += (month - 1) / 12 - ((month - 1) % 12 < 0);
	month = ((month - 1) % 12 + 12) % 12 + 1;
	y = year - (month <= 2);
	era = (y >= 0 ? y : y - 399) / 400;
	year_of_era = y - era * 400;
	day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - EPOCH_DAY;
}

int64_t civil_to_seconds(const struct civil *c)
{
	return days_from_civil(c->year, c->month, c->day) * 86400 + (int64_t)c->hour * 3600 +
	       (int64_t)c->minute * 60 + c->second;
}

struct civil civil_from_seconds(int64_t seconds)
{
	int64_t days = (seconds >= 0 ? seconds : seconds - 86399) / 86400;
	int64_t rest = seconds - days * 86400, z = days + EPOCH_DAY;
	int64_t era = (z >= 0 ? z : z - DAYS_PER_ERA + 1) / DAYS_PER_ERA;
	int64_t doe = z - era * DAYS_PER_ERA;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	struct civil c = {
		.day = (int)(doy - (153 * mp + 2) / 5 + 1),
		.month = (int)(mp < 10 ? mp + 3 : mp - 9),
		.hour = (int)(rest / 3600),
		.minute = (int)(rest / 60 % 60),
		.second = (int)(rest % 60),
	};

	c.year = (int)(yoe + era * 400 + (c.month <= 2));
	return c;
}

int civil_weekday(const struct civil *c)
{
	int64_t days = days_from_civil(c->year, c->month, c->day);

	return (int)(((days + 3) % 7 + 7) % 7);		/* 1970-01-01 was a Thursday */
}

const char *clock_format(uint64_t ns, char buf[static CLOCK_TEXT_MAX])
{
	struct civil c = civil_from_seconds((int64_t)(ns / NS_PER_SEC));

	snprintf(buf, CLOCK_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%06uZ", c.year, c.month, c.day,
		 c.hour, c.minute, c.second, (unsigned)(ns % NS_PER_SEC / NS_PER_US));
	return buf;
}

const char *clock_format_offset(uint64_t ns, int offset_s, char buf[static CLOCK_TEXT_MAX])
{
	struct civil c = civil_from_seconds((int64_t)(ns / NS_PER_SEC) + offset_s);
	int minutes = abs(offset_s) / 60;

	snprintf(buf, CLOCK_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month,
		 c.day, c.hour, c.minute, c.second, offset_s < 0 ? '-' : '+', minutes / 60,
		 minutes % 60);
	return buf;
}

/* Exactly n digits at *text, moving it on. */
static bool take_digits(const char **text, int n, int *ret_value)
{
	int value = 0;

	for (; n > 0; n--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		value = value * 10 + (**text - '0');
	}
	*ret_value = value;
	return true;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool take_fraction(const char **text, uint64_t *ret_ns)
{
	uint64_t unit = NS_PER_SEC / 10, ns = 0;
	const char *start = *text;

	for (; **text >= '0' && **text <= '9'; (*text)++, unit /= 10)
		ns += (uint64_t)(**text - '0') * unit;
	*ret_ns = ns;
	return *text != start;
}

/* "Z", "+01:00" or nothing, to the end of the text. */
static bool take_offset(const char *text, int *ret_offset_s, bool *ret_has)
{
	int hours, minutes;
	bool west = *text == '-';

	*ret_offset_s = 0;
	*ret_has = *text != '\0';
	if (!*text)
		return true;
	if (*text == 'Z' || *text == 'z')
		return text[1] == '\0';
	if (*text != '+' && *text != '-')
		return false;
	text++;
	if (!take_digits(&text, 2, &hours) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, &minutes) || *text || hours > 23 || minutes > 59)
		return false;
	*ret_offset_s = (hours * 60 + minutes) * (west ? -60 : 60);
	return true;
}

static bool is_real_date(const struct civil *c)
{
	struct civil back = civil_from_seconds(civil_to_seconds(c));

	return c->month >= 1 && c->month <= 12 && c->day >= 1 && back.month == c->month &&
	       back.day == c->day && c->hour < 24 && c->minute < 60 && c->second <= 60;
}

bool clock_parse(const char *text, uint64_t *ret_ns, bool *ret_has_offset)
{
	struct civil c = { 0 };
	uint64_t fraction = 0;
	int64_t seconds;
	int offset_s = 0;
	bool has_offset = false;

	if (!take_digits(&text, 4, &c.year) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, &c.month) || !take_char(&text, '-') ||
	    !take_digits(&text, 2, &c.day))
		return false;
	if (*text) {
		if (!take_char(&text, 'T') && !take_char(&text, ' ') && !take_char(&text, 't'))
			return false;
		if (!take_digits(&text, 2, &c.hour) || !take_char(&text, ':') ||
		    !take_digits(&text, 2, &c.minute))
			return false;
		if (*text == ':' && (text++, !take_digits(&text, 2, &c.second)))
			return false;
		if (*text == '.' && (text++, !take_fraction(&text, &fraction)))
			return false;
		if (!take_offset(text, &offset_s, &has_offset))
			return false;
	}
	if (!is_real_date(&c))
		return false;
	seconds = civil_to_seconds(&c) - offset_s;
	if (seconds < 0 || seconds > (int64_t)(UINT64_MAX / NS_PER_SEC) - 1)
		return false;
	*ret_ns = (uint64_t)seconds * NS_PER_SEC + fraction;
	*ret_has_offset = has_offset;
	return true;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* A decimal number without sign, then one of the units (an empty name stands for "none"). */
static bool parse_with_unit(const char *text, const struct unit *units, size_t n, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(end, units[i].name))
			return !__builtin_mul_overflow((uint64_t)value, units[i].factor, ret);
	return false;
}

bool duration_parse(const char *text, uint64_t *ret_ns)
{
	static const struct unit units[] = {
		{ "ms", NS_PER_MS }, { "s", NS_PER_SEC }, { "m", NS_PER_MIN },
		{ "h", NS_PER_HOUR }, { "d", NS_PER_DAY },
	};
	uint64_t ns;

	if (!parse_with_unit(text, units, ARRAY_SIZE(units), &ns))
		return false;
	*ret_ns = ns;
	return true;
}

bool size_parse(const char *text, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{ "", 1 }, { "B", 1 }, { "KB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
		{ "TB", 1000000000000 }, { "KiB", 1ULL << 10 }, { "MiB", 1ULL << 20 },
		{ "GiB", 1ULL << 30 }, { "TiB", 1ULL << 40 },
	};
	uint64_t bytes;

	if (!parse_with_unit(text, units, ARRAY_SIZE(units), &bytes))
		return false;
	*ret_bytes = bytes;
	return true;
}

const char *size_format(uint64_t bytes, char buf[static CLOCK_TEXT_MAX])
{
	static const char *const names[] = { "B", "KB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 999.5 && i + 1 < ARRAY_SIZE(names); i++)
		value /= 1000;
	if (i == 0 || value >= 9.95)
		snprintf(buf, CLOCK_TEXT_MAX, "%.0f %s", value, names[i]);
	else
		snprintf(buf, CLOCK_TEXT_MAX, "%.1f %s", value, names[i]);
	return buf;
}

const char *size_format_exact(uint64_t bytes, char buf[static CLOCK_TEXT_MAX])
{
	static const struct unit units[] = {
		{ "TiB", 1ULL << 40 }, { "TB", 1000000000000 }, { "GiB", 1ULL << 30 },
		{ "GB", 1000000000 }, { "MiB", 1ULL << 20 }, { "MB", 1000000 },
		{ "KiB", 1ULL << 10 }, { "KB", 1000 }, { "B", 1 },
	};
	size_t i = 0;

	while (bytes ? bytes % units[i].factor : i + 1 < ARRAY_SIZE(units))
		i++;
	snprintf(buf, CLOCK_TEXT_MAX, "%llu %s", (unsigned long long)(bytes / units[i].factor),
		 units[i].name);
	return buf;
}

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

uint64_t clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t clock_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
