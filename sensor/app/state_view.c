/* state_view.c - see state_view.h. */
#include "app/state_view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "app/memory.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "base/tz.h"
#include "detect/nightly.h"
#include "policy/site_values.h"
#include "profile/profile_pack.h"
#include "store/state_seal.h"

/* --- the site that a state describes by itself ------------------------- */

struct names {
	json_t *zones, *assets;		/* by id, so that each comes once */
	json_t *addresses;
	bool no_memory;
};

static json_t *zone_named(const char *id)
{
	return json_pack("{s:s}", "id", id);
}

static int take_name(void *arg, const void *key, size_t key_len, const void *value,
		     size_t value_len)
{
	struct names *n = arg;
	struct subject_names s;
	char address[ADDR_TEXT_MAX];
	json_t *asset;

	if (!subject_peek(key, key_len, value, value_len, &s))
		return 0;
	if (value_is_id(s.zone) && !json_object_get(n->zones, s.zone))
		n->no_memory |= json_object_set_new(n->zones, s.zone, zone_named(s.zone)) != 0;
	addr_format(&s.addr, address);
	/* An address that nobody listed needs no entry; "unlisted@ZONE" is no id. */
	if (!value_is_id(s.id) || !strcmp(address, s.id))
		return 0;
	asset = json_pack("{s:s}", "id", s.id);
	if (asset && value_is_id(s.zone))
		json_object_set_new(asset, "zone", json_string(s.zone));
	if (!state_view_is_zero(&s.addr, sizeof(s.addr)) && !addr_is_multicast(&s.addr) &&
	    !json_object_get(n->addresses, address)) {
		json_object_set_new(n->addresses, address, json_true());
		json_object_set_new(asset, "ip", json_pack("[s]", address));
	}
	n->no_memory |= json_object_set_new(n->assets, s.id, asset) != 0;
	return 0;
}

static json_t *values_of(json_t *object)
{
	json_t *list = json_array();

	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at))
		json_array_append(list, json_object_iter_value(at));
	return list;
}

static int make_site(struct state_view *v, const char *timezone, enum log_level level)
{
	struct names n = { json_object(), json_object(), json_object(), false };
	int err = state_each(v->state, STATE_SUBJECT, take_name, &n);
	json_t *root = NULL;
	char *text = NULL;

	if (!err)
		root = json_pack("{s:{s:s,s:s,s:[]},s:o,s:o}", "site", "id",
				 value_is_id(v->id) ? v->id : "unnamed", "timezone",
				 tz_is_known(timezone) ? timezone : "UTC", "closed_hours", "zones",
				 values_of(n.zones), "assets", values_of(n.assets));
	if (root)
		text = json_dumps(root, JSON_COMPACT);
	if (!err)
		err = n.no_memory || !text ? -ENOMEM : 0;
	/* Its warnings are for files that people write. */
	log_set_level(LOG_LEVEL_ERR);
	if (!err)
		err = site_parse("names in the state", text, strlen(text), &v->site);
	log_set_level(level);
	free(text);
	json_decref(root);
	json_decref(n.zones);
	json_decref(n.assets);
	json_decref(n.addresses);
	return err;
}

/* --- opening ----------------------------------------------------------- */

static void get_text(struct state *s, const char *name, char *buf, size_t cap)
{
	void *kept;
	size_t len;

	buf[0] = '\0';
	if (state_get(s, STATE_META, name, strlen(name), &kept, &len))
		return;
	text_copy(buf, cap, kept);
	free(kept);
}

static int refuse_site(const struct state_view *v, const char *timezone)
{
	char id[SITE_ID_MAX * 4], zone[TZ_NAME_MAX * 4];

	log_err("site", "the state is that of site \"%s\", %s; --site is of \"%s\", %s",
		text_escape(v->id, strlen(v->id), id, sizeof(id)),
		text_escape(timezone, strlen(timezone), zone, sizeof(zone)), v->site->id,
		v->site->timezone);
	return ERR_FORMAT;
}

static int open_site(struct state_view *v, const struct options *o)
{
	char timezone[TZ_NAME_MAX];
	int err = o->site ? site_load(o->site, &v->site) : 0;

	if (!err)
		err = state_seal(v->state, v->site ? site_state_key(v->site) : NULL);
	if (err)
		return err;
	get_text(v->state, "timezone", timezone, sizeof(timezone));
	get_text(v->state, "site", v->id, sizeof(v->id));
	v->has_site = o->site != NULL;
	if (!o->site)
		err = make_site(v, timezone, o->log_level);
	if (!err)
		err = site_use_pseudonyms(v->site);
	if (!err && o->site && v->id[0] &&
	    (strcmp(v->id, v->site->id) || strcmp(timezone, v->site->timezone)))
		err = refuse_site(v, timezone);
	return err ? err : tz_use(v->site->timezone);
}

static void emit_nothing(void *arg, struct record *r)
{
	(void)arg;
	record_free(r);
}

static int load_tables(struct state_view *v)
{
	int err = subjects_new(v->site, &v->tables.subjects);

	if (!err)
		err = channels_new(NULL, &v->tables.channels);
	if (!err)
		err = baseline_new(&v->tables.baseline);
	if (!err)
		err = links_new(&v->tables.tallies.links);
	if (!err)
		err = attest_new(&v->tables.attest);
	if (!err)
		err = incidents_new(&v->context, emit_nothing, NULL, &v->tables.incidents);
	return err ? err : memory_load_tables(v->state, v->site, &v->tables, &v->left_out);
}

static void read_point(struct state_view *v)
{
	int64_t year = state_get_number(v->state, "year", 1970);

	v->point = (struct analysis_point){
		.year = year >= 1970 && year <= 2500 ? (int)year : 1970,
		.first_ns = (uint64_t)state_get_number(v->state, "first_ns", 0),
		.now_ns = (uint64_t)state_get_number(v->state, "now_ns", 0),
		.row = state_get_number(v->state, "row", 0),
	};
	v->is_clean = state_get_number(v->state, "is_clean", 1);
}

int state_view_open(const struct options *o, struct state_view *v)
{
	int err;

	*v = (struct state_view){ .path = o->state };
	err = state_open(o->state, STATE_READ, &v->state);
	if (!err)
		err = open_site(v, o);
	if (err)
		return EXIT_USAGE;	/* logged */
	read_point(v);
	calendar_init(&v->calendar, v->site, v->point.year);
	v->context = (struct alert_context){ .site = v->site, .calendar = &v->calendar,
					     .sensor = o->sensor };
	v->context.since_row = calendar_row(&v->calendar, v->point.first_ns);
	err = load_tables(v);
	if (err == -ENOMEM)
		log_err("state", "out of memory");
	if (err)
		return EXIT_USAGE;
	if (v->left_out)
		log_warn("state", "%" PRIu64 " records of the long memory belong to assets that "
			 "the site does not list, or are damaged: left out", v->left_out);
	return EXIT_DONE;
}

void state_view_close(struct state_view *v)
{
	incidents_free(v->tables.incidents);
	baseline_free(v->tables.baseline);
	links_free(v->tables.tallies.links);
	attest_free(v->tables.attest);
	channels_free(v->tables.channels);
	subjects_free(v->tables.subjects);
	site_free(v->site);
	state_close(v->state);
}

/* --- what the tables say ----------------------------------------------- */

const struct incident *state_view_incident(const struct state_view *v, const struct channel *ch,
					   enum rule_id rule)
{
	for (size_t i = 0; i < incidents_count(v->tables.incidents); i++) {
		const struct incident *in = incidents_at(v->tables.incidents, i);

		if (in->rule == rule && in->is_open && !in->is_any && in->subject == ch->subject &&
		    !group_key_compare(&in->key, &ch->key))
			return in;
	}
	return NULL;
}

static unsigned best_process(const struct evidence *ev)
{
	unsigned best = 0;

	for (unsigned i = 1; i < EVIDENCE_PROCESSES; i++)
		if (ev->process[i].m_mean > ev->process[best].m_mean)
			best = i;
	return best;
}

struct channel_proof state_view_proof(const struct state_view *v, const struct channel *ch)
{
	const struct evidence *ev = ch->evidence;
	const struct incident *in;
	struct channel_proof p = { 0 };

	if (!ev)
		return p;
	p.process = best_process(ev);
	p.m = ev->process[p.process].m_mean;
	p.level = nightly_level(&v->site->rules->params.nightly, &ev->process[p.process]);
	in = state_view_incident(v, ch, RULE_EXF_001);
	if (in && in->level > p.level)
		p.level = in->level;
	for (uint64_t i = 0; i < evidence_nights(ev); i++) {
		const struct night_seen *n = evidence_night(ev, i);

		p.skipped += n->is_skipped;
		p.seen += !n->is_skipped;
		p.hits += night_is_hit(n, p.process);
		if (night_is_hit(n, p.process))
			p.last = n;
	}
	return p;
}

static double evidence_m(const struct channel *ch)
{
	return ch->evidence ? ch->evidence->process[best_process(ch->evidence)].m_mean : -1;
}

static int compare_proof(const void *pa, const void *pb)
{
	const struct channel *a = *(struct channel *const *)pa, *b = *(struct channel *const *)pb;
	double ma = evidence_m(a), mb = evidence_m(b);
	int order;

	if (ma > mb || ma < mb)
		return ma > mb ? -1 : 1;
	if (a->up != b->up)
		return a->up > b->up ? -1 : 1;
	order = strcmp(a->subject->id, b->subject->id);
	return order ? order : group_key_compare(&a->key, &b->key);
}

struct channel **state_view_channels(const struct state_view *v, size_t *ret_n)
{
	struct channel **sorted = channels_sorted(v->tables.channels, ret_n);
	struct channel **list = calloc(*ret_n + 1, sizeof(struct channel *));

	if (!list) {
		*ret_n = 0;
		return NULL;
	}
	memcpy(list, sorted, *ret_n * sizeof(struct channel *));
	qsort(list, *ret_n, sizeof(struct channel *), compare_proof);
	return list;
}

/* --- in words ---------------------------------------------------------- */

const char *state_view_port(const struct channel *ch, char buf[static SERVICE_TEXT_MAX])
{
	if (ch->key.group == GROUP_IP &&
	    (ch->key.port || ch->key.proto == IP_ICMP || ch->key.proto == IP_ICMPV6))
		return group_service(&ch->key, buf);
	buf[0] = '\0';
	return buf;
}

const char *state_view_service(const struct channel *ch, char buf[static VIEW_TEXT_MAX])
{
	const char *protocol = ch->contact ?
		dpi_protocol_name(dpi_carrier(ch->contact->master, ch->contact->app)) : "";
	char service[SERVICE_TEXT_MAX];

	group_service(&ch->key, service);
	if (*protocol && strcasecmp(protocol, service))
		snprintf(buf, VIEW_TEXT_MAX, "%s %s", protocol, service);
	else
		snprintf(buf, VIEW_TEXT_MAX, "%s", service);
	return buf;
}

const char *state_view_where(const struct channel *ch, char buf[static VIEW_TEXT_MAX])
{
	char value[GROUP_TEXT_MAX];

	group_value(&ch->key, ch->name, value);
	return text_escape(value, strlen(value), buf, VIEW_TEXT_MAX);
}

const char *state_view_time(uint64_t ns, char buf[static CLOCK_TEXT_MAX])
{
	struct civil c;

	if (!ns)
		return "-";
	c = tz_civil(ns);
	snprintf(buf, CLOCK_TEXT_MAX, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour,
		 c.minute);
	return buf;
}

bool state_view_is_zero(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len && !*at) {
		at++;
		len--;
	}
	return !len;
}

const char *state_view_mac(const uint8_t mac[static 6], char buf[static 18])
{
	if (state_view_is_zero(mac, 6))
		return "-";
	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return buf;
}

const char *state_view_level(enum level level)
{
	static const char *const names[] = { "-", "L1", "L2", "L3" };

	return level <= LEVEL_3 ? names[level] : "-";
}
