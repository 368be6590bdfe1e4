/* oui.c - see oui.h.  A line of the file is
 *
 *   MA-L,00000C,"Example, Inc",somewhere
 *
 * The file is the administrator's, yet read as any other: what is no such line is passed over. */
#include "app/oui.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"
#include "policy/site.h"

#define OUI_MAX 200000			/* lines; the registry has some 37 000 */
#define REGISTRY "IEEE Registration Authority"	/* split further: whose it is is not known here */

struct entry {
	uint32_t prefix;
	char vendor[SITE_ID_MAX];
};

struct oui {
	struct entry *list;
	size_t n, room;
};

static bool take_prefix(const char *text, uint32_t *ret_prefix)
{
	char hex[7] = "", *end;

	if (strlen(text) < 7 || text[6] != ',' || text[0] == '-' || text[0] == '+')
		return false;
	memcpy(hex, text, 6);
	*ret_prefix = (uint32_t)strtoul(hex, &end, 16);
	return end == hex + 6;
}

/* A field, with or without quotation marks, as a vendor that a site file may hold. */
static void take_vendor(const char *at, char buf[static SITE_ID_MAX])
{
	size_t len = *at == '"' ? strcspn(++at, "\"\r\n") : strcspn(at, ",\r\n");

	while (len && at[len - 1] == ' ')
		len--;
	text_repair(at, len, buf, SITE_ID_MAX);
}

static void take_line(struct oui *o, const char *line)
{
	struct entry e = { 0 };

	if (strncmp(line, "MA-L,", 5) || !take_prefix(line + 5, &e.prefix) || o->n >= OUI_MAX)
		return;
	take_vendor(line + 12, e.vendor);
	if (!e.vendor[0] || !strcmp(e.vendor, REGISTRY))
		return;
	if (o->n == o->room) {
		size_t room = o->room ? 2 * o->room : 4096;
		struct entry *more = realloc(o->list, room * sizeof(*more));

		if (!more)
			return;
		o->list = more;
		o->room = room;
	}
	o->list[o->n++] = e;
}

static int compare_prefix(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return a->prefix < b->prefix ? -1 : a->prefix > b->prefix;
}

struct oui *oui_load(const char *path)
{
	static const char *const places[] = { "/usr/share/ieee-data/oui.csv",
					      "/var/lib/ieee-data/oui.csv" };
	struct oui *o;
	FILE *in = path ? fopen(path, "re") : NULL;
	char line[1024];

	for (size_t i = 0; !path && !in && i < ARRAY_SIZE(places); i++)
		in = fopen(places[i], "re");
	o = in ? calloc(1, sizeof(*o)) : NULL;
	while (o && fgets(line, sizeof(line), in))
		take_line(o, line);
	if (in)
		fclose(in);
	if (o && o->n)
		qsort(o->list, o->n, sizeof(*o->list), compare_prefix);
	return o;
}

void oui_free(struct oui *o)
{
	if (!o)
		return;
	free(o->list);
	free(o);
}

const char *oui_vendor(const struct oui *o, const uint8_t mac[static 6])
{
	struct entry key = { .prefix = (uint32_t)mac[0] << 16 | (uint32_t)mac[1] << 8 | mac[2] };
	const struct entry *found = NULL;

	/* The second bit of the first byte: not from the registry. */
	if (o && o->n && !(mac[0] & 3))
		found = bsearch(&key, o->list, o->n, sizeof(key), compare_prefix);
	return found ? found->vendor : "";
}
