/* geo_record.h - is a record of a MaxMind-format file sane enough for the library?  (Private.) */
#ifndef NW_POLICY_GEO_RECORD_H
#define NW_POLICY_GEO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* data: the file's data section; at: where the record begins in it.  Any thread, no allocation. */
bool geo_record_is_sane(const uint8_t *data, size_t len, size_t at);

#endif
