/* site_read.h - reads a parsed JSON tree by tables of keys and says precisely what is wrong: the
 * site file, and the other policy files.
 *
 * An object of the file is described by a table of keys {name, types, required, handler}; the
 * reader walks tree and position index side by side, refuses unknown keys with a suggestion, checks
 * types and calls the handlers.  Handlers report through reader_error(), which names
 * file:line:column and the path of the value ("zones[0].networks[1]").
 * After READER_MESSAGES_MAX errors nothing more is looked at; warnings have the same bound.
 * Internal to the policy room.  Thread: the one that loads the file.
 */
#ifndef NW_POLICY_SITE_READ_H
#define NW_POLICY_SITE_READ_H

#include <jansson.h>
#include <stdbool.h>
#include "base/err.h"
#include "policy/arena.h"
#include "policy/jsonpos.h"
#include "policy/keymap.h"
#include "policy/site.h"

#define READER_MESSAGES_MAX 20

struct reader {
	char file[256];			/* for messages: escaped */
	const char *topic, *whole;	/* of messages, and what the file is called in them: "site",
					 * "the site file" */
	const struct jsonpos *pos;
	const char *text;		/* the whole file */
	size_t len;
	const char *directory; /* of the file, "" or with its slash; NULL: read from memory,
				* and files named in it are not opened */
	uint32_t in_pieces;		/* node of the array that is parsed element by element; 0 */
	struct site *site;		/* being filled; NULL: it is another policy file */
	struct arena *arena;		/* the site's */
	unsigned n_errors, n_warnings;
	bool no_memory;
	bool names_asn, names_country;	/* an expected entry does */
	struct keymap zones, assets, expected;		/* id -> index */
	struct keymap addresses, macs;			/* -> asset */
	struct keymap networks;				/* of zones -> zone */
	struct keymap roles, vendors;			/* carried by some asset */
	struct keymap roles_said;			/* warned about once each */
};

/* A value of the file: the tree, its node, and how it was reached. */
struct at {
	const json_t *value;
	uint32_t node;
	const struct at *up;		/* NULL: the root */
	const char *key;		/* NULL: element `index` of an array */
	size_t index;
};

#define TYPE_OBJECT (1u << JSON_OBJECT)
#define TYPE_ARRAY (1u << JSON_ARRAY)
#define TYPE_STRING (1u << JSON_STRING)
#define TYPE_INTEGER (1u << JSON_INTEGER)
#define TYPE_NUMBER (TYPE_INTEGER | 1u << JSON_REAL)
#define TYPE_BOOL (1u << JSON_TRUE | 1u << JSON_FALSE)

typedef void reader_fn(struct reader *r, const struct at *at, void *into);

struct key {
	const char *name;
	unsigned types;
	bool is_required;
	reader_fn *read;		/* NULL: the type is all there is to check */
};

struct keys {
	const struct key *list;
	size_t n;
};
#define KEYS(table) (struct keys){ table, ARRAY_SIZE(table) }

void reader_error(struct reader *r, const struct at *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void reader_warn(struct reader *r, const struct at *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* About the key of a member, and not its value. */
void reader_error_of_key(struct reader *r, const struct at *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool reader_is_stopped(const struct reader *r);

/* Calls the handlers of the object's keys in the order of the file. */
void reader_object(struct reader *r, const struct at *at, struct keys keys, void *into);
/* Calls fn for every member of an object whose keys are ids or names, in the order of the file. */
void reader_members(struct reader *r, const struct at *at, unsigned types, reader_fn *fn,
		    void *into);
/* Calls fn for every element of the given types; the element's index is at->index. */
void reader_each(struct reader *r, const struct at *at, unsigned types, reader_fn *fn, void *into);
/* The same for an array that may have 100 000 elements: where the reader holds it as text only,
 * each is parsed, shown to fn and freed before the next. */
void reader_each_in_pieces(struct reader *r, const struct at *at, unsigned types, reader_fn *fn,
			   void *into);
size_t reader_count(const struct reader *r, const struct at *at);	/* elements of an array */
/* A file of which a tree can be held: r->text, whole and strict, and the places of its values,
 * which become r->pos.  0; -ENOMEM, ERR_LIMIT or ERR_FORMAT, said but for -ENOMEM.  The caller
 * frees both, whatever is returned. */
int reader_parse(struct reader *r, struct jsonpos **ret_pos, json_t **ret_tree);
/* jansson's own words, with its place. */
void reader_syntax_error(struct reader *r, const json_error_t *error);
/* The member of an object, with its place; false: not there. */
bool reader_member(const struct reader *r, const struct at *object, const char *key,
		   struct at *ret_at);
/* Zeroed memory of the snapshot; NULL: out of memory, noted. */
void *reader_alloc(struct reader *r, size_t n, size_t size);

const char *at_text(const struct at *at);	/* of a string value; never NULL */
/* The value as it may be shown: quoted, escaped, cut. */
#define SHOWN_MAX 120
const char *at_shown(const struct at *at, char buf[static SHOWN_MAX]);

/* --- values that occur in many places: each reports what is wrong -------------------- */

void reader_id(struct reader *r, const struct at *at, char ret_id[static SITE_ID_MAX]);
/* Notes the id as number `index` of its kind; an error when it was there before. */
void reader_new_id(struct reader *r, const struct at *at, struct keymap *ids, const char *id,
		   uint32_t index);
const char *reader_text(struct reader *r, const struct at *at, size_t cap); /* "" after an error */
bool reader_cidr(struct reader *r, const struct at *at, struct cidr *ret_cidr);
bool reader_date(struct reader *r, const struct at *at, int32_t *ret_day);
bool reader_country(struct reader *r, const struct at *at, char ret_country[static 3]);
void reader_hours(struct reader *r, const struct at *at, struct closed_hours *ret_hours);
/* site_expected.c: as from and to of an expected entry, and its services. */
void reader_party(struct reader *r, const struct at *at, struct party *ret_party);
void reader_services(struct reader *r, const struct at *at, struct service **ret_services,
		     size_t *ret_n);

/* The sections of the file: site_sections.c, site_expected.c, site_later.c. */
void read_site_section(struct reader *r, const struct at *at, void *into);
void read_zones(struct reader *r, const struct at *at, void *into);
void read_assets(struct reader *r, const struct at *at, void *into);
void read_expected(struct reader *r, const struct at *at, void *into);
void read_baseline(struct reader *r, const struct at *at, void *into);
void read_work_orders(struct reader *r, const struct at *at, void *into);
void read_geo(struct reader *r, const struct at *at, void *into);
/* A path that is relative to the site file; NULL: what is wrong was said. */
const char *reader_relative_path(struct reader *r, const struct at *at);
void read_privacy(struct reader *r, const struct at *at, void *into);
void read_retention(struct reader *r, const struct at *at, void *into);
void read_file_types(struct reader *r, const struct at *at, void *into);
void read_rules(struct reader *r, const struct at *at, void *into);
void read_suppress(struct reader *r, const struct at *at, void *into);

/* The networks that count as internal where the file lists none. */
extern const char *const site_private_networks[];
extern const size_t site_n_private_networks;

#endif
