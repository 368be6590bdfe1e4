/* attest_check.h - is a chain of attestations whole?  Line by line, from its beginning.
 *
 * A record is judged by itself (the hashes of its parts, its signature, its verdict against what it
 * lists) and by its neighbours (number, date and `prev`).  Who is to blame where two neighbours do
 * not fit:
 *
 *   its own hashes do not fit           the record itself was changed; they say in which part
 *   a number is missing                 the days between were taken out
 *   `prev` is not the hash of the day   that day was changed or exchanged as a whole, hashes
 *   before, whose own hashes fit        included: this record knew another one
 *   the last record's hash is not the   likewise; only a hash that was noted elsewhere, or a
 *   one that was noted (head)           signature, can tell that of the last record
 *
 * So each day that was touched is one problem, and its neighbours are none.  Whoever makes all
 * later records anew is found by signatures, or by a hash that was noted.
 * The text of a file is hostile: bounded, escaped in every message.  One thread.
 */
#ifndef NW_ALERT_ATTEST_CHECK_H
#define NW_ALERT_ATTEST_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "base/sign.h"

#define ATTEST_LINE_MAX (4u << 20)	/* bytes of a record: ours have at most a tenth of it */
#define ATTEST_WHY_MAX 512
#define ATTEST_DATE_MAX 11

/* What is needed of a record; borrowed from it. */
struct attest_view {
	const json_t *record, *body;
	const char *site, *sensor, *date, *verdict;
	const char *prev;		/* NULL: the first */
	int64_t day;
	uint64_t number, skipped_days;
	bool is_valid;
};

/* A record from its line; NULL: ret_why says what is wrong with it, from the column on where that
 * is known ("17: ...").  Free with json_decref(). */
json_t *attest_read(const char *text, size_t len, struct attest_view *ret_view,
		    char ret_why[static ATTEST_WHY_MAX]);

struct attest_problem {
	const char *file;
	size_t line;
	const char *date;		/* "" not known */
	const char *text;
};
typedef void (*attest_problem_fn)(void *arg, const struct attest_problem *p);

struct attest_check {			/* set the first part, the rest is 0 */
	struct sign_key *const *keys;	/* borrowed; none: signatures are counted and not checked */
	size_t n_keys;
	const char *prev;		/* that the first record is to have; NULL: it is number 1 */
	attest_problem_fn problem;
	void *arg;

	uint64_t days, clean, crossings, invalid;
	uint64_t with_signature;
	uint64_t repeated;		/* lines that say the same twice: delivered again */
	uint64_t problems;
	char first[ATTEST_DATE_MAX], last[ATTEST_DATE_MAX];
	char hash[DIGEST_HEX_MAX];	/* of the last record */

	/* private: the record before */
	const char *file;
	size_t line;
	char site[128];
	int64_t day;
	uint64_t number;
	bool has_before, is_bad;	/* bad: something of it was said already */
	uint64_t unread;		/* lines since then that are no records */
};

void attest_check_line(struct attest_check *c, const char *file, size_t line, const char *text,
		       size_t len);
/* After the last line; head: the hash that the last record is to have, or NULL. */
void attest_check_end(struct attest_check *c, const char *head);

#endif
