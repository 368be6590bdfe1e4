/* command_attest.c - nachtwacht attest: daily separation attestations, read by people and checked.
 *
 * Reads files that --attestations has written; no state, no site, no network.
 */
#include "app/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "alert/attest_check.h"
#include "alert/attest_differ.h"
#include "alert/attest_form.h"
#include "app/attest_file.h"
#include "app/attest_page.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define SHOWN_MAX 256
#define DIFFERENCES_MAX 64		/* of one day */
#define DAYS_MAX 20000			/* of the other copy: more than fifty years */

/* --- show ------------------------------------------------------------------------------------- */

struct showing {
	const char *date;		/* NULL: the last one */
	bool is_list;
	json_t *found;			/* owned */
	uint64_t days, bad;
};

static void say_bad_line(const char *file, size_t line, const char *why)
{
	char shown[SHOWN_MAX];

	log_warn("attest", "%s:%zu:%s%s", text_escape(file, strlen(file), shown, sizeof(shown)),
		 line, *why >= '0' && *why <= '9' ? "" : " ", why);
}

static void show_line(void *arg, const char *file, size_t line, const char *text, size_t len)
{
	struct showing *s = arg;
	char why[ATTEST_WHY_MAX];
	struct attest_view v;
	json_t *record = attest_read(text, len, &v, why);

	if (!record) {
		s->bad++;
		say_bad_line(file, line, why);
		return;
	}
	s->days++;
	if (s->is_list) {
		if (s->days == 1)
			attest_page_heading(stdout);
		attest_page_line(&v, stdout);
	}
	if (!s->is_list && (!s->date || !strcmp(s->date, v.date))) {
		json_decref(s->found);
		s->found = json_incref(record);
	}
	json_decref(record);
}

static int print_page(const json_t *record)
{
	char *canonical = attest_canonical(record), why[ATTEST_WHY_MAX], hash[DIGEST_HEX_MAX];
	struct attest_view v;
	json_t *again = canonical ? attest_read(canonical, strlen(canonical), &v, why) : NULL;

	if (again) {
		digest_sha256_hex(canonical, strlen(canonical), hash);
		attest_page_print(&v, hash, stdout);
	} else {
		log_err("attest", "out of memory");
	}
	json_decref(again);
	free(canonical);
	return again ? EXIT_DONE : EXIT_FAILED;
}

static int show(const struct options *o)
{
	struct showing s = { .date = o->date, .is_list = o->list };
	int status = EXIT_DONE;

	for (size_t i = 1; i < o->n_paths && status == EXIT_DONE; i++)
		if (attest_file_each(o->paths[i], show_line, &s))
			status = EXIT_USAGE;
	if (status == EXIT_DONE && !s.days) {
		log_err("attest", "no attestation in what was given; --attestations FILE of replay "
			"or live writes them");
		status = EXIT_USAGE;
	} else if (status == EXIT_DONE && o->date && !s.found) {
		char shown[SHOWN_MAX];

		log_err("attest", "no attestation of \"%s\" in what was given; attest show --list "
			"lists the days", text_escape(o->date, strlen(o->date), shown,
						      sizeof(shown)));
		status = EXIT_USAGE;
	} else if (status == EXIT_DONE && s.found) {
		status = print_page(s.found);
	}
	json_decref(s.found);
	return status;
}

/* --- verify: another copy --------------------------------------------------------------------- */

struct copy {				/* of the other file, in order of coming */
	json_t **records;		/* owned */
	size_t n, room;
	uint64_t bad;
	bool has_failed;
};

static void keep_line(void *arg, const char *file, size_t line, const char *text, size_t len)
{
	struct copy *c = arg;
	char why[ATTEST_WHY_MAX];
	struct attest_view v;
	json_t *record = attest_read(text, len, &v, why), **more;

	if (!record) {
		c->bad++;
		say_bad_line(file, line, why);
		return;
	}
	if (c->n == c->room) {
		c->room = c->room ? 2 * c->room : 64;
		more = c->n < DAYS_MAX ? realloc(c->records, c->room * sizeof(*more)) : NULL;
		if (!more) {
			c->has_failed = true;
			json_decref(record);
			return;
		}
		c->records = more;
	}
	c->records[c->n++] = record;
}

static void free_copy(struct copy *c)
{
	for (size_t i = 0; i < c->n; i++)
		json_decref(c->records[i]);
	free(c->records);
}

static const char *date_of(const json_t *record)
{
	return json_string_value(json_object_get(attest_body(record), "date"));
}

static json_t *find_day(const struct copy *c, const char *date)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(date_of(c->records[i]), date))
			return c->records[i];
	return NULL;
}

/* --- verify ----------------------------------------------------------------------------------- */

struct verifying {
	struct attest_check check;
	struct sign_key *keys[OPTIONS_KEYS_MAX];	/* owned */
	struct copy copy;
	const char *against;		/* NULL: no other copy */
	uint64_t differing, not_there, compared;
};

static void print_problem(void *arg, const struct attest_problem *p)
{
	char shown[SHOWN_MAX];

	(void)arg;
	text_escape(p->file, strlen(p->file), shown, sizeof(shown));
	printf("%s:%zu:%s%s%s%s\n", shown, p->line, *p->date ? " " : "", p->date,
	       *p->date ? ": " : *p->text >= '0' && *p->text <= '9' ? "" : " ", p->text);
}

static void print_difference(void *arg, const char *path, const char *ours, const char *theirs)
{
	(void)arg;
	printf("    %s: %s here, %s there\n", path, ours, theirs);
}

static void compare_line(struct verifying *v, const char *file, size_t line, const json_t *record)
{
	const json_t *other = find_day(&v->copy, date_of(record));
	char shown[SHOWN_MAX];
	size_t n;

	text_escape(file, strlen(file), shown, sizeof(shown));
	if (!other) {
		v->not_there++;
		printf("%s:%zu: %s: not in the other copy\n", shown, line, date_of(record));
		return;
	}
	v->compared++;
	if (json_equal((json_t *)record, (json_t *)other))
		return;
	v->differing++;
	printf("%s:%zu: %s: differs from the other copy:\n", shown, line, date_of(record));
	n = attest_differ(record, other, DIFFERENCES_MAX, print_difference, NULL);
	if (n > DIFFERENCES_MAX)
		printf("    and %zu more values\n", n - DIFFERENCES_MAX);
}

static void verify_line(void *arg, const char *file, size_t line, const char *text, size_t len)
{
	struct verifying *v = arg;
	char why[ATTEST_WHY_MAX];
	struct attest_view view;
	json_t *record;

	attest_check_line(&v->check, file, line, text, len);
	if (!v->against)
		return;
	record = attest_read(text, len, &view, why);
	if (record)
		compare_line(v, file, line, record);
	json_decref(record);
}

static void print_sums(const struct verifying *v)
{
	const struct attest_check *c = &v->check;

	printf("%" PRIu64 " days, %s to %s: %" PRIu64 " clean, %" PRIu64 " with crossings without "
	       "order, %" PRIu64 " invalid\n", c->days, c->first, c->last, c->clean, c->crossings,
	       c->invalid);
	if (c->n_keys)
		printf("signatures: %" PRIu64 ", checked\n", c->with_signature);
	else
		printf("signatures: %" PRIu64 "%s\n", c->with_signature,
		       c->with_signature ? ", not checked: give the public key by --key" : "");
	if (c->repeated)
		printf("delivered again: %" PRIu64 " lines that say the same as the one before\n",
		       c->repeated);
	if (v->against)
		printf("other copy: %" PRIu64 " days compared, %" PRIu64 " differ, %" PRIu64
		       " not there\n", v->compared, v->differing, v->not_there);
	printf("last hash: %s\n", c->hash);
	if (c->problems)
		printf("NOT WHOLE: %" PRIu64 " problem%s\n", c->problems,
		       c->problems == 1 ? "" : "s");
	else
		puts("whole: no day was changed, taken out or put in");
}

static int load_keys(struct verifying *v, const struct options *o)
{
	for (size_t i = 0; i < o->n_keys; i++)
		if (sign_key_load_public(o->keys[i], &v->keys[i]))
			return EXIT_USAGE;
	v->check.keys = v->keys;
	v->check.n_keys = o->n_keys;
	return EXIT_DONE;
}

static int load_copy(struct verifying *v, const struct options *o)
{
	v->against = o->against;
	if (!o->against)
		return EXIT_DONE;
	if (attest_file_each(o->against, keep_line, &v->copy))
		return EXIT_USAGE;
	if (v->copy.has_failed)
		log_err("attest", "out of memory: the other copy is too large");
	return v->copy.has_failed ? EXIT_FAILED : EXIT_DONE;
}

static int verify_files(struct verifying *v, const struct options *o)
{
	for (size_t i = 1; i < o->n_paths; i++)
		if (attest_file_each(o->paths[i], verify_line, v))
			return EXIT_USAGE;
	attest_check_end(&v->check, o->head);
	if (!v->check.days) {
		log_err("attest", "no attestation in what was given; --attestations FILE of replay "
			"or live writes them");
		return EXIT_USAGE;
	}
	print_sums(v);
	return v->check.problems || v->differing || v->not_there ? EXIT_DIFFERENT : EXIT_DONE;
}

static int verify(const struct options *o)
{
	struct verifying v = { .check = { .problem = print_problem, .prev = o->prev } };
	int status = load_keys(&v, o);

	if (status == EXIT_DONE)
		status = load_copy(&v, o);
	if (status == EXIT_DONE)
		status = verify_files(&v, o);
	for (size_t i = 0; i < o->n_keys; i++)
		sign_key_free(v.keys[i]);
	free_copy(&v.copy);
	return status;
}

int run_attest(const struct options *o)
{
	int status = strcmp(o->verb, "show") ? verify(o) : show(o);

	if (status == EXIT_DONE && ferror(stdout)) {
		log_err("output", "standard output: cannot write");
		status = EXIT_FAILED;
	}
	return status;
}
