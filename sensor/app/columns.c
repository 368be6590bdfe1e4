/* columns.c - see columns.h. */
#include "app/columns.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 4096

static void add_cell(struct columns *c, const char *cell)
{
	size_t len = strlen(cell) + 1, room = c->room ? c->room : FIRST_ROOM;

	while (room - c->len < len)
		room *= 2;
	if (room != c->room) {
		char *more = realloc(c->text, room);

		if (!more) {
			c->no_memory = true;
			return;
		}
		c->text = more;
		c->room = room;
	}
	memcpy(c->text + c->len, cell, len);
	c->len += len;
}

void columns_add(struct columns *c, const char *const *cells)
{
	size_t before = c->len;

	for (size_t i = 0; i < c->n && !c->no_memory; i++)
		add_cell(c, cells[i]);
	if (c->no_memory) {
		c->len = before;	/* whole rows only */
		return;
	}
	for (size_t i = 0; i < c->n; i++)
		if (strlen(cells[i]) > c->width[i])
			c->width[i] = strlen(cells[i]);
}

bool columns_print(const struct columns *c, FILE *out)
{
	const char *cell = c->text;

	for (size_t at = 0, i = 0; at < c->len; i = (i + 1) % c->n) {
		int width = (int)c->width[i];

		if (c->right >> i & 1)
			fprintf(out, "%*s", width, cell);
		else if (i + 1 < c->n)
			fprintf(out, "%-*s", width, cell);
		else
			fputs(cell, out);
		fputs(i + 1 < c->n ? "  " : "\n", out);
		at += strlen(cell) + 1;
		cell += strlen(cell) + 1;
	}
	return !c->no_memory;
}

void columns_free(struct columns *c)
{
	free(c->text);
	c->text = NULL;
}
