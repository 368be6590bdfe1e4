/* apps_services.c - the small services of every site: NTP, SNMP, syslog, ICMP, WireGuard. */
#include "synth/apps.h"

#include <string.h>
#include "base/clock.h"

/* --- NTP version 4 (RFC 5905) ----------------------------------------------------------------- */

static void ntp_time(struct blob *b, uint64_t ns)
{
	uint64_t s = ns / NS_PER_SEC, fraction = ns % NS_PER_SEC;

	blob_be32(b, (uint32_t)(s + 2208988800ULL));	/* since 1900 */
	blob_be32(b, (uint32_t)((fraction << 32) / NS_PER_SEC));
}

void app_ntp_run(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	blob_be32(b, 0x230006ec);		/* version 4, client, poll 2^6 */
	blob_zero(b, 36);
	ntp_time(b, c->start_ns);
	app_say(c, 0, mark);

	mark = script_mark(c->script);
	blob_be32(b, 0x240206ec);		/* server, stratum 2 */
	blob_be32(b, 0x00000100);
	blob_be32(b, 0x00000200);
	blob_be32(b, 0xc0000201);		/* reference: 192.0.2.1 */
	ntp_time(b, c->start_ns - 30 * NS_PER_SEC);
	ntp_time(b, c->start_ns);
	ntp_time(b, c->start_ns + NS_PER_MS);
	ntp_time(b, c->start_ns + NS_PER_MS + 40 * NS_PER_US);
	app_say(c, 1, mark);
}

/* --- SNMP version 2c (RFC 3416): sysUpTime.0 and ifInOctets.1 --------------------------------- */

static void snmp_integer(struct blob *b, unsigned tag, uint32_t value)
{
	size_t at = blob_der_begin(b, tag);

	if (value > 0x7fffffff)
		blob_u8(b, 0);
	blob_be32(b, value);
	blob_der_end(b, at);
}

static void snmp_binding(struct blob *b, const char *oid, size_t n, unsigned tag, uint32_t value)
{
	size_t pair = blob_der_begin(b, 0x30);
	size_t name = blob_der_begin(b, 0x06);

	blob_add(b, oid, n);
	blob_der_end(b, name);
	if (tag)
		snmp_integer(b, tag, value);
	else
		blob_be16(b, 0x0500);		/* NULL */
	blob_der_end(b, pair);
}

static void snmp_message(struct app_call *c, unsigned side, uint32_t id)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);
	const char *community = *c->options->text ? c->options->text : "public";
	uint32_t ticks = (uint32_t)(c->start_ns / (10 * NS_PER_MS));

	size_t message = blob_der_begin(b, 0x30);
	blob_add(b, "\x02\x01\x01", 3);
	size_t text = blob_der_begin(b, 0x04);
	blob_text(b, community);
	blob_der_end(b, text);
	size_t pdu = blob_der_begin(b, side == 0 ? 0xa0 : 0xa2);
	snmp_integer(b, 0x02, id);
	blob_add(b, "\x02\x01\x00\x02\x01\x00", 6);	/* no error */
	size_t list = blob_der_begin(b, 0x30);
	snmp_binding(b, "\x2b\x06\x01\x02\x01\x01\x03\x00", 8, side ? 0x43 : 0, ticks);
	snmp_binding(b, "\x2b\x06\x01\x02\x01\x02\x02\x01\x0a\x01", 10, side ? 0x41 : 0,
		     (uint32_t)random_u64(c->random));
	blob_der_end(b, list);
	blob_der_end(b, pdu);
	blob_der_end(b, message);
	app_say(c, side, mark);
}

void app_snmp_run(struct app_call *c)
{
	unsigned exchanges = c->options->exchanges ? c->options->exchanges : 1;

	for (unsigned i = 0; i < exchanges; i++) {
		uint32_t id = (uint32_t)(random_u64(c->random) >> 33) | 0x1000000;

		snmp_message(c, 0, id);
		snmp_message(c, 1, id);
		if (i + 1 < exchanges)
			script_wait(c->script, c->options->gap_ns);
	}
}

/* --- syslog (RFC 3164) ------------------------------------------------------------------------ */

void app_syslog_run(struct app_call *c)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static const char *const said[] = { "job finished", "image stored", "queue empty",
					    "session opened", "session closed",
					    "self test passed" };
	struct civil t = civil_from_seconds((int64_t)(c->start_ns / NS_PER_SEC));
	size_t mark = script_mark(c->script);
	const char *text = *c->options->text ? c->options->text : said[random_below(c->random, 6)];

	blob_format(&c->script->blob, "<134>%s %2d %02d:%02d:%02d %s agent[%u]: %s",
		    months[t.month - 1],
		    t.day, t.hour, t.minute, t.second, c->client_id,
		    (unsigned)random_below(c->random, 30000) + 300, text);
	app_say(c, 0, mark);
}

/* --- WireGuard (the paper's 5.4.2, 5.4.3): indices, then noise; mac2 is zero ------------------ */

void app_wireguard_open(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	blob_le32(b, 1);		/* initiation: who sends */
	blob_le32(b, SCRIPT_WIREGUARD_INDEX);
	blob_random(b, c->random, 124);
	blob_zero(b, 16);
	app_say(c, 0, mark);
	mark = script_mark(c->script);
	blob_le32(b, 2);		/* response: who sends, to whom */
	blob_le32(b, SCRIPT_WIREGUARD_INDEX);
	blob_le32(b, SCRIPT_WIREGUARD_INDEX);
	blob_random(b, c->random, 64);
	blob_zero(b, 16);
	app_say(c, 1, mark);
}

/* --- ICMP echo: volume rides in the payload --------------------------------------------------- */

void app_icmp_run(struct app_call *c)
{
	static const char filler[] = "abcdefghijklmnopqrstuvwabcdefghi";
	unsigned exchanges = c->options->exchanges;

	if (!exchanges && !c->bytes[0] && !c->bytes[1])
		exchanges = 1;
	for (unsigned i = 0; i < exchanges; i++) {
		for (unsigned side = 0; side < 2; side++) {
			size_t mark = script_mark(c->script);

			blob_add(&c->script->blob, filler, sizeof(filler) - 1);
			app_say(c, side, mark);
		}
		if (i + 1 < exchanges)
			script_wait(c->script, c->options->gap_ns);
	}
	uint64_t bytes[2] = { c->bytes[0], c->bytes[1] };

	/* About as much back as there: each reply repeats its request.  Else it has a content of
	 * its own, as no ping has and some tunnels. */
	if (bytes[1] >= bytes[0] / 2 && bytes[1] / 2 <= bytes[0])
		bytes[1] = bytes[0];
	app_volume(c, bytes, c->duration_ns);
}
