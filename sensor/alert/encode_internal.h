/* encode_internal.h - parts of a record that encode.c puts together. */
#ifndef NW_ALERT_ENCODE_INTERNAL_H
#define NW_ALERT_ENCODE_INTERNAL_H

#include <jansson.h>
#include "alert/explain.h"

/* Both give; the finding is one that rests on nights. */
json_t *encode_evidence(const struct finding *f, const struct nightly_facts *facts);
json_t *encode_nights(const struct alert_context *ctx, const struct finding *f);
/* The same; the finding has facts of a link. */
json_t *encode_link(const struct alert_context *ctx, const struct finding *f);

#endif
