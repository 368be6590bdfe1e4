/* outputs.h - no output may be written over an input, the site file, or another output. */
#ifndef NW_APP_OUTPUTS_H
#define NW_APP_OUTPUTS_H

#include <stdbool.h>
#include "app/options.h"
#include "capture/source.h"

/* To be asked before any output is opened.  false: two of them are one file (logged). */
bool outputs_are_apart(const struct options *o, const struct source *s);

#endif
