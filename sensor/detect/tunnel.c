/* tunnel.c - see tunnel.h. */
#include "detect/tunnel.h"

static bool has_mean(const struct tunnel_facts *f, uint64_t least)
{
	return f->different && f->different_bytes / f->different >= least;
}

bool tunnel_is_long(const struct tunnel_params *p, const struct tunnel_facts *f)
{
	return has_mean(f, p->long_name);
}

bool tunnel_is_odd(const struct tunnel_params *p, const struct tunnel_facts *f)
{
	return f->asked && f->odd >= f->asked - f->odd && has_mean(f, p->name);
}

bool tunnel_is_missing(const struct tunnel_params *p, const struct tunnel_facts *f)
{
	return f->answers && f->nxdomain >= f->answers - f->nxdomain && has_mean(f, p->name);
}

bool tunnel_is_listed(const struct tunnel_facts *f)
{
	return f->listed && f->listed + f->nxdomain >= f->answers;
}

static unsigned judge_echo(const struct tunnel_params *p, const struct tunnel_facts *f)
{
	bool differs = f->different >= p->different && f->different_bytes >= p->bytes;
	bool answers = f->mismatched >= p->different && f->mismatched_bytes >= p->bytes;

	return differs || answers ? 4 : 0;
}

unsigned tunnel_judge(const struct tunnel_params *p, const struct tunnel_facts *f)
{
	if (f->is_echo)
		return judge_echo(p, f);
	if (f->different < p->different)
		return 0;
	if (tunnel_is_long(p, f) && tunnel_is_odd(p, f) && !tunnel_is_listed(f) &&
	    f->different_bytes >= p->bytes / p->sure)
		return 4;
	if (f->different_bytes < p->bytes)
		return 0;
	if ((tunnel_is_long(p, f) || tunnel_is_odd(p, f) || tunnel_is_missing(p, f)) &&
	    !tunnel_is_listed(f))
		return 4;
	return f->different_bytes >= p->usual * p->bytes ? 3 : 0;
}
