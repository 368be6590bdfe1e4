/* jsonpos.h - where each value of a JSON text stands.
 *
 * jansson parses but keeps no positions.  This index is built by one pass over the text and holds a
 * node per value, in the order of the text (preorder); jansson iterates objects in the same order,
 * so a walk over the parsed tree steps along the nodes and never searches.
 * The text is borrowed while the index lives.  Any thread, after jsonpos_new().
 */
#ifndef NW_POLICY_JSONPOS_H
#define NW_POLICY_JSONPOS_H

#include <stddef.h>
#include <stdint.h>

#define JSONPOS_BYTES_MAX (64u << 20)	/* 100 000 expected entries are about 25 MB */
#define JSONPOS_DEPTH_MAX 32
#define JSONPOS_NODES_MAX 8000000	/* bounds the memory of the parsed tree as well */

struct jsonpos;

struct place {
	unsigned line, column;		/* from 1; columns count characters */
};

enum jsonpos_problem { JSONPOS_FINE, JSONPOS_TOO_LARGE, JSONPOS_TOO_DEEP, JSONPOS_TOO_MANY };

/* 0; -ENOMEM; ERR_LIMIT with *ret_problem and *ret_place; ERR_FORMAT where the text is not JSON
 * (the parser then says why). */
int jsonpos_new(const char *text, size_t len, struct jsonpos **ret_pos,
		enum jsonpos_problem *ret_problem, struct place *ret_place);
void jsonpos_free(struct jsonpos *p);		/* NULL is fine */

/* Node 0 is the root value.  The first child of a container that has one is node + 1; what follows
 * a value and everything in it is jsonpos_after(). */
uint32_t jsonpos_after(const struct jsonpos *p, uint32_t node);
size_t jsonpos_start(const struct jsonpos *p, uint32_t node); /* the value's bytes: [start, end) */
size_t jsonpos_end(const struct jsonpos *p, uint32_t node);
/* The member of the root object with this key (as it is written, without escapes); 0: none. */
uint32_t jsonpos_find(const struct jsonpos *p, const char *key);
struct place jsonpos_value(const struct jsonpos *p, uint32_t node);
struct place jsonpos_key(const struct jsonpos *p, uint32_t node);	/* of an object's member */

#endif
