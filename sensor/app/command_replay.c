/* command_replay.c - nachtwacht replay. */
#include "app/commands.h"

#include "app/session.h"
#include "app/signals.h"
#include "base/err.h"
#include "base/log.h"
#include "base/tz.h"

static int open_files(struct session *s)
{
	const struct options *o = s->options;
	uint64_t known_ns;
	int status;
	struct files_config cfg = { .paths = o->paths, .n_paths = o->n_paths, .filter = o->filter };

	if (o->from && !tz_parse(o->from, &cfg.from_ns)) {
		log_err("usage",
			"--from takes a time like 2026-01-17T22:00 or 2026-01-17T22:00:00Z, not "
			"\"%s\"",
			o->from);
		return EXIT_USAGE;
	}
	if (o->to && !tz_parse(o->to, &cfg.to_ns)) {
		log_err("usage",
			"--to takes a time like 2026-01-17T22:00 or 2026-01-17T22:00:00Z, not "
			"\"%s\"",
			o->to);
		return EXIT_USAGE;
	}
	if (cfg.from_ns && cfg.to_ns && cfg.from_ns >= cfg.to_ns) {
		log_err("usage", "--from %s is not before --to %s", o->from, o->to);
		return EXIT_USAGE;
	}
	if (files_source_open(&cfg, &s->source))
		return EXIT_USAGE;
	status = session_open_memory(s, &known_ns);
	if (status != EXIT_DONE || known_ns <= cfg.from_ns)
		return status;
	/* --allow-old: the same files again, without what the state knows. */
	cfg.from_ns = known_ns;
	source_free(steal(&s->source));
	return files_source_open(&cfg, &s->source) ? EXIT_USAGE : EXIT_DONE;
}

static bool has_input_warnings(const struct source *s)
{
	const struct source_counters *c = source_counters(s);

	return c->files_damaged || c->files_refused;
}

int run_replay(const struct options *o)
{
	struct session s;
	int status = session_prepare(&s, o);

	if (status == EXIT_DONE)
		status = open_files(&s);
	if (status == EXIT_DONE)
		status = session_open_outputs(&s);
	if (status == EXIT_DONE) {
		signals_catch(s.source, s.outbox);
		status = session_run(&s, false);
		if (signals_seen()) {
			log_warn("replay",
				 "interrupted: the result covers what was read up to then");
			status = EXIT_FAILED;
		}
		if (o->strict && has_input_warnings(s.source))
			status = EXIT_FAILED;
	}
	session_close(&s);
	return status;
}
