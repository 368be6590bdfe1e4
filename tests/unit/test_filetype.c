/* test_filetype.c - magics at their places, cut at every byte, and the operator's own. */
#include "tap.h"
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "dpi/filetype.h"

static const struct {
	const char *name;
	size_t at, len;
	const char *bytes;
} files[] = {
	{ "zip", 0, 4, "PK\3\4" }, { "gzip", 0, 3, "\x1f\x8b\x08" },
	{ "7z", 0, 6, "7z\xbc\xaf\x27\x1c" }, { "rar", 0, 6, "Rar!\x1a\x07" },
	{ "zstd", 0, 4, "\x28\xb5\x2f\xfd" }, { "xz", 0, 6, "\xfd" "7zXZ\0" },
	{ "pdf", 0, 5, "%PDF-" }, { "png", 0, 8, "\x89PNG\r\n\x1a\n" },
	{ "jpeg", 0, 3, "\xff\xd8\xff" }, { "tiff", 0, 4, "II*\0" }, { "tiff", 0, 4, "MM\0*" },
	{ "dicom", 128, 4, "DICM" }, { "elf", 0, 4, "\x7f" "ELF" },
	{ "ole", 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" }, { "cpio", 0, 6, "070701" },
	{ "tar", 257, 5, "ustar" }, { "sqlite", 0, 16, "SQLite format 3" },
};

static unsigned ask(const void *bytes, size_t len, const struct file_types *own)
{
	uint8_t *copy = malloc(len ? len : 1);
	unsigned type;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, bytes, len);
	type = file_type_of(copy, len, own);
	free(copy);
	return type;
}

static void test_magics(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		uint8_t bytes[512] = { 0 };
		size_t whole = files[i].at + files[i].len;

		memcpy(bytes + files[i].at, files[i].bytes, files[i].len);
		EQUAL_TEXT(file_type_name(ask(bytes, sizeof(bytes), NULL), NULL), files[i].name);
		EQUAL_TEXT(file_type_name(ask(bytes, whole, NULL), NULL), files[i].name);
		for (size_t n = 0; n < whole; n++)
			EQUAL_INT(ask(bytes, n, NULL), FILE_NONE);
	}
	EQUAL_INT(ask("plain text, nothing else", 24, NULL), FILE_NONE);
}

/* Two letters are no program; where they point there must be two more. */
static void test_program(void)
{
	uint8_t bytes[128] = { 'M', 'Z' };

	EQUAL_INT(ask(bytes, sizeof(bytes), NULL), FILE_NONE);
	bytes[60] = 80;
	EQUAL_INT(ask(bytes, sizeof(bytes), NULL), FILE_NONE);
	memcpy(bytes + 80, "PE", 2);
	EQUAL_INT(ask(bytes, sizeof(bytes), NULL), FILE_PE);
	EQUAL_INT(ask(bytes, 83, NULL), FILE_NONE);
	memset(bytes + 60, 0xff, 4);
	EQUAL_INT(ask(bytes, sizeof(bytes), NULL), FILE_NONE);
}

static const struct file_types own = { .n = 3, .list = {
	{ "nw", { 4, 3, { 'N', 'W', '1' } } }, { "pk", { 0, 2, { 'P', 'K' } } },
	{ "none", { 0, 0, { 0 } } },
} };

static void test_own(void)
{
	EQUAL_INT(ask("....NW1", 7, &own), FILE_OWN);
	EQUAL_INT(ask("PK\3\4", 4, &own), FILE_OWN + 1);
	EQUAL_INT(ask("%PDF-1.7", 8, &own), FILE_PDF);
	EQUAL_TEXT(file_type_name(FILE_OWN + 1, &own), "pk");
	EQUAL_TEXT(file_type_name(FILE_OWN + 3, &own), "");
	EQUAL_TEXT(file_type_name(FILE_OWN, NULL), "");
	EQUAL_TEXT(file_type_name(FILE_TYPES, &own), "");
}

/* The site file has changed between two runs: a value goes by its name. */
static void test_moved(void)
{
	static const struct file_types now = { .n = 2, .list = { { .name = "pk" },
								 { .name = "new" } } };

	EQUAL_INT(file_type_moved(FILE_ZIP, &own, &now), FILE_ZIP);
	EQUAL_INT(file_type_moved(FILE_NONE, &own, &now), FILE_NONE);
	EQUAL_INT(file_type_moved(FILE_OWN + 1, &own, &now), FILE_OWN);
	EQUAL_INT(file_type_moved(FILE_OWN, &own, &now), FILE_NONE);
	EQUAL_INT(file_type_moved(FILE_OWN + 1, &own, NULL), FILE_NONE);
	EQUAL_INT(file_type_moved(FILE_OWN + 1, NULL, &now), FILE_NONE);
	EQUAL_INT(file_type_moved(FILE_OWN + 2, &own, &own), FILE_OWN + 2);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "magics", test_magics }, { "programs", test_program },
		{ "the operator's own", test_own },
		{ "another table than in the last run", test_moved }, CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "file types", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
