/* review.c - see review.h. */
#include "app/review.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "app/acts.h"
#include "base/text.h"

/* Channels with evidence worth waiting for; few. */
struct suspects {
	const struct channel **list;
	size_t n;
};

static struct suspects find_suspects(const struct state_view *v)
{
	size_t n;
	struct channel **all = channels_sorted(v->tables.channels, &n);
	struct suspects s = { .list = calloc(n + 1, sizeof(struct channel *)) };

	for (size_t i = 0; s.list && i < n; i++)
		if (all[i]->evidence && channel_evidence_m(all[i]) >= CHANNELS_STRONG)
			s.list[s.n++] = all[i];
	return s;
}

static bool is_about(const struct channel *ch, const struct destination *d)
{
	if (strcmp(ch->subject->id, d->subject))
		return false;
	if (ch->key.group == GROUP_DOMAIN || ch->key.group == GROUP_PREFIX)
		return ch->key.group == d->key.group &&
		       addr_equal(&ch->key.value, &d->key.value);
	return ch->key.group == GROUP_IP && (group_holds_address(&d->key, &ch->key.value) ||
					     addr_equal(&ch->key.value, &d->peer));
}

static double evidence_of(const struct suspects *s, const struct destination *d)
{
	double m = 0;

	for (size_t i = 0; i < s->n; i++)
		if (is_about(s->list[i], d))
			m = fmax(m, channel_evidence_m(s->list[i]));
	return m;
}

static bool is_in_closed_zone(const struct state_view *v, const struct destination *d)
{
	const struct subject *s = subjects_by_id(v->tables.subjects, d->subject);

	return s && s->zone && s->zone->is_closed;
}

struct review_line *review_waiting(const struct state_view *v, const char *asset, size_t *ret_n)
{
	size_t n;
	struct destination **all = baseline_sorted(v->tables.baseline, &n);
	struct review_line *lines = calloc(n + 1, sizeof(*lines));
	struct suspects suspects = find_suspects(v);

	*ret_n = 0;
	for (size_t i = 0; lines && i < n; i++) {
		struct review_line *line = &lines[*ret_n];

		if (baseline_holds(v->tables.baseline, all[i]) ||
		    (asset && strcmp(all[i]->subject, asset)))
			continue;
		*line = (struct review_line){
			.destination = all[i], .m = evidence_of(&suspects, all[i]),
			.incident = acts_incident(v->tables.incidents, all[i]),
			.in_closed_zone = is_in_closed_zone(v, all[i]),
		};
		++*ret_n;
	}
	free(suspects.list);
	return lines;
}

bool review_is_suspect(const struct review_line *line)
{
	return line->incident && !acts_is_its_own(line->incident->rule);
}

const char *review_services(const struct destination *d, char buf[static VIEW_TEXT_MAX])
{
	buf[0] = '\0';
	for (unsigned i = 0; i < d->n_services; i++) {
		const struct channel_key key = { .group = GROUP_IP, .proto = d->services[i].proto,
						 .port = d->services[i].port };
		char service[SERVICE_TEXT_MAX];
		size_t len = strlen(buf);

		text_format(buf + len, VIEW_TEXT_MAX - len, "%s%s", i ? " " : "",
			    group_service(&key, service));
	}
	return buf;
}
