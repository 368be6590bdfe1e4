/* options_internal.h - what options.c and options_verbs.c share. */
#ifndef NW_APP_OPTIONS_INTERNAL_H
#define NW_APP_OPTIONS_INTERNAL_H

#include "app/options.h"

/* Says what is wrong in one line; fmt has two %s.  -1. */
int options_error(const char *fmt, const char *a, const char *b);
int options_check_state(const struct options *o);	/* 0, or -1 with the reason said */
int options_check_attest(const struct options *o);

#endif
