/* site_later.c - geography, work orders, baseline and retention; and the sections of a site file
 * that are checked in form here and read by later parts: privacy.
 *
 * Nothing of the latter is kept in struct site.  The operator is told which sections have no effect
 * yet.
 */
#include <string.h>
#include "base/clock.h"
#include "base/text.h"
#include "policy/geo.h"
#include "policy/orders.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

#define PATH_LONGEST 4096

static void read_path(struct reader *r, const struct at *at, void *into)
{
	(void)into;
	reader_text(r, at, PATH_LONGEST);
}

void read_baseline(struct reader *r, const struct at *at, void *into)
{
	static const char *const names[] = { [BASELINE_OBSERVE] = "observe",
					     [BASELINE_LEARN] = "learn",
					     [BASELINE_ENFORCE] = "enforce" };
	struct site *site = into;
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(at_text(at), names[i])) {
			site->baseline = (enum baseline)i;
			return;
		}
	reader_error(r, at,
		     "%s is not a state of the baseline; \"learn\", \"observe\" or \"enforce\"",
		     at_shown(at, shown));
}

static const char *const geo_names[GEO_KINDS] = { [GEO_ASN] = "asn", [GEO_COUNTRY] = "country" };

/* A path that is relative to the site file; NULL: what is wrong was said. */
static const char *read_relative(struct reader *r, const struct at *at)
{
	const char *text = reader_text(r, at, PATH_LONGEST);
	const char *directory = r->directory && text[0] != '/' ? r->directory : "";
	size_t size = strlen(directory) + strlen(text) + 1;
	char *path = reader_alloc(r, size, 1);

	if (!path || !text[0])
		return NULL;
	text_format(path, size, "%s%s", directory, text);
	return path;
}

/* After the assets: orders name them. */
void read_work_orders(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	site->orders_path = read_relative(r, at);
	if (site->orders_path && r->directory &&
	    orders_load(site->orders_path, site, &site->orders))
		reader_error(r, at, "the work orders cannot be used, as said above; give the path "
			     "of "
			     "a good file, from the site file's directory on, or leave the key "
			     "out");
}

static void read_geo_path(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	const char *path = read_relative(r, at);

	if (!path)
		return;
	for (int kind = 0; kind < GEO_KINDS; kind++)
		if (!strcmp(at->key, geo_names[kind]))
			site->geo_paths[kind] = path;
}

static const struct key geo_keys[] = {
	{ "asn", TYPE_STRING, false, read_geo_path },
	{ "country", TYPE_STRING, false, read_geo_path },
};

void read_geo(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	struct geo_problem problem;
	struct at member;

	reader_object(r, at, KEYS(geo_keys), site);
	if (!r->directory || (!site->geo_paths[GEO_ASN] && !site->geo_paths[GEO_COUNTRY]))
		return;
	if (geo_open(site->geo_paths[GEO_ASN], site->geo_paths[GEO_COUNTRY], &site->geo,
		     &problem) &&
	    reader_member(r, at, geo_names[problem.kind], &member))
		reader_error(r, &member, "%s; give the path of a MaxMind-format file, from the "
			     "site file's directory on, or leave the key out", problem.text);
}

static void read_pseudonym(struct reader *r, const struct at *at, void *into)
{
	char shown[SHOWN_MAX];

	(void)into;
	if (strcmp(at_text(at), "external_ip") && strcmp(at_text(at), "names"))
		reader_error(r, at, "%s cannot be pseudonymised; \"external_ip\" and \"names\" can",
			     at_shown(at, shown));
}

static void read_pseudonyms(struct reader *r, const struct at *at, void *into)
{
	reader_each(r, at, TYPE_STRING, read_pseudonym, into);
}

#define NIGHTS_KEPT_NS (400 * NS_PER_DAY)	/* CHANNEL_MEMORY_ROWS */

static const struct key privacy_keys[] = {
	{ "pseudonymise", TYPE_ARRAY, false, read_pseudonyms },
	{ "key_file", TYPE_STRING, false, read_path },
};

void read_privacy(struct reader *r, const struct at *at, void *into)
{
	reader_object(r, at, KEYS(privacy_keys), into);
	if (json_array_size(json_object_get(at->value, "pseudonymise")) &&
	    !json_object_get(at->value, "key_file"))
		reader_error(r, at, "\"pseudonymise\" needs a \"key_file\" for its keyed hash");
}

static void read_duration(struct reader *r, const struct at *at, uint64_t *ret_ns)
{
	char shown[SHOWN_MAX];
	uint64_t ns = 0;

	if (duration_parse(at_text(at), &ns) && ns)
		*ret_ns = ns;
	else
		reader_error(r, at,
			     "%s is not a duration; write \"400d\", \"12h\", \"30m\" or \"10s\"",
			     at_shown(at, shown));
}

static void read_keep_nights(struct reader *r, const struct at *at, void *into)
{
	uint64_t ns = NIGHTS_KEPT_NS;

	(void)into;
	read_duration(r, at, &ns);
	if (ns != NIGHTS_KEPT_NS)
		reader_warn(r, at, "without effect in this version: what is first seen is "
				   "remembered for 400 days");
}

static void read_keep_incidents(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	read_duration(r, at, &site->retention_incidents_ns);
}

static void read_keep_outbox(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	read_duration(r, at, &site->retention_outbox_ns);
}

static const struct key retention_keys[] = {
	{ "nights", TYPE_STRING, false, read_keep_nights },
	{ "incidents", TYPE_STRING, false, read_keep_incidents },
	{ "outbox", TYPE_STRING, false, read_keep_outbox },
};

void read_retention(struct reader *r, const struct at *at, void *into)
{
	reader_object(r, at, KEYS(retention_keys), into);
}
