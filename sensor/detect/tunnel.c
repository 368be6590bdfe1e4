/* tunnel.c - see tunnel.h. */
#include "detect/tunnel.h"

static bool has_mean(const struct tunnel_facts *f, uint64_t least)
{
	return f->different && f->different_bytes / f->different >= least;
}

bool tunnel_is_long(const struct tunnel_facts *f)
{
	return has_mean(f, TUNNEL_LONG_NAME);
}

bool tunnel_is_odd(const struct tunnel_facts *f)
{
	return f->asked && f->odd >= f->asked - f->odd && has_mean(f, TUNNEL_NAME);
}

bool tunnel_is_missing(const struct tunnel_facts *f)
{
	return f->answers && f->nxdomain >= f->answers - f->nxdomain && has_mean(f, TUNNEL_NAME);
}

bool tunnel_is_listed(const struct tunnel_facts *f)
{
	return f->listed && f->listed + f->nxdomain >= f->answers;
}

static unsigned judge_echo(const struct tunnel_facts *f)
{
	bool differs = f->different >= TUNNEL_DIFFERENT && f->different_bytes >= TUNNEL_BYTES;
	bool answers = f->mismatched >= TUNNEL_DIFFERENT && f->mismatched_bytes >= TUNNEL_BYTES;

	return differs || answers ? 4 : 0;
}

unsigned tunnel_judge(const struct tunnel_facts *f)
{
	if (f->is_echo)
		return judge_echo(f);
	if (f->different < TUNNEL_DIFFERENT)
		return 0;
	if (tunnel_is_long(f) && tunnel_is_odd(f) && !tunnel_is_listed(f) &&
	    f->different_bytes >= TUNNEL_BYTES / TUNNEL_SURE)
		return 4;
	if (f->different_bytes < TUNNEL_BYTES)
		return 0;
	if ((tunnel_is_long(f) || tunnel_is_odd(f) || tunnel_is_missing(f)) && !tunnel_is_listed(f))
		return 4;
	return f->different_bytes >= TUNNEL_USUAL * TUNNEL_BYTES ? 3 : 0;
}
