/* jsonpos.c - see jsonpos.h.
 *
 * An iterative scanner with a stack of open containers.  It checks no more grammar than it needs in
 * order to keep its place and stops at the first byte that does not fit; whether the text is JSON
 * is for the parser to say.  Every step consumes a byte, so it ends.
 * Cost: 16 bytes per value, O(length) to build, O(1) per step; line and column are counted only for
 * a message, from the start of the text.
 */
#include "policy/jsonpos.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"

#define NO_KEY UINT32_MAX

struct node {
	uint32_t key, value, end;	/* offsets in the text; end is behind the value */
	uint32_t after;			/* index of the node behind this value and its children */
};

struct jsonpos {
	const char *text;
	size_t len;
	struct node *nodes;
	size_t n_nodes, room;
};

enum expect { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COMMA_OR_END };

struct scan {
	struct jsonpos *pos;
	size_t at;
	enum expect expect;
	uint32_t key;			/* of the value that comes next */
	uint32_t open[JSONPOS_DEPTH_MAX];
	unsigned depth;
	enum jsonpos_problem problem;
};

static struct place place_of(const struct jsonpos *p, size_t offset)
{
	const char *line = p->text, *newline;
	const char *end = p->text + (offset < p->len ? offset : p->len);
	struct place at = { .line = 1, .column = 1 };

	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		line = newline + 1;
		at.line++;
	}
	for (; line < end; line++)
		at.column += ((unsigned char)*line & 0xc0) != 0x80;
	return at;
}

/* The value lies between offset `value` and s->at; a container's end is set when it closes. */
static int add_node(struct scan *s, size_t value)
{
	struct jsonpos *p = s->pos;

	if (p->n_nodes == JSONPOS_NODES_MAX) {
		s->problem = JSONPOS_TOO_MANY;
		return ERR_LIMIT;
	}
	if (p->n_nodes == p->room) {
		size_t room = p->room ? p->room * 2 : 256;
		struct node *more = realloc(p->nodes, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->nodes = more;
		p->room = room;
	}
	p->nodes[p->n_nodes] = (struct node){ .key = s->key, .value = (uint32_t)value,
					      .end = (uint32_t)s->at,
					      .after = (uint32_t)p->n_nodes + 1 };
	p->n_nodes++;
	s->key = NO_KEY;
	return 0;
}

static void skip_space(struct scan *s)
{
	const char *text = s->pos->text;

	while (s->at < s->pos->len && (text[s->at] == ' ' || text[s->at] == '\n' ||
				       text[s->at] == '\t' || text[s->at] == '\r'))
		s->at++;
}

/* s->at is on the opening quote; moves behind the closing one. */
static bool skip_string(struct scan *s)
{
	const char *text = s->pos->text;

	for (s->at++; s->at < s->pos->len; s->at++) {
		if (text[s->at] == '"') {
			s->at++;
			return true;
		}
		if (text[s->at] == '\\')
			s->at++;
	}
	return false;
}

/* A number, true, false or null, or whatever else the parser will refuse. */
static bool skip_word(struct scan *s)
{
	size_t start = s->at;

	while (s->at < s->pos->len && !strchr(" \n\t\r,:[]{}\"", s->pos->text[s->at]))
		s->at++;
	return s->at > start;
}

static bool is_object(const struct scan *s)
{
	return s->pos->text[s->pos->nodes[s->open[s->depth - 1]].value] == '{';
}

static int open_container(struct scan *s, char c)
{
	int err;

	if (s->depth == JSONPOS_DEPTH_MAX) {
		s->problem = JSONPOS_TOO_DEEP;
		return ERR_LIMIT;
	}
	err = add_node(s, s->at);
	if (err)
		return err;
	s->open[s->depth++] = (uint32_t)s->pos->n_nodes - 1;
	s->expect = c == '{' ? KEY_OR_END : VALUE_OR_END;
	s->at++;
	return 0;
}

static int close_container(struct scan *s, char c)
{
	struct node *container;

	if (is_object(s) != (c == '}'))
		return ERR_FORMAT;
	s->depth--;
	s->at++;
	container = &s->pos->nodes[s->open[s->depth]];
	container->after = (uint32_t)s->pos->n_nodes;
	container->end = (uint32_t)s->at;
	s->expect = COMMA_OR_END;
	return 0;
}

static int scan_value(struct scan *s, char c)
{
	size_t start = s->at;

	if (c == '{' || c == '[')
		return open_container(s, c);
	if (!(c == '"' ? skip_string(s) : skip_word(s)))
		return ERR_FORMAT;
	s->expect = COMMA_OR_END;
	return add_node(s, start);
}

static int scan_key(struct scan *s, char c)
{
	if (c != '"')
		return ERR_FORMAT;
	s->key = (uint32_t)s->at;
	if (!skip_string(s))
		return ERR_FORMAT;
	skip_space(s);
	if (s->at == s->pos->len || s->pos->text[s->at] != ':')
		return ERR_FORMAT;
	s->at++;
	s->expect = VALUE;
	return 0;
}

static int scan_step(struct scan *s, char c)
{
	switch (s->expect) {
	case KEY_OR_END:
	case VALUE_OR_END:
		if (c == '}' || c == ']')
			return close_container(s, c);
		return s->expect == KEY_OR_END ? scan_key(s, c) : scan_value(s, c);
	case KEY:
		return scan_key(s, c);
	case VALUE:
		return scan_value(s, c);
	case COMMA_OR_END:
		if (c == '}' || c == ']')
			return close_container(s, c);
		if (c != ',')
			return ERR_FORMAT;
		s->expect = is_object(s) ? KEY : VALUE;
		s->at++;
		return 0;
	}
	return ERR_FORMAT;
}

/* The root value with everything in it, then nothing but space. */
static int scan_text(struct scan *s)
{
	int err;

	do {
		skip_space(s);
		if (s->at == s->pos->len)
			return ERR_FORMAT;
		err = scan_step(s, s->pos->text[s->at]);
		if (err)
			return err;
	} while (s->depth > 0);
	skip_space(s);
	return s->at == s->pos->len ? 0 : ERR_FORMAT;
}

int jsonpos_new(const char *text, size_t len, struct jsonpos **ret_pos,
		enum jsonpos_problem *ret_problem, struct place *ret_place)
{
	struct scan s = { .key = NO_KEY, .expect = VALUE };
	int err = -ENOMEM;

	s.pos = calloc(1, sizeof(*s.pos));
	if (!s.pos)
		goto out;
	s.pos->text = text;
	s.pos->len = len;
	if (len > JSONPOS_BYTES_MAX) {
		s.problem = JSONPOS_TOO_LARGE;
		err = ERR_LIMIT;
		goto out;
	}
	err = scan_text(&s);
	if (err)
		goto out;
	*ret_pos = steal(&s.pos);
out:
	*ret_problem = s.problem;
	*ret_place = s.pos ? place_of(s.pos, s.at) : (struct place){ 1, 1 };
	jsonpos_free(s.pos);
	return err;
}

void jsonpos_free(struct jsonpos *p)
{
	if (!p)
		return;
	free(p->nodes);
	free(p);
}

uint32_t jsonpos_after(const struct jsonpos *p, uint32_t node)
{
	return node < p->n_nodes ? p->nodes[node].after : node;
}

struct place jsonpos_value(const struct jsonpos *p, uint32_t node)
{
	return place_of(p, node < p->n_nodes ? p->nodes[node].value : p->len);
}

struct place jsonpos_key(const struct jsonpos *p, uint32_t node)
{
	if (node >= p->n_nodes || p->nodes[node].key == NO_KEY)
		return jsonpos_value(p, node);
	return place_of(p, p->nodes[node].key);
}

size_t jsonpos_start(const struct jsonpos *p, uint32_t node)
{
	return node < p->n_nodes ? p->nodes[node].value : p->len;
}

size_t jsonpos_end(const struct jsonpos *p, uint32_t node)
{
	return node < p->n_nodes ? p->nodes[node].end : p->len;
}

uint32_t jsonpos_find(const struct jsonpos *p, const char *key)
{
	size_t len = strlen(key);

	if (p->text[p->nodes[0].value] != '{')
		return 0;
	for (uint32_t node = 1; node < p->n_nodes; node = p->nodes[node].after) {
		size_t at = p->nodes[node].key;

		/* The member's value follows, so the quote behind the key lies within the text. */
		if (p->len - at > len + 2 && !memcmp(p->text + at + 1, key, len) &&
		    p->text[at + 1 + len] == '"')
			return node;
	}
	return 0;
}
