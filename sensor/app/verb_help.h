/* verb_help.h - the manual pages of the verbs of `nachtwacht state` that have one of their own. */
#ifndef NW_APP_VERB_HELP_H
#define NW_APP_VERB_HELP_H

#include <stdbool.h>

bool verb_help_print(const char *verb);	/* to standard output; false: it has none */

#endif
