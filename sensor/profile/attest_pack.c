/* attest_pack.c - the running day and the chain as bytes for the state, and back (attest.h). */
#include <string.h>
#include "base/text.h"
#include "profile/attest.h"

#define ATTEST_VERSION 1

enum flag { IS_EXTERNAL = 1, BY_PEER = 2, IS_ANSWERED = 4, IS_WEAK = 8, HAS_OUTLIVED = 16 };

/* --- out --------------------------------------------------------------- */

static void pack_crossing(const struct attest_crossing *c, struct packer *p)
{
	pack_text(p, c->asset);
	pack_text(p, c->zone);
	pack_bytes(p, c->peer.bytes, sizeof(c->peer.bytes));
	pack_text(p, c->peer_asset);
	pack_text(p, c->peer_zone);
	pack_u8(p, c->proto);
	pack_u16(p, c->port);
	pack_u8(p, (uint8_t)(c->is_external * IS_EXTERNAL | c->was_opened_by_peer * BY_PEER |
			     c->is_answered * IS_ANSWERED));
	pack_u8(p, (uint8_t)c->cover);
	pack_text(p, c->covered_by);
	pack_u64(p, c->up);
	pack_u64(p, c->down);
	pack_u64(p, c->packets);
	pack_u64(p, c->first_ns);
	pack_u64(p, c->last_ns);
}

static void pack_list(const struct attest_list *l, struct packer *p)
{
	pack_u32(p, (uint32_t)l->n);
	for (size_t i = 0; i < l->n; i++)
		pack_crossing(&l->rows[i], p);
	pack_u64(p, l->beyond);
	pack_u64(p, l->beyond_bytes);
}

static void pack_session(const struct attest_session *s, struct packer *p)
{
	pack_text(p, s->asset);
	pack_bytes(p, s->peer.bytes, sizeof(s->peer.bytes));
	pack_text(p, remote_name(s->protocol));
	pack_u8(p, (uint8_t)(s->is_external * IS_EXTERNAL | s->is_weak * IS_WEAK |
			     s->has_outlived * HAS_OUTLIVED));
	pack_u8(p, (uint8_t)s->cover);
	pack_text(p, s->order);
	pack_u64(p, s->start_ns);
	pack_u64(p, s->last_ns);
	pack_u64(p, s->up);
	pack_u64(p, s->down);
}

void attest_pack(const struct attest *a, struct packer *p)
{
	const struct attest_day *d = &a->today;

	pack_u8(p, ATTEST_VERSION);
	pack_u64(p, a->first_ns);
	pack_u64(p, a->now_ns);
	pack_u64(p, a->number);
	pack_text(p, a->prev);
	pack_u64(p, (uint64_t)d->day);
	pack_u64(p, d->start_ns);
	pack_u64(p, d->end_ns);
	pack_u64(p, d->bytes);
	pack_u64(p, d->packets);
	pack_u8(p, (uint8_t)(d->has_read | d->is_short << 1));
	pack_list(&d->without, p);
	pack_list(&d->with, p);
	pack_u32(p, (uint32_t)d->n_sessions);
	for (size_t i = 0; i < d->n_sessions; i++)
		pack_session(&d->sessions[i], p);
	pack_u64(p, d->sessions_beyond);
	pack_u32(p, (uint32_t)d->n_silences);
	for (size_t i = 0; i < d->n_silences; i++) {
		pack_u64(p, d->silences[i].from_ns);
		pack_u64(p, d->silences[i].to_ns);
	}
	pack_u64(p, d->silent_ns);
	pack_u64(p, d->not_followed_ns);
}

/* --- in ---------------------------------------------------------------- */

static enum attest_cover unpack_cover(struct unpacker *u)
{
	uint8_t cover = unpack_u8(u);

	u->is_bad |= cover >= ATTEST_COVERS;
	return u->is_bad ? ATTEST_NONE : (enum attest_cover)cover;
}

static void unpack_crossing(struct unpacker *u, struct attest_crossing *ret)
{
	struct attest_crossing c = { .proto = 0 };
	uint8_t flags;

	unpack_text(u, c.asset, sizeof(c.asset));
	unpack_text(u, c.zone, sizeof(c.zone));
	unpack_bytes(u, c.peer.bytes, sizeof(c.peer.bytes));
	unpack_text(u, c.peer_asset, sizeof(c.peer_asset));
	unpack_text(u, c.peer_zone, sizeof(c.peer_zone));
	c.proto = unpack_u8(u);
	c.port = unpack_u16(u);
	flags = unpack_u8(u);
	c.is_external = (flags & IS_EXTERNAL) != 0;
	c.was_opened_by_peer = (flags & BY_PEER) != 0;
	c.is_answered = (flags & IS_ANSWERED) != 0;
	c.cover = unpack_cover(u);
	unpack_text(u, c.covered_by, sizeof(c.covered_by));
	c.up = unpack_u64(u);
	c.down = unpack_u64(u);
	c.packets = unpack_u64(u);
	c.first_ns = unpack_u64(u);
	c.last_ns = unpack_u64(u);
	u->is_bad |= c.first_ns > c.last_ns;
	*ret = c;
}

/* Rows go in as they came, so that their order and their bounds hold whatever the bytes say. */
static void unpack_list(struct unpacker *u, struct attest *a, bool has_cover)
{
	struct attest_list *l = has_cover ? &a->today.with : &a->today.without;
	uint32_t n = unpack_u32(u);

	u->is_bad |= n > ATTEST_ROWS_MAX;
	for (uint32_t i = 0; i < n && !u->is_bad; i++) {
		struct attest_crossing c;

		unpack_crossing(u, &c);
		u->is_bad |= (c.cover != ATTEST_NONE) != has_cover;
		if (!u->is_bad)
			attest_add_crossing(a, &c);
	}
	u->is_bad |= l->n != n;
	l->beyond = unpack_u64(u);
	l->beyond_bytes = unpack_u64(u);
}

static void unpack_session(struct unpacker *u, struct attest_session *ret)
{
	struct attest_session s = { .cover = ATTEST_NONE };
	char protocol[32];
	uint8_t flags;

	unpack_text(u, s.asset, sizeof(s.asset));
	unpack_bytes(u, s.peer.bytes, sizeof(s.peer.bytes));
	unpack_text(u, protocol, sizeof(protocol));
	s.protocol = remote_by_name(protocol);
	flags = unpack_u8(u);
	s.is_external = (flags & IS_EXTERNAL) != 0;
	s.is_weak = (flags & IS_WEAK) != 0;
	s.has_outlived = (flags & HAS_OUTLIVED) != 0;
	s.cover = unpack_cover(u);
	unpack_text(u, s.order, sizeof(s.order));
	s.start_ns = unpack_u64(u);
	s.last_ns = unpack_u64(u);
	s.up = unpack_u64(u);
	s.down = unpack_u64(u);
	u->is_bad |= s.start_ns > s.last_ns || !s.protocol;
	*ret = s;
}

static void unpack_sessions(struct unpacker *u, struct attest *a)
{
	uint32_t n = unpack_u32(u);

	u->is_bad |= n > ATTEST_SESSIONS_MAX;
	for (uint32_t i = 0; i < n && !u->is_bad; i++) {
		struct attest_session s;

		unpack_session(u, &s);
		if (!u->is_bad)
			attest_set_session(a, &s);
	}
	u->is_bad |= a->today.n_sessions != n;
	a->today.sessions_beyond = unpack_u64(u);
}

static void unpack_silences(struct unpacker *u, struct attest *a)
{
	struct attest_day *d = &a->today;
	uint32_t n = unpack_u32(u);
	uint64_t silent = 0, last = d->start_ns;

	u->is_bad |= n > ATTEST_SILENCES_MAX;
	for (uint32_t i = 0; i < n && !u->is_bad; i++) {
		struct attest_silence s = { .from_ns = unpack_u64(u) };

		s.to_ns = unpack_u64(u);
		u->is_bad |= s.from_ns < last || s.from_ns >= s.to_ns || s.to_ns > d->end_ns;
		last = s.to_ns;
		silent += s.to_ns - s.from_ns;
		d->silences[i] = s;
	}
	d->n_silences = u->is_bad ? 0 : n;
	d->silent_ns = unpack_u64(u);
	d->not_followed_ns = unpack_u64(u);
	u->is_bad |= d->silent_ns < silent || d->silent_ns > d->end_ns - d->start_ns;
	u->is_bad |= d->not_followed_ns > d->end_ns - d->start_ns;
}

static bool is_hash(const char *text)
{
	return !*text || (strlen(text) == DIGEST_HEX_MAX - 1 &&
			  strspn(text, "0123456789abcdef") == DIGEST_HEX_MAX - 1);
}

static void unpack_all(struct unpacker *u, struct attest *a)
{
	struct attest_day *d = &a->today;
	uint8_t flags;

	a->first_ns = unpack_u64(u);
	a->now_ns = unpack_u64(u);
	a->number = unpack_u64(u);
	unpack_text(u, a->prev, sizeof(a->prev));
	d->day = (int64_t)unpack_u64(u);
	d->start_ns = unpack_u64(u);
	d->end_ns = unpack_u64(u);
	d->bytes = unpack_u64(u);
	d->packets = unpack_u64(u);
	flags = unpack_u8(u);
	d->has_read = flags & 1;
	d->is_short = (flags & 2) != 0;
	u->is_bad |= flags > 3 || !is_hash(a->prev) || (a->number != 0) != (a->prev[0] != '\0') ||
		     d->start_ns >= d->end_ns || d->day < 0 || d->day > 200000 ||
		     a->now_ns < d->start_ns || a->now_ns >= d->end_ns;
	unpack_list(u, a, false);
	unpack_list(u, a, true);
	unpack_sessions(u, a);
	unpack_silences(u, a);
}

bool attest_unpack(struct attest *a, struct unpacker *u)
{
	u->is_bad |= unpack_u8(u) != ATTEST_VERSION;
	attest_begin_day(a, 0);
	if (!u->is_bad)
		unpack_all(u, a);
	a->is_changed = false;
	if (unpack_ok(u))
		return true;
	attest_begin_day(a, 0);
	a->today.start_ns = a->today.end_ns = 0;
	a->first_ns = a->now_ns = a->number = 0;
	a->prev[0] = '\0';
	return false;
}
