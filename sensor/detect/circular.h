/* circular.h - times of day on a circle of 24 hours: what their middle is, how close they lie.
 *
 * Times are minutes, taken modulo 1440, so minutes of a row serve as well as minutes since
 * midnight; results are on the same scale.  All figures are descriptive, not corrected for looking.
 * Pure functions, no allocation.
 */
#ifndef NW_DETECT_CIRCULAR_H
#define NW_DETECT_CIRCULAR_H

#include <stdbool.h>
#include <stdint.h>

#define CIRCULAR_DAY_MIN 1440
#define CIRCULAR_RAYLEIGH_MIN 10	/* fewer times: no p-value, it would not be one */

struct circular_summary {
	unsigned n;
	double resultant;	/* length of the mean direction, 0 (all round) .. 1 (one time) */
	double mean_min;	/* [0, 1440); -1: the times balance out, there is no middle */
	double sd_min;		/* sqrt(-2 ln resultant) as minutes; at most 720 */
	double arc;		/* share of the circle covered by the shortest arc with all times */
};

/* false: n is 0, *ret_summary is zero. */
bool circular_summarise(const int *minutes, unsigned n, struct circular_summary *ret_summary);

/* The shortest arc that holds `most` (2..n, else: 0) of the n times, in minutes.  n^3 steps. */
int circular_arc_of(const int *minutes, unsigned n, unsigned most);

/* Chance that n uniform times lie within some arc of that share g of the circle: n g^(n-1), exact
 * up to g = 1/2, an upper bound (at most 1) beyond.  n < 2: 1. */
double circular_arc_chance(unsigned n, double arc);

/* p-value of Rayleigh's test against uniform, by Zar's approximation (Biostatistical Analysis,
 * 27.1).  -1 for n < CIRCULAR_RAYLEIGH_MIN: not stated. */
double circular_rayleigh(unsigned n, double resultant);

/* Minutes between two times the short way round, 0..720. */
double circular_distance(double a_min, double b_min);

#endif
