/* rule_value.h - values that rule files and the rules of a site file have in common, with their
 * messages (site_read.h).  Internal to the policy room.
 */
#ifndef NW_POLICY_RULE_VALUE_H
#define NW_POLICY_RULE_VALUE_H

#include "policy/rules.h"
#include "policy/site_read.h"

/* A value of that type; bounds are the caller's. */
bool reader_param_value(struct reader *r, const struct at *at, enum param_type type,
			double *ret_value);
const char *param_type_name(enum param_type type);	/* "bytes" */
const char *reader_revision(struct reader *r, const struct at *at);	/* as text */
void reader_severity(struct reader *r, const struct at *at, unsigned *ret_severity);
const char *const *reader_lines(struct reader *r, const struct at *at);	/* ends with NULL */
const struct rule_technique *reader_techniques(struct reader *r, const struct at *at,
					       size_t *ret_n);

#endif
