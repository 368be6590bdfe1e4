/* activity.h - reading the activities of a scenario; scenario.h says what they are.  One thread. */
#ifndef NW_SYNTH_ACTIVITY_H
#define NW_SYNTH_ACTIVITY_H

#include "synth/fields.h"
#include "synth/scenario.h"

extern const char *const activity_sees_names[3];	/* enum sees */

/* Reads root's "activities" into s; one with a list of hosts that "each" do it becomes several. */
void activities_read(struct fields *root, struct scenario *s);
void activity_clear(struct activity *a);

/* Parts, each with a file of its own. */
void schedule_read(struct fields *f, struct schedule_spec *spec, const char *site_zone);
void party_read(struct fields *f, const char *key, struct scenario *s, struct party *p);
void options_read(struct fields *f, const char *kind, struct app_options *o);
/* Adds a host that is known by its address only; index or -1. */
int scenario_add_host(struct scenario *s, const char *address);

#endif
