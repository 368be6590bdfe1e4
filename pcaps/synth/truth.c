/* truth.c - see truth.h. */
#include "synth/truth.h"

#include <errno.h>
#include <stdlib.h>
#include "base/err.h"

struct sums {
	uint64_t first_ns, last_ns;	/* packets with payload */
	uint64_t connections;
	uint64_t packets[2], ip_bytes[2], payload[2], retrans[2], unseen[2];
};

struct truth {
	const struct scenario *s;
	uint64_t row_ns;		/* start of row 0 */
	size_t n_rows;
	struct sums *totals;		/* by activity */
	struct sums **rows;		/* by activity; NULL unless a leak */
	uint64_t packets;
};

int truth_new(const struct scenario *s, struct truth **ret_truth)
{
	struct truth *t = calloc(1, sizeof(*t));
	int err = -ENOMEM;

	if (!t)
		goto out;
	t->s = s;
	/* Noon before the first midnight, on the clock of the smallest offset. */
	int64_t noon = civil_to_seconds(&s->start) - 43200 - tz_smallest_offset(s->start.year);
	t->row_ns = (uint64_t)noon * NS_PER_SEC;
	t->n_rows = (size_t)((s->end_ns - t->row_ns) / NS_PER_DAY) + 2;
	t->totals = calloc(s->n_activities + 1, sizeof(*t->totals));
	t->rows = calloc(s->n_activities + 1, sizeof(*t->rows));
	if (!t->totals || !t->rows)
		goto out;
	for (size_t i = 0; i < s->n_activities; i++) {
		if (!s->activities[i].is_leak)
			continue;
		t->rows[i] = calloc(t->n_rows, sizeof(**t->rows));
		if (!t->rows[i])
			goto out;
	}
	*ret_truth = steal(&t);
	err = 0;
out:
	truth_free(t);
	return err;
}

void truth_free(struct truth *t)
{
	if (!t)
		return;
	for (size_t i = 0; t->rows && i < t->s->n_activities; i++)
		free(t->rows[i]);
	free(t->rows);
	free(t->totals);
	free(t);
}

static struct sums *row_of(struct truth *t, size_t activity, uint64_t ns)
{
	uint64_t row = (ns - t->row_ns) / NS_PER_DAY;

	return t->rows[activity] && row < t->n_rows ? &t->rows[activity][row] : NULL;
}

static void add(struct sums *s, const struct truth_packet *p)
{
	unsigned d = p->direction;

	if (p->is_unseen) {
		s->unseen[d] += p->is_retrans ? 0 : p->payload;
		return;
	}
	s->packets[d]++;
	s->ip_bytes[d] += p->ip_bytes;
	if (p->is_retrans)
		s->retrans[d] += p->payload;
	else
		s->payload[d] += p->payload;
	if (!p->payload)
		return;
	if (!s->first_ns)
		s->first_ns = p->ns;
	s->last_ns = p->ns;
}

void truth_packet(struct truth *t, const struct truth_packet *p)
{
	struct sums *row = row_of(t, p->activity, p->ns);

	t->packets += !p->is_unseen;
	add(&t->totals[p->activity], p);
	if (row)
		add(row, p);
}

void truth_connection(struct truth *t, size_t activity, uint64_t ns)
{
	struct sums *row = row_of(t, activity, ns);

	t->totals[activity].connections++;
	if (row)
		row->connections++;
}

uint64_t truth_packets(const struct truth *t)
{
	return t->packets;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void set_count(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void set_time(json_t *o, const char *key, uint64_t ns)
{
	char text[CLOCK_TEXT_MAX];

	json_object_set_new(o, key, ns ? json_string(clock_format(ns, text)) : json_null());
}

static void set_sums(json_t *o, const struct sums *s)
{
	set_time(o, "start", s->first_ns);
	set_time(o, "end", s->last_ns);
	set_count(o, "connections", s->connections);
	set_count(o, "up", s->payload[0]);
	set_count(o, "down", s->payload[1]);
	set_count(o, "ip_bytes_up", s->ip_bytes[0]);
	set_count(o, "ip_bytes_down", s->ip_bytes[1]);
	set_count(o, "packets_up", s->packets[0]);
	set_count(o, "packets_down", s->packets[1]);
	set_count(o, "retransmitted_up", s->retrans[0]);
	set_count(o, "retransmitted_down", s->retrans[1]);
	set_count(o, "unseen_up", s->unseen[0]);
	set_count(o, "unseen_down", s->unseen[1]);
}

static json_t *host_of(const struct host *h)
{
	char text[ADDR_TEXT_MAX];
	json_t *one = json_object();

	json_object_set_new(one, "host", json_string(h->id));
	json_object_set_new(one, "ip", json_string(addr_format(&h->ips[0], text)));
	return one;
}

/* The first host under `key`, all of them under `key`_all when they take turns. */
static void set_party(json_t *o, const char *key, const char *all_key, const struct scenario *s,
		      const struct party *p)
{
	char text[CIDR_TEXT_MAX];

	if (!p->n_hosts) {
		json_object_set_new(o, key, json_pack("{s:s}", "network",
						      cidr_format(&p->network, text)));
		return;
	}
	json_object_set_new(o, key, host_of(&s->hosts[p->hosts[0]]));
	if (p->n_hosts == 1)
		return;
	json_t *all = json_array();
	for (size_t i = 0; i < p->n_hosts; i++)
		json_array_append_new(all, host_of(&s->hosts[p->hosts[i]]));
	json_object_set_new(o, all_key, all);
}

static json_t *nights_of(const struct truth *t, size_t activity)
{
	int64_t offset = tz_smallest_offset(t->s->start.year);
	json_t *list = json_array();

	for (size_t i = 0; i < t->n_rows; i++) {
		const struct sums *sums = &t->rows[activity][i];
		int64_t start = (int64_t)((t->row_ns + i * NS_PER_DAY) / NS_PER_SEC) + offset;
		struct civil c = civil_from_seconds(start);
		char text[CLOCK_TEXT_MAX];

		if (!sums->packets[0] && !sums->packets[1] && !sums->unseen[0] && !sums->unseen[1])
			continue;
		json_t *night = json_object();
		json_object_set_new(night, "night",
				    json_sprintf("%04d-%02d-%02d", c.year, c.month, c.day));
		if (sums->first_ns)
			json_object_set_new(night, "start_local", json_string(clock_format_offset(
					    sums->first_ns, tz_offset(sums->first_ns), text)));
		set_sums(night, sums);
		json_array_append_new(list, night);
	}
	return list;
}

static json_t *activity_of(const struct truth *t, size_t i)
{
	const struct activity *a = &t->s->activities[i];
	json_t *o = json_object();

	json_object_set_new(o, "activity", json_string(a->id));
	json_object_set_new(o, "kind", json_string(a->app->kind));
	set_party(o, "from", "from_all", t->s, &a->from);
	set_party(o, "to", "to_all", t->s, &a->to);
	set_count(o, "runs", a->n_runs);
	set_sums(o, &t->totals[i]);
	if (a->is_leak)
		json_object_set_new(o, "nights", nights_of(t, i));
	return o;
}

int truth_write(const struct truth *t, const char *path)
{
	const struct scenario *s = t->s;
	json_t *root = json_object(), *leaks = json_array(), *all = json_array();

	json_object_set_new(root, "scenario", json_string(s->name));
	json_object_set_new(root, "timezone", json_string(s->timezone));
	set_count(root, "seed", s->seed);
	set_count(root, "days", s->days);
	set_time(root, "start", s->start_ns);
	set_time(root, "end", s->end_ns);
	set_count(root, "packets", t->packets);
	if (s->expect)
		json_object_set(root, "expect", s->expect);
	for (size_t i = 0; i < s->n_activities; i++)
		json_array_append_new(s->activities[i].is_leak ? leaks : all, activity_of(t, i));
	json_object_set_new(root, "leaks", leaks);
	json_object_set_new(root, "activities", all);
	errno = 0;
	int failed = json_dump_file(root, path, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(root);
	return failed ? (errno ? -errno : -EIO) : 0;
}
