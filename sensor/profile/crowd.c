/* crowd.c - see crowd.h.
 *
 * counted[] is the sum of all assets' counts, open[] that of the votes for open_row, which no
 * asset's counts contain yet.  Folding moves open votes into counts as soon as a later row is voted
 * for.
 */
#include "profile/crowd.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "policy/calendar.h"

#define VERSION 1		/* of a packed asset */
#define UNIFORM_SHARE 0.3
#define NEAR 2			/* slots to each side */
#define NEAR_TOTAL 9		/* 1 + 2 + 3 + 2 + 1 */
#define NO_VOTE UINT8_MAX

struct voter {
	uint16_t count[ROW_SLOTS];
	int64_t last_row;		/* meaningless without has_voted */
	uint16_t votes;			/* sum of count[] */
	uint8_t open_slot;		/* vote for last_row that is not counted yet, or NO_VOTE */
	bool has_voted;
};
static_assert(sizeof(struct voter) == 208, "as the header says");

struct crowd {
	struct voter *voters;
	size_t voters_n;
	int64_t open_row;		/* meaningless while nobody has voted */
	bool has_open_row;
	uint32_t counted[ROW_SLOTS], open[ROW_SLOTS];
};

int crowd_new(size_t assets, struct crowd **ret_crowd)
{
	struct crowd *c;

	if (assets == 0 || assets > UINT32_MAX / CROWD_VOTES_MAX)
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->voters = calloc(assets, sizeof(*c->voters));
	if (!c->voters) {
		free(c);
		return -ENOMEM;
	}
	for (size_t i = 0; i < assets; i++)
		c->voters[i].open_slot = NO_VOTE;
	c->voters_n = assets;
	*ret_crowd = c;
	return 0;
}

void crowd_free(struct crowd *c)
{
	if (!c)
		return;
	free(c->voters);
	free(c);
}

/* --- votes ---------------------------------------------------------------- */

static void halve(struct crowd *c, struct voter *v)
{
	v->votes = 0;
	for (unsigned i = 0; i < ROW_SLOTS; i++) {
		uint16_t half = v->count[i] / 2;

		c->counted[i] -= (uint32_t)(v->count[i] - half);
		v->count[i] = half;
		v->votes = (uint16_t)(v->votes + half);
	}
}

static void count_vote(struct crowd *c, struct voter *v, unsigned slot)
{
	v->count[slot]++;
	v->votes++;
	c->counted[slot]++;
	if (v->votes >= CROWD_VOTES_MAX)
		halve(c, v);
}

/* A later row has begun to be voted for: what was open is a night before it. */
static void open_row(struct crowd *c, int64_t row)
{
	for (size_t i = 0; c->has_open_row && i < c->voters_n; i++) {
		struct voter *v = &c->voters[i];

		if (v->open_slot == NO_VOTE)
			continue;
		count_vote(c, v, v->open_slot);
		v->open_slot = NO_VOTE;
	}
	memset(c->open, 0, sizeof(c->open));
	c->open_row = row;
	c->has_open_row = true;
}

static void cast(struct crowd *c, struct voter *v, unsigned slot)
{
	if (!c->has_open_row || v->last_row > c->open_row)
		open_row(c, v->last_row);
	if (v->last_row == c->open_row) {
		v->open_slot = (uint8_t)slot;
		c->open[slot]++;
	} else {
		count_vote(c, v, slot);
	}
}

bool crowd_vote(struct crowd *c, uint32_t asset, int64_t row, unsigned slot)
{
	struct voter *v = asset < c->voters_n ? &c->voters[asset] : NULL;

	if (!v || slot >= ROW_SLOTS || (v->has_voted && row <= v->last_row))
		return false;
	v->has_voted = true;
	v->last_row = row;
	cast(c, v, slot);
	return true;
}

void crowd_forget(struct crowd *c, uint32_t asset)
{
	struct voter *v = asset < c->voters_n ? &c->voters[asset] : NULL;

	if (!v)
		return;
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		c->counted[i] -= v->count[i];
	if (v->open_slot != NO_VOTE)
		c->open[v->open_slot]--;
	*v = (struct voter){ .open_slot = NO_VOTE };
}

/* --- the density ---------------------------------------------------------- */

/* The others' votes of earlier nights, per slot.  How many. */
static unsigned gather(const struct crowd *c, const struct crowd_question *q,
		       uint32_t votes[static ROW_SLOTS])
{
	bool is_open_past = c->has_open_row && q->row > c->open_row;
	unsigned total = 0;

	for (unsigned i = 0; i < ROW_SLOTS; i++)
		votes[i] = c->counted[i] + (is_open_past ? c->open[i] : 0);
	for (size_t k = 0; k < q->own_n; k++) {
		const struct voter *v = q->own[k] < c->voters_n ? &c->voters[q->own[k]] : NULL;

		for (unsigned i = 0; v && i < ROW_SLOTS; i++)
			votes[i] -= v->count[i];
		if (v && is_open_past && v->open_slot != NO_VOTE)
			votes[v->open_slot]--;
	}
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		total += votes[i];
	return total;
}

static double density_at(const uint32_t *votes, unsigned total, unsigned slot)
{
	static const unsigned weights[2 * NEAR + 1] = { 1, 2, 3, 2, 1 };
	double near = 0;

	for (unsigned i = 0; i < 2 * NEAR + 1; i++)
		near += (double)weights[i] * votes[(slot + ROW_SLOTS - NEAR + i) % ROW_SLOTS];
	near *= ROW_SLOTS / (NEAR_TOTAL * (double)total);
	return UNIFORM_SHARE + (1 - UNIFORM_SHARE) * near;
}

double crowd_density(const struct crowd *c, const struct crowd_question *q, unsigned slot)
{
	unsigned to = q->to < ROW_SLOTS ? q->to : ROW_SLOTS, total;
	uint32_t votes[ROW_SLOTS];
	double sum = 0;

	if (slot < q->from || slot >= to)
		return 1;
	total = gather(c, q, votes);
	if (total == 0)
		return 1;
	for (unsigned i = q->from; i < to; i++)
		sum += density_at(votes, total, i);
	return density_at(votes, total, slot) * (to - q->from) / sum;
}

unsigned crowd_votes(const struct crowd *c, const struct crowd_question *q)
{
	uint32_t votes[ROW_SLOTS];

	return gather(c, q, votes);
}

static bool is_own(const struct crowd_question *q, size_t voter)
{
	for (size_t i = 0; i < q->own_n; i++)
		if (q->own[i] == voter)
			return true;
	return false;
}

static bool has_voted_near(const struct voter *v, unsigned slot, bool is_open_past)
{
	for (unsigned i = 0; i < 2 * NEAR + 1; i++) {
		unsigned at = (slot + ROW_SLOTS - NEAR + i) % ROW_SLOTS;

		if (v->count[at] || (is_open_past && v->open_slot == at))
			return true;
	}
	return false;
}

unsigned crowd_voters(const struct crowd *c, const struct crowd_question *q, unsigned slot)
{
	bool is_open_past = c->has_open_row && q->row > c->open_row;
	unsigned n = 0;

	for (size_t i = 0; i < c->voters_n; i++)
		n += !is_own(q, i) && has_voted_near(&c->voters[i], slot, is_open_past);
	return n;
}

/* --- for the state -------------------------------------------------------- */

/* version, has_voted; then last_row, open slot, n, n x (slot, count), slots ascending. */
void crowd_pack_asset(const struct crowd *c, uint32_t asset, struct packer *p)
{
	static const struct voter nobody = { .open_slot = NO_VOTE };
	const struct voter *v = asset < c->voters_n ? &c->voters[asset] : &nobody;
	uint8_t n = 0;

	for (unsigned i = 0; i < ROW_SLOTS; i++)
		n = (uint8_t)(n + (v->count[i] > 0));
	pack_u8(p, VERSION);
	pack_u8(p, v->has_voted);
	if (!v->has_voted)
		return;
	pack_u64(p, (uint64_t)v->last_row);
	pack_u8(p, v->open_slot);
	pack_u8(p, n);
	for (unsigned i = 0; i < ROW_SLOTS; i++) {
		if (!v->count[i])
			continue;
		pack_u8(p, (uint8_t)i);
		pack_u16(p, v->count[i]);
	}
}

static bool read_counts(struct unpacker *u, struct voter *v)
{
	unsigned n = unpack_u8(u), total = 0;

	for (unsigned i = 0, next = 0; i < n; i++) {
		unsigned slot = unpack_u8(u), count = unpack_u16(u);

		if (u->is_bad || slot < next || slot >= ROW_SLOTS || count == 0)
			return false;
		next = slot + 1;
		total += count;
		if (total >= CROWD_VOTES_MAX)
			return false;
		v->count[slot] = (uint16_t)count;
	}
	v->votes = (uint16_t)total;
	return !u->is_bad;
}

static bool read_voter(struct unpacker *u, int64_t latest_row, struct voter *v)
{
	uint8_t has_voted;

	if (unpack_u8(u) != VERSION)
		return false;
	has_voted = unpack_u8(u);
	if (u->is_bad || has_voted > 1)
		return false;
	if (!has_voted)
		return true;
	v->has_voted = true;
	v->last_row = (int64_t)unpack_u64(u);
	v->open_slot = unpack_u8(u);
	if (v->last_row > latest_row || (v->open_slot >= ROW_SLOTS && v->open_slot != NO_VOTE))
		return false;
	return read_counts(u, v) && (v->votes > 0 || v->open_slot != NO_VOTE);
}

bool crowd_unpack_asset(struct crowd *c, uint32_t asset, int64_t latest_row, struct unpacker *u)
{
	struct voter v = { .open_slot = NO_VOTE };
	uint8_t open_slot;

	if (asset >= c->voters_n || c->voters[asset].has_voted || !read_voter(u, latest_row, &v)) {
		u->is_bad = true;
		return false;
	}
	open_slot = v.open_slot;
	v.open_slot = NO_VOTE;
	c->voters[asset] = v;
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		c->counted[i] += v.count[i];
	if (open_slot != NO_VOTE)
		cast(c, &c->voters[asset], open_slot);
	return true;
}
