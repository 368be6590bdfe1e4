/* orders_explain.c - work orders in words, for nachtwacht check.  Texts of the file go through
 * text_repair(); ids are plain. */
#include <string.h>
#include "base/text.h"
#include "base/tz.h"
#include "policy/orders.h"

#define SHOWN_MAX 10			/* of each kind */
#define OVERLAPS_AMONG 1000

static void print_order(FILE *out, const struct orders *o, const struct order *order)
{
	static const char *const kinds[] = { "", ", planned", ", corrective", ", update" };
	static const char *const modes[] = { "", ", on site", ", remote" };
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX], vendor[SITE_ID_MAX];

	text_repair(order->vendor, strlen(order->vendor), vendor, sizeof(vendor));
	fprintf(out, "%s, vendor %s, %s to %s%s%s:", order->id, vendor,
		clock_format_offset(order->start_ns, tz_offset(order->start_ns), from),
		clock_format_offset(order->end_ns, tz_offset(order->end_ns), to),
		kinds[order->kind], modes[order->mode]);
	for (size_t i = 0; i < order->n_assets && i < SHOWN_MAX; i++)
		fprintf(out, " %s", o->site->assets[order->assets[i]].id);
	if (order->n_assets > SHOWN_MAX)
		fprintf(out, " and %zu more", order->n_assets - SHOWN_MAX);
	fputc('\n', out);
}

enum when { OVER, OPEN, TO_COME };

static enum when when_of(const struct order *order, uint64_t now_ns)
{
	return order->end_ns <= now_ns ? OVER : order->start_ns <= now_ns ? OPEN : TO_COME;
}

static void print_when(FILE *out, const struct orders *o, enum when when, uint64_t now_ns)
{
	static const char *const heads[] = { "over", "open now", "to come" };
	size_t n = 0, skip, shown = 0;

	for (size_t i = 0; i < o->n; i++)
		n += when_of(&o->list[i], now_ns) == when;
	fprintf(out, "  %s: %zu\n", heads[when], n);
	/* Of what is over the last ones, of what is to come the next ones. */
	skip = when == OVER && n > SHOWN_MAX ? n - SHOWN_MAX : 0;
	for (size_t i = 0; i < o->n && shown < SHOWN_MAX; i++) {
		if (when_of(&o->list[i], now_ns) != when || (skip && skip--))
			continue;
		shown++;
		fputs("    ", out);
		print_order(out, o, &o->list[i]);
	}
}

/* The next order of the list that names an asset of this one's before it ends, or NULL.  The list
 * is in order of start; among OVERLAPS_AMONG that begin next, so that years of orders cost no
 * more. */
static const struct order *overlap_of(const struct orders *o, size_t i)
{
	const struct order *a = &o->list[i];

	for (size_t k = i + 1; k < o->n && k <= i + OVERLAPS_AMONG; k++) {
		if (o->list[k].start_ns >= a->end_ns)
			return NULL;
		for (size_t n = 0; n < a->n_assets; n++)
			if (order_names(o, &o->list[k], &o->site->assets[a->assets[n]]))
				return &o->list[k];
	}
	return NULL;
}

static void print_overlaps(FILE *out, const struct orders *o)
{
	const struct order *pairs[SHOWN_MAX][2];
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++) {
		const struct order *other = overlap_of(o, i);

		if (other && n < SHOWN_MAX) {
			pairs[n][0] = &o->list[i];
			pairs[n][1] = other;
		}
		n += other != NULL;
	}
	fprintf(out, "  overlapping, of one asset: %zu%s\n", n,
		n ? " (the one that ends last counts)" : "");
	for (size_t i = 0; i < n && i < SHOWN_MAX; i++)
		fprintf(out, "    %s and %s\n", pairs[i][0]->id, pairs[i][1]->id);
}

void orders_explain(const struct orders *o, uint64_t now_ns, FILE *out)
{
	fprintf(out, "Work orders: %zu%s\n", o->n, o->n ? "" : "; every remote session is one "
		"without an order");
	if (!o->n)
		return;
	for (int when = OVER; when <= TO_COME; when++)
		print_when(out, o, (enum when)when, now_ns);
	print_overlaps(out, o);
}
