/* session.c - see session.h. */
#include "app/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "app/coverage_state.h"
#include "app/orders_feed.h"
#include "app/outputs.h"
#include "app/policy_load.h"
#include "app/reload.h"
#include "app/signals.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/sign.h"
#include "base/tz.h"
#include "config.h"
#include "output/manifest.h"
#include "output/progress.h"
#include "output/summary.h"
#include "packet/packet.h"
#include "policy/orders.h"

#define INTERRUPTED_NS (5 * NS_PER_SEC)	/* of an interrupted replay, to drain its sinks */

static int load_site(struct session *s)
{
	const struct options *o = s->options;
	int status = policy_load(o, &s->site);

	if (status != EXIT_DONE)
		return status;
	if (tz_use(s->site->timezone)) {
		log_err("site", "time zone \"%s\" is not installed here (package tzdata)",
			s->site->timezone);
		return EXIT_USAGE;
	}
	if (site_use_pseudonyms(s->site)) {
		log_err("start", "out of memory");
		return EXIT_FAILED;
	}
	if (s->site->file_types) {
		s->files = malloc(sizeof(*s->files));
		if (!s->files) {
			log_err("start", "out of memory");
			return EXIT_FAILED;
		}
		*s->files = *s->site->file_types;
	}
	return EXIT_DONE;
}

/* "<hash of site, rules, declared gaps, work orders, program version>": what a result depends on
 * besides the packets. */
void session_make_run_id(struct session *s)
{
	const struct rules *rules = s->site->rules;
	char text[2048];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s\n", s->site->sha256);

	for (int i = 0; i < RULES; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s\n",
					rule_of(rules, (enum rule_id)i)->id,
					rule_of(rules, (enum rule_id)i)->version);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "nachtwacht %s\nnDPI %s\nshards %u",
				PACKAGE_VERSION, dpi_library_version(),
				s->options->shards ? s->options->shards : PIPELINE_SHARDS);
	/* A run without them has the id that it would have had. */
	if (s->options->keep_duplicates)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\ndedup off");
	if (!rules_are_builtin(rules))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\nrules %s",
					rules->sha256);
	if (s->gaps)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "\ngaps %s",
					s->gaps->sha256);
	if (s->site->orders)
		snprintf(text + len, sizeof(text) - len, "\norders %s", s->site->orders->sha256);
	digest_sha256_hex(text, strlen(text), s->context.run_id);
}

/* The outages that were declared are what is known before anything is read. */
static int prepare_coverage(struct session *s)
{
	int err = coverage_new(&s->coverage);

	if (!err && s->options->gaps && gaps_file_load(s->options->gaps, &s->gaps))
		return EXIT_USAGE;
	for (size_t i = 0; !err && s->gaps && i < s->gaps->n; i++)
		err = coverage_blind(s->coverage, s->gaps->list[i].from_ns, s->gaps->list[i].to_ns,
				     COVERAGE_DECLARED);
	if (err)
		log_err("start", "out of memory");
	return err ? EXIT_FAILED : EXIT_DONE;
}

static int read_redis_url(struct session *s)
{
	const struct options *o = s->options;
	struct redis_url *url = &s->redis_config.url;
	char why[256];

	if (!o->redis)
		return EXIT_DONE;
	if (!redis_url_parse(o->redis, url, why, sizeof(why))) {
		log_err("usage", "--redis: %s", why);
		return EXIT_USAGE;
	}
	return o->redis_password_file && redis_url_password_file(url, o->redis_password_file) ?
	       EXIT_USAGE : EXIT_DONE;
}

/* A replay reads them once, before anything depends on them; a sensor goes on reading. */
static int read_orders(struct session *s)
{
	const struct redis_url *url = &s->redis_config.url;
	struct hash_rows *rows = NULL;
	struct orders *orders = NULL;
	struct redis_fault fault;
	char key[FEED_KEY_MAX];
	size_t left_out;
	int err;

	if (!s->site->orders_in_redis)
		return EXIT_DONE;
	if (!s->options->redis) {
		log_err("usage", "the site's work orders are in Redis: say where it is (--redis "
			"URL), or name a file of work orders in the site file");
		return EXIT_USAGE;
	}
	if (s->options->command == COMMAND_LIVE)
		return EXIT_DONE;
	orders_feed_key(s->site, key);
	if (redis_hash_read(url, key, -1, &rows, &fault) != REDIS_DONE) {
		log_err("orders", "%s cannot be read: %s", key, fault.text);
		return EXIT_USAGE;
	}
	err = orders_of_rows(rows, s->site, &orders, &left_out);
	hash_rows_free(rows);
	if (err)
		return EXIT_USAGE;
	log_notice("orders", "%zu work orders were read from Redis, %zu left out, SHA-256 %s",
		   orders->n, left_out, orders->sha256);
	orders_free(s->site->orders);
	s->site->orders = orders;
	return EXIT_DONE;
}

static int prepare_redis(struct session *s)
{
	const struct options *o = s->options;
	struct redis_config *r = &s->redis_config;
	int n;

	if (!o->redis)
		return EXIT_DONE;
	snprintf(r->health, sizeof(r->health), "nw:{%s}:health", s->site->id);
	if (o->stream)
		n = snprintf(r->stream, sizeof(r->stream), "%s", o->stream);
	else if (o->command == COMMAND_LIVE)
		n = snprintf(r->stream, sizeof(r->stream), "nw:{%s}:alerts", s->site->id);
	else if (o->run)
		n = snprintf(r->stream, sizeof(r->stream), "nw:{%s}:replay:%s:alerts", s->site->id,
			     o->run);
	else
		n = snprintf(r->stream, sizeof(r->stream), "nw:{%s}:replay:%.16s:alerts",
			     s->site->id, s->context.run_id);
	if (n < 1 || (size_t)n >= sizeof(r->stream)) {
		log_err("usage", "the stream key is longer than %zu characters",
			sizeof(r->stream) - 1);
		return EXIT_USAGE;
	}
	/* A replay writes to its own stream alone (ALERTS section 2). */
	if (o->command == COMMAND_LIVE)
		snprintf(r->attestations, sizeof(r->attestations), "nw:{%s}:attestations",
			 s->site->id);
	r->wait_ns = o->redis_wait_ns;
	r->with_suppressed = o->redis_suppressed;
	/* A live sensor keeps records for a server that comes back; a replay can be repeated. */
	r->gives_up_when_full = o->command == COMMAND_REPLAY;
	r->is_interrupted = signals_hurry;
	return EXIT_DONE;
}

/* Its stretches, merged, for the count of packets that contradict them. */
static int prepare_watch(struct session *s)
{
	size_t n = s->gaps ? s->gaps->n : 0;

	s->watch.coverage = s->coverage;
	s->stretches = n ? calloc(n, sizeof(*s->stretches)) : NULL;
	if (n && !s->stretches) {
		log_err("start", "out of memory");
		return EXIT_FAILED;
	}
	s->watch.declared = s->stretches;
	s->watch.n_declared = coverage_list(s->coverage, 0, UINT64_MAX, s->stretches, n);
	return EXIT_DONE;
}

/* With a state always, or its chain would have holes. */
static int prepare_attestations(struct session *s)
{
	const struct options *o = s->options;

	s->context.attests = o->attestations || o->state ||
			     (o->redis && o->command == COMMAND_LIVE);
	if (o->attest_key && sign_key_load(o->attest_key, &s->attest_key))
		return EXIT_USAGE;
	s->context.attest_key = s->attest_key;
	return EXIT_DONE;
}

int session_prepare(struct session *s, const struct options *o)
{
	int status;

	*s = (struct session){ .options = o };
	status = load_site(s);
	if (status == EXIT_DONE)
		status = read_redis_url(s);
	if (status == EXIT_DONE)
		status = read_orders(s);
	if (status == EXIT_DONE)
		status = prepare_coverage(s);
	if (status == EXIT_DONE)
		status = prepare_watch(s);
	if (status != EXIT_DONE)
		return status;
	s->context = (struct alert_context){.site = s->site,
					    .sensor = o->sensor,
					    .orders = s->site->orders,
					    .coverage = s->coverage,
					    .is_live = o->command == COMMAND_LIVE,
					    .interface = o->n_interfaces ? o->interfaces[0] : NULL};
	session_make_run_id(s);
	status = prepare_attestations(s);
	return status == EXIT_DONE ? prepare_redis(s) : status;
}

/* The inputs as a text that is the same for the same packets, whatever the files are called. */
static void inputs_text(const struct session *s, char ret[static DIGEST_HEX_MAX])
{
	const struct options *o = s->options;
	struct digest *d = digest_new();
	char line[256];

	ret[0] = '\0';
	if (!d)
		return;
	for (size_t i = 0; i < source_inputs(s->source); i++) {
		const struct source_input *in = source_input(s->source, i);

		snprintf(line, sizeof(line), "%" PRIu64 " %" PRIu64 "\n", in->size, in->first_ns);
		digest_update(d, line, strlen(line));
	}
	for (size_t i = 0; i < 3; i++) {
		const char *text = i == 0 ? o->filter : i == 1 ? o->from : o->to;

		digest_update(d, text ? text : "-", text ? strlen(text) + 1 : 1);
	}
	if (s->gaps)
		digest_update(d, s->gaps->sha256, strlen(s->gaps->sha256));
	digest_final_free(d, ret);
}

int session_open_memory(struct session *s, uint64_t *ret_from_ns)
{
	const struct options *o = s->options;
	bool is_replay = o->command == COMMAND_REPLAY;
	char inputs[DIGEST_HEX_MAX] = "";
	uint64_t first_ns = 0, from_ns = 0;
	int err;

	*ret_from_ns = 0;
	if (!o->state)
		return EXIT_DONE;
	if (memory_open(o->state, s->site, &s->memory))
		return EXIT_USAGE;
	memory_cover(s->memory, s->coverage);
	if (coverage_state_load(memory_state(s->memory), s->coverage))
		return EXIT_FAILED;
	if (is_replay)
		inputs_text(s, inputs);
	else
		s->watch.past_ns = coverage_state_past_ns(memory_state(s->memory));
	for (size_t i = 0; is_replay && i < source_inputs(s->source); i++) {
		uint64_t ns = source_input(s->source, i)->first_ns;

		if (ns && (!first_ns || ns < first_ns))
			first_ns = ns;
	}
	if (o->from && first_ns && tz_parse(o->from, &from_ns) && from_ns > first_ns)
		first_ns = from_ns;
	err = memory_plan(s->memory, inputs, first_ns, o->allow_old, ret_from_ns);
	if (err)
		return err == -EEXIST ? EXIT_USAGE : EXIT_FAILED;
	return EXIT_DONE;
}

int session_open_outputs(struct session *s)
{
	const struct options *o = s->options;
	struct analysis_config cfg;
	bool is_live;

	if (!outputs_are_apart(o, s->source))
		return EXIT_USAGE;
	if (s->memory ? outbox_new_on_state(memory_state(s->memory), &s->outbox) :
			outbox_new(&s->outbox)) {
		log_err("start", "out of memory");
		return EXIT_FAILED;
	}
	is_live = o->command == COMMAND_LIVE;
	if (o->alerts && (is_live ? jsonl_sink_open_appending
				  : jsonl_sink_open)(o->alerts, s->outbox, &s->jsonl))
		return EXIT_FAILED;
	if (o->attestations && jsonl_sink_open_kind(o->attestations, s->outbox, RECORD_ATTESTATION,
						    is_live, &s->attestations))
		return EXIT_FAILED;
	if (o->flows && (is_live ? flowlog_open_appending : flowlog_open)(o->flows, &s->flowlog))
		return EXIT_FAILED;
	if (s->flowlog)
		flowlog_files(s->flowlog, s->files);
	if (o->redis && redis_sink_open(&s->redis_config, s->outbox, &s->redis)) {
		log_err("redis", "cannot start its thread");
		return EXIT_FAILED;
	}
	cfg = (struct analysis_config){ .context = &s->context, .outbox = s->outbox,
					.flowlog = s->flowlog };
	if (analysis_new(&cfg, &s->analysis)) {
		log_err("start", "out of memory");
		return EXIT_FAILED;
	}
	if (s->memory && memory_load(s->memory, s->analysis))
		return EXIT_FAILED;
	if (is_live && reload_new(s, &s->reload)) {
		log_err("start", "out of memory");
		return EXIT_FAILED;
	}
	if (is_live)
		analysis_on_policy(s->analysis, reload_look, s->reload);
	if (!o->quiet && o->command == COMMAND_REPLAY)
		progress_start(o->progress, 2, &s->progress);
	return EXIT_DONE;
}

static void tick(void *arg, const struct source *source, uint64_t now_ns)
{
	struct session *s = arg;
	const struct source_counters *c = source_counters(source);

	if (s->progress)
		progress_update(s->progress, &(struct progress_at){.bytes_done = c->bytes_done,
								   .bytes_total = c->bytes_total,
								   .packets = c->seen,
								   .reached_ns = now_ns});
}

/* No record is lost without a word: each sink says what it could not take. */
static int drain(struct session *s)
{
	int failed = 0;

	outbox_close(s->outbox);
	if (s->jsonl)
		failed |= jsonl_sink_close(steal(&s->jsonl)) != 0;
	if (s->attestations)
		failed |= jsonl_sink_close(steal(&s->attestations)) != 0;
	if (s->flowlog)
		failed |= flowlog_close(steal(&s->flowlog)) != 0;
	if (s->redis)		/* last: it may wait long, and the files are complete by then */
		failed |= redis_sink_close(steal(&s->redis)) != 0;
	return failed;
}

static bool is_incomplete(const struct session *s)
{
	return s->counters.is_incomplete || analysis_counters(s->analysis)->no_memory > 0;
}

static int write_manifest(struct session *s)
{
	struct manifest_facts facts = {
		.source = s->source, .pipeline = s->counters.decode, .flow = &s->counters.flow,
		.site = s->site, .run_id = s->context.run_id, .sensor = s->options->sensor,
		.alerts = s->options->alerts, .flows = s->options->flows,
		.workers = s->options->workers ? s->options->workers : 1,
		.shards = s->options->shards ? s->options->shards : PIPELINE_SHARDS,
		.dedup = !s->options->keep_duplicates,
		.filter = s->options->filter, .from = s->options->from, .to = s->options->to,
		.channels = analysis_channels(s->analysis),
		.incidents = incidents_counters(analysis_incidents(s->analysis)),
		.flows_outside = analysis_counters(s->analysis)->outside_both,
		.nights_judged = analysis_counters(s->analysis)->nights_judged,
		.channel_nights = analysis_counters(s->analysis)->channel_nights,
		.subjects = analysis_counters(s->analysis)->subjects,
		.subjects_overflowed = analysis_counters(s->analysis)->subjects_overflowed,
		.links = &analysis_counters(s->analysis)->links,
		.links_beyond = analysis_counters(s->analysis)->links_beyond,
		.dealings = &analysis_counters(s->analysis)->dealings,
		.unnamed = analysis_counters(s->analysis)->unnamed,
		.gaps = &s->counters.gaps, .is_incomplete = is_incomplete(s),
		.declared = s->gaps, .coverage = s->coverage,
		.packets_declared = s->watch.packets_declared,
	};

	return s->options->manifest ? manifest_write(s->options->manifest, &facts) : 0;
}

static void print_summary(struct session *s, bool is_live)
{
	struct analysis_parts parts;
	struct summary_facts facts = {
		.source = s->source, .decode = s->counters.decode, .flow = &s->counters.flow,
		.site = s->site, .incidents = analysis_incidents(s->analysis),
		.first_ns = analysis_first_ns(s->analysis), .last_ns = analysis_now_ns(s->analysis),
		.flows = analysis_counters(s->analysis)->flows,
		.flows_outside = analysis_counters(s->analysis)->outside_both,
		.gaps = &s->counters.gaps, .is_incomplete = is_incomplete(s),
		.nights_judged = analysis_counters(s->analysis)->nights_judged,
		.outside_example = analysis_counters(s->analysis)->outside_example,
		.is_live = is_live, .alerts = s->options->alerts,
		.declared = s->gaps, .coverage = s->coverage,
		.packets_declared = s->watch.packets_declared,
	};

	analysis_parts(s->analysis, &parts);
	facts.channels = parts.channels;
	if (!s->options->quiet)
		summary_print(&facts, stderr);
}

static int finish_memory(struct session *s)
{
	int err = coverage_state_save(memory_state(s->memory), s->coverage);
	int last = memory_finish(s->memory, source_mark_ns(s->source));

	return err ? err : last;
}

int session_run(struct session *s, bool is_live)
{
	struct pipeline_config cfg = { .workers = s->options->workers, .shards = s->options->shards,
				       .keep_duplicates = s->options->keep_duplicates,
				       .tick = tick, .tick_arg = s,
				       .files = s->files,
				       .carried_key = hash_bytes(s->site->sha256,
						strlen(s->site->sha256), 0),
				       .watch = is_live || s->gaps ? &s->watch : NULL };
	int status, err;

	if (s->memory)
		cfg.carry = memory_carry(s->memory);
	err = pipeline_run(s->source, &cfg, s->analysis, &s->counters);
	status = err || is_incomplete(s) ? EXIT_FAILED : EXIT_DONE;
	progress_stop(steal(&s->progress));
	if (s->memory && finish_memory(s))
		status = EXIT_FAILED;
	if (s->memory && s->options->final && status == EXIT_DONE && memory_preview(s->memory))
		status = EXIT_FAILED;
	signals_drain(is_live ? UINT64_MAX : INTERRUPTED_NS);
	if (drain(s) != 0)
		status = EXIT_FAILED;
	signals_restore();
	if (write_manifest(s) != 0)
		status = EXIT_FAILED;
	print_summary(s, is_live);
	return status;
}

void session_close(struct session *s)
{
	if (s->outbox)
		outbox_close(s->outbox);
	if (s->jsonl)
		jsonl_sink_close(s->jsonl);
	if (s->attestations)
		jsonl_sink_close(s->attestations);
	if (s->redis)
		redis_sink_close(s->redis);
	if (s->flowlog)
		flowlog_close(s->flowlog);
	progress_stop(s->progress);
	reload_free(s->reload);
	analysis_free(s->analysis);
	if (s->memory)
		state_commit(memory_state(s->memory));	/* where the sinks stand */
	outbox_free(s->outbox);
	memory_close(s->memory);
	source_free(s->source);
	coverage_free(s->coverage);
	gaps_file_free(s->gaps);
	free(s->stretches);
	sign_key_free(s->attest_key);
	site_free(s->site);
	free(s->files);
}
