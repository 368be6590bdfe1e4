/* schedule_read.c - "schedule": {...} of an activity into a schedule_spec. */
#include "synth/activity.h"

#include <string.h>
#include "base/err.h"
#include "base/text.h"

static const char *const weekday_names[7] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static void time_of_day(struct fields *f, const char *key, const char *text, uint32_t *ret_s)
{
	if (text && !fields_parse_time_of_day(text, ret_s))
		fields_error(f, key, "\"%s\" is not a time of day (example: \"00:30\")", text);
}

/* "HH:MM-HH:MM" */
static bool time_span(struct fields *f, const char *key, uint32_t *ret_from, uint32_t *ret_to)
{
	char text[32];

	if (!fields_text(f, key, text, sizeof(text)))
		return false;
	char *dash = strchr(text, '-');
	if (dash)
		*dash = '\0';
	if (!dash || !fields_parse_time_of_day(text, ret_from) ||
	    !fields_parse_time_of_day(dash + 1, ret_to)) {
		fields_error(f, key, "is not a span of the day (example: \"06:00-22:00\")");
		return false;
	}
	return true;
}

static int weekday(const char *name, size_t n)
{
	for (int i = 0; i < 7; i++)
		if (n == 3 && !strncmp(name, weekday_names[i], 3))
			return i;
	return -1;
}

/* "mon-fri", "sun", or a list of either. */
static void read_weekdays(struct fields *f, struct schedule_spec *spec)
{
	size_t n = fields_list_len(f, "weekdays");

	if (n)
		spec->weekdays = 0;
	for (size_t i = 0; i < n; i++) {
		const char *text = fields_list_text(f, "weekdays", i);
		if (!text)
			return;
		const char *dash = strchr(text, '-');
		int from = weekday(text, dash ? (size_t)(dash - text) : strlen(text));
		int to = dash ? weekday(dash + 1, strlen(dash + 1)) : from;

		if (from < 0 || to < 0) {
			fields_error(f, "weekdays",
				     "\"%s\" is not understood (example: \"mon-fri\")", text);
			return;
		}
		for (int d = from;; d = (d + 1) % 7) {
			spec->weekdays |= (uint8_t)(1 << d);
			if (d == to)
				break;
		}
	}
}

static void read_days(struct fields *f, const char *key, uint16_t *days, size_t *ret_n)
{
	json_t *list = fields_array(f, key);
	size_t n = json_array_size(list);

	if (n > SCHEDULE_DAYS_MAX) {
		fields_error(f, key, "has more than %d days", SCHEDULE_DAYS_MAX);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		json_t *one = json_array_get(list, i);
		json_int_t day = json_is_integer(one) ? json_integer_value(one) : 0;

		if (day < 1 || day > SCENARIO_DAYS_MAX) {
			fields_error(f, key, "has to hold day numbers from 1");
			return;
		}
		days[(*ret_n)++] = (uint16_t)day;
	}
}

static void read_peaks(struct fields *f, struct schedule_spec *spec)
{
	static const char *const known[] = { "at", "width", "factor" };
	size_t n = json_array_size(fields_array(f, "peaks"));
	struct fields child;

	if (n > SCHEDULE_PEAKS_MAX)
		fields_error(f, "peaks", "are more than %d", SCHEDULE_PEAKS_MAX);
	for (size_t i = 0; i < n && fields_element(f, "peaks", i, &child); i++) {
		struct peak *p = &spec->peaks[spec->n_peaks++];
		uint64_t width_ns = NS_PER_HOUR;
		char text[16] = "";

		fields_known(&child, known, ARRAY_SIZE(known));
		fields_text(&child, "at", text, sizeof(text));
		time_of_day(&child, "at", text, &p->at_s);
		fields_duration(&child, "width", &width_ns);
		p->width_s = (uint32_t)(width_ns / NS_PER_SEC);
		p->factor_q32 = 2 * Q32_ONE;
		fields_ratio(&child, "factor", 1000, &p->factor_q32);
		if (!p->width_s || width_ns > NS_PER_DAY / 2)
			fields_error(&child, "width", "must be from 1s to 12h");
	}
}

static void read_kind(struct fields *f, struct schedule_spec *spec)
{
	static const char *const kinds[] = { "at", "window", "every", "rate", "once" };
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (fields_has(f, kinds[i])) {
			spec->kind = (enum schedule_kind)i;
			n++;
		}
	}
	if (n != 1) {
		fields_error(f, NULL,
			     "needs exactly one of at, window, every, rate, once");
		return;
	}
	size_t times = fields_list_len(f, "at");
	if (times > SCHEDULE_TIMES_MAX)
		fields_error(f, "at", "has more than %d times", SCHEDULE_TIMES_MAX);
	for (size_t i = 0; i < times && !fields_failed(f); i++)
		time_of_day(f, "at", fields_list_text(f, "at", i), &spec->at_s[spec->n_at++]);
	time_span(f, "window", &spec->at_s[0], &spec->at_s[1]);
	if (fields_duration(f, "every", &spec->every_ns) && spec->every_ns < 10 * NS_PER_MS)
		fields_error(f, "every", "must be at least 10ms");
	if (fields_ratio(f, "rate", 1000000, &spec->per_hour_q32) &&
	    spec->per_hour_q32 < Q32_ONE / 1000)
		fields_error(f, "rate", "must be at least 0.001 an hour");
	if (spec->kind == SCHEDULE_ONCE)
		fields_duration(f, "once", &spec->offset_ns);
	else
		fields_duration(f, "offset", &spec->offset_ns);
}

static void read_selection(struct fields *f, struct schedule_spec *spec)
{
	uint64_t every = 1, phase = 0, first = 1, last = UINT32_MAX;

	fields_count(f, "every_days", SCENARIO_DAYS_MAX, &every);
	fields_count(f, "phase_days", SCENARIO_DAYS_MAX, &phase);
	fields_count(f, "first_day", SCENARIO_DAYS_MAX, &first);
	fields_count(f, "last_day", SCENARIO_DAYS_MAX, &last);
	if (!every || phase >= every)
		fields_error(f, "every_days", "must be greater than phase_days");
	spec->every_days = every ? (uint32_t)every : 1;
	spec->phase_days = (uint32_t)phase;
	spec->first_day = first ? (uint32_t)first : 1;
	spec->last_day = (uint32_t)last;
	read_weekdays(f, spec);
	read_days(f, "days", spec->days, &spec->n_days);
	read_days(f, "not_days", spec->not_days, &spec->n_not_days);
}

void schedule_read(struct fields *f, struct schedule_spec *spec, const char *site_zone)
{
	static const char *const known[] = {
		"at", "window", "every", "rate", "once", "offset", "zone", "jitter", "drift",
		"skip",
		"hours", "peaks", "weekdays", "every_days", "phase_days", "first_day", "last_day",
		"days", "not_days",
	};

	*spec = (struct schedule_spec){ .weekdays = 0x7f };
	fields_known(f, known, ARRAY_SIZE(known));
	(void)text_copy(spec->zone, sizeof(spec->zone), site_zone);
	if (fields_text(f, "zone", spec->zone, sizeof(spec->zone)) && !strcmp(spec->zone, "local"))
		(void)text_copy(spec->zone, sizeof(spec->zone), site_zone);
	read_kind(f, spec);
	if (fields_duration(f, "jitter", &spec->jitter_ns) && spec->jitter_ns > NS_PER_DAY)
		fields_error(f, "jitter", "must be at most 24h");
	if (fields_duration_signed(f, "drift", &spec->drift_ns) &&
	    (spec->drift_ns > (int64_t)NS_PER_DAY || spec->drift_ns < -(int64_t)NS_PER_DAY))
		fields_error(f, "drift", "must be at most 24h");
	fields_ratio(f, "skip", 1, &spec->skip_q32);
	spec->has_hours = time_span(f, "hours", &spec->hours_from_s, &spec->hours_to_s);
	read_peaks(f, spec);
	read_selection(f, spec);
}
