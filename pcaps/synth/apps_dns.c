/* apps_dns.c - DNS questions and answers (RFC 1035), and volume carried in questions.
 *
 * The tunnel puts 60 bytes of noise into two labels of each question and as much into each TXT
 * answer, as the usual tools do; its volume is that noise.
 */
#include "synth/apps.h"

#include <string.h>
#include "base/clock.h"

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_TXT = 16, TYPE_AAAA = 28 };

#define TUNNEL_BYTES 60			/* per question and per answer */
#define TTL_S 300

static void dns_labels(struct blob *b, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		if (n > 63 || n == 0)
			n = n > 63 ? 63 : 0;
		if (n) {
			blob_u8(b, (unsigned)n);
			blob_add(b, name, n);
		}
		name += strcspn(name, ".");
		name += *name == '.';
	}
	blob_u8(b, 0);
}

static void dns_header(struct blob *b, unsigned id, unsigned flags, unsigned answers)
{
	blob_be16(b, id);
	blob_be16(b, flags);
	blob_be16(b, 1);
	blob_be16(b, answers);
	blob_be32(b, 0);
}

static unsigned type_number(enum dns_type type)
{
	switch (type) {
	case DNS_AAAA: return TYPE_AAAA;
	case DNS_TXT: return TYPE_TXT;
	default: return TYPE_A;
	}
}

static void dns_question(struct blob *b, const struct dns_question *q)
{
	dns_labels(b, q->name);
	blob_be16(b, type_number(q->type));
	blob_be16(b, 1);
}

static void dns_record(struct blob *b, unsigned type)
{
	blob_be16(b, type);
	blob_be16(b, 1);
	blob_be32(b, TTL_S);
}

static void dns_address(struct blob *b, const struct addr *a)
{
	bool v4 = addr_is_ipv4(a);

	dns_record(b, v4 ? TYPE_A : TYPE_AAAA);
	blob_be16(b, v4 ? 4 : 16);
	blob_add(b, a->bytes + (v4 ? 12 : 0), v4 ? 4 : 16);
}

static void dns_text(struct blob *b, const char *text, size_t n)
{
	dns_record(b, TYPE_TXT);
	size_t at = blob_length_begin(b, 2);
	size_t string = blob_length_begin(b, 1);
	blob_add(b, text, n);
	blob_length_end(b, string, 1);
	blob_length_end(b, at, 2);
}

static void dns_answers(struct blob *b, const struct dns_question *q)
{
	if (q->type == DNS_NXDOMAIN)
		return;
	blob_be16(b, 0xc00c);			/* the name asked about */
	if (q->type == DNS_TXT) {
		dns_text(b, q->answer, strlen(q->answer));
	} else if (q->type == DNS_CNAME) {
		dns_record(b, TYPE_CNAME);
		size_t at = blob_length_begin(b, 2);
		dns_labels(b, q->answer);
		blob_length_end(b, at, 2);
		dns_labels(b, q->answer);
		dns_address(b, &q->addr);
	} else {
		dns_address(b, &q->addr);
	}
}

void app_dns_ask(struct app_call *c, const struct dns_question *q)
{
	struct blob *b = &c->script->blob;
	unsigned id = (unsigned)random_below(c->random, 65536);
	size_t mark = script_mark(c->script);
	bool is_missing = q->type == DNS_NXDOMAIN;
	unsigned answers = is_missing ? 0 : q->type == DNS_CNAME ? 2 : 1;

	dns_header(b, id, 0x0100, 0);
	dns_question(b, q);
	app_say(c, 0, mark);
	mark = script_mark(c->script);
	dns_header(b, id, is_missing ? 0x8183 : 0x8180, answers);
	dns_question(b, q);
	dns_answers(b, q);
	app_say(c, 1, mark);
}

/* --- the tunnel ------------------------------------------------------------------------------- */

static void base32(struct random *r, char *to, size_t n)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

	for (size_t i = 0; i < n; i++)
		to[i] = digits[random_below(r, 32)];
	to[n] = '\0';
}

static void tunnel_exchange(struct app_call *c, bool with_answer)
{
	struct blob *b = &c->script->blob;
	char label[2][49], text[97];		/* 8 digits carry 5 bytes: 96 carry 60 */
	unsigned id = (unsigned)random_below(c->random, 65536);
	struct dns_question q = { .type = DNS_TXT };

	base32(c->random, label[0], 48);
	base32(c->random, label[1], 48);
	base32(c->random, text, 96);
	for (unsigned side = 0; side < 2; side++) {
		size_t mark = script_mark(c->script);

		dns_header(b, id, side ? 0x8180 : 0x0100, side);
		blob_u8(b, 48);
		blob_text(b, label[0]);
		blob_u8(b, 48);
		blob_text(b, label[1]);
		dns_labels(b, c->options->name);
		blob_be16(b, type_number(q.type));
		blob_be16(b, 1);
		if (side) {
			blob_be16(b, 0xc00c);
			dns_text(b, text, with_answer ? 96 : 2);
		}
		app_say(c, side, mark);
	}
}

static void tunnel(struct app_call *c)
{
	uint64_t most = c->bytes[0] > c->bytes[1] ? c->bytes[0] : c->bytes[1];
	uint64_t n = (most + TUNNEL_BYTES - 1) / TUNNEL_BYTES;
	uint64_t answered = (c->bytes[1] + TUNNEL_BYTES - 1) / TUNNEL_BYTES;

	for (uint64_t i = 0; i < n && script_ok(c->script); i++) {
		tunnel_exchange(c, i < answered);
		script_wait(c->script, c->duration_ns / n);
	}
}

void app_dns_run(struct app_call *c)
{
	const struct app_options *o = c->options;
	unsigned exchanges = o->exchanges ? o->exchanges : 1;

	if (c->bytes[0] || c->bytes[1]) {
		tunnel(c);
		return;
	}
	for (unsigned i = 0; i < exchanges && o->n_questions; i++) {
		app_dns_ask(c, &o->questions[random_below(c->random, o->n_questions)]);
		if (i + 1 < exchanges)
			script_wait(c->script, o->gap_ns);
	}
}
