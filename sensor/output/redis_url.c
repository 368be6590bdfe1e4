/* redis_url.c - where Redis is, from a URL (see sinks.h).
 *
 *   redis://user:password@host:port/db          unix://user:password@/path?db=N
 *           \__ userinfo _/ \_ host _/           \__ userinfo _/ \ path /
 *
 * The URL comes from the command line or a configuration file.  It may hold a password, so no
 * message quotes more of it than its scheme, host, port or database. Pure functions, any
 * thread.
 */
#include "output/sinks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define REDIS_PORT 6379
#define DATABASE_MAX 65535	/* Redis has 16 unless told otherwise */
#define FORM "redis://[user:password@]host[:port][/db] or unix:///path[?db=N]"

/* A piece of the URL. */
struct piece {
	const char *at;
	size_t len;
};

struct message {
	char *buf;
	size_t cap;
};

#define REFUSE(m, ...) (text_format((m).buf, (m).cap, __VA_ARGS__), false)

static struct piece piece_of(const char *from, const char *to)
{
	return (struct piece){ from, (size_t)(to - from) };
}

static bool piece_is(struct piece p, const char *text)
{
	return p.len == strlen(text) && !memcmp(p.at, text, p.len);
}

static const char *piece_find(struct piece p, char c)
{
	return p.len ? memchr(p.at, c, p.len) : NULL;
}

/* Splits at the first c: *p becomes what is before it.  false: there is none. */
static bool piece_cut(struct piece *p, char c, struct piece *ret_rest)
{
	const char *at = piece_find(*p, c);

	if (!at)
		return false;
	*ret_rest = piece_of(at + 1, p->at + p->len);
	*p = piece_of(p->at, at);
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3986 2.1.  what names the piece in the message; its text may be secret. */
static bool piece_decode(struct piece p, const char *what, char *buf, size_t cap, struct message m)
{
	size_t out = 0;

	for (size_t i = 0; i < p.len; i++) {
		char c = p.at[i];

		if (c == '%') {
			int high = i + 2 < p.len ? hex_value(p.at[i + 1]) : -1;
			int low = i + 2 < p.len ? hex_value(p.at[i + 2]) : -1;

			if (high < 0 || low < 0)
				return REFUSE(m, "the %s has a '%%' without two hexadecimal digits "
					      "after it (a '%%' itself is written %%25)", what);
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0')
			return REFUSE(m, "the %s may not contain a zero byte", what);
		if (out + 1 >= cap)
			return REFUSE(m, "the %s is longer than %zu bytes", what, cap - 1);
		buf[out++] = c;
	}
	buf[out] = '\0';
	return true;
}

/* Decimal digits only, up to max. */
static bool piece_number(struct piece p, unsigned max, unsigned *ret_number)
{
	unsigned n = 0;

	if (!p.len || p.len > 6)
		return false;
	for (size_t i = 0; i < p.len; i++) {
		if (p.at[i] < '0' || p.at[i] > '9')
			return false;
		n = n * 10 + (unsigned)(p.at[i] - '0');
	}
	if (n > max)
		return false;
	*ret_number = n;
	return true;
}

/* "user:password", ":password" or "user" (whose password comes from a file). */
static bool parse_userinfo(struct piece info, struct redis_url *url, struct message m)
{
	struct piece password = { "", 0 };

	piece_cut(&info, ':', &password);
	return piece_decode(info, "user name", url->user, sizeof(url->user), m) &&
	       piece_decode(password, "password", url->password, sizeof(url->password), m);
}

/* Takes "userinfo@" off the front of *rest where it is there. */
static bool take_userinfo(struct piece *rest, struct redis_url *url, struct message m)
{
	struct piece info = *rest, after;

	if (!piece_cut(&info, '@', &after))
		return true;
	if (piece_find(after, '@'))
		return REFUSE(m, "an '@' in the user name or password is written %%40");
	*rest = after;
	return parse_userinfo(info, url, m);
}

static bool parse_port(struct piece port, struct redis_url *url, struct message m)
{
	unsigned n;

	if (!piece_number(port, 65535, &n) || n == 0)
		return REFUSE(m, "the port must be a number from 1 to 65535");
	url->port = (uint16_t)n;
	return true;
}

static bool parse_db(struct piece db, struct redis_url *url, struct message m)
{
	if (!piece_number(db, DATABASE_MAX, &url->db))
		return REFUSE(m, "the database must be a number from 0 to %u", DATABASE_MAX);
	return true;
}

/* "[2001:db8::1]" with what follows it. */
static bool parse_ipv6_host(struct piece *rest, struct redis_url *url, struct message m)
{
	struct piece inside = piece_of(rest->at + 1, rest->at + rest->len), after;
	struct in6_addr address;

	if (!piece_cut(&inside, ']', &after))
		return REFUSE(m, "the ']' after the IPv6 address is missing");
	if (inside.len >= INET6_ADDRSTRLEN)
		return REFUSE(m, "what stands in brackets is not an IPv6 address");
	memcpy(url->host, inside.at, inside.len);
	url->host[inside.len] = '\0';
	if (strlen(url->host) != inside.len || inet_pton(AF_INET6, url->host, &address) != 1)
		return REFUSE(m, "what stands in brackets is not an IPv6 address");
	*rest = after;
	return true;
}

static bool is_host_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-' || c == '_';
}

static bool parse_name_host(struct piece *rest, struct redis_url *url, struct message m)
{
	size_t len = 0;

	while (len < rest->len && is_host_character(rest->at[len]))
		len++;
	if (len == 0 && (rest->len == 0 || rest->at[0] == ':'))
		return REFUSE(m, "the host is missing: %s", FORM);
	if (len < rest->len && rest->at[len] != ':')
		return REFUSE(m, "a host name has letters, digits, '.', '-' and '_' only; an IPv6 "
			      "address stands in brackets");
	if (len >= sizeof(url->host))
		return REFUSE(m, "the host name is longer than %zu bytes", sizeof(url->host) - 1);
	memcpy(url->host, rest->at, len);
	url->host[len] = '\0';
	*rest = piece_of(rest->at + len, rest->at + rest->len);
	if (rest->len && memchr(rest->at + 1, ':', rest->len - 1))
		return REFUSE(m, "an IPv6 address stands in brackets: redis://[2001:db8::1]:6379");
	return true;
}

static bool parse_tcp(struct piece rest, struct redis_url *url, struct message m)
{
	struct piece db = { "", 0 };
	bool ok;

	if (piece_find(rest, '?') || piece_find(rest, '#'))
		return REFUSE(m, "a '?' or '#' has no meaning here: the form is %s; in a password "
			      "they are written %%3F and %%23", FORM);
	piece_cut(&rest, '/', &db);
	if (piece_find(db, '@'))
		return REFUSE(m, "a '/' in the user name or password is written %%2F");
	if (!take_userinfo(&rest, url, m))
		return false;
	ok = rest.len && rest.at[0] == '[' ? parse_ipv6_host(&rest, url, m)
					   : parse_name_host(&rest, url, m);
	if (!ok)
		return false;
	url->port = REDIS_PORT;
	if (rest.len && rest.at[0] != ':')
		return REFUSE(m, "after the address comes \":port\" or \"/db\"");
	if (rest.len && !parse_port(piece_of(rest.at + 1, rest.at + rest.len), url, m))
		return false;
	return !db.len || parse_db(db, url, m);
}

static bool parse_unix(struct piece rest, struct redis_url *url, struct message m)
{
	struct piece query = { "", 0 };
	bool has_query = piece_cut(&rest, '?', &query);

	url->is_unix = true;
	if (rest.len && rest.at[0] != '/' && !take_userinfo(&rest, url, m))
		return false;
	if (rest.len < 2 || rest.at[0] != '/')
		return REFUSE(m, "the path of the socket must be absolute, as in "
			      "unix:///run/redis/redis.sock");
	if (!piece_decode(rest, "path", url->host, sizeof(url->host), m))
		return false;
	if (strlen(url->host) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return REFUSE(m, "the path of a socket has at most %zu bytes",
			      sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	if (!has_query)
		return true;
	if (query.len < 3 || memcmp(query.at, "db=", 3))
		return REFUSE(m, "the only parameter after the path is ?db=N");
	return parse_db(piece_of(query.at + 3, query.at + query.len), url, m);
}

/* Schemes that exist elsewhere, each with what to do instead. */
static bool refuse_scheme(struct piece scheme, struct message m)
{
	char shown[32];

	if (piece_is(scheme, "rediss"))
		return REFUSE(m, "rediss:// needs TLS, which this build does not have: use "
			      "unix:///path, or redis://127.0.0.1 with a TLS tunnel (stunnel)");
	if (piece_is(scheme, "redis+sentinel") || piece_is(scheme, "redis-sentinel"))
		return REFUSE(m, "redis+sentinel:// is not in this version: give the address of "
			      "the master, redis://host:port");
	text_escape(scheme.at, scheme.len < 20 ? scheme.len : 20, shown, sizeof(shown));
	return REFUSE(m, "the scheme %s:// is not known: the form is %s", shown, FORM);
}

bool redis_url_parse(const char *url, struct redis_url *ret_url, char *err, size_t err_cap)
{
	struct message m = { err, err_cap };
	const char *colon = strstr(url, "://"), *end = url + strlen(url);
	struct redis_url parsed = { .port = 0 };
	struct piece scheme, rest;
	bool ok;

	if (!colon || memchr(url, '@', (size_t)(colon - url)))
		return REFUSE(m, "a Redis URL begins with redis:// or unix://: %s", FORM);
	scheme = piece_of(url, colon);
	rest = piece_of(colon + 3, end);
	if (piece_is(scheme, "redis"))
		ok = parse_tcp(rest, &parsed, m);
	else if (piece_is(scheme, "unix"))
		ok = parse_unix(rest, &parsed, m);
	else
		ok = refuse_scheme(scheme, m);
	if (ok)
		*ret_url = parsed;
	explicit_bzero(&parsed, sizeof(parsed));
	return ok;
}

const char *redis_url_text(const struct redis_url *url, char buf[static REDIS_URL_TEXT_MAX])
{
	char shown[256];

	text_escape(url->host, strlen(url->host), shown, sizeof(shown));
	if (url->is_unix)
		text_format(buf, REDIS_URL_TEXT_MAX, "unix:%s", shown);
	else
		text_format(buf, REDIS_URL_TEXT_MAX, strchr(shown, ':') ? "[%s]:%u" : "%s:%u",
			    shown, url->port);
	return buf;
}

/* --- password file -------------------------------------------------------- */

/* The first line of the file, without its end, into line.  0 or -errno. */
static int read_first_line(int fd, char *line, size_t cap, size_t *ret_len)
{
	size_t len = 0;
	char *end;

	while (len < cap) {
		ssize_t n = read(fd, line + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	end = memchr(line, '\n', len);
	*ret_len = end ? (size_t)(end - line) : len;
	if (*ret_len && line[*ret_len - 1] == '\r')
		--*ret_len;
	return 0;
}

/* What is wrong with the password, or NULL. */
static const char *password_fault(const char *line, size_t len, size_t cap)
{
	if (len == 0)
		return "its first line is empty";
	if (len >= cap)
		return "its first line is too long for a password";
	if (memchr(line, '\0', len))
		return "its first line holds a zero byte";
	return NULL;
}

int redis_url_password_file(struct redis_url *url, const char *path)
{
	char line[sizeof(url->password) + 2] = "", shown[256];
	const char *fault = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err = 0;
	struct stat st;
	size_t len = 0;

	text_escape(path, strlen(path), shown, sizeof(shown));
	if (fd < 0 || fstat(fd, &st))
		err = -errno;
	else
		err = read_first_line(fd, line, sizeof(line), &len);
	if (!err) {
		fault = password_fault(line, len, sizeof(url->password));
		if (st.st_mode & S_IROTH)
			log_warn("redis", "password file %s can be read by everybody: chmod 600 it",
				 shown);
	}
	if (err)
		log_err("redis", "cannot read password file %s: %s", shown, err_text(err));
	if (fault) {
		log_err("redis", "password file %s: %s", shown, fault);
		err = -EINVAL;
	}
	if (!err) {
		memcpy(url->password, line, len);
		url->password[len] = '\0';
	}
	explicit_bzero(line, sizeof(line));
	if (fd >= 0)
		close(fd);
	return err;
}
