/* draft_site.c - see draft_site.h.
 *
 * Roles are guessed by what an asset answers and asks: a server of Modbus is taken for a plc, its
 * client for the acquisition.  Guesses are a start for the person who knows; an id that the site
 * has already is kept.  Cost: channels * log, and a pass a subject.
 */
#include "app/draft_site.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "app/oui.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/site_values.h"

#define TO_BE_SIGNED "TO BE SIGNED"
#define DUMP (JSON_INDENT(1) | JSON_SORT_KEYS)
#define SAID_MAX 20
#define IPV4_ZONE_BITS 120		/* a /24 in the mapped form */
#define IPV6_ZONE_BITS 64

/* --- roles ------------------------------------------------------------- */

struct hint {
	uint8_t proto;
	uint16_t port;
	const char *server, *client;	/* NULL: says nothing */
};

/* The first that fits counts, servers before clients. */
static const struct hint hints[] = {
	{ 17, 123, "ntp", NULL },
	{ 6, 502, "plc", "acquisition" },	/* Modbus */
	{ 6, 102, "plc", "acquisition" },	/* S7 */
	{ 6, 44818, "plc", "acquisition" },	/* EtherNet/IP */
	{ 6, 4840, "plc", "acquisition" },	/* OPC UA */
	{ 6, 554, "camera", "recorder" },	/* RTSP */
	{ 17, 53, "dns", NULL },
	{ 6, 3389, NULL, "maintenance_gateway" },
};

/* What the site's role template knows; other guesses go into the id only. */
static bool is_known_role(const char *role)
{
	return strcmp(role, "dns") != 0;
}

struct person {				/* a subject, while the draft is made */
	const char *server, *client;	/* the best hints so far */
	unsigned server_rank, client_rank;
	bool is_seen;
	char id[SITE_ID_MAX];
};

struct draft {
	const struct state_view *view;
	struct person *people;		/* by number of subject */
	size_t n;
	struct oui *oui;
	json_t *assets, *zones, *expected;
	json_t *zone_ids, *addresses, *macs; /* sets; macs: how many have it */
	uint64_t with_incident, unanswered, unnamed;
};

static void take_hint(struct person *p, const struct channel *ch)
{
	bool is_server = ch->contact->was_opened_outside;

	for (unsigned i = 0; i < ARRAY_SIZE(hints); i++) {
		const struct hint *h = &hints[i];

		if (h->proto != ch->key.proto || h->port != ch->key.port)
			continue;
		if (is_server && h->server && (!p->server || i < p->server_rank)) {
			p->server = h->server;
			p->server_rank = i;
		}
		if (!is_server && h->client && (!p->client || i < p->client_rank)) {
			p->client = h->client;
			p->client_rank = i;
		}
	}
}

static const char *guess_of(const struct person *p)
{
	return p->server ? p->server : p->client ? p->client : "";
}

/* --- assets and zones -------------------------------------------------- */

/* Does the state itself have the subject?  A site file lists more than was ever seen. */
static bool is_in_state(const struct state_view *v, const struct subject *s)
{
	void *value;
	size_t len;

	if (state_get(v->state, STATE_SUBJECT, s->id, strlen(s->id), &value, &len))
		return false;
	free(value);
	return true;
}

/* An address as part of an id: "10.20.1.11", "2001-db8--11". */
static const char *id_of_addr(const struct addr *a, char buf[static ADDR_TEXT_MAX])
{
	addr_format(a, buf);
	for (char *c = buf; *c; c++)
		if (*c == ':')
			*c = '-';
	return buf;
}

static void name_person(struct person *p, const struct subject *s)
{
	char address[ADDR_TEXT_MAX];
	const char *guess = guess_of(p);

	if (s->asset)
		text_copy(p->id, sizeof(p->id), s->id);
	else
		text_format(p->id, sizeof(p->id), "%s-%s", *guess ? guess : "host",
			    id_of_addr(&s->addr, address));
}

static void add_zone(struct draft *d, const struct addr *a)
{
	struct cidr c = { .addr = *a,
			  .bits = addr_is_ipv4(a) ? IPV4_ZONE_BITS : IPV6_ZONE_BITS };
	char network[CIDR_TEXT_MAX], id[ADDR_TEXT_MAX + 8], address[ADDR_TEXT_MAX];

	memset(c.addr.bytes + c.bits / 8, 0, sizeof(c.addr.bytes) - c.bits / 8);
	cidr_format(&c, network);
	if (json_object_get(d->zone_ids, network))
		return;
	json_object_set_new(d->zone_ids, network, json_true());
	snprintf(id, sizeof(id), "net-%s", id_of_addr(&c.addr, address));
	json_array_append_new(d->zones, json_pack("{s:s,s:[s]}", "id", id, "networks", network));
}

static bool has_address(struct draft *d, const struct subject *s, char text[static ADDR_TEXT_MAX])
{
	if (state_view_is_zero(&s->addr, sizeof(s->addr)) || addr_is_multicast(&s->addr) ||
	    json_object_get(d->addresses, addr_format(&s->addr, text)))
		return false;
	return !json_object_set_new(d->addresses, text, json_true());
}

/* The one that the site file gives, else the one it was seen with last. */
static const uint8_t *mac_of(const struct subject *s)
{
	return s->asset && s->asset->n_macs ? s->asset->macs[0] : s->mac;
}

/* A MAC that several have is a router's, and a group's is nobody's. */
static bool has_mac(const struct draft *d, const struct subject *s, char text[static 18])
{
	const uint8_t *mac = mac_of(s);

	if (state_view_is_zero(mac, 6) || mac[0] & 1)
		return false;
	return json_integer_value(json_object_get(d->macs, state_view_mac(mac, text))) == 1;
}

static void count_mac(struct draft *d, const struct subject *s)
{
	char text[18];
	json_int_t n = json_integer_value(json_object_get(d->macs,
							      state_view_mac(mac_of(s), text)));

	json_object_set_new(d->macs, text, json_integer(n + 1));
}

static void add_asset(struct draft *d, const struct subject *s)
{
	struct person *p = &d->people[s->number];
	const char *role = s->asset && s->asset->role[0] ? s->asset->role : guess_of(p);
	const char *vendor = s->asset && s->asset->vendor[0] ? s->asset->vendor :
			     oui_vendor(d->oui, mac_of(s));
	char address[ADDR_TEXT_MAX], mac[18];
	json_t *o;

	name_person(p, s);
	o = json_pack("{s:s}", "id", p->id);
	if (role[0] && ((s->asset && s->asset->role[0]) || is_known_role(role)))
		json_object_set_new(o, "role", json_string(role));
	if (vendor[0])
		json_object_set_new(o, "vendor", json_string(vendor));
	if (has_address(d, s, address)) {
		json_object_set_new(o, "ip", json_pack("[s]", address));
		add_zone(d, &s->addr);
	}
	if (has_mac(d, s, mac))
		json_object_set_new(o, "mac", json_pack("[s]", mac));
	json_array_append_new(d->assets, o);
}

static void add_assets(struct draft *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct subject *s = subjects_at(d->view->tables.subjects, i);
		struct person *p = &d->people[i];

		/* "unlisted@ZONE" is many. */
		p->is_seen = !strchr(s->id, '@') && (p->is_seen || is_in_state(d->view, s));
		if (p->is_seen)
			count_mac(d, s);
	}
	for (size_t i = 0; i < d->n; i++)
		if (d->people[i].is_seen)
			add_asset(d, subjects_at(d->view->tables.subjects, i));
}

/* --- conversations ----------------------------------------------------- */

static const char *say(const struct channel *ch, char buf[static 4 * VIEW_TEXT_MAX])
{
	char id[VIEW_TEXT_MAX], service[VIEW_TEXT_MAX], where[VIEW_TEXT_MAX];

	snprintf(buf, 4 * VIEW_TEXT_MAX, "%s -> %s, %s",
		 text_escape(ch->subject->id, strlen(ch->subject->id), id, sizeof(id)),
		 state_view_where(ch, where), state_view_service(ch, service));
	return buf;
}

static bool has_incident(const struct draft *d, const struct channel *ch)
{
	for (int rule = 0; rule < RULE_KINDS; rule++)
		if (state_view_incident(d->view, ch, (enum rule_id)rule))
			return true;
	return false;
}

/* As a site file says it: "tcp/443", or what the sensor calls it.  false: there is no such name. */
static bool service_text(const struct channel *ch, char buf[static SERVICE_TEXT_MAX])
{
	struct service s;

	if (state_view_port(ch, buf)[0])
		return true;
	return value_service(group_service(&ch->key, buf), &s);
}

static bool is_wanted(struct draft *d, const struct channel *ch,
		      char service[static SERVICE_TEXT_MAX])
{
	char text[4 * VIEW_TEXT_MAX];

	if (ch->key.group != GROUP_IP || !d->people[ch->subject->number].is_seen)
		return false;
	if (has_incident(d, ch)) {
		if (d->with_incident++ < SAID_MAX)
			log_notice("draft", "left out, an incident is open: %s", say(ch, text));
		return false;
	}
	if (ch->key.proto != 17 && !ch->contact->is_answered) {	/* syslog is never answered */
		d->unanswered++;
		return false;
	}
	if (!service_text(ch, service)) {
		d->unnamed++;
		return false;
	}
	return true;
}

static void add_service(json_t *list, const char *service)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), service))
			return;
	json_array_append_new(list, json_string(service));
}

static json_t *new_entry(struct draft *d, const struct channel *ch)
{
	char id[32], address[ADDR_TEXT_MAX];
	json_t *o;

	snprintf(id, sizeof(id), "draft-%zu", json_array_size(d->expected) + 1);
	o = json_pack("{s:s,s:{s:s},s:{s:[s]},s:[],s:s,s:s}", "id", id, "from", "asset",
		      d->people[ch->subject->number].id, "to", "ip",
		      addr_format(&ch->key.value, address), "services", "owner", TO_BE_SIGNED,
		      "ticket", TO_BE_SIGNED);
	json_array_append_new(d->expected, o);
	return o;
}

/* Channels of one asset to one peer lie side by side. */
static void add_conversations(struct draft *d)
{
	size_t n;
	struct channel **list = channels_sorted(d->view->tables.channels, &n);
	const struct channel *before = NULL;
	json_t *entry = NULL;

	for (size_t i = 0; i < n; i++) {
		char service[SERVICE_TEXT_MAX];

		if (!is_wanted(d, list[i], service))
			continue;
		if (!before || before->subject != list[i]->subject ||
		    !addr_equal(&before->key.value, &list[i]->key.value))
			entry = new_entry(d, list[i]);
		before = list[i];
		add_service(json_object_get(entry, "services"), service);
	}
}

/* --- the draft --------------------------------------------------------- */

static void say_rest(const struct draft *d)
{
	if (d->with_incident > SAID_MAX)
		log_notice("draft", "and %" PRIu64 " more with an open incident",
			   d->with_incident - SAID_MAX);
	if (d->unanswered)
		log_notice("draft", "left out: %" PRIu64 " conversations that nobody answered",
			   d->unanswered);
	if (d->unnamed)
		log_notice("draft", "left out: %" PRIu64 " conversations whose service has no name",
			   d->unnamed);
	log_notice("draft", "a draft: correct it, add closed_hours and what was not seen, and sign "
		   "each entry");
}

static void gather(struct draft *d)
{
	size_t n;
	struct channel **list = channels_sorted(d->view->tables.channels, &n);

	for (size_t i = 0; i < n; i++) {
		struct person *p = &d->people[list[i]->subject->number];

		if (!list[i]->contact)
			continue;
		p->is_seen = true;
		if (list[i]->contact->is_answered)
			take_hint(p, list[i]);
	}
}

static bool is_ready(const struct draft *d)
{
	return d->people && d->assets && d->zones && d->expected && d->zone_ids && d->addresses &&
	       d->macs;
}

static void draft_free(struct draft *d)
{
	json_t *const all[] = { d->assets, d->zones, d->expected, d->zone_ids, d->addresses,
				d->macs };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		json_decref(all[i]);
	oui_free(d->oui);
	free(d->people);
}

int draft_site_print(const struct state_view *v, FILE *out)
{
	struct draft d = { .view = v, .n = subjects_count(v->tables.subjects),
			   .oui = oui_load(NULL), .assets = json_array(), .zones = json_array(),
			   .expected = json_array(), .zone_ids = json_object(),
			   .addresses = json_object(), .macs = json_object() };
	json_t *root = NULL;

	d.people = calloc(d.n + 1, sizeof(*d.people));
	if (is_ready(&d)) {
		gather(&d);
		add_assets(&d);
		add_conversations(&d);
		root = json_pack("{s:{s:s,s:s},s:O,s:O,s:O,s:s}", "site", "id", v->site->id,
				 "timezone", v->site->timezone, "zones", d.zones, "assets",
				 d.assets, "expected", d.expected, "baseline", "observe");
	}
	if (root && !json_dumpf(root, out, DUMP)) {
		fputc('\n', out);
		say_rest(&d);
		json_decref(root);
		draft_free(&d);
		return EXIT_DONE;
	}
	log_err("state", "the draft could not be written: out of memory, or no room");
	json_decref(root);
	draft_free(&d);
	return EXIT_FAILED;
}
