/* activity.c - one activity from JSON, and its multiplication by hosts that "each" do it. */
#include "synth/activity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"

const char *const activity_sees_names[3] = { "both", "from", "to" };

#define TUNNEL_MAX (20u << 20)		/* a DNS tunnel's run is held in memory */
#define SEGMENT_MAX 61440		/* what GRO makes of some 42 segments */

void activity_clear(struct activity *a)
{
	free(a->from.hosts);
	free(a->to.hosts);
	free(a->ports);
	free(a->options.questions);
	free(a->runs);
	*a = (struct activity){ 0 };
}

static void read_app(struct fields *f, struct activity *a)
{
	char kind[32] = "";
	size_t n;
	const char *const *kinds = app_kinds(&n);

	if (!fields_text(f, "kind", kind, sizeof(kind)))
		fields_error(f, "kind", "is needed, for example \"tls\"");
	a->app = app_find(kind);
	if (a->app)
		return;
	const char *near = text_nearest(kind, kinds, n);
	fields_error(f, "kind", "there is no \"%s\"%s%s%s", kind, near ? ", did you mean \"" : "",
		     near ? near : "", near ? "\"?" : "");
}

static void read_ports(struct fields *f, struct activity *a)
{
	static const char *const rotate_names[] = { "night", "run", "connection", "random" };
	json_t *v = json_object_get(f->object, "port");
	size_t n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;
	unsigned rotate = 0;
	uint64_t client = 0;

	a->ports = calloc(n + 1, sizeof(*a->ports));
	if (!a->ports) {
		fields_error(f, "port", "out of memory");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		json_t *one = json_is_array(v) ? json_array_get(v, i) : v;
		json_int_t port = json_is_integer(one) ? json_integer_value(one) : 0;

		if (port < 1 || port > 65535)
			fields_error(f, "port", "must be a port number or a list of them");
		a->ports[a->n_ports++] = (uint16_t)port;
	}
	if (!n && a->app && a->app->port)
		a->ports[a->n_ports++] = a->app->port;
	if (!a->n_ports && a->app && (a->app->transport == APP_TCP || a->app->transport == APP_UDP))
		fields_error(f, "port", "is needed for this kind");
	fields_choice(f, "rotate_port", rotate_names, ARRAY_SIZE(rotate_names), &rotate);
	a->rotate_port = (enum rotate)(rotate + ROTATE_NIGHT);
	fields_count(f, "client_port", 65535, &client);
	a->client_port = (uint16_t)client;
}

static void read_volume(struct fields *f, struct activity *a)
{
	static const char *const known[] = { "up", "down", "spread", "growth" };
	struct fields v;

	if (!fields_object(f, "volume", &v))
		return;
	fields_known(&v, known, ARRAY_SIZE(known));
	fields_size(&v, "up", &a->volume.bytes[0]);
	fields_size(&v, "down", &a->volume.bytes[1]);
	fields_ratio(&v, "spread", 2, &a->volume.spread_q32);
	fields_ratio(&v, "growth", 10, &a->volume.growth_q32);
	if (a->app && !strcmp(a->app->kind, "dns") &&
	    a->volume.bytes[0] + a->volume.bytes[1] > TUNNEL_MAX)
		fields_error(&v, "up", "is more than 20 MiB, too much for a DNS tunnel's night");
}

static void read_flow_shape(struct fields *f, struct activity *a)
{
	uint64_t connections = 1, segment = 0;

	fields_duration(f, "duration", &a->duration_ns);
	fields_size(f, "bytes_per_second", &a->rate_bytes);
	if (a->duration_ns && a->rate_bytes)
		fields_error(f, "bytes_per_second", "and \"duration\" exclude each other");
	fields_count(f, "connections", 100000, &connections);
	a->connections = connections ? (unsigned)connections : 1;
	fields_flag(f, "parallel", &a->is_parallel);
	fields_size(f, "chunk", &a->chunk_bytes);
	fields_duration(f, "pause", &a->pause_ns);
	fields_count(f, "segment", SEGMENT_MAX, &segment);
	if (fields_has(f, "segment") && segment < 16)
		fields_error(f, "segment", "must be from 16 to %d bytes", SEGMENT_MAX);
	a->segment_bytes = (uint32_t)segment;
	fields_duration(f, "rtt", &a->rtt_ns);
	fields_flag(f, "persistent", &a->is_persistent);
	fields_duration(f, "keepalive", &a->tcp.keepalive_ns);
	if (a->is_persistent && a->connections > 1)
		fields_error(f, "connections", "must be 1 when the connection is persistent");
	if (a->tcp.keepalive_ns && a->tcp.keepalive_ns < NS_PER_SEC)
		fields_error(f, "keepalive", "must be at least 1s");
	if (a->chunk_bytes && (a->volume.bytes[0] > a->volume.bytes[1] ? a->volume.bytes[0]
			       : a->volume.bytes[1]) / a->chunk_bytes > 100000)
		fields_error(f, "chunk", "would be more than 100 000 chunks a run");
}

static void read_tcp(struct fields *f, struct activity *a)
{
	static const char *const endings[] = { "fin", "rst", "open" };
	static const char *const outcomes[] = { "ok", "no-answer", "refused" };
	static const char *const openers[] = { "from", "to" };
	unsigned ending = a->is_persistent ? TCP_ENDING_OPEN : TCP_ENDING_FIN, outcome = 0,
		opener = 0;
	unsigned sees = SEES_BOTH;
	uint64_t family = 0, repeats = 0;

	fields_ratio(f, "retransmissions", 1, &a->tcp.retrans_q32);
	fields_count(f, "repeats", 1000, &repeats);
	a->tcp.repeats = (unsigned)repeats;
	fields_ratio(f, "unseen", 1, &a->tcp.unseen_q32);
	fields_choice(f, "close", endings, 3, &ending);
	fields_choice(f, "outcome", outcomes, 3, &outcome);
	fields_choice(f, "opened_by", openers, 2, &opener);
	fields_choice(f, "sees", activity_sees_names, 3, &sees);
	fields_count(f, "family", 6, &family);
	if (family && family != 4 && family != 6)
		fields_error(f, "family", "must be 4 or 6");
	a->family = (unsigned)family;
	a->tcp.ending = (enum tcp_ending)ending;
	a->tcp.outcome = (enum tcp_outcome)outcome;
	a->opened_by_to = opener == 1;
	a->sees = (enum sees)sees;
}

static void read_lookup(struct fields *f, const struct scenario *s, struct activity *a)
{
	char id[SCENARIO_ID_MAX];

	a->lookup = -1;
	if (!fields_text(f, "lookup", id, sizeof(id)))
		return;
	a->lookup = scenario_host(s, id);
	if (a->lookup < 0)
		fields_error(f, "lookup", "there is no host \"%s\"", id);
	else if (!*a->options.name)
		fields_error(f, "lookup", "needs a name to look up (\"sni\" or \"host\")");
}

/* A host's first address of the kind's family, or an address. */
static void read_claim(struct fields *f, const struct scenario *s, struct app_options *o)
{
	char text[SCENARIO_ID_MAX];
	int host;

	if (!fields_text(f, "claims", text, sizeof(text)))
		return;
	host = scenario_host(s, text);
	if (host >= 0)
		o->claim = s->hosts[host].ips[0];
	else if (!addr_parse(text, &o->claim))
		fields_error(f, "claims", "\"%s\" is neither a host nor an address", text);
	o->has_claim = true;
}

static void read_activity(struct fields *f, struct scenario *s, struct activity *a)
{
	static const char *const known[] = {
		"id", "enabled", "leak", "kind", "from", "rotate_from", "to", "rotate_to",
		"opened_by", "port", "rotate_port", "client_port", "family", "schedule",
		"volume", "duration", "bytes_per_second", "connections", "parallel", "chunk",
		"pause", "segment", "rtt", "persistent", "keepalive", "retransmissions",
		"repeats", "unseen", "close", "outcome", "sees", "lookup", "sni", "alpn", "tls",
		"host", "path", "method", "user", "domain", "questions", "text", "function", "unit",
		"register", "registers", "exchanges", "gap", "message", "says", "claims",
		"claims_mac", "via",
	};
	struct fields child;

	fields_known(f, known, ARRAY_SIZE(known));
	if (!fields_text(f, "id", a->id, SCENARIO_ID_MAX))
		fields_error(f, "id", "is needed");
	read_app(f, a);
	party_read(f, "from", s, &a->from);
	party_read(f, "to", s, &a->to);
	read_ports(f, a);
	if (!fields_object(f, "schedule", &child))
		fields_error(f, "schedule", "is needed");
	else
		schedule_read(&child, &a->schedule, s->timezone);
	read_volume(f, a);
	read_flow_shape(f, a);
	read_tcp(f, a);
	if (a->app)
		options_read(f, a->app->kind, &a->options);
	read_claim(f, s, &a->options);
	a->has_via = fields_mac(f, "via", a->via);
	read_lookup(f, s, a);
	fields_flag(f, "leak", &a->is_leak);
}

/* --- each ------------------------------------------------------------------------------------- */

static struct activity *add_activity(struct scenario *s, const char *id)
{
	struct activity *all = reallocarray(s->activities, s->n_activities + 1, sizeof(*all));

	if (!all)
		return NULL;
	s->activities = all;
	for (size_t i = 0; i < s->n_activities; i++)
		if (!strcmp(all[i].id, id))
			return NULL;
	struct activity *a = &all[s->n_activities++];
	*a = (struct activity){ 0 };
	return a;
}

static void *copy_of(const void *from, size_t n, size_t size)
{
	void *to = calloc(n ? n : 1, size);

	if (to && n)
		memcpy(to, from, n * size);
	return to;
}

/* Keeps host i of a party when each of them acts for itself (else all of them). */
static bool copy_party(struct party *to, const struct party *from, size_t i)
{
	bool is_each = from->rotate == ROTATE_EACH && from->n_hosts > 0;

	*to = *from;
	to->n_hosts = is_each ? 1 : from->n_hosts;
	to->hosts = copy_of(from->hosts + (is_each ? i : 0), to->n_hosts, sizeof(*to->hosts));
	return to->hosts != NULL;
}

static size_t party_each(const struct party *p)
{
	return p->rotate == ROTATE_EACH && p->n_hosts > 0 ? p->n_hosts : 1;
}

static void add_one(struct fields *f, struct scenario *s, const struct activity *t, size_t i,
		    size_t k)
{
	char id[sizeof(t->id)];
	bool many_from = party_each(&t->from) > 1, many_to = party_each(&t->to) > 1;

	bool fits = text_format(id, sizeof(id), "%s%s%s%s%s", t->id, many_from ? "/" : "",
				many_from ? s->hosts[t->from.hosts[i]].id : "", many_to ? "/" : "",
				many_to ? s->hosts[t->to.hosts[k]].id : "");
	struct activity *a = fits ? add_activity(s, id) : NULL;
	if (!a) {
		fields_error(f, "id", "\"%s\" is used twice or too long", id);
		return;
	}
	*a = *t;
	a->runs = NULL;
	(void)text_copy(a->id, sizeof(a->id), id);
	a->ports = copy_of(t->ports, t->n_ports, sizeof(*a->ports));
	a->options.questions = copy_of(t->options.questions, t->options.n_questions,
				       sizeof(*a->options.questions));
	bool ok = copy_party(&a->from, &t->from, i);
	ok = copy_party(&a->to, &t->to, k) && ok;
	if (!ok || !a->ports || !a->options.questions)
		fields_error(f, NULL, "out of memory");
}

void activities_read(struct fields *root, struct scenario *s)
{
	size_t n = json_array_size(fields_array(root, "activities"));
	struct fields child;

	if (!n)
		fields_error(root, "activities", "is needed and must not be empty");
	for (size_t i = 0; i < n && fields_element(root, "activities", i, &child); i++) {
		struct activity template = { 0 };
		bool is_enabled = true;

		read_activity(&child, s, &template);
		fields_flag(&child, "enabled", &is_enabled);
		size_t from = party_each(&template.from), to = party_each(&template.to);
		for (size_t k = 0; is_enabled && k < from * to && !fields_failed(&child); k++)
			add_one(&child, s, &template, k / to, k % to);
		activity_clear(&template);
	}
}
