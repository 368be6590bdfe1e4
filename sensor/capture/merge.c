/* merge.c - a heap of open files, smallest head first; see merge.h.
 *
 * The file at the root gives frames as long as its head is before the head of any other file, and
 * before anything a file not yet opened can have: such a file can have nothing older than its
 * first stamp less the reorder window.  Ranks need not be in the order of first stamps.
 */
#include "capture/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"

#define FRAMES_MIN 256			/* of a file's share of the bounds */
#define BYTES_MIN (4 * BLOCK_BYTES)
#define LIKE_BYTES 96			/* headers and a little of what they carry */

/* The frame before a change of file: enough to know it again. */
struct last_frame {
	const struct input_file *file;
	uint64_t ts_ns;
	uint32_t wirelen;
	size_t n;
	uint8_t bytes[LIKE_BYTES];
};

struct merge {
	struct input_file **files;	/* by rank */
	size_t n_files, next;		/* files[next..) are not opened yet */
	struct block_pool *pool;
	struct source_counters *counters;
	size_t *heap;			/* indices into files, that is ranks */
	size_t n_heap;
	uint64_t newest_ns;		/* stamp of the last frame given */
	struct last_frame last;
};

/* --- the heap -------------------------------------------------------------------------------- */

static bool is_before(const struct merge *m, size_t a, size_t b)
{
	const struct input_file *x = m->files[a], *y = m->files[b];

	if (x->head_ns != y->head_ns)
		return x->head_ns < y->head_ns;
	if (x->tap != y->tap)
		return x->tap < y->tap;
	return a < b;
}

static void heap_push(struct merge *m, size_t file)
{
	size_t i = m->n_heap++;

	while (i > 0 && is_before(m, file, m->heap[(i - 1) / 2])) {
		m->heap[i] = m->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	m->heap[i] = file;
}

/* Puts the file at the root where it belongs now. */
static void heap_settle(struct merge *m)
{
	size_t file = m->heap[0], i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= m->n_heap)
			break;
		if (child + 1 < m->n_heap && is_before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!is_before(m, m->heap[child], file))
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = file;
}

static void heap_drop_root(struct merge *m)
{
	m->heap[0] = m->heap[--m->n_heap];
	if (m->n_heap)
		heap_settle(m);
}

/* --- files ----------------------------------------------------------------------------------- */

/* Carries what a file has counted over into the source's counters. */
static void settle_counts(struct merge *m, struct input_file *f)
{
	const struct lane_counters *now = lane_counters(f->lane);
	struct capfile *file = lane_file(f->lane);
	uint64_t done = capfile_done(file), normalised = capfile_normalised(file);

	m->counters->bytes_done += done - f->done_seen;
	m->counters->normalised += normalised - f->normalised_seen;
	m->counters->reordered += now->reordered - f->lane_seen.reordered;
	m->counters->clamped += now->clamped - f->lane_seen.clamped;
	f->done_seen = done;
	f->normalised_seen = normalised;
	f->lane_seen = *now;
	f->reads_seen = lane_reads(f->lane);
	if (m->n_heap > MERGE_FDS_MAX)
		capfile_park(file);
}

static void set_damage(struct merge *m, struct input_file *f, const char *text)
{
	input_file_set_damage(f, text, "what was good is used");
	m->counters->files_damaged++;
}

static void close_file(struct merge *m, struct input_file *f)
{
	const char *damage = capfile_damage(lane_file(f->lane));

	settle_counts(m, f);
	if (damage)
		set_damage(m, f, damage);
	lane_free(f->lane);
	f->lane = NULL;
}

/* The file has nothing more to give. */
static void end_file(struct merge *m, struct input_file *f)
{
	close_file(m, f);
	/* What stands behind damage is never read; progress counts it as done. */
	if (f->input.size > f->done_seen)
		m->counters->bytes_done += f->input.size - f->done_seen;
}

static struct lane_limits share_limits(const struct merge *m)
{
	struct lane_limits l = { MERGE_FRAMES_MAX, MERGE_BYTES_MAX };

	if (m->n_heap > 1) {
		l.frames /= m->n_heap;
		l.bytes /= m->n_heap;
	}
	if (l.frames < FRAMES_MIN)
		l.frames = FRAMES_MIN;
	if (l.bytes < BYTES_MIN)
		l.bytes = BYTES_MIN;
	return l;
}

static int open_lane(struct merge *m, struct input_file *f)
{
	const char *why;
	struct capfile *file;
	int err = capfile_open(f->path, m->pool, &f->account, &file, &why);

	return err ? err : lane_new(file, &f->account, &f->lane);
}

static void open_next(struct merge *m)
{
	size_t rank = m->next++;
	struct input_file *f = m->files[rank];
	struct lane_limits limits = share_limits(m);
	int err = open_lane(m, f);
	struct held *head;

	if (err) {
		char text[160];

		text_format(text, sizeof(text), "cannot be opened a second time: %s",
			    err_text(err));
		set_damage(m, f, text);
		m->counters->bytes_done += f->input.size;
		return;
	}
	head = lane_head(f->lane, &limits);
	settle_counts(m, f);
	if (!head) {
		end_file(m, f);
		return;
	}
	f->head_ns = head->frame.ts_ns;
	heap_push(m, rank);
}

/* --- the sequence ---------------------------------------------------------------------------- */

/* The stamp from which on a file not yet opened might have something to say. */
static uint64_t next_file_ns(const struct merge *m)
{
	return m->next == m->n_files ? UINT64_MAX : m->files[m->next]->opens_ns;
}

static void account_frame(struct merge *m, struct input_file *f, struct held *h)
{
	struct frame *fr = &h->frame;

	/* Only a file that changed since it was ranked, or a bound, can bring an older stamp. */
	if (fr->ts_ns < m->newest_ns) {
		fr->ts_ns = m->newest_ns;
		m->counters->clamped++;
	}
	m->newest_ns = fr->ts_ns;
	fr->tap = f->tap;
	if (f->input.packets++ == 0)
		f->input.first_ns = fr->ts_ns;
	f->input.last_ns = fr->ts_ns;
}

static void remember(struct merge *m, const struct input_file *f, const struct frame *fr)
{
	m->last.file = f;
	m->last.ts_ns = fr->ts_ns;
	m->last.wirelen = fr->wirelen;
	m->last.n = fr->caplen < LIKE_BYTES ? fr->caplen : LIKE_BYTES;
	memcpy(m->last.bytes, fr->bytes, m->last.n);
}

/* Files that overlap give the same frame one after the other.  Of several frames with one stamp
 * only one is compared, so what is counted is the least. */
static void count_twice(struct merge *m, const struct input_file *f, const struct frame *fr)
{
	const struct last_frame *last = &m->last;
	size_t n = fr->caplen < LIKE_BYTES ? fr->caplen : LIKE_BYTES;

	if (!last->file || last->file == f || last->file->tap != f->tap ||
	    last->ts_ns != fr->ts_ns || last->wirelen != fr->wirelen)
		return;
	if (n > last->n)
		n = last->n;		/* one of the files may have cut it shorter */
	m->counters->in_two_files += !memcmp(fr->bytes, last->bytes, n);
}

/* Frames of the file at the root, while they are the next ones. */
static size_t take_run(struct merge *m, struct held *frames, size_t max)
{
	size_t rank = m->heap[0], second = m->n_heap > 1 ? m->heap[1] : SIZE_MAX;
	struct input_file *f = m->files[rank];
	struct lane_limits limits = share_limits(m);
	uint64_t until = next_file_ns(m);
	size_t n = 0;
	struct held *head;

	if (m->n_heap > 2 && is_before(m, m->heap[2], second))
		second = m->heap[2];
	for (;;) {
		head = lane_head(f->lane, &limits);
		if (!head)
			break;
		f->head_ns = head->frame.ts_ns;
		if (n == max || f->head_ns >= until ||
		    (second != SIZE_MAX && is_before(m, second, rank)))
			break;
		frames[n] = lane_take(f->lane);
		if (!n)
			count_twice(m, f, &frames[n].frame);
		account_frame(m, f, &frames[n++]);
	}
	if (n && m->n_heap > 1)
		remember(m, f, &frames[n - 1].frame);
	if (lane_reads(f->lane) != f->reads_seen)
		settle_counts(m, f);
	if (head) {
		heap_settle(m);
	} else {
		end_file(m, f);
		heap_drop_root(m);
	}
	return n;
}

size_t merge_read(struct merge *m, struct held *frames, size_t max)
{
	size_t n = 0;

	while (n < max) {
		while (m->next < m->n_files &&
		       (!m->n_heap || m->files[m->heap[0]]->head_ns >= next_file_ns(m)))
			open_next(m);
		if (!m->n_heap)
			break;
		n += take_run(m, frames + n, max - n);
	}
	return n;
}

int merge_new(struct input_file **files, size_t n_files, struct block_pool *pool,
	      struct source_counters *counters, struct merge **ret_merge)
{
	struct merge *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->heap = calloc(n_files ? n_files : 1, sizeof(m->heap[0]));
	if (!m->heap) {
		free(m);
		return -ENOMEM;
	}
	m->files = files;
	m->n_files = n_files;
	m->pool = pool;
	m->counters = counters;
	*ret_merge = m;
	return 0;
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_heap; i++)
		close_file(m, m->files[m->heap[i]]);
	free(m->heap);
	free(m);
}
