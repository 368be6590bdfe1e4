/* attest_differ.h - where two records of the same day differ, value by value.
 *
 * Members are compared by name, lists item by item; a path is written as jq takes it:
 * ".nachtwacht.attestation.crossings[0].bytes".  Not deeper than ATTEST_DEPTH_MAX, which is more
 * than a record has; what lies deeper is compared as a whole.  One thread.
 */
#ifndef NW_ALERT_ATTEST_DIFFER_H
#define NW_ALERT_ATTEST_DIFFER_H

#include <jansson.h>
#include <stddef.h>

#define ATTEST_DEPTH_MAX 12

/* ours, theirs: the values as short texts; "(not there)". */
typedef void (*attest_differ_fn)(void *arg, const char *path, const char *ours,
				 const char *theirs);

/* How many differences there are; the first max of them are told. */
size_t attest_differ(const json_t *ours, const json_t *theirs, size_t max, attest_differ_fn tell,
		     void *arg);

#endif
