/* verb_help.h - the manual pages of verbs that have one of their own: of `nachtwacht
 * state` and `nachtwacht attest` (verb_help_attest.c). */
#ifndef NW_APP_VERB_HELP_H
#define NW_APP_VERB_HELP_H

#include <stdbool.h>

/* To standard output; false: it has none. */
bool verb_help_print(bool is_state, const char *verb);
const char *verb_help_attest(const char *verb);	/* NULL: no such verb */

#endif
