/* explain_dealing.c - see explain_dealing.h.  Ids are the site's; of the wire come addresses and
 * ports alone. */
#include "alert/explain_dealing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "base/text.h"
#include "policy/roles.h"

#define PEER_TEXT_MAX 320
#define SERVICES_TEXT_MAX 200

/* "IMG-SRV-1 (image_server, vendor B)", "10.20.1.77 (not in the asset list, zone scan-core)" */
static const char *peer_text(const struct dealing_facts *d, char buf[static PEER_TEXT_MAX])
{
	const struct asset *a = d->peer_asset;
	char addr[ADDR_TEXT_MAX];

	addr_format(&d->dealing->keyed.key.value, addr);
	if (!a)
		snprintf(buf, PEER_TEXT_MAX, "%s (not in the asset list%s%s)", addr,
			 d->peer_zone ? ", zone " : "", d->peer_zone ? d->peer_zone->id : "");
	else if (a->role[0] && a->vendor[0])
		snprintf(buf, PEER_TEXT_MAX, "%s (%s, vendor %s)", a->id, a->role, a->vendor);
	else if (a->role[0] || a->vendor[0])
		snprintf(buf, PEER_TEXT_MAX, "%s (%s%s)", a->id, a->role[0] ? "" : "vendor ",
			 a->role[0] ? a->role : a->vendor);
	else
		snprintf(buf, PEER_TEXT_MAX, "%s", a->id);
	return buf;
}

/* "tcp/445, tcp/3389 and others" */
static const char *services_text(const struct dealing *one, char buf[static SERVICES_TEXT_MAX])
{
	buf[0] = '\0';
	for (unsigned i = 0; i < one->n_services; i++) {
		const struct channel_key key = { .group = GROUP_IP,
						 .proto = one->services[i].proto,
						 .port = one->services[i].port };
		char service[SERVICE_TEXT_MAX];
		size_t len = strlen(buf);

		text_format(buf + len, SERVICES_TEXT_MAX - len, "%s%s", i ? ", " : "",
			    group_service(&key, service));
	}
	if (one->has_more_services)
		snprintf(buf + strlen(buf), SERVICES_TEXT_MAX - strlen(buf), " and others");
	return buf;
}

/* "talked to X by tcp/445: 3 MB sent, ...", "tried to reach X by tcp/445; ..." */
static void say(struct incident *in, const struct finding *f, const char *across)
{
	const struct dealing *one = f->dealing->dealing;
	char who[256], peer[PEER_TEXT_MAX], services[SERVICES_TEXT_MAX], at[CLOCK_TEXT_MAX];
	char up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	peer_text(f->dealing, peer);
	services_text(one, services);
	explain_at(one->last_ns, at);
	if (one->is_answered)
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s talked to %s%s by %s: %s sent, %s received so far, last %s local",
			 who, peer, across, services, size_format(one->up, up),
			 size_format(one->down, down), at);
	else
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s tried to reach %s%s by %s; no answer but refusals seen (last try %s "
			 "local)", who, peer, across, services, at);
}

/* Since when, and how much of it. */
static void explain_extent(struct incident *in, const struct dealing *one)
{
	char line[INCIDENT_TEXT_MAX], at[CLOCK_TEXT_MAX];

	snprintf(line, sizeof(line), "First seen %s local; traffic in %" PRIu32 " minute%s of %"
		 PRIu32 " day%s so far. The connection was opened by %s.",
		 explain_at(one->first_ns, at), one->minutes, one->minutes == 1 ? "" : "s",
		 one->rows, one->rows == 1 ? "" : "s",
		 one->contact.was_opened_outside ? "the other end" : "the asset named first");
	explain_add_line(in, line);
}

/* --- NW-SEG-001 ------------------------------------------------------------------------------ */

static void explain_segment(struct incident *in, const struct finding *f)
{
	const struct dealing_facts *d = f->dealing;
	char line[INCIDENT_TEXT_MAX];

	say(in, f, " of another vendor");
	explain_add_line(in,
		"How sure: this is not statistics. Packets between the two were seen, and no "
		"expected entry of the site policy covers the two at any time of day. A service "
		"that both vendors use and nobody has entered looks the same.");
	snprintf(line, sizeof(line), "Whose they are: vendor %s%s, and vendor %s%s. Roles that "
		 "work for all vendors are left out: %s.", d->vendor,
		 in->subject->asset ? "" : " (by its zone, where all assets are of that vendor)",
		 d->peer_vendor, d->peer_asset ? "" : " (by its zone, likewise)",
		 role_shared_text());
	explain_add_line(in, line);
}

/* --- all --------------------------------------------------------------------------------------- */

static void say_rest(struct incident *in, const struct finding *f)
{
	char who[256], value[GROUP_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	if (in->is_any && !f->is_over)
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s dealt with %" PRIu32 " further address%s of other vendors", who,
			 in->members, in->members == 1 ? "" : "es");
	else
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s and %s, of another vendor", who,
			 in->is_any ? "the other addresses" : incident_value(in, value));
	explain_add_line(in, in->is_any ?
		"More of them than are told one by one: a scan, or a program that looks for "
		"its like." : "What was told of it stays true; it was not seen again.");
}

void explain_dealing(const struct alert_context *ctx, struct incident *in,
		     const struct finding *f)
{
	if (in->is_any || !f->dealing) {
		say_rest(in, f);
		return;
	}
	explain_segment(in, f);
	explain_extent(in, f->dealing->dealing);
	explain_near(ctx, in, f, f->channel->last_ns);
}
