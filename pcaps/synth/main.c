/* main.c - nachtwacht-synth: a scenario becomes a capture.
 *
 * parse options -> load scenario -> plan -> generate -> write truth -> say how much and how fast.
 * Standard output carries only the capture (-o -); the rest goes to standard error.
 * Exit: 0 done; 2 anything else, with one sentence why.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/tz.h"
#include "synth/engine.h"

#define SETS_MAX 64
#define SNAP_DEFAULT 96
#define SNAP_LEAST 64
#define EXIT_BAD 2

static const char help[] =
"Usage: nachtwacht-synth [options] SCENARIO.json\n"
"\n"
"Turns a scenario (who talks to whom, when, how much) into a capture file, as a tap on that\n"
"segment would have seen it.  The same scenario and seed give the same bytes, everywhere.\n"
"\n"
"  -o, --output FILE     where the capture goes; \"-\" is standard output (the default, unless\n"
"                        that is a terminal)\n"
"      --seed N          another month of the same kind (default: the scenario's \"seed\", or 1)\n"
"      --start DATE      first day, for example 2026-03-23 to have a clock change inside\n"
"      --days N          how many days\n"
"      --set KEY=VALUE   changes one value of the scenario; may be repeated.  KEY is a path, with\n"
"                        ids in lists:  --set activities.leak.volume.up=2GB\n"
"                        --set activities.leak.enabled=false   --set tap.loss=0.2\n"
"      --truth FILE      writes what was put in, as JSON: bytes and times of every night of every\n"
"                        activity marked \"leak\", sums of the others, the expected verdict\n"
"      --format FORMAT   pcap (nanoseconds; the default) or pcapng\n"
"      --snap N          captured bytes of bulk packets (default 96).  Protocol messages and the\n"
"                        first 24 packets of a conversation are captured up to 1600 bytes (not\n"
"                        those of GRO size), so that DPI has what it needs; lengths in headers\n"
"                        and records are always the true ones\n"
"      --split-days      one file for each civil day of the site: FILE-2026-01-05.pcap, ...\n"
"  -q, --quiet           no summary at the end\n"
"      --help            this text\n"
"      --version         the version\n"
"\n"
"Scenarios are described in pcaps/README.md and pcaps/scenario.schema.json.  To try:\n"
"\n"
"  nachtwacht-synth -o month.pcap --truth month.truth.json pcaps/scenarios/nightly-leak.json\n"
"\n"
"Exit status: 0 done; 2 the arguments, the scenario or the output are at fault.\n";

struct options {
	struct scenario_changes changes;
	struct out_config out;
	const char *sets[SETS_MAX];
	const char *scenario, *truth;
	uint32_t snap;
	bool is_quiet;
};

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "nachtwacht-synth: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	return EXIT_BAD;
}

static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret)
{
	char *end;

	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n < least || n > most)
		return false;
	*ret = n;
	return true;
}

enum { OPT_SEED = 256, OPT_START, OPT_DAYS, OPT_SET, OPT_TRUTH, OPT_FORMAT, OPT_SNAP, OPT_SPLIT,
	OPT_HELP, OPT_VERSION };

static const struct option longs[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "start", required_argument, NULL, OPT_START },
	{ "days", required_argument, NULL, OPT_DAYS },
	{ "set", required_argument, NULL, OPT_SET },
	{ "truth", required_argument, NULL, OPT_TRUTH },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "snap", required_argument, NULL, OPT_SNAP },
	{ "split-days", no_argument, NULL, OPT_SPLIT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* Options with a value that has to be understood.  false: it was not. */
static bool take_value(struct options *o, int option, const char *value)
{
	uint64_t n = 0;
	bool ok = true;

	switch (option) {
	case OPT_SEED:
		ok = parse_number(value, 0, INT64_MAX, &n);
		o->changes.seed = n;
		o->changes.has_seed = true;
		break;
	case OPT_DAYS:
		ok = parse_number(value, 1, SCENARIO_DAYS_MAX, &n);
		o->changes.days = (unsigned)n;
		break;
	case OPT_SNAP:
		ok = parse_number(value, SNAP_LEAST, 65535, &n);
		o->snap = (uint32_t)n;
		break;
	case OPT_FORMAT:
		ok = !strcmp(value, "pcap") || !strcmp(value, "pcapng");
		o->out.format = strcmp(value, "pcap") ? OUT_PCAPNG : OUT_PCAP;
		break;
	case OPT_SET:
		ok = o->changes.n_sets < SETS_MAX;
		if (ok)
			o->sets[o->changes.n_sets++] = value;
		break;
	}
	return ok;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct options *o)
{
	int option, at;

	while ((option = getopt_long(argc, argv, "o:q", longs, &at)) != -1) {
		switch (option) {
		case 'o': o->out.path = optarg; break;
		case 'q': o->is_quiet = true; break;
		case OPT_START: o->changes.start = optarg; break;
		case OPT_TRUTH: o->truth = optarg; break;
		case OPT_SPLIT: o->out.split_days = true; break;
		case OPT_HELP:
			fputs(help, stdout);
			return EXIT_SUCCESS;
		case OPT_VERSION:
			puts("nachtwacht-synth 0.1.0");
			return EXIT_SUCCESS;
		case '?':
			return complain("try --help", NULL);
		default:
			if (take_value(o, option, optarg))
				break;
			fprintf(stderr,
				"nachtwacht-synth: --%s: \"%s\" is not possible; try --help\n",
				longs[at].name, optarg);
			return EXIT_BAD;
		}
	}
	if (optind + 1 != argc)
		return complain(optind == argc ? "which scenario? (try --help)"
					       : "one scenario at a time (try --help)", NULL);
	o->scenario = argv[optind];
	o->changes.sets = o->sets;
	if (!strcmp(o->out.path, "-") && o->out.split_days)
		return complain("--split-days needs -o FILE", NULL);
	if (!strcmp(o->out.path, "-") && isatty(STDOUT_FILENO))
		return complain("a capture does not go to a terminal; use -o FILE", NULL);
	return -1;
}

static void summarise(const struct view *v, uint64_t packets, uint64_t bytes, uint64_t took_ns)
{
	char size[CLOCK_TEXT_MAX];
	double seconds = (double)took_ns / 1e9;

	fprintf(stderr,
		"nachtwacht-synth: %u days, %llu packets (%llu more unseen by the tap), %s in "
		"%.1f s (%.0f packets/s)\n", v->s->days, (unsigned long long)packets,
		(unsigned long long)v->unwritten, size_format(bytes, size), seconds,
		seconds > 0 ? (double)packets / seconds : 0.0);
}

static int generate(const struct options *o, struct scenario *s)
{
	char error[SCENARIO_ERROR_MAX] = "";
	struct view *v = calloc(1, sizeof(*v));
	uint64_t began_ns = clock_monotonic_ns(), bytes = 0, packets = 0;
	int err = -ENOMEM;

	if (!v)
		goto out;
	v->s = s;
	v->snap = o->snap;
	err = truth_new(s, &v->truth);
	if (!err)
		err = out_open(&o->out, &v->out);
	if (err) {
		complain(o->out.path, err_text(err));
		goto out;
	}
	err = engine_run(v, error);
	if (err)
		complain(o->scenario, error[0] ? error : err_text(err));
	int write_err = out_close(v->out, &bytes);
	if (write_err)
		err = complain(o->out.path, err_text(write_err));
	if (!err && o->truth) {
		err = truth_write(v->truth, o->truth);
		if (err)
			complain(o->truth, err_text(err));
	}
	packets = truth_packets(v->truth);
	if (!err && !o->is_quiet)
		summarise(v, packets, bytes, clock_monotonic_ns() - began_ns);
out:
	if (v)
		truth_free(v->truth);
	free(v);
	return err ? EXIT_BAD : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options o = { .snap = SNAP_DEFAULT, .out.path = "-" };
	char error[SCENARIO_ERROR_MAX] = "";
	struct scenario *s = NULL;

	/* iteration order is insertion's; the seed need not be secret */
	json_object_seed(1);
	int status = parse_options(argc, argv, &o);
	if (status >= 0)
		return status;
	int err = scenario_load(o.scenario, &o.changes, &s, error);
	if (!err) {
		err = scenario_plan(s, error);
		if (err)
			fprintf(stderr, "nachtwacht-synth: %s: %s\n", o.scenario, error);
		else
			status = generate(&o, s);
	} else {
		complain(error[0] ? error : err_text(err), NULL);
	}
	scenario_free(s);
	return err ? EXIT_BAD : status;
}
