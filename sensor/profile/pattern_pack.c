/* pattern_pack.c - pattern.h as bytes, see profile_pack.h for what a damaged value may do. */
#include "profile/pattern.h"

#define M_MAX 1e12		/* ten times what any detector lets a sum grow to, and more */

static void pack_bursts(const struct burst *bursts, unsigned n, struct packer *p)
{
	pack_u8(p, (uint8_t)n);
	for (unsigned i = 0; i < n; i++) {
		pack_u16(p, (uint16_t)bursts[i].utc_min);
		pack_u16(p, (uint16_t)bursts[i].civil_min);
	}
}

/* How many. */
static uint8_t unpack_bursts(struct unpacker *u, struct burst *ret)
{
	uint8_t n = unpack_u8(u);

	if (n > EVIDENCE_BURSTS) {
		u->is_bad = true;
		return 0;
	}
	for (unsigned i = 0; i < n; i++) {
		ret[i].utc_min = (int16_t)unpack_u16(u);
		ret[i].civil_min = (int16_t)unpack_u16(u);
	}
	return n;
}

/* Evidence that is no number would never fall again. */
static double unpack_m(struct unpacker *u)
{
	double m = unpack_double(u);

	if (!(m >= 0 && m <= M_MAX)) {
		u->is_bad = true;
		return 0;
	}
	return m;
}

static void pack_process(const struct period_process *process, struct packer *p)
{
	for (unsigned i = 0; i < EVIDENCE_BETS; i++)
		pack_double(p, process->m[i]);
	pack_double(p, process->m_mean);
	pack_u64(p, (uint64_t)process->since_row);
	pack_u64(p, process->up);
	pack_u64(p, process->down);
	pack_u32(p, process->hits);
	pack_u32(p, process->misses);
	pack_u32(p, process->in_play);
	for (unsigned i = 0; i < EVIDENCE_NIGHTS; i++)
		pack_u16(p, (uint16_t)process->e_log[i]);
}

static void unpack_process(struct unpacker *u, bool has_e, struct period_process *ret)
{
	for (unsigned i = 0; i < EVIDENCE_BETS; i++)
		ret->m[i] = unpack_m(u);
	ret->m_mean = unpack_m(u);
	ret->since_row = (int64_t)unpack_u64(u);
	ret->up = unpack_u64(u);
	ret->down = unpack_u64(u);
	ret->hits = unpack_u32(u);
	ret->misses = unpack_u32(u);
	ret->in_play = unpack_u32(u);
	for (unsigned i = 0; has_e && i < EVIDENCE_NIGHTS; i++)
		ret->e_log[i] = (int16_t)unpack_u16(u);
}

void period_pack(const struct period *state, struct packer *p)
{
	for (unsigned i = 0; i < PERIODS; i++)
		pack_process(&state->process[i], p);
	pack_u64(p, (uint64_t)state->last_row);
	pack_u32(p, state->nights);
	pack_u32(p, state->recent);
	pack_bursts(state->bursts, state->bursts_n, p);
}

void period_unpack(struct unpacker *u, bool has_e, struct period *ret)
{
	for (unsigned i = 0; i < PERIODS; i++)
		unpack_process(u, has_e, &ret->process[i]);
	ret->last_row = (int64_t)unpack_u64(u);
	ret->nights = unpack_u32(u);
	ret->recent = unpack_u32(u);
	ret->bursts_n = unpack_bursts(u, ret->bursts);
}

void rhythm_pack(const struct rhythm *state, struct packer *p)
{
	for (unsigned i = 0; i < EVIDENCE_BETS; i++)
		pack_double(p, state->m[i]);
	pack_double(p, state->m_mean);
	pack_u64(p, (uint64_t)state->since_row);
	pack_u64(p, (uint64_t)state->last_row);
	pack_u64(p, state->up);
	pack_u64(p, state->down);
	pack_u32(p, state->hits);
	pack_u32(p, state->misses);
	pack_u8(p, state->runs_on);
	pack_bursts(state->bursts, state->bursts_n, p);
}

void rhythm_unpack(struct unpacker *u, struct rhythm *ret)
{
	for (unsigned i = 0; i < EVIDENCE_BETS; i++)
		ret->m[i] = unpack_m(u);
	ret->m_mean = unpack_m(u);
	ret->since_row = (int64_t)unpack_u64(u);
	ret->last_row = (int64_t)unpack_u64(u);
	ret->up = unpack_u64(u);
	ret->down = unpack_u64(u);
	ret->hits = unpack_u32(u);
	ret->misses = unpack_u32(u);
	ret->runs_on = unpack_u8(u) & 1;
	ret->bursts_n = unpack_bursts(u, ret->bursts);
}
