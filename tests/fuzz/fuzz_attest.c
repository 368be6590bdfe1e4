/* fuzz_attest.c - any bytes as a file of attestations, and as the running day of a state.
 *
 * First byte even: the rest is a file.  What is read is within its bounds, every line is either
 * read or told, and what is told has its line; a record differs from itself nowhere.
 * Odd: the rest is a packed day.  It is refused, or within its bounds, in order, and packed to what
 * is read as the same again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/attest_check.h"
#include "alert/attest_differ.h"
#include "app/attest_page.h"
#include "profile/attest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static uint64_t told;
static size_t line_now;

static void take_problem(void *arg, const struct attest_problem *p)
{
	(void)arg;
	told++;
	ENSURE(p->line <= line_now && p->text[0] && strlen(p->text) < 2 * ATTEST_WHY_MAX);
	for (const char *c = p->text; *c; c++)
		ENSURE(*c >= ' ' && *c <= '~');
}

static void fail_differing(void *arg, const char *path, const char *ours, const char *theirs)
{
	(void)arg;
	(void)path;
	(void)ours;
	(void)theirs;
	abort();
}

static void check_record(const char *text, size_t len, FILE *out)
{
	char why[ATTEST_WHY_MAX];
	struct attest_view v;
	json_t *record = attest_read(text, len, &v, why);

	if (!record) {
		ENSURE(why[0] && strlen(why) < ATTEST_WHY_MAX);
		return;
	}
	ENSURE(v.number && v.date && v.site && v.verdict);
	ENSURE(!attest_differ(record, record, 10, fail_differing, NULL));
	attest_page_print(&v, "-", out);
	attest_page_line(&v, out);
	json_decref(record);
}

static void check_file(const char *text, size_t size)
{
	struct attest_check c = { .problem = take_problem };
	FILE *out = fopen("/dev/null", "w");
	const char *end = text + size;
	uint64_t unread = 0;

	ENSURE(out);
	told = 0;
	for (line_now = 1; text < end; line_now++) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((eol ? eol : end) - text);
		uint64_t days = c.days, repeated = c.repeated, before = told;

		attest_check_line(&c, "f", line_now, text, len);
		unread += c.days == days && c.repeated == repeated;
		ENSURE(c.days != days || c.repeated != repeated || told == before + 1);
		check_record(text, len, out);
		text = eol ? eol + 1 : end;
	}
	attest_check_end(&c, NULL);
	ENSURE(c.problems == told && told >= unread);
	ENSURE(c.clean + c.crossings + c.invalid == c.days);
	fclose(out);
}

static void check_day(const uint8_t *data, size_t size)
{
	struct packer first = { 0 }, second = { 0 };
	struct unpacker u = unpack_over(data, size);
	struct attest *a, *again;

	ENSURE(!attest_new(&a) && !attest_new(&again));
	if (attest_unpack(a, &u)) {
		const struct attest_day *d = &a->today;

		ENSURE(d->without.n <= ATTEST_ROWS_MAX && d->with.n <= ATTEST_ROWS_MAX);
		ENSURE(d->n_sessions <= ATTEST_SESSIONS_MAX);
		ENSURE(d->n_silences <= ATTEST_SILENCES_MAX && d->start_ns < d->end_ns);
		attest_pack(a, &first);
		u = unpack_over(first.bytes, first.len);
		ENSURE(attest_unpack(again, &u));
		attest_pack(again, &second);
		ENSURE(first.len == second.len && !memcmp(first.bytes, second.bytes, first.len));
	} else {
		ENSURE(!a->first_ns && !a->number && !a->today.end_ns);
	}
	attest_free(a);
	attest_free(again);
	pack_free(&first);
	pack_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		check_day(data + 1, size - 1);
	else
		check_file((const char *)data + 1, size - 1);
	return 0;
}
