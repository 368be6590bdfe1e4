/* test_outbox_state.c - the outbox on a state: committed records only, and every sink where it
 * stood. */
#include <stdatomic.h>
#include "base/clock.h"
#include "base/err.h"
#include "state_world.h"

#define MANY 5000

static void append_n(struct outbox *o, unsigned from, unsigned to)
{
	for (unsigned i = from; i <= to; i++)
		outbox_append(o, record_make(i, i % 50));
}

static struct outbox *outbox_on(struct state *s)
{
	struct outbox *o = NULL;

	EQUAL_INT(outbox_new_on_state(s, &o), 0);
	CU_ASSERT(outbox_is_durable(o));
	return o;
}

static void test_committed_only(void)
{
	const struct record *got[8];
	struct record *like;
	struct state *s;
	struct outbox *o;
	bool closed;
	int a;

	world_open();
	s = world_state();
	o = outbox_on(s);
	a = outbox_add_sink(o, "a");
	append_n(o, 1, 3);
	EQUAL_INT(outbox_peek(o, a, got, 8, 0, &closed), 0);
	EQUAL_INT(outbox_waiting(o, a), 0);
	EQUAL_INT(state_commit(s), 0);
	EQUAL_INT(outbox_waiting(o, a), 3);
	EQUAL_INT(outbox_peek(o, a, got, 2, 0, &closed), 2);
	EQUAL_INT(got[0]->sequence, 1);
	append_n(o, 4, 4);
	EQUAL_INT(outbox_peek(o, a, got, 8, 0, &closed), 3);	/* the same and more */
	like = record_make(3, 3);
	EQUAL_TEXT(got[2]->json, like->json);
	EQUAL_INT(got[2]->json_len, like->json_len);
	EQUAL_INT(got[2]->kind, RECORD_ALERT);
	CU_ASSERT(!memcmp(&got[2]->flat, &like->flat, sizeof(like->flat)));
	record_free(like);
	outbox_taken(o, a, 3);
	EQUAL_INT(outbox_peek(o, a, got, 8, 0, &closed), 0);
	CU_ASSERT(!closed);
	EQUAL_INT(state_commit(s), 0);
	outbox_close(o);
	EQUAL_INT(outbox_peek(o, a, got, 8, 0, &closed), 1);
	EQUAL_INT(got[0]->sequence, 4);
	CU_ASSERT(!closed);
	outbox_taken(o, a, 1);
	EQUAL_INT(outbox_peek(o, a, got, 8, 0, &closed), 0);
	CU_ASSERT(closed);
	outbox_free(o);
	state_close(s);
	EQUAL_INT(said_n, 0);
	world_close();
}

/* Cursor and mark are those of the last commit, whatever was taken since. */
static void test_across_runs(void)
{
	const struct record *got[8];
	struct outbox_place place;
	struct state *s;
	struct outbox *o;
	bool closed;

	world_open();
	s = world_state();
	o = outbox_on(s);
	append_n(o, 1, 2);
	EQUAL_INT(outbox_add_sink(o, "late"), 0);	/* begins at what is not committed */
	EQUAL_INT(state_commit(s), 0);
	EQUAL_INT(outbox_add_sink(o, "later"), 1);	/* begins behind it */
	append_n(o, 3, 6);
	EQUAL_INT(state_commit(s), 0);
	EQUAL_INT(outbox_peek(o, 1, got, 8, 0, &closed), 4);
	EQUAL_INT(got[0]->sequence, 3);
	outbox_set_mark(o, 1, 100);
	outbox_place(o, 1, &place);
	EQUAL_INT(place.mark, 0);			/* not before the cursor moves */
	outbox_taken(o, 1, 1);
	EQUAL_INT(state_commit(s), 0);
	outbox_set_mark(o, 1, 200);
	outbox_taken(o, 1, 1);				/* not committed */
	append_n(o, 7, 7);				/* nor this */
	outbox_free(o);
	state_close(s);
	s = world_state();
	EQUAL_INT(state_last_sequence(s), 6);
	o = outbox_on(s);
	EQUAL_INT(outbox_add_sink(o, "later"), 0);
	outbox_place(o, 0, &place);
	CU_ASSERT(place.is_known && place.has_all && !place.keeps_file);
	EQUAL_INT(place.mark, 100);
	EQUAL_INT(outbox_peek(o, 0, got, 8, 0, &closed), 3);
	EQUAL_INT(got[0]->sequence, 4);
	EQUAL_INT(outbox_add_sink(o, "late"), 1);
	EQUAL_INT(outbox_waiting(o, 1), 6);
	EQUAL_INT(outbox_add_sink(o, "never seen"), 2);
	EQUAL_INT(outbox_waiting(o, 2), 0);
	outbox_place(o, 2, &place);
	CU_ASSERT(!place.is_known);
	outbox_rewind(o, 1);
	EQUAL_INT(outbox_waiting(o, 1), 6);
	outbox_free(o);
	state_close(s);
	world_close();
}

/* After it forgot its beginning a sink gets nothing until that is saved. */
static void test_forgotten_beginning(void)
{
	const struct record *got[8];
	struct outbox_place place;
	struct state *s;
	struct outbox *o;
	bool closed;

	world_open();
	for (int run = 0; run < 2; run++) {
		s = world_state();
		o = outbox_on(s);
		outbox_add_sink(o, "a");
		if (!run) {
			append_n(o, 1, 3);
			state_commit(s);
		} else {
			outbox_forget_first(o, 0, 55);
			EQUAL_INT(outbox_peek(o, 0, got, 8, 0, &closed), 0);
			EQUAL_INT(state_commit(s), 0);
			EQUAL_INT(outbox_peek(o, 0, got, 8, 0, &closed), 3);
		}
		outbox_free(o);
		state_close(s);
	}
	s = world_state();
	o = outbox_on(s);
	outbox_add_sink(o, "a");
	outbox_place(o, 0, &place);
	CU_ASSERT(place.is_known && !place.has_all);
	EQUAL_INT(place.mark, 55);
	outbox_free(o);
	state_close(s);
	world_close();
}

static int note_record(void *arg, uint64_t position, const struct record *r)
{
	char *text = arg;
	size_t at = strlen(text);

	snprintf(text + at, 200 - at, "%d:%d ", (int)position, (int)r->sequence);
	return 0;
}

static const char *records_of(struct state *s)
{
	static char text[200];

	*text = '\0';
	EQUAL_INT(state_each_record(s, 0, note_record, text), 0);
	return text;
}

static int note_sink(void *arg, const char *name, uint64_t waiting, uint64_t mark)
{
	char *text = arg;
	size_t at = strlen(text);

	snprintf(text + at, 200 - at, "%s %d %d;", name, (int)waiting, (int)mark);
	return 0;
}

static struct record *record_at(unsigned n, unsigned second)
{
	struct record *r = record_make(n, 10);

	r->flat.ts_ms = second * 1000;
	return r;
}

static void test_retention(void)
{
	char sinks[200] = "";
	struct state *s;
	struct outbox *o;

	world_open();
	s = world_state();
	o = outbox_on(s);
	outbox_add_sink(o, "a");
	outbox_add_sink(o, "b");
	for (unsigned i = 1; i <= 6; i++)
		outbox_append(o, record_at(i, 10 * i));
	EQUAL_INT(state_prune_outbox(s, 100 * NS_PER_SEC, 0), 0);	/* nothing yet */
	EQUAL_INT(state_commit(s), 0);
	EQUAL_TEXT(records_of(s), "1:1 2:2 3:3 4:4 5:5 6:6 ");
	outbox_taken(o, 0, 5);
	outbox_taken(o, 1, 2);
	EQUAL_INT(state_prune_outbox(s, 60 * NS_PER_SEC, 45 * NS_PER_SEC), 0);
	EQUAL_TEXT(records_of(s), "2:2 3:3 4:4 5:5 6:6 ");
	EQUAL_INT(state_prune_outbox(s, 60 * NS_PER_SEC, 0), 0);	/* b still needs 3 */
	EQUAL_INT(state_commit(s), 0);
	EQUAL_TEXT(records_of(s), "3:3 4:4 5:5 6:6 ");
	EQUAL_INT(state_each_sink(s, note_sink, sinks), 0);
	EQUAL_TEXT(sinks, "a 1 0;b 4 0;");
	outbox_free(o);
	state_close(s);
	/* b is not there today, and holds nothing back that is old. */
	s = world_state();
	o = outbox_on(s);
	outbox_add_sink(o, "a");
	EQUAL_INT(state_prune_outbox(s, 60 * NS_PER_SEC, 15 * NS_PER_SEC), 0);
	EQUAL_INT(state_commit(s), 0);
	EQUAL_TEXT(records_of(s), "5:5 6:6 ");
	EQUAL_INT(said_n, 0);
	outbox_free(o);
	state_close(s);
	s = world_state();
	o = outbox_on(s);
	outbox_add_sink(o, "b");
	SAID_ONCE("2 records were too old");
	EQUAL_INT(outbox_waiting(o, 0), 2);
	EQUAL_INT(state_prune_outbox(s, 10 * NS_PER_SEC, 60 * NS_PER_SEC), 0);	/* before 1970 */
	outbox_give_up(o, 0);
	EQUAL_INT(state_prune_outbox(s, 100 * NS_PER_SEC, 0), 0);
	EQUAL_INT(state_commit(s), 0);
	EQUAL_TEXT(records_of(s), "");
	outbox_append(o, record_at(7, 70));
	EQUAL_INT(state_commit(s), 0);
	EQUAL_TEXT(records_of(s), "7:7 ");		/* counted on */
	outbox_free(o);
	state_close(s);
	world_close();
}

/* A row that cannot be read is said once, does not spin, and ends with the outbox. */
static void test_unreadable(void)
{
	const struct record *got[8];
	struct state *s;
	struct outbox *o;
	uint64_t since;
	bool closed;

	world_open();
	s = world_state();
	o = outbox_on(s);
	outbox_add_sink(o, "a");
	append_n(o, 1, 2);
	EQUAL_INT(state_commit(s), 0);
	EQUAL_INT(state_schema_run(s, "UPDATE outbox SET flat = x'00' WHERE position = 1"), 0);
	since = clock_monotonic_ns();
	EQUAL_INT(outbox_peek(o, 0, got, 8, 20 * NS_PER_MS, &closed), 0);
	CU_ASSERT(clock_monotonic_ns() - since >= 20 * NS_PER_MS);
	EQUAL_INT(outbox_peek(o, 0, got, 8, 0, &closed), 0);
	SAID_ONCE("cannot read records for a");
	CU_ASSERT(!closed);
	outbox_close(o);
	EQUAL_INT(outbox_peek(o, 0, got, 8, NS_PER_SEC, &closed), 0);
	CU_ASSERT(closed);
	EQUAL_INT(outbox_waiting(o, 0), 2);
	outbox_free(o);
	state_close(s);
	world_close();
}

/* --- threads
 * ------------------------------------------------------------------------------------- */

struct follower {
	struct outbox *o;
	int sink;
	unsigned slow_us, stop_at;
	size_t max;
	uint64_t taken, wrong;
	pthread_t thread;
};

static void *follow(void *arg)
{
	struct follower *f = arg;
	const struct record *got[64];
	bool closed = false;

	while (!closed) {
		size_t n = outbox_peek(f->o, f->sink, got, f->max, NS_PER_SEC, &closed);

		for (size_t i = 0; i < n; i++)
			if (got[i]->sequence != ++f->taken || got[i]->json[0] != '{')
				f->wrong++;
		if (f->slow_us && n)
			usleep(f->slow_us);
		outbox_set_mark(f->o, f->sink, 10 * f->taken);
		outbox_taken(f->o, f->sink, n);
		if (f->stop_at && f->taken >= f->stop_at) {
			outbox_give_up(f->o, f->sink);
			break;
		}
	}
	return NULL;
}

static void test_threads(void)
{
	struct follower f[4] = {
		{ .max = 64 }, { .max = 1 }, { .max = 7, .slow_us = 50 },
		{ .max = 64, .stop_at = 100 },
	};
	struct state_sink_row row;
	struct state *s;
	struct outbox *o;
	char name[8];

	world_open();
	s = world_state();
	o = outbox_on(s);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "sink%d", i);
		f[i].o = o;
		f[i].sink = outbox_add_sink(o, name);
		pthread_create(&f[i].thread, NULL, follow, &f[i]);
	}
	for (unsigned i = 1; i <= MANY; i++) {
		append_n(o, i, i);
		state_put(s, STATE_CHANNEL, &i, sizeof(i), "x", 1);
		if (i % 37 == 0)
			EQUAL_INT(state_commit(s), 0);
		if (i % 500 == 0)
			EQUAL_INT(state_prune_outbox(s, UINT64_MAX / 2, 0), 0);
	}
	EQUAL_INT(state_commit(s), 0);
	outbox_close(o);
	for (int i = 0; i < 4; i++) {
		pthread_join(f[i].thread, NULL);
		EQUAL_INT(f[i].wrong, 0);
		if (!f[i].stop_at) {
			EQUAL_INT(f[i].taken, MANY);
			EQUAL_INT(outbox_waiting(o, i), 0);
		}
	}
	EQUAL_INT(state_commit(s), 0);
	EQUAL_INT(state_outbox_sink(s, "sink1", &row), 0);
	EQUAL_INT(row.cursor, MANY + 1);
	EQUAL_INT(row.mark, 10 * MANY);
	outbox_free(o);
	state_close(s);
	EQUAL_INT(said_n, 0);
	world_close();
}

/* A sink that never takes anything: no memory, no waiting, everything still there. */
static void test_stalled(void)
{
	const struct record *got[1];
	struct outbox_counters c;
	struct state *s;
	struct outbox *o;
	bool closed;

	world_open();
	s = world_state();
	o = outbox_on(s);
	outbox_add_sink(o, "stalled");
	for (unsigned i = 1; i <= 200; i++) {
		outbox_append(o, record_make(i, 1 << 20));	/* three times the bound */
		EQUAL_INT(state_commit(s), 0);
	}
	outbox_counters(o, &c);
	EQUAL_INT(c.appended, 200);
	EQUAL_INT(c.bytes, 0);
	EQUAL_INT(c.full_waits, 0);
	EQUAL_INT(outbox_waiting(o, 0), 200);
	EQUAL_INT(outbox_peek(o, 0, got, 1, 0, &closed), 1);
	EQUAL_INT(got[0]->sequence, 1);
	outbox_free(o);
	state_close(s);
	world_close();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "sinks see what is committed, whole", test_committed_only },
		{ "cursor and mark across runs", test_across_runs },
		{ "a forgotten beginning is saved first", test_forgotten_beginning },
		{ "retention: old, and taken by every sink of this run", test_retention },
		{ "a row that cannot be read", test_unreadable },
		{ "four sinks beside commits and retention", test_threads },
		{ "a stalled sink costs nothing", test_stalled },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "outbox_state", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
