/* site_privacy.c - the sections "privacy" and "retention" of a site file: what is shown as a
 * pseudonym, by which key, and for how long what is kept. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/text.h"
#include "policy/site_read.h"

#define NIGHTS_MIN_DAYS 60		/* what detectors look back at, twice 30 days */
#define NIGHTS_MAX_DAYS 400

/* --- privacy --------------------------------------------------------------- */

static void read_pseudonym(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	char shown[SHOWN_MAX];

	if (!strcmp(at_text(at), "external_ip"))
		site->privacy.addresses = true;
	else if (!strcmp(at_text(at), "names"))
		site->privacy.names = true;
	else
		reader_error(r, at, "%s cannot be pseudonymised; \"external_ip\" and \"names\" can",
			     at_shown(at, shown));
}

static void read_pseudonyms(struct reader *r, const struct at *at, void *into)
{
	reader_each(r, at, TYPE_STRING, read_pseudonym, into);
}

static void read_key_file(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	const char *path = reader_relative_path(r, at);
	struct stat st;
	int err;

	if (!path || !r->directory)
		return;
	err = pseudonym_key_load(path, site->privacy.key);
	if (err == ERR_FORMAT)
		reader_error(r, at, "is no key: it must be a file of %d to %d bytes; make one with "
			     "\"openssl rand -out FILE 32\", readable by the sensor alone",
			     PSEUDONYM_KEY_FILE_MIN, PSEUDONYM_KEY_FILE_MAX);
	else if (err)
		reader_error(r, at, "the key cannot be read: %s; give its path, from the site "
			     "file's directory on", err_text(err));
	else if (stat(path, &st) == 0 && st.st_mode & (S_IROTH | S_IWOTH))
		reader_warn(r, at, "everybody on this machine can read the key; \"chmod o= FILE\" "
			    "ends that");
}

static const struct key privacy_keys[] = {
	{ "pseudonymise", TYPE_ARRAY, false, read_pseudonyms },
	{ "key_file", TYPE_STRING, false, read_key_file },
};

void read_privacy(struct reader *r, const struct at *at, void *into)
{
	reader_object(r, at, KEYS(privacy_keys), into);
	if (json_array_size(json_object_get(at->value, "pseudonymise")) &&
	    !json_object_get(at->value, "key_file"))
		reader_error(r, at, "\"pseudonymise\" needs a \"key_file\" for its keyed hash");
}

const uint8_t *site_state_key(const struct site *s)
{
	return s->privacy.addresses || s->privacy.names ? s->privacy.key : NULL;
}

int site_know_assets(const struct site *s)
{
	size_t n = 0;
	struct addr *known;
	int err;

	for (size_t i = 0; i < s->n_assets; i++)
		n += s->assets[i].n_ips;
	known = calloc(n + 1, sizeof(*known));
	if (!known)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < s->n_assets; i++)
		for (size_t k = 0; k < s->assets[i].n_ips; k++)
			known[n++] = s->assets[i].ips[k];
	err = pseudonyms_know(known, n);
	free(known);
	return err;
}

int site_use_pseudonyms(const struct site *s)
{
	pseudonyms_use(site_state_key(s) ? &s->privacy : NULL);
	return site_know_assets(s);
}

/* --- retention ------------------------------------------------------------- */

static void read_duration(struct reader *r, const struct at *at, uint64_t *ret_ns)
{
	char shown[SHOWN_MAX];
	uint64_t ns = 0;

	if (duration_parse(at_text(at), &ns) && ns)
		*ret_ns = ns;
	else
		reader_error(r, at,
			     "%s is not a duration; write \"400d\", \"12h\", \"30m\" or \"10s\"",
			     at_shown(at, shown));
}

static void read_keep_nights(struct reader *r, const struct at *at, void *into)
{
	uint64_t ns = NIGHTS_MAX_DAYS * NS_PER_DAY;
	struct site *site = into;
	char shown[SHOWN_MAX];

	read_duration(r, at, &ns);
	if (ns < NIGHTS_MIN_DAYS * NS_PER_DAY || ns > NIGHTS_MAX_DAYS * NS_PER_DAY)
		reader_error(r, at, "%s is not possible: the detectors need %d days, and %d are "
			     "the longest memory", at_shown(at, shown), NIGHTS_MIN_DAYS,
			     NIGHTS_MAX_DAYS);
	else
		site->retention_nights = (int32_t)(ns / NS_PER_DAY);
}

static void read_keep_incidents(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	read_duration(r, at, &site->retention_incidents_ns);
}

static void read_keep_outbox(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	read_duration(r, at, &site->retention_outbox_ns);
}

static const struct key retention_keys[] = {
	{ "nights", TYPE_STRING, false, read_keep_nights },
	{ "incidents", TYPE_STRING, false, read_keep_incidents },
	{ "outbox", TYPE_STRING, false, read_keep_outbox },
};

void read_retention(struct reader *r, const struct at *at, void *into)
{
	reader_object(r, at, KEYS(retention_keys), into);
}
