/* redis_entry.c - see redis_entry.h. */
#include "output/redis_entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add(struct redis_entry *e, const char *text, size_t len)
{
	e->argv[e->argc] = text;
	e->lens[e->argc++] = len;
	e->bytes += len;
}

static void add_word(struct redis_entry *e, const char *text)
{
	add(e, text, strlen(text));
}

static const char *number(struct redis_entry *e, uint64_t n)
{
	char *buf = e->numbers[e->n_numbers++];

	snprintf(buf, sizeof(e->numbers[0]), "%" PRIu64, n);
	return buf;
}

static void add_text(struct redis_entry *e, const char *name, const char *value)
{
	add_word(e, name);
	add_word(e, *value ? value : "-");
}

static void add_number(struct redis_entry *e, const char *name, uint64_t value)
{
	add_word(e, name);
	add_word(e, number(e, value));
}

static void add_flat(struct redis_entry *e, const struct record_flat *f)
{
	add_text(e, "id", f->id);
	add_text(e, "incident", f->incident);
	add_text(e, "case", f->case_id);
	add_text(e, "action", f->action);
	add_number(e, "ts_ms", f->ts_ms);
	add_text(e, "site", f->site);
	add_text(e, "sensor", f->sensor);
	add_text(e, "rule", f->rule);
	add_number(e, "sev", f->severity);
	add_number(e, "risk", f->risk);
	add_text(e, "level", f->level);
	add_text(e, "asset", f->asset);
	add_text(e, "role", f->role);
	add_text(e, "src", f->src);
	add_text(e, "dst", f->dst);
	add_number(e, "dport", f->dport);
	add_text(e, "proto", f->proto);
	add_text(e, "app", f->app);
	add_number(e, "bytes_up", f->bytes_up);
	add_number(e, "nights", f->nights);
	add_text(e, "wo", f->work_order);
}

void redis_entry_build(struct redis_entry *e, const char *key, uint64_t maxlen,
		       const struct record *r, const char *error)
{
	e->argc = 0;
	e->bytes = 0;
	e->n_numbers = 0;
	add_word(e, "XADD");
	add_word(e, key);
	add_word(e, "MAXLEN");
	add_word(e, "~");
	add_word(e, number(e, maxlen));
	add_word(e, "*");
	add_text(e, "v", "1");
	add_flat(e, &r->flat);
	if (error)
		add_text(e, "error", error);
	add_word(e, "json");
	add(e, r->json, r->json_len);
}
