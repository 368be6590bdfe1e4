/* picture.c - nights as four bits a slot, see evidence.h. */
#include <math.h>
#include "profile/evidence.h"

#define STEP 2.4			/* bits of log2 a level: 15 levels reach 2^33.6 bytes */
#define LEVEL_MAX 15

uint64_t picture_bytes(uint8_t level)
{
	return level ? (uint64_t)ceil(exp2((level - 1) * STEP)) : 0;
}

uint8_t picture_level(uint64_t bytes)
{
	uint8_t level = 0;

	while (level < LEVEL_MAX && bytes >= picture_bytes(level + 1) && bytes)
		level++;
	return level;
}

void picture_set(uint8_t night[static ROW_SLOTS / 2], unsigned slot, uint8_t level)
{
	uint8_t *at = &night[slot / 2];

	*at = slot % 2 ? (uint8_t)((*at & 0x0f) | level << 4) :
			 (uint8_t)((*at & 0xf0) | (level & 0x0f));
}

uint8_t picture_get(const uint8_t night[static ROW_SLOTS / 2], unsigned slot)
{
	return slot % 2 ? night[slot / 2] >> 4 : night[slot / 2] & 0x0f;
}
