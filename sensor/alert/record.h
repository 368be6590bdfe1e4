/* record.h - what leaves the program: one JSON object and the flat fields beside it.
 *
 * ALERTS.md is the contract.  A record is immutable once made; the outbox owns it until every sink
 * has taken it.
 */
#ifndef NW_ALERT_RECORD_H
#define NW_ALERT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "policy/site.h"

/* Name space of event.id: UUIDv5 over "incident.id/records/observer.name".
 * b56383ff-80b0-5f14-b282-8f9be0ba56f2, itself the UUIDv5 of https://nachtwacht.example/event under
 * the URL name space. */
#define RECORD_UUID_NAMESPACE \
	{ 0xb5, 0x63, 0x83, 0xff, 0x80, 0xb0, 0x5f, 0x14, \
	  0xb2, 0x82, 0x8f, 0x9b, 0xe0, 0xba, 0x56, 0xf2 }

enum record_kind { RECORD_ALERT, RECORD_HEALTH, RECORD_ATTESTATION };	/* kept in states */

/* The flat fields of a Redis entry, besides v and json; strings are "-" and numbers 0 when absent.
 */
struct record_flat {
	char id[UUID_TEXT_MAX];
	char incident[40], case_id[40];
	char action[8];			/* open update resolve */
	uint64_t ts_ms;
	char site[SITE_ID_MAX], sensor[SITE_ID_MAX];
	char rule[16];
	unsigned severity, risk;
	char level[4];
	char asset[SITE_ID_MAX], role[SITE_ID_MAX];
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];
	unsigned dport;
	char proto[8], app[48];
	uint64_t bytes_up;
	unsigned nights;
	char work_order[SITE_ID_MAX];	/* wo: work_order.match */
	bool is_suppressed;		/* no field: Redis gets it only where that was asked for */
};

struct record {
	enum record_kind kind;
	uint64_t sequence;		/* event.sequence, from 1 */
	struct record_flat flat;
	char *json;			/* one line, no newline, sorted keys, valid UTF-8.  Owned */
	size_t json_len;
};

void record_free(struct record *r);	/* NULL is fine */

#endif
