/* site_explain.h - a site policy in words, for `nachtwacht check --site`. */
#ifndef NW_POLICY_SITE_EXPLAIN_H
#define NW_POLICY_SITE_EXPLAIN_H

#include <stdio.h>
#include "policy/site.h"

/* Zones with their assets per role, closed hours, expected entries, and what is off and why. */
void site_explain(const struct site *s, FILE *out);

#endif
