/* tunnel.h - NW-EXF-008: a day's DNS questions below one domain, or echoes to one address, carry
 * more than names and pings do.
 *
 * Judged, by the parameters of the rule (struct tunnel_params; values as the rule pack has them),
 * are the bytes that differ (flow/carried.h says what counts): asking for one name ten thousand
 * times, or ten thousand equal pings, carries nothing.
 *
 *   DNS    different names of at least `different`, 32, and their bytes at least
 *            `bytes`, 16 KiB    severity 4, where the names are long (32 bytes and more below the
 *                               domain in the mean), or of 16 and more and half of the questions
 *                               are for TXT or NULL, or half of the answers say there is no such
 *                               name: a tunnel has one or more of these, or is slow
 *            a quarter of that  severity 4, where the names are long and asked for as TXT or NULL
 *            16 times as much   severity 3 otherwise; and whatever the names, when the answers are
 *                               block lists' (127.0.0.0/8, or no such name): reputation services
 *                               look up hashes of files, that is unique long names by trade
 *   echo   as many different payloads of as many bytes together, or as many replies that
 *          do not repeat their request: severity 4
 *
 * Why 16 KiB a day: of honest traffic a name below one domain is 10 to 30 bytes and a client meets
 * some tens to hundreds of different ones a day (content networks, search suffixes, DNSSEC, mail
 * look-ups), 0.1 to 6 kB; a tunnel that moves 16 KiB has moved a tenth of a small leak.  Measured
 * on 181 public captures with DNS or ICMP: the tunnels among them 35.7 kB (dnscat2, names of 162
 * bytes) and 6.3 kB (iodine, of 33, all NULL: hence the quarter); of the 133 other pairs of asset
 * and domain or address none above 127 bytes (docs/measurements.md; those captures are short).
 * What stays below: a tunnel of less than 16 KiB a day and domain; what is hidden in 16 to 24 bytes
 * at the front of an echo's payload; DNS over TLS or HTTPS, which is a destination like any other.
 * Pure functions, any thread.
 */
#ifndef NW_DETECT_TUNNEL_H
#define NW_DETECT_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/rule_params.h"

struct tunnel_facts {			/* of one row */
	bool is_echo;
	uint64_t asked, asked_bytes;	/* questions, or requests; what they carried in all */
	uint64_t different, different_bytes;
	uint64_t odd, answers, nxdomain, listed;	/* DNS; answers: replies too */
	uint64_t plain, text, mismatched, mismatched_bytes;	/* echo */
	const char *domain;		/* NULL: echo */
	uint64_t total;			/* different bytes of all rows that counted, this too */
	uint32_t rows;			/* that counted, this included */
};

/* The severity; 0: nothing. */
unsigned tunnel_judge(const struct tunnel_params *p, const struct tunnel_facts *f);
/* What says so, for the words; of DNS. */
bool tunnel_is_long(const struct tunnel_params *p, const struct tunnel_facts *f);
bool tunnel_is_odd(const struct tunnel_params *p, const struct tunnel_facts *f);
bool tunnel_is_missing(const struct tunnel_params *p, const struct tunnel_facts *f);
bool tunnel_is_listed(const struct tunnel_facts *f);

#endif
