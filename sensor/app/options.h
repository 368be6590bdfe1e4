/* options.h - the command line, from one table: parser, --help and completion read the same lines.
 */
#ifndef NW_APP_OPTIONS_H
#define NW_APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/log.h"
#include "output/progress.h"

enum command {
	COMMAND_NONE,
	COMMAND_REPLAY,
	COMMAND_LIVE,
	COMMAND_CHECK,
	COMMAND_STATE,
	COMMAND_ATTEST,
	COMMAND_HELP,
	COMMAND_VERSION
};

enum exit_status {
	EXIT_DONE = 0,		/* with or without incidents */
	EXIT_FAILED = 1,	/* the run failed, was interrupted, or a sink was not drained */
	EXIT_USAGE = 2,		/* usage, site, rules, state, or no readable input */
	EXIT_DIFFERENT = 3,	/* --verify, --compare or attest verify found a difference */
};

#define OPTIONS_INTERFACES_MAX 16
#define OPTIONS_IDS_MAX 64
#define OPTIONS_KEYS_MAX 16

struct options {
	enum command command;
	const char *site, *rules, *timezone, *closed;
	const char *alerts, *flows, *manifest;	/* NULL: none */
	const char *redis, *redis_password_file, *stream, *run, *sensor, *filter;
	uint64_t redis_wait_ns;
	unsigned workers, shards;		/* 0: default */
	bool keep_duplicates;			/* --dedup off */
	const char *from, *to;			/* text: the site's zone is known later */
	const char *gaps;			/* replay; NULL: none */
	const char *interfaces[OPTIONS_INTERFACES_MAX];
	size_t n_interfaces;
	const char **paths;			/* borrows argv */
	size_t n_paths;
	enum progress_mode progress;
	enum log_level log_level;
	const char *state; /* NULL: none */
	const char *verb;	/* of state and attest: "show" ... */
	const char *channel, *as, *pseudonym;	/* NULL: none */
	unsigned records;		/* 0: none */
	/* of state review and promote */
	const char *ids[OPTIONS_IDS_MAX];
	size_t n_ids;
	const char *asset, *by, *reason, *revoke;	/* NULL: none */
	bool all_without_incident, dry_run, log;
	const char *attestations, *attest_key;	/* of replay and live; NULL: none */
	const char *date, *head, *prev, *against;	/* of attest; NULL: none */
	const char *keys[OPTIONS_KEYS_MAX];
	size_t n_keys;
	bool list;
	bool quiet, strict, final, allow_old, redis_suppressed;
};

/* 0; -1: something is wrong and was said in one line, the caller exits with EXIT_USAGE.
 * Free with options_free(). */
int options_parse(int argc, char **argv, struct options *ret_options);
void options_free(struct options *o);

void options_print_help(enum command command);	/* to standard output */
void options_print_version(void);

#endif
