/* explain_dealing.c - see explain_dealing.h.  Ids are the site's; of the wire come addresses and
 * ports alone. */
#include "alert/explain_dealing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "alert/explain_outward.h"
#include "base/err.h"
#include "base/text.h"
#include "detect/lateral.h"
#include "policy/roles.h"
#include "policy/servers.h"

#define PEER_TEXT_MAX 320

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

const char *explain_dealt_by(const struct dealing *one, char buf[static DEALT_BY_MAX])
{
	buf[0] = '\0';
	for (unsigned i = 0; i < one->n_services; i++) {
		const struct channel_key key = { .group = GROUP_IP,
						 .proto = one->services[i].proto,
						 .port = one->services[i].port };
		char service[SERVICE_TEXT_MAX];
		size_t len = strlen(buf);

		text_format(buf + len, DEALT_BY_MAX - len, "%s%s", i ? ", " : "",
			    group_service(&key, service));
	}
	if (one->has_more_services)
		snprintf(buf + strlen(buf), DEALT_BY_MAX - strlen(buf), " and others");
	return buf;
}

/* "talked to X by tcp/445: 3 MB sent, ...", "tried to reach X by tcp/445; ..." */
static void say(struct incident *in, const struct finding *f, const char *across)
{
	const struct dealing *one = f->dealing->dealing;
	char who[256], peer[PEER_TEXT_MAX], services[DEALT_BY_MAX], at[CLOCK_TEXT_MAX];
	char up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	peer_text(f->dealing, peer);
	explain_dealt_by(one, services);
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

/* --- NW-SEG-001 ----------------------------------------------------------------------------- */

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

/* --- NW-SEG-003 ----------------------------------------------------------------------------- */

static const char *role_text(const struct asset *a)
{
	return !a ? "not listed" : a->role[0] ? a->role : "no role";
}

/* How it came to be raised: profile/baseline.h has the table. */
static void explain_pair(struct incident *in, const struct finding *f)
{
	const struct destination *d = f->destination;
	char line[INCIDENT_TEXT_MAX], id[BASELINE_ID_MAX], at[CLOCK_TEXT_MAX];

	if (!d)
		return;		/* the baseline has no room for it any more */
	snprintf(line, sizeof(line), "State of the baseline: %s.%s%s%s  To accept it: nachtwacht "
		 "state promote --id %s", baseline_name(f->baseline),
		 d->was_revoked ? " It was accepted once, and the acceptance was revoked." : "",
		 d->is_learned ? " Met first while the baseline was learning, " : "",
		 d->is_learned ? explain_at(d->first_ns, at) : "", baseline_id(d, id));
	explain_add_line(in, line);
}

static void explain_lateral(struct incident *in, const struct finding *f)
{
	const struct dealing_facts *d = f->dealing;
	enum lateral_protocol protocol = lateral_of_port(d->dealing->keyed.key.port);
	char line[INCIDENT_TEXT_MAX], how[32];

	snprintf(how, sizeof(how), " with %s", lateral_name(protocol));
	say(in, f, how);
	explain_add_line(in, d->dealing->contact.verdict > DPI_PORT ?
		"How sure: this is not statistics. The protocol was recognised in the payload, and "
		"no entry, role or acceptance brings the two together. Work that nobody registered "
		"looks the same." :
		"How sure: weaker. The port alone speaks for the protocol; no entry, role or "
		"acceptance brings the two together. Work that nobody registered looks the same.");
	snprintf(line, sizeof(line), "Their roles: %s, and %s; the role template does not pair "
		 "them.", role_text(in->subject->asset), role_text(d->peer_asset));
	explain_add_line(in, line);
	explain_pair(in, f);
}

/* --- NW-DST-003 ----------------------------------------------------------------------------- */

/* Under its own address: it answered everybody. */
static bool is_for_everybody(const struct dealing *one)
{
	return addr_equal(&one->keyed.key.value, &one->contact.own);
}

static void say_server(struct incident *in, const struct finding *f, const char *kind)
{
	const struct dealing *one = f->dealing->dealing;
	char who[256], peer[PEER_TEXT_MAX], services[DEALT_BY_MAX], at[CLOCK_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	peer_text(f->dealing, peer);
	explain_dealt_by(one, services);
	explain_at(one->last_ns, at);
	if (is_for_everybody(one))
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s answers %s on its link, and is not named as such a server (last %s "
			 "local)", who, kind, at);
	else
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s asked %s as a %s server (%s), and it is not one of its own; %s, last "
			 "%s local", who, peer, kind, services, one->is_answered ? "it answered" :
			 "no answer seen", at);
}

static void explain_server(const struct alert_context *ctx, struct incident *in,
			   const struct finding *f)
{
	enum server_kind kind = server_kind_of_port(f->dealing->dealing->keyed.key.port);
	const char *name = server_kind_name(kind);
	char line[INCIDENT_TEXT_MAX], servers[INCIDENT_TEXT_MAX / 2];

	say_server(in, f, name);
	explain_add_line(in, f->dealing->dealing->contact.verdict > DPI_PORT ?
		"How sure: this is not statistics. The protocol was recognised in the payload, and "
		"the policy names other servers. A server that was added and not entered looks the "
		"same." :
		"How sure: weaker. The port alone speaks for the protocol; the policy names other "
		"servers. A server that was added and not entered looks the same.");
	servers_text(ctx->site, kind, in->subject->asset, servers, sizeof(servers));
	snprintf(line, sizeof(line), "%s servers by the site policy: %s.", name,
		 servers[0] ? servers : "none is named any more");
	explain_add_line(in, line);
}

/* --- NW-DST-004 ----------------------------------------------------------------------------- */

static void explain_unnamed(struct incident *in, const struct finding *f)
{
	char line[INCIDENT_TEXT_MAX], at[CLOCK_TEXT_MAX];
	const struct dealing *one = f->dealing->dealing;

	say(in, f, ", an address that no DNS answer had named,");
	explain_add_line(in,
		"How sure: no answer to anybody at this tap has given this address in the 24 h "
		"before the connection, and the connection says no name that one was about. An "
		"address learned otherwise (DNS over HTTPS, a peer's list, a lease) looks the "
		"same.");
	snprintf(line, sizeof(line), "DNS answers to this asset are seen here, last about %s "
		 "local, so its DNS is not hidden from this tap as a whole. The connection gave "
		 "%s.", explain_at(in->subject->answered_ns, at),
		 one->name ? "a name, which nobody had asked for" : "no name");
	explain_add_line(in, line);
}

/* --- all ------------------------------------------------------------------------------------ */

/* What is beside the subject: in a flood, which counts, and in a closing record. */
static const struct rest {
	enum rule_id rule;
	const char *flood, *one;	/* "%s" and a number; two "%s" */
} rests[] = {
	{ RULE_SEG_001, "%s dealt with more addresses of other vendors: %" PRIu32,
	  "%s and %s, of another vendor" },
	{ RULE_SEG_003, "%s reached for more machines whose roles are not paired with its own: %"
	  PRIu32, "%s and %s, whose role is not paired with its own" },
	{ RULE_DST_003, "%s asked more servers that are not its own: %" PRIu32,
	  "%s and the server %s, which is not one of its own" },
	{ RULE_DST_004, "%s opened connections to more addresses that no DNS answer had named: %"
	  PRIu32, "%s and %s, which no DNS answer had named" },
	{ RULE_EXF_010, "%s tried in vain, night after night, to reach more networks: %" PRIu32,
	  "%s and %s, which it tried in vain to reach" },
	{ RULE_EXF_009, "%s sent to more networks by protocols that are not on their ports: %"
	  PRIu32, "%s and %s, by a protocol that was not on its port" },
};

static void say_rest(struct incident *in, const struct finding *f)
{
	const struct rest *rest = rests;
	char who[256], value[GROUP_TEXT_MAX];
	size_t cap = sizeof(in->words->message);

	while (rest + 1 < rests + ARRAY_SIZE(rests) && rest->rule != in->rule)
		rest++;
	explain_subject(in->subject, who, sizeof(who));
	if (in->is_any && !f->is_over)
		snprintf(in->words->message, cap, rest->flood, who, in->members);
	else
		snprintf(in->words->message, cap, rest->one, who,
			 in->is_any ? "others" : incident_value(in, value));
	explain_add_line(in, in->is_any ?
		"More of them than are told one by one: a scan, or a program that looks for "
		"its like." : f->is_over ?
		"What was told of it stays true; it was not seen again." :
		"It was seen while an entry suppressed it; the next traffic has its particulars.");
}

static void say_accepted(struct incident *in, const struct finding *f)
{
	const struct destination *d = f->destination;
	char who[256], peer[PEER_TEXT_MAX], line[INCIDENT_TEXT_MAX];

	snprintf(in->words->message, sizeof(in->words->message),
		 "%s and %s: accepted into the baseline", explain_subject(in->subject, who,
									 sizeof(who)),
		 peer_text(f->dealing, peer));
	if (d->is_accepted)
		snprintf(line, sizeof(line), "Accepted by %s: %s", d->by ? d->by : "",
			 d->reason ? d->reason : "");
	else
		snprintf(line, sizeof(line), "It was accepted for another asset of the same "
			 "role.");
	explain_add_line(in, line);
}

void explain_dealing(const struct alert_context *ctx, struct incident *in,
		     const struct finding *f)
{
	if (in->is_any || !f->dealing) {
		say_rest(in, f);
		return;
	}
	if (f->is_accepted && f->is_over) {
		say_accepted(in, f);
		return;
	}
	if (f->rule == RULE_SEG_001)
		explain_segment(in, f);
	else if (f->rule == RULE_SEG_003)
		explain_lateral(in, f);
	else if (f->rule == RULE_DST_003)
		explain_server(ctx, in, f);
	else if (f->rule == RULE_EXF_010)
		explain_attempts(ctx, in, f);
	else if (f->rule == RULE_EXF_009)
		explain_misplaced(ctx, in, f);
	else
		explain_unnamed(in, f);
	explain_extent(in, f->dealing->dealing);
	explain_near(ctx, in, f, f->channel->last_ns);
}
