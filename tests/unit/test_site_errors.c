/* test_site_errors.c - every file of site-errors/ is refused, with exactly the lines of
 * its .expect.
 *
 * NAME.json is read, the lines logged are compared with NAME.expect.  With NW_WRITE_EXPECT set the
 * .expect files are written instead; read them before keeping them.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "base/tz.h"
#include "policy/site.h"
#include "tap.h"

#define FILES_MAX 256
#define LINES_MAX 65536

static char folder[512];
static char names[FILES_MAX][64];
static size_t n_names, next_name;
static char lines[LINES_MAX];
static size_t lines_len;

static void keep_line(enum log_level level, const char *line)
{
	(void)level;
	lines_len += (size_t)snprintf(lines + lines_len, sizeof(lines) - lines_len, "%s\n", line);
	if (lines_len >= sizeof(lines))
		lines_len = sizeof(lines) - 1;
}

static char *read_whole(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, LINES_MAX);

	*ret_len = f && text ? fread(text, 1, LINES_MAX - 1, f) : 0;
	if (f)
		fclose(f);
	return text;
}

static void write_expect(const char *path)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(lines, f);
	fclose(f);
}

static void test_one(void)
{
	const char *name = names[next_name++];
	char path[700], *text, *want;
	struct site *site = NULL;
	size_t len, want_len;
	int err;

	snprintf(path, sizeof(path), "%s/%s.json", folder, name);
	text = read_whole(path, &len);
	lines_len = 0;
	lines[0] = '\0';
	log_set_sink(keep_line);
	err = site_parse("site.json", text, len, &site);
	log_set_sink(NULL);
	CU_ASSERT_TRUE(err == ERR_FORMAT || err == ERR_LIMIT);
	CU_ASSERT_PTR_NULL(site);
	CU_ASSERT_TRUE(lines_len > 0);
	for (size_t i = 0; i < lines_len; i++)
		CU_ASSERT_TRUE(lines[i] == '\n' || (lines[i] >= ' ' && lines[i] < 0x7f));
	snprintf(path, sizeof(path), "%s/%s.expect", folder, name);
	if (getenv("NW_WRITE_EXPECT"))
		write_expect(path);
	want = read_whole(path, &want_len);
	EQUAL_TEXT(lines, want);
	site_free(site);
	free(text);
	free(want);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void find_files(void)
{
	const char *source = getenv("NW_SRCDIR");
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/tests/unit/site-errors", source ? source : ".");
	dir = opendir(folder);
	while (dir && n_names < FILES_MAX && (entry = readdir(dir))) {
		const char *end = strstr(entry->d_name, ".json");

		if (end && !end[5] && end - entry->d_name < 64) {
			memcpy(names[n_names], entry->d_name, (size_t)(end - entry->d_name));
			n_names++;
		}
	}
	if (dir)
		closedir(dir);
	qsort(names, n_names, sizeof(names[0]), compare_names);
}

static void test_enough_files(void)
{
	CU_ASSERT_TRUE(n_names >= 25);
}

int main(void)
{
	static CU_TestInfo tests[FILES_MAX + 2];
	CU_SuiteInfo suites[] = { { "site errors", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	find_files();
	for (size_t i = 0; i < n_names; i++)
		tests[i] = (CU_TestInfo){ names[i], test_one };
	tests[n_names] = (CU_TestInfo){ "enough files", test_enough_files };
	return tap_main(suites);
}
