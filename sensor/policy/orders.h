/* orders.h - work orders: who may work on which assets, and when.
 *
 * A file beside the site policy (key "work_orders"), JSON (rules/schema/work-orders.schema.json):
 *
 *	{"work_orders": [{"id": "WO-2026-0113", "vendor": "A", "assets": ["IMG-SRV-2"],
 *	  "start": "2026-01-13T08:00:00+01:00", "end": "2026-01-13T12:00:00+01:00",
 *	  "kind": "planned", "mode": "remote", "engineer": "...", "permit": "PTW-88"}]}
 *
 * or CSV with the same columns in any order, assets separated by ";":
 *
 *	id,vendor,assets,start,end,mode
 *	WO-113,A,IMG-SRV-1;IMG-SRV-2,2026-01-13T08:00:00+01:00,2026-01-13T12:00:00+01:00,remote
 *
 * Which of the two is told by the first character.  id, vendor, assets, start and end are needed.
 * Times are RFC 3339 with an offset: a permission that depends on who reads it is none.  `end` is
 * exclusive.  An order without a mode is for work on site and remote.  The engineer's name is
 * checked in form and not kept.
 *
 * What an order covers.  An asset that it lists and that is of its vendor, or of no vendor that the
 * site knows; another vendor's is said at loading and not covered.  Orders for work on site cover
 * no remote session, but are named where one is looked for.  The maintenance gateway is on the way
 * to every asset, so any order covers it.  A session may begin 15 min before its order and go on as
 * long after it (NW-REM-001 `early`, NW-REM-002 `late`).
 *
 * Look-ups cost two binary searches of the asset's orders, whatever their number: beside each order
 * in order of start stands the one of all before it that ends last.
 * Immutable after loading; any thread.  Everything wrong is logged as FILE:LINE:COLUMN, with a
 * remedy.
 */
#ifndef NW_POLICY_ORDERS_H
#define NW_POLICY_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "base/clock.h"
#include "policy/site.h"

#define ORDERS_MAX 100000
#define ORDERS_BYTES_MAX (64u << 20)
#define ORDER_ASSETS_MAX 1024		/* of one order */
#define ORDERS_ASSETS_MAX 1000000	/* of all together */

enum order_kind { ORDER_KIND_NONE, ORDER_PLANNED, ORDER_CORRECTIVE, ORDER_UPDATE };
enum order_mode { ORDER_MODE_ANY, ORDER_ONSITE, ORDER_REMOTE };

struct order {
	const char *id, *vendor;
	const char *permit;		/* "" when not given */
	uint64_t start_ns, end_ns;	/* start < end */
	const uint32_t *assets;		/* indices into site->assets, each once, in order */
	size_t n_assets;
	enum order_kind kind;
	enum order_mode mode;
};

struct arena;
struct orders_index;

struct orders {
	struct order *list;		/* by start, end, id */
	size_t n;
	char sha256[DIGEST_HEX_MAX];	/* of the file's bytes */
	const struct site *site;	/* borrowed: of its assets */
	struct orders_index *index;
	struct arena *arena;
};

/* 0; -ENOMEM, ERR_FORMAT, ERR_LIMIT or -errno of reading, each logged.  Free with orders_free().
 * site: its assets count, its look-ups need not be ready. */
int orders_load(const char *path, const struct site *site, struct orders **ret_orders);
/* The same over text in memory; name is for messages. */
int orders_parse(const char *name, const char *text, size_t len, const struct site *site,
		 struct orders **ret_orders);
void orders_free(struct orders *o);	/* NULL is fine */

/* What covers remote work on an asset at a time; each NULL where there is none. */
struct orders_look {
	const struct order *open;	/* the one that ends last, grace at both ends included */
	const struct order *before;	/* not open: the one that ended last ... */
	const struct order *after;	/* ... and the next one to begin */
	const struct order *onsite;	/* one for work on site is open */
};
/* asset NULL: any.  One that is listed nowhere has no orders. */
void orders_look(const struct orders *o, const struct asset *asset, uint64_t at_ns,
		 struct orders_look *ret_look);
/* Of the two beside a time the nearer one, and how far it is; NULL: there is none. */
const struct order *orders_nearest(const struct orders_look *look, uint64_t at_ns,
				   uint64_t *ret_apart_ns);
const struct order *orders_by_id(const struct orders *o, const char *id);	/* or NULL */
bool order_names(const struct orders *o, const struct order *order, const struct asset *asset);

/* In words, for people: how many there are, which are over, open, and overlap.  now_ns: wall. */
void orders_explain(const struct orders *o, uint64_t now_ns, FILE *out);

#endif
