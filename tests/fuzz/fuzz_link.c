/* fuzz_link.c - frames of a link into a shard, and rows of a state into the table of links.
 *
 * The first byte says which.  Frames: each behind two bytes of length, some milliseconds apart;
 * checked: what comes out as claims is whole, of a host, within its minute, and no more than there
 * were messages.  Rows: keys and values, each behind two bytes of length; checked: what is taken is
 * packed to the same bytes, and whoever contends for the address next, his time is not wrong.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "detect/spoof.h"
#include "flow/claim.h"
#include "flow/shard.h"
#include "parts.h"
#include "profile/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)
#define START (1000000ULL * SLICE_NS)

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []},"
	" \"assets\": [{\"id\": \"A\", \"ip\": [\"10.1.0.1\"], \"mac\": [\"02:00:00:00:00:01\"],"
	" \"serves\": [\"proxy_arp\"]}]}";

static void check_event(void *arg, struct slice *s)
{
	uint64_t *claims = arg;
	struct claim c;
	struct slice again;

	if (s->kind == SLICE_CLAIM) {
		claim_of_slice(s, &c);
		ENSURE(c.kind < CLAIM_KINDS && c.count && c.how < CLAIM_HOW_END);
		ENSURE(c.first_ns >= s->minute_ns && c.first_ns <= c.last_ns);
		ENSURE(c.last_ns < s->minute_ns + SLICE_NS);
		ENSURE(!(c.mac[0] & 1) && !addr_is_multicast(&c.addr));
		claim_to_slice(&c, s->minute_ns, &again);
		ENSURE(!slice_compare(s, &again));
		*claims += 1;
	}
	slice_clear(s);
}

static void do_frames(struct cursor *c)
{
	struct shard_config cfg = { .max_flows = 64 };
	uint64_t claims = 0, now_ns = START;
	struct shard *s;

	ENSURE(!shard_new(&cfg, check_event, &claims, &s));
	while (c->left > 2) {
		size_t len;
		uint8_t *part = take_part(c, &len);
		struct frame f = { .ts_ns = now_ns += SLICE_NS / 7, .bytes = part,
				   .caplen = (uint32_t)len, .wirelen = (uint32_t)len, .link = 1 };
		struct packet p;
		enum packet_status status = packet_decode(&f, &p);
		bool is_one = status == PACKET_OK || status == PACKET_FRAGMENT ||
			      (status == PACKET_ARP && claim_prepare(&p));

		if (is_one) {
			packet_rebase(&p, status);
			shard_packet(s, &p, status);
		}
		free(part);
	}
	shard_finish(s);
	/* A DHCPv6 reply makes most: its server, and what it has leased. */
	ENSURE(claims <= 5 * shard_counters(s)->claims);
	shard_free(s);
}

static void check_row(const struct subjects *s, const struct site *site, struct link_row *row)
{
	struct packer key = { 0 }, value = { 0 }, again = { 0 };
	struct links *other;
	struct unpacker k, v;
	struct neighbour *n = link_neighbour(row);
	size_t count;

	ENSURE(row->first_ns <= row->last_ns);
	link_pack_key(row, &key);
	link_pack(row, &value);
	k = unpack_over(key.bytes, key.len);
	v = unpack_over(value.bytes, value.len);
	ENSURE(!links_new(&other) && link_unpack(other, s, &k, &v));
	link_pack(links_list(other, row->kind, &count)[0], &again);
	ENSURE(count == 1 && again.len == value.len);
	ENSURE(!memcmp(again.bytes, value.bytes, value.len));
	if (row->kind == LINK_NEIGHBOUR) {
		static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };

		spoof_take(&site->rules->params.spoof, n, mac, START, CLAIM_PLAIN);
		ENSURE(!memcmp(n->now.mac, mac, 6));
		spoof_is_allowed(n, site);
		spoof_settle(&site->rules->params.spoof, n, UINT64_MAX);
	}
	links_free(other);
	pack_free(&key);
	pack_free(&value);
	pack_free(&again);
}

static void do_rows(struct cursor *c)
{
	static struct subjects *subjects;
	static struct site *site;
	struct links *l;

	if (!site) {
		ENSURE(!site_parse("site", site_text, strlen(site_text), &site));
		ENSURE(!subjects_new(site, &subjects));
	}
	ENSURE(!links_new(&l));
	while (c->left > 4) {
		size_t key_len, value_len;
		uint8_t *key = take_part(c, &key_len), *value = take_part(c, &value_len);
		struct unpacker k = unpack_over(key, key_len), v = unpack_over(value, value_len);

		link_unpack(l, subjects, &k, &v);
		free(key);
		free(value);
	}
	for (int kind = 0; kind < LINK_KINDS; kind++) {
		size_t n;
		struct link_row *const *list = links_list(l, (enum link_kind)kind, &n);

		for (size_t i = 0; i < n; i++)
			check_row(subjects, site, list[i]);
	}
	links_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);

	if (cursor_u8(&c) & 1)
		do_rows(&c);
	else
		do_frames(&c);
	return 0;
}
