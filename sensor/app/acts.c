/* acts.c - see acts.h. */
#include "app/acts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include "app/baseline_store.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

/* --- incidents --------------------------------------------------------- */

static bool is_in_network(const struct addr *peer, const struct addr *other)
{
	static const struct addr none;
	struct channel_key a = { 0 }, b = { 0 };

	if (addr_equal(peer, &none) || addr_equal(other, &none))
		return false;
	group_key_prefix(&a, peer);
	group_key_prefix(&b, other);
	return addr_equal(&a.value, &b.value);
}

/* Its subject, or the vendor of it. */
static bool is_of(const struct incident *in, const struct destination *d)
{
	const struct subject *s = in->subject;

	return !strcmp(s->id, d->subject) || s->vendor_name != NULL;
}

/* A pair is two machines: what is about others of their networks is not about it. */
static bool is_about_pair(const struct incident *in, const struct destination *d)
{
	if (in->rule == RULE_SEG_003)
		return !group_key_compare(&in->key, &d->key);
	return addr_equal(&in->peer, &d->key.value) ||
	       (in->key.group == GROUP_IP && addr_equal(&in->key.value, &d->key.value));
}

static bool is_about(const struct incident *in, const struct destination *d)
{
	struct channel_key key = d->incident;

	if (!in->is_open || in->is_any || !is_of(in, d))
		return false;
	if (baseline_is_pair(d))
		return is_about_pair(in, d);
	if (in->rule == RULE_DST_001)
		return d->is_told && !group_key_compare(&in->key, &key);
	if (d->name && in->key.group == GROUP_DOMAIN && !strcmp(in->domain, d->name))
		return true;
	if (in->key.group == GROUP_IP || in->key.group == GROUP_PREFIX)
		if (is_in_network(&in->key.value, &d->peer) ||
		    group_holds_address(&d->key, &in->key.value))
			return true;
	return is_in_network(&in->peer, &d->peer) || group_holds_address(&d->key, &in->peer);
}

const struct incident *acts_incident(const struct incidents *list, const struct destination *d)
{
	const struct incident *found = NULL;

	for (size_t i = 0; list && i < incidents_count(list); i++) {
		const struct incident *in = incidents_at(list, i);

		if (!is_about(in, d))
			continue;
		if (!acts_is_its_own(in->rule))
			return in;
		found = in;
	}
	return found;
}

/* --- applying ---------------------------------------------------------- */

static void log_act(const struct destination *d, const struct request *r, bool was_requested)
{
	char value[GROUP_TEXT_MAX], shown[GROUP_TEXT_MAX], by[BASELINE_WHO_MAX * 4],
		reason[BASELINE_REASON_MAX * 4];

	baseline_value(d, value);
	log_notice("baseline", "%s: destination %s %s by %s%s: %s", d->subject,
		   text_escape(value, strlen(value), shown, sizeof(shown)),
		   r->is_revoke ? "revoked" : "accepted",
		   text_escape(r->by, strlen(r->by), by, sizeof(by)),
		   was_requested ? " (request)" : "",
		   text_escape(r->reason, strlen(r->reason), reason, sizeof(reason)));
}

static int keep_act(struct acts *a, const struct destination *d, const struct request *r,
		    bool was_requested)
{
	struct act act = { .wall_ns = r->wall_ns, .is_revoke = r->is_revoke,
			   .was_requested = was_requested };
	uint64_t now_ns = clock_wall_ns();

	if (act.wall_ns > now_ns)
		act.wall_ns = now_ns;
	text_copy(act.by, sizeof(act.by), r->by);
	text_copy(act.reason, sizeof(act.reason), r->reason);
	text_copy(act.subject, sizeof(act.subject), d->subject);
	baseline_id(d, act.id);
	baseline_value(d, act.value);
	return acts_append(a->state, &act);
}

static void apply_one(struct acts *a, const struct request *r, const char *id,
		      struct acts_result *result)
{
	struct destination *d = baseline_find_id(a->baseline, id);
	int done;

	if (!d) {
		result->unknown++;
		return;
	}
	if (r->spares_incidents && acts_incident(a->incidents, d)) {
		result->spared++;
		return;
	}
	done = r->is_revoke ? baseline_revoke(a->baseline, d, r->by, r->reason) :
			      baseline_accept(a->baseline, d, r->by, r->reason);
	result->done += done > 0;
	result->already += done == 0;
	result->failed += done < 0;
}

struct acts_result acts_apply(struct acts *a, const struct request *r, bool was_requested)
{
	struct acts_result result = { 0 };

	for (size_t i = 0; i < r->n_ids; i++) {
		size_t done = result.done;
		const struct destination *d;

		apply_one(a, r, r->ids[i], &result);
		if (result.done == done)
			continue;
		d = baseline_find_id(a->baseline, r->ids[i]);
		log_act(d, r, was_requested);
		if (keep_act(a, d, r, was_requested))
			log_err("baseline", "the log of acts could not be kept: %s", r->ids[i]);
	}
	return result;
}

/* --- requests ---------------------------------------------------------- */

bool acts_is_due(struct acts *a)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (a->is_stuck || now_ns - a->looked_ns < ACTS_EVERY_NS)
		return false;
	a->looked_ns = now_ns;
	return true;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void take_one(struct acts *a, const char *path)
{
	struct acts_result result;
	struct request r;
	const char *why;
	char shown[256];
	int err = request_read(path, &r, &why);

	text_escape(file_name(path), strlen(file_name(path)), shown, sizeof(shown));
	if (err) {
		log_warn("baseline", "request %s is refused: %s", shown,
			 err == ERR_FORMAT ? why : err_text(err));
	} else {
		result = acts_apply(a, &r, true);
		log_notice("baseline", "request %s: %zu done, %zu were so already, %zu unknown, "
			   "%zu left out because of an open incident, %zu failed", shown,
			   result.done, result.already, result.unknown, result.spared,
			   result.failed);
	}
	request_free(&r);
}

bool acts_take_requests(struct acts *a)
{
	if (a->is_stuck)
		return false;
	requests_free(a->taken);
	a->taken = requests_waiting(state_path(a->state));
	for (char **at = a->taken; at && *at; at++)
		take_one(a, *at);
	return a->taken != NULL;
}

void acts_remove_requests(struct acts *a)
{
	for (char **at = a->taken; at && *at; at++) {
		if (!unlink(*at) || errno == ENOENT || a->is_stuck)
			continue;
		a->is_stuck = true;
		log_err("baseline", "requests beside the state cannot be removed: %s; none is "
			"taken any more by this process", err_text(-errno));
	}
	requests_free(a->taken);
	a->taken = NULL;
}
