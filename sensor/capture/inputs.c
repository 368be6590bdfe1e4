/* inputs.c - see inputs.h. */
#include "capture/inputs.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "capture/filter.h"
#include "capture/merge.h"

#define PROBE_FRAMES (LANE_WITNESSES + 1)
#define PATH_TEXT_MAX 512

/* --- one file -------------------------------------------------------------------------------- */

static void input_file_free(struct input_file *f)
{
	if (!f)
		return;
	free(f->path);
	free(f->damage);
	free(f);
}

static struct input_file *input_file_new(const char *path, const struct stat *st)
{
	struct input_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->path = strdup(path);
	if (!f->path) {
		free(f);
		return NULL;
	}
	if (st) {
		f->dev = st->st_dev;
		f->ino = st->st_ino;
		f->input.size = (uint64_t)st->st_size;
	}
	f->input.name = f->path;
	f->input.tap = "";
	return f;
}

static const char *path_text(const char *path, char *buf, size_t cap)
{
	return text_escape(path, strlen(path), buf, cap);
}

void input_file_set_damage(struct input_file *f, const char *text, const char *consequence)
{
	char path[PATH_TEXT_MAX];

	log_warn("capture", "%s: %s; %s", path_text(f->path, path, sizeof(path)), text,
		 consequence);
	if (f->damage)
		return;
	f->damage = strdup(text);
	f->input.damage = f->damage ? f->damage : "damaged";
}

static uint64_t hash_frames(const struct held *frames, size_t n)
{
	uint64_t h = n;

	for (size_t i = 0; i < n; i++) {
		const struct frame *f = &frames[i].frame;
		uint64_t head[4] = { f->ts_ns, f->caplen, f->wirelen, f->link };

		h = hash_bytes(head, sizeof(head), h);
		h = hash_bytes(f->bytes, f->caplen, h);
	}
	return h;
}

/* What rank needs to know, from the first frames. */
static void probe_frames(struct input_file *f, struct capfile *file)
{
	struct held frames[PROBE_FRAMES];
	size_t n = 0, got;

	do {
		got = capfile_read(file, frames + n, PROBE_FRAMES - n);
		n += got;
	} while (got && n < PROBE_FRAMES);
	f->has_frames = n > 0;
	if (n) {
		f->first_ns = frames[0].frame.ts_ns;
		lane_is_contradicted(frames, n, &f->first_ns);
		f->input.first_ns = f->first_ns;
		f->reach_ns = f->first_ns;
		f->content = hash_frames(frames, n);
	}
	while (n)
		block_unref(frames[--n].block);
}

static void add_link(struct inputs *in, uint16_t link)
{
	for (size_t i = 0; i < in->n_links; i++)
		if (in->links[i] == link)
			return;
	if (in->n_links < INPUTS_LINKS_MAX)
		in->links[in->n_links++] = link;
}

/* Notes the link types of the file.  false: there are some, and none of them is decoded;
 * *ret_link is the first. */
static bool check_links(struct inputs *in, const struct capfile *file, uint16_t *ret_link)
{
	uint16_t links[INPUTS_LINKS_MAX];
	size_t n = capfile_links(file, links, INPUTS_LINKS_MAX);
	bool is_known = n == 0;

	*ret_link = n ? links[0] : 0;
	for (size_t i = 0; i < n; i++)
		is_known |= packet_link_is_known(links[i]);
	for (size_t i = 0; i < n && is_known; i++)
		add_link(in, links[i]);
	return is_known;
}

static const char *open_failure(int err)
{
	if (err == -EINVAL)
		return "not a regular file";
	return err_text(err);
}

/* Looks into f.  true: it can be used; false: *why (why_cap bytes) says why not, and
 * *ret_is_capture whether it is a capture at all. */
static bool probe(struct inputs *in, struct input_file *f, struct block_pool *pool, char *why,
		  bool *ret_is_capture)
{
	const char *reason = NULL;
	struct capfile *file;
	uint16_t link;
	int err = capfile_open(f->path, pool, &f->account, &file, &reason);
	bool is_usable = false;

	*ret_is_capture = err != ERR_FORMAT;
	if (err) {
		text_copy(why, PATH_TEXT_MAX, err == ERR_FORMAT ? reason : open_failure(err));
		return false;
	}
	f->input.size = capfile_size(file);
	probe_frames(f, file);
	if (!f->has_frames && capfile_damage(file))
		text_copy(why, PATH_TEXT_MAX, capfile_damage(file));
	else if (!check_links(in, file, &link))
		text_format(why, PATH_TEXT_MAX, "link type %u (%s) is not decoded here", link,
			    filter_link_name(link));
	else
		is_usable = true;
	capfile_close(file);
	return is_usable;
}

/* --- lists ----------------------------------------------------------------------------------- */

/* Takes f.  Room doubles at every power of two. */
static int append(struct input_file ***list, size_t *n, struct input_file *f)
{
	if ((*n & (*n - 1)) == 0) {
		struct input_file **more = realloc(*list, (*n ? *n * 2 : 1) * sizeof(*more));

		if (!more) {
			input_file_free(f);
			return -ENOMEM;
		}
		*list = more;
	}
	(*list)[(*n)++] = f;
	return 0;
}

static int refuse(struct inputs *in, struct input_file *f, const char *why)
{
	f->input.is_refused = true;
	input_file_set_damage(f, why, "the file is not used");
	return append(&in->refused, &in->n_refused, f);
}

static int take_file(struct inputs *in, const FTSENT *e, struct block_pool *pool)
{
	bool is_given = e->fts_level == FTS_ROOTLEVEL, is_capture;
	char why[PATH_TEXT_MAX], path[PATH_TEXT_MAX];
	struct input_file *f;

	if (in->n_files + in->n_refused >= INPUTS_FILES_MAX) {
		if (!in->is_full_said)
			log_warn("capture", "more than %d files; the rest is left out",
				 INPUTS_FILES_MAX);
		in->is_full_said = true;
		return 0;
	}
	f = input_file_new(e->fts_path, e->fts_statp);
	if (!f)
		return -ENOMEM;
	if (probe(in, f, pool, why, &is_capture))
		return append(&in->files, &in->n_files, f);
	if (is_capture || is_given)
		return refuse(in, f, why);
	log_info("capture", "%s: %s; left out", path_text(f->path, path, sizeof(path)), why);
	input_file_free(f);
	return 0;
}

static int take_failure(struct inputs *in, const FTSENT *e, const char *why)
{
	struct input_file *f = input_file_new(e->fts_path, NULL);

	return f ? refuse(in, f, why) : -ENOMEM;
}

/* --- walking --------------------------------------------------------------------------------- */

static int take_entry(struct inputs *in, FTS *fts, FTSENT *e, struct block_pool *pool)
{
	bool is_given = e->fts_level == FTS_ROOTLEVEL;
	char path[PATH_TEXT_MAX];

	switch (e->fts_info) {
	case FTS_F:
		return take_file(in, e, pool);
	case FTS_D:
		if (e->fts_level <= INPUTS_DEPTH_MAX)
			return 0;
		fts_set(fts, e, FTS_SKIP);
		return take_failure(in, e, "more than 32 directories deep");
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return take_failure(in, e, err_text(-e->fts_errno));
	case FTS_SL:
	case FTS_SLNONE:
		if (is_given)
			return take_failure(in, e, "a symbolic link that leads nowhere");
		log_info("capture", "%s: a symbolic link; left out",
			 path_text(e->fts_path, path, sizeof(path)));
		return 0;
	case FTS_DEFAULT:
		return is_given ? take_failure(in, e, "not a regular file") : 0;
	default:
		return 0;
	}
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int walk(struct inputs *in, const char *path, struct block_pool *pool)
{
	char text[PATH_TEXT_MAX], *given = strdup(path), *roots[] = { given, NULL };
	FTS *fts = given ? fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR,
				    compare_names) : NULL;
	size_t before = in->n_files + in->n_refused;
	FTSENT *e;
	int err = 0;

	if (!fts) {
		free(given);
		return -ENOMEM;
	}
	while (!err && (e = fts_read(fts)))
		err = take_entry(in, fts, e, pool);
	fts_close(fts);
	if (!err && in->n_files + in->n_refused == before)
		log_warn("capture", "%s: no capture files in it",
			 path_text(path, text, sizeof(text)));
	free(given);
	return err;
}

/* --- rank ------------------------------------------------------------------------------------ */

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_identity(const void *x, const void *y)
{
	const struct input_file *a = *(struct input_file *const *)x;
	const struct input_file *b = *(struct input_file *const *)y;

	if (a->dev != b->dev)
		return compare_u64(a->dev, b->dev);
	if (a->ino != b->ino)
		return compare_u64(a->ino, b->ino);
	return strcmp(a->path, b->path);
}

static int compare_rank(const void *x, const void *y)
{
	const struct input_file *a = *(struct input_file *const *)x;
	const struct input_file *b = *(struct input_file *const *)y;
	int by;

	if (a->has_frames != b->has_frames)
		return a->has_frames ? -1 : 1;
	by = compare_u64(a->reach_ns, b->reach_ns);
	if (!by)
		by = compare_u64(a->tap, b->tap);
	if (!by && a->goes_on != b->goes_on)
		by = a->goes_on ? 1 : -1;
	if (!by)
		by = compare_u64(a->first_ns, b->first_ns);
	if (!by)
		by = compare_u64(a->content, b->content);
	if (!by)
		by = compare_u64(a->input.size, b->input.size);
	if (!by)
		by = strcmp(a->sha256, b->sha256);
	return by ? by : strcmp(a->path, b->path);	/* equal files: the listing only */
}

static int compare_paths(const void *x, const void *y)
{
	const struct input_file *a = *(struct input_file *const *)x;
	const struct input_file *b = *(struct input_file *const *)y;

	return strcmp(a->path, b->path);
}

static void drop_twins(struct inputs *in)
{
	char path[PATH_TEXT_MAX];
	size_t kept = 0;

	if (!in->n_files)
		return;
	qsort(in->files, in->n_files, sizeof(in->files[0]), compare_identity);
	for (size_t i = 1; i < in->n_files; i++) {
		struct input_file *f = in->files[i], *last = in->files[kept];

		if (f->dev != last->dev || f->ino != last->ino) {
			in->files[++kept] = f;
			continue;
		}
		log_info("capture", "%s: given twice; taken once",
			 path_text(f->path, path, sizeof(path)));
		input_file_free(f);
	}
	in->n_files = kept + 1;
}

/* Reads on until a stamp beyond the window after the first one is believed, or to the end. */
static void find_reach(struct input_file *f, struct block_pool *pool)
{
	const struct lane_limits limits = { MERGE_FRAMES_MAX, MERGE_BYTES_MAX };
	uint64_t most = f->first_ns + SOURCE_REORDER_NS;
	struct capfile *file;
	struct lane *lane;

	if (capfile_open(f->path, pool, &f->account, &file, &(const char *){ NULL }) ||
	    lane_new(file, &f->account, &lane))
		return;		/* its turn will say so */
	while (lane_head(lane, &limits) && lane_newest_ns(lane) <= most)
		block_unref(lane_take(lane).block);
	f->goes_on = lane_newest_ns(lane) > most;
	f->reach_ns = f->goes_on ? most : lane_newest_ns(lane);
	lane_free(lane);
}

static void find_reaches(struct inputs *in, struct block_pool *pool)
{
	bool is_near_last = false;

	for (size_t i = 0; i < in->n_files && in->files[i]->has_frames; i++) {
		struct input_file *f = in->files[i];
		struct input_file *next = i + 1 < in->n_files ? in->files[i + 1] : NULL;
		bool is_near_next = next && next->has_frames &&
				    next->first_ns - f->first_ns <= SOURCE_REORDER_NS;

		if (is_near_last || is_near_next)
			find_reach(f, pool);
		is_near_last = is_near_next;
	}
}

/* Only what is equal in all that costs less is read in full. */
static void find_digests(struct inputs *in)
{
	for (size_t i = 1; i < in->n_files; i++) {
		struct input_file *a = in->files[i - 1], *b = in->files[i];

		if (!b->has_frames || a->content != b->content || a->input.size != b->input.size)
			continue;
		if (!a->sha256[0])
			digest_sha256_file(a->path, a->sha256);
		digest_sha256_file(b->path, b->sha256);
	}
}

static void sort_files(struct inputs *in)
{
	if (in->n_files)
		qsort(in->files, in->n_files, sizeof(in->files[0]), compare_rank);
}

/* First by first stamps, which every file knows: they say which ones need more than that. */
static void rank(struct inputs *in, struct block_pool *pool)
{
	uint64_t opens_ns = UINT64_MAX;

	sort_files(in);
	find_reaches(in, pool);
	sort_files(in);
	find_digests(in);
	sort_files(in);
	for (size_t i = in->n_files; i-- > 0;) {
		struct input_file *f = in->files[i];
		uint64_t oldest = f->first_ns > SOURCE_REORDER_NS ? f->first_ns - SOURCE_REORDER_NS
								  : 0;

		if (f->has_frames && oldest < opens_ns)
			opens_ns = oldest;
		f->opens_ns = opens_ns;
	}
	if (in->n_refused)
		qsort(in->refused, in->n_refused, sizeof(in->refused[0]), compare_paths);
}

int inputs_find(const char *const *paths, size_t n_paths, struct block_pool *pool,
		struct inputs *ret_inputs)
{
	struct inputs in = { 0 };
	int err = 0;

	for (size_t i = 0; i < n_paths && !err; i++) {
		if (paths[i][0])
			err = walk(&in, paths[i], pool);
		else
			log_warn("capture", "an empty path; it is not used");
	}
	if (err) {
		inputs_clear(&in);
		return err;
	}
	drop_twins(&in);
	rank(&in, pool);
	*ret_inputs = in;
	return in.n_files ? 0 : -ENOENT;
}

void inputs_clear(struct inputs *in)
{
	for (size_t i = 0; i < in->n_files; i++)
		input_file_free(in->files[i]);
	for (size_t i = 0; i < in->n_refused; i++)
		input_file_free(in->refused[i]);
	free(in->files);
	free(in->refused);
	*in = (struct inputs){ 0 };
}
