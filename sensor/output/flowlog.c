/* flowlog.c - see flowlog.h.
 *
 * A record is built as a jansson object and written with sorted keys.  "source" is the client,
 * whoever sent more.  What has no meaning for a flow is left out (ports of port-less protocols,
 * MAC addresses of links without them); what is merely unknown is there with its word
 * ("unknown", "none", ""). The flow's id is the first 128 bits of SHA-256 over its canonical
 * id, the exact first nanosecond included; times in the record have microseconds like
 * everywhere else.
 */
#include "output/flowlog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "dpi/dpi.h"
#include "dpi/filetype.h"
#include "flow/community_id.h"
#include "flow/facts.h"
#include "output/lines.h"
#include "packet/packet.h"

#define NAME_TEXT_MAX 512		/* a name whose bytes had to be repaired grows */
#define ID_HEX 32

struct flowlog {
	struct lines *lines;
	const struct file_types *files;	/* borrowed, or NULL */
	int err;			/* lack of memory: the lines' own errors are with them */
};

/* --- parts ---------------------------------------------------------------- */

static size_t put_be(uint8_t *to, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(value >> 8 * (n - 1 - i));
	return n;
}

/* Field by field, so that neither padding nor byte order enters the id; and of what is shown, for
 * an id could be tried with all addresses. */
static void format_id(const struct flow_id *id, char ret[static ID_HEX + 1])
{
	const struct flow_key *k = &id->key;
	struct addr a = addr_shown(&k->a), b = addr_shown(&k->b);
	uint8_t bytes[8 + 2 * 16 + 5 * 2 + 2], *at = bytes;
	char hex[DIGEST_HEX_MAX];

	at += put_be(at, id->first_ns, 8);
	memcpy(at, a.bytes, 16);
	memcpy(at + 16, b.bytes, 16);
	at += 32;
	at += put_be(at, k->a_port, 2);
	at += put_be(at, k->b_port, 2);
	at += put_be(at, k->vlan[0], 2);
	at += put_be(at, k->vlan[1], 2);
	at += put_be(at, k->tap, 2);
	at += put_be(at, k->proto, 1);
	at += put_be(at, k->ip_version, 1);
	digest_sha256_hex(bytes, (size_t)(at - bytes), hex);
	memcpy(ret, hex, ID_HEX);
	ret[ID_HEX] = '\0';
}

static bool is_icmp(const struct flow_key *k)
{
	return k->proto == IP_ICMP || k->proto == IP_ICMPV6;
}

static bool has_ports(const struct flow_key *k)
{
	return k->proto == IP_TCP || k->proto == IP_UDP || k->proto == IP_SCTP;
}

/* NULL for a link without addresses: json_pack() then leaves the key out. */
static json_t *mac_json(const uint8_t mac[static 6])
{
	static const uint8_t none[6];
	char text[18];

	if (!memcmp(mac, none, sizeof(none)))
		return NULL;
	snprintf(text, sizeof(text), "%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return json_string(text);
}

static json_t *side_json(const struct slice *s, int side)
{
	const struct addr *addr = side ? slice_server(s) : slice_client(s);
	uint16_t port = side ? slice_server_port(s) : slice_client_port(s);
	char ip[ADDR_TEXT_MAX];

	return json_pack("{s:s, s:o*, s:o*, s:I, s:I}", "ip", addr_show(addr, ip),
			 "port", has_ports(&s->id.key) ? json_integer(port) : NULL,
			 "mac", mac_json(s->mac[side]),
			 "bytes", (json_int_t)s->sums.bytes[side],
			 "packets", (json_int_t)s->sums.packets[side]);
}

static json_t *event_json(const struct slice *s)
{
	char start[CLOCK_TEXT_MAX], end[CLOCK_TEXT_MAX];

	return json_pack("{s:s, s:[s], s:[ss], s:s, s:s, s:s, s:s, s:I}", "kind", "event",
			 "category", "network", "type", "connection", "end",
			 "dataset", "nachtwacht.flow", "module", "nachtwacht",
			 "start", clock_format(s->first_ns, start),
			 "end", clock_format(s->last_ns, end),
			 "duration", (json_int_t)(s->last_ns - s->first_ns));
}

static json_t *network_json(const struct slice *s)
{
	const struct flow_key *k = &s->id.key;
	char number[8], transport[8], community[COMMUNITY_ID_MAX], protocol[DPI_PROTOCOL_MAX];

	snprintf(number, sizeof(number), "%u", k->proto);
	community_id(k, s->client_is_b, community);
	text_copy(protocol, sizeof(protocol), dpi_protocol_name(dpi_carrier(s->master, s->app)));
	for (char *c = protocol; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	return json_pack("{s:s, s:s, s:s, s:s, s:s*, s:I, s:I}",
			 "type", k->ip_version == 6 ? "ipv6" : "ipv4",
			 "transport", packet_transport_name(k->proto, transport),
			 "iana_number", number,
			 "protocol", *protocol ? protocol : "unknown",
			 "community_id", pseudonyms_for_addresses() ? NULL : community,
			 "bytes", (json_int_t)(s->sums.bytes[0] + s->sums.bytes[1]),
			 "packets", (json_int_t)(s->sums.packets[0] + s->sums.packets[1]));
}

/* The client's message.  A type with an answer has the types of both sides in the key, and code
 * 0 in all standards; a one-way type has type and code there (slice.h). */
static json_t *icmp_json(const struct slice *s)
{
	const struct flow_key *k = &s->id.key;
	uint8_t answer;

	if (!is_icmp(k))
		return NULL;
	if (icmp_counter_type(k->proto == IP_ICMPV6 ? 6 : 4, (uint8_t)k->a_port, &answer))
		return json_pack("{s:i, s:i}", "type", (int)slice_client_port(s), "code", 0);
	return json_pack("{s:i, s:i}", "type", (int)k->a_port, "code", (int)k->b_port);
}

static json_t *names_json(const struct slice *s)
{
	char shown[PSEUDONYM_NAME_MAX];

	if (!s->name || !*s->name)
		return json_array();
	return json_pack("[o]", json_text_cut(name_show(s->name, shown), NAME_TEXT_MAX));
}

static json_t *vlan_json(const struct flow_key *k)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < ARRAY_SIZE(k->vlan) && k->vlan[i] != 0xffff; i++)
		json_array_append_new(list, json_integer(k->vlan[i]));
	return list;
}

/* The layers around the flow, outermost first; NULL for a flow without.  Addresses are those of
 * the outermost IP header, on the client's and on the server's side. */
static json_t *tunnel_json(const struct packet_tunnel *t)
{
	json_t *layers, *src = NULL, *dst = NULL, *id = NULL, *id_of = NULL;
	char text[ADDR_TEXT_MAX];

	if (!t)
		return NULL;
	layers = json_array();
	for (unsigned i = 0; layers && i < packet_tunnel_layers(t); i++)
		json_array_append_new(layers, json_string(packet_tunnel_name(t->kinds[i])));
	if (t->has_addrs) {
		src = json_string(addr_show(&t->src, text));
		dst = json_string(addr_show(&t->dst, text));
	}
	if (t->id_layer) {
		id = json_integer(t->id);
		id_of = json_string(packet_tunnel_name(t->kinds[t->id_layer - 1]));
	}
	return json_pack("{s:o, s:i, s:o*, s:o*, s:o*, s:o*}", "layers", layers,
			 "depth", (int)t->depth, "source", src, "destination", dst,
			 "id", id, "id_of", id_of);
}

/* "FSPA/SA": what the client sent, what the server sent, in the order of the header's bits. */
static void format_flags(const struct slice *s, char buf[static 20])
{
	static const char letters[] = "FSRPAUEC";
	char *at = buf;

	*buf = '\0';
	if (s->id.key.proto != IP_TCP)
		return;
	for (int side = 0; side < 2; side++) {
		for (unsigned bit = 0; bit < 8; bit++)
			if (s->tcp_flags[side] & 1u << bit)
				*at++ = letters[bit];
		*at++ = side ? '\0' : '/';
	}
}

/* [lowest, highest] of either side; a side that was not heard has none. */
static json_t *ttl_json(const struct slice *s)
{
	json_t *sides = s->ttl[0][1] || s->ttl[1][1] ? json_object() : NULL;

	for (int d = 0; sides && d < 2; d++)
		if (s->ttl[d][1])
			json_object_set_new(sides, d ? "down" : "up",
					    json_pack("[ii]", s->ttl[d][0], s->ttl[d][1]));
	return sides;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(object, key, json_text_cut(text, NAME_TEXT_MAX));
}

static const char *version_text(uint16_t version, char buf[static 8])
{
	if (version >> 8 == 0x7f)	/* a draft of 1.3 */
		return "1.3";
	if (version >= 0x0301 && version <= 0x0304) {
		snprintf(buf, 8, "1.%u", version - 0x0301u);
		return buf;
	}
	snprintf(buf, 8, "0x%04x", version);
	return version == 0x0300 ? "ssl3" : buf;
}

/* "h2,http/1.1" */
static json_t *list_json(const char *text)
{
	json_t *list = json_array();

	while (list && *text) {
		size_t n = strcspn(text, ",");
		char one[DPI_ALPN_MAX];

		text_copy(one, n + 1 < sizeof(one) ? n + 1 : sizeof(one), text);
		if (*one)
			json_array_append_new(list, json_text_cut(one, NAME_TEXT_MAX));
		text += n + (text[n] == ',');
	}
	return list;
}

static void add_tls(json_t *record, const struct flow_facts *f)
{
	const char *alpn = facts_text(f, FACT_ALPN);
	char version[8];
	json_t *tls;

	if (!f->tls_version)
		return;
	tls = json_pack("{s:s}", "version", version_text(f->tls_version, version));
	if (*alpn)
		json_object_set_new(tls, "alpn", list_json(alpn));
	set_text(tls, "alpn_chosen", facts_text(f, FACT_ALPN_CHOSEN));
	set_text(tls, "ja3", facts_text(f, FACT_JA3));
	set_text(tls, "ja4", facts_text(f, FACT_JA4));
	json_object_set_new(record, "tls", tls);
}

/* What either side asked for, together: a capture of one direction may have the answers only. */
static void add_functions(json_t *record, const struct slice *s)
{
	json_t *list = dpi_is_followed(s->light) ? json_array() : NULL;

	for (unsigned bit = 0; list && 1U << bit < DPI_ACT_END; bit++)
		if ((s->acts[0] | s->acts[1]) >> bit & 1)
			json_array_append_new(list, json_string(dpi_act_name(bit)));
	if (list)
		json_object_set_new(record, "functions", list);
}

static json_t *add_facts(json_t *record, const struct slice *s, const struct file_types *files)
{
	const struct flow_facts *f = s->facts;

	if (!record || !f)
		return record;
	add_tls(record, f);
	add_functions(record, s);
	set_text(record, "http_method", facts_text(f, FACT_METHOD));
	set_text(record, "file_up", file_type_name(f->file[0], files));
	set_text(record, "file_down", file_type_name(f->file[1], files));
	/* Mail and file servers greet with names and addresses. */
	if (!pseudonyms_for_names() && !pseudonyms_for_addresses()) {
		set_text(record, "banner_up", facts_text(f, FACT_BANNER_0));
		set_text(record, "banner_down", facts_text(f, FACT_BANNER_1));
	}
	return record;
}

static json_t *flow_json(const struct slice *s, const struct file_types *files)
{
	json_t *record;
	char id[ID_HEX + 1], app[2 * DPI_PROTOCOL_MAX], flags[20];

	format_id(&s->id, id);
	format_flags(s, flags);
	record = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:o, s:i, s:s, s:s,"
			 " s:o*, s:o*, s:o*}",
			 "id", id, "client", flow_client_name(s->client_how),
			 "payload_up", (json_int_t)s->sums.payload[0],
			 "payload_down", (json_int_t)s->sums.payload[1],
			 "retrans", (json_int_t)(s->sums.retrans[0] + s->sums.retrans[1]),
			 "lost", (json_int_t)(s->sums.lost[0] + s->sums.lost[1]),
			 "verdict", dpi_source_name(s->verdict),
			 "app", dpi_verdict_text(s->master, s->app, app, sizeof(app)),
			 "names", names_json(s), "vlan", vlan_json(&s->id.key),
			 "tap", (int)s->id.key.tap, "end", flow_end_name(s->end),
			 "tcp_flags", flags, "icmp", icmp_json(s), "ttl", ttl_json(s),
			 "tunnel", tunnel_json(s->tunnel));
	return add_facts(record, s, files);
}

/* --- the record ----------------------------------------------------------- */

char *flowlog_format(const struct slice *close, const struct file_types *files)
{
	char end[CLOCK_TEXT_MAX];
	json_t *record;
	char *line = NULL;

	record = json_pack("{s:s, s:{s:s}, s:o, s:o, s:o, s:o, s:{s:i, s:o}}",
			   "@timestamp", clock_format(close->last_ns, end),
			   "ecs", "version", "8.17.0",
			   "event", event_json(close), "source", side_json(close, 0),
			   "destination", side_json(close, 1), "network", network_json(close),
			   "nachtwacht", "schema", 1, "flow", flow_json(close, files));
	if (record)
		line = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(record);
	return line;
}

static int open_flowlog(const char *path, bool appends, struct flowlog **ret_flowlog)
{
	struct flowlog *f = calloc(1, sizeof(*f));
	int err = -ENOMEM;

	if (!f)
		return err;
	err = appends ? lines_open_kept(path, "flows", &f->lines) :
			lines_open(path, "flows", &f->lines);
	if (!err && appends && lines_is_regular(f->lines))
		err = lines_cut_partial(f->lines);
	if (err) {
		lines_close(f->lines);
		free(f);
	} else {
		*ret_flowlog = f;
	}
	return err;
}

void flowlog_files(struct flowlog *f, const struct file_types *files)
{
	f->files = files;
}

int flowlog_open(const char *path, struct flowlog **ret_flowlog)
{
	return open_flowlog(path, false, ret_flowlog);
}

int flowlog_open_appending(const char *path, struct flowlog **ret_flowlog)
{
	return open_flowlog(path, true, ret_flowlog);
}

void flowlog_write(struct flowlog *f, const struct slice *close)
{
	char *line = flowlog_format(close, f->files);

	if (line) {
		lines_put(f->lines, line, strlen(line));
	} else if (!f->err) {
		f->err = -ENOMEM;
		log_err("flows", "a record is missing: %s", err_text(f->err));
	}
	free(line);
}

int flowlog_close(struct flowlog *f)
{
	int err, lines_err;

	if (!f)
		return 0;
	err = f->err;
	lines_err = lines_close(f->lines);
	free(f);
	return err ? err : lines_err;
}
