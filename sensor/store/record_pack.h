/* record_pack.h - the flat fields of a record to bytes and back (base/pack.h), for its row in
 * the state. Pure, any thread. */
#ifndef NW_STORE_RECORD_PACK_H
#define NW_STORE_RECORD_PACK_H

#include <stdbool.h>
#include "alert/record.h"
#include "base/pack.h"

void record_pack_flat(struct packer *p, const struct record_flat *flat);
/* false: these are not the bytes of flat fields, all of them and nothing else. */
bool record_unpack_flat(const void *bytes, size_t len, struct record_flat *ret_flat);

#endif
