/* orders_feed.c - see orders_feed.h. */
#include "app/orders_feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/err.h"
#include "base/log.h"
#include "base/pack.h"
#include "base/text.h"

#define SAID_MAX 10			/* values that are left out, said one by one */

struct orders_feed {
	struct redis_url url;
	char key[FEED_KEY_MAX];
	int stop_fd;
	pthread_t thread;

	pthread_mutex_t lock;		/* the rest */
	pthread_cond_t changed;
	bool is_stopped, has_looked;
	struct hash_rows *news;		/* not yet taken; NULL: none */
	char sha256[DIGEST_HEX_MAX];	/* of what was read last */
	char problem[REDIS_TEXT_MAX];
};

const char *orders_feed_key(const struct site *site, char buf[static FEED_KEY_MAX])
{
	snprintf(buf, FEED_KEY_MAX, "nw:{%s}:work-orders", site->id);
	return buf;
}

/* --- the thread ------------------------------------------------------------ */

static struct timespec monotonic_after(uint64_t ns)
{
	uint64_t at = clock_monotonic_ns() + ns;

	return (struct timespec){ .tv_sec = (time_t)(at / NS_PER_SEC),
				  .tv_nsec = (long)(at % NS_PER_SEC) };
}

static void read_once(struct orders_feed *f)
{
	struct hash_rows *rows = NULL;
	struct redis_fault fault;
	bool is_read = redis_hash_read(&f->url, f->key, f->stop_fd, &rows, &fault) == REDIS_DONE;

	pthread_mutex_lock(&f->lock);
	f->has_looked = true;
	text_copy(f->problem, sizeof(f->problem), is_read ? "" : fault.text);
	if (is_read && strcmp(rows->sha256, f->sha256)) {
		text_copy(f->sha256, sizeof(f->sha256), rows->sha256);
		hash_rows_free(f->news);
		f->news = steal(&rows);
	}
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	hash_rows_free(rows);
}

static void *run(void *arg)
{
	struct orders_feed *f = arg;
	bool is_stopped;

	do {
		struct timespec until;

		read_once(f);
		until = monotonic_after(FEED_EVERY_NS);
		pthread_mutex_lock(&f->lock);
		while (!f->is_stopped)
			if (pthread_cond_timedwait(&f->changed, &f->lock, &until) == ETIMEDOUT)
				break;
		is_stopped = f->is_stopped;
		pthread_mutex_unlock(&f->lock);
	} while (!is_stopped);
	return NULL;
}

/* --- from outside ---------------------------------------------------------- */

int orders_feed_new(const struct redis_url *url, const struct site *site,
		    struct orders_feed **ret_feed)
{
	struct orders_feed *f = calloc(1, sizeof(*f));
	pthread_condattr_t attr;
	int err;

	if (!f)
		return -ENOMEM;
	f->url = *url;
	orders_feed_key(site, f->key);
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->changed, &attr);
	pthread_condattr_destroy(&attr);
	f->stop_fd = eventfd(0, EFD_CLOEXEC);
	err = f->stop_fd < 0 ? -errno : -pthread_create(&f->thread, NULL, run, f);
	if (err) {
		if (f->stop_fd >= 0)
			close(f->stop_fd);
		pthread_cond_destroy(&f->changed);
		pthread_mutex_destroy(&f->lock);
		free(f);
		return err;
	}
	*ret_feed = f;
	return 0;
}

void orders_feed_free(struct orders_feed *f)
{
	uint64_t one = 1;

	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->is_stopped = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	if (write(f->stop_fd, &one, sizeof(one)) != sizeof(one))
		log_debug("orders", "the reader of the work orders ends by its time-outs");
	pthread_join(f->thread, NULL);
	close(f->stop_fd);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	hash_rows_free(f->news);
	free(f);
}

void orders_feed_wait(struct orders_feed *f, uint64_t wait_ns)
{
	struct timespec until = monotonic_after(wait_ns);

	pthread_mutex_lock(&f->lock);
	while (!f->has_looked)
		if (pthread_cond_timedwait(&f->changed, &f->lock, &until) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&f->lock);
}

struct hash_rows *orders_feed_take(struct orders_feed *f, char ret_problem[static REDIS_TEXT_MAX])
{
	struct hash_rows *rows;

	pthread_mutex_lock(&f->lock);
	rows = steal(&f->news);
	text_copy(ret_problem, REDIS_TEXT_MAX, f->problem);
	pthread_mutex_unlock(&f->lock);
	return rows;
}

/* --- rows to orders -------------------------------------------------------- */

static const char before[] = "{\"work_orders\": [", after[] = "]}";

/* One file of all the rows that are marked as good; NULL: all. */
static bool compose(const struct hash_rows *rows, const bool *is_good, struct packer *p)
{
	bool is_first = true;

	pack_reset(p);
	pack_bytes(p, before, strlen(before));
	for (size_t i = 0; i < rows->n; i++) {
		if (is_good && !is_good[i])
			continue;
		if (!is_first)
			pack_bytes(p, ",\n", 2);
		pack_bytes(p, rows->list[i].value, rows->list[i].value_len);
		is_first = false;
	}
	pack_bytes(p, after, strlen(after));
	return !p->has_failed;
}

static bool are_of_their_fields(const struct hash_rows *rows, const struct orders *o)
{
	if (o->n != rows->n)
		return false;
	for (size_t i = 0; i < rows->n; i++)
		if (strlen(rows->list[i].field) != rows->list[i].field_len ||
		    !orders_by_id(o, rows->list[i].field))
			return false;
	return true;
}

/* Parsed alone, so that what it says is about this one. */
static bool is_good_row(const struct hash_rows *rows, size_t i, const struct site *site,
			struct packer *p)
{
	const struct hash_row *row = &rows->list[i];
	struct hash_rows one = { .list = rows->list + i, .n = 1 };
	struct orders *o = NULL;
	char field[128], name[FEED_KEY_MAX + sizeof(field) + 16], key[FEED_KEY_MAX];
	bool is_good;

	text_escape(row->field, row->field_len, field, sizeof(field));
	text_format(name, sizeof(name), "%s[%s]", orders_feed_key(site, key), field);
	if (!compose(&one, NULL, p))
		return false;
	if (orders_parse(name, (const char *)p->bytes, p->len, site, &o))
		return false;
	/* A value could close the list and open another one. */
	is_good = are_of_their_fields(&one, o);
	if (!is_good)
		log_err("orders", "%s: the value is no order with that id: the field of the hash "
			"and \"id\" must be the same", name);
	orders_free(o);
	return is_good;
}

int orders_of_rows(const struct hash_rows *rows, const struct site *site,
		   struct orders **ret_orders, size_t *ret_left_out)
{
	bool *is_good = calloc(rows->n + 1, sizeof(*is_good));
	struct packer p = { 0 };
	char key[FEED_KEY_MAX];
	int err = is_good ? 0 : -ENOMEM;

	orders_feed_key(site, key);
	*ret_left_out = 0;
	for (size_t i = 0; !err && i < rows->n; i++) {
		log_mute(*ret_left_out >= SAID_MAX);
		is_good[i] = is_good_row(rows, i, site, &p);
		*ret_left_out += !is_good[i];
	}
	log_mute(false);
	if (*ret_left_out > SAID_MAX)
		log_err("orders", "%s: and %zu more values that are no orders", key,
			*ret_left_out - SAID_MAX);
	if (!err && !compose(rows, is_good, &p))
		err = -ENOMEM;
	if (!err)
		err = orders_parse(key, (const char *)p.bytes, p.len, site, ret_orders);
	pack_free(&p);
	free(is_good);
	return err;
}
