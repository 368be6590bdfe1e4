/* columns.h - lines of text in columns as wide as their widest cell.
 *
 * Cells are printable ASCII (text_escape() first), so a byte is a place.  Rows are kept until they
 * are printed. One thread.
 */
#ifndef NW_APP_COLUMNS_H
#define NW_APP_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define COLUMNS_MAX 12

struct columns {
	size_t n;			/* of columns */
	unsigned right;			/* bit i: column i is set to the right */
	size_t width[COLUMNS_MAX];
	char *text;			/* cells, a zero byte behind each */
	size_t len, room;
	bool no_memory;
};

/* The first row is the heading.  cells: n of them, copied. */
void columns_add(struct columns *c, const char *const *cells);
bool columns_print(const struct columns *c, FILE *out);	/* false: no memory for all rows */
void columns_free(struct columns *c);

#endif
