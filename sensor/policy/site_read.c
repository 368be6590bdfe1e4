/* site_read.c - see site_read.h. */
#include "policy/site_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "base/text.h"

#define PATH_TEXT_MAX 160
#define PATH_STEPS_MAX 24		/* a condition may be eight deep, two steps each */
#define KEYS_MAX 32			/* of one object */

bool reader_is_stopped(const struct reader *r)
{
	return r->no_memory || r->n_errors >= READER_MESSAGES_MAX;
}

/* "expected[3].to.ip[0]"; empty for the root. */
static const char *format_path(const struct at *at, char buf[static PATH_TEXT_MAX])
{
	const struct at *steps[PATH_STEPS_MAX];
	size_t n = 0, len = 0;

	for (; at && at->up && n < PATH_STEPS_MAX; at = at->up)
		steps[n++] = at;
	buf[0] = '\0';
	while (n-- > 0) {
		char piece[SHOWN_MAX];

		if (steps[n]->key)
			text_escape(steps[n]->key, strlen(steps[n]->key), piece, 64);
		else
			snprintf(piece, sizeof(piece), "[%zu]", steps[n]->index);
		len += (size_t)snprintf(buf + len, PATH_TEXT_MAX - len, "%s%s",
					len && steps[n]->key ? "." : "", piece);
		if (len >= PATH_TEXT_MAX)
			break;
	}
	return buf;
}

enum manner { OF_VALUE, OF_KEY };

static void say(struct reader *r, const struct at *at, enum manner manner, bool is_error,
		const char *text)
{
	struct place place = manner == OF_KEY ? jsonpos_key(r->pos, at->node) :
						jsonpos_value(r->pos, at->node);
	void (*log)(const char *, const char *, ...) = is_error ? log_err : log_warn;
	unsigned *count = is_error ? &r->n_errors : &r->n_warnings;
	char path[PATH_TEXT_MAX];

	if (*count >= READER_MESSAGES_MAX)
		return;
	format_path(at, path);
	if (manner == OF_KEY || !path[0])
		log(r->topic, "%s:%u:%u: %s", r->file, place.line, place.column, text);
	else
		log(r->topic, "%s:%u:%u: %s: %s", r->file, place.line, place.column, path, text);
	if (++*count == READER_MESSAGES_MAX)
		log(r->topic, "%s: %u %s; the rest is not %s", r->file, *count,
		    is_error ? "errors" : "warnings", is_error ? "looked at" : "shown");
}

static void say_formatted(struct reader *r, const struct at *at, bool is_error, const char *fmt,
			  va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	say(r, at, OF_VALUE, is_error, text);
}

void reader_error(struct reader *r, const struct at *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_formatted(r, at, true, fmt, ap);
	va_end(ap);
}

void reader_error_of_key(struct reader *r, const struct at *at, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(r, at, OF_KEY, true, text);
}

void reader_warn(struct reader *r, const struct at *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_formatted(r, at, false, fmt, ap);
	va_end(ap);
}

void *reader_alloc(struct reader *r, size_t n, size_t size)
{
	void *memory = arena_alloc(r->arena, n, size);

	if (!memory)
		r->no_memory = true;
	return memory;
}

const char *at_text(const struct at *at)
{
	const char *text = json_string_value(at->value);

	return text ? text : "";
}

const char *at_shown(const struct at *at, char buf[static SHOWN_MAX])
{
	char escaped[SHOWN_MAX - 2];

	if (json_is_integer(at->value)) {
		snprintf(buf, SHOWN_MAX, "%lld", (long long)json_integer_value(at->value));
		return buf;
	}
	if (json_is_real(at->value)) {
		snprintf(buf, SHOWN_MAX, "%.6g", json_real_value(at->value));
		return buf;
	}
	text_escape(at_text(at), strlen(at_text(at)), escaped, sizeof(escaped));
	snprintf(buf, SHOWN_MAX, "\"%s\"", escaped);
	return buf;
}

/* "a string or an integer" */
static const char *types_text(unsigned types, char *buf, size_t cap)
{
	static const struct { unsigned type; const char *text; } names[] = {
		{ TYPE_OBJECT, "an object" }, { TYPE_ARRAY, "an array" },
		{ TYPE_STRING, "a string" }, { TYPE_INTEGER, "a whole number" },
		{ TYPE_BOOL, "true or false" }, { 1u << JSON_REAL, "a number with a fraction" },
		{ 1u << JSON_NULL, "null" },
	};
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names) && len < cap; i++)
		if (types & names[i].type)
			len += (size_t)snprintf(buf + len, cap - len, "%s%s", len ? " or " : "",
						names[i].text);
	return buf;
}

static bool has_type(struct reader *r, const struct at *at, unsigned types)
{
	unsigned type = 1u << json_typeof(at->value);
	char want[96], is[96];

	if (types & type)
		return true;
	if (type & TYPE_BOOL)
		type = TYPE_BOOL;
	reader_error(r, at, "must be %s, is %s", types_text(types, want, sizeof(want)),
		     types_text(type, is, sizeof(is)));
	return false;
}

static void say_unknown_key(struct reader *r, const struct at *at, struct keys keys)
{
	const char *names[KEYS_MAX], *nearest;
	char path[PATH_TEXT_MAX], shown[64], text[512];

	for (size_t i = 0; i < keys.n && i < KEYS_MAX; i++)
		names[i] = keys.list[i].name;
	nearest = text_nearest(at->key, names, keys.n < KEYS_MAX ? keys.n : KEYS_MAX);
	format_path(at->up, path);
	text_escape(at->key, strlen(at->key), shown, sizeof(shown));
	if (nearest) {
		snprintf(text, sizeof(text), "unknown key \"%s\" in %s; did you mean \"%s\"?",
			 shown, path[0] ? path : r->whole, nearest);
	} else {
		const char *where = path[0] ? path : r->whole;
		size_t len = (size_t)snprintf(text, sizeof(text),
					      "unknown key \"%s\" in %s; known are", shown, where);

		for (size_t i = 0; i < keys.n && len < sizeof(text); i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s",
						i ? "," : "", keys.list[i].name);
	}
	say(r, at, OF_KEY, true, text);
}

static const struct key *find_key(const struct key *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

/* jansson's interface is not const; nothing is changed through it. */
static json_t *tree(const struct at *at)
{
	return (json_t *)at->value;
}

void reader_object(struct reader *r, const struct at *at, struct keys keys, void *into)
{
	struct at member = { .up = at, .node = at->node + 1 };

	for (void *i = json_object_iter(tree(at)); i; i = json_object_iter_next(tree(at), i)) {
		const struct key *key;

		if (reader_is_stopped(r))
			return;
		member.key = json_object_iter_key(i);
		member.value = json_object_iter_value(i);
		key = find_key(keys.list, keys.n, member.key);
		if (!key)
			say_unknown_key(r, &member, keys);
		else if (has_type(r, &member, key->types) && key->read)
			key->read(r, &member, into);
		member.node = jsonpos_after(r->pos, member.node);
	}
	for (size_t i = 0; i < keys.n; i++)
		if (keys.list[i].is_required && !json_object_get(at->value, keys.list[i].name))
			reader_error(r, at, "the key \"%s\" is missing", keys.list[i].name);
}

void reader_members(struct reader *r, const struct at *at, unsigned types, reader_fn *fn,
		    void *into)
{
	struct at member = { .up = at, .node = at->node + 1 };

	for (void *i = json_object_iter(tree(at)); i && !reader_is_stopped(r);
	     i = json_object_iter_next(tree(at), i)) {
		member.key = json_object_iter_key(i);
		member.value = json_object_iter_value(i);
		if (has_type(r, &member, types))
			fn(r, &member, into);
		member.node = jsonpos_after(r->pos, member.node);
	}
}

void reader_each(struct reader *r, const struct at *at, unsigned types, reader_fn *fn, void *into)
{
	struct at element = { .up = at, .node = at->node + 1 };
	size_t n = json_array_size(at->value);

	for (; element.index < n && !reader_is_stopped(r); element.index++) {
		element.value = json_array_get(at->value, element.index);
		if (has_type(r, &element, types))
			fn(r, &element, into);
		element.node = jsonpos_after(r->pos, element.node);
	}
}

size_t reader_count(const struct reader *r, const struct at *at)
{
	uint32_t node = at->node + 1, end = jsonpos_after(r->pos, at->node);
	size_t n = 0;

	for (; node < end; node = jsonpos_after(r->pos, node))
		n++;
	return n;
}

void reader_syntax_error(struct reader *r, const json_error_t *error)
{
	char shown[2 * JSON_ERROR_TEXT_LENGTH];

	text_escape(error->text, strnlen(error->text, sizeof(error->text)), shown, sizeof(shown));
	log_err(r->topic, "%s:%d:%d: not JSON: %s", r->file, error->line < 0 ? 1 : error->line,
		error->column < 1 ? 1 : error->column, shown);
	r->n_errors = READER_MESSAGES_MAX;	/* nothing more is looked at */
}

int reader_parse(struct reader *r, struct jsonpos **ret_pos, json_t **ret_tree)
{
	enum jsonpos_problem problem;
	struct place place;
	json_error_t error;
	int err = jsonpos_new(r->text, r->len, ret_pos, &problem, &place);

	if (problem == JSONPOS_TOO_DEEP)
		log_err(r->topic, "%s:%u:%u: nested more than %d deep; %s is not", r->file,
			place.line, place.column, JSONPOS_DEPTH_MAX, r->whole);
	else if (problem != JSONPOS_FINE)
		log_err(r->topic, "%s:%u:%u: more values than %s can have", r->file, place.line,
			place.column, r->whole);
	if (err == -ENOMEM || err == ERR_LIMIT)
		return err;
	r->pos = *ret_pos;
	*ret_tree = json_loadb(r->text, r->len, JSON_REJECT_DUPLICATES, &error);
	if (!*ret_tree)
		reader_syntax_error(r, &error);
	else if (!*ret_pos)
		log_err(r->topic, "%s:1:1: not JSON", r->file); /* the parser is laxer */
	return *ret_tree && *ret_pos ? 0 : ERR_FORMAT;
}

/* A piece that is not JSON: the parser says why, and with the right place, over the whole text. */
static void say_broken_piece(struct reader *r)
{
	json_error_t error;
	json_t *tree = json_loadb(r->text, r->len, JSON_REJECT_DUPLICATES, &error);

	if (tree)
		r->no_memory = true;		/* there was nothing wrong with the text */
	else
		reader_syntax_error(r, &error);
	json_decref(tree);
}

void reader_each_in_pieces(struct reader *r, const struct at *at, unsigned types, reader_fn *fn,
			   void *into)
{
	struct at element = { .up = at, .node = at->node + 1 };
	uint32_t end = jsonpos_after(r->pos, at->node);

	if (r->in_pieces != at->node) {
		reader_each(r, at, types, fn, into);
		return;
	}
	for (; element.node < end && !reader_is_stopped(r); element.index++) {
		size_t start = jsonpos_start(r->pos, element.node);
		json_t *piece =
			json_loadb(r->text + start, jsonpos_end(r->pos, element.node) - start,
				   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

		if (!piece) {
			say_broken_piece(r);
			return;
		}
		element.value = piece;
		if (has_type(r, &element, types))
			fn(r, &element, into);
		json_decref(piece);
		element.node = jsonpos_after(r->pos, element.node);
	}
}

bool reader_member(const struct reader *r, const struct at *object, const char *key,
		   struct at *ret_at)
{
	struct at member = { .up = object, .node = object->node + 1 };

	for (void *i = json_object_iter(tree(object)); i;
	     i = json_object_iter_next(tree(object), i)) {
		if (!strcmp(json_object_iter_key(i), key)) {
			member.key = json_object_iter_key(i);
			member.value = json_object_iter_value(i);
			*ret_at = member;
			return true;
		}
		member.node = jsonpos_after(r->pos, member.node);
	}
	return false;
}
