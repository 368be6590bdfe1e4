/* carried.h - what DNS questions and ICMP echoes of one flow and minute could carry.
 *
 * A tunnel by name writes its bytes into the labels below a domain that its other end owns, and
 * asks for a new name each time; a tunnel by echo writes them into the payload.  So what counts is
 * not how much was sent but how much of it was different (base/sample.h):
 *
 *   DNS    by registered domain: the labels below it, dots left out, of each different name.
 *          Addresses written as labels carry what an address does and not their text: a run of
 *          three or more octets at the front one byte each, of 16 or more hexadecimal digits half
 *          a byte each (reverse look-ups, block lists).
 *   echo   the payload of each different request, but for what programs put at its front (time
 *          stamps, identifiers: ECHO_FRONT bytes), and not when the rest is plain: of one byte
 *          after the other in steps, or of a pattern of at most 32 bytes.  Pings for reachability,
 *          monitoring and path MTU are plain, whatever their size.
 *
 * Bounded: CARRIED_DOMAINS_MAX domains of a flow and minute; when they are taken, the one with
 * least gives its place to a newcomer (counted), so a tunnel is not pushed out by ordinary names.
 * A shard holds at most CARRIED_HELD_MAX records of domains and echoes at a time, however many
 * flows there are: some 14 MB.  Made for flows that speak DNS or echo only.  Thread: the owner's.
 */
#ifndef NW_FLOW_CARRIED_H
#define NW_FLOW_CARRIED_H

#include <stdbool.h>
#include <stdint.h>
#include "base/pack.h"
#include "base/sample.h"
#include "dpi/dpi.h"

#define CARRIED_DOMAINS_MAX 32
#define CARRIED_DOMAIN_MAX 254		/* characters of a domain, with the zero byte */
#define CARRIED_HELD_MAX 16384		/* of a shard: domains, echoes, echo_waiting */
#define ECHO_FRONT 24			/* struct timeval and 8 bytes more ... */
#define ECHO_FRONT_SMALL 16		/* ... of payloads of at most 40 bytes */
#define ECHO_WAITING 32			/* requests of a flow that a reply is compared with */

struct carried_domain {
	struct carried_domain *next;
	uint64_t asked;			/* bytes that the questions carried, repetitions too */
	uint64_t echoed;		/* bytes of answers that only repeat their question */
	uint32_t questions, odd;	/* odd: for TXT or NULL records */
	uint32_t answers, nxdomain;
	uint32_t listed;		/* answered with 127.0.0.0/8: what block lists say */
	struct sample names;
	char domain[];
};

struct carried_echo {
	uint64_t asked;			/* payload bytes of requests */
	uint64_t echoed;		/* of replies that repeat their request */
	uint64_t mismatched_bytes;	/* of replies that do not */
	uint32_t requests, replies, mismatched;
	uint32_t plain, text;		/* requests of plain payload, of printable payload */
	struct sample payloads;
};

struct carried {
	struct carried_domain *domains;	/* in the order of first questions */
	struct carried_echo *echo;	/* NULL: none */
	uint8_t n;			/* domains */
};

/* How names become domains, and what hashes are keyed with: the site's, not to be guessed. */
typedef bool (*carried_domain_fn)(const char *name, char *buf, size_t cap);
struct carried_rules {
	carried_domain_fn registered_domain;	/* NULL: the last two labels */
	uint64_t key;
	bool is_full;			/* nothing new is begun: CARRIED_HELD_MAX */
};

/* Requests that replies are compared with: outlives the minutes of a flow.  Made with the first. */
struct echo_waiting {
	struct {
		uint16_t id, sequence;
		uint32_t hash;		/* of the payload; 0: free */
	} slot[ECHO_WAITING];
};

/* Each makes *at when it is NULL.  false: something was left out (no memory, no place). */
bool carried_add_dns(struct carried **at, const struct dpi_answers *m,
		     const struct carried_rules *rules);
bool carried_add_echo(struct carried **at, struct echo_waiting **waiting, const struct packet *p,
		      const struct carried_rules *rules);
/* 1 a request, -1 a reply, 0 no echo: what carried_add_echo() is for. */
int carried_echo_side(const struct packet *p);
/* Bytes that a name carries below its domain. */
uint32_t carried_size_of_name(const char *name, const char *domain);
bool carried_is_plain(const uint8_t *bytes, size_t len);

static inline uint32_t carried_held(const struct carried *c, const struct echo_waiting *w)
{
	return (c ? c->n + (c->echo != NULL) : 0) + (w != NULL);
}

void carried_free(struct carried **at);		/* *at is NULL afterwards, and may be before */
void carried_pack(const struct carried *c, struct packer *p);	/* NULL is fine */
/* *ret is NULL when NULL was packed, too.  false: malformed (u->is_bad is set) or no memory. */
bool carried_unpack(struct unpacker *u, struct carried **ret);
void echo_waiting_pack(const struct echo_waiting *w, struct packer *p);
bool echo_waiting_unpack(struct unpacker *u, struct echo_waiting **ret);	/* likewise */

#endif
