/* names.h - the names that stand in the beginning of a flow, in full (private to the room).
 *
 * nDPI 4.2 keeps the last 79 bytes of a name and nothing of a DNS answer, so these are read here,
 * from what was captured and nothing else:
 *
 *	names_tls.c	ClientHello and ServerHello (tls.h)
 *	quic.c		the ClientHello in QUIC's Initial packets (quic.h)
 *	names_http.c	method and Host of the first HTTP/1 request (RFC 9112), HTTP/2's preface
 *	names_dns.c	the question, and the addresses answered (RFC 1035, RFC 3596)
 *	names.c		which of them applies, and beginnings that come in several segments
 *
 * A name is ASCII-lower-cased, loses one final dot, and a zero byte in it is
 * written \000 (as is, in a label of DNS, a dot: \046); all other bytes stay as they are.  The
 * parsers are pure functions over a bounded piece of memory: no allocation, no recursion, linear in
 * what they are given.
 *
 * Reassembly.  A hello or a request head whose end is missing is collected: at most NAMES_HEAD_MAX
 * bytes of the side that began it, from segments that follow each other exactly (a segment seen
 * again is passed over, one that is ahead ends it), in at most NAMES_SEGMENTS_MAX packets, for at
 * most NAMES_HEADS_MAX flows of an engine at a time (the others are counted: names_pool.beyond).
 * Where that ends early, what was found so far counts.  Behind a beginning the other side's first
 * message tells more (the version chosen, the file sent); it is read here when the flow is still
 * shown, else by dpi_read_reply().
 * Thread: the engine's.
 */
#ifndef NW_DPI_NAMES_H
#define NW_DPI_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "dpi/dpi.h"

#define NAMES_HEAD_MAX 4096	/* a hello with post-quantum keys takes 1.8 kB */
#define NAMES_SEGMENTS_MAX 12
#define NAMES_HEADS_MAX 512	/* 2 MB an engine under a flood */

struct names_found {
	char name[DPI_NAME_MAX];
	char alpn[DPI_ALPN_MAX];	/* "h2,http/1.1": whole names, as many as fit */
	char alpn_chosen[DPI_ALPN_MAX];
	char ja3[DPI_JA3_MAX], ja4[DPI_JA4_MAX];	/* tls.h */
	char method[DPI_METHOD_MAX];	/* HTTP */
	uint16_t tls_version;
	uint16_t light;			/* enum dpi_light, when it is surely TLS, QUIC or HTTP */
};

enum name_find {
	NAME_NONE,		/* not of this protocol, or there is no name in it */
	NAME_MORE,		/* goes on behind these bytes; found so far is in *ret */
	NAME_FOUND
};

enum name_find names_tls(const uint8_t *bytes, size_t len, struct names_found *ret);
enum name_find names_http(const uint8_t *bytes, size_t len, struct names_found *ret);
/* Where the body of an HTTP message begins; 0: the head's end is not there, or it is no HTTP. */
size_t names_http_body(const uint8_t *bytes, size_t len);
/* A message with one question; or with several, when it is_surely DNS and not a guess by port: then
 * ret->name is that of the first.  It is "" for the root.  ret->n: addresses that the only
 * question's name leads to, directly or over CNAME records that come before them; 0 for a query. */
bool names_dns(const uint8_t *message, size_t len, bool is_surely, struct dpi_answers *ret);

/* The form of names above.  false: empty or longer than fits; buf is "" then. */
bool name_copy(const uint8_t *bytes, size_t len, char buf[static DPI_NAME_MAX]);
/* Appends one byte to the *used bytes in buf and lower-cases it, or `\DDD` when is_literal. */
bool name_append(char buf[static DPI_NAME_MAX], size_t *used, uint8_t byte, bool is_literal);

struct quic;

/* --- of one flow ---------------------------------------------------------------------- */

struct file_types;

struct names_pool {		/* the engine's */
	unsigned heads;		/* being collected */
	uint64_t beyond;	/* beginnings without a place: NAMES_HEADS_MAX, or no memory */
	const struct file_types *files;	/* the operator's; NULL: none */
};

struct names {			/* zeroed: nothing seen */
	struct names_found *found;	/* owned; NULL: nothing found */
	uint8_t *head;		/* owned; NULL: nothing is being collected */
	uint32_t next_seq;	/* of the segment that goes on */
	uint16_t head_len;
	struct quic *quic;	/* owned; NULL: no QUIC, or done */
	uint8_t segments;	/* looked at while collecting or waiting */
	uint8_t waits;		/* what is expected of the other side: names.c */
	uint8_t file[2];	/* enum file_type; [0] of the smaller side */
	uint8_t heard;		/* bits of sides that sent payload */
	bool is_forward;	/* which way they go: see names.c */
	bool is_done;		/* nothing more is looked for */
};

/* is_dns: nDPI has recognised DNS of some kind. */
void names_look(struct names_pool *pool, struct names *n, const struct packet *p, bool is_dns);
static inline bool names_wants_more(const struct names *n)
{
	return n->head || n->quic;
}
static inline bool names_is_forward(const struct packet *p)
{
	return packet_is_forward(p, p->sport, p->dport);
}
/* Puts what was found in the place of nDPI's. */
void names_put(const struct names *n, struct dpi_verdict *v);
void names_clear(struct names_pool *pool, struct names *n);

#endif
