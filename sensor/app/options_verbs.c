/* options_verbs.c - commands that have verbs: what goes with which (options_internal.h). */
#include "app/options_internal.h"

#include <string.h>
#include "base/err.h"
#include "base/text.h"

/* --- state ------------------------------------------------------------- */

static int check_verb(const struct options *o)
{
	static const char *const verbs[] = { "show", "assets", "channels", "review",
					     "promote", "outbox", "export",
					     "reveal" };
	const char *near;

	if (o->n_paths == 0)
		return options_error("state needs to know what: show, assets, channels, review, "
				   "promote, outbox, export or reveal%s%s", "", "");
	if (o->n_paths > 1)
		return options_error("\"%s\" is not an option of state %s; the file goes behind "
				   "--state", o->paths[1], o->paths[0]);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(o->paths[0], verbs[i]))
			return 0;
	near = text_nearest(o->paths[0], verbs, ARRAY_SIZE(verbs));
	if (near)
		return options_error("state knows no \"%s\"; did you mean %s?", o->paths[0], near);
	return options_error("state knows no \"%s\"; it has show, assets, channels, review, "
			   "promote, outbox, export and reveal%s", o->paths[0], "");
}

/* What goes with state review and promote alone. */
static int check_baseline(const struct options *o, const char *verb)
{
	bool is_promote = !strcmp(verb, "promote"), is_review = !strcmp(verb, "review");

	if (!is_promote && (o->n_ids || o->all_without_incident || o->revoke || o->by ||
			    o->reason || o->dry_run))
		return options_error("--id, --all-without-incident, --revoke, --by, --reason and "
				   "--dry-run go with state promote, not with state %s%s", verb,
				   "");
	if (o->log && !is_review)
		return options_error("--log goes with state review, not with state %s%s", verb, "");
	if (o->asset && !is_review && !is_promote)
		return options_error("--asset goes with state review and promote, not with state "
				   "%s%s", verb, "");
	if (o->as && is_review && strcmp(o->as, "json") && strcmp(o->as, "csv"))
		return options_error("--as of state review takes json or csv, not \"%s\"%s", o->as,
				   "");
	return 0;
}

int options_check_state(const struct options *o)
{
	const char *verb;

	if (check_verb(o))
		return -1;
	verb = o->paths[0];
	if (!o->state)
		return options_error("state %s needs a state file: --state FILE%s", verb, "");
	if (o->channel && strcmp(verb, "channels"))
		return options_error("--channel goes with state channels, not with state %s%s",
				     verb, "");
	if (!o->pseudonym != !!strcmp(verb, "reveal"))
		return options_error("--pseudonym TEXT goes with state reveal%s, which needs it%s",
				     "", "");
	if (o->records && strcmp(verb, "outbox"))
		return options_error("--records goes with state outbox, not with state %s%s", verb,
				   "");
	if (o->as && strcmp(verb, "export") && strcmp(verb, "review"))
		return options_error("--as goes with state export and review, not with state %s%s",
				   verb, "");
	if (o->as && strcmp(o->as, "json") && strcmp(o->as, "csv") && strcmp(o->as, "site"))
		return options_error("--as takes json, csv or site, not \"%s\"%s", o->as, "");
	return check_baseline(o, verb);
}

/* --- attest ------------------------------------------------------------ */

static int check_show(const struct options *o)
{
	if (o->n_keys || o->head || o->prev || o->against)
		return options_error("--key, --head, --prev and --against go with attest verify, "
				     "not with attest show%s%s", "", "");
	if (o->list && o->date)
		return options_error("--list shows every day and --date one: give one of the "
				     "two%s%s", "", "");
	return 0;
}

static bool is_hash(const char *text)
{
	return !text || (strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64);
}

static int check_verify(const struct options *o)
{
	if (o->list || o->date)
		return options_error("--list and --date go with attest show, not with attest "
				     "verify%s%s", "", "");
	if (!is_hash(o->head))
		return options_error("--head takes a SHA-256, 64 hexadecimal digits in lower "
				     "case, not \"%s\"%s", o->head, "");
	if (!is_hash(o->prev))
		return options_error("--prev takes a SHA-256, 64 hexadecimal digits in lower "
				     "case, not \"%s\"%s", o->prev, "");
	return 0;
}

int options_check_attest(const struct options *o)
{
	static const char *const verbs[] = { "show", "verify" };
	const char *verb = o->n_paths ? o->paths[0] : NULL, *near;

	if (!verb)
		return options_error("attest needs to know what: show or verify%s%s", "", "");
	near = text_nearest(verb, verbs, ARRAY_SIZE(verbs));
	if (strcmp(verb, "show") && strcmp(verb, "verify") && near)
		return options_error("attest knows no \"%s\"; did you mean %s?", verb, near);
	if (strcmp(verb, "show") && strcmp(verb, "verify"))
		return options_error("attest knows no \"%s\"; it has show and verify%s", verb, "");
	if (o->n_paths < 2)
		return options_error("attest %s needs a file: the one that --attestations of "
				     "replay or live has written%s", verb, "");
	return strcmp(verb, "show") ? check_verify(o) : check_show(o);
}
