/* outputs.c - see outputs.h.
 *
 * Files that exist are one when device and inode agree, whatever names and links lead to them;
 * a file that does not exist yet is known by its folder and its name in it.  Devices are left out:
 * /dev/null may be given as often as one likes.
 */
#include "app/outputs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define FOLDER_MAX 4096

struct place {
	const char *option;		/* "--alerts", or NULL for an input */
	const char *path;
	const char *name;		/* in the folder; NULL: the file itself is at hand */
	struct stat st;			/* of the file, or of the folder */
	bool is_known;
};

/* The folder of a file that does not exist. */
static bool find_folder(struct place *p)
{
	const char *slash = strrchr(p->path, '/');
	char folder[FOLDER_MAX];

	p->name = slash ? slash + 1 : p->path;
	if (!slash)
		text_copy(folder, sizeof(folder), ".");
	else if (!text_format(folder, sizeof(folder), "%.*s/", (int)(slash - p->path), p->path))
		return false;
	return stat(folder, &p->st) == 0;
}

static struct place place_of(const char *option, const char *path)
{
	struct place p = { .option = option, .path = path };

	if (!path)
		return p;
	if (option && !strcmp(path, "-"))
		p.is_known = fstat(STDOUT_FILENO, &p.st) == 0;
	else
		p.is_known = stat(path, &p.st) == 0 || find_folder(&p);
	if (S_ISCHR(p.st.st_mode) || S_ISBLK(p.st.st_mode))
		p.is_known = false;
	return p;
}

static bool is_same(const struct place *a, const struct place *b)
{
	if (!a->is_known || !b->is_known || !a->name != !b->name)
		return false;
	return a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino &&
	       (!a->name || !strcmp(a->name, b->name));
}

static bool say_same(const struct place *output, const struct place *other)
{
	char shown[512], what[512];

	text_escape(output->path, strlen(output->path), shown, sizeof(shown));
	text_escape(other->path, strlen(other->path), what, sizeof(what));
	if (other->option)
		log_err("usage", "%s %s and %s %s are the same file", output->option, shown,
			other->option, what);
	else
		log_err("usage", "%s %s is the input %s: it would be overwritten", output->option,
			shown, what);
	return false;
}

bool outputs_are_apart(const struct options *o, const struct source *s)
{
	const struct place files[] = {
		place_of("--alerts", o->alerts), place_of("--flows", o->flows),
		place_of("--manifest", o->manifest),
		place_of("--attestations", o->attestations), place_of("--site", o->site),
		place_of("--redis-password-file", o->redis_password_file),
		place_of("--gaps", o->gaps), place_of("--attest-key", o->attest_key),
	};
	const size_t outputs = 4;
	size_t inputs = o->command == COMMAND_REPLAY ? source_inputs(s) : 0;

	for (size_t i = 0; i < outputs; i++)
		for (size_t k = i + 1; k < ARRAY_SIZE(files); k++)
			if (is_same(&files[i], &files[k]))
				return say_same(&files[i], &files[k]);
	for (size_t n = 0; n < inputs; n++) {
		struct place input = place_of(NULL, source_input(s, n)->name);

		for (size_t i = 0; i < outputs; i++)
			if (is_same(&files[i], &input))
				return say_same(&files[i], &input);
	}
	return true;
}
