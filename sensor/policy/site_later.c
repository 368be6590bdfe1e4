/* site_later.c - the sections of a site file that name other files, geography and work orders; and
 * the state of the baseline. */
#include <string.h>
#include "base/text.h"
#include "policy/geo.h"
#include "policy/orders.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

#define PATH_LONGEST 4096

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

const char *reader_relative_path(struct reader *r, const struct at *at)
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
	static const char none[] = "{\"work_orders\": []}";
	struct site *site = into;

	site->orders_in_redis = !strcmp(at_text(at), "redis:");
	if (site->orders_in_redis) {
		r->no_memory |= orders_parse("no orders", none, strlen(none), site,
					     &site->orders) != 0;
		return;
	}
	site->orders_path = reader_relative_path(r, at);
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
	const char *path = reader_relative_path(r, at);

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
