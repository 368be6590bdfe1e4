/* options.c - see options.h. */
#include "app/options_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/help_more.h"
#include "app/pipeline.h"
#include "app/verb_help.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "config.h"
#include "dpi/dpi.h"

#define REPLAY (1u << COMMAND_REPLAY)
#define LIVE (1u << COMMAND_LIVE)
#define CHECK (1u << COMMAND_CHECK)
#define STATE (1u << COMMAND_STATE)
#define ATTEST (1u << COMMAND_ATTEST)
#define RECORDS_MAX 1000000
#define HELP_COLUMN 32

enum option_id {
	OPT_SITE,
	OPT_RULES,
	OPT_TIMEZONE,
	OPT_CLOSED,
	OPT_ALERTS,
	OPT_FLOWS,
	OPT_REDIS,
	OPT_PASSWORD_FILE,
	OPT_REDIS_WAIT,
	OPT_REDIS_SUPPRESSED,
	OPT_STREAM,
	OPT_RUN,
	OPT_INTERFACE,
	OPT_FILTER,
	OPT_FROM,
	OPT_TO,
	OPT_GAPS,
	OPT_GAPS_LIVE,
	OPT_WORKERS,
	OPT_SHARDS,
	OPT_DEDUP,
	OPT_SENSOR,
	OPT_MANIFEST,
	OPT_STATE,
	OPT_CHANNEL,
	OPT_PSEUDONYM,
	OPT_RECORDS,
	OPT_AS,
	OPT_ID,
	OPT_ASSET,
	OPT_ALL_WITHOUT_INCIDENT,
	OPT_REVOKE,
	OPT_BY,
	OPT_REASON,
	OPT_DRY_RUN,
	OPT_LOG,
	OPT_ATTESTATIONS,
	OPT_ATTEST_KEY,
	OPT_DATE,
	OPT_LIST,
	OPT_KEY,
	OPT_HEAD,
	OPT_PREV,
	OPT_AGAINST,
	OPT_ALLOW_OLD,
	OPT_FINAL,
	OPT_STRICT,
	OPT_PROGRESS,
	OPT_LOG_LEVEL,
	OPT_QUIET,
	OPT_HELP,
	OPT_LATER
};

struct option_line {
	const char *name;
	enum option_id id;
	unsigned commands;		/* which take it */
	const char *value;		/* NULL: a switch */
	const char *help;
};

static const struct option_line lines[] = {
	{"--site", OPT_SITE, REPLAY | LIVE | CHECK, "FILE",
	 "site policy (JSON): zones, assets, what is "
	 "expected. Without it: the private networks as one open zone"},
	{"--rules", OPT_RULES, REPLAY | LIVE | CHECK, "DIR",
	 "rule pack (default: the installed one, else the copy that was built in)"},
	{"--timezone", OPT_TIMEZONE, REPLAY | LIVE, "TZ",
	 "without a site file: time zone (default UTC)"},
	{"--closed", OPT_CLOSED, REPLAY | LIVE, "HH:MM-HH:MM",
	 "without a site file: closed hours (default "
	 "22:00-05:00)"},
	{"-i", OPT_INTERFACE, LIVE, "IFACE",
	 "interface to listen on; twice for the two directions of a TAP"},
	{"--alerts", OPT_ALERTS, REPLAY | LIVE, "FILE",
	 "records as JSON lines; '-' is standard output (default "
	 "for replay; live: none)"},
	{"--flows", OPT_FLOWS, REPLAY | LIVE, "FILE", "flow records as JSON lines"},
	{"--attestations", OPT_ATTESTATIONS, REPLAY | LIVE, "FILE",
	 "a record for every day, chained by hash to the day before, as JSON lines: what crossed "
	 "a boundary, and how much of the day was observed"},
	{"--attest-key", OPT_ATTEST_KEY, REPLAY | LIVE, "FILE",
	 "private Ed25519 key (PEM) that signs them"},
	{"--redis", OPT_REDIS, REPLAY | LIVE, "URL",
	 "push records into a Redis stream: "
	 "redis://[user:password@]host[:port][/db] or unix:///path"},
	{"--redis-password-file", OPT_PASSWORD_FILE, REPLAY | LIVE, "FILE",
	 "password in the file's first "
	 "line"},
	{"--redis-wait", OPT_REDIS_WAIT, REPLAY | LIVE, "TIME",
	 "how long to wait for Redis at the end, and "
	 "in a replay when memory is full (default 30s)"},
	{"--redis-suppressed", OPT_REDIS_SUPPRESSED, REPLAY | LIVE, NULL,
	 "push also what an expected entry allows (severity 1, field suppression); else it goes to "
	 "--alerts and the state only"},
	{"--stream", OPT_STREAM, REPLAY | LIVE, "KEY",
	 "stream key (default nw:{SITE}:alerts; replay "
	 "nw:{SITE}:replay:RUN:alerts)"},
	{"--run", OPT_RUN, REPLAY, "ID",
	 "name of this replay in the stream key (default: from site and "
	 "version)"},
	{"--filter", OPT_FILTER, REPLAY | LIVE, "BPF", "look only at packets that match"},
	{"--from", OPT_FROM, REPLAY, "T",
	 "from this time on (RFC 3339; without offset: the site's zone)"},
	{"--to", OPT_TO, REPLAY, "T", "before this time"},
	{"--gaps", OPT_GAPS, REPLAY, "FILE",
	 "times in which the tap saw nothing, JSON or CSV (from,to,reason): nights blind for more "
	 "than half of their window are skipped, not taken as silent"},
	{"--workers", OPT_WORKERS, REPLAY | LIVE, "N",
	 "threads that follow flows (default 1); results do not "
	 "depend on it"},
	{"--shards", OPT_SHARDS, REPLAY | LIVE, "N",
	 "flow tables (default 16); part of a run's definition"},
	{"--dedup", OPT_DEDUP, REPLAY | LIVE, "on|off",
	 "count once what the tap mirrors several times, in both directions or several VLANs "
	 "(default on)"},
	{"--sensor", OPT_SENSOR, REPLAY | LIVE, "NAME",
	 "observer.name in records (default nachtwacht)"},
	{"--manifest", OPT_MANIFEST, REPLAY | LIVE, "FILE", "what was read and counted, as JSON"},
	{"--state", OPT_STATE, REPLAY | LIVE, "FILE",
	 "long memory: goes on from it and leaves the new one there; without it a replay remembers "
	 "nothing"},
	{"--allow-old", OPT_ALLOW_OLD, REPLAY, NULL,
	 "input that begins before the end of the state: leave out what it already knows"},
	{"--final", OPT_FINAL, REPLAY, NULL,
	 "judge the open night at the end, marked partial (without --state this is always so)"},
	{"--strict", OPT_STRICT, REPLAY, NULL,
	 "a damaged or unreadable input makes the exit status 1"},
	{"--progress", OPT_PROGRESS, REPLAY, "WHEN", "auto, never or always"},
	{"--state", OPT_STATE, STATE, "FILE", "the state to read; a sensor may be writing it"},
	{"--site", OPT_SITE, STATE, "FILE",
	 "the site policy that the state was made with: adds roles, vendors and closed hours"},
	{"--channel", OPT_CHANNEL, STATE, "TEXT",
	 "channels: the one whose asset, address, name or service contains TEXT in full, with a "
	 "picture of its nights"},
	{"--pseudonym", OPT_PSEUDONYM, STATE, "TEXT",
	 "reveal: the pseudonym, or a clear address or name to see its pseudonym"},
	{"--records", OPT_RECORDS, STATE, "N", "outbox: the last N records too, a line each"},
	{"--as", OPT_AS, STATE, "FORM",
	 "export: json (everything; the default), csv (channels with their nights) or site (a "
	 "draft "
	 "site policy, for a human to sign); review: json or csv"},
	{"--id", OPT_ID, STATE, "ID", "promote: this destination; may be given several times"},
	{"--asset", OPT_ASSET, STATE, "ASSET",
	 "promote: all that waits for this asset; review: of this asset only"},
	{"--all-without-incident", OPT_ALL_WITHOUT_INCIDENT, STATE, NULL,
	 "promote: all that waits and that no open incident is about"},
	{"--revoke", OPT_REVOKE, STATE, "ID", "promote: take back that this one was accepted"},
	{"--by", OPT_BY, STATE, "WHO", "promote: who decides it"},
	{"--reason", OPT_REASON, STATE, "TEXT", "promote: why; a ticket, an order, a name"},
	{"--dry-run", OPT_DRY_RUN, STATE, NULL, "promote: say what would be done"},
	{"--log", OPT_LOG, STATE, NULL, "review: who accepted or revoked what, and why"},
	{"--date", OPT_DATE, ATTEST, "DATE", "show: this day; by default the last one"},
	{"--list", OPT_LIST, ATTEST, NULL, "show: every day, a line each"},
	{"--key", OPT_KEY, ATTEST, "FILE",
	 "verify: public Ed25519 key (PEM) that signed the days; may be given several times"},
	{"--head", OPT_HEAD, ATTEST, "SHA256", "verify: hash that the last day must have"},
	{"--prev", OPT_PREV, ATTEST, "SHA256",
	 "verify: hash of the day before the first one of the file"},
	{"--against", OPT_AGAINST, ATTEST, "FILE",
	 "verify: another copy of the same days; says every value that differs"},
	{"--log-level", OPT_LOG_LEVEL, REPLAY | LIVE | CHECK | STATE | ATTEST, "LEVEL",
	 "err, warn, notice, info or debug "
	 "(default notice)"},
	{"--quiet", OPT_QUIET, REPLAY | LIVE, NULL,
	 "no summary at the end, warnings and errors only"},
	{"--help", OPT_HELP, REPLAY | LIVE | CHECK | STATE | ATTEST, NULL, "this text"},
	/* Understood and refused, with a reason of its own: a line without help is not listed. */
	{"--gaps", OPT_GAPS_LIVE, LIVE, "FILE", NULL},
	/* In the contract, not in this version: refused by name, so that nobody relies on them. */
	{"--report", OPT_LATER, REPLAY | LIVE, "FILE", NULL},
	{"--only", OPT_LATER, REPLAY, "ASSET", NULL},
	{"--tap", OPT_LATER, REPLAY, "NAME=PATH", NULL},
	{"--verify", OPT_LATER, REPLAY, "MANIFEST", NULL},
	{"--compare", OPT_LATER, REPLAY, "FILE", NULL},
	{"--record", OPT_LATER, LIVE, "DIR", NULL},
	{"--record-size", OPT_LATER, LIVE, "SIZE", NULL},
	{"--record-snap", OPT_LATER, LIVE, "BYTES", NULL},
	{"--look", OPT_LATER, LIVE, "TIME", NULL},
	{"--metrics", OPT_LATER, LIVE, "ADDR", NULL},
	{"--user", OPT_LATER, LIVE, "NAME", NULL},
};

struct command_line {
	const char *name;
	enum command command;
	const char *synopsis, *help;
};

static const struct command_line commands[] = {
	{ "replay", COMMAND_REPLAY, "[OPTIONS] CAPTURE...",
	 "Reads capture files (pcap, pcapng, .gz, .zst; directories are searched) merged in time "
	 "order and\n"
	 "judges them as a live sensor would. Records go to standard output, everything else to "
	 "standard error." },
	{ "live", COMMAND_LIVE, "[OPTIONS] -i IFACE [-i IFACE2]",
	 "Listens on interfaces (a SPAN port, or the two directions of a TAP) until SIGINT or "
	 "SIGTERM.\nNever sends. Needs CAP_NET_RAW. SIGHUP: policy and rules are read anew." },
	{ "check", COMMAND_CHECK, "[--site FILE] [--rules DIR]",
	 "Validates site policy and rule pack; says what will be judged, and how. Status 0 or 2." },
	{ "state", COMMAND_STATE,
	  "show|assets|channels|review|promote|outbox|export|reveal [OPTIONS] --state FILE",
	  "Shows what a state file remembers; reads only, also beside a running sensor.  Only "
	  "promote changes\nsomething.\n\n"
	  "  show      what it covers, how the last run ended, counts, open incidents\n"
	  "  assets    who was seen: a line each\n"
	  "  channels  who talks to whom outside its zone, the most evidence first\n"
	  "  review    destinations that wait for a human to accept them (--help says more)\n"
	  "  promote   accepts them into the baseline, or revokes it (--help says more)\n"
	  "  outbox    sinks, and how many records each has still to take\n"
	  "  export    everything for other programs, or a draft site policy\n"
	  "  reveal    which address or name a pseudonym stands for" },
	{ "attest", COMMAND_ATTEST, "show|verify [OPTIONS] FILE...",
	  "Reads daily separation attestations (--attestations of replay and live).\n\n"
	  "  show      a day on one page, or a line a day (--help says more)\n"
	  "  verify    finds days that were changed, taken out or put in (--help says more)" },
};

static const char *const later_commands[] = { "extract", "test-alert" };

static const struct command_line *find_command(enum command command)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].command == command)
			return &commands[i];
	return NULL;
}

int options_error(const char *fmt, const char *a, const char *b)
{
	char text[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), fmt, a, b);
#pragma GCC diagnostic pop
	log_err("usage", "%s", text);
	return -1;
}

static int unknown_option(const char *name, enum command command)
{
	const char *names[ARRAY_SIZE(lines)], *near;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (lines[i].commands & 1u << command && lines[i].help)
			names[n++] = lines[i].name;
	near = text_nearest(name, names, n);
	if (near)
		return options_error("unknown option \"%s\"; did you mean %s?", name, near);
	return options_error("unknown option \"%s\"; nachtwacht %s --help lists the options", name,
			   find_command(command)->name);
}

static int parse_count(const char *name, const char *text, unsigned max, unsigned *ret)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < 1 || value > max) {
		char range[64];

		snprintf(range, sizeof(range), "%s takes a number from 1 to %u", name, max);
		return options_error("%s, not \"%s\"", range, text);
	}
	*ret = (unsigned)value;
	return 0;
}

static int take_value(struct options *o, const struct option_line *line, const char *value)
{
	switch (line->id) {
	case OPT_SITE: o->site = value; return 0;
	case OPT_RULES: o->rules = value; return 0;
	case OPT_TIMEZONE: o->timezone = value; return 0;
	case OPT_CLOSED: o->closed = value; return 0;
	case OPT_ALERTS: o->alerts = value; return 0;
	case OPT_FLOWS: o->flows = value; return 0;
	case OPT_REDIS: o->redis = value; return 0;
	case OPT_PASSWORD_FILE: o->redis_password_file = value; return 0;
	case OPT_REDIS_SUPPRESSED: o->redis_suppressed = true; return 0;
	case OPT_STREAM: o->stream = value; return 0;
	case OPT_RUN: o->run = value; return 0;
	case OPT_FILTER: o->filter = value; return 0;
	case OPT_FROM: o->from = value; return 0;
	case OPT_TO: o->to = value; return 0;
	case OPT_GAPS: o->gaps = value; return 0;
	case OPT_GAPS_LIVE:
		return options_error("--gaps %s is for replay: a live sensor measures itself what "
				     "it does not see%s", value, "");
	case OPT_SENSOR: o->sensor = value; return 0;
	case OPT_MANIFEST: o->manifest = value; return 0;
	case OPT_STATE: o->state = value; return 0;
	case OPT_CHANNEL: o->channel = value; return 0;
	case OPT_PSEUDONYM: o->pseudonym = value; return 0;
	case OPT_AS: o->as = value; return 0;
	case OPT_RECORDS: return parse_count("--records", value, RECORDS_MAX, &o->records);
	case OPT_ASSET: o->asset = value; return 0;
	case OPT_ALL_WITHOUT_INCIDENT: o->all_without_incident = true; return 0;
	case OPT_REVOKE: o->revoke = value; return 0;
	case OPT_BY: o->by = value; return 0;
	case OPT_REASON: o->reason = value; return 0;
	case OPT_DRY_RUN: o->dry_run = true; return 0;
	case OPT_LOG: o->log = true; return 0;
	case OPT_ATTESTATIONS: o->attestations = value; return 0;
	case OPT_ATTEST_KEY: o->attest_key = value; return 0;
	case OPT_DATE: o->date = value; return 0;
	case OPT_LIST: o->list = true; return 0;
	case OPT_HEAD: o->head = value; return 0;
	case OPT_PREV: o->prev = value; return 0;
	case OPT_AGAINST: o->against = value; return 0;
	case OPT_KEY:
		if (o->n_keys == OPTIONS_KEYS_MAX)
			return options_error("more than 16 keys%s%s", "", "");
		o->keys[o->n_keys++] = value;
		return 0;
	case OPT_ID:
		if (o->n_ids == OPTIONS_IDS_MAX)
			return options_error("more than 64 ids; --asset and --all-without-incident "
					   "take many at once%s%s", "", "");
		o->ids[o->n_ids++] = value;
		return 0;
	case OPT_ALLOW_OLD: o->allow_old = true; return 0;
	case OPT_FINAL: o->final = true; return 0;
	case OPT_STRICT: o->strict = true; return 0;
	case OPT_QUIET: o->quiet = true; return 0;
	case OPT_HELP:
		if (!o->n_paths || !verb_help_print(o->command == COMMAND_STATE, o->paths[0]))
			options_print_help(o->command);
		o->command = COMMAND_HELP;
		return 0;
	case OPT_WORKERS: return parse_count("--workers", value, PIPELINE_WORKERS_MAX, &o->workers);
	case OPT_DEDUP:
		o->keep_duplicates = !strcmp(value, "off");
		if (o->keep_duplicates || !strcmp(value, "on"))
			return 0;
		return options_error("--dedup takes on or off, not \"%s\"%s", value, "");
	case OPT_SHARDS: return parse_count("--shards", value, PIPELINE_SHARDS_MAX, &o->shards);
	case OPT_INTERFACE:
		if (o->n_interfaces == OPTIONS_INTERFACES_MAX)
			return options_error("more than 16 interfaces%s%s", "", "");
		o->interfaces[o->n_interfaces++] = value;
		return 0;
	case OPT_REDIS_WAIT:
		if (duration_parse(value, &o->redis_wait_ns))
			return 0;
		return options_error(
			"--redis-wait takes a time with a unit, like 30s or 2m, not \"%s\"%s",
			value, "");
	case OPT_PROGRESS:
		if (progress_mode_parse(value, &o->progress))
			return 0;
		return options_error("--progress takes auto, never or always, not \"%s\"%s", value,
				   "");
	case OPT_LOG_LEVEL:
		if (log_level_parse(value, &o->log_level))
			return 0;
		return options_error(
			"--log-level takes err, warn, notice, info or debug, not \"%s\"%s", value,
			"");
	case OPT_LATER:
		return options_error("%s is not in this version (%s)", line->name, PACKAGE_VERSION);
	}
	return -1;
}

/* One option at argv[*at], with its value beside it or behind '='. */
static int take_option(struct options *o, int argc, char **argv, int *at)
{
	const char *arg = argv[*at], *equals = strchr(arg, '=');
	size_t len = arg[1] == '-' && equals ? (size_t)(equals - arg) : strlen(arg);
	const struct option_line *line = NULL;
	char name[64];

	if (len >= sizeof(name))
		return options_error("unknown option \"%.40s...\"%s", arg, "");
	memcpy(name, arg, len);
	name[len] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(lines) && !line; i++)
		if (!strcmp(lines[i].name, name) && lines[i].commands & 1u << o->command)
			line = &lines[i];
	if (!line)
		return unknown_option(name, o->command);
	if (!line->value)
		return arg[len] ? options_error("%s takes no value%s", name, "")
				: take_value(o, line, NULL);
	if (arg[len])
		return take_value(o, line, arg + len + 1);
	if (*at + 1 >= argc)
		return options_error("%s needs a value: %s", name, line->value);
	return take_value(o, line, argv[++*at]);
}

static int check_consistency(const struct options *o)
{
	unsigned on_stdout = 0;
	const char *const outputs[] = { o->alerts, o->flows, o->manifest, o->attestations };

	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		on_stdout += outputs[i] && !strcmp(outputs[i], "-");
	if (on_stdout > 1)
		return options_error("only one of --alerts, --flows, --manifest and "
				     "--attestations may be '-'%s%s; give the others a file",
				   "", "");
	if (o->site && (o->timezone || o->closed))
		return options_error("--timezone and --closed stand in for a site file; with "
				     "--site they come from it%s%s", "", "");
	if (o->command == COMMAND_REPLAY && o->n_paths == 0)
		return options_error("replay needs at least one capture file or directory%s%s", "",
				   "");
	if (o->command == COMMAND_LIVE && o->n_interfaces == 0)
		return options_error("live needs an interface: -i IFACE%s%s", "", "");
	if (o->command == COMMAND_STATE)
		return options_check_state(o);
	if (o->command == COMMAND_ATTEST)
		return options_check_attest(o);
	if (o->command != COMMAND_REPLAY && o->n_paths > 0)
		return options_error("\"%s\" is not an option of %s", o->paths[0],
				   find_command(o->command)->name);
	if (o->attest_key && !o->attestations && !o->state && !o->redis)
		return options_error("--attest-key goes with --attestations, --state or "
				     "--redis%s%s", "", "");
	if (o->redis_password_file && !o->redis)
		return options_error("--redis-password-file goes with --redis%s%s", "", "");
	return 0;
}

static int parse_command(const char *word, struct options *o)
{
	const char *names[ARRAY_SIZE(commands)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		names[i] = commands[i].name;
		if (!strcmp(word, commands[i].name)) {
			o->command = commands[i].command;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(later_commands); i++)
		if (!strcmp(word, later_commands[i]))
			return options_error("the command %s is not in this version (%s)", word,
					   PACKAGE_VERSION);
	near = text_nearest(word, names, ARRAY_SIZE(names));
	if (near)
		return options_error("unknown command \"%s\"; did you mean %s?", word, near);
	return options_error("unknown command \"%s\"; nachtwacht --help lists the commands%s", word,
			   "");
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
	struct options *o = ret_options;
	bool only_paths = false;

	*o = (struct options){ .redis_wait_ns = 30 * NS_PER_SEC, .log_level = LOG_LEVEL_NOTICE,
			       .sensor = "nachtwacht" };
	if (argc < 2)
		return options_error("a command is needed: replay, live, check, state or attest; "
				   "nachtwacht --help says more%s%s",
				   "", "");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		o->command = COMMAND_HELP;
		options_print_help(COMMAND_NONE);
		return 0;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		o->command = COMMAND_VERSION;
		options_print_version();
		return 0;
	}
	if (parse_command(argv[1], o))
		return -1;
	o->paths = calloc((size_t)argc, sizeof(char *));
	if (!o->paths)
		return options_error("out of memory%s%s", "", "");
	for (int i = 2; i < argc; i++) {
		if (!only_paths && !strcmp(argv[i], "--"))
			only_paths = true;
		else if (only_paths || argv[i][0] != '-' || !argv[i][1])
			o->paths[o->n_paths++] = argv[i];
		else if (take_option(o, argc, argv, &i))
			return -1;
		if (o->command == COMMAND_HELP)
			return 0;
	}
	if (o->quiet && o->log_level > LOG_LEVEL_WARN)
		o->log_level = LOG_LEVEL_WARN;
	if (!o->alerts && o->command == COMMAND_REPLAY && !(o->flows && !strcmp(o->flows, "-")) &&
	    !(o->attestations && !strcmp(o->attestations, "-")))
		o->alerts = "-";
	if (check_consistency(o))
		return -1;
	if (o->command == COMMAND_STATE || o->command == COMMAND_ATTEST)
		o->verb = o->paths[0];
	return 0;
}

void options_free(struct options *o)
{
	free(o->paths);
	o->paths = NULL;
}

static void print_command_help(const struct command_line *c)
{
	printf("nachtwacht %s %s\n\n%s\n\nOptions:\n", c->name, c->synopsis, c->help);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char left[64], first[80];

		if (!(lines[i].commands & 1u << c->command) || !lines[i].help)
			continue;
		snprintf(left, sizeof(left), "%s %s", lines[i].name,
			 lines[i].value ? lines[i].value : "");
		snprintf(first, sizeof(first), "  %-29s ", left);
		text_print_wrapped(stdout, first, lines[i].help, HELP_COLUMN, HELP_WIDTH);
	}
	help_more_print(c->command);
}

void options_print_help(enum command command)
{
	const struct command_line *c = find_command(command);

	if (c) {
		print_command_help(c);
		return;
	}
	printf("nachtwacht - watches closed network segments for traffic that should not leave "
	       "them\n\n"
	       "Usage: nachtwacht COMMAND [OPTIONS] ...\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].synopsis);
	printf("\nnachtwacht COMMAND --help says what it does and lists its options; --version, "
	       "--help.\n");
}

void options_print_version(void)
{
	printf("nachtwacht %s (nDPI %s)\n", PACKAGE_VERSION, dpi_library_version());
}
