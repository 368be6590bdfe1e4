/* unnamed.c - see unnamed.h. */
#include "detect/unnamed.h"

#include <assert.h>
#include "base/err.h"
#include "profile/resolved.h"

const char *unnamed_name(enum unnamed why)
{
	static const char *const names[] = { "judged", "invisible", "young", "full", "blind" };

	static_assert(ARRAY_SIZE(names) == UNNAMED_REASONS, "every reason has its name");
	return names[why];
}

static bool is_within(uint64_t then_ns, uint64_t span_ns, uint64_t at_ns)
{
	return then_ns && (then_ns >= at_ns || at_ns - then_ns <= span_ns);
}

enum unnamed unnamed_judge(const struct unnamed_params *p, const struct unnamed_memory *m,
			   uint64_t at_ns)
{
	if (!is_within(m->answered_ns, p->visible_ns, at_ns))
		return UNNAMED_INVISIBLE;
	if (is_within(m->since_ns, RESOLVED_NS, at_ns))
		return UNNAMED_YOUNG;
	if (is_within(m->lost_ns, RESOLVED_NS, at_ns))
		return UNNAMED_FULL;
	return m->blind_ns > p->blind_ns ? UNNAMED_BLIND : UNNAMED_JUDGED;
}

bool unnamed_opens(const struct slice *s)
{
	uint8_t proto = s->id.key.proto;
	bool is_first = s->id.first_ns >= s->minute_ns;
	bool has_spoken = s->sums.payload[0] != 0;

	if (proto != IP_TCP && proto != IP_UDP && proto != IP_SCTP)
		return false;
	if (proto == IP_TCP && s->client_how > FLOW_CLIENT_SYNACK)
		return false;
	/* Answered, and the client's first words are yet to come, in the next minute at most. */
	if (is_first)
		return has_spoken || !s->is_answered;
	return has_spoken && s->id.first_ns + SLICE_NS >= s->minute_ns;
}

unsigned unnamed_severity(bool is_listed, bool is_answered)
{
	return is_listed && is_answered ? 3 : 2;
}
