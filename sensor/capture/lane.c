/* lane.c - the reorder window of one file; the rules are in lane.h.
 *
 *	file --> raw[] --judge--> queue (in order)  --.
 *	                     `--> heap (displaced)  --'--> the smaller head
 *
 * The head may leave when nothing that is still to come can be smaller: when it is at least a
 * window older than the newest stamp, or the file is over, or a bound is reached.
 */
#include "capture/lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "capture/capfile_internal.h"

#define RAW_MAX 64		/* frames read from the file at once */
#define QUEUE_FIRST 128		/* slots; doubled when needed, up to the limit on frames */

struct lane {
	struct capfile *file;
	const size_t *account;
	struct held raw[RAW_MAX];
	size_t raw_at, raw_end;
	bool is_file_over;
	bool has_newest;
	uint64_t newest_ns;		/* largest stamp accepted */
	uint64_t taken_ns;		/* stamp of the last frame taken */
	uint64_t reads;
	struct held *queue;		/* a ring, sorted */
	size_t queue_at, queue_n, queue_slots;	/* slots: power of two */
	struct held *heap;		/* smallest first */
	size_t heap_n, heap_slots;
	struct lane_counters counters;
};

/* --- the heap of displaced frames ------------------------------------------------------------ */

static bool is_before(const struct held *a, const struct held *b)
{
	if (a->frame.ts_ns != b->frame.ts_ns)
		return a->frame.ts_ns < b->frame.ts_ns;
	return a->position < b->position;
}

static bool heap_push(struct lane *l, const struct held *h)
{
	size_t i = l->heap_n;

	if (l->heap_n == l->heap_slots) {
		size_t slots = l->heap_slots ? l->heap_slots * 2 : QUEUE_FIRST;
		struct held *more = realloc(l->heap, slots * sizeof(*more));

		if (!more)
			return false;
		l->heap = more;
		l->heap_slots = slots;
	}
	l->heap_n++;
	while (i > 0 && is_before(h, &l->heap[(i - 1) / 2])) {
		l->heap[i] = l->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	l->heap[i] = *h;
	return true;
}

static struct held heap_pop(struct lane *l)
{
	struct held top = l->heap[0], last = l->heap[--l->heap_n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= l->heap_n)
			break;
		if (child + 1 < l->heap_n && is_before(&l->heap[child + 1], &l->heap[child]))
			child++;
		if (!is_before(&l->heap[child], &last))
			break;
		l->heap[i] = l->heap[child];
		i = child;
	}
	l->heap[i] = last;
	return top;
}

/* --- the queue of frames in order ------------------------------------------------------------ */

static bool queue_grow(struct lane *l)
{
	size_t slots = l->queue_slots ? l->queue_slots * 2 : QUEUE_FIRST;
	struct held *more = malloc(slots * sizeof(*more));

	if (!more)
		return false;
	for (size_t i = 0; i < l->queue_n; i++)
		more[i] = l->queue[(l->queue_at + i) & (l->queue_slots - 1)];
	free(l->queue);
	l->queue = more;
	l->queue_at = 0;
	l->queue_slots = slots;
	return true;
}

static inline bool queue_push(struct lane *l, const struct held *h)
{
	if (l->queue_n == l->queue_slots && !queue_grow(l))
		return false;
	l->queue[(l->queue_at + l->queue_n++) & (l->queue_slots - 1)] = *h;
	return true;
}

/* --- judging --------------------------------------------------------------------------------- */

/* Reads until wanted frames wait in raw[], or the file is over. */
static void raw_fill(struct lane *l, size_t wanted)
{
	size_t have = l->raw_end - l->raw_at;

	if (have >= wanted || l->is_file_over)
		return;
	memmove(l->raw, l->raw + l->raw_at, have * sizeof(l->raw[0]));
	l->raw_at = 0;
	l->raw_end = have;
	while (l->raw_end < wanted && !l->is_file_over) {
		size_t n = capfile_read(l->file, l->raw + l->raw_end, RAW_MAX - l->raw_end);

		l->is_file_over = n == 0;
		l->raw_end += n;
		l->reads++;
	}
}

bool lane_is_contradicted(const struct held *frames, size_t n, uint64_t *ret_ns)
{
	uint64_t ts = frames[0].frame.ts_ns, other;
	size_t against = 0, last = n - 1 < LANE_WITNESSES ? n - 1 : LANE_WITNESSES;

	for (size_t i = 1; i <= last; i++) {
		other = frames[i].frame.ts_ns;
		if (other + SOURCE_REORDER_NS >= ts)
			continue;
		if (against++ == 0)
			*ret_ns = other;
	}
	return against > last / 2;
}

/* raw[raw_at] is far ahead of the newest stamp, or the first of all.  Do the frames after it agree?
 * true: they do not, and it got a better stamp. */
static bool check_early(struct lane *l)
{
	uint64_t better = 0;

	raw_fill(l, LANE_WITNESSES + 1);
	if (!lane_is_contradicted(l->raw + l->raw_at, l->raw_end - l->raw_at, &better))
		return false;
	if (l->has_newest && better < l->newest_ns)
		better = l->newest_ns;
	l->raw[l->raw_at].frame.ts_ns = better;
	return true;
}

/* Gives raw[raw_at] the stamp it shall have.  true: that is another one than it had. */
static bool repair_stamp(struct lane *l)
{
	struct frame *f = &l->raw[l->raw_at].frame;

	if (!l->has_newest || f->ts_ns > l->newest_ns + SOURCE_REORDER_NS)
		return check_early(l);
	if (f->ts_ns + SOURCE_REORDER_NS < l->newest_ns)
		f->ts_ns = l->newest_ns;
	else if (f->ts_ns < l->taken_ns)	/* a bound had ended the window early */
		f->ts_ns = l->taken_ns;
	else
		return false;
	return true;
}

/* Moves the frame at raw_at into the queue or the heap. */
static void judge(struct lane *l)
{
	bool is_clamped = repair_stamp(l), is_kept;
	struct held *h = &l->raw[l->raw_at++];

	l->counters.clamped += is_clamped;
	if (!l->has_newest || h->frame.ts_ns >= l->newest_ns) {
		l->has_newest = true;
		l->newest_ns = h->frame.ts_ns;
		is_kept = queue_push(l, h);
	} else {
		l->counters.reordered += !is_clamped;
		is_kept = heap_push(l, h);
	}
	if (is_kept)
		return;
	block_unref(h->block);
	capfile_fail(l->file, "record %llu: out of memory", (unsigned long long)h->position + 1);
	l->is_file_over = true;
	while (l->raw_at < l->raw_end)
		block_unref(l->raw[l->raw_at++].block);
}

/* --- the face -------------------------------------------------------------------------------- */

static inline struct held *smallest(struct lane *l)
{
	struct held *head = l->queue_n ? &l->queue[l->queue_at] : NULL;

	if (l->heap_n && (!head || is_before(&l->heap[0], head)))
		return &l->heap[0];
	return head;
}

static inline bool is_due(const struct lane *l, const struct held *head,
			  const struct lane_limits *limits)
{
	return head->frame.ts_ns + SOURCE_REORDER_NS <= l->newest_ns ||
	       l->queue_n + l->heap_n >= limits->frames || *l->account > limits->bytes;
}

struct held *lane_head(struct lane *l, const struct lane_limits *limits)
{
	for (;;) {
		struct held *head = smallest(l);

		if (head && is_due(l, head, limits))
			return head;
		if (l->raw_at == l->raw_end)
			raw_fill(l, 1);
		if (l->raw_at == l->raw_end)
			return head;
		judge(l);
	}
}

struct held lane_take(struct lane *l)
{
	struct held *head = smallest(l);
	struct held h;

	if (l->heap_n && head == &l->heap[0]) {
		h = heap_pop(l);
	} else {
		h = *head;
		l->queue_at = (l->queue_at + 1) & (l->queue_slots - 1);
		l->queue_n--;
	}
	l->taken_ns = h.frame.ts_ns;
	return h;
}

int lane_new(struct capfile *file, const size_t *account, struct lane **ret_lane)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (!l) {
		capfile_close(file);
		return -ENOMEM;
	}
	l->file = file;
	l->account = account;
	*ret_lane = l;
	return 0;
}

void lane_free(struct lane *l)
{
	if (!l)
		return;
	for (size_t i = l->raw_at; i < l->raw_end; i++)
		block_unref(l->raw[i].block);
	for (size_t i = 0; i < l->queue_n; i++)
		block_unref(l->queue[(l->queue_at + i) & (l->queue_slots - 1)].block);
	for (size_t i = 0; i < l->heap_n; i++)
		block_unref(l->heap[i].block);
	capfile_close(l->file);
	free(l->queue);
	free(l->heap);
	free(l);
}

uint64_t lane_newest_ns(const struct lane *l)
{
	return l->newest_ns;
}

const struct lane_counters *lane_counters(const struct lane *l)
{
	return &l->counters;
}

struct capfile *lane_file(struct lane *l)
{
	return l->file;
}

uint64_t lane_reads(const struct lane *l)
{
	return l->reads;
}
