/* site_files.c - the section "file_types" of a site file: formats that only the operator knows,
 * told by the bytes that a transfer begins with (dpi/filetype.h). */
#include <string.h>
#include "base/text.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

#define MAGIC_MIN 2			/* bytes: one alone begins too much */
#define OFFSET_MAX 1400			/* what lies behind the first packet is not looked at */

/* One entry while it is read; it enters the table when it is whole. */
struct entry {
	const struct file_types *table;
	char name[FILE_NAME_MAX];
	struct file_magic magic;
};

static bool is_built_in(const char *name)
{
	for (unsigned type = FILE_NONE + 1; type < FILE_TYPES; type++)
		if (!strcmp(name, file_type_name(type, NULL)))
			return true;
	return false;
}

static void read_name(struct reader *r, const struct at *at, void *into)
{
	struct entry *e = into;
	char shown[SHOWN_MAX];

	if (!value_is_id(at_text(at)) || !text_copy(e->name, sizeof(e->name), at_text(at)))
		reader_error(r, at, "%s is not a name of a file type; at most %d letters, digits, "
			     "\".\", \"_\" and \"-\"", at_shown(at, shown), FILE_NAME_MAX - 1);
	else if (is_built_in(e->name))
		reader_error(r, at, "%s is a type that the program knows by itself; choose another "
			     "name", at_shown(at, shown));
}

static void read_magic(struct reader *r, const struct at *at, void *into)
{
	struct entry *e = into;
	char shown[SHOWN_MAX];
	size_t len;

	if (!value_hex(at_text(at), e->magic.bytes, sizeof(e->magic.bytes), &len) ||
	    len < MAGIC_MIN)
		reader_error(r, at, "%s is not a magic; write %d to %d bytes as pairs of "
			     "hexadecimal digits, such as \"55464600\"", at_shown(at, shown),
			     MAGIC_MIN, FILE_MAGIC_MAX);
	else
		e->magic.len = (uint8_t)len;
}

static void read_offset(struct reader *r, const struct at *at, void *into)
{
	json_int_t offset = json_integer_value(at->value);
	struct entry *e = into;
	char shown[SHOWN_MAX];

	if (offset < 0 || offset > OFFSET_MAX)
		reader_error(r, at, "%s is not an offset; 0 to %d bytes, for only the first packet "
			     "of a transfer is looked at", at_shown(at, shown), OFFSET_MAX);
	else
		e->magic.at = (uint16_t)offset;
}

static const struct key entry_keys[] = {
	{ "name", TYPE_STRING, true, read_name },
	{ "magic", TYPE_STRING, true, read_magic },
	{ "offset", TYPE_INTEGER, false, read_offset },
};

/* The earlier entry that has taken whatever this one would; the table's n: none. */
static size_t find_earlier(const struct entry *e)
{
	size_t i;

	for (i = 0; i < e->table->n; i++) {
		const struct file_magic *m = &e->table->list[i].magic;

		if (m->at == e->magic.at && m->len && m->len <= e->magic.len &&
		    !memcmp(m->bytes, e->magic.bytes, m->len))
			break;
	}
	return i;
}

static void read_entry(struct reader *r, const struct at *at, void *into)
{
	struct file_types *table = into;
	struct entry e = { .table = table };
	size_t earlier;

	reader_object(r, at, KEYS(entry_keys), &e);
	earlier = find_earlier(&e);
	if (earlier < table->n)
		reader_error(r, at, "is never met: file_types[%zu] has the same bytes, or fewer of "
			     "them, at the same place and comes first; put the longer one first",
			     earlier);
	/* Also one with errors: the places are those of the file. */
	text_copy(table->list[table->n].name, FILE_NAME_MAX, e.name);
	table->list[table->n++].magic = e.magic;
}

void read_file_types(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	size_t n = json_array_size(at->value);

	if (n > FILE_OWN_MAX) {
		reader_error(r, at, "has %zu entries; at most %d are possible", n, FILE_OWN_MAX);
		return;
	}
	site->file_types = n ? reader_alloc(r, 1, sizeof(*site->file_types)) : NULL;
	if (site->file_types)
		reader_each(r, at, TYPE_OBJECT, read_entry, site->file_types);
}
