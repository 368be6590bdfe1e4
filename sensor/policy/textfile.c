/* textfile.c - see textfile.h. */
#include "policy/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM_FIRST 65536

int textfile_read(const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	size_t len = 0, room = ROOM_FIRST;
	char *text = malloc(room);
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = fd < 0 ? -errno : text ? 0 : -ENOMEM;

	while (!err) {
		ssize_t n = read(fd, text + len, room - len);

		if (n < 0)
			err = errno == EINTR ? 0 : -errno;
		else if (n == 0)
			break;
		else
			len += (size_t)n;
		if (len > max)
			break;
		if (len == room) {
			char *more = realloc(text, room *= 2);

			if (!more)
				err = -ENOMEM;
			else
				text = more;
		}
	}
	if (fd >= 0)
		close(fd);
	if (err) {
		free(text);
		return err;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}

void textfile_skip_bom(const char **text, size_t *len)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (*len < 3 || memcmp(*text, bom, 3))
		return;
	*text += 3;
	*len -= 3;
}

enum textfile_form textfile_form(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && memchr(" \t\r\n", text[at], 4))
		at++;
	if (at == len)
		return TEXTFILE_EMPTY;
	return text[at] == '{' || text[at] == '[' ? TEXTFILE_JSON : TEXTFILE_CSV;
}
