/* redis_conn.h - one connection to Redis: connecting, AUTH, health check, pipelined commands.
 *
 * Every wait has a deadline and ends at once when stop_fd becomes readable, except the look-up
 * of a host name, which belongs to the resolver.  After any I/O error or time-out the
 * connection is of no more use (a late reply would be taken for the next one): close it and
 * open another. Owner and thread: one sink.  This is the only file besides redis_conn.c that
 * knows hiredis exists.
 */
#ifndef NW_OUTPUT_REDIS_CONN_H
#define NW_OUTPUT_REDIS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include "output/sinks.h"

enum redis_class {
	REDIS_DONE,			/* acknowledged */
	REDIS_LATER,			/* this server cannot take it now: memory, loading, disk */
	REDIS_LOST,			/* no connection, or one that is in doubt: open another */
	REDIS_ELSEWHERE,		/* not the server to write to: open another */
	REDIS_REFUSED,			/* user, rights or key: a person has to act */
	REDIS_DEAD,			/* this command will never be taken */
};

#define REDIS_TEXT_MAX 240

struct redis_fault {
	enum redis_class class;
	char text[REDIS_TEXT_MAX];	/* one phrase, "" when done; never a secret */
};

struct redis_conn;

/* REDIS_DONE and a connection that has answered PING; else *ret_fault says why. */
enum redis_class redis_conn_open(const struct redis_url *url, int stop_fd,
				 struct redis_conn **ret_conn, struct redis_fault *ret_fault);
void redis_conn_close(struct redis_conn *c);	/* takes c; NULL is fine */

/* Queues a command; copies its arguments.  false: out of memory, close the connection. */
bool redis_conn_queue(struct redis_conn *c, int argc, const char **argv, const size_t *lens);
/* Sends what is queued and takes the next reply. */
enum redis_class redis_conn_reply(struct redis_conn *c, struct redis_fault *ret_fault);
enum redis_class redis_conn_ping(struct redis_conn *c, struct redis_fault *ret_fault);
/* The server's maxmemory-policy by INFO (which the smallest ACL has, unlike CONFIG GET); "" when it
 * does not say. */
enum redis_class redis_conn_policy(struct redis_conn *c, char *buf, size_t cap,
				   struct redis_fault *ret_fault);

/* One step through a hash (HSCAN): each pair is given, borrowed during the call; pair returns false
 * to end it (REDIS_REFUSED, "more than can be taken").  cursor: "0" at the start, and again when
 * all was given.  A pair can come twice, and one that changes meanwhile in either form. */
#define REDIS_CURSOR_MAX 24
typedef bool (*redis_pair_fn)(void *arg, const char *field, size_t field_len, const char *value,
			      size_t value_len);
enum redis_class redis_conn_scan(struct redis_conn *c, const char *key,
				 char cursor[static REDIS_CURSOR_MAX], redis_pair_fn pair,
				 void *arg, struct redis_fault *ret_fault);

/* What an error reply means, by its first word (LIBRARIES: error classes). */
enum redis_class redis_classify(const char *error, size_t len);

#endif
