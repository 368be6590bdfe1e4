/* fields.h - reading JSON objects key by key, with errors that name file and path.
 *
 * The first error sticks in the caller's buffer; after it every read says "not there", so a reader
 * reads all its keys and asks once.  All functions return true only for a key that is present and
 * valid, and leave *ret alone otherwise.  One thread.
 */
#ifndef NW_SYNTH_FIELDS_H
#define NW_SYNTH_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"

#define FIELDS_PATH_MAX 256
#define FIELDS_ERROR_MAX 640

struct fields {
	json_t *object;			/* borrows */
	const char *file;		/* borrows */
	char *error;			/* borrows FIELDS_ERROR_MAX bytes; "" is no error */
	char path[FIELDS_PATH_MAX];	/* of this object; "" for the root */
};

bool fields_failed(const struct fields *f);
/* Records "FILE: PATH.key: text" unless there is an error already.  key may be NULL. */
void fields_error(struct fields *f, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Every key must be one of names or "note"; others are errors with a suggestion. */
void fields_known(struct fields *f, const char *const *names, size_t n);

bool fields_has(const struct fields *f, const char *key);
bool fields_text(struct fields *f, const char *key, char *buf, size_t cap);
bool fields_count(struct fields *f, const char *key, uint64_t max, uint64_t *ret);
bool fields_flag(struct fields *f, const char *key, bool *ret);
bool fields_duration(struct fields *f, const char *key, uint64_t *ret_ns);	/* "20m", "5ms" */
bool fields_duration_signed(struct fields *f, const char *key, int64_t *ret_ns);
/* "300MB" or number */
bool fields_size(struct fields *f, const char *key, uint64_t *ret_bytes);
bool fields_ratio(struct fields *f, const char *key, unsigned max, uint64_t *ret_q32);
bool fields_choice(struct fields *f, const char *key, const char *const *names, size_t n,
		   unsigned *ret);
bool fields_mac(struct fields *f, const char *key, uint8_t ret[static 6]);
bool fields_object(struct fields *f, const char *key, struct fields *ret_child);
json_t *fields_array(struct fields *f, const char *key);	/* borrows; NULL: not there */
/* A text, or an array of texts: the how manieth one, or NULL.  Error when it is anything else. */
const char *fields_list_text(struct fields *f, const char *key, size_t i);
size_t fields_list_len(struct fields *f, const char *key);
/* A child that is element i of array `key`; named by its "id" in paths where it has one. */
bool fields_element(struct fields *f, const char *key, size_t i, struct fields *ret_child);

bool fields_parse_duration(const char *text, uint64_t *ret_ns);
bool fields_parse_time_of_day(const char *text, uint32_t *ret_s);	/* "HH:MM" or "HH:MM:SS" */

#endif
