/* text.c - see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NEAREST_MAX 40		/* longer words are not compared */

/* Decodes one UTF-8 sequence of RFC 3629 (no overlong forms, no surrogates).  Its length, or 0. */
static size_t utf8_sequence(const uint8_t *p, size_t left, uint32_t *ret_code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 :
		   (p[0] & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t code;

	if (n == 0 || n > left)
		return 0;
	code = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if ((n > 1 && code < lowest[n]) || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

/* Characters that change how the text around them is shown, or that end a line. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff ||
	       (c & 0xfffe) == 0xfffe || (c >= 0xe0000 && c <= 0xe007f);
}

size_t text_repair(const void *bytes, size_t len, char *buf, size_t cap)
{
	const uint8_t *p = bytes;
	size_t at = 0, out = 0;

	if (cap == 0)
		return 0;
	while (at < len) {
		char piece[16];
		uint32_t code = 0;
		size_t n = utf8_sequence(p + at, len - at, &code), size;

		if (n == 0) {
			size = (size_t)snprintf(piece, sizeof(piece), "\xef\xbf\xbd");
			n = 1;
		} else if (is_control(code)) {
			size = (size_t)snprintf(piece, sizeof(piece),
						code < 0x100 ? "\\x%02x" : "\\u%04x", code);
		} else {
			memcpy(piece, p + at, n);
			size = n;
		}
		if (out + size + 1 > cap)
			break;
		memcpy(buf + out, piece, size);
		out += size;
		at += n;
	}
	buf[out] = '\0';
	return out;
}

const char *text_escape(const void *bytes, size_t len, char *buf, size_t cap)
{
	const uint8_t *p = bytes;
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		bool plain = p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\';

		if (out + 8 > cap) {	/* room for one escape, "..." and the zero byte */
			out += (size_t)snprintf(buf + out, cap - out, "...");
			return buf;
		}
		if (plain)
			buf[out++] = (char)p[i];
		else
			out += (size_t)snprintf(buf + out, cap - out, "\\x%02x", p[i]);
	}
	buf[out] = '\0';
	return buf;
}

bool text_format(char *buf, size_t cap, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, cap, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < cap;
}

bool text_copy(char *buf, size_t cap, const char *from)
{
	size_t len = strnlen(from, cap);
	bool fits = len < cap;

	if (!fits)
		len = cap - 1;
	memcpy(buf, from, len);
	buf[len] = '\0';
	return fits;
}

void text_print_wrapped(FILE *out, const char *first, const char *text, size_t indent, size_t width)
{
	size_t column = strlen(first);

	fputs(first, out);
	for (bool is_first = true; *text; is_first = false) {
		size_t word = strcspn(text, " ");

		if (!is_first && column + 1 + word > width) {
			fprintf(out, "\n%*s%.*s", (int)indent, "", (int)word, text);
			column = indent + word;
		} else {
			fprintf(out, "%s%.*s", is_first ? "" : " ", (int)word, text);
			column += word + !is_first;
		}
		text += word + (text[word] != '\0');
	}
	fputc('\n', out);
}

/* Levenshtein's distance by one row. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NEAREST_MAX + 1], la = strlen(a), lb = strlen(b);

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return NEAREST_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *text_nearest(const char *word, const char *const *names, size_t n)
{
	size_t best = strlen(word) / 3 + 1;	/* a third of the letters may be wrong, or one */
	const char *nearest = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t d = edit_distance(word, names[i]);

		if (d <= best && (!nearest || d < best)) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}
