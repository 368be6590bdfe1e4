/* files.c - capture files as a source: inputs found and ranked (inputs.h), merged (merge.h), then
 * filtered and cut to the time asked for.
 *
 * Ownership: frames handed out point into blocks; their references are kept in given[] and let go
 * at the next call.
 */
#include "capture/source.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/err.h"
#include "base/text.h"
#include "capture/block.h"
#include "capture/filter.h"
#include "capture/inputs.h"
#include "capture/merge.h"
#include "capture/source_internal.h"

#define BATCH 64		/* frames asked from the merge at once */

struct files_source {
	struct source base;
	struct block_pool *pool;
	struct inputs inputs;
	struct merge *merge;
	struct filter *filter;		/* NULL: everything */
	uint64_t from_ns, to_ns;
	bool is_over;
	atomic_bool is_stopped;
	struct block **given;
	size_t n_given, given_slots;
};

static void release_given(struct files_source *s)
{
	for (size_t i = 0; i < s->n_given; i++)
		block_unref(s->given[i]);
	s->n_given = 0;
}

/* Whether the frame is wanted; the end of the wanted time ends the source, since order is kept. */
static bool is_wanted(struct files_source *s, const struct frame *f)
{
	if (s->to_ns && f->ts_ns >= s->to_ns) {
		s->is_over = true;
		return false;
	}
	if (f->ts_ns < s->from_ns)
		return false;
	return !s->filter || filter_matches(s->filter, f);
}

static size_t hand_out(struct files_source *s, struct frame *frames, const struct held *h, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_wanted(s, &h[i].frame)) {
			s->base.counters.filtered++;
			block_unref(h[i].block);
			continue;
		}
		/* Who asked will look at the headers next; they were read a window ago. */
		__builtin_prefetch(h[i].frame.bytes);
		frames[out++] = h[i].frame;
		s->given[s->n_given++] = h[i].block;
	}
	return out;
}

static bool make_room(struct files_source *s, size_t max)
{
	struct block **more;

	if (max <= s->given_slots)
		return true;
	more = realloc(s->given, max * sizeof(struct block *));
	if (!more)
		return false;
	s->given = more;
	s->given_slots = max;
	return true;
}

static void finish(struct files_source *s)
{
	merge_free(steal(&s->merge));
	if (s->is_over)
		s->base.counters.bytes_done = s->base.counters.bytes_total;
}

static int files_read(struct source *base, struct frame *frames, size_t max)
{
	struct files_source *s = (struct files_source *)base;
	struct held batch[BATCH];
	size_t n = 0, got;

	release_given(s);
	if (!make_room(s, max)) {
		text_format(base->error, sizeof(base->error), "out of memory");
		return -ENOMEM;
	}
	while (n < max && !s->is_over) {
		if (atomic_load_explicit(&s->is_stopped, memory_order_relaxed))
			break;
		got = merge_read(s->merge, batch, max - n < BATCH ? max - n : BATCH);
		s->is_over |= got == 0;
		n += hand_out(s, frames + n, batch, got);
	}
	if (n == 0) {
		if (s->merge)
			finish(s);
		return SOURCE_END;
	}
	base->counters.seen += n;
	base->mark_ns = frames[n - 1].ts_ns;
	return (int)n;
}

static void files_stop(struct source *base)
{
	struct files_source *s = (struct files_source *)base;

	atomic_store_explicit(&s->is_stopped, true, memory_order_relaxed);
}

static void files_free(struct source *base)
{
	struct files_source *s = (struct files_source *)base;

	if (!s)
		return;
	release_given(s);
	merge_free(s->merge);
	filter_free(s->filter);
	inputs_clear(&s->inputs);
	block_pool_free(s->pool);
	free(s->given);
	free(base->inputs);
	free(s);
}

static const struct source_ops files_ops = {
	.read = files_read,
	.stop = files_stop,
	.free = files_free,
};

/* The list behind source_inputs(): usable files by rank, then refused ones by path. */
static int list_inputs(struct files_source *s)
{
	const struct inputs *in = &s->inputs;
	size_t n = in->n_files + in->n_refused, at = 0;
	struct source *base = &s->base;

	base->inputs = calloc(n, sizeof(base->inputs[0]));
	if (!base->inputs)
		return -ENOMEM;
	for (size_t i = 0; i < in->n_files; i++) {
		base->inputs[at++] = &in->files[i]->input;
		base->counters.bytes_total += in->files[i]->input.size;
	}
	for (size_t i = 0; i < in->n_refused; i++)
		base->inputs[at++] = &in->refused[i]->input;
	base->n_inputs = at;
	base->counters.files_refused = in->n_refused;
	return 0;
}

static int open_parts(struct files_source *s, const struct files_config *cfg)
{
	int err = block_pool_new(&s->pool);

	if (err)
		return err;
	err = inputs_find(cfg->paths, cfg->n_paths, s->pool, &s->inputs);
	if (err)
		return err;
	err = list_inputs(s);
	if (err)
		return err;
	if (cfg->filter && cfg->filter[0]) {
		err = filter_new(cfg->filter, s->inputs.links, s->inputs.n_links, &s->filter);
		if (err)
			return err;
	}
	return merge_new(s->inputs.files, s->inputs.n_files, s->pool, &s->base.counters,
			 &s->merge);
}

int files_source_open(const struct files_config *cfg, struct source **ret_source)
{
	struct files_source *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		return err;
	s->base.ops = &files_ops;
	s->from_ns = cfg->from_ns;
	s->to_ns = cfg->to_ns;
	err = open_parts(s, cfg);
	if (err) {
		files_free(&s->base);
		return err;
	}
	*ret_source = &s->base;
	return 0;
}
