/* circular.c - see circular.h. */
#include "detect/circular.h"

#include <math.h>
#include <string.h>

#define MINUTES_PER_RADIAN (CIRCULAR_DAY_MIN / (2 * M_PI))
#define BALANCED 1e-9	/* a resultant below is rounding, not a direction */
#define WORDS ((CIRCULAR_DAY_MIN + 63) / 64)

static unsigned on_circle(int minute)
{
	return (unsigned)((minute % CIRCULAR_DAY_MIN + CIRCULAR_DAY_MIN) % CIRCULAR_DAY_MIN);
}

/* All but the largest gap between neighbours; a mark per minute instead of sorting. */
static double shortest_arc(const int *minutes, unsigned n)
{
	uint64_t marks[WORDS] = { 0 };
	unsigned first = on_circle(minutes[0]), gap = 0, largest = 0;

	for (unsigned i = 0; i < n; i++)
		marks[on_circle(minutes[i]) / 64] |= 1ULL << on_circle(minutes[i]) % 64;
	for (unsigned i = 1; i <= CIRCULAR_DAY_MIN; i++) {
		unsigned at = (first + i) % CIRCULAR_DAY_MIN;

		gap++;
		if (!(marks[at / 64] >> at % 64 & 1))
			continue;
		if (gap > largest)
			largest = gap;
		gap = 0;
	}
	return (double)(CIRCULAR_DAY_MIN - largest) / CIRCULAR_DAY_MIN;
}

bool circular_summarise(const int *minutes, unsigned n, struct circular_summary *ret_summary)
{
	struct circular_summary s = { .n = n, .mean_min = -1, .sd_min = CIRCULAR_DAY_MIN / 2 };
	double x = 0, y = 0;

	memset(ret_summary, 0, sizeof(*ret_summary));
	if (n == 0)
		return false;
	for (unsigned i = 0; i < n; i++) {
		x += cos(on_circle(minutes[i]) / MINUTES_PER_RADIAN);
		y += sin(on_circle(minutes[i]) / MINUTES_PER_RADIAN);
	}
	s.resultant = fmin(hypot(x, y) / n, 1);
	s.arc = shortest_arc(minutes, n);
	if (s.resultant > BALANCED) {
		s.mean_min = atan2(y, x) * MINUTES_PER_RADIAN;
		if (s.mean_min < 0)
			s.mean_min += CIRCULAR_DAY_MIN;
		if (s.mean_min >= CIRCULAR_DAY_MIN)	/* -1e-14 + 1440 rounds to 1440 */
			s.mean_min = 0;
		s.sd_min = fmin(sqrt(-2 * log(s.resultant)) * MINUTES_PER_RADIAN, s.sd_min);
	}
	*ret_summary = s;
	return true;
}

static unsigned forward(int from, int to)
{
	return (on_circle(to) + CIRCULAR_DAY_MIN - on_circle(from)) % CIRCULAR_DAY_MIN;
}

static unsigned count_within(const int *minutes, unsigned n, int from, unsigned arc)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++)
		count += forward(from, minutes[i]) <= arc;
	return count;
}

int circular_arc_of(const int *minutes, unsigned n, unsigned most)
{
	unsigned best = CIRCULAR_DAY_MIN;

	if (most < 2 || most > n)
		return 0;
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < n; j++) {
			unsigned arc = forward(minutes[i], minutes[j]);

			if (arc < best && count_within(minutes, n, minutes[i], arc) >= most)
				best = arc;
		}
	return (int)best;
}

double circular_arc_chance(unsigned n, double arc)
{
	return n < 2 ? 1 : fmin(n * pow(fmin(fmax(arc, 0), 1), n - 1), 1);
}

double circular_rayleigh(unsigned n, double resultant)
{
	double length = n * resultant, count = n;

	if (n < CIRCULAR_RAYLEIGH_MIN)
		return -1;
	return fmin(exp(sqrt(1 + 4 * count + 4 * (count * count - length * length)) -
			(1 + 2 * count)), 1);
}

double circular_distance(double a_min, double b_min)
{
	double d = fmod(fabs(a_min - b_min), CIRCULAR_DAY_MIN);

	return fmin(d, CIRCULAR_DAY_MIN - d);
}
