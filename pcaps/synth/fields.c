/* fields.c - see fields.h. */
#include "synth/fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "synth/random.h"

bool fields_failed(const struct fields *f)
{
	return f->error[0] != '\0';
}

void fields_error(struct fields *f, const char *key, const char *fmt, ...)
{
	char text[320];
	va_list ap;

	if (fields_failed(f))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	const char *dot = key && f->path[0] ? "." : "";
	const char *colon = key || f->path[0] ? ": " : "";
	(void)text_format(f->error, FIELDS_ERROR_MAX, "%s: %s%s%s%s%s", f->file, f->path, dot,
			  key ? key : "", colon, text);
}

void fields_known(struct fields *f, const char *const *names, size_t n)
{
	const char *key;
	json_t *value;

	json_object_foreach(f->object, key, value) {
		bool is_known = !strcmp(key, "note");

		for (size_t i = 0; i < n && !is_known; i++)
			is_known = !strcmp(key, names[i]);
		if (is_known)
			continue;
		const char *near = text_nearest(key, names, n);
		if (near)
			fields_error(f, key, "unknown key, did you mean \"%s\"?", near);
		else
			fields_error(f, key, "unknown key");
	}
}

static json_t *get(const struct fields *f, const char *key)
{
	return fields_failed(f) ? NULL : json_object_get(f->object, key);
}

bool fields_has(const struct fields *f, const char *key)
{
	return get(f, key) != NULL;
}

bool fields_text(struct fields *f, const char *key, char *buf, size_t cap)
{
	json_t *v = get(f, key);

	if (!v)
		return false;
	if (!json_is_string(v) || json_string_length(v) != strlen(json_string_value(v))) {
		fields_error(f, key, "must be text");
		return false;
	}
	if (json_string_length(v) >= cap) {
		fields_error(f, key, "is longer than %zu bytes", cap - 1);
		return false;
	}
	return text_copy(buf, cap, json_string_value(v));
}

bool fields_count(struct fields *f, const char *key, uint64_t max, uint64_t *ret)
{
	json_t *v = get(f, key);

	if (!v)
		return false;
	json_int_t n = json_is_integer(v) ? json_integer_value(v) : -1;
	if (n < 0 || (uint64_t)n > max) {
		fields_error(f, key, "must be a whole number from 0 to %llu",
			     (unsigned long long)max);
		return false;
	}
	*ret = (uint64_t)n;
	return true;
}

bool fields_flag(struct fields *f, const char *key, bool *ret)
{
	json_t *v = get(f, key);

	if (!v)
		return false;
	if (!json_is_boolean(v)) {
		fields_error(f, key, "must be true or false");
		return false;
	}
	*ret = json_is_true(v);
	return true;
}

/* duration_parse() knows seconds and more; round trips and gaps need less. */
bool fields_parse_duration(const char *text, uint64_t *ret_ns)
{
	static const struct { const char *unit; uint64_t ns; } units[] = {
		{ "us", NS_PER_US }, { "ms", NS_PER_MS },
	};
	size_t digits = strspn(text, "0123456789");

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!digits || digits > 9 || strcmp(text + digits, units[i].unit) != 0)
			continue;
		uint64_t n = 0;
		for (size_t k = 0; k < digits; k++)
			n = n * 10 + (uint64_t)(text[k] - '0');
		*ret_ns = n * units[i].ns;
		return true;
	}
	return duration_parse(text, ret_ns) && *ret_ns < INT64_MAX / 4;
}

bool fields_duration(struct fields *f, const char *key, uint64_t *ret_ns)
{
	char text[64];
	uint64_t ns;

	if (!fields_text(f, key, text, sizeof(text)))
		return false;
	if (!fields_parse_duration(text, &ns)) {
		fields_error(f, key,
			     "\"%s\" is not a duration (examples: \"20m\", \"1h\", \"5ms\")", text);
		return false;
	}
	*ret_ns = ns;
	return true;
}

bool fields_duration_signed(struct fields *f, const char *key, int64_t *ret_ns)
{
	char text[64];
	uint64_t ns;

	if (!fields_text(f, key, text, sizeof(text)))
		return false;
	bool is_negative = text[0] == '-';
	if (!fields_parse_duration(text + (is_negative || text[0] == '+'), &ns)) {
		fields_error(f, key, "\"%s\" is not a duration (examples: \"10m\", \"-30s\")",
			     text);
		return false;
	}
	*ret_ns = is_negative ? -(int64_t)ns : (int64_t)ns;
	return true;
}

bool fields_size(struct fields *f, const char *key, uint64_t *ret_bytes)
{
	json_t *v = get(f, key);
	uint64_t bytes;
	char text[64];

	if (!v)
		return false;
	if (json_is_integer(v))
		return fields_count(f, key, INT64_MAX, ret_bytes);
	if (!fields_text(f, key, text, sizeof(text)))
		return false;
	if (!size_parse(text, &bytes) || bytes > INT64_MAX) {
		fields_error(f, key, "\"%s\" is not a size (examples: 262144, \"300MB\", \"8KiB\")",
			     text);
		return false;
	}
	*ret_bytes = bytes;
	return true;
}

bool fields_ratio(struct fields *f, const char *key, unsigned max, uint64_t *ret_q32)
{
	json_t *v = get(f, key);

	if (!v)
		return false;
	double x = json_is_number(v) ? json_number_value(v) : -1;
	if (!(x >= 0 && x <= max)) {
		fields_error(f, key, "must be a number from 0 to %u", max);
		return false;
	}
	*ret_q32 = (uint64_t)(x * (double)Q32_ONE);
	return true;
}

bool fields_choice(struct fields *f, const char *key, const char *const *names, size_t n,
		   unsigned *ret)
{
	char text[64], all[256] = "";

	if (!fields_text(f, key, text, sizeof(text)))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(text, names[i])) {
			*ret = (unsigned)i;
			return true;
		}
		size_t used = strlen(all);
		(void)snprintf(all + used, sizeof(all) - used, "%s\"%s\"", i ? ", " : "", names[i]);
	}
	fields_error(f, key, "\"%s\" is not one of %s", text, all);
	return false;
}

bool fields_mac(struct fields *f, const char *key, uint8_t ret[static 6])
{
	unsigned b[6];
	char text[32], rest;

	if (!fields_text(f, key, text, sizeof(text)))
		return false;
	if (strlen(text) != 17 || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2],
					 &b[3],
					 &b[4], &b[5], &rest) != 6) {
		fields_error(f, key, "\"%s\" is not a MAC address (example: \"00:11:22:33:44:55\")",
			     text);
		return false;
	}
	for (unsigned i = 0; i < 6; i++)
		ret[i] = (uint8_t)b[i];
	return true;
}

static void child_path(struct fields *f, const char *name, struct fields *child)
{
	child->file = f->file;
	child->error = f->error;
	(void)snprintf(child->path, sizeof(child->path), "%.150s%s%.100s", f->path,
		       f->path[0] ? "." : "", name);
}

bool fields_object(struct fields *f, const char *key, struct fields *ret_child)
{
	json_t *v = get(f, key);

	if (!v)
		return false;
	if (!json_is_object(v)) {
		fields_error(f, key, "must be an object");
		return false;
	}
	ret_child->object = v;
	child_path(f, key, ret_child);
	return true;
}

json_t *fields_array(struct fields *f, const char *key)
{
	json_t *v = get(f, key);

	if (v && !json_is_array(v)) {
		fields_error(f, key, "must be an array");
		return NULL;
	}
	return v;
}

size_t fields_list_len(struct fields *f, const char *key)
{
	json_t *v = get(f, key);

	if (!v)
		return 0;
	return json_is_array(v) ? json_array_size(v) : 1;
}

const char *fields_list_text(struct fields *f, const char *key, size_t i)
{
	json_t *v = get(f, key);
	json_t *one = json_is_array(v) ? json_array_get(v, i) : i == 0 ? v : NULL;

	if (v && !json_is_string(one)) {
		fields_error(f, key, "must be text or an array of texts");
		return NULL;
	}
	return one ? json_string_value(one) : NULL;
}

bool fields_element(struct fields *f, const char *key, size_t i, struct fields *ret_child)
{
	json_t *one = json_array_get(fields_array(f, key), i);
	json_t *id = json_is_object(one) ? json_object_get(one, "id") : NULL;
	char name[128];

	if (!one)
		return false;
	if (json_is_string(id))
		(void)snprintf(name, sizeof(name), "%.40s.%.60s", key, json_string_value(id));
	else
		(void)snprintf(name, sizeof(name), "%.60s[%zu]", key, i);
	child_path(f, name, ret_child);
	ret_child->object = one;
	if (!json_is_object(one)) {
		fields_error(ret_child, NULL, "must be an object");
		return false;
	}
	return true;
}

bool fields_parse_time_of_day(const char *text, uint32_t *ret_s)
{
	unsigned h, m, s = 0;
	char rest;
	int n = sscanf(text, "%2u:%2u:%2u%c", &h, &m, &s, &rest);

	if ((n != 2 && n != 3) || (n == 2 && strlen(text) != 5) || (n == 3 && strlen(text) != 8))
		return false;
	if (h > 24 || m > 59 || s > 59 || (h == 24 && (m || s)))
		return false;
	*ret_s = h * 3600 + m * 60 + s;
	return true;
}
