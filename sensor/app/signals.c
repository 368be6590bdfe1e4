/* signals.c - see signals.h.  A second signal ends the process at once, for an operator in a hurry.
 */
#include "app/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static struct source *_Atomic stopping;
static _Atomic bool was_seen;

static void on_signal(int number)
{
	struct source *s = atomic_load(&stopping);

	(void)number;
	atomic_store(&was_seen, true);
	if (s)
		source_stop(s);
}

void signals_stop_source(struct source *s)
{
	struct sigaction action = { .sa_handler = s ? on_signal : SIG_DFL,
				    .sa_flags = SA_RESETHAND | SA_RESTART };

	atomic_store(&stopping, s);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool signals_seen(void)
{
	return atomic_load(&was_seen);
}
