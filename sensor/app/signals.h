/* signals.h - SIGINT and SIGTERM end a run cleanly: the source stops, what was seen is judged and
 * kept. */
#ifndef NW_APP_SIGNALS_H
#define NW_APP_SIGNALS_H

#include <stdbool.h>
#include "capture/source.h"

void signals_stop_source(struct source *s);	/* from now on; NULL: the default actions again */
bool signals_seen(void);

#endif
