/* main.c - nachtwacht: read the command line, run the command. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "app/options.h"
#include "app/commands.h"
#include "base/log.h"

static int run(const struct options *o)
{
	switch (o->command) {
	case COMMAND_REPLAY: return run_replay(o);
	case COMMAND_LIVE: return run_live(o);
	case COMMAND_CHECK: return run_check(o);
	case COMMAND_STATE: return run_state(o);
	case COMMAND_ATTEST: return run_attest(o);
	default: return EXIT_DONE;
	}
}

int main(int argc, char **argv)
{
	struct options options;
	int status = EXIT_USAGE;

	signal(SIGPIPE,
	       SIG_IGN); /* a closed pipe is an error of write(2), not the end of the run */
	if (options_parse(argc, argv, &options) == 0) {
		log_set_level(options.log_level);
		status = run(&options);
	}
	options_free(&options);
	if (fflush(stdout) != 0 && status == EXIT_DONE) {
		log_err("output", "standard output: cannot write");
		status = EXIT_FAILED;
	}
	return status;
}
