/* signals.c - see signals.h.  The handler uses atomics and write(2) only. */
#include "app/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include "base/clock.h"
#include "output/lines.h"

static struct source *_Atomic stopping;
static struct outbox *_Atomic filling;
static _Atomic bool is_draining, was_seen, is_hurried, is_asked_to_reload;
static uint64_t drain_until_ns;		/* monotonic clock; the main thread's */

static void on_signal(int number)
{
	struct source *s = atomic_load(&stopping);
	struct outbox *o = atomic_load(&filling);

	(void)number;
	lines_interrupt();
	if (atomic_load(&is_draining)) {
		atomic_store(&is_hurried, true);
		return;
	}
	atomic_store(&was_seen, true);
	if (o)
		outbox_interrupt(o);
	if (s)
		source_stop(s);
}

/* SA_RESTART: reads of captures and writes of outputs go on where they were; every wait that could
 * be long looks at a flag. */
static void act(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESETHAND | SA_RESTART };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void on_reload(int number)
{
	(void)number;
	atomic_store(&is_asked_to_reload, true);
}

void signals_catch_reload(void)
{
	struct sigaction action = { .sa_handler = on_reload, .sa_flags = SA_RESTART };

	sigaction(SIGHUP, &action, NULL);
}

bool signals_take_reload(void)
{
	return atomic_exchange(&is_asked_to_reload, false);
}

void signals_catch(struct source *s, struct outbox *o)
{
	atomic_store(&stopping, s);
	atomic_store(&filling, o);
	act(on_signal);
}

void signals_drain(uint64_t after_stop_ns)
{
	uint64_t now = clock_monotonic_ns();

	drain_until_ns = after_stop_ns < UINT64_MAX - now ? now + after_stop_ns : UINT64_MAX;
	atomic_store(&is_draining, true);
	atomic_store(&stopping, NULL);
	atomic_store(&filling, NULL);
	act(on_signal);
}

void signals_restore(void)
{
	act(SIG_DFL);
}

bool signals_seen(void)
{
	return atomic_load(&was_seen);
}

bool signals_hurry(void)
{
	return atomic_load(&is_hurried) ||
	       (atomic_load(&was_seen) && clock_monotonic_ns() >= drain_until_ns);
}
