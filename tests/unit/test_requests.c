/* test_requests.c - requests beside a state: their form, and files that are none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "app/requests.h"
#include "base/err.h"
#include "tap.h"

#define HEAD "nachtwacht-request 1\nact promote\nwhen 1768626600000000000\nby j.doe\n"
#define GOOD HEAD "reason CHG-4711\nid dst-0123456789ab\nend\n"

static int parse(const char *text, struct request *r)
{
	const char *why;
	int err = request_parse(text, strlen(text), r, &why);

	if (err == ERR_FORMAT)
		CU_ASSERT_TRUE(why[0] != '\0');
	return err;
}

static void a_good_one(void)
{
	struct request r;

	EQUAL_INT(parse(GOOD, &r), 0);
	CU_ASSERT_FALSE(r.is_revoke || r.spares_incidents);
	CU_ASSERT_TRUE(r.wall_ns == 1768626600000000000ULL);
	EQUAL_TEXT(r.by, "j.doe");
	EQUAL_TEXT(r.reason, "CHG-4711");
	EQUAL_INT(r.n_ids, 1);
	EQUAL_TEXT(r.ids[0], "dst-0123456789ab");
	request_free(&r);
	EQUAL_INT(parse("nachtwacht-request 1\nact revoke\nwhen 1\nby \xc3\xbc\nreason a b\n"
			"spare incidents\nid dst-0123456789ab\nid dst-aaaaaaaaaaaa\nend\n", &r), 0);
	CU_ASSERT_TRUE(r.is_revoke && r.spares_incidents);
	EQUAL_INT(r.n_ids, 2);
	request_free(&r);
}

static void what_is_refused(void)
{
	static const char *const bad[] = {
		"", "\n", "nachtwacht-request 2\n", "nachtwacht-request 1\n",
		HEAD "reason CHG-4711\nid dst-0123456789ab\n",
		HEAD "reason CHG-4711\nid dst-0123456789ab\nend",
		HEAD "reason CHG-4711\nend\n",
		HEAD "reason \nid dst-0123456789ab\nend\n",
		HEAD "reason a\x1b[2J\nid dst-0123456789ab\nend\n",
		HEAD "reason a\xff\nid dst-0123456789ab\nend\n",
		HEAD "reason \xe2\x80\xae" "a\nid dst-0123456789ab\nend\n",
		HEAD "reason x\nid dst-0123456789AB\nend\n",
		HEAD "reason x\nid dst-0123456789abc\nend\n",
		HEAD "reason x\nid ../dst-012345678\nend\n",
		HEAD "reason x\nid dst-0123456789ab\nspare incidents\nend\n",
		HEAD "reason x\nid dst-0123456789ab\nend\nend\n",
		HEAD "id dst-0123456789ab\nend\n",
		"nachtwacht-request 1\nact drop\nwhen 1\nby x\nreason y\n"
		"id dst-0123456789ab\nend\n",
		"nachtwacht-request 1\nact promote\nwhen -1\nby x\nreason y\n"
		"id dst-0123456789ab\nend\n",
		"nachtwacht-request 1\nact promote\nwhen 99999999999999999999999\nby x\nreason y\n"
		"id dst-0123456789ab\nend\n",
	};
	struct request r;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EQUAL_INT(parse(bad[i], &r), ERR_FORMAT);
		request_free(&r);
	}
}

/* n ids, as many as fit the rules or more. */
static int parse_many(unsigned n, struct request *r)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(HEAD "reason x\n", f);
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "id dst-%012x\n", i);
	fputs("end\n", f);
	fclose(f);
	err = parse(text, r);
	free(text);
	return err;
}

static void bounds(void)
{
	size_t cap = REQUEST_BYTES_MAX + 1;
	char *text = malloc(cap);
	const char *why;
	struct request r;

	EQUAL_INT(parse_many(REQUEST_IDS_MAX + 1, &r), ERR_FORMAT);
	EQUAL_INT(r.n_ids, REQUEST_IDS_MAX);
	request_free(&r);
	EQUAL_INT(parse_many(REQUEST_IDS_MAX, &r), 0);
	request_free(&r);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, 'x', cap);
	EQUAL_INT(request_parse(text, cap, &r, &why), ERR_FORMAT);
	request_free(&r);
	free(text);
}

static void files(void)
{
	char folder[] = "/tmp/nw-requests-XXXXXX", state[128], path[256];
	struct request r, again;
	const char *why;
	char **list;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(state, sizeof(state), "%s/a.state", folder);
	CU_ASSERT_PTR_NULL(requests_waiting(state));
	EQUAL_INT(parse(GOOD, &r), 0);
	EQUAL_INT(request_leave(state, &r), 0);
	EQUAL_INT(request_leave(state, &r), 0);	/* of the same name: it takes the place */
	r.wall_ns = 5;
	EQUAL_INT(request_leave(state, &r), 0);
	/* What is not one: another state's, a temporary name, a link, a pipe. */
	snprintf(path, sizeof(path), "%s/b.state.request-%020d-1", folder, 1);
	CU_ASSERT_FALSE(symlink("/etc/passwd", path));
	snprintf(path, sizeof(path), "%s.request-%020d-1", state, 7);
	CU_ASSERT_FALSE(symlink("/etc/passwd", path));
	snprintf(path, sizeof(path), "%s.request-%020d-1", state, 8);
	CU_ASSERT_FALSE(mkfifo(path, 0600));
	snprintf(path, sizeof(path), "%s.request-%020d-1.part", state, 9);
	CU_ASSERT_FALSE(mkdir(path, 0700));
	list = requests_waiting(state);
	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(list[i]);
	CU_ASSERT_PTR_NULL(list[4]);
	EQUAL_INT(request_read(list[0], &again, &why), 0);
	CU_ASSERT_TRUE(again.wall_ns == 5 && again.n_ids == 1 && !strcmp(again.by, "j.doe"));
	request_free(&again);
	EQUAL_INT(request_read(list[1], &again, &why), ERR_FORMAT);
	request_free(&again);
	EQUAL_INT(request_read(list[2], &again, &why), ERR_FORMAT);
	request_free(&again);
	EQUAL_INT(request_read(list[3], &again, &why), 0);
	request_free(&again);
	requests_free(list);
	request_free(&r);
	snprintf(path, sizeof(path), "rm -rf %s", folder);
	EQUAL_INT(system(path), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "a good one", a_good_one }, { "what is refused", what_is_refused },
		{ "bounds", bounds }, { "files", files },
		CU_TEST_INFO_NULL
	};
	CU_SuiteInfo suites[] = {
		{ "requests", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
