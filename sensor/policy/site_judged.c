/* site_judged.c - the part of site_explain.h about single assets: how the rules that go by the
 * policy alone see each of them, and what they cannot judge and why.
 */
#include "policy/site_explain_internal.h"

#include <string.h>
#include "base/text.h"
#include "policy/roles.h"
#include "policy/servers.h"
#include "policy/suppress.h"

#define ASSETS_SHOWN 200
#define CLEAN_MAX (4 * SITE_ID_MAX)

#define ENTRIES_SHOWN 8			/* of an asset */

/* A vendor is any text; this is read on a terminal. */
static const char *clean(const char *text, char buf[static CLEAN_MAX])
{
	text_repair(text, strlen(text), buf, CLEAN_MAX);
	return buf;
}

static void print_key(const char *key, FILE *out)
{
	fprintf(out, "    %-12s ", key);
}

/* NW-DST-001, NW-DST-002 */
static void print_outside(const struct site *s, const struct zone *zone, FILE *out)
{
	print_key("outside", out);
	if (zone && zone->is_closed && !rule_of(s->rules, RULE_DST_002)->is_disabled)
		fputs("the zone is closed: any external traffic is told (NW-DST-002)\n", out);
	else
		fputs("a new destination is told (NW-DST-001)\n", out);
}

static void print_nights(const struct site *s, const struct zone *zone, FILE *out)
{
	const struct closed_hours *list = zone && zone->has_closed ? zone->closed : s->closed;
	size_t n = zone && zone->has_closed ? zone->n_closed : s->n_closed;

	print_key("nights", out);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? "; " : "", out);
		explain_hours(out, &list[i]);
	}
	fputs(n ? " (NW-EXF-001)\n" : "no closed hours: nightly uploads are not judged\n", out);
}

static void print_entries(const struct site *s, const struct asset *a, FILE *out)
{
	size_t shown = 0;

	print_key("expected", out);
	for (size_t i = 0; i < s->n_expected && a->n_ips && shown <= ENTRIES_SHOWN; i++) {
		if (!site_party_takes(s, &s->expected[i].from, &a->ips[0], ""))
			continue;
		if (shown++ < ENTRIES_SHOWN)
			fprintf(out, "%s%s", shown > 1 ? ", " : "", s->expected[i].id);
	}
	fputs(shown > ENTRIES_SHOWN ? ", and more\n" : shown ? "\n" : "nothing from it\n", out);
}

/* NW-SEG-001 */
static void print_segment(const struct asset *a, FILE *out)
{
	char vendor[CLEAN_MAX];

	print_key("vendors", out);
	if (!a->vendor[0])
		fputs("of no vendor: not judged by NW-SEG-001\n", out);
	else if (role_is_shared(a->role))
		fprintf(out, "%s works for all vendors: not judged by NW-SEG-001\n", a->role);
	else
		fprintf(out, "of vendor %s: traffic with other vendors' is told (NW-SEG-001)\n",
			clean(a->vendor, vendor));
}

/* NW-SEG-003 */
static void print_lateral(const struct site *s, const struct asset *a, FILE *out)
{
	bool is_first = true;

	print_key("remote work", out);
	if (!a->role[0]) {
		fputs("no role: judged by the other end's alone (NW-SEG-003)\n", out);
		return;
	}
	for (size_t i = 0; i < s->n_assets; i++) {
		const char *role = s->assets[i].role;
		bool was_named = !roles_are_paired(a->role, role);

		for (size_t k = 0; k < i && !was_named; k++)
			was_named = !strcmp(s->assets[k].role, role);
		if (was_named)
			continue;
		fprintf(out, "%s%s", is_first ? "told with roles other than " : ", ", role);
		is_first = false;
	}
	fputs(is_first ? "and file sharing: told with every role (NW-SEG-003)\n" :
			 ", and file sharing too (NW-SEG-003)\n", out);
}

static void print_sessions(const struct site *s, FILE *out)
{
	print_key("sessions", out);
	fputs(s->orders ? "from outside or by the maintenance gateway: told without a work order "
			  "of the asset (NW-REM-001)\n" :
			  "no work orders are registered: told with a lower severity "
			  "(NW-REM-001)\n", out);
}

/* NW-DST-003 */
static void print_servers(const struct site *s, const struct asset *a, FILE *out)
{
	char text[256];

	for (unsigned k = SERVER_NONE + 1; k < SERVER_KINDS; k++) {
		enum server_kind kind = (enum server_kind)k;

		print_key(server_kind_name(kind), out);
		if (server_kind_is_role(kind, a->role))
			fputs("it is one: not judged\n", out);
		else if (servers_text(s, kind, a, text, sizeof(text))[0])
			fprintf(out, "%s; others are told (NW-DST-003)\n", text);
		else
			fputs("no server is named: not judged\n", out);
	}
}

static void print_link(const struct asset *a, FILE *out)
{
	print_key("its address", out);
	fputs(a->n_macs ? "another MAC that claims it is told (NW-SEG-005)\n" :
			  "no \"mac\" is given: told when two claim it (NW-SEG-005)\n", out);
}

static void print_suppressed(const struct site *s, const struct asset *a, FILE *out)
{
	for (size_t i = 0; i < s->n_suppress; i++)
		if (!s->suppress[i].asset[0] || !strcmp(s->suppress[i].asset, a->id)) {
			print_key("suppressed", out);
			fprintf(out, "%s by entry %s\n", s->suppress[i].rule, s->suppress[i].id);
		}
}

static void print_asset(const struct site *s, const struct asset *a, FILE *out)
{
	const struct zone *zone = a->zone ? a->zone : a->n_ips ? site_zone(s, &a->ips[0]) : NULL;
	char vendor[CLEAN_MAX];

	fprintf(out, "  %s (%s, vendor %s, zone %s)\n", a->id, a->role[0] ? a->role : "no role",
		a->vendor[0] ? clean(a->vendor, vendor) : "not given", zone ? zone->id : "none");
	print_outside(s, zone, out);
	print_nights(s, zone, out);
	print_entries(s, a, out);
	print_segment(a, out);
	print_lateral(s, a, out);
	print_sessions(s, out);
	print_servers(s, a, out);
	print_link(a, out);
	print_suppressed(s, a, out);
}

static void print_zones(const struct site *s, FILE *out)
{
	for (size_t i = 0; i < s->n_zones; i++) {
		const char *vendor = site_zone_vendor(s, &s->zones[i]);
		char shown[CLEAN_MAX];

		if (vendor[0])
			fprintf(out, "  other addresses of zone %s: vendor %s, told with other "
				"vendors' (NW-SEG-001)\n", s->zones[i].id,
				clean(vendor, shown));
	}
}

void site_explain_judged(const struct site *s, FILE *out)
{
	if (s->is_default || !s->n_assets)
		return;
	fputs("How each is judged:\n", out);
	for (size_t i = 0; i < s->n_assets && i < ASSETS_SHOWN; i++)
		print_asset(s, &s->assets[i], out);
	if (s->n_assets > ASSETS_SHOWN)
		fprintf(out, "  and %zu more\n", s->n_assets - ASSETS_SHOWN);
	print_zones(s, out);
	fputs("  hard-coded addresses (NW-DST-004): of every asset whose DNS answers the tap sees, "
	      "after a day\n    of memory without a gap; --manifest counts what was not judged "
	      "(unnamed.*)\n"
	      "  to the outside: what fails night after night (NW-EXF-010), and protocols that are "
	      "not on their\n    ports (NW-EXF-009), of every asset, but for what an entry covers "
	      "at any time of day;\n    peers that are sent to and were received from "
	      "(NW-EXF-006), by what no entry covers\n", out);
}
