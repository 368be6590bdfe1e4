/* attest_file.c - see attest_file.h. */
#include "app/attest_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/attest_check.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

/* Into text, as far as there is room for; *ret_len counts all of it.  false: nothing was left. */
static bool read_line(FILE *file, char *text, size_t room, size_t *ret_len)
{
	size_t len = 0;
	int c;

	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		if (len < room)
			text[len] = (char)c;
		len++;
	}
	if (len && len <= room && text[len - 1] == '\r')
		len--;
	*ret_len = len;
	return c != EOF || len;
}

int attest_file_each(const char *path, attest_line_fn take, void *arg)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	char *text = malloc(ATTEST_LINE_MAX), shown[256];
	int err = !file ? -errno : !text ? -ENOMEM : 0;
	size_t len = 0;

	errno = 0;
	for (size_t line = 1; !err && read_line(file, text, ATTEST_LINE_MAX, &len); line++)
		if (len)
			take(arg, path, line, text, len);
	if (!err && ferror(file))
		err = errno ? -errno : -EIO;
	if (err) {
		text_escape(path, strlen(path), shown, sizeof(shown));
		log_err("attest", "%s: cannot be read: %s", shown, err_text(err));
	}
	free(text);
	if (file && !is_stdin)
		fclose(file);
	return err;
}
