/* commands.h - the commands. */
#ifndef NW_APP_COMMANDS_H
#define NW_APP_COMMANDS_H

#include "app/options.h"

int run_replay(const struct options *o);	/* the exit status */
int run_live(const struct options *o);
int run_check(const struct options *o);
int run_state(const struct options *o);
int run_attest(const struct options *o);
struct state_view;
int run_review(const struct state_view *v, const struct options *o);	/* of run_state() */
int run_promote(const struct state_view *v, const struct options *o);
int run_reveal(const struct state_view *v, const struct options *o);

#endif
