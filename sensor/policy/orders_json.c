/* orders_json.c - the JSON form of a file of work orders (orders.h). */
#include <errno.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/orders_internal.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

/* The entry that is read, and where it goes. */
struct entry {
	struct orders_build *build;
	struct order order;
	char id[SITE_ID_MAX];
};

static void report(struct reader *r, const struct at *at, const char *problem)
{
	if (problem)
		reader_error(r, at, "%s", problem);
}

static void read_order_id(struct reader *r, const struct at *at, void *into)
{
	reader_id(r, at, ((struct entry *)into)->id);
}

static void read_vendor(struct reader *r, const struct at *at, void *into)
{
	struct entry *e = into;
	char buf[ORDERS_PROBLEM_MAX];

	report(r, at, order_take_vendor(e->build, at_text(at), &e->order, buf));
}

static void read_asset(struct reader *r, const struct at *at, void *into)
{
	char buf[ORDERS_PROBLEM_MAX];

	report(r, at, order_take_asset(into, at_text(at), buf));
}

static void read_assets_list(struct reader *r, const struct at *at, void *into)
{
	struct entry *e = into;

	if (json_array_size(at->value) == 0)
		reader_error(r, at, "is empty; list the assets that the order is for");
	reader_each(r, at, TYPE_STRING, read_asset, e->build);
}

static void read_start(struct reader *r, const struct at *at, void *into)
{
	char buf[ORDERS_PROBLEM_MAX];

	report(r, at, order_take_time(at_text(at), &((struct entry *)into)->order.start_ns, buf));
}

static void read_end(struct reader *r, const struct at *at, void *into)
{
	char buf[ORDERS_PROBLEM_MAX];

	report(r, at, order_take_time(at_text(at), &((struct entry *)into)->order.end_ns, buf));
}

static void read_kind(struct reader *r, const struct at *at, void *into)
{
	char buf[ORDERS_PROBLEM_MAX];

	report(r, at, order_take_kind(at_text(at), &((struct entry *)into)->order.kind, buf));
}

static void read_mode(struct reader *r, const struct at *at, void *into)
{
	char buf[ORDERS_PROBLEM_MAX];

	report(r, at, order_take_mode(at_text(at), &((struct entry *)into)->order.mode, buf));
}

static void read_permit(struct reader *r, const struct at *at, void *into)
{
	((struct entry *)into)->order.permit = reader_text(r, at, ORDER_TEXT_MAX);
}

/* A person's name: it has the form of one, and goes no further. */
static void read_engineer(struct reader *r, const struct at *at, void *into)
{
	char shown[SHOWN_MAX];

	(void)into;
	if (!value_is_label(at_text(at), ORDER_TEXT_MAX))
		reader_error(r, at, "%s must be text of 1 to %d bytes without control characters",
			     at_shown(at, shown), ORDER_TEXT_MAX - 1);
}

static const struct key entry_keys[] = {
	{ "id", TYPE_STRING, true, read_order_id },
	{ "vendor", TYPE_STRING, true, read_vendor },
	{ "engineer", TYPE_STRING, false, read_engineer },
	{ "assets", TYPE_ARRAY, true, read_assets_list },
	{ "start", TYPE_STRING, true, read_start },
	{ "end", TYPE_STRING, true, read_end },
	{ "kind", TYPE_STRING, false, read_kind },
	{ "mode", TYPE_STRING, false, read_mode },
	{ "permit", TYPE_STRING, false, read_permit },
};

static const char *text_of(const struct at *at, const char *key)
{
	return json_string_value(json_object_get(at->value, key));
}

/* An entry whose values are good each: is it one as a whole?  Then it is added. */
static void finish_entry(struct reader *r, const struct at *at, struct entry *e)
{
	const struct asset *foreign;
	char buf[ORDERS_PROBLEM_MAX];
	const char *problem = order_times_problem(&e->order, text_of(at, "start"),
						  text_of(at, "end"), buf);
	struct at assets;

	if (problem) {
		reader_error(r, at, "%s", problem);
		return;
	}
	if (e->build->n_assets + e->build->n_scratch > ORDERS_ASSETS_MAX) {
		reader_error(r, at, "more than %d assets in all orders together; leave out what is "
			     "long over", ORDERS_ASSETS_MAX);
		return;
	}
	if (order_finish(e->build, &e->order, &foreign)) {
		r->no_memory = true;
		return;
	}
	if (foreign && reader_member(r, at, "assets", &assets))
		reader_warn(r, &assets, ORDER_FOREIGN, foreign->id, foreign->vendor,
			    e->order.vendor);
}

static void read_entry(struct reader *r, const struct at *at, void *into)
{
	struct entry e = { .build = into, .order = { .permit = "" } };
	unsigned before = r->n_errors;

	e.build->n_scratch = 0;
	reader_object(r, at, KEYS(entry_keys), &e);
	e.order.id = arena_text(r->arena, e.id);
	if (!e.order.id)
		r->no_memory = true;
	else
		reader_new_id(r, at, &e.build->ids, e.order.id, (uint32_t)at->index);
	if (!r->no_memory && r->n_errors == before)
		finish_entry(r, at, &e);
}

static void read_list(struct reader *r, const struct at *at, void *into)
{
	struct orders_build *b = into;
	size_t n = reader_count(r, at);

	if (n > ORDERS_MAX) {
		reader_error(r, at, "%zu orders; at most %d can be read: leave out what is long "
			     "over", n, ORDERS_MAX);
		return;
	}
	b->orders->list = reader_alloc(r, n, sizeof(*b->orders->list));
	if (b->orders->list)
		reader_each(r, at, TYPE_OBJECT, read_entry, b);
}

static const struct key root_keys[] = { { "work_orders", TYPE_ARRAY, true, read_list } };

static int read_root(struct reader *r, const json_t *tree, struct orders_build *b)
{
	struct at root = { .value = tree };

	if (!json_is_object(tree))
		reader_error(r, &root, "a file of work orders is one object, "
			     "{ \"work_orders\": [ ... ] }, or CSV");
	else
		reader_object(r, &root, KEYS(root_keys), b);
	return r->no_memory ? -ENOMEM : r->n_errors ? ERR_FORMAT : 0;
}

int orders_read_json(struct orders_build *b, const char *file, const char *text, size_t len)
{
	struct reader r = { .text = text, .len = len, .arena = b->orders->arena,
			    .topic = "orders", .whole = "the file of work orders" };
	struct jsonpos *pos = NULL;
	json_t *tree = NULL;
	int err;

	text_copy(r.file, sizeof(r.file), file);
	err = reader_parse(&r, &pos, &tree);
	if (!err)
		err = read_root(&r, tree, b);
	json_decref(tree);
	jsonpos_free(pos);
	return err;
}
