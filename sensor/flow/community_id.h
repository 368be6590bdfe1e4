/* community_id.h - Community ID 1, seed 0 (ALERTS section 4). */
#ifndef NW_FLOW_COMMUNITY_ID_H
#define NW_FLOW_COMMUNITY_ID_H

#include <stdbool.h>
#include <stdint.h>
#include "base/digest.h"
#include "flow/slice.h"

#define COMMUNITY_ID_MAX 31	/* "1:" and 28 characters of base64, with the zero byte */

/* client_is_b matters only for one-way ICMP, whose sender comes first whatever the addresses. */
void community_id(const struct flow_key *key, bool client_is_b, char ret[static COMMUNITY_ID_MAX]);
/* The same in two steps: what is kept in tables, and its text. */
void community_id_digest(const struct flow_key *key, bool client_is_b,
			 uint8_t ret[static DIGEST_SHA1_LEN]);
void community_id_text(const uint8_t digest[static DIGEST_SHA1_LEN],
		       char ret[static COMMUNITY_ID_MAX]);

/* The type that answers an ICMP type (echo request -> echo reply, ...); false: a one-way type. */
bool icmp_counter_type(uint8_t ip_version, uint8_t type, uint8_t *ret_type);

#endif
