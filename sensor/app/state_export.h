/* state_export.h - everything a state remembers, for other programs. */
#ifndef NW_APP_STATE_EXPORT_H
#define NW_APP_STATE_EXPORT_H

#include <stdio.h>
#include "app/state_view.h"

/* One JSON document with sorted keys, a channel a line.  The exit status. */
int state_export_json(const struct state_view *v, FILE *out);
/* Channels with their nights, a line a night (one without for a channel that has none). */
int state_export_csv(const struct state_view *v, FILE *out);
/* One quoted cell; what a spreadsheet would take for a formula is defused. */
void state_export_csv_text(FILE *out, const char *text);

#endif
