/* attest_differ.c - see attest_differ.h: a walk over both, with a stack of its own. */
#include "alert/attest_differ.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"

#define PATH_MAX_LEN 512
#define VALUE_MAX 80

/* One object or list that is being gone through. */
struct level {
	const json_t *ours, *theirs;
	size_t path_len;
	size_t i, n;			/* of a list */
	const char **names;		/* of an object: those of both, sorted; owned */
};

struct walk {
	struct level levels[ATTEST_DEPTH_MAX];
	unsigned depth;
	char path[PATH_MAX_LEN];
	size_t found, max;
	attest_differ_fn tell;
	void *arg;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of both, each once.  Gives; NULL: no memory. */
static const char **names_of(const json_t *ours, const json_t *theirs, size_t *ret_n)
{
	size_t all = json_object_size(ours) + json_object_size(theirs), n = 0, kept = 0;
	const char **names = calloc(all + 1, sizeof(*names));
	const char *name;
	json_t *value;

	if (!names)
		return NULL;
	json_object_foreach((json_t *)ours, name, value)
		names[n++] = name;
	json_object_foreach((json_t *)theirs, name, value)
		names[n++] = name;
	qsort(names, n, sizeof(*names), compare_names);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(names[kept - 1], names[i]))
			names[kept++] = names[i];
	*ret_n = kept;
	return names;
}

static void value_text(const json_t *value, char buf[static VALUE_MAX])
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS) :
			     NULL;

	text_escape(text ? text : "(not there)", text ? strlen(text) : 11, buf, VALUE_MAX);
	free(text);
}

static void tell(struct walk *w, const json_t *ours, const json_t *theirs)
{
	char a[VALUE_MAX], b[VALUE_MAX], path[PATH_MAX_LEN];

	if (w->found++ >= w->max)
		return;
	value_text(ours, a);
	value_text(theirs, b);
	w->tell(w->arg, text_escape(w->path, strlen(w->path), path, sizeof(path)), a, b);
}

static bool is_deep(const json_t *ours, const json_t *theirs)
{
	return (json_is_object(ours) && json_is_object(theirs)) ||
	       (json_is_array(ours) && json_is_array(theirs));
}

/* Goes into a pair, or compares it. */
static void visit(struct walk *w, const json_t *ours, const json_t *theirs)
{
	struct level *l = &w->levels[w->depth];
	size_t a = json_array_size(ours), b = json_array_size(theirs);

	if (json_equal((json_t *)ours, (json_t *)theirs))
		return;
	if (!is_deep(ours, theirs) || w->depth == ATTEST_DEPTH_MAX) {
		tell(w, ours, theirs);
		return;
	}
	*l = (struct level){ .ours = ours, .theirs = theirs, .path_len = strlen(w->path),
			     .n = a > b ? a : b };
	if (json_is_object(ours)) {
		l->names = names_of(ours, theirs, &l->n);
		if (!l->names) {
			tell(w, ours, theirs);
			return;
		}
	}
	w->depth++;
}

size_t attest_differ(const json_t *ours, const json_t *theirs, size_t max, attest_differ_fn say,
		     void *arg)
{
	struct walk w = { .max = max, .tell = say, .arg = arg };

	visit(&w, ours, theirs);
	while (w.depth) {
		struct level *l = &w.levels[w.depth - 1];
		size_t i = l->i++;

		w.path[l->path_len] = '\0';
		if (i >= l->n) {
			free(l->names);
			w.depth--;
		} else if (l->names) {
			snprintf(w.path + l->path_len, sizeof(w.path) - l->path_len, ".%s",
				 l->names[i]);
			visit(&w, json_object_get(l->ours, l->names[i]),
			      json_object_get(l->theirs, l->names[i]));
		} else {
			snprintf(w.path + l->path_len, sizeof(w.path) - l->path_len, "[%zu]", i);
			visit(&w, json_array_get(l->ours, i), json_array_get(l->theirs, i));
		}
	}
	return w.found;
}
