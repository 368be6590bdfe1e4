/* test_state_seal.c - a sealed state: the same memory for the holder of the key, in the same order,
 * nothing readable for others, and what does not fit refused. */
#include <errno.h>
#include "base/err.h"
#include "state_world.h"
#include "store/state_seal.h"

static const uint8_t key[PSEUDONYM_KEY_LEN] = { 9, 8, 7 }, other[PSEUDONYM_KEY_LEN] = { 1 };

static struct state *sealed_state(void)
{
	struct state *s = world_state();

	EQUAL_INT(state_seal(s, key), 0);
	return s;
}

static bool is_in_files(const char *text)
{
	static const char *const parts[] = { "", "-wal" };
	bool is_found = false;

	for (size_t i = 0; i < 2; i++) {
		char path[160];
		size_t len;
		char *bytes;

		snprintf(path, sizeof(path), "%s%s", world_path, parts[i]);
		bytes = world_read(path, &len);
		is_found |= len && memmem(bytes, len, text, strlen(text));
		free(bytes);
	}
	return is_found;
}

static int note_row(void *arg, const void *row_key, size_t key_len, const void *value,
		    size_t value_len)
{
	char *text = arg;
	size_t at = strlen(text);

	snprintf(text + at, 512 - at, "%.*s=%.*s ", (int)key_len, (const char *)row_key,
		 (int)value_len, (const char *)value);
	return 0;
}

static const char *walk(struct state *s, enum state_table t)
{
	static char text[512];

	text[0] = '\0';
	EQUAL_INT(state_each(s, t, note_row, text), 0);
	return text;
}

static void what_is_put_comes_back_in_order(void)
{
	struct state *s;

	world_open();
	s = sealed_state();
	EQUAL_INT(put_text(s, STATE_CHANNEL, "peer-203", "held-a"), 0);
	EQUAL_INT(put_text(s, STATE_CHANNEL, "peer-10", "held-b"), 0);
	EQUAL_INT(put_text(s, STATE_CHANNEL, "peer-99", ""), 0);
	EQUAL_INT(put_text(s, STATE_EVIDENCE, "peer-203", "held-c"), 0);
	EQUAL_INT(put_text(s, STATE_META, "policy", "held-d"), 0);
	EQUAL_INT(state_put(s, STATE_CHANNEL, "", 0, "held-e", 6), 0);
	for (int turn = 0; turn < 3; turn++) {
		EQUAL_TEXT(get_text(s, STATE_CHANNEL, "peer-203"), "held-a");
		EQUAL_TEXT(get_text(s, STATE_CHANNEL, "peer-99"), "");
		EQUAL_TEXT(get_text(s, STATE_CHANNEL, "peer-1"), "-");
		EQUAL_TEXT(get_text(s, STATE_META, "policy"), "held-d");
		EQUAL_TEXT(walk(s, STATE_CHANNEL),
			   "=held-e peer-10=held-b peer-203=held-a peer-99= ");
		EQUAL_INT(state_rows(s, STATE_CHANNEL), 4);
		if (turn == 0)
			EQUAL_INT(state_commit(s), 0);
		CU_ASSERT_FALSE(is_in_files("peer-") || is_in_files("held-"));
		if (turn == 1) {
			state_close(s);
			s = sealed_state();
		}
	}
	EQUAL_INT(state_delete(s, STATE_CHANNEL, "peer-203", 8), 0);
	EQUAL_INT(put_text(s, STATE_CHANNEL, "peer-10", "held-f"), 0);
	EQUAL_INT(state_commit(s), 0);
	EQUAL_TEXT(walk(s, STATE_CHANNEL), "=held-e peer-10=held-f peer-99= ");
	EQUAL_TEXT(get_text(s, STATE_EVIDENCE, "peer-203"), "held-c");
	state_close(s);
	EQUAL_INT(said_n, 0);
	world_close();
}

/* So that the search above can find something. */
static void an_open_one_is_readable(void)
{
	struct state *s;

	world_open();
	s = world_state();
	EQUAL_INT(state_seal(s, NULL), 0);
	EQUAL_INT(put_text(s, STATE_CHANNEL, "peer-203", "held-a"), 0);
	EQUAL_INT(state_commit(s), 0);
	CU_ASSERT_TRUE(is_in_files("peer-203") && is_in_files("held-a"));
	state_close(s);
	world_close();
}

static void what_does_not_fit_is_refused(void)
{
	struct state *s;

	world_open();
	s = sealed_state();
	EQUAL_INT(put_text(s, STATE_CHANNEL, "a", "b"), 0);
	EQUAL_INT(state_commit(s), 0);
	state_close(s);
	s = world_state();
	EQUAL_INT(state_seal(s, NULL), -EPERM);
	SAID_ONCE("is sealed for a site that wants pseudonyms: give the site file");
	EQUAL_INT(state_seal(s, other), -EPERM);
	SAID_ONCE("was sealed with another key");
	EQUAL_INT(state_seal(s, key), 0);
	EQUAL_TEXT(get_text(s, STATE_CHANNEL, "a"), "b");
	state_close(s);
	world_close();

	world_open();
	s = world_state();
	EQUAL_INT(put_text(s, STATE_META, "site", "T"), 0);
	EQUAL_INT(state_commit(s), 0);
	EQUAL_INT(state_seal(s, key), -EPERM);
	SAID_ONCE("was begun without pseudonyms");
	EQUAL_TEXT(get_text(s, STATE_META, "site"), "T");
	state_close(s);
	world_close();
}

static void a_reader_beside_the_writer_opens_it(void)
{
	struct state *s, *reader = NULL;

	world_open();
	s = sealed_state();
	EQUAL_INT(put_text(s, STATE_CHANNEL, "a", "b"), 0);
	EQUAL_INT(state_commit(s), 0);
	EQUAL_INT(state_open(world_path, STATE_READ, &reader), 0);
	EQUAL_INT(state_seal(reader, key), 0);
	EQUAL_TEXT(walk(reader, STATE_CHANNEL), "a=b ");
	state_close(reader);
	state_close(s);
	EQUAL_INT(said_n, 0);
	world_close();
}

/* Rows that were exchanged, cut or changed: left out, said once; the others are there. */
static void damaged_rows_are_left_out(void)
{
	struct state *s;
	sqlite3 *db;

	world_open();
	s = sealed_state();
	EQUAL_INT(put_text(s, STATE_CHANNEL, "a", "1"), 0);
	EQUAL_INT(put_text(s, STATE_CHANNEL, "b", "2"), 0);
	EQUAL_INT(put_text(s, STATE_CHANNEL, "c", "3"), 0);
	EQUAL_INT(put_text(s, STATE_SUBJECT, "a", "4"), 0);
	EQUAL_INT(state_commit(s), 0);
	state_close(s);
	EQUAL_INT(sqlite3_open(world_path, &db), SQLITE_OK);
	/* The value of one row behind the key of another, and a row of another table. */
	EQUAL_INT(sqlite3_exec(db, "UPDATE channel SET value = (SELECT value FROM channel LIMIT 1)"
			       "; INSERT INTO channel SELECT key, value FROM subject"
			       "; INSERT INTO channel VALUES (x'00', x'')", NULL, NULL, NULL),
		  SQLITE_OK);
	sqlite3_close(db);
	s = sealed_state();
	EQUAL_INT(strlen(walk(s, STATE_CHANNEL)), 4);		/* one row, "a=1 " or another */
	EQUAL_INT(said_count(), 1);
	EQUAL_TEXT(walk(s, STATE_SUBJECT), "a=4 ");
	EQUAL_INT(said_count(), 1);
	state_close(s);
	world_close();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "what is put comes back, in order", what_is_put_comes_back_in_order },
		{ "an open one is readable", an_open_one_is_readable },
		{ "what does not fit is refused", what_does_not_fit_is_refused },
		{ "a reader beside the writer opens it", a_reader_beside_the_writer_opens_it },
		{ "damaged rows are left out", damaged_rows_are_left_out },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "state_seal", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
