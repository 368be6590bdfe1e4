/* main.c - the plain main() of every fuzz target: replays files instead of inventing them.
 *
 * A target is one file, tests/fuzz/fuzz_NAME.c, with LLVMFuzzerTestOneInput(); its corpus is
 * tests/fuzz/corpus/NAME/.  Three ways to run it:
 *
 *	make check			linked with this file, no arguments: the corpus, as TAP
 *	fuzz_NAME FILE-OR-DIRECTORY...	the same over these (a crash found elsewhere)
 *	tests/fuzz/fuzz.sh SECONDS [NAME...]	built with --enable-fuzzing: libFuzzer, new inputs
 *
 * In tests/fuzz/fuzz.am a target is three lines (copy fuzz_packet's).
 * Each input is handed over in a heap buffer of exactly its size, so that AddressSanitizer sees a
 * read beyond it.  A directory is read one level deep, in the order of names.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (16U << 20)	/* bytes; a corpus is small files */
#define PATH_LEN 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#ifdef NW_LIBFUZZER
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*target)(const uint8_t *data, size_t size));
#endif

static unsigned tests_done, tests_failed;

static void report(bool ok, const char *path, const char *why)
{
	printf("%sok %u - %s%s%s\n", ok ? "" : "not ", ++tests_done, path, *why ? ": " : "", why);
	fflush(stdout);
	tests_failed += !ok;
}

/* 0 or an errno value. */
static int replay_stream(FILE *in, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	int err = ENOMEM;

	if (!data)
		goto out;
	err = EIO;
	if (fread(data, 1, size, in) != size)
		goto out;
	LLVMFuzzerTestOneInput(data, size);
	err = 0;
out:
	free(data);
	return err;
}

static void replay_file(const char *path, size_t size)
{
	FILE *in = size <= INPUT_MAX ? fopen(path, "rb") : NULL;
	int err;

	if (!in) {
		report(false, path, size > INPUT_MAX ? "larger than 16 MiB" : strerror(errno));
		return;
	}
	err = replay_stream(in, size);
	fclose(in);
	report(!err, path, err ? strerror(err) : "");
}

static bool join(char path[static PATH_LEN], const char *dir, const char *name)
{
	int n = snprintf(path, PATH_LEN, "%s/%s", dir, name);

	return n > 0 && n < PATH_LEN;
}

static void replay_directory(const char *dir)
{
	struct dirent **names;
	unsigned before = tests_done;
	int n = scandir(dir, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[PATH_LEN];
		struct stat st;

		if (join(path, dir, names[i]->d_name) && !stat(path, &st) && S_ISREG(st.st_mode))
			replay_file(path, (size_t)st.st_size);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (tests_done == before)
		report(false, dir, "no input in it");
}

static void replay_path(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		report(false, path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		replay_directory(path);
	else
		replay_file(path, (size_t)st.st_size);
}

/* "tests/fuzz/fuzz_packet" -> "<source>/tests/fuzz/corpus/packet" */
static void replay_own_corpus(const char *program)
{
	const char *source = getenv("NW_SRCDIR");
	const char *name = strrchr(program, '/');
	char path[PATH_LEN], dir[PATH_LEN];

	name = name ? name + 1 : program;
	if (!strncmp(name, "fuzz_", 5))
		name += 5;
	if (!join(dir, source ? source : ".", "tests/fuzz/corpus") || !join(path, dir, name))
		report(false, name, "path too long");
	else
		replay_path(path);
}

int main(int argc, char **argv)
{
#ifdef NW_LIBFUZZER
	if (argc > 1)
		return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput);
#endif
	if (argc < 2)
		replay_own_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		replay_path(argv[i]);
	printf("1..%u\n", tests_done);
	return tests_failed != 0;
}
