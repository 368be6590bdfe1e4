/* site_explain.c - see site_explain.h.  Texts of the file go through text_repair(): this is read on
 * a terminal.  Cost: zones * assets; nobody waits for it.
 */
#include "policy/site_explain_internal.h"

#include <string.h>
#include "base/clock.h"
#include "base/text.h"
#include "policy/orders.h"

#define ENTRIES_SHOWN 200		/* of the expected list */
#define ROLES_SHOWN 24			/* of a zone */

void explain_text(FILE *out, const char *before, const char *text)
{
	char clean[512];

	if (!text[0])
		return;
	text_repair(text, strlen(text), clean, sizeof(clean));
	fprintf(out, "%s%s", before, clean);
}

static void print_networks(FILE *out, const char *before, const struct cidr *list, size_t n)
{
	char text[CIDR_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s", i ? ", " : before, cidr_format(&list[i], text));
}

void explain_hours(FILE *out, const struct closed_hours *h)
{
	static const char names[7][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
	bool is_first = true;

	for (int day = 0; day < 7 && h->days != 0x7f; day++)
		if (h->days >> day & 1) {
			fprintf(out, "%s%s", is_first ? "" : ",", names[day]);
			is_first = false;
		}
	fprintf(out, "%s %02u:%02u-%02u:%02u%s", h->days == 0x7f ? "every day" : "",
		h->from_min / 60u, h->from_min % 60u, h->to_min / 60u, h->to_min % 60u,
		h->to_min <= h->from_min ? " (next day)" : "");
}

static void print_hours_list(FILE *out, const struct closed_hours *list, size_t n)
{
	if (n == 0)
		fputs("none: detector N (NW-EXF-001, nightly uploads) is off there", out);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? "; " : "", out);
		explain_hours(out, &list[i]);
	}
	fputc('\n', out);
}

/* Does the asset lie in the zone?  zone NULL: in none. */
static bool is_in_zone(const struct site *s, const struct asset *a, const struct zone *zone)
{
	if (a->zone || !a->n_ips)
		return a->zone == zone;
	return site_zone(s, &a->ips[0]) == zone;
}

struct role_count {
	const char *role;
	size_t n;
};

/* The counter of a role; the last one takes what finds no room. */
static struct role_count *count_of(struct role_count *counts, const char *role)
{
	size_t i = 0;

	while (i < ROLES_SHOWN - 1 && counts[i].role && strcmp(counts[i].role, role))
		i++;
	if (!counts[i].role)
		counts[i].role = i < ROLES_SHOWN - 1 ? role : "of other roles";
	return &counts[i];
}

/* "2 image_server, 1 plc", in the order of their first bearers. */
static void print_assets(const struct site *s, const struct zone *zone, const char *before,
			 FILE *out)
{
	struct role_count counts[ROLES_SHOWN] = { 0 };
	size_t i;

	for (i = 0; i < s->n_assets; i++)
		if (is_in_zone(s, &s->assets[i], zone))
			count_of(counts, s->assets[i].role)->n++;
	for (i = 0; i < ROLES_SHOWN && counts[i].role; i++)
		fprintf(out, "%s%zu %s", i ? ", " : before, counts[i].n,
			counts[i].role[0] ? counts[i].role : "without a role");
	fputs(i ? "\n" : "", out);
}

static void print_zone(const struct site *s, const struct zone *z, FILE *out)
{
	fprintf(out, "  %s", z->id);
	print_networks(out, ": ", z->networks, z->n_networks);
	for (size_t i = 0; i < z->n_vlans; i++)
		fprintf(out, "%s%u", i ? ", " : " VLAN ", z->vlans[i]);
	fputs(!z->is_closed ? "\n" : rule_of(s->rules, RULE_DST_002)->is_disabled ?
	      "\n    closed, but external traffic is not reported: the site has switched "
	      "NW-DST-002 off\n" :
	      "\n    closed: any external traffic is reported within about a minute "
	      "(NW-DST-002)\n", out);
	if (z->has_closed) {
		fputs("    own closed hours: ", out);
		print_hours_list(out, z->closed, z->n_closed);
	}
	print_assets(s, z, "    assets: ", out);
}

void explain_party(FILE *out, const struct party *p)
{
	explain_text(out, " asset ", p->asset);
	explain_text(out, " role ", p->role);
	explain_text(out, " vendor ", p->vendor);
	explain_text(out, " zone ", p->zone);
	print_networks(out, " ", p->networks, p->n_networks);
	explain_text(out, " ", p->domain);
	if (p->asn)
		fprintf(out, " AS%u", p->asn);
	explain_text(out, " country ", p->country);
}

static bool is_name_only(const struct party *p)
{
	return p->domain[0] && !p->asset[0] && !p->role[0] && !p->vendor[0] && !p->zone[0] &&
	       !p->n_networks;
}

static const char *transport_name(uint8_t proto)
{
	return proto == 6 ? "tcp" : proto == 17 ? "udp" : "sctp";
}

void explain_services(FILE *out, const struct service *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct service *v = &list[i];

		fputs(i ? ", " : " by ", out);
		if (!v->proto)
			explain_text(out, "", v->name);
		else if (v->port)
			fprintf(out, "%s/%u", transport_name(v->proto), v->port);
		else
			fputs(v->proto == 1 ? "icmp" : "icmpv6", out);
	}
}

static void print_expected(const struct site *s, const struct expected *e, FILE *out)
{
	struct civil day = civil_from_seconds((int64_t)e->expires_day * 86400);
	char size[CLOCK_TEXT_MAX];

	fprintf(out, "  %s: from", e->id);
	explain_party(out, &e->from);
	fputs(" to", out);
	explain_party(out, &e->to);
	explain_services(out, e->services, e->n_services);
	fputs(e->has_window ? ", " : ", at any time", out);
	if (e->has_window)
		explain_hours(out, &e->window);
	if (e->max_bytes_per_night)
		fprintf(out, ", at most %s a night", size_format(e->max_bytes_per_night, size));
	else
		fputs(", any amount", out);
	explain_text(out, ", owner ", e->owner);
	explain_text(out, ", ticket ", e->ticket);
	if (e->expires_day != INT32_MAX)
		fprintf(out, ", until %04d-%02d-%02d", day.year, day.month, day.day);
	fputc('\n', out);
	if (e->from.domain[0] || ((e->from.asn || e->to.asn) && !s->geo_paths[GEO_ASN]) ||
	    ((e->from.country[0] || e->to.country[0]) && !s->geo_paths[GEO_COUNTRY]))
		fputs("    off: one of its conditions cannot be looked up\n", out);
	else if (is_name_only(&e->to))
		fputs("    goes by the name alone, which the sender chooses; add \"ip\" where it "
		      "is known\n",
		      out);
}

static void print_geo(const struct site *s, FILE *out)
{
	static const char *const before[GEO_KINDS] = { [GEO_ASN] = "AS numbers from ",
						       [GEO_COUNTRY] = "Countries from " };

	for (int kind = 0; kind < GEO_KINDS; kind++)
		if (s->geo_paths[kind]) {
			explain_text(out, before[kind], s->geo_paths[kind]);
			fputc('\n', out);
		}
}

/* "  on its link GW-1 may route, hand out leases" */
static void print_serves(const struct asset *a, FILE *out)
{
	static const struct { enum serves bit; const char *text; } all[] = {
		{ SERVES_ROUTER, "route" }, { SERVES_DHCP, "hand out leases" },
		{ SERVES_PROXY_ARP, "answer for the addresses of others" },
	};
	bool is_first = true;

	if (!a->serves)
		return;
	fprintf(out, "  on its link %s may", a->id);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (a->serves & all[i].bit) {
			fprintf(out, "%s %s", is_first ? "" : ",", all[i].text);
			is_first = false;
		}
	fputc('\n', out);
}

static void print_file_types(const struct file_types *files, FILE *out)
{
	fprintf(out, "File types of the site's own: %zu\n", files->n);
	for (size_t i = 0; i < files->n; i++) {
		const struct file_magic *m = &files->list[i].magic;

		fprintf(out, "  %s: ", files->list[i].name);
		for (unsigned k = 0; k < m->len; k++)
			fprintf(out, "%02x", m->bytes[k]);
		fprintf(out, " at byte %u\n", m->at);
	}
}

static void print_privacy(const struct site *s, FILE *out)
{
	const struct pseudonyms *p = &s->privacy;

	if (site_state_key(s))
		fprintf(out, "Pseudonyms in all output for %s%s%s; the state is sealed by the same "
			"key\n", p->addresses ? "addresses of machines that are no assets" : "",
			p->addresses && p->names ? " and for " : "", p->names ? "names" : "");
	else
		fputs("Addresses and names are shown as they are (\"privacy\" asks for "
		      "pseudonyms)\n", out);
	fprintf(out, "Kept: silent channels and destinations %d days, resolved incidents %d days, "
		"records that were delivered %d days\n", s->retention_nights,
		(int)(s->retention_incidents_ns / NS_PER_DAY),
		(int)(s->retention_outbox_ns / NS_PER_DAY));
}

void site_explain(const struct site *s, FILE *out)
{
	static const char *const baselines[] = { "observe", "learn", "enforce" };

	fprintf(out, "Site %s%s, time zone %s, baseline %s\n", s->id,
		s->is_default ? " (no site file)" : "", s->timezone, baselines[s->baseline]);
	print_networks(out, "Internal: ", s->networks, s->n_networks);
	fputs(s->n_assets ? " and the listed assets\nClosed hours: " : "\nClosed hours: ", out);
	print_hours_list(out, s->closed, s->n_closed);
	if (s->n_holidays)
		fprintf(out, "Holidays, closed all day: %zu\n", s->n_holidays);
	print_geo(s, out);
	print_privacy(s, out);
	fprintf(out, "Zones: %zu\n", s->n_zones);
	for (size_t i = 0; i < s->n_zones; i++)
		print_zone(s, &s->zones[i], out);
	fprintf(out, "Assets: %zu\n", s->n_assets);
	print_assets(s, NULL, "  in no zone: ", out);
	for (size_t i = 0; i < s->n_assets; i++)
		print_serves(&s->assets[i], out);
	site_explain_judged(s, out);
	fprintf(out, "Expected traffic: %zu%s\n", s->n_expected, s->n_expected ? "" : " entries");
	for (size_t i = 0; i < s->n_expected && i < ENTRIES_SHOWN; i++)
		print_expected(s, &s->expected[i], out);
	if (s->n_expected > ENTRIES_SHOWN)
		fprintf(out, "  and %zu more\n", s->n_expected - ENTRIES_SHOWN);
	if (s->file_types)
		print_file_types(s->file_types, out);
	explain_rules(s, out);
	explain_suppressed(s, clock_wall_ns(), out);
	if (s->orders_in_redis)
		fprintf(out, "Work orders: in Redis, the hash nw:{%s}:work-orders, read by the "
			"running sensor\n", s->id);
	else if (s->orders)
		orders_explain(s->orders, clock_wall_ns(), out);
	else
		fputs("Work orders: none are registered here: remote sessions (NW-REM-001) are "
		      "told with a lower severity\n", out);
}
