/* volume.c - see volume.h. */
#include "detect/volume.h"

#include <math.h>
#include <stdlib.h>

#define NIGHTS_NEEDED 7
#define SCALE_FLOOR 0.5
#define MAD_TO_SIGMA 1.4826	/* for a normal distribution */

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(values[0]), compare_double);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* What this channel itself put into the subject's volume of that night, as far as it is remembered:
 * nights that qualified were never put there. */
static uint64_t own_upload(const struct channel *ch, int64_t row)
{
	for (uint64_t i = 0; ch->evidence && i < evidence_nights(ch->evidence); i++)
		if (evidence_night(ch->evidence, i)->row == row)
			return night_is_hit(evidence_night(ch->evidence, i),
					    EVIDENCE_PROCESSES - 1) ?
				0 : evidence_night(ch->evidence, i)->up;
	return 0;
}

/* log2(1 + bytes) of the earlier nights, this channel's own upload left out.  How many. */
static unsigned earlier_nights(const struct channel *ch, int64_t since, int64_t row,
			       double y[static VOLUME_NIGHTS])
{
	struct volume_night nights[VOLUME_NIGHTS];
	unsigned n = subject_volumes(ch->subject, since, row, nights);

	for (unsigned i = 0; i < n; i++) {
		uint64_t own = own_upload(ch, nights[i].row);

		y[i] = log2(1 + (double)(nights[i].up > own ? nights[i].up - own : 0));
	}
	return n;
}

uint64_t volume_usual(const struct channel *ch, int64_t since, int64_t row, unsigned *ret_nights)
{
	double y[VOLUME_NIGHTS];

	*ret_nights = earlier_nights(ch, since, row, y);
	return *ret_nights ? (uint64_t)llround(exp2(median(y, *ret_nights)) - 1) : 0;
}

static double z_of(double y[static VOLUME_NIGHTS], unsigned n, uint64_t up)
{
	double away[VOLUME_NIGHTS], middle, scale;

	if (n < NIGHTS_NEEDED)
		return 0;
	middle = median(y, n);
	for (unsigned i = 0; i < n; i++)
		away[i] = fabs(y[i] - middle);
	scale = fmax(MAD_TO_SIGMA * median(away, n), SCALE_FLOOR);
	return (log2(1 + (double)up) - middle) / scale;
}

uint64_t volume_usual_of_day(const struct subject *s, int64_t since, int64_t row,
			     unsigned *ret_days)
{
	struct volume_night days[VOLUME_NIGHTS];
	double y[VOLUME_NIGHTS];

	*ret_days = subject_days(s, since, row, days);
	for (unsigned i = 0; i < *ret_days; i++)
		y[i] = log2(1 + (double)days[i].up);
	return *ret_days ? (uint64_t)llround(exp2(median(y, *ret_days)) - 1) : 0;
}

double volume_z(const struct channel *ch, int64_t since, int64_t row, uint64_t up)
{
	double y[VOLUME_NIGHTS];

	return z_of(y, earlier_nights(ch, since, row, y), up);
}

double volume_z_of_day(const struct subject *s, int64_t since, int64_t row, uint64_t up)
{
	struct volume_night days[VOLUME_NIGHTS];
	double y[VOLUME_NIGHTS];
	unsigned n = subject_days(s, since, row, days);

	for (unsigned i = 0; i < n; i++)
		y[i] = log2(1 + (double)days[i].up);
	return z_of(y, n, up);
}
