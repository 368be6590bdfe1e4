/* slice_pack.h - events as bytes for the state, and back (base/pack.h): those of a minute that was
 * not complete when a run ended. */
#ifndef NW_FLOW_SLICE_PACK_H
#define NW_FLOW_SLICE_PACK_H

#include <stdbool.h>
#include "base/pack.h"
#include "flow/slice.h"

/* 44 bytes; of flows and, with it, of their images. */
void flow_key_pack(const struct flow_key *k, struct packer *ret);
void flow_key_unpack(struct unpacker *u, struct flow_key *ret);
void slice_pack(const struct slice *s, struct packer *ret);
/* false: malformed; *ret_slice then owns nothing. */
bool slice_unpack(struct unpacker *u, struct slice *ret_slice);

#endif
