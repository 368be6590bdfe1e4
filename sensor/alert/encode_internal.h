/* encode_internal.h - parts of a record that encode.c puts together. */
#ifndef NW_ALERT_ENCODE_INTERNAL_H
#define NW_ALERT_ENCODE_INTERNAL_H

#include <jansson.h>
#include "alert/explain.h"

#define ECS_VERSION "8.17.0"

/* Both give; the finding is one that rests on nights. */
json_t *encode_evidence(const struct alert_context *ctx, const struct finding *f,
			const struct nightly_facts *facts);
json_t *encode_nights(const struct alert_context *ctx, const struct finding *f);
/* The same; the finding has facts of a link. */
json_t *encode_link(const struct alert_context *ctx, const struct finding *f);
/* The same; the finding has facts of a dealing. */
json_t *encode_dealing(const struct alert_context *ctx, const struct finding *f);

/* ECS observer: who watched.  Takes ingress: what is known of the port beside its name, maybe
 * nothing. */
json_t *encode_observer(const struct alert_context *ctx, json_t *ingress);

/* Likewise: of a rule. */
json_t *encode_rule(const struct rule *rule);
json_t *encode_threat(const struct rule *rule);
json_t *encode_triage(const struct rule *rule);

#endif
