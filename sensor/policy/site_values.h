/* site_values.h - the small texts of a site file: hours, days, dates, services, names.
 *
 * Pure functions: true and the value, or false and the output untouched.  Any thread.
 */
#ifndef NW_POLICY_SITE_VALUES_H
#define NW_POLICY_SITE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "policy/site.h"

#define DOMAIN_TEXT_MAX 256

char value_lower(char c);				/* ASCII */
bool value_is_id(const char *text);			/* [A-Za-z0-9._-]+, < SITE_ID_MAX */
bool value_is_rule(const char *text);			/* "NW-EXF-003", or an id of the site's */
bool value_is_label(const char *text, size_t cap);	/* shorter than cap, printable, not blank */
bool value_hhmm(const char *text, bool is_end, uint16_t *ret_min);	/* "24:00" as an end only */
bool value_days(const char *text, uint8_t *ret_days);	/* "mon-fri", "sat,sun", "mon-wed,fri" */
bool value_date(const char *text, int32_t *ret_day);	/* "2026-12-25", 1970 to 2500 */
bool value_country(const char *text);			/* two capital letters */
bool value_service(const char *text, struct service *ret_service);
bool value_mac(const char *text, uint8_t ret_mac[static 6]);	/* ':' or '-' between the bytes */
/* "55464600": pairs of digits, nothing between them, at most cap bytes. */
bool value_hex(const char *text, uint8_t *ret_bytes, size_t cap, size_t *ret_len);
/* Lower case, final dot dropped; "*." in front of at least two labels. */
bool value_domain(const char *text, char ret_domain[static DOMAIN_TEXT_MAX]);
/* The network that text most likely means when cidr_parse() refuses it: host bits cleared.  false:
 * it is not an address with a prefix length at all. */
bool value_cidr_meant(const char *text, struct cidr *ret_cidr);

#endif
