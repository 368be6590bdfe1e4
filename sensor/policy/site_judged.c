/* site_judged.c - the part of site_explain.h about single assets: how the rules that go by the
 * policy alone see each of them, and what they cannot judge and why.
 */
#include "policy/site_explain.h"

#include <string.h>
#include "base/text.h"
#include "policy/roles.h"
#include "policy/servers.h"

#define ASSETS_SHOWN 200
#define CLEAN_MAX (4 * SITE_ID_MAX)

/* A vendor is any text; this is read on a terminal. */
static const char *clean(const char *text, char buf[static CLEAN_MAX])
{
	text_repair(text, strlen(text), buf, CLEAN_MAX);
	return buf;
}

/* NW-SEG-001 */
static void print_segment(const struct asset *a, FILE *out)
{
	char vendor[CLEAN_MAX];

	if (!a->vendor[0])
		fputs("of no vendor, so not judged by NW-SEG-001", out);
	else if (role_is_shared(a->role))
		fprintf(out, "%s works for all vendors, so not judged by NW-SEG-001", a->role);
	else
		fprintf(out, "vendor %s, told with other vendors' (NW-SEG-001)",
			clean(a->vendor, vendor));
}

/* NW-SEG-003 */
static void print_lateral(const struct site *s, const struct asset *a, FILE *out)
{
	bool is_first = true;

	if (!a->role[0]) {
		fputs("; no role: remote work with it is judged by the other end's role alone "
		      "(NW-SEG-003)", out);
		return;
	}
	fputs("; remote work and file sharing are told with roles other than ", out);
	for (size_t i = 0; i < s->n_assets; i++) {
		const char *role = s->assets[i].role;
		bool was_named = !roles_are_paired(a->role, role);

		for (size_t k = 0; k < i && !was_named; k++)
			was_named = !strcmp(s->assets[k].role, role);
		if (was_named)
			continue;
		fprintf(out, "%s%s", is_first ? "" : ", ", role);
		is_first = false;
	}
	fprintf(out, "%s (NW-SEG-003)", is_first ? "those it is paired with: none is listed" : "");
}

/* NW-DST-003 */
static void print_servers(const struct site *s, const struct asset *a, FILE *out)
{
	char text[256];

	for (unsigned k = SERVER_NONE + 1; k < SERVER_KINDS; k++) {
		enum server_kind kind = (enum server_kind)k;

		fprintf(out, "; %s servers ", server_kind_name(kind));
		if (server_kind_is_role(kind, a->role))
			fputs("not judged: it is one", out);
		else if (servers_text(s, kind, a, text, sizeof(text))[0])
			fputs(text, out);
		else
			fputs("not named, so not judged", out);
	}
	fputs(" (NW-DST-003)", out);
}

static void print_asset(const struct site *s, const struct asset *a, FILE *out)
{
	fprintf(out, "  %s: ", a->id);
	print_segment(a, out);
	print_lateral(s, a, out);
	print_servers(s, a, out);
	fputc('\n', out);
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
	      "(unnamed.*)\n", out);
}
