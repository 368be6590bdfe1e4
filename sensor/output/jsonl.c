/* jsonl.c - see sinks.h: the records as JSON lines in a file.
 *
 * A batch is peeked, written, and only then taken, so a record leaves the outbox when the
 * system has it.  Batches grow by themselves when records come fast; with one record at a time
 * each is written at once.  Thread: its own, from jsonl_sink_open() to jsonl_sink_close().
 */
#include "output/sinks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "output/lines.h"

#define BATCH_RECORDS 512
#define PEEK_NS NS_PER_SEC

struct jsonl_sink {
	struct outbox *outbox;
	struct lines *lines;
	int sink;			/* number in the outbox */
	int err;			/* the thread's; read after joining it */
	pthread_t thread;
};

static int write_batch(struct jsonl_sink *s, const struct record *const *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (records[i]->kind == RECORD_ALERT)
			lines_put(s->lines, records[i]->json, records[i]->json_len);
	return lines_flush(s->lines);
}

static void *run(void *arg)
{
	struct jsonl_sink *s = arg;
	const struct record *records[BATCH_RECORDS];
	bool closed = false;

	while (!closed) {
		size_t n = outbox_peek(s->outbox, s->sink, records, BATCH_RECORDS, PEEK_NS,
				       &closed);

		if (!n)
			continue;
		s->err = write_batch(s, records, n);
		if (s->err) {
			outbox_give_up(s->outbox, s->sink);
			break;
		}
		outbox_taken(s->outbox, s->sink, n);
	}
	return NULL;
}

int jsonl_sink_open(const char *path, struct outbox *o, struct jsonl_sink **ret_sink)
{
	struct jsonl_sink *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		goto out;
	s->outbox = o;
	err = lines_open(path, "alerts", &s->lines);
	if (err)
		goto out;
	s->sink = outbox_add_sink(o, "alerts");
	err = s->sink < 0 ? s->sink : -pthread_create(&s->thread, NULL, run, s);
	if (err) {
		log_err("alerts", "cannot start: %s", err_text(err));
		if (s->sink >= 0)
			outbox_give_up(o, s->sink);
		goto out;
	}
	pthread_setname_np(s->thread, "nw-alerts");
	*ret_sink = steal(&s);
out:	if (s)
		lines_close(s->lines);
	free(s);
	return err;
}

int jsonl_sink_close(struct jsonl_sink *s)
{
	int err, close_err;

	if (!s)
		return 0;
	pthread_join(s->thread, NULL);
	err = s->err;
	close_err = lines_close(s->lines);
	free(s);
	return err ? err : close_err;
}
