/* site_explain.h - a site policy in words, for `nachtwacht check --site`. */
#ifndef NW_POLICY_SITE_EXPLAIN_H
#define NW_POLICY_SITE_EXPLAIN_H

#include <stdio.h>
#include "policy/site.h"

/* Zones with their assets per role, closed hours, expected entries, and what is off and why. */
/* Its part about single assets: what each is to the rules that go by the policy alone. */
void site_explain_judged(const struct site *s, FILE *out);
void site_explain(const struct site *s, FILE *out);

#endif
