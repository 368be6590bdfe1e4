/* truth.h - what was put into a capture: the ground truth for tests.
 *
 * Sums per activity, and per night for activities marked "leak".  A night is a row of the detector:
 * 24 h from 12:00 at the smallest UTC offset the zone has in the year of the first day, named by
 * the civil date of its start.  "up" is the payload from `from` to `to` as the capture shows it,
 * retransmissions excluded; unseen is payload that was sent while the tap did not see.
 * Owner: main.  One thread.
 */
#ifndef NW_SYNTH_TRUTH_H
#define NW_SYNTH_TRUTH_H

#include <stdbool.h>
#include <stdint.h>
#include "synth/scenario.h"

struct truth;

struct truth_packet {
	size_t activity;
	uint64_t ns;
	unsigned direction;		/* 0 up, 1 down */
	uint32_t ip_bytes, payload;
	bool is_retrans, is_unseen;
};

int truth_new(const struct scenario *s, struct truth **ret_truth);	/* borrows s */
void truth_free(struct truth *t);				/* NULL is fine */
void truth_packet(struct truth *t, const struct truth_packet *p);
void truth_connection(struct truth *t, size_t activity, uint64_t ns);
uint64_t truth_packets(const struct truth *t);			/* written */
/* Writes the JSON file.  0 or -errno. */
int truth_write(const struct truth *t, const char *path);

#endif
