/* orders.c - see orders.h: loading, and what the two forms have in common. */
#include "policy/orders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/arena.h"
#include "policy/orders_internal.h"
#include "policy/site_values.h"
#include "policy/textfile.h"

#define SHOWN_BYTES 80
#define SUGGESTIONS_MAX 256		/* names that a slip is compared with */
#define FORM "{ \"work_orders\": [ { \"id\": ..., \"vendor\": ..., \"assets\": [...], " \
	"\"start\": ..., \"end\": ... } ] }"

/* --- values ------------------------------------------------------------ */

static const char *shown(const char *text, char buf[static SHOWN_BYTES])
{
	return text_escape(text, strlen(text), buf, SHOWN_BYTES);
}

/* Of the site's vendors or assets the one that looks most like it, or NULL. */
static const char *nearest_vendor(const struct site *s, const char *text)
{
	const char *names[SUGGESTIONS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < s->n_assets && n < SUGGESTIONS_MAX; i++)
		if (s->assets[i].vendor[0])
			names[n++] = s->assets[i].vendor;
	return text_nearest(text, names, n);
}

static const char *nearest_asset(const struct site *s, const char *text)
{
	const char *names[SUGGESTIONS_MAX];
	size_t n = s->n_assets < SUGGESTIONS_MAX ? s->n_assets : SUGGESTIONS_MAX;

	for (size_t i = 0; i < n; i++)
		names[i] = s->assets[i].id;
	return text_nearest(text, names, n);
}

const char *order_take_vendor(struct orders_build *b, const char *text, struct order *o,
			      char buf[static ORDERS_PROBLEM_MAX])
{
	uint32_t number = keymap_get(&b->vendors, text, strlen(text));
	const char *nearest;
	char what[SHOWN_BYTES];

	if (number != KEYMAP_NONE) {
		o->vendor = b->site->assets[number].vendor;
		return NULL;
	}
	nearest = nearest_vendor(b->site, text);
	if (nearest)
		text_format(buf, ORDERS_PROBLEM_MAX, "no asset of the site is of vendor \"%s\"; "
			    "did "
			    "you mean \"%s\"?", shown(text, what), nearest);
	else
		text_format(buf, ORDERS_PROBLEM_MAX, "no asset of the site is of vendor \"%s\"; "
			    "vendors are those of \"assets\" in the site file", shown(text, what));
	return buf;
}

const char *order_take_asset(struct orders_build *b, const char *text,
			     char buf[static ORDERS_PROBLEM_MAX])
{
	uint32_t number = keymap_get(&b->assets, text, strlen(text));
	const char *nearest;
	char what[SHOWN_BYTES];

	if (number == KEYMAP_NONE) {
		nearest = nearest_asset(b->site, text);
		if (nearest)
			text_format(buf, ORDERS_PROBLEM_MAX, "the site has no asset \"%s\"; did "
				    "you mean \"%s\"?", shown(text, what), nearest);
		else
			text_format(buf, ORDERS_PROBLEM_MAX, "the site has no asset \"%s\"; assets "
				    "are listed under \"assets\" in the site file",
				    shown(text, what));
		return buf;
	}
	for (size_t i = 0; i < b->n_scratch; i++)
		if (b->scratch[i] == number) {
			text_format(buf, ORDERS_PROBLEM_MAX, "the asset \"%s\" is listed twice in "
				    "this order", text);
			return buf;
		}
	if (b->n_scratch == ORDER_ASSETS_MAX) {
		text_format(buf, ORDERS_PROBLEM_MAX, "more than %d assets in one order; split it",
			    ORDER_ASSETS_MAX);
		return buf;
	}
	b->scratch[b->n_scratch++] = number;
	return NULL;
}

const char *order_take_time(const char *text, uint64_t *ret_ns,
			    char buf[static ORDERS_PROBLEM_MAX])
{
	bool has_offset = false;
	char what[SHOWN_BYTES];
	uint64_t ns = 0;

	if (!clock_parse(text, &ns, &has_offset)) {
		text_format(buf, ORDERS_PROBLEM_MAX, "\"%s\" is not a time; a time is written like "
			    "2026-01-17T08:00:00+01:00 or 2026-01-17T07:00:00Z", shown(text, what));
		return buf;
	}
	if (!has_offset) {
		text_format(buf, ORDERS_PROBLEM_MAX, "\"%s\" has no offset from UTC; write "
			    "2026-01-17T08:00:00+01:00, or Z for UTC", shown(text, what));
		return buf;
	}
	*ret_ns = ns;
	return NULL;
}

const char *order_take_kind(const char *text, enum order_kind *ret,
			    char buf[static ORDERS_PROBLEM_MAX])
{
	static const char *const names[] = { [ORDER_PLANNED] = "planned",
					     [ORDER_CORRECTIVE] = "corrective",
					     [ORDER_UPDATE] = "update" };
	char what[SHOWN_BYTES];

	for (size_t i = ORDER_PLANNED; i < ARRAY_SIZE(names); i++)
		if (!strcmp(text, names[i])) {
			*ret = (enum order_kind)i;
			return NULL;
		}
	text_format(buf, ORDERS_PROBLEM_MAX, "\"%s\" is not a kind of order; \"planned\", "
		    "\"corrective\" or \"update\"", shown(text, what));
	return buf;
}

const char *order_take_mode(const char *text, enum order_mode *ret,
			    char buf[static ORDERS_PROBLEM_MAX])
{
	char what[SHOWN_BYTES];

	if (!strcmp(text, "remote"))
		*ret = ORDER_REMOTE;
	else if (!strcmp(text, "onsite"))
		*ret = ORDER_ONSITE;
	else
		text_format(buf, ORDERS_PROBLEM_MAX, "\"%s\" is not a mode; \"onsite\" or "
			    "\"remote\", or left out for both", shown(text, what));
	return !strcmp(text, "remote") || !strcmp(text, "onsite") ? NULL : buf;
}

const char *order_times_problem(const struct order *o, const char *start, const char *end,
				char buf[static ORDERS_PROBLEM_MAX])
{
	char from[SHOWN_BYTES], to[SHOWN_BYTES];

	if (o->start_ns < o->end_ns)
		return NULL;
	text_format(buf, ORDERS_PROBLEM_MAX, "\"start\" %s is not before \"end\" %s; are the two "
		    "swapped, or is an offset wrong?", shown(start, from), shown(end, to));
	return buf;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int order_finish(struct orders_build *b, struct order *o, const struct asset **ret_foreign)
{
	uint32_t *assets = arena_alloc(b->orders->arena, b->n_scratch, sizeof(*assets));

	*ret_foreign = NULL;
	if (!assets)
		return -ENOMEM;
	memcpy(assets, b->scratch, b->n_scratch * sizeof(*assets));
	for (size_t i = 0; i < b->n_scratch && !*ret_foreign; i++) {
		const struct asset *asset = &b->site->assets[assets[i]];

		if (asset->vendor[0] && strcmp(asset->vendor, o->vendor))
			*ret_foreign = asset;
	}
	qsort(assets, b->n_scratch, sizeof(*assets), compare_numbers);
	o->assets = assets;
	o->n_assets = b->n_scratch;
	b->n_assets += b->n_scratch;
	b->orders->list[b->orders->n++] = *o;
	return 0;
}

/* --- loading ----------------------------------------------------------- */

static int begin_build(struct orders_build *b, const struct site *site, struct orders *o)
{
	int err = 0;

	memset(b, 0, sizeof(*b));
	b->orders = o;
	b->site = site;
	for (size_t i = 0; !err && i < site->n_assets; i++) {
		const struct asset *a = &site->assets[i];

		err = keymap_put(&b->assets, a->id, strlen(a->id), (uint32_t)i);
		if (err != -ENOMEM && a->vendor[0])
			err = keymap_put(&b->vendors, a->vendor, strlen(a->vendor), (uint32_t)i);
		err = err == -EEXIST ? 0 : err;
	}
	return err;
}

static void end_build(struct orders_build *b)
{
	keymap_free(&b->assets);
	keymap_free(&b->vendors);
	keymap_free(&b->ids);
	free(b);
}

static int read_text(struct orders_build *b, const char *file, const char *text, size_t len)
{
	enum textfile_form form;

	digest_sha256_hex(text, len, b->orders->sha256);
	if (len > ORDERS_BYTES_MAX) {
		log_err("orders", "%s: larger than %u MiB; a file of work orders is not", file,
			ORDERS_BYTES_MAX >> 20);
		return ERR_LIMIT;
	}
	textfile_skip_bom(&text, &len);
	form = textfile_form(text, len);
	if (form == TEXTFILE_EMPTY) {
		log_err("orders", "%s:1:1: the file is empty; a file of work orders is " FORM
			", or CSV with these columns", file);
		return ERR_FORMAT;
	}
	return form == TEXTFILE_JSON ? orders_read_json(b, file, text, len) :
				       orders_read_csv(b, file, text, len);
}

static int new_orders(const struct site *site, struct orders **ret_orders)
{
	struct orders *o = calloc(1, sizeof(*o));

	if (o)
		o->arena = arena_new();
	if (!o || !o->arena) {
		free(o);
		return -ENOMEM;
	}
	o->site = site;
	*ret_orders = o;
	return 0;
}

int orders_parse(const char *name, const char *text, size_t len, const struct site *site,
		 struct orders **ret_orders)
{
	struct orders_build *b = calloc(1, sizeof(*b));
	struct orders *o = NULL;
	char file[256];
	int err = b ? new_orders(site, &o) : -ENOMEM;

	text_escape(name, strlen(name), file, sizeof(file));
	if (!err)
		err = begin_build(b, site, o);
	if (!err)
		err = read_text(b, file, text, len);
	if (!err)
		err = orders_index_new(o);
	if (err == -ENOMEM)
		log_err("orders", "%s: out of memory", file);
	if (!err)
		*ret_orders = steal(&o);
	if (b)
		end_build(b);
	orders_free(o);
	return err;
}

int orders_load(const char *path, const struct site *site, struct orders **ret_orders)
{
	char *text = NULL, what[256];
	size_t len = 0;
	int err = textfile_read(path, ORDERS_BYTES_MAX, &text, &len);

	if (err)
		log_err("orders", "%s: cannot be read: %s",
			text_escape(path, strlen(path), what, sizeof(what)), err_text(err));
	else
		err = orders_parse(path, text, len, site, ret_orders);
	free(text);
	return err;
}

void orders_free(struct orders *o)
{
	if (!o)
		return;
	orders_index_free(o->index);
	arena_free(o->arena);
	free(o);
}
