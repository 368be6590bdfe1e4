/* reload.c - see reload.h. */
#include "app/reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "alert/encode_policy.h"
#include "app/orders_feed.h"
#include "app/orders_keep.h"
#include "app/policy_load.h"
#include "app/signals.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

/* At the start, for the first answer: what passes meanwhile waits in the kernel's buffer. */
#define FIRST_WAIT_NS (3 * NS_PER_SEC)

struct reload {
	struct session *session;
	struct orders_feed *feed;	/* NULL: the orders are not in Redis */
	struct hash_rows *rows;		/* what was read there last; NULL: nothing yet */
	struct orders_watch *orders;	/* NULL: the site has none */
	struct orders_watch_counters told;	/* of orders: what health records have said */
	struct memory *scratch;		/* of a run without a state, made when it is needed */
	struct policy_counters counters;
	uint64_t now_ns;
	char problem[POLICY_REASON_MAX];	/* the first, of what is being read */
};

/* Orders that are in Redis go into a site that was just read: those that were read last, or those
 * that an earlier run kept.  0, or an error that was logged. */
static int fill_orders(struct reload *r, struct site *site)
{
	struct memory *m = r->session->memory;
	size_t left_out;
	struct orders *orders = NULL;
	int err;

	if (!r->rows && m) {
		r->rows = orders_kept(memory_state(m));
		if (r->rows)
			log_notice("orders", "until Redis is read, the %zu work orders count that "
				   "an earlier run read there", r->rows->n);
	}
	if (!r->rows)
		return 0;	/* none are known until Redis says some */
	err = orders_of_rows(r->rows, site, &orders, &left_out);
	if (err)
		return err;
	orders_free(site->orders);
	site->orders = orders;
	return 0;
}

/* The watch over the session's site. */
static int watch_orders(struct reload *r)
{
	const struct session *s = r->session;
	int err = 0;

	orders_watch_free(r->orders);
	r->orders = NULL;
	r->told = (struct orders_watch_counters){ 0 };
	if (!s->site->orders_in_redis) {
		orders_feed_free(r->feed);
		r->feed = NULL;
		if (s->memory)
			orders_unkeep(memory_state(s->memory));
	} else if (!r->feed) {
		err = orders_feed_new(&s->redis_config.url, s->site, &r->feed);
		if (!err)
			orders_feed_wait(r->feed, FIRST_WAIT_NS);
	}
	if (err || !s->site->orders)
		return err;
	return orders_watch_new(s->site, r->feed, &r->orders);
}

/* The orders that count from now on; what is new of Redis is kept. */
static void take_orders(struct reload *r)
{
	struct memory *m = r->session->memory;
	struct hash_rows *rows;

	r->session->context.orders = orders_watch_look(r->orders);
	rows = orders_watch_rows(r->orders);
	if (!rows)
		return;
	hash_rows_free(r->rows);
	r->rows = rows;
	if (m && orders_keep(memory_state(m), rows))
		log_err("orders", "no memory to keep the work orders in the state");
}

int reload_new(struct session *s, struct reload **ret_reload)
{
	struct reload *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->session = s;
	/* What was kept and is no good any more: none are known until Redis says some. */
	if (s->site->orders_in_redis && fill_orders(r, s->site))
		log_err("orders", "the work orders that an earlier run read are not taken");
	err = watch_orders(r);
	if (err) {
		reload_free(r);
		return err;
	}
	/* For what passes before the first minute is over. */
	if (r->feed)
		take_orders(r);
	*ret_reload = r;
	return 0;
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	orders_watch_free(r->orders);
	orders_feed_free(r->feed);
	hash_rows_free(r->rows);
	memory_close(r->scratch);
	free(r);
}

/* --- what came of it ------------------------------------------------------- */

static void tell(struct reload *r, enum policy_part part, bool is_taken)
{
	struct policy_news news = { .part = part, .is_taken = is_taken, .reason = r->problem,
				    .counters = &r->counters, .at_ns = r->now_ns };
	struct session *s = r->session;
	struct record *record;

	if (is_taken)
		r->counters.taken++;
	else
		r->counters.refused++;
	record = encode_policy(&s->context, &news, analysis_sequence(s->analysis));
	if (!record) {
		log_err("policy", "no memory for a health record");
		return;
	}
	outbox_append(s->outbox, record);
	if (s->memory)
		memory_step(s->memory, true);	/* sinks see it after the commit */
}

/* --- all of it ------------------------------------------------------------- */

static int refuse_text(const char *what, const char *now, const char *then)
{
	if (!strcmp(now, then))
		return 0;
	log_err("policy", "the %s is \"%s\" now and was \"%s\": it is fixed while the sensor runs; "
		"start it anew for that", what, now, then);
	return -EINVAL;
}

static int refuse_other(struct reload *r, const struct site *site)
{
	const struct site *old = r->session->site;
	int err = refuse_text("time zone", site->timezone, old->timezone);

	if (!err)
		err = refuse_text("site id", site->id, old->id);
	if (!err && memcmp(&site->privacy, &old->privacy, sizeof(site->privacy))) {
		log_err("policy", "\"privacy\" or its key is another now: it is fixed while the "
			"sensor runs, and belongs to the state; start it anew, with a state of its "
			"own, for that");
		err = -EINVAL;
	}
	if (!err && site->orders_in_redis && !r->session->options->redis) {
		log_err("policy", "\"work_orders\" are in Redis now, and this sensor runs without "
			"--redis: start it anew for that");
		err = -EINVAL;
	}
	if (!err && !file_types_equal(site->file_types, r->session->files)) {
		log_err("policy", "\"file_types\" are others now: they are fixed while the sensor "
			"runs; start it anew for that");
		err = -EINVAL;
	}
	return err;
}

/* The tables go over to the new site; a run without a state keeps them for that moment. */
static int renew(struct reload *r, const struct site *site)
{
	struct session *s = r->session;
	int err = 0;

	if (!s->memory && !r->scratch)
		err = memory_open_scratch(s->site, s->analysis, &r->scratch);
	return err ? err : memory_renew(s->memory ? s->memory : r->scratch, site);
}

static int take_all(struct reload *r)
{
	struct session *s = r->session;
	struct site *site = NULL, *old = s->site;
	char id[DIGEST_HEX_MAX];
	int err = policy_load(s->options, &site) == EXIT_DONE ? 0 : -EINVAL;

	if (!err)
		err = refuse_other(r, site);
	if (err) {
		site_free(site);
		return err;
	}
	text_copy(id, sizeof(id), s->context.run_id);
	s->site = site;
	session_make_run_id(s);		/* what is resolved by it is of the new run already */
	err = site->orders_in_redis ? fill_orders(r, site) : 0;
	if (!err)
		err = site_know_assets(site);
	if (!err)
		err = renew(r, site);
	if (err) {
		if (site_know_assets(old))
			log_err("policy", "out of memory: assets that are new have no pseudonyms");
		s->site = old;
		text_copy(s->context.run_id, sizeof(s->context.run_id), id);
		site_free(site);
		return err;
	}
	if (watch_orders(r))
		log_err("policy", "out of memory: changes of the work orders are not seen");
	site_free(old);
	log_notice("policy", "the policy was read anew: site %s, rules %s", site->sha256,
		   site->rules->sha256);
	return 0;
}

static void look_all(struct reload *r)
{
	int err;

	log_notice("policy", "SIGHUP: site, rules and work orders are read anew");
	log_capture(r->problem, sizeof(r->problem));
	err = take_all(r);
	log_capture(NULL, 0);
	if (err)
		log_err("policy", "the policy that was there before still counts");
	tell(r, POLICY_ALL, !err);
}

static void look_orders(struct reload *r)
{
	struct orders_watch_counters now;
	bool is_taken;

	log_capture(r->problem, sizeof(r->problem));
	take_orders(r);
	log_capture(NULL, 0);
	now = orders_watch_counters(r->orders);
	is_taken = now.taken != r->told.taken;
	if (is_taken || now.refused != r->told.refused)
		tell(r, POLICY_ORDERS, is_taken);
	r->told = now;
}

void reload_look(void *reload, uint64_t now_ns)
{
	struct reload *r = reload;

	r->now_ns = now_ns;
	r->problem[0] = '\0';
	if (signals_take_reload())
		look_all(r);
	else if (r->orders)
		look_orders(r);
}
