/* fuzz_hash_rows.c - any bytes as kept rows of a Redis hash, and any rows as work orders.
 *
 * Checked: what is taken is sorted and within its bounds, comes back from its packed form with the
 * same signature, and gives orders or a reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "app/orders_feed.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []},"
	" \"assets\": [{\"id\": \"IMG-1\", \"vendor\": \"A\", \"ip\": [\"10.1.0.1\"]}]}";

static unsigned errors;

static void count_line(enum log_level level, const char *line)
{
	errors += level == LOG_LEVEL_ERR;
	ENSURE(strlen(line) < 2048);
}

static void check_packed(const struct hash_rows *rows)
{
	struct packer p = { 0 };
	struct hash_rows *back;

	hash_rows_pack(rows, &p);
	back = hash_rows_unpack(p.bytes, p.len);
	ENSURE(back && back->n == rows->n && !strcmp(back->sha256, rows->sha256));
	hash_rows_free(back);
	pack_free(&p);
}

static void check_orders(const struct hash_rows *rows)
{
	static struct site *site;
	struct orders *o = NULL;
	size_t left_out = 0;
	int err;

	if (!site)
		ENSURE(!site_parse("site", site_text, strlen(site_text), &site));
	errors = 0;
	log_set_sink(count_line);
	err = orders_of_rows(rows, site, &o, &left_out);
	log_set_sink(NULL);
	ENSURE((err != 0) == (o == NULL));
	ENSURE(err || (left_out > 0) == (errors > 0));
	ENSURE(!o || o->n + left_out == rows->n);
	orders_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hash_rows *rows = hash_rows_unpack(size ? (const char *)data : "", size);

	if (!rows)
		return 0;
	for (size_t i = 1; i < rows->n; i++)
		ENSURE(strcmp(rows->list[i - 1].field, rows->list[i].field) <= 0);
	check_packed(rows);
	check_orders(rows);
	hash_rows_free(rows);
	return 0;
}
