/* evidence.c - nights in few bytes: numbers of limited precision, and four bits a slot; see
 * evidence.h. */
#include "profile/evidence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define STEP 2.4			/* bits of log2 a level: 15 levels reach 2^33.6 bytes */
#define LEVEL_MAX 15
#define E_STEPS 2048.0			/* a factor of two in so many: 0.02 % apart */
#define E_NONE INT16_MIN
#define Z_STEPS 100.0

/* --- numbers ----------------------------------------------------------- */

static int16_t to_int16(double v)
{
	return (int16_t)lround(fmax(INT16_MIN + 1, fmin(v, INT16_MAX)));
}

int16_t evidence_e_kept(double e)
{
	return e > 0 ? to_int16(log2(e) * E_STEPS) : E_NONE;
}

double evidence_e_told(int16_t kept)
{
	char text[32];

	if (kept == E_NONE)
		return 0;
	snprintf(text, sizeof(text), "%.3g", exp2(kept / E_STEPS));
	return strtod(text, NULL);
}

void night_set_e(struct night_seen *n, unsigned process, double e)
{
	n->e_log[process] = evidence_e_kept(e);
}

double night_e(const struct night_seen *n, unsigned process)
{
	return evidence_e_told(n->e_log[process]);
}

void night_set_z(struct night_seen *n, double z)
{
	n->z_100 = to_int16(z * Z_STEPS);
}

double night_z(const struct night_seen *n)
{
	return n->z_100 / Z_STEPS;
}

/* --- pictures ---------------------------------------------------------- */

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
