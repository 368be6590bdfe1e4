/* expect_files.h - a folder of files that must be refused, each with exactly the lines of its
 * .expect.
 *
 * NAME.json (or another ending) is read, the lines logged are compared with NAME.expect.  With
 * NW_WRITE_EXPECT set the .expect files are written instead; read them before keeping them.
 */
#ifndef NW_UNIT_EXPECT_FILES_H
#define NW_UNIT_EXPECT_FILES_H

#include <stddef.h>

struct expect_folder {
	const char *suite;
	const char *name;		/* below tests/unit/ */
	const char *ending;		/* ".json" */
	/* Reads the text and returns the error; frees what it made.  name: without the ending. */
	int (*parse)(const char *name, const char *text, size_t len);
	size_t least;			/* so many files at least */
};

/* One suite a folder, one test a file.  The exit status of the test program. */
int expect_files_main(const struct expect_folder *folders, size_t n);

#endif
