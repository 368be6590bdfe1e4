/* channel_pack_v1.c - reads what the first form of the long memory left, see profile_pack.h.
 *
 * That form had one group, the address with its service as text, and kept no picture of a night.
 * What it knew of nights, evidence and incidents goes on; the coarser groups begin anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "profile/profile_pack.h"

#define V1_SERVICE_MAX 24
#define V1_COMMUNITY_MAX 31
#define V1_NAME_MAX 255
#define NS_PER_ROW_MIN 60000000000ULL

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_SCTP = 132 };

/* "tcp/443", "icmp", "ip/47" */
static bool read_service(const char *text, const struct addr *peer, struct channel_key *ret)
{
	unsigned number = 0;

	if (sscanf(text, "tcp/%5u", &number) == 1)
		group_key_ip(ret, peer, PROTO_TCP, (uint16_t)number);
	else if (sscanf(text, "udp/%5u", &number) == 1)
		group_key_ip(ret, peer, PROTO_UDP, (uint16_t)number);
	else if (sscanf(text, "sctp/%5u", &number) == 1)
		group_key_ip(ret, peer, PROTO_SCTP, (uint16_t)number);
	else if (sscanf(text, "ip/%3u", &number) == 1)
		group_key_ip(ret, peer, (uint8_t)number, 0);
	else if (!strcmp(text, "icmp") || !strcmp(text, "ipv6-icmp"))
		group_key_ip(ret, peer, text[0] == 'i' && text[1] == 'c' ? PROTO_ICMP :
			     PROTO_ICMPV6, 0);
	else
		return false;
	return true;
}

bool channel_key_unpack_v1(struct unpacker *u, struct channel_key *ret)
{
	char service[V1_SERVICE_MAX];
	struct addr peer;

	memset(ret, 0, sizeof(*ret));
	unpack_bytes(u, peer.bytes, sizeof(peer.bytes));
	unpack_bytes(u, service, sizeof(service));
	service[sizeof(service) - 1] = '\0';
	if (!read_service(service, &peer, ret))
		u->is_bad = true;
	return !u->is_bad;
}

static struct subject *read_subject(struct unpacker *key, struct subjects *s,
				    struct channel_key *ret)
{
	char id[SITE_ID_MAX];
	struct subject *subject;

	unpack_text(key, id, sizeof(id));
	if (!channel_key_unpack_v1(key, ret) || !unpack_ok(key))
		return NULL;
	subject = subjects_by_id(s, id);
	if (subject)
		ret->subject = subject->number;
	return subject;
}

struct facts {
	uint8_t flags;
	struct addr own;
	uint64_t crossing_bytes, first_ns, last_ns, up, down, flows, run_start_ns, run_end_ns;
	int64_t crossing_row;
	uint16_t port, master, app;
	uint8_t verdict;
};

static void unpack_facts(struct unpacker *u, struct facts *f)
{
	f->flags = unpack_u8(u);
	unpack_bytes(u, f->own.bytes, sizeof(f->own.bytes));
	f->crossing_bytes = unpack_u64(u);
	unpack_u8(u);			/* the protocol, which the key has */
	f->port = unpack_u16(u);
	f->master = unpack_u16(u);
	f->app = unpack_u16(u);
	f->verdict = unpack_u8(u);
	f->first_ns = unpack_u64(u);
	f->last_ns = unpack_u64(u);
	f->up = unpack_u64(u);
	f->down = unpack_u64(u);
	f->flows = unpack_u64(u);
	f->run_start_ns = unpack_u64(u);
	f->run_end_ns = unpack_u64(u);
	f->crossing_row = (int64_t)unpack_u64(u);
	if (f->verdict >= DPI_SOURCES)
		u->is_bad = true;
}

static void take_facts(struct channel *ch, const struct facts *f)
{
	struct contact *k = ch->contact;

	ch->first_ns = f->first_ns;
	ch->last_ns = f->last_ns;
	ch->up = f->up;
	ch->down = f->down;
	k->was_opened_outside = f->flags >> 1 & 1;
	k->is_answered = f->flags >> 2 & 1;
	k->crossing_answered = f->flags >> 3 & 1;
	k->crossing_large = f->flags >> 4 & 1;
	k->is_flooded = f->flags >> 5 & 1;
	k->own = f->own;
	k->crossing_bytes = f->crossing_bytes;
	k->crossing_row = f->crossing_row == INT64_MIN ? CHANNEL_NO_ROW : (int32_t)f->crossing_row;
	k->port = f->port;
	k->master = f->master;
	k->app = f->app;
	k->verdict = f->verdict;
	k->flows = (uint32_t)f->flows;
	k->run_start_ns = f->run_start_ns;
	k->run_end_ns = f->run_end_ns;
}

static uint16_t saturate(uint32_t n)
{
	return n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;
}

static bool unpack_row(struct unpacker *u, struct channels *c, struct channel *ch)
{
	struct row *row = row_new();
	uint8_t n;

	if (!row)
		return false;
	ch->row_number = (int32_t)unpack_u64(u);
	ch->row_up = unpack_u64(u);
	ch->active = 1;
	row->flows = saturate(unpack_u32(u));
	row->top = (struct row_peer){ .addr = ch->key.value, .port = ch->key.port,
				      .proto = ch->key.proto };
	n = unpack_u8(u);
	for (unsigned i = 0; i < n && !u->is_bad; i++) {
		struct row_slot s = { .number = unpack_u8(u) };

		s.first_min = unpack_u8(u) % 15;
		s.last_min = unpack_u8(u) % 15;
		s.up = unpack_u64(u);
		s.down = unpack_u64(u);
		row->top_votes += s.up;
		u->is_bad |= !row_restore(&row, &s);
	}
	channel_take_row(c, ch, row);
	return !u->is_bad;
}

/* The key of a channel says whether its peer is outside, which the first form had in the value. */
bool channel_unpack_v1(struct channels *c, struct subjects *s, const struct unpacker *key,
		       const struct unpacker *value)
{
	struct unpacker k = *key, u = *value;
	struct channel_key at;
	struct subject *subject = read_subject(&k, s, &at);
	char *name, community[V1_COMMUNITY_MAX];
	struct channel *ch;
	struct facts f;
	uint32_t ids;

	unpack_u8(&u);			/* the version */
	unpack_facts(&u, &f);
	at.is_external = f.flags & 1;
	ch = subject && !u.is_bad ? channels_get(c, subject, &at) : NULL;
	if (!ch)
		return false;
	take_facts(ch, &f);
	name = unpack_text_new(&u, V1_NAME_MAX);
	channel_set_name(c, ch, name);
	free(name);
	ids = unpack_u32(&u);
	for (uint32_t i = 0; i < ids && i < 4; i++)
		unpack_text(&u, community, sizeof(community));	/* the next flows bring others */
	if (unpack_u8(&u) && !unpack_row(&u, c, ch))
		return false;
	ch->is_changed = true;
	return unpack_ok(&u);
}

/* --- evidence ---------------------------------------------------------- */

/* A number in [low, high]; anything else, no number included, is damage. */
static double unpack_between(struct unpacker *u, double low, double high)
{
	double v = unpack_double(u);

	if (v >= low && v <= high)
		return v;
	u->is_bad = true;
	return low;
}

static void unpack_night(struct unpacker *u, const struct calendar *calendar,
			 const struct addr *peer, struct night_seen *n)
{
	uint64_t start_ns, end_ns, row_ns;
	uint8_t flags;

	n->row = (int32_t)unpack_u64(u);
	flags = unpack_u8(u);
	n->is_skipped = flags & 1;
	n->is_partial = flags >> 1 & 1;
	n->hits = flags >> 2 & 3;
	n->up = unpack_u64(u);
	n->down = unpack_u64(u);
	start_ns = unpack_u64(u);
	end_ns = unpack_u64(u);
	row_ns = calendar_row_start(calendar, n->row);
	n->start_min = EVIDENCE_NO_START;
	if (start_ns >= row_ns && end_ns >= start_ns && end_ns <= row_ns + ROW_NS) {
		n->start_min = (uint16_t)((start_ns - row_ns) / NS_PER_ROW_MIN);
		n->end_min = (uint16_t)((end_ns - row_ns) / NS_PER_ROW_MIN);
		n->centroid_min = (uint16_t)((n->start_min + n->end_min) / 2);
		n->top = *peer;
	}
	n->flows = saturate(unpack_u32(u));
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		night_set_e(n, i, unpack_between(u, 0, 1e12));
	night_set_z(n, unpack_between(u, -1e6, 1e6));
	n->coverage = (uint16_t)(unpack_between(u, 0, 1) * EVIDENCE_SHARE + 0.5);
}

bool evidence_unpack_v1(struct channels *c, struct subjects *s, const struct calendar *calendar,
			const struct unpacker *key, const struct unpacker *value)
{
	struct unpacker k = *key, u = *value;
	struct channel_key at;
	struct channel *ch = NULL;
	struct evidence *ev;

	if (!read_subject(&k, s, &at))
		return false;
	for (at.is_external = 0; !ch && at.is_external < 2; at.is_external++)
		ch = channels_find(c, &at);
	unpack_u8(&u);			/* the version */
	ev = ch ? channel_promote(c, ch, (int64_t)unpack_u64(&u)) : NULL;
	if (!ev)
		return false;
	ev->skipped = unpack_u32(&u);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		evidence_unpack_process(&u, &ev->process[i]);
	ev->nights_n = unpack_u64(&u);
	/* Not kept then: as many as there were for certain. */
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		ev->process[i].nights = ev->process[i].hits;
	for (uint64_t i = 0; i < evidence_nights(ev) && !u.is_bad; i++)
		unpack_night(&u, calendar, &ch->key.value, &ev->nights[evidence_place(ev, i)]);
	ch->evidence_changed = true;
	return unpack_ok(&u);
}
