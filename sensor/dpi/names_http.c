/* names_http.c - method and Host of an HTTP/1 request, where a body begins, HTTP/2's preface.
 *
 * A request is a method of capital letters, and a first line that ends with "HTTP/1.", one digit.
 * Lines end with LF, with or without CR.  The first Host counts; a Host line without its end is not
 * read.  Cost: one pass.
 */
#include <string.h>
#include <strings.h>
#include "base/bytes.h"
#include "dpi/names.h"

#define METHOD_LONGEST 20		/* "VERSION-CONTROL", and some room */

struct line {
	const uint8_t *bytes;
	size_t len;			/* without its end */
};

/* The next line; false: its end is not there. */
static bool take_line(struct cursor *c, struct line *ret_line)
{
	const uint8_t *end = c->left ? memchr(c->data, '\n', c->left) : NULL;
	size_t len;

	if (!end)
		return false;
	len = (size_t)(end - c->data);
	ret_line->bytes = cursor_take(c, len + 1);
	ret_line->len = len && ret_line->bytes[len - 1] == '\r' ? len - 1 : len;
	return true;
}

static bool has_method(const uint8_t *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && i < METHOD_LONGEST &&
	       ((bytes[i] >= 'A' && bytes[i] <= 'Z') || bytes[i] == '-'))
		i++;
	return i > 0 && i < len && bytes[i] == ' ';
}

static bool is_request(const struct line *l)
{
	static const char version[] = " HTTP/1.";
	size_t n = sizeof(version) - 1;

	return l->len > n && !memcmp(l->bytes + l->len - 1 - n, version, n);
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* "host:8080" without the port; "[2001:db8::1]:80" keeps its brackets. */
static size_t without_port(const uint8_t *host, size_t len)
{
	const uint8_t *colon = len && host[0] == '[' ? NULL : memchr(host, ':', len);
	const uint8_t *bracket = len && host[0] == '[' ? memchr(host, ']', len) : NULL;

	if (bracket)
		return (size_t)(bracket - host) + 1;
	return colon ? (size_t)(colon - host) : len;
}

static void read_host(const struct line *l, size_t from, struct names_found *ret)
{
	const uint8_t *host = l->bytes + from;
	size_t len = l->len - from;

	for (; len && is_blank(*host); len--)
		host++;
	while (len && is_blank(host[len - 1]))
		len--;
	name_copy(host, without_port(host, len), ret->name);
}

static void keep_method(const uint8_t *bytes, struct names_found *ret)
{
	size_t n = 0;

	while (n + 1 < sizeof(ret->method) && bytes[n] != ' ')
		n++;
	memcpy(ret->method, bytes, n);
	ret->method[n] = '\0';
	ret->light = DPI_LIGHT_HTTP;
}

/* RFC 9113 3.4. */
static enum name_find read_preface(const uint8_t *bytes, size_t len, struct names_found *ret)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	size_t n = sizeof(preface) - 1;

	if (memcmp(bytes, preface, len < n ? len : n))
		return NAME_NONE;
	if (len < n)
		return NAME_MORE;
	ret->light = DPI_LIGHT_HTTP2;
	return NAME_FOUND;
}

enum name_find names_http(const uint8_t *bytes, size_t len, struct names_found *ret)
{
	static const char key[] = "host:";
	struct cursor c = cursor_over(bytes, len);
	struct line line;

	memset(ret, 0, sizeof(*ret));
	if (!has_method(bytes, len))
		return NAME_NONE;
	if (len >= 5 && !memcmp(bytes, "PRI *", 5))
		return read_preface(bytes, len, ret);
	if (!take_line(&c, &line))
		return NAME_MORE;
	if (!is_request(&line))
		return NAME_NONE;
	keep_method(bytes, ret);
	while (take_line(&c, &line)) {
		if (line.len == 0)
			return NAME_FOUND;
		if (line.len >= sizeof(key) - 1 &&
		    !strncasecmp((const char *)line.bytes, key, sizeof(key) - 1)) {
			read_host(&line, sizeof(key) - 1, ret);
			return NAME_FOUND;
		}
	}
	return NAME_MORE;
}

size_t names_http_body(const uint8_t *bytes, size_t len)
{
	struct cursor c = cursor_over(bytes, len);
	struct line line;

	if (!take_line(&c, &line) ||
	    !(is_request(&line) || (line.len > 7 && !memcmp(line.bytes, "HTTP/1.", 7))))
		return 0;
	while (take_line(&c, &line))
		if (line.len == 0)
			return len - c.left;
	return 0;
}
