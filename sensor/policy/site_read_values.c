/* site_read_values.c - the values of site_read.h that occur in many places, with their messages. */
#include <errno.h>
#include <string.h>
#include "base/text.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

void reader_id(struct reader *r, const struct at *at, char ret_id[static SITE_ID_MAX])
{
	char shown[SHOWN_MAX];

	if (value_is_id(at_text(at)))
		text_copy(ret_id, SITE_ID_MAX, at_text(at));
	else
		reader_error(r, at,
			     "%s is not an id; use 1 to %d letters, digits, \".\", \"_\" or \"-\"",
			     at_shown(at, shown), SITE_ID_MAX - 1);
}

void reader_new_id(struct reader *r, const struct at *at, struct keymap *ids, const char *id,
		   uint32_t index)
{
	struct at where;
	int err;

	if (!id[0])
		return;		/* reported already */
	err = keymap_put(ids, id, strlen(id), index);
	if (err == -ENOMEM)
		r->no_memory = true;
	if (err == -EEXIST && reader_member(r, at, "id", &where))
		reader_error(r, &where, "\"%s\" is the id of %s[%u] already; ids are unique", id,
			     at->up->key, keymap_get(ids, id, strlen(id)));
}

const char *reader_text(struct reader *r, const struct at *at, size_t cap)
{
	char shown[SHOWN_MAX];
	const char *copy;

	if (!value_is_label(at_text(at), cap)) {
		reader_error(r, at, "%s must be text of 1 to %zu bytes without control characters",
			     at_shown(at, shown), cap - 1);
		return "";
	}
	copy = arena_text(r->arena, at_text(at));
	if (!copy)
		r->no_memory = true;
	return copy ? copy : "";
}

bool reader_cidr(struct reader *r, const struct at *at, struct cidr *ret_cidr)
{
	char shown[SHOWN_MAX], meant_text[CIDR_TEXT_MAX];
	struct cidr meant;

	if (cidr_parse(at_text(at), ret_cidr))
		return true;
	if (value_cidr_meant(at_text(at), &meant))
		reader_error(r, at, "%s has host bits set; did you mean \"%s\"?",
			     at_shown(at, shown), cidr_format(&meant, meant_text));
	else
		reader_error(r, at,
			     "%s is not a network; write \"10.20.1.0/24\" or \"2001:db8::/32\"",
			     at_shown(at, shown));
	return false;
}

bool reader_date(struct reader *r, const struct at *at, int32_t *ret_day)
{
	char shown[SHOWN_MAX];

	if (value_date(at_text(at), ret_day))
		return true;
	reader_error(r, at, "%s is not a date of the calendar; write \"2026-12-25\"",
		     at_shown(at, shown));
	return false;
}

bool reader_country(struct reader *r, const struct at *at, char ret_country[static 3])
{
	char shown[SHOWN_MAX];

	if (!value_country(at_text(at))) {
		reader_error(r, at,
			     "%s is not a country; write two capital letters of ISO 3166 (\"NL\")",
			     at_shown(at, shown));
		return false;
	}
	if (!strcmp(at_text(at), "UK") || !strcmp(at_text(at), "EL")) {
		reader_error(r, at, "%s is not an ISO 3166 code; write \"%s\"", at_shown(at, shown),
			     at_text(at)[0] == 'U' ? "GB" : "GR");
		return false;
	}
	memcpy(ret_country, at_text(at), 3);
	return true;
}

static void read_days(struct reader *r, const struct at *at, void *into)
{
	struct closed_hours *hours = into;
	char shown[SHOWN_MAX];

	if (!value_days(at_text(at), &hours->days))
		reader_error(r, at, "%s names no days; write \"mon-sun\", \"mon-fri\", \"sat,sun\"",
			     at_shown(at, shown));
}

static void read_hhmm(struct reader *r, const struct at *at, bool is_end, uint16_t *ret_min)
{
	char shown[SHOWN_MAX];

	if (!value_hhmm(at_text(at), is_end, ret_min))
		reader_error(r, at, "%s is not a time of day; write \"05:00\"%s",
			     at_shown(at, shown),
			     is_end ? ", at most \"24:00\"" : ", at most \"23:59\"");
}

static void read_from(struct reader *r, const struct at *at, void *into)
{
	read_hhmm(r, at, false, &((struct closed_hours *)into)->from_min);
}

static void read_to(struct reader *r, const struct at *at, void *into)
{
	read_hhmm(r, at, true, &((struct closed_hours *)into)->to_min);
}

static const struct key hours_keys[] = {
	{ "days", TYPE_STRING, true, read_days },
	{ "from", TYPE_STRING, true, read_from },
	{ "to", TYPE_STRING, true, read_to },
};

void reader_hours(struct reader *r, const struct at *at, struct closed_hours *ret_hours)
{
	reader_object(r, at, KEYS(hours_keys), ret_hours);
}
