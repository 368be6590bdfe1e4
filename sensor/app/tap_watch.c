/* tap_watch.c - see tap_watch.h. */
#include "app/tap_watch.h"

#include "base/clock.h"
#include "base/log.h"

static void keep(struct tap_watch *w, int err)
{
	if (err && !w->has_failed)
		log_err("coverage", "out of memory: not all is kept of what the tap did not see");
	w->has_failed |= err != 0;
}

/* Of the source's interfaces: how many are down, and when that last changed. */
static size_t count_down(const struct source *s, uint64_t *ret_changed_ns)
{
	size_t down = 0;

	*ret_changed_ns = 0;
	for (size_t i = 0; i < source_inputs(s); i++) {
		const struct source_input *in = source_input(s, i);
		uint64_t ns = in->down_ns ? in->down_ns : in->up_ns;

		down += in->down_ns != 0;
		*ret_changed_ns = ns > *ret_changed_ns ? ns : *ret_changed_ns;
	}
	return down;
}

static void watch_interfaces(struct tap_watch *w, const struct source *s, uint64_t now_ns)
{
	uint64_t changed_ns;
	size_t down = count_down(s, &changed_ns);
	enum coverage_reason reason = down == source_inputs(s) ? COVERAGE_INTERFACE :
								 COVERAGE_ONE_SIDED;

	if (w->is_blind && (!down || reason != w->reason)) {
		keep(w, coverage_blind(w->coverage, w->from_ns, changed_ns, w->reason));
		w->is_blind = false;
	}
	if (!down)
		return;
	if (!w->is_blind) {
		w->is_blind = true;
		w->reason = reason;
		w->from_ns = w->told_ns = changed_ns;
	}
	if (now_ns > w->told_ns) {
		keep(w, coverage_blind(w->coverage, w->from_ns, now_ns, reason));
		w->told_ns = now_ns;
	}
}

/* The kernel's "received" has what its ring dropped, and not what the device did. */
static void watch_drops(struct tap_watch *w, const struct source *s, uint64_t now_ns)
{
	const struct source_counters *c = source_counters(s);
	uint64_t arrived = c->kernel_received + c->device_drops;
	uint64_t dropped = c->kernel_drops < arrived ? c->kernel_drops : arrived;
	uint64_t received = arrived - dropped;

	if (received > w->received || dropped > w->dropped)
		keep(w, coverage_count(w->coverage, now_ns,
				       received > w->received ? received - w->received : 0,
				       dropped > w->dropped ? dropped - w->dropped : 0));
	w->received = received;
	w->dropped = dropped;
}

static void watch_declared(struct tap_watch *w, const struct frame *frames, size_t n)
{
	const struct coverage_stretch *end = w->declared + w->n_declared;
	const struct coverage_stretch *at = w->declared + w->at_declared;

	for (size_t i = 0; i < n; i++) {
		while (at < end && at->to_ns <= frames[i].ts_ns)
			at++;
		w->packets_declared += at < end && at->from_ns <= frames[i].ts_ns;
	}
	w->at_declared = (size_t)(at - w->declared);
}

void tap_watch_step(struct tap_watch *w, const struct source *s, const struct frame *frames,
		    size_t n)
{
	uint64_t now_ns = source_mark_ns(s);

	if (!w || !now_ns)
		return;
	if (!w->has_begun) {
		w->has_begun = true;
		if (w->past_ns)
			keep(w, coverage_blind(w->coverage, w->past_ns,
					       n ? frames[0].ts_ns : now_ns, COVERAGE_NOT_RUNNING));
	}
	watch_interfaces(w, s, now_ns);
	watch_drops(w, s, now_ns);
	if (w->n_declared)
		watch_declared(w, frames, n);
}
