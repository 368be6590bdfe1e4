/* requests.h - what a human asks of the baseline, and how it reaches a sensor that is at work.
 *
 * While a sensor holds the state nobody else may write into its tables; so `nachtwacht state
 * promote` leaves a file beside the state, which the sensor takes at its next step of time:
 *
 *	STATE.request-<20 digits: wall-clock ns>-<pid>
 *
 *	nachtwacht-request 1
 *	act promote				or revoke
 *	when 1768626600000000000		UTC, ns
 *	by <who>
 *	reason <text>
 *	spare incidents				optional: leave out what an open incident is about
 *	id dst-0123456789ab			one or more
 *	end
 *
 * A file each, so that two people at once lose nothing; written under another name, synced and
 * renamed, so that it is there whole or not at all; taken in the order of names, which is that of
 * time.  Who may write into the folder of the state could as well replace the state: the file is
 * checked for its form, not for its author.  Bounded: REQUEST_BYTES_MAX, REQUEST_IDS_MAX,
 * REQUESTS_AT_ONCE; what is malformed is refused as a whole and removed.
 */
#ifndef NW_APP_REQUESTS_H
#define NW_APP_REQUESTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "profile/baseline.h"

#define REQUEST_BYTES_MAX (128 * 1024)
#define REQUEST_IDS_MAX 4096
#define REQUESTS_AT_ONCE 64

struct request {
	bool is_revoke, spares_incidents;
	uint64_t wall_ns;
	char by[BASELINE_WHO_MAX], reason[BASELINE_REASON_MAX];
	char (*ids)[BASELINE_ID_MAX];	/* owned */
	size_t n_ids;
};
void request_free(struct request *r);
int request_add_id(struct request *r, const char *id);	/* 0, -ENOMEM, ERR_LIMIT */

/* Not empty, shorter than cap, valid UTF-8 without control or direction characters. */
bool request_text_is_clean(const char *text, size_t cap);
bool request_id_is_clean(const char *id);		/* "dst-" and 12 hex digits */
/* 0, ERR_FORMAT (*ret_why says what is wrong) or -ENOMEM.  Free *ret_request in any case. */
int request_parse(const char *text, size_t len, struct request *ret_request, const char **ret_why);

/* Leaves it beside the state, durable.  0 or -errno (not logged). */
int request_leave(const char *state_path, const struct request *r);

/* The names that wait beside the state, in order, at most REQUESTS_AT_ONCE.  Gives a list of
 * absolute paths, ended by NULL; NULL: none, or no memory. */
char **requests_waiting(const char *state_path);
void requests_free(char **list);
/* Reads one: as request_parse(), or -errno; what is no regular file is ERR_FORMAT. */
int request_read(const char *path, struct request *ret_request, const char **ret_why);

#endif
