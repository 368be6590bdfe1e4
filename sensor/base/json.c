/* json.c - see json.h. */
#include "base/json.h"

#include <math.h>
#include <string.h>
#include "base/clock.h"
#include "base/text.h"

json_t *json_text_cut(const char *text, size_t cap)
{
	char clean[JSON_TEXT_MAX];

	if (!text)
		return json_null();
	text_repair(text, strlen(text), clean, cap < sizeof(clean) ? cap : sizeof(clean));
	return json_string(clean);
}

json_t *json_text(const char *text)
{
	return json_text_cut(text, JSON_TEXT_MAX);
}

void json_put_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_text(text));
}

/* JSON has no unsigned numbers of 64 bits: the sign bit is left out. */
void json_put_int(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)(value & INT64_MAX)));
}

void json_put_real(json_t *object, const char *key, double value)
{
	json_object_set_new(object, key, json_real(isfinite(value) ? value : 0));
}

void json_put_time(json_t *object, const char *key, uint64_t ns)
{
	char text[CLOCK_TEXT_MAX];

	json_put_text(object, key, ns ? clock_format(ns, text) : NULL);
}
