/* records.h - made-up records for the tests of the outbox and the sinks. */
#ifndef NW_TESTS_RECORDS_H
#define NW_TESTS_RECORDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/record.h"

/* Record number n; its JSON has at least json_bytes bytes. */
static inline struct record *record_make(unsigned n, size_t json_bytes)
{
	struct record *r = calloc(1, sizeof(*r));
	size_t cap = json_bytes + 64;

	r->kind = RECORD_ALERT;
	r->sequence = n;
	snprintf(r->flat.id, sizeof(r->flat.id), "00000000-0000-5000-8000-%012u", n);
	snprintf(r->flat.incident, sizeof(r->flat.incident), "nw1-%032u", n);
	snprintf(r->flat.case_id, sizeof(r->flat.case_id), "nwc-%032u", n);
	snprintf(r->flat.action, sizeof(r->flat.action), "open");
	r->flat.ts_ms = 1768626600000 + n;
	snprintf(r->flat.site, sizeof(r->flat.site), "TEST");
	snprintf(r->flat.sensor, sizeof(r->flat.sensor), "nw-test");
	snprintf(r->flat.rule, sizeof(r->flat.rule), "NW-EXF-001");
	r->flat.severity = 5;
	r->flat.risk = 99;
	snprintf(r->flat.level, sizeof(r->flat.level), "L3");
	snprintf(r->flat.asset, sizeof(r->flat.asset), "IMG-SRV-2");
	snprintf(r->flat.src, sizeof(r->flat.src), "10.20.1.11");
	snprintf(r->flat.dst, sizeof(r->flat.dst), "203.0.113.9");
	r->flat.dport = 443;
	snprintf(r->flat.proto, sizeof(r->flat.proto), "tcp");
	snprintf(r->flat.app, sizeof(r->flat.app), "tls");
	r->flat.bytes_up = 5687000000;
	r->flat.nights = 7;
	r->json = malloc(cap);
	r->json_len = (size_t)snprintf(r->json, cap, "{\"fill\":\"%*s\",\"n\":%u}",
				       (int)json_bytes, "", n);
	return r;
}

#endif
