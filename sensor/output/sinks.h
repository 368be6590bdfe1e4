/* sinks.h - where records go: JSON lines to a file, entries to a Redis stream.
 *
 * A sink runs on a thread of its own, drains the outbox (store/outbox.h) and never makes the
 * packet path wait.  Redis: at least once, in order, resent after any doubt; event.id makes
 * that harmless. A file carries records of one kind, those of another pass it by; Redis has a
 * stream a kind, and kinds without a key pass it by. The program
 * must ignore SIGPIPE (signal(SIGPIPE, SIG_IGN) in main()): neither a closed pipe nor a closed
 * connection may end it.
 */
#ifndef NW_OUTPUT_SINKS_H
#define NW_OUTPUT_SINKS_H

#include <stdbool.h>
#include <stdint.h>
#include "store/outbox.h"

/* --- JSON lines ----------------------------------------------------------- */

struct jsonl_sink;

/* path: a file, or "-" for standard output.  0 or -errno (logged).  Without a state the file is
 * emptied; with one it is cut back to what the last commit knew of and continued, so that in
 * the end it is the same as that of a run without interruption (jsonl.c says how). */
int jsonl_sink_open(const char *path, struct outbox *o, struct jsonl_sink **ret_sink);
/* The same for a sensor that is started again and again: what is in the file stays (a last line
 * that is cut goes), and a full disk is tried again every few seconds. */
int jsonl_sink_open_appending(const char *path, struct outbox *o, struct jsonl_sink **ret_sink);
/* Either of the two, for records of another kind than RECORD_ALERT. */
int jsonl_sink_open_kind(const char *path, struct outbox *o, enum record_kind kind, bool appends,
			 struct jsonl_sink **ret_sink);
/* Waits until the closed outbox is drained.  0, or the first -errno of writing (logged once). */
int jsonl_sink_close(struct jsonl_sink *s);		/* takes s */

/* --- Redis ---------------------------------------------------------------- */

/* redis://[user:password@]host[:port][/db], an IPv6 address in brackets, or
 * unix://[user:password@]/path[?db=N]; user, password and path may be percent-encoded. */
struct redis_url {
	char host[256];				/* or the path of the socket */
	uint16_t port;
	bool is_unix;
	unsigned db;
	char user[128], password[256];	/* "": none */
};
/* false with one sentence in err (which never holds the password): what is wrong and what is right.
 * rediss:// and redis+sentinel:// are refused with the reason where this build cannot do them. */
bool redis_url_parse(const char *url, struct redis_url *ret_url, char *err, size_t err_cap);
/* Takes the password from a file's first line, in place of the URL's.  0 or -errno (logged). */
int redis_url_password_file(struct redis_url *url, const char *path);
/* "192.0.2.1:6379", "[2001:db8::1]:6379", "unix:/run/redis.sock": for messages, without secrets. */
#define REDIS_URL_TEXT_MAX 300
const char *redis_url_text(const struct redis_url *url, char buf[static REDIS_URL_TEXT_MAX]);

struct redis_config {
	struct redis_url url;
	char stream[256];			/* key of the alerts; dead letters: with ":dead" */
	char attestations[256];			/* key of NW-ATT-001's; "": they pass by */
	uint64_t maxlen;			/* MAXLEN ~; 0: 50 000 */
	uint64_t wait_ns;			/* how long redis_sink_close() waits for the rest */
	/* A full outbox, too, waits no longer than wait_ns for a server that takes nothing. */
	bool gives_up_when_full;
	/* Also records of what an expected entry allows; else they count as taken. */
	bool with_suppressed;
	bool (*is_interrupted)(void);		/* asked by redis_sink_close(): wait no more? */
};

struct redis_counters {
	uint64_t added;				/* records that Redis acknowledged */
	uint64_t resent;			/* sent again: fate unknown, or refused */
	uint64_t dead;				/* refused for good: in the dead-letter stream */
	uint64_t connects;			/* connections that came up */
};

struct redis_sink;

/* Starts the thread; the connection is made there (retried with jittered back-off), so this fails
 * only for lack of memory. */
int redis_sink_open(const struct redis_config *cfg, struct outbox *o, struct redis_sink **ret_sink);
/* Any thread, a snapshot. */
void redis_sink_counters(const struct redis_sink *s, struct redis_counters *ret_counters);
/* Waits up to cfg.wait_ns, or until interrupted, for the closed outbox to be drained; a
 * server that refuses our user, our rights or our key gets one more try and no waiting.  0;
 * ERR_CONNECTION when records are left (logged: how many, why, and that they stay in --alerts / the
 * state). */
int redis_sink_close(struct redis_sink *s);		/* takes s */

#endif
