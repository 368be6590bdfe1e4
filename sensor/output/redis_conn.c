/* redis_conn.c - see redis_conn.h.
 *
 * The socket is ours (close-on-exec, non-blocking, every address of a name is tried, each with a
 * deadline); hiredis makes the commands and parses the replies.  This avoids what its blocking mode
 * cannot do: a deadline over a whole exchange, stopping from another thread, and trying the second
 * address when the first refuses.
 */
#include "output/redis_conn.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"

#define CONNECT_NS (3 * NS_PER_SEC)	/* per address */
#define REPLY_NS (5 * NS_PER_SEC)	/* for one reply, sending included */
#define REPLY_READS_MAX 1024		/* of 16 KiB: no reply to our commands is that long */
#define SCAN_COUNT "64"			/* pairs of one reply, about */

struct redis_conn {
	redisContext *ctx;
	int stop_fd;
};

static enum redis_class fault_set(struct redis_fault *f, enum redis_class class, const char *text)
{
	f->class = class;
	text_copy(f->text, sizeof(f->text), text);
	return class;
}

/* --- error replies -------------------------------------------------------- */

static const struct error_word {
	const char *word;
	enum redis_class class;
	const char *hint;		/* what the operator can do, or NULL */
} error_words[] = {
	{ "LOADING", REDIS_LATER, NULL },
	{ "BUSY", REDIS_LATER, NULL },
	{ "OOM", REDIS_LATER, NULL },
	{ "MISCONF", REDIS_LATER, NULL },
	{ "NOREPLICAS", REDIS_LATER, NULL },
	{ "UNKILLABLE", REDIS_LATER, NULL },
	{ "CLUSTERDOWN", REDIS_LATER, NULL },
	{ "TRYAGAIN", REDIS_LATER, NULL },
	{ "ERR max number of clients", REDIS_LATER, NULL },
	{ "READONLY", REDIS_ELSEWHERE, "it is a replica: name the master" },
	{ "MASTERDOWN", REDIS_ELSEWHERE, NULL },
	{ "MOVED", REDIS_REFUSED, "a Redis Cluster: name the node that serves the key" },
	{ "ASK", REDIS_REFUSED, "a Redis Cluster: name the node that serves the key" },
	{ "NOAUTH", REDIS_REFUSED, "give user and password, as in --redis-password-file" },
	{ "WRONGPASS", REDIS_REFUSED, "user or password is wrong" },
	{ "NOPERM", REDIS_REFUSED,
	  "the user needs at least ~nw:* +xadd +info +ping, and +hscan for work orders" },
	{ "WRONGTYPE", REDIS_REFUSED,
	  "the key exists and is of another type: choose another --stream" },
	{ "DENIED", REDIS_REFUSED, NULL },
	{ "ERR invalid password", REDIS_REFUSED, "the password is wrong" },
	{ "ERR unknown command", REDIS_REFUSED, "streams need Redis 5 or newer" },
	{ "ERR AUTH", REDIS_REFUSED, "the server has no password: leave it out" },
	{ "ERR Client sent AUTH", REDIS_REFUSED, "the server has no password: leave it out" },
};

static const struct error_word *find_error_word(const char *error, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(error_words); i++) {
		size_t n = strlen(error_words[i].word);

		if (len >= n && !memcmp(error, error_words[i].word, n) &&
		    (len == n || error[n] == ' '))
			return &error_words[i];
	}
	return NULL;
}

enum redis_class redis_classify(const char *error, size_t len)
{
	const struct error_word *w = find_error_word(error, len);

	return w ? w->class : REDIS_DEAD;
}

/* is_secret: the command held a password, which some servers repeat; then only the error's code
 * and the hint are shown. */
static enum redis_class fault_from_error(const redisReply *r, bool is_secret, struct redis_fault *f)
{
	const struct error_word *w = find_error_word(r->str, r->len);
	size_t len = strcspn(r->str, " \r\n");
	char shown[160];

	if (!is_secret && r->len < sizeof(shown) - 40)
		len = r->len;
	else if (!is_secret)
		len = sizeof(shown) - 40;
	text_escape(r->str, len, shown, sizeof(shown));
	f->class = w ? w->class : REDIS_DEAD;
	if (w && w->hint)
		text_format(f->text, sizeof(f->text), "%s (%s)", shown, w->hint);
	else
		text_copy(f->text, sizeof(f->text), shown);
	return f->class;
}

/* --- input and output ----------------------------------------------------- */

/* 0, -ETIMEDOUT, or -ECANCELED when told to stop. */
static int wait_for(int fd, short events, int stop_fd, uint64_t deadline_ns)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = events }, { .fd = stop_fd, .events = POLLIN },
	};

	for (;;) {
		uint64_t now = clock_monotonic_ns();
		int n;

		if (now >= deadline_ns)
			return -ETIMEDOUT;
		n = poll(fds, 2, (int)((deadline_ns - now) / NS_PER_MS) + 1);
		if (n > 0 && fds[1].revents)
			return -ECANCELED;
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static enum redis_class fault_lost(const struct redis_conn *c, int err, struct redis_fault *f)
{
	if (err == -ETIMEDOUT)
		return fault_set(f, REDIS_LOST, "no answer within 5 s");
	if (err)
		return fault_set(f, REDIS_LOST, err_text(err));
	return fault_set(f, REDIS_LOST, c->ctx->err ? c->ctx->errstr : "an unexpected reply");
}

static enum redis_class flush_queue(struct redis_conn *c, uint64_t deadline, struct redis_fault *f)
{
	int done = 0, err;

	for (;;) {
		if (redisBufferWrite(c->ctx, &done) != REDIS_OK)
			return fault_lost(c, 0, f);
		if (done)
			return REDIS_DONE;
		err = wait_for(c->ctx->fd, POLLOUT, c->stop_fd, deadline);
		if (err)
			return fault_lost(c, err, f);
	}
}

/* Gives the next reply. */
static enum redis_class next_reply(struct redis_conn *c, redisReply **ret_reply,
				   struct redis_fault *f)
{
	uint64_t deadline = clock_monotonic_ns() + REPLY_NS;
	void *reply = NULL;

	if (flush_queue(c, deadline, f) != REDIS_DONE)
		return f->class;
	for (int reads = 0; reads < REPLY_READS_MAX; reads++) {
		int err;

		if (redisGetReplyFromReader(c->ctx, &reply) != REDIS_OK)
			return fault_lost(c, 0, f);
		if (reply) {
			*ret_reply = reply;
			return REDIS_DONE;
		}
		err = wait_for(c->ctx->fd, POLLIN, c->stop_fd, deadline);
		if (err)
			return fault_lost(c, err, f);
		if (redisBufferRead(c->ctx) != REDIS_OK)
			return fault_lost(c, 0, f);
	}
	return fault_set(f, REDIS_LOST, "a reply without end");
}

bool redis_conn_queue(struct redis_conn *c, int argc, const char **argv, const size_t *lens)
{
	return redisAppendCommandArgv(c->ctx, argc, argv, lens) == REDIS_OK;
}

enum redis_class redis_conn_reply(struct redis_conn *c, struct redis_fault *ret_fault)
{
	redisReply *reply;
	enum redis_class class = next_reply(c, &reply, ret_fault);

	if (class != REDIS_DONE)
		return class;
	if (reply->type == REDIS_REPLY_ERROR)
		class = fault_from_error(reply, false, ret_fault);
	else
		fault_set(ret_fault, REDIS_DONE, "");
	freeReplyObject(reply);
	return class;
}

/* One command and its reply, for the dialogue at the start.  An error there is about us, never
 * about a record: what is not known to pass by itself needs a person. */
static enum redis_class converse(struct redis_conn *c, int argc, const char **argv,
				 redisReply **ret_reply, struct redis_fault *f)
{
	size_t lens[5];
	redisReply *reply;
	enum redis_class class;

	for (int i = 0; i < argc; i++)
		lens[i] = strlen(argv[i]);
	if (!redis_conn_queue(c, argc, argv, lens))
		return fault_set(f, REDIS_LOST, err_text(-ENOMEM));
	class = next_reply(c, &reply, f);
	if (class != REDIS_DONE)
		return class;
	if (reply->type == REDIS_REPLY_ERROR) {
		class = fault_from_error(reply, !strcmp(argv[0], "AUTH"), f);
		if (class == REDIS_DEAD)
			class = f->class = REDIS_REFUSED;
	}
	if (class == REDIS_DONE && ret_reply)
		*ret_reply = reply;
	else
		freeReplyObject(reply);
	return class;
}

enum redis_class redis_conn_ping(struct redis_conn *c, struct redis_fault *ret_fault)
{
	return converse(c, 1, (const char *[]){ "PING" }, NULL, ret_fault);
}

enum redis_class redis_conn_policy(struct redis_conn *c, char *buf, size_t cap,
				   struct redis_fault *ret_fault)
{
	static const char key[] = "maxmemory_policy:";
	const char *info[] = { "INFO", "memory" }, *at;
	redisReply *reply = NULL;
	enum redis_class class = converse(c, 2, info, &reply, ret_fault);

	*buf = '\0';
	if (class != REDIS_DONE)
		return class;
	at = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, key) : NULL;
	if (at) {
		at += strlen(key);
		text_escape(at, strcspn(at, "\r\n"), buf, cap);
	}
	freeReplyObject(reply);
	return class;
}

static bool is_text(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING;
}

static enum redis_class take_pairs(const redisReply *reply, char *cursor, redis_pair_fn pair,
				   void *arg, struct redis_fault *f)
{
	const redisReply *list = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 ?
				 reply->element[1] : NULL;

	if (!list || !is_text(reply->element[0]) || list->type != REDIS_REPLY_ARRAY ||
	    list->elements % 2 || !text_copy(cursor, REDIS_CURSOR_MAX, reply->element[0]->str))
		return fault_set(f, REDIS_LOST, "an unexpected reply to HSCAN");
	for (size_t i = 0; i < list->elements; i += 2) {
		const redisReply *field = list->element[i], *value = list->element[i + 1];

		if (!is_text(field) || !is_text(value))
			return fault_set(f, REDIS_LOST, "an unexpected reply to HSCAN");
		if (!pair(arg, field->str, field->len, value->str, value->len))
			return fault_set(f, REDIS_REFUSED, "more than can be taken");
	}
	return REDIS_DONE;
}

enum redis_class redis_conn_scan(struct redis_conn *c, const char *key,
				 char cursor[static REDIS_CURSOR_MAX], redis_pair_fn pair,
				 void *arg, struct redis_fault *ret_fault)
{
	const char *words[] = { "HSCAN", key, cursor, "COUNT", SCAN_COUNT };
	redisReply *reply = NULL;
	enum redis_class class = converse(c, 5, words, &reply, ret_fault);

	if (class == REDIS_DONE) {
		class = take_pairs(reply, cursor, pair, arg, ret_fault);
		freeReplyObject(reply);
	}
	return class;
}

/* --- connecting ----------------------------------------------------------- */

/* A connected, non-blocking, close-on-exec socket, or -errno. */
static int connect_socket(const struct sockaddr *to, socklen_t len, int stop_fd)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, err = 0;
	socklen_t err_len = sizeof(err);

	if (fd < 0)
		return -errno;
	if (to->sa_family != AF_UNIX) {
		/* Both are improvements only: a batch is one write, and PING finds dead peers. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	}
	if (connect(fd, to, len) == 0)
		return fd;
	err = -errno;
	if (err == -EINPROGRESS)
		err = wait_for(fd, POLLOUT, stop_fd, clock_monotonic_ns() + CONNECT_NS);
	if (!err && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &err_len))
		err = -err;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int connect_unix(const char *path, int stop_fd)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (!text_copy(to.sun_path, sizeof(to.sun_path), path))
		return -ENAMETOOLONG;
	return connect_socket((const struct sockaddr *)&to, sizeof(to), stop_fd);
}

/* The first address that answers; else the error of the last. */
static int connect_tcp(const struct redis_url *url, int stop_fd, const char **ret_text)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *list;
	char port[8];
	int err, fd = -EHOSTUNREACH;

	snprintf(port, sizeof(port), "%u", url->port);
	err = getaddrinfo(url->host, port, &hints, &list);
	if (err) {
		*ret_text = gai_strerror(err);
		return -EHOSTUNREACH;
	}
	for (const struct addrinfo *a = list; a && fd < 0 && fd != -ECANCELED; a = a->ai_next)
		fd = connect_socket(a->ai_addr, a->ai_addrlen, stop_fd);
	freeaddrinfo(list);
	return fd;
}

static enum redis_class greet(struct redis_conn *c, const struct redis_url *url,
			      struct redis_fault *f)
{
	const char *auth_user[] = { "AUTH", url->user, url->password };
	const char *auth[] = { "AUTH", url->password };
	enum redis_class class = REDIS_DONE;
	char db[16];

	if (*url->user)
		class = converse(c, 3, auth_user, NULL, f);
	else if (*url->password)
		class = converse(c, 2, auth, NULL, f);
	if (class == REDIS_DONE && url->db) {
		snprintf(db, sizeof(db), "%u", url->db);
		class = converse(c, 2, (const char *[]){ "SELECT", db }, NULL, f);
	}
	/* A stopped server still accepts connections: only an answer shows that it lives. */
	if (class == REDIS_DONE)
		class = redis_conn_ping(c, f);
	return class;
}

enum redis_class redis_conn_open(const struct redis_url *url, int stop_fd,
				 struct redis_conn **ret_conn, struct redis_fault *ret_fault)
{
	struct redis_conn *c = calloc(1, sizeof(*c));
	enum redis_class class = REDIS_LOST;
	const char *text = NULL;
	int fd;

	if (!c)
		return fault_set(ret_fault, REDIS_LOST, err_text(-ENOMEM));
	c->stop_fd = stop_fd;
	fd = url->is_unix ? connect_unix(url->host, stop_fd) : connect_tcp(url, stop_fd, &text);
	if (fd < 0) {
		fault_set(ret_fault, REDIS_LOST, text ? text : err_text(fd));
		goto out;
	}
	c->ctx = redisConnectFd(fd);
	if (!c->ctx) {
		close(fd);
		fault_set(ret_fault, REDIS_LOST, err_text(-ENOMEM));
		goto out;
	}
	c->ctx->flags &= ~REDIS_BLOCK;	/* the socket is non-blocking: EAGAIN is no error */
	class = greet(c, url, ret_fault);
	if (class == REDIS_DONE) {
		fault_set(ret_fault, REDIS_DONE, "");
		*ret_conn = steal(&c);
	}
out:	redis_conn_close(c);
	return class;
}

void redis_conn_close(struct redis_conn *c)
{
	if (!c)
		return;
	if (c->ctx)
		redisFree(c->ctx);
	free(c);
}
