/* expect_files.c - see expect_files.h. */
#include "expect_files.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "tap.h"

#define FILES_MAX 256
#define FOLDERS_MAX 4
#define NAME_BYTES 96
#define LINES_MAX 65536

struct test_file {
	const struct expect_folder *folder;
	char name[NAME_BYTES];
};

static struct test_file files[FOLDERS_MAX * FILES_MAX];
static size_t n_files, next_file;
static const struct expect_folder *counted[FOLDERS_MAX];
static size_t next_counted;
static char lines[LINES_MAX];
static size_t lines_len;

static void keep_line(enum log_level level, const char *line)
{
	(void)level;
	lines_len += (size_t)snprintf(lines + lines_len, sizeof(lines) - lines_len, "%s\n", line);
	if (lines_len >= sizeof(lines))
		lines_len = sizeof(lines) - 1;
}

static void path_of(const struct test_file *f, const char *ending, char *buf, size_t cap)
{
	const char *source = getenv("NW_SRCDIR");

	snprintf(buf, cap, "%s/tests/unit/%s/%s%s", source ? source : ".", f->folder->name, f->name,
		 ending);
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
	const struct test_file *f = &files[next_file++];
	char path[1024], *text, *want;
	size_t len, want_len;
	int err;

	path_of(f, f->folder->ending, path, sizeof(path));
	text = read_whole(path, &len);
	lines_len = 0;
	lines[0] = '\0';
	log_set_sink(keep_line);
	err = f->folder->parse(f->name, text, len);
	log_set_sink(NULL);
	CU_ASSERT_TRUE(err == ERR_FORMAT || err == ERR_LIMIT);
	CU_ASSERT_TRUE(lines_len > 0);
	for (size_t i = 0; i < lines_len; i++)
		CU_ASSERT_TRUE(lines[i] == '\n' || (lines[i] >= ' ' && lines[i] < 0x7f));
	path_of(f, ".expect", path, sizeof(path));
	if (getenv("NW_WRITE_EXPECT"))
		write_expect(path);
	want = read_whole(path, &want_len);
	EQUAL_TEXT(lines, want);
	free(text);
	free(want);
}

static size_t files_of(const struct expect_folder *folder)
{
	size_t n = 0;

	for (size_t i = 0; i < n_files; i++)
		n += files[i].folder == folder;
	return n;
}

static void test_enough_files(void)
{
	const struct expect_folder *folder = counted[next_counted++];

	CU_ASSERT_TRUE(files_of(folder) >= folder->least);
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct test_file *)a)->name, ((const struct test_file *)b)->name);
}

static void find_files(const struct expect_folder *folder)
{
	struct test_file *first = &files[n_files], any = { .folder = folder };
	size_t tail = strlen(folder->ending);
	struct dirent *entry;
	char path[1024];
	DIR *dir;

	path_of(&any, "", path, sizeof(path));
	dir = opendir(path);
	while (dir && n_files < FOLDERS_MAX * FILES_MAX && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len <= tail || len - tail >= NAME_BYTES ||
		    strcmp(entry->d_name + len - tail, folder->ending))
			continue;
		files[n_files].folder = folder;
		memcpy(files[n_files++].name, entry->d_name, len - tail);
	}
	if (dir)
		closedir(dir);
	qsort(first, (size_t)(&files[n_files] - first), sizeof(*first), compare_files);
}

int expect_files_main(const struct expect_folder *folders, size_t n)
{
	static CU_TestInfo tests[FOLDERS_MAX][FILES_MAX + 2];
	static CU_SuiteInfo suites[FOLDERS_MAX + 1];

	for (size_t i = 0; i < n && i < FOLDERS_MAX; i++) {
		size_t first = n_files;

		find_files(&folders[i]);
		for (size_t k = first; k < n_files && k - first < FILES_MAX; k++)
			tests[i][k - first] = (CU_TestInfo){ files[k].name, test_one };
		tests[i][n_files - first] = (CU_TestInfo){ "enough files", test_enough_files };
		counted[i] = &folders[i];
		suites[i] = (CU_SuiteInfo){ folders[i].suite, NULL, NULL, NULL, NULL, tests[i] };
	}
	return tap_main(suites);
}
