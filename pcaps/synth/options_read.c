/* options_read.c - what an activity says inside its protocol; keys of other kinds are errors. */
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"
#include "synth/activity.h"

/* Which keys a kind takes; all of them also take exchanges, gap and message. */
static const struct { const char *key, *kinds; } keys[] = {
	{ "sni", "tls quic" }, { "alpn", "tls quic" }, { "tls", "tls rdp" },
	{ "host", "http" }, { "path", "http" }, { "method", "http" },
	{ "user", "rdp" }, { "domain", "dns" }, { "questions", "dns" },
	{ "text", "syslog snmp dicom raw-tcp udp" },
	{ "function", "modbus" }, { "unit", "modbus" }, { "register", "modbus" },
	{ "registers", "modbus" },
	{ "says", "arp nd dhcp" }, { "claims", "arp nd dhcp" }, { "claims_mac", "arp nd dhcp" },
};

static bool takes(const char *kinds, const char *kind)
{
	size_t n = strlen(kind);

	for (const char *p = kinds; (p = strstr(p, kind)); p += n)
		if ((p == kinds || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

static void read_name(struct fields *f, const char *key, char name[static APP_NAME_MAX])
{
	if (!fields_text(f, key, name, APP_NAME_MAX))
		return;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p > '~')
			fields_error(f, key, "must be printable ASCII without spaces");
}

static void read_question(struct fields *f, struct dns_question *q)
{
	static const char *const known[] = { "name", "type", "answer", "address" };
	static const char *const types[] = { "A", "AAAA", "CNAME", "TXT", "NXDOMAIN" };
	char text[64] = "";
	unsigned type = DNS_A;

	fields_known(f, known, ARRAY_SIZE(known));
	read_name(f, "name", q->name);
	if (!*q->name)
		fields_error(f, "name", "is needed");
	fields_choice(f, "type", types, ARRAY_SIZE(types), &type);
	q->type = (enum dns_type)type;
	if (fields_text(f, "address", text, sizeof(text)) && !addr_parse(text, &q->addr))
		fields_error(f, "address", "\"%s\" is not an address", text);
	bool wants_address = type == DNS_A || type == DNS_AAAA || type == DNS_CNAME;
	if (wants_address && (!*text || addr_is_ipv4(&q->addr) != (type != DNS_AAAA)))
		fields_error(f, "address", "is needed, of the family of the question's type");
	if (fields_text(f, "answer", q->answer, sizeof(q->answer)) && strlen(q->answer) > 250)
		fields_error(f, "answer", "is longer than 250 bytes");
	if (type == DNS_CNAME && !*q->answer)
		fields_error(f, "answer", "is needed: the name the alias leads to");
}

static void read_questions(struct fields *f, struct app_options *o)
{
	size_t n = json_array_size(fields_array(f, "questions"));
	struct fields child;

	if (n > APP_QUESTIONS_MAX) {
		fields_error(f, "questions", "are more than %d", APP_QUESTIONS_MAX);
		return;
	}
	o->questions = calloc(n + 1, sizeof(*o->questions));
	if (!o->questions)
		fields_error(f, "questions", "out of memory");
	for (size_t i = 0; i < n && o->questions && fields_element(f, "questions", i, &child); i++)
		read_question(&child, &o->questions[o->n_questions++]);
	if (!n && !fields_has(f, "domain"))
		fields_error(f, "questions", "or \"domain\" is needed for this kind");
}

static void read_modbus(struct fields *f, struct app_options *o)
{
	static const unsigned allowed[] = { 3, 4, 6, 16 };
	uint64_t function = 0, unit = 1, reg = 0, count = 8;
	bool is_allowed = false;

	fields_count(f, "unit", 247, &unit);
	fields_count(f, "register", 65535, &reg);
	fields_count(f, "registers", 120, &count);
	if (fields_count(f, "function", 16, &function)) {
		for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
			is_allowed = is_allowed || function == allowed[i];
		if (!is_allowed)
			fields_error(f, "function", "must be 3, 4 (reads), 6 or 16 (writes)");
	}
	o->function = (unsigned)function;
	o->unit = (unsigned)unit;
	o->reg = (unsigned)reg;
	o->count = count ? (unsigned)count : 1;
}

static void read_messages(struct fields *f, struct app_options *o)
{
	static const char *const known[] = { "up", "down" };
	uint64_t exchanges = 0, up = 64, down = 64;
	struct fields child;

	fields_count(f, "exchanges", 100000, &exchanges);
	o->exchanges = (unsigned)exchanges;
	o->gap_ns = 200 * NS_PER_MS;
	fields_duration(f, "gap", &o->gap_ns);
	if (fields_object(f, "message", &child)) {
		fields_known(&child, known, ARRAY_SIZE(known));
		fields_count(&child, "up", 1400, &up);
		fields_count(&child, "down", 1400, &down);
	}
	o->message_bytes[0] = (uint32_t)up;
	o->message_bytes[1] = (uint32_t)down;
}

static void read_tls_version(struct fields *f, struct app_options *o)
{
	static const char *const versions[] = { "1.2", "1.3" };
	unsigned version = 1;

	fields_choice(f, "tls", versions, 2, &version);
	o->tls = version ? 13 : 12;
}

/* What `from` says of an address, per kind; the first word is what the kind does without one. */
static void read_says(struct fields *f, const char *kind, struct app_options *o)
{
	static const struct {
		const char *kind, *words[5];
		enum app_says says[5];
		size_t n;
	} all[] = {
		{ "arp", { "ask", "reply", "announce", "probe" },
		  { SAYS_USUAL, SAYS_REPLY, SAYS_ANNOUNCE, SAYS_PROBE }, 4 },
		{ "nd", { "ask", "reply", "announce", "probe", "router" },
		  { SAYS_USUAL, SAYS_REPLY, SAYS_ANNOUNCE, SAYS_PROBE, SAYS_ROUTER }, 5 },
		{ "dhcp", { "lease", "offer" }, { SAYS_USUAL, SAYS_OFFER }, 2 },
	};
	unsigned word = 0;

	o->has_claim_mac = fields_mac(f, "claims_mac", o->claim_mac);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i].kind, kind)) {
			fields_choice(f, "says", all[i].words, all[i].n, &word);
			o->says = all[i].says[word];
		}
}

void options_read(struct fields *f, const char *kind, struct app_options *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (fields_has(f, keys[i].key) && !takes(keys[i].kinds, kind))
			fields_error(f, keys[i].key, "is not for \"%s\" (only for: %s)", kind,
				     keys[i].kinds);
	read_name(f, "sni", o->name);
	read_name(f, "host", o->name);
	read_name(f, "user", o->name);
	read_name(f, "domain", o->name);
	read_name(f, "path", o->path);
	fields_text(f, "alpn", o->alpn, sizeof(o->alpn));
	fields_text(f, "method", o->method, sizeof(o->method));
	fields_text(f, "text", o->text, sizeof(o->text));
	read_tls_version(f, o);
	if (!strcmp(kind, "dns"))
		read_questions(f, o);
	read_modbus(f, o);
	read_says(f, kind, o);
	read_messages(f, o);
}
