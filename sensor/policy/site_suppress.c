/* site_suppress.c - the section "suppress" of a site file (suppress.h). */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/clock.h"
#include "base/text.h"
#include "policy/own_rule.h"
#include "policy/site_read.h"
#include "policy/site_values.h"
#include "policy/suffix.h"
#include "policy/suppress.h"

#define TEXT_LONGEST 256		/* of owner and reason, with the zero byte */

static void read_id(struct reader *r, const struct at *at, void *into)
{
	reader_id(r, at, ((struct suppression *)into)->id);
}

static const char *nearest_rule(const struct site *s, const char *text)
{
	const char *names[RULES + OWN_RULES_MAX];
	size_t n = 0;

	for (int i = 0; i < RULES; i++)
		names[n++] = rule_id_text((enum rule_id)i);
	for (size_t i = 0; i < s->n_own; i++)
		names[n++] = s->own[i].rule.id;
	return text_nearest(text, names, n);
}

static void read_rule(struct reader *r, const struct at *at, void *into)
{
	struct suppression *e = into;
	char shown[SHOWN_MAX];
	const char *nearest;
	enum rule_id id;

	e->rule = reader_text(r, at, SITE_ID_MAX);
	if (rule_id_find(at_text(at), &id) && id == RULE_ATT_001) {
		reader_error(r, at, "an attestation says what crossed a boundary, whether anybody "
			     "minds or not; an expected entry or a work order covers a crossing");
		return;
	}
	if (rule_id_find(at_text(at), &id) || own_rule_find(r->site, at_text(at)))
		return;
	if (rule_id_is_to_come(at_text(at))) {
		reader_warn(r, at, "without effect: this version does not have the rule yet");
		return;
	}
	nearest = nearest_rule(r->site, at_text(at));
	reader_error(r, at, "there is no rule %s; %s%s%s", at_shown(at, shown),
		     nearest ? "did you mean \"" : "rules of the site's own stand under \"rules\"",
		     nearest ? nearest : "", nearest ? "\"?" : "");
}

static void read_asset(struct reader *r, const struct at *at, void *into)
{
	uint32_t number = keymap_get(&r->assets, at_text(at), strlen(at_text(at)));
	char shown[SHOWN_MAX];

	if (number == KEYMAP_NONE)
		reader_error(r, at, "there is no asset %s; assets are listed under \"assets\"",
			     at_shown(at, shown));
	else
		((struct suppression *)into)->asset = r->site->assets[number].id;
}

static void read_destination(struct reader *r, const struct at *at, void *into)
{
	struct suppression *e = into;

	e->has_destination = true;
	reader_party(r, at, &e->destination);
}

static void read_services(struct reader *r, const struct at *at, void *into)
{
	struct suppression *e = into;

	reader_services(r, at, &e->services, &e->n_services);
}

static void read_window(struct reader *r, const struct at *at, void *into)
{
	struct suppression *e = into;

	reader_hours(r, at, &e->window);
	e->has_window = true;
}

static void read_reason(struct reader *r, const struct at *at, void *into)
{
	((struct suppression *)into)->reason = reader_text(r, at, TEXT_LONGEST);
}

static void read_owner(struct reader *r, const struct at *at, void *into)
{
	((struct suppression *)into)->owner = reader_text(r, at, TEXT_LONGEST);
}

static void read_expires(struct reader *r, const struct at *at, void *into)
{
	struct suppression *e = into;

	/* Only the warning goes by today's date; what counts is the day of judging. */
	if (reader_date(r, at, &e->expires_day) &&
	    (int64_t)(clock_wall_ns() / NS_PER_DAY) > e->expires_day)
		reader_warn(r, at, "expired on %s: the entry suppresses nothing judged after that "
			    "day; renew it or take it out", at_text(at));
}

static const struct key suppress_keys[] = {
	{ "id", TYPE_STRING, false, read_id },
	{ "rule", TYPE_STRING, true, read_rule },
	{ "asset", TYPE_STRING, false, read_asset },
	{ "destination", TYPE_OBJECT, false, read_destination },
	{ "services", TYPE_ARRAY, false, read_services },
	{ "window", TYPE_OBJECT, false, read_window },
	{ "reason", TYPE_STRING, true, read_reason },
	{ "owner", TYPE_STRING, true, read_owner },
	{ "expires", TYPE_STRING, true, read_expires },
};

/* What can never hold: a named destination is told as its registered domain and as nothing else. */
static void warn_named(struct reader *r, const struct at *at, const struct suppression *e)
{
	const struct party *to = &e->destination;
	const char *name = to->domain + (to->domain[0] == '*' ? 2 : 0);
	char domain[SUFFIX_NAME_MAX];
	const char *with = e->n_services ? "\"services\"" : to->n_networks ? "\"ip\"" : NULL;

	if (!name[0] || strcmp(e->rule, "NW-DST-001"))
		return;
	if (with)
		reader_warn(r, at, "without effect: NW-DST-001 tells a destination that has a name "
			    "as its registered domain, whatever the address and service; take out "
			    "%s", with);
	else if (suffix_registered_domain(name, domain, sizeof(domain)) &&
		 strcasecmp(name, domain))
		reader_warn(r, at, "without effect: NW-DST-001 tells a destination that has a name "
			    "as its registered domain; write \"%s\"", domain);
}

static void read_suppression(struct reader *r, const struct at *at, void *into)
{
	static const struct party anybody = { .asset = "", .role = "", .vendor = "", .zone = "",
					      .domain = "" };
	struct site *site = into;
	struct suppression *e = &site->suppress[site->n_suppress++];

	*e = (struct suppression){ .rule = "", .asset = "", .destination = anybody, .owner = "",
				   .reason = "", .expires_day = INT32_MIN };
	snprintf(e->id, sizeof(e->id), "suppress-%zu", at->index + 1);
	reader_object(r, at, KEYS(suppress_keys), e);
	warn_named(r, at, e);
	for (size_t i = 0; i + 1 < site->n_suppress; i++)
		if (!strcmp(site->suppress[i].id, e->id))
			reader_error(r, at, "\"%s\" is the id of suppress[%zu] already; give each "
				     "entry an \"id\" of its own", e->id, i);
}

void read_suppress(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	size_t n = json_array_size(at->value);

	if (n > SUPPRESS_MAX) {
		reader_error(r, at, "has %zu entries; at most %d are possible", n, SUPPRESS_MAX);
		return;
	}
	site->suppress = reader_alloc(r, n, sizeof(*site->suppress));
	if (site->suppress)
		reader_each(r, at, TYPE_OBJECT, read_suppression, site);
}
