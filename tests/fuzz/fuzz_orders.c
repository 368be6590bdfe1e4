/* fuzz_orders.c - any bytes as a file of work orders.
 *
 * Checked: a refusal says why, an accepted file does not; what is accepted is in order, within its
 * bounds, and answers every question alike.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "policy/orders.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []},"
	" \"assets\": [{\"id\": \"IMG-1\", \"vendor\": \"A\", \"ip\": [\"10.1.0.1\"]},"
	" {\"id\": \"IMG-2\", \"vendor\": \"B\", \"ip\": [\"10.1.0.2\"]},"
	" {\"id\": \"ACQ-1\", \"ip\": [\"10.1.0.3\"]}]}";

static unsigned errors;

static void count_line(enum log_level level, const char *line)
{
	errors += level == LOG_LEVEL_ERR;
	ENSURE(strlen(line) < 2048);
}

static void ask(const struct orders *o, const struct asset *a, uint64_t at_ns)
{
	struct orders_look look;
	const struct order *nearest;
	uint64_t apart_ns;

	orders_look(o, a, at_ns, &look);
	ENSURE(!look.open || !look.before);
	ENSURE(!look.before || look.before->end_ns <= at_ns);
	ENSURE(!look.after || look.after->start_ns > at_ns);
	ENSURE(!look.open || look.open->mode != ORDER_ONSITE);
	ENSURE(!look.open || !a || order_names(o, look.open, a));
	if (!look.open) {
		nearest = orders_nearest(&look, at_ns, &apart_ns);
		ENSURE((nearest != NULL) == (look.before || look.after));
	}
}

static void check(const struct orders *o)
{
	FILE *out = fopen("/dev/null", "w");

	ENSURE(o->n <= ORDERS_MAX);
	for (size_t i = 0; i < o->n; i++) {
		const struct order *order = &o->list[i];

		ENSURE(order->start_ns < order->end_ns && order->n_assets > 0);
		ENSURE(i == 0 || order[-1].start_ns <= order->start_ns);
		ENSURE(orders_by_id(o, order->id) == order);
		for (size_t k = 0; k < order->n_assets; k++) {
			const struct asset *a = &o->site->assets[order->assets[k]];

			ENSURE(order_names(o, order, a));
			ask(o, a, order->start_ns);
			ask(o, a, order->end_ns);
		}
		ask(o, NULL, order->end_ns - 1);
	}
	ask(o, NULL, 0);
	ask(o, NULL, UINT64_MAX);
	if (out) {
		orders_explain(o, 20470ULL * 86400 * 1000000000, out);
		fclose(out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct site *site;
	struct orders *o = NULL;
	int err;

	if (!site)
		ENSURE(!site_parse("site", site_text, strlen(site_text), &site));
	errors = 0;
	log_set_sink(count_line);
	err = orders_parse("fuzz", size ? (const char *)data : "", size, site, &o);
	log_set_sink(NULL);
	ENSURE((err != 0) == (errors > 0) && (err != 0) == (o == NULL));
	if (o)
		check(o);
	orders_free(o);
	return 0;
}
