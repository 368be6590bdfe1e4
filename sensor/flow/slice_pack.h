/* slice_pack.h - events as bytes for the state, and back (base/pack.h): those of a minute that was
 * not complete when a run ended. */
#ifndef NW_FLOW_SLICE_PACK_H
#define NW_FLOW_SLICE_PACK_H

#include <stdbool.h>
#include "base/pack.h"
#include "flow/slice.h"

void slice_pack(const struct slice *s, struct packer *ret);
/* false: malformed; *ret_slice then owns nothing. */
bool slice_unpack(struct unpacker *u, struct slice *ret_slice);

#endif
