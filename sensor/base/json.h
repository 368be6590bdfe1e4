/* json.h - jansson's objects, filled with text that may have come from the wire.
 *
 * Text goes through text_repair() here and nowhere else.  Lack of memory is jansson's to keep: a
 * member that could not be made is missing, and json_dumps() of a NULL is NULL.
 */
#ifndef NW_BASE_JSON_H
#define NW_BASE_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_TEXT_MAX 4096	/* of repaired text; longer text is cut at a character */

/* Both give a reference; NULL becomes null.  cap: of the repaired text with its zero byte, at most
 * JSON_TEXT_MAX. */
json_t *json_text(const char *text);
json_t *json_text_cut(const char *text, size_t cap);
void json_put_text(json_t *object, const char *key, const char *text);	/* NULL: null */
void json_put_int(json_t *object, const char *key, uint64_t value);
void json_put_real(json_t *object, const char *key, double value);	/* not finite: 0 */
void json_put_time(json_t *object, const char *key, uint64_t ns);	/* UTC; 0: null */

#endif
