/* command_promote.c - nachtwacht state promote: a human answers for destinations.
 *
 *   choose      from what the state holds now: ids, those of an asset, all without an incident
 *   apply       with the lock of the state, when nobody is at work on it
 *   request     else: a file beside the state (requests.h), which the sensor validates again
 */
#include "app/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "app/acts.h"
#include "app/baseline_store.h"
#include "app/destinations.h"
#include "app/review.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "store/state_seal.h"

static int usage(const char *text)
{
	log_err("usage", "%s; nachtwacht state promote --help says more", text);
	return EXIT_USAGE;
}

static int check(const struct options *o)
{
	int ways = (o->n_ids > 0) + (o->asset != NULL) + o->all_without_incident +
		   (o->revoke != NULL);

	if (ways != 1)
		return usage("state promote needs one of --id, --asset, --all-without-incident and "
			     "--revoke");
	if (!o->by || !request_text_is_clean(o->by, BASELINE_WHO_MAX))
		return usage("--by takes who decides: 1 to 63 bytes of plain text");
	if (!o->reason || !request_text_is_clean(o->reason, BASELINE_REASON_MAX))
		return usage("--reason takes why: 1 to 255 bytes of plain text");
	return EXIT_DONE;
}

static void print_choice(const struct destination *d, const char *verb)
{
	char id[BASELINE_ID_MAX], value[GROUP_TEXT_MAX], where[VIEW_TEXT_MAX],
		asset[VIEW_TEXT_MAX];

	baseline_value(d, value);
	printf("%s  %s %s -> %s\n", baseline_id(d, id), verb,
	       text_escape(d->subject, strlen(d->subject), asset, sizeof(asset)),
	       text_escape(value, strlen(value), where, sizeof(where)));
}

/* --- choosing ---------------------------------------------------------- */

static int refuse_id(const char *id)
{
	char shown[64];

	text_escape(id, strlen(id), shown, sizeof(shown));
	log_err("usage", "%s is not the id of a destination in this state; nachtwacht state review "
		"lists them", shown);
	return EXIT_USAGE;
}

static int choose_id(const struct state_view *v, const char *id, struct request *r)
{
	struct destination *d = baseline_find_id(v->tables.baseline, id);
	const struct incident *in;

	if (!d)
		return refuse_id(id);
	if (d->is_accepted != r->is_revoke) {
		print_choice(d, r->is_revoke ? "is not accepted:" : "is accepted already:");
		return EXIT_DONE;
	}
	in = acts_incident(v->tables.incidents, d);
	if (!r->is_revoke && in && !acts_is_its_own(in->rule))
		log_warn("baseline", "%s: incident %s of %s is open about it; it stays open, "
			 "whatever is accepted here", id, in->id, incident_rule_id(in));
	print_choice(d, r->is_revoke ? "revoke:" : "accept:");
	return request_add_id(r, id) ? EXIT_FAILED : EXIT_DONE;
}

/* What waits, but for what incidents speak against. */
static int choose_waiting(const struct state_view *v, const struct options *o, struct request *r)
{
	size_t n, left_out = 0;
	struct review_line *lines = review_waiting(v, o->asset, &n);
	int err = lines ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < n; i++) {
		char id[BASELINE_ID_MAX];

		if (o->asset ? review_is_suspect(&lines[i]) : lines[i].incident != NULL) {
			print_choice(lines[i].destination, "left out, an incident is open:");
			left_out++;
			continue;
		}
		print_choice(lines[i].destination, "accept:");
		err = request_add_id(r, baseline_id(lines[i].destination, id));
	}
	free(lines);
	if (err == ERR_LIMIT)
		log_err("usage", "more than %d at once; take them asset by asset (--asset)",
			REQUEST_IDS_MAX);
	else if (err)
		log_err("baseline", "out of memory");
	if (left_out)
		log_notice("baseline", "%zu left out because of open incidents: --id takes one "
			   "all the same", left_out);
	return err == ERR_LIMIT ? EXIT_USAGE : err ? EXIT_FAILED : EXIT_DONE;
}

static int choose(const struct state_view *v, const struct options *o, struct request *r)
{
	char shown[VIEW_TEXT_MAX];
	int status = EXIT_DONE;

	if (o->revoke)
		return choose_id(v, o->revoke, r);
	for (size_t i = 0; i < o->n_ids && status == EXIT_DONE; i++)
		status = choose_id(v, o->ids[i], r);
	if (o->n_ids)
		return status;
	if (o->asset && !subjects_by_id(v->tables.subjects, o->asset)) {
		log_err("usage", "the state knows no asset \"%s\"; nachtwacht state assets lists "
			"them", text_escape(o->asset, strlen(o->asset), shown, sizeof(shown)));
		return EXIT_USAGE;
	}
	return choose_waiting(v, o, r);
}

/* --- doing ------------------------------------------------------------- */

static int leave_request(const struct state_view *v, const struct request *r, long pid)
{
	int err = request_leave(state_path(v->state), r);

	if (err) {
		log_err("baseline", "the request could not be left beside the state: %s",
			err_text(err));
		return EXIT_FAILED;
	}
	printf("requested: process %ld is at work on the state and applies it at its next minute "
	       "(a replay: when the next one starts); nachtwacht state review --log shows it "
	       "then\n", pid);
	return EXIT_DONE;
}

static int apply_and_commit(struct acts *a, const struct request *r)
{
	struct acts_result result;
	int err;

	/* What was asked for earlier, and no sensor came to take, first. */
	acts_take_requests(a);
	result = acts_apply(a, r, false);
	err = baseline_save(a->state, a->baseline);
	if (!err)
		err = state_commit(a->state);
	if (!err)
		acts_remove_requests(a);
	requests_free(a->taken);
	printf("%zu %s, %zu were so already, %zu failed\n", err ? 0 : result.done,
	       r->is_revoke ? "revoked" : "accepted", result.already,
	       result.failed + result.unknown + (err ? result.done : 0));
	return err || result.failed || result.unknown ? EXIT_FAILED : EXIT_DONE;
}

static int apply(const struct state_view *v, const struct request *r)
{
	struct acts a = { .incidents = v->tables.incidents };
	struct baseline_list *baseline = NULL;
	struct state *s = NULL;
	uint64_t bad = 0;
	int err = state_open(state_path(v->state), STATE_WRITE, &s), status = EXIT_FAILED;

	if (!err)
		err = state_seal(s, site_state_key(v->site));
	if (!err)
		err = baseline_new(&baseline);
	if (!err)
		err = baseline_load(s, baseline, &bad);
	if (!err) {
		destinations_set_roles(baseline, v->tables.subjects);
		a.state = s;
		a.baseline = baseline;
		status = apply_and_commit(&a, r);
	}
	baseline_free(baseline);
	state_close(s);
	return status;
}

int run_promote(const struct state_view *v, const struct options *o)
{
	struct request r = { .is_revoke = o->revoke != NULL,
			     .spares_incidents = o->all_without_incident,
			     .wall_ns = clock_wall_ns() };
	long pid = state_writer(v->state);
	int status = check(o);

	if (status == EXIT_DONE) {
		text_copy(r.by, sizeof(r.by), o->by);
		text_copy(r.reason, sizeof(r.reason), o->reason);
		status = choose(v, o, &r);
	}
	if (status == EXIT_DONE && !r.n_ids)
		puts("nothing to do");
	else if (status == EXIT_DONE && o->dry_run)
		printf("%zu in all; nothing was changed (--dry-run)\n", r.n_ids);
	else if (status == EXIT_DONE)
		status = pid ? leave_request(v, &r, pid) : apply(v, &r);
	request_free(&r);
	return status;
}
