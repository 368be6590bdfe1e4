/* summary.c - see summary.h. */
#include "output/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "alert/gate.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "base/tz.h"
#include "output/second_opinion.h"
#include "packet/packet.h"

#define INCIDENTS_SHOWN 20
#define SEVERITY_SHOWN 3U
#define BLIND_SHOWN 16U
#define WIDTH 100

static void print_time(FILE *out, uint64_t ns)
{
	char local[CLOCK_TEXT_MAX];

	fputs(clock_format_offset(ns, tz_offset(ns), local), out);
}

static void print_incident(FILE *out, const struct summary_facts *f, const struct incident *i)
{
	static const char *const levels[] = {"", ", level L1 (early warning)", ", level L2 (alert)",
					     ", level L3 (critical)"};
	struct rule buf;
	const struct rule *rule = gate_rule(f->site, i->rule, i->own, &buf);
	char opinion[SECOND_OPINION_MAX];

	fprintf(out, "\n  [severity %u%s] %s %s%s\n", i->severity, levels[i->level], rule->id,
		rule->name, i->is_open ? "" : " (resolved)");
	text_print_wrapped(out, "    ", incident_message(i), 4, WIDTH);
	for (unsigned k = 0; k < i->explain_n; k++)
		text_print_wrapped(out, "      - ", incident_line(i, k), 8, WIDTH);
	if (!f->is_live && second_opinion_of(f->channels, i, opinion))
		text_print_wrapped(out, "      - ", opinion, 8, WIDTH);
	if (rule->triage[0])
		fputs("    What to check next:\n", out);
	for (const char *const *line = rule->triage; *line; line++)
		text_print_wrapped(out, "      * ", *line, 8, WIDTH);
	fprintf(out, "    opened ");
	print_time(out, i->opened_ns);
	fprintf(out, ", %u record%s, incident %s, case %s\n", i->records,
		i->records == 1 ? "" : "s", i->id, i->case_id);
}

static int compare_incidents(const void *a, const void *b)
{
	const struct incident *x = *(const struct incident *const *)a;
	const struct incident *y = *(const struct incident *const *)b;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->level != y->level)
		return x->level > y->level ? -1 : 1;
	if (x->opened_ns != y->opened_ns)
		return x->opened_ns < y->opened_ns ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* What the list below cannot show any more. */
static void print_gone(const struct incidents_counters *c, size_t past, FILE *out)
{
	if (past)
		fprintf(out, "Resolved longer ago than incidents are kept (retention.incidents): "
			"%zu, in the records only.\n", past);
	if (c->forgotten)
		fprintf(out, "Incidents were so many that %" PRIu64 " resolved ones were "
			"forgotten: the records have them.\n", c->forgotten);
	if (c->refused)
		fprintf(out, "No memory was left for incidents of %" PRIu64 " findings.\n",
			c->refused);
}

static void print_incidents(const struct summary_facts *f, FILE *out)
{
	size_t all = incidents_count(f->incidents), n = 0, shown = 0, minor = 0, past = 0;
	size_t allowed = 0;
	const struct incidents_counters *c = incidents_counters(f->incidents);
	const struct incident **list = calloc(all + 1, sizeof(struct incident *));

	for (size_t i = 0; list && i < all; i++)
		if (incidents_at(f->incidents, i)->is_past)
			past++;
		else if (incident_is_allowed(incidents_at(f->incidents, i)))
			allowed++;
		else if (!incident_is_suppressed(incidents_at(f->incidents, i)))
			list[n++] = incidents_at(f->incidents, i);
	if (list)
		qsort(list, n, sizeof(struct incident *), compare_incidents);
	for (size_t i = 0; list && i < n; i++)
		minor += list[i]->severity < SEVERITY_SHOWN;
	if (n == minor)
		fprintf(out, "Nothing of severity %u or more was raised.", SEVERITY_SHOWN);
	else
		fprintf(out, "%zu incident%s of severity %u or more.", n - minor,
			n - minor == 1 ? "" : "s", SEVERITY_SHOWN);
	if (minor)
		fprintf(out, " %zu of less.", minor);
	fprintf(out, " Nights judged: %" PRIu64 "%s.\n", f->nights_judged,
		f->nights_judged ? "" : " (no closed hours lie in what was seen)");
	if (allowed)
		fprintf(out, "Suppressed: %zu nightly upload%s as expected entries allow (in the "
			"records).\n", allowed, allowed == 1 ? "" : "s");
	if (c->disabled || c->unmatched)
		fprintf(out, "Not told: %" PRIu64 " finding%s of rules that are switched off, %"
			PRIu64 " that a rule's \"match\" does not hold for.\n", c->disabled,
			c->disabled == 1 ? "" : "s", c->unmatched);
	if (list && all > n + past + allowed)
		fprintf(out, "Suppressed by the site policy: %zu incident%s (in the records).\n",
			all - n - past - allowed, all - n - past - allowed == 1 ? "" : "s");
	print_gone(incidents_counters(f->incidents), past, out);
	for (size_t i = 0; list && i < n && shown < INCIDENTS_SHOWN; i++)
		if (list[i]->severity >= SEVERITY_SHOWN) {
			print_incident(out, f, list[i]);
			shown++;
		}
	if (n - minor > shown)
		fprintf(out, "\n  ... and %zu more in the records.\n", n - minor - shown);
	free(list);
}

/* "3 d 2 h", "5 h 7 min", "40 s": the two largest units. */
static void print_length(FILE *out, uint64_t ns)
{
	uint64_t minutes = ns / NS_PER_MIN, hours = minutes / 60;

	if (hours >= 24)
		fprintf(out, "%" PRIu64 " d %" PRIu64 " h", hours / 24, hours % 24);
	else if (minutes)
		fprintf(out, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
	else
		fprintf(out, "%" PRIu64 " s", (uint64_t)(ns / NS_PER_SEC));
}

static void print_stretch(FILE *out, const char *what, uint64_t from_ns, uint64_t to_ns)
{
	fprintf(out, "  %s from ", what);
	print_time(out, from_ns);
	fputs(" to ", out);
	print_time(out, to_ns);
	fputs(" (", out);
	print_length(out, to_ns - from_ns);
	fputs(")", out);
}

/* Silence, unless the tap is known to have been blind. */
static void print_gaps(const struct summary_facts *f, FILE *out)
{
	const struct gaps *gaps = f->gaps;

	for (size_t i = 0; i < gaps_kept(gaps); i++) {
		const struct gap *g = &gaps->first[i];
		struct coverage_look look;

		coverage_look(f->coverage, g->from_ns, g->to_ns, &look);
		print_stretch(out, "no packet", g->from_ns, g->to_ns);
		if (!look.blind_ns) {
			fputs(": taken as silence\n", out);
			continue;
		}
		fputs(": the tap was blind ", out);
		print_length(out, look.blind_ns);
		fprintf(out, " of it%s\n", look.blind_ns == g->to_ns - g->from_ns ? "" :
			", the rest is taken as silence");
	}
	if (gaps->n > gaps_kept(gaps))
		fprintf(out, "  ... and %" PRIu64 " more such gaps of more than an hour\n",
			gaps->n - gaps_kept(gaps));
}

/* What was read ends later than what was judged when a state carries the last minute on. */
static uint64_t read_to(const struct summary_facts *f)
{
	uint64_t mark_ns = source_mark_ns(f->source);

	return mark_ns > f->last_ns ? mark_ns : f->last_ns;
}

/* What was declared, in the words of who declared it.  Outages in another year are a slip of the
 * pen that nothing else would show. */
static void print_declared(const struct summary_facts *f, FILE *out)
{
	const struct gaps_file *g = f->declared;
	size_t inside = 0;

	for (size_t i = 0; g && i < g->n; i++) {
		char reason[GAPS_REASON_MAX];

		if (g->list[i].from_ns > read_to(f) || g->list[i].to_ns <= f->first_ns)
			continue;
		if (++inside > BLIND_SHOWN)
			continue;
		print_stretch(out, "declared blind", g->list[i].from_ns, g->list[i].to_ns);
		fprintf(out, ": %s\n", text_escape(g->list[i].reason, strlen(g->list[i].reason),
						   reason, sizeof(reason)));
	}
	if (inside > BLIND_SHOWN)
		fprintf(out, "  ... and %zu more declared\n", inside - BLIND_SHOWN);
	if (g && inside < g->n)
		fprintf(out, "  %zu of %zu declared gaps lie outside of what was read\n",
			g->n - inside, g->n);
	if (f->packets_declared)
		fprintf(out,
			"  %" PRIu64 " packets were captured inside declared gaps: the tap was not "
			"blind then; are the gaps right?\n", f->packets_declared);
}

/* What was measured; of what a state remembers only what touches this run. */
static void print_blind(const struct summary_facts *f, FILE *out)
{
	struct coverage_stretch all[256];
	size_t n = coverage_list(f->coverage, f->first_ns, read_to(f) + 1, all, ARRAY_SIZE(all));
	size_t kept = n < ARRAY_SIZE(all) ? n : ARRAY_SIZE(all), measured = 0;

	for (size_t i = 0; i < kept; i++)
		measured += all[i].reason != COVERAGE_DECLARED;
	if (measured > BLIND_SHOWN)
		fprintf(out, "  the tap was blind or one-sided %zu times; the last %u:\n", measured,
			BLIND_SHOWN);
	for (size_t i = 0, at = 0; i < kept; i++) {
		if (all[i].reason == COVERAGE_DECLARED || at++ + BLIND_SHOWN < measured)
			continue;
		print_stretch(out, all[i].reason == COVERAGE_ONE_SIDED ? "one-sided" : "blind",
			      all[i].from_ns, all[i].to_ns);
		fprintf(out, ": %s\n", coverage_reason_text(all[i].reason));
	}
}

static void print_duplicates(const struct summary_facts *f, FILE *out)
{
	uint64_t n = f->flow->duplicates;

	if (n)
		fprintf(out, "  seen twice: %" PRIu64 " packets (%.1f %%) are copies of others, %"
			PRIu64 " of them in another VLAN, by other MACs or on another tap; each is "
			"counted once\n", n,
			100.0 * (double)n / (double)source_counters(f->source)->seen,
			f->flow->duplicates_other_way);
}

static void print_not_judged(const struct summary_facts *f, FILE *out)
{
	const struct source_counters *c = source_counters(f->source);

	if (c->files_damaged || c->files_refused)
		fprintf(out,
			"  inputs: %" PRIu64 " damaged (what is good in them is used), %" PRIu64
			" refused\n",
			c->files_damaged, c->files_refused);
	if (c->clamped || c->normalised)
		fprintf(out, "  stamps: %" PRIu64 " packets out of order by more than 1 s, %" PRIu64
			" with impossible lengths or stamps\n", c->clamped, c->normalised);
	if (c->in_two_files)
		fprintf(out, "  files overlap: at least %" PRIu64 " packets stand in two of "
			"them%s\n", c->in_two_files, f->flow->duplicates ? "" :
			"; TCP payload is counted once, anything else twice");
	print_duplicates(f, out);
	if (c->stepped_back)
		fprintf(out, "  stamps: %" PRIu64 " packets stamped slightly out of order\n",
			c->stepped_back);
	for (int i = PACKET_FRAGMENT + 1; i < PACKET_STATUSES; i++)
		if (f->decode[i])
			fprintf(out, "  not judged: %" PRIu64 " packets %s\n", f->decode[i],
				packet_status_name((enum packet_status)i));
	if (f->flow->flows_evicted)
		fprintf(out, "  flow table full: %" PRIu64 " flows ended early\n",
			f->flow->flows_evicted);
	if (f->flows_outside)
		fprintf(out,
			"  not judged: %" PRIu64 " flows between two addresses that are not local "
			"(first: %s)%s\n",
			f->flows_outside, f->outside_example,
			f->site->is_default ? "; no --site was given" : "");
	if (f->is_live)
		fprintf(out, "  interface: %" PRIu64 " packets received by the kernel, %" PRIu64
			" dropped before they were read\n", c->kernel_received, c->kernel_drops);
}

void summary_print(const struct summary_facts *f, FILE *out)
{
	fputc('\n', out);
	if (f->is_incomplete)
		fputs("INCOMPLETE: memory ran out; flows are missing from what follows.\n", out);
	if (!f->first_ns) {
		if (source_counters(f->source)->filtered)
			fprintf(out,
				"%" PRIu64
				" packets were read, and none of them matches --filter or "
				"lies in --from ... --to.\n",
				source_counters(f->source)->filtered);
		else
			fputs("No packet was seen.\n", out);
		print_not_judged(f, out);
		return;
	}
	fprintf(out, "%" PRIu64 " packets, %" PRIu64 " flows, ", source_counters(f->source)->seen,
		f->flows);
	print_time(out, f->first_ns);
	fputs(" to ", out);
	print_time(out, f->last_ns);
	fprintf(out, " (%s)\n", f->site->timezone);
	print_not_judged(f, out);
	print_gaps(f, out);
	print_declared(f, out);
	print_blind(f, out);
	print_incidents(f, out);
	if (f->alerts && strcmp(f->alerts, "-"))
		fprintf(out, "\nRecords (JSON lines): %s\n", f->alerts);
}
