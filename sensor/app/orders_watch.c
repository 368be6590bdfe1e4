/* orders_watch.c - see orders_watch.h. */
#include "app/orders_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/err.h"
#include "base/log.h"

struct orders_watch {
	const struct site *site;
	struct orders *own;		/* read since the start; NULL: the site's still count */
	struct stat seen;		/* of the file as it was read or refused last */
	struct orders_feed *feed;	/* NULL: of a file */
	struct hash_rows *rows;		/* taken from it, and not yet asked for; owned */
	bool is_missing;		/* said */
	struct orders_watch_counters counters;
};

static const struct orders *now(const struct orders_watch *w)
{
	return w->own ? w->own : w->site->orders;
}

/* Takes rows. */
static void read_rows(struct orders_watch *w, struct hash_rows *rows)
{
	struct orders *more = NULL;
	size_t left_out = 0;

	/* Kept also when they are refused: under another site they may be good. */
	hash_rows_free(w->rows);
	w->rows = rows;
	if (orders_of_rows(rows, w->site, &more, &left_out)) {
		log_err("orders", "the %zu work orders that were read before still count",
			now(w)->n);
		w->counters.refused++;
		return;
	}
	if (!more->n && now(w)->n)
		log_err("orders", "Redis has no work orders any more: the %zu that counted are "
			"over, and remote work is judged as without an order", now(w)->n);
	w->counters.taken++;
	w->counters.refused += left_out > 0;
	log_notice("orders", "%zu work orders were read from Redis, %zu left out, SHA-256 %s",
		   more->n, left_out, more->sha256);
	orders_free(w->own);
	w->own = more;
}

int orders_watch_new(const struct site *site, struct orders_feed *feed,
		     struct orders_watch **ret_watch)
{
	struct orders_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->site = site;
	w->feed = feed;
	/* A file that changed since the site was read, a moment ago, is read at its next change. */
	if (!feed && stat(site->orders_path, &w->seen))
		w->seen = (struct stat){ 0 };
	*ret_watch = w;
	return 0;
}

void orders_watch_free(struct orders_watch *w)
{
	if (!w)
		return;
	hash_rows_free(w->rows);
	orders_free(w->own);
	free(w);
}

struct hash_rows *orders_watch_rows(struct orders_watch *w)
{
	return steal(&w->rows);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_size == b->st_size &&
	       a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static void read_anew(struct orders_watch *w)
{
	struct orders *more = NULL;

	if (orders_load(w->site->orders_path, w->site, &more)) {
		log_err("orders", "the %zu work orders that were read before still count",
			now(w)->n);
		w->counters.refused++;
		return;
	}
	w->counters.taken++;
	log_notice("orders", "%zu work orders were read anew, SHA-256 %s", more->n, more->sha256);
	orders_free(w->own);
	w->own = more;
}

static void look_at_feed(struct orders_watch *w)
{
	char problem[REDIS_TEXT_MAX], key[FEED_KEY_MAX];
	struct hash_rows *rows = orders_feed_take(w->feed, problem);

	if (rows)
		read_rows(w, rows);
	if (problem[0] && !w->is_missing) {
		log_err("orders", "%s cannot be read: %s; the %zu work orders that were read "
			"before still count", orders_feed_key(w->site, key), problem, now(w)->n);
		w->counters.refused++;
	} else if (!problem[0] && w->is_missing) {
		log_notice("orders", "%s can be read again", orders_feed_key(w->site, key));
	}
	w->is_missing = problem[0] != '\0';
}

const struct orders *orders_watch_look(struct orders_watch *w)
{
	struct stat is;

	if (w->feed) {
		look_at_feed(w);
		return now(w);
	}
	if (stat(w->site->orders_path, &is)) {
		w->counters.refused += !w->is_missing;
		if (!w->is_missing)
			log_err("orders", "%s: cannot be looked at: %s; the %zu work orders that "
				"were read before still count", w->site->orders_path,
				err_text(-errno), now(w)->n);
		w->is_missing = true;
		return now(w);
	}
	w->is_missing = false;
	if (!is_same(&is, &w->seen)) {
		w->seen = is;
		read_anew(w);
	}
	return now(w);
}

struct orders_watch_counters orders_watch_counters(const struct orders_watch *w)
{
	return w->counters;
}
