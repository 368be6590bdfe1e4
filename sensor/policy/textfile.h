/* textfile.h - a whole policy file in memory.  Any thread. */
#ifndef NW_POLICY_TEXTFILE_H
#define NW_POLICY_TEXTFILE_H

#include <stddef.h>

/* Reads path, a pipe too, until its end or until more than max bytes are there: *ret_len > max says
 * that it is too long.  0 or -errno; gives *ret_text, which does not end with a zero byte. */
int textfile_read(const char *path, size_t max, char **ret_text, size_t *ret_len);
/* Leaves out the byte order mark that editors and spreadsheets put in front. */
void textfile_skip_bom(const char **text, size_t *len);

enum textfile_form { TEXTFILE_EMPTY, TEXTFILE_JSON, TEXTFILE_CSV };
/* Of a file that may be either: what its first character says. */
enum textfile_form textfile_form(const char *text, size_t len);

#endif
