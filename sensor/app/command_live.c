/* command_live.c - nachtwacht live. */
#include "app/commands.h"

#include "app/session.h"
#include "app/signals.h"
#include "base/log.h"

int run_live(const struct options *o)
{
	struct live_config cfg = { .interfaces = o->interfaces, .n_interfaces = o->n_interfaces,
				   .filter = o->filter };
	struct session s;
	uint64_t known_ns;
	int status;

	signals_catch_reload();		/* one that comes while a large state is read waits */
	status = session_prepare(&s, o);
	if (status == EXIT_DONE && !o->alerts && !o->redis)
		log_warn("live", "neither --alerts nor --redis is given: records are kept nowhere");

	if (status == EXIT_DONE && live_source_open(&cfg, &s.source))
		status = EXIT_FAILED;
	if (status == EXIT_DONE)
		status = session_open_memory(&s, &known_ns);
	if (status == EXIT_DONE)
		status = session_open_outputs(&s);
	if (status == EXIT_DONE) {
		signals_catch(s.source, s.outbox);
		log_notice("live", "listening on %s%s%s", o->interfaces[0],
			   o->n_interfaces > 1 ? " and others" : "",
			   o->state ? ""
				    : "; the memory of nights lasts as long as this process "
				      "(--state keeps it)");
		status = session_run(&s, true);
	}
	session_close(&s);
	return status;
}
