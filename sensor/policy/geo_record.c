/* geo_record.c - a bounded walk over one record of a MaxMind-format file.
 *
 * Why: libmaxminddb 1.7 skips nested maps and arrays by calling itself, as deep as the file has
 * them.  A damaged file (a block of 0xff bytes is enough) then overflows the stack.  So a record is
 * walked here first, without recursion, and given to the library when it is of a sane size:
 * DEPTH_MAX levels, STEPS_MAX values, pointers followed, all within the data section.
 *
 * A value is a control byte, perhaps more of them, and what they announce:
 *
 *	ttt sssss [type - 7] [size]	type 1 pointer, 7 map (size pairs), 11 array (size values),
 *					14 boolean (no bytes), others: size bytes
 *	001 nn vvv ...			pointer: n + 1 bytes behind the control byte
 *
 * Cost: some ten nanoseconds a value; a country's record has about eighty.
 */
#include "policy/geo_record.h"

#include "base/bytes.h"

#define DEPTH_MAX 16
#define STEPS_MAX 4096

enum { TYPE_EXTENDED = 0, TYPE_POINTER = 1, TYPE_MAP = 7, TYPE_ARRAY = 11, TYPE_BOOLEAN = 14 };

struct level {
	size_t left;			/* values still to come */
	size_t after; /* where it goes on when they are done; 0: right behind them */
};

struct walk {
	const uint8_t *data;
	size_t len, at;
	struct level levels[DEPTH_MAX];
	unsigned depth;			/* of levels in use */
};

struct value {
	unsigned type;
	size_t size;			/* pointer: where to */
};

/* The lengths of sizes 29, 30 and 31 follow in 1, 2 and 3 bytes. */
static size_t read_size(struct cursor *c, size_t size)
{
	if (size < 29)
		return size;
	if (size == 29)
		return 29 + (size_t)cursor_u8(c);
	if (size == 30)
		return 285 + (size_t)cursor_be16(c);
	size = (size_t)cursor_u8(c) << 16;
	return 65821 + size + cursor_be16(c);
}

static size_t read_pointer(struct cursor *c, unsigned control)
{
	size_t high = control & 7;

	switch (control >> 3 & 3) {
	case 0:
		return high << 8 | cursor_u8(c);
	case 1:
		return 2048 + (high << 16 | cursor_be16(c));
	case 2:
		high = high << 24 | (size_t)cursor_u8(c) << 16;
		return 526336 + (high | cursor_be16(c));
	default:
		return cursor_be32(c);
	}
}

static bool read_value(struct walk *w, struct value *ret_value)
{
	struct cursor c;
	unsigned control;

	if (w->at >= w->len)
		return false;
	c = cursor_over(w->data + w->at, w->len - w->at);
	control = cursor_u8(&c);
	ret_value->type = control >> 5;
	if (ret_value->type == TYPE_POINTER) {
		ret_value->size = read_pointer(&c, control);
	} else {
		if (ret_value->type == TYPE_EXTENDED)
			ret_value->type = 7 + cursor_u8(&c);
		ret_value->size = read_size(&c, control & 31);
		if (ret_value->type != TYPE_MAP && ret_value->type != TYPE_ARRAY &&
		    ret_value->type != TYPE_BOOLEAN)
			cursor_take(&c, ret_value->size);
	}
	w->at = w->len - c.left;
	return !c.is_short;
}

static bool enter(struct walk *w, size_t values, size_t after)
{
	if (w->depth == DEPTH_MAX || values > STEPS_MAX)
		return false;
	w->levels[w->depth++] = (struct level){ values, after };
	return true;
}

static bool step(struct walk *w)
{
	struct level *top = &w->levels[w->depth - 1];
	struct value v;
	size_t after;

	if (top->left == 0) {
		if (top->after)
			w->at = top->after;
		w->depth--;
		return true;
	}
	top->left--;
	if (!read_value(w, &v))
		return false;
	switch (v.type) {
	case TYPE_POINTER:
		after = w->at;
		w->at = v.size;
		return enter(w, 1, after);
	case TYPE_MAP:
		return v.size <= STEPS_MAX && enter(w, 2 * v.size, 0);
	case TYPE_ARRAY:
		return enter(w, v.size, 0);
	default:
		return true;
	}
}

bool geo_record_is_sane(const uint8_t *data, size_t len, size_t at)
{
	struct walk w = { .data = data, .len = len, .at = at };

	enter(&w, 1, 0);
	for (unsigned steps = 0; w.depth; steps++)
		if (steps == STEPS_MAX || !step(&w))
			return false;
	return true;
}
