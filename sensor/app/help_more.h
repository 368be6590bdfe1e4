/* help_more.h - what stands behind the options in a command's --help: examples, the fields that
 * rules may ask for, exit status. */
#ifndef NW_APP_HELP_MORE_H
#define NW_APP_HELP_MORE_H

#include "app/options.h"

#define HELP_WIDTH 96

void help_more_print(enum command command);	/* to standard output */

#endif
