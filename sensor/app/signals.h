/* signals.h - SIGINT and SIGTERM end a run cleanly: the source stops, what was seen is judged and
 * kept.
 *
 *   signals_catch()   the first signal stops the source, and nothing waits for a slow output any
 *                     longer than it has to; the outputs are drained as after any other end
 *   signals_drain()   the source has ended: the first signal from here on ends the draining, what
 *                     was left is reported; when a signal had stopped the source, so does time
 *   signals_restore() the default actions
 *
 *   signals_catch_reload()  SIGHUP is noted; signals_take_reload() asks for it and forgets it
 *
 * A second signal within one of these ends the process at once, for an operator in a hurry.
 */
#ifndef NW_APP_SIGNALS_H
#define NW_APP_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>
#include "capture/source.h"
#include "store/outbox.h"

void signals_catch(struct source *s, struct outbox *o);	/* both borrowed until signals_drain() */
void signals_drain(uint64_t after_stop_ns);	/* how long, when a signal had stopped the source */
void signals_restore(void);
bool signals_seen(void);		/* the source was stopped by one */
void signals_catch_reload(void);
bool signals_take_reload(void);	/* any thread */
bool signals_hurry(void);		/* draining is to end */

#endif
