/* slow.c - see slow.h. */
#include "detect/slow.h"

#define KIB 1024

struct slow_facts slow_look(const struct slow_params *p, const struct ledger *l)
{
	struct slow_facts f = { .name = l->name };

	for (unsigned i = 0; i < LEDGER_ROWS; i++) {
		uint64_t up = (uint64_t)l->up_kib[i] * KIB;

		f.up += up;
		f.down += (uint64_t)l->down_kib[i] * KIB;
		f.rows += up >= p->day_bytes;
		f.largest = up > f.largest ? up : f.largest;
	}
	return f;
}

bool slow_is_one(const struct slow_params *p, const struct slow_facts *f)
{
	return f->up >= p->bytes && f->rows >= p->rows &&
	       (double)f->up - (double)f->down > p->ratio * (double)(f->up + f->down) &&
	       (double)f->largest <= p->largest * (double)f->up;
}

bool slow_is_shared(const struct slow_facts *f)
{
	return f->sharers >= 2 && 2 * f->sharers >= f->role_assets;
}

unsigned slow_severity(const struct slow_facts *f, bool has_policy)
{
	return has_policy && !slow_is_shared(f) ? 3 : 2;
}

bool slow_is_over(const struct slow_params *p, const struct slow_facts *f)
{
	return f->up < p->bytes / 2;
}

bool slow_is_same(const struct slow_params *p, const struct ledger *a, const struct ledger *b)
{
	int64_t apart = (int64_t)a->row - b->row;
	uint64_t both = 0, mine = 0;

	for (unsigned i = 0; i < LEDGER_ROWS; i++) {
		both += a->up_kib[i] < b->up_kib[i] ? a->up_kib[i] : b->up_kib[i];
		mine += a->up_kib[i];
	}
	/* Rings of other days share nothing. */
	return mine && !apart && (double)both >= p->same * (double)mine;
}
