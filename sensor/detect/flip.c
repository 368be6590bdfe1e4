/* flip.c - see flip.h. */
#include "detect/flip.h"

struct flip_facts flip_look(const struct channel *ch)
{
	struct flip_facts f = { .before_up = ch->up, .before_down = ch->down,
				.nights = (uint32_t)__builtin_popcountll(ch->active >> 1) };

	if (ch->key.group == GROUP_DOMAIN)
		f.name = ch->name;
	for (unsigned i = 0; ch->row && i < ch->row->n; i++) {
		f.up += ch->row->slots[i].up;
		f.down += ch->row->slots[i].down;
	}
	f.before_up -= f.up < f.before_up ? f.up : f.before_up;
	f.before_down -= f.down < f.before_down ? f.down : f.before_down;
	return f;
}

bool flip_is_upload(const struct flip_params *p, const struct flip_facts *f)
{
	return f->up >= p->bytes && (double)f->up > p->ratio * (double)f->down;
}

bool flip_was_download(const struct flip_params *p, const struct flip_facts *f)
{
	return f->nights >= p->nights && f->before_down &&
	       (double)f->before_up < p->before * (double)f->before_down;
}

unsigned flip_severity(const struct flip_facts *f, bool is_listed, bool has_policy)
{
	return is_listed && has_policy && !f->is_one_sided ? 3 : 2;
}
