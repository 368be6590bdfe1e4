/* summary.c - see summary.h. */
#include "output/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/text.h"
#include "base/tz.h"
#include "packet/packet.h"

#define INCIDENTS_SHOWN 20
#define SEVERITY_SHOWN 3U
#define WIDTH 100

static void print_time(FILE *out, uint64_t ns)
{
	char local[CLOCK_TEXT_MAX];

	fputs(clock_format_offset(ns, tz_offset(ns), local), out);
}

static void print_incident(FILE *out, const struct incident *i)
{
	static const char *const levels[] = {"", ", level L1 (early warning)", ", level L2 (alert)",
					     ", level L3 (critical)"};
	const struct rule *rule = rule_of(i->rule);

	fprintf(out, "\n  [severity %u%s] %s %s%s\n", i->severity, levels[i->level], rule->id,
		rule->name, i->is_open ? "" : " (resolved)");
	text_print_wrapped(out, "    ", i->message, 4, WIDTH);
	for (unsigned k = 0; k < i->explain_n; k++)
		text_print_wrapped(out, "      - ", i->explain[k], 8, WIDTH);
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

static void print_incidents(const struct summary_facts *f, FILE *out)
{
	size_t all = incidents_count(f->incidents), n = 0, shown = 0, minor = 0;
	const struct incident **list = calloc(all + 1, sizeof(struct incident *));

	for (size_t i = 0; list && i < all; i++)
		if (!incident_is_suppressed(incidents_at(f->incidents, i)))
			list[n++] = incidents_at(f->incidents, i);
	if (list)
		qsort(list, n, sizeof(struct incident *), compare_incidents);
	for (size_t i = 0; list && i < n; i++)
		minor += list[i]->severity < SEVERITY_SHOWN;
	if (n == minor)
		fprintf(out, "Nothing of severity %u or more was raised.", SEVERITY_SHOWN);
	else
		fprintf(out, "%zu incident%s of severity %u or more:", n - minor,
			n - minor == 1 ? "" : "s", SEVERITY_SHOWN);
	if (minor)
		fprintf(out, " %zu of less.", minor);
	fprintf(out, " Nights judged: %" PRIu64 "%s.\n", f->nights_judged,
		f->nights_judged ? "" : " (no closed hours lie in what was seen)");
	if (list && all > n)
		fprintf(out, "Suppressed: %zu nightly upload%s as expected entries allow (in the "
			"records).\n", all - n, all - n == 1 ? "" : "s");
	for (size_t i = 0; list && i < n && shown < INCIDENTS_SHOWN; i++)
		if (list[i]->severity >= SEVERITY_SHOWN) {
			print_incident(out, list[i]);
			shown++;
		}
	if (n - minor > shown)
		fprintf(out, "\n  ... and %zu more in the records.\n", n - minor - shown);
	free(list);
}

/* "3 d 2 h", "5 h 7 min": the two largest units. */
static void print_length(FILE *out, uint64_t ns)
{
	uint64_t minutes = ns / NS_PER_MIN, hours = minutes / 60;

	if (hours >= 24)
		fprintf(out, "%" PRIu64 " d %" PRIu64 " h", hours / 24, hours % 24);
	else
		fprintf(out, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
}

static void print_gaps(const struct gaps *gaps, FILE *out)
{
	for (size_t i = 0; i < gaps_kept(gaps); i++) {
		const struct gap *g = &gaps->first[i];

		fputs("  no packet from ", out);
		print_time(out, g->from_ns);
		fputs(" to ", out);
		print_time(out, g->to_ns);
		fputs(" (", out);
		print_length(out, g->to_ns - g->from_ns);
		fputs("): taken as silence\n", out);
	}
	if (gaps->n > gaps_kept(gaps))
		fprintf(out, "  ... and %" PRIu64 " more such gaps of more than an hour\n",
			gaps->n - gaps_kept(gaps));
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
	print_gaps(f->gaps, out);
	print_incidents(f, out);
	if (f->alerts && strcmp(f->alerts, "-"))
		fprintf(out, "\nRecords (JSON lines): %s\n", f->alerts);
}
