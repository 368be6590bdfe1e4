/* jsonl.c - see sinks.h: the records as JSON lines in a file.
 *
 * A batch is peeked, written, and only then taken, so a record leaves the outbox when the
 * system has it.  Batches grow by themselves when records come fast; with one record at a time
 * each is written at once.  Thread: its own, from jsonl_sink_open() to jsonl_sink_close().
 *
 * With a state the file is the same, byte for byte, however often the program was killed and
 * started again.  The outbox keeps a cursor and a mark, the file's length when all before the
 * cursor was written; both are saved by one commit of the state, and a start cuts the file back
 * to the mark and goes on from the cursor.  The invariant is: the first `mark` bytes of the
 * file are on the disk, and they are the lines of the records before `cursor`.  What can be
 * interrupted where:
 *
 *   1 write    A line half written, or whole ones of which nobody knows: behind the saved mark, cut
 *              off, written again.  The same rows give the same bytes, because a row never changes
 *              and is not deleted before the saved cursor has passed it.
 *   2 fsync    Before it returns the mark stays where it was: as 1.  A power cut may leave the file
 *              with the new length and zeros in it: behind the saved mark, as 1.
 *   3 taken    Cursor and mark move together, under the outbox's lock, and in memory only: as 1.  A
 *              commit at any instant saves the two of before or the two of after.
 *   4 commit   It is a transaction: either the old pair counts, as 1, or the new one, for which
 *              the fsync came first.
 *   5 cut      Interrupted at the start: the file is longer than the mark still, or just as long.
 *   6 new      A new sink is saved by the first commit, which is also the first that lets it see a
 *              record.  Killed before: the file is emptied again, with nothing in it.
 *   7 records  Never seen before their commit; so no line can stand in the file whose record the
 *              state has forgotten, not even after a power cut (synchronous=FULL).
 *
 * When the file is not as long as its mark, or no line ends there, somebody else has changed it
 * (logrotate, another file by that name).  If the outbox still has every record since the
 * sink's first, the file is emptied and written anew: interrupted, it is either still too short
 * and this happens again, or long enough, and then its first `mark` bytes are the right ones,
 * since they were written from the same records.  Otherwise what stands there stays, and the
 * records not yet taken are appended; that is a new beginning, and must be saved before the
 * first of them is written (outbox_forget_first()), or they would be appended twice.
 *
 * Standard output and pipes cannot be cut: they go on from the cursor, and after a crash some
 * records come twice.  A disk that is full is tried again until the end with a state, and given
 * up without.
 */
#include "output/sinks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "output/lines.h"

#define BATCH_RECORDS 512
#define PEEK_NS NS_PER_SEC
#define RETRY_NS (5 * NS_PER_SEC)

struct jsonl_sink {
	struct outbox *outbox;
	struct lines *lines;
	enum record_kind kind;
	int sink;			/* number in the outbox */
	bool appends;			/* live: what is in the file stays */
	bool is_resumable; /* a file that can be cut, and a state or one that is appended to */
	bool was_last_try;
	uint64_t mark;			/* of the thread's */
	int err;			/* the thread's; read after joining it */
	pthread_t thread;
};

/* --- the thread ----------------------------------------------------------- */

static int write_batch(struct jsonl_sink *s, const struct record *const *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (records[i]->kind == s->kind)
			lines_put(s->lines, records[i]->json, records[i]->json_len);
	return s->is_resumable ? lines_sync(s->lines) : lines_flush(s->lines);
}

static void take_batch(struct jsonl_sink *s, size_t n)
{
	if (s->is_resumable) {
		s->mark = lines_offset(s->lines);
		outbox_set_mark(s->outbox, s->sink, s->mark);
	}
	outbox_taken(s->outbox, s->sink, n);
}

/* After a failure: whether the batch is to be tried again, from the mark on. */
static bool prepare_retry(struct jsonl_sink *s)
{
	if (!s->is_resumable || s->was_last_try)
		return false;
	s->was_last_try = outbox_wait_end(s->outbox, RETRY_NS);
	/* When it cannot even be cut the next write fails as well. */
	lines_cut(s->lines, s->mark);
	return true;
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
		if (!s->err) {
			take_batch(s, n);
		} else if (!prepare_retry(s)) {
			outbox_give_up(s->outbox, s->sink);
			break;
		}
	}
	return NULL;
}

/* --- opening -------------------------------------------------------------- */

/* The file is not the one that was written. */
static int meet_changed_file(struct jsonl_sink *s, const char *path,
			     const struct outbox_place *place)
{
	char shown[256];
	int err;

	text_escape(path, strlen(path), shown, sizeof(shown));
	if (place->is_known && place->has_all) {
		log_warn("alerts", "%s is not as it was left (%llu bytes): it is written anew from "
			 "the state, which has all its records", shown,
			 (unsigned long long)place->mark);
		err = lines_cut(s->lines, 0);
		if (!err)
			outbox_rewind(s->outbox, s->sink);
		return err;
	}
	if (place->is_known)
		log_warn("alerts", "%s is not as it was left (%llu bytes), and the state has no "
			 "longer all its records: new ones are appended to what is there", shown,
			 (unsigned long long)place->mark);
	else
		log_warn("alerts", "%s is kept, because %s: new records are appended", shown,
			 place->keeps_file ? "the state had to be begun anew" :
					     "a sensor adds to its file");
	err = lines_cut_partial(s->lines);
	s->mark = lines_offset(s->lines);
	if (!err)
		outbox_forget_first(s->outbox, s->sink, s->mark);
	return err;
}

static int find_place(struct jsonl_sink *s, const char *path)
{
	struct outbox_place place;

	s->is_resumable = lines_is_regular(s->lines) &&
			  (s->appends || outbox_is_durable(s->outbox));
	if (!s->is_resumable)
		return 0;
	if (!outbox_is_durable(s->outbox)) {
		int err = lines_cut_partial(s->lines);

		s->mark = lines_offset(s->lines);
		return err;
	}
	outbox_place(s->outbox, s->sink, &place);
	if (!place.is_known &&
	    (lines_is_empty(s->lines) || (!place.keeps_file && !s->appends)))
		return lines_cut(s->lines, 0);
	if (!place.is_known || !lines_end_at(s->lines, place.mark))
		return meet_changed_file(s, path, &place);
	s->mark = place.mark;
	return lines_cut(s->lines, place.mark);
}

/* The sink's name in a state: "file:" and the path as given. */
static int add_to_outbox(struct jsonl_sink *s, const char *path)
{
	size_t cap = strlen(path) + sizeof("file:");
	char *name = malloc(cap);

	if (!name)
		return -ENOMEM;
	text_format(name, cap, "file:%s", path);
	s->sink = outbox_add_sink(s->outbox, name);
	free(name);
	return s->sink < 0 ? s->sink : 0;
}

static int start(struct jsonl_sink *s, const char *path)
{
	int err = add_to_outbox(s, path);

	if (err) {
		log_err("alerts", "cannot start: %s", err_text(err));
		return err;
	}
	err = find_place(s, path);
	if (!err) {
		err = -pthread_create(&s->thread, NULL, run, s);
		if (err)
			log_err("alerts", "cannot start: %s", err_text(err));
	}
	if (err)
		outbox_give_up(s->outbox, s->sink);
	return err;
}

int jsonl_sink_open_kind(const char *path, struct outbox *o, enum record_kind kind, bool appends,
			 struct jsonl_sink **ret_sink)
{
	struct jsonl_sink *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		goto out;
	s->outbox = o;
	s->appends = appends;
	s->kind = kind;
	err = appends || outbox_is_durable(o) ? lines_open_kept(path, "alerts", &s->lines) :
				     lines_open(path, "alerts", &s->lines);
	if (!err)
		err = start(s, path);
	if (err)
		goto out;
	pthread_setname_np(s->thread, "nw-alerts");
	*ret_sink = steal(&s);
out:	if (s)
		lines_close(s->lines);
	free(s);
	return err;
}

int jsonl_sink_open(const char *path, struct outbox *o, struct jsonl_sink **ret_sink)
{
	return jsonl_sink_open_kind(path, o, RECORD_ALERT, false, ret_sink);
}

int jsonl_sink_open_appending(const char *path, struct outbox *o, struct jsonl_sink **ret_sink)
{
	return jsonl_sink_open_kind(path, o, RECORD_ALERT, true, ret_sink);
}

int jsonl_sink_close(struct jsonl_sink *s)
{
	int err, close_err;

	if (!s)
		return 0;
	pthread_join(s->thread, NULL);
	err = s->err;
	/* The outbox has said why it could not be read. */
	if (!err && outbox_waiting(s->outbox, s->sink))
		err = -EIO;
	close_err = lines_close(s->lines);
	free(s);
	return err ? err : close_err;
}
