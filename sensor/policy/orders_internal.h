/* orders_internal.h - what the two forms of a file of work orders have in common. */
#ifndef NW_POLICY_ORDERS_INTERNAL_H
#define NW_POLICY_ORDERS_INTERNAL_H

#include "policy/keymap.h"
#include "policy/orders.h"

#define ORDER_TEXT_MAX 256		/* permit and engineer, with the zero byte */
#define ORDERS_PROBLEM_MAX 512

/* While a file is read. */
struct orders_build {
	struct orders *orders;		/* list has room for all entries */
	const struct site *site;
	struct keymap assets, vendors;	/* of the site: id -> index; name -> 0 */
	struct keymap ids;		/* of orders -> number in the file */
	size_t n_assets;		/* of all orders so far */
	uint32_t scratch[ORDER_ASSETS_MAX];	/* of the entry that is read */
	size_t n_scratch;
	uint32_t number;		/* of that entry, from 0 */
};

/* Each takes a text of the file into the entry; NULL, or what is wrong with it as a sentence in
 * buf.  -ENOMEM is told by *ret_no_memory. */
const char *order_take_vendor(struct orders_build *b, const char *text, struct order *o,
			      char buf[static ORDERS_PROBLEM_MAX]);
const char *order_take_asset(struct orders_build *b, const char *text,
			     char buf[static ORDERS_PROBLEM_MAX]);
const char *order_take_time(const char *text, uint64_t *ret_ns,
			    char buf[static ORDERS_PROBLEM_MAX]);
const char *order_take_kind(const char *text, enum order_kind *ret,
			    char buf[static ORDERS_PROBLEM_MAX]);
const char *order_take_mode(const char *text, enum order_mode *ret,
			    char buf[static ORDERS_PROBLEM_MAX]);
/* Of a whole entry: are its two times in order? */
const char *order_times_problem(const struct order *o, const char *start, const char *end,
				char buf[static ORDERS_PROBLEM_MAX]);
/* The entry is good: takes the assets from the scratch and adds it.  0 or -ENOMEM; *ret_foreign:
 * the first of its assets that is of another vendor, or NULL. */
int order_finish(struct orders_build *b, struct order *o, const struct asset **ret_foreign);
#define ORDER_FOREIGN "the asset \"%s\" is of vendor \"%s\" in the site policy and the order of " \
	"vendor \"%s\": it does not cover that asset; correct one of the two"

/* Fills b->orders, in the order of the file.  file: escaped.  0 or an error, logged but for
 * -ENOMEM. */
int orders_read_json(struct orders_build *b, const char *file, const char *text, size_t len);
int orders_read_csv(struct orders_build *b, const char *file, const char *text, size_t len);

int orders_index_new(struct orders *o);		/* sorts the list; 0 or -ENOMEM */
void orders_index_free(struct orders_index *index);	/* NULL is fine */

#endif
