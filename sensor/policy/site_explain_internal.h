/* site_explain_internal.h - what the files of site_explain.h share: pieces of lines. */
#ifndef NW_POLICY_SITE_EXPLAIN_INTERNAL_H
#define NW_POLICY_SITE_EXPLAIN_INTERNAL_H

#include "policy/site_explain.h"

/* Nothing for "". */
void explain_text(FILE *out, const char *before, const char *text);
void explain_hours(FILE *out, const struct closed_hours *h);
void explain_party(FILE *out, const struct party *p);
void explain_services(FILE *out, const struct service *list, size_t n);	/* " by tcp/443, TLS" */

/* --- site_explain_rules.c --- */
void explain_rules(const struct site *s, FILE *out);
void explain_suppressed(const struct site *s, uint64_t now_ns, FILE *out);

#endif
