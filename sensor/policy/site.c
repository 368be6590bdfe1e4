/* site.c - see site.h: from a file, from memory, or the defaults, to a snapshot.
 *
 * The text is scanned for positions (which bounds its depth and size before the parser recurses),
 * parsed by jansson, and read section by section in an order of our own: references then look back
 * only.  The list of expected traffic is parsed entry by entry.
 */
#include "policy/condition.h"
#include "policy/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "base/tz.h"
#include "policy/orders.h"
#include "policy/site_index.h"
#include "policy/site_read.h"
#include "policy/site_values.h"
#include "policy/textfile.h"

enum section { SITE, ZONES, ASSETS, EXPECTED, WORK_ORDERS, GEO, BASELINE, PRIVACY, RETENTION, FILES,
	       OF_RULES, SUPPRESS, SECTIONS };

/* Sections as they were met; read afterwards in the order of the enum. */
struct found {
	struct at at[SECTIONS];
	bool is_there[SECTIONS];
};

static void keep_section(struct reader *r, const struct at *at, void *into);

static const struct key root_keys[SECTIONS] = {
	[SITE] = { "site", TYPE_OBJECT, true, keep_section },
	[ZONES] = { "zones", TYPE_ARRAY, false, keep_section },
	[ASSETS] = { "assets", TYPE_ARRAY, false, keep_section },
	[EXPECTED] = { "expected", TYPE_ARRAY, false, keep_section },
	[WORK_ORDERS] = { "work_orders", TYPE_STRING, false, keep_section },
	[GEO] = { "geo", TYPE_OBJECT, false, keep_section },
	[BASELINE] = { "baseline", TYPE_STRING, false, keep_section },
	[PRIVACY] = { "privacy", TYPE_OBJECT, false, keep_section },
	[RETENTION] = { "retention", TYPE_OBJECT, false, keep_section },
	[FILES] = { "file_types", TYPE_ARRAY, false, keep_section },
	[OF_RULES] = { "rules", TYPE_OBJECT, false, keep_section },
	[SUPPRESS] = { "suppress", TYPE_ARRAY, false, keep_section },
};

static reader_fn *const sections[SECTIONS] = {
	[SITE] = read_site_section,
	[ZONES] = read_zones,
	[ASSETS] = read_assets,
	[EXPECTED] = read_expected,
	[WORK_ORDERS] = read_work_orders,
	[GEO] = read_geo,
	[BASELINE] = read_baseline,
	[PRIVACY] = read_privacy,
	[RETENTION] = read_retention,
	[FILES] = read_file_types,
	[OF_RULES] = read_rules,
	[SUPPRESS] = read_suppress,
};

static void keep_section(struct reader *r, const struct at *at, void *into)
{
	struct found *found = into;

	(void)r;
	for (size_t i = 0; i < SECTIONS; i++)
		if (!strcmp(at->key, root_keys[i].name)) {
			found->at[i] = *at;
			found->is_there[i] = true;
		}
}

static int add_private_networks(struct site *site)
{
	site->networks = arena_alloc(site->arena, site_n_private_networks, sizeof(*site->networks));
	if (!site->networks)
		return -ENOMEM;
	for (size_t i = 0; i < site_n_private_networks; i++)
		if (cidr_parse(site_private_networks[i], &site->networks[site->n_networks]))
			site->n_networks++;
	return 0;
}

static void say_missing_geo(struct reader *r, const struct found *found)
{
	const struct { bool is_named; enum geo_kind kind; const char *key; } all[] = {
		{ r->names_asn, GEO_ASN, "asn" }, { r->names_country, GEO_COUNTRY, "country" },
	};

	const struct at *where = &found->at[found->is_there[EXPECTED] ? EXPECTED :
					    found->is_there[OF_RULES] ? OF_RULES : SUPPRESS];

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].is_named && !r->site->geo_paths[all[i].kind])
			reader_warn(r, where,
				    "entries and rules that name \"%s\" hold for nothing without a "
				    "file under \"geo\": {\"%s\": ...}", all[i].key, all[i].key);
}

/* The pack that is built in asks for roles that a site may well not have. */
static void check_pack(const struct site *s)
{
	for (int i = 0; i < RULES && !s->is_default && !rules_are_builtin(s->rules); i++)
		if (s->rules->list[i].match)
			condition_check(s->rules->list[i].match, s->rules->list[i].id, s);
}

static int read_root(struct reader *r, const json_t *tree)
{
	struct at root = { .value = tree };
	struct found found = { 0 };

	if (!json_is_object(tree))
		reader_error(r, &root, "a site file is one object: { \"site\": { ... }, ... }");
	else
		reader_object(r, &root, KEYS(root_keys), &found);
	for (size_t i = 0; i < SECTIONS && !reader_is_stopped(r); i++) {
		if (found.is_there[i])
			sections[i](r, &found.at[i], r->site);
		if (i == SITE && !r->site->n_networks && add_private_networks(r->site))
			return -ENOMEM;
	}
	if (r->no_memory)
		return -ENOMEM;
	check_pack(r->site);
	say_missing_geo(r, &found);
	if (r->n_errors)
		return ERR_FORMAT;
	return 0;
}

static void free_reader_maps(struct reader *r)
{
	struct keymap *maps[] = { &r->zones, &r->assets, &r->expected, &r->addresses, &r->macs,
				  &r->networks, &r->roles, &r->vendors, &r->roles_said };

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		keymap_free(maps[i]);
}

/* Takes the pack; NULL: the built-in one. */
static int new_site(struct rules *pack, struct site **ret_site)
{
	struct site *s = calloc(1, sizeof(*s));
	int err = s ? 0 : -ENOMEM;

	if (!err && !pack)
		err = rules_builtin(&pack);
	if (err) {
		rules_free(pack);
		free(s);
		return err;
	}
	s->rules = pack;
	s->retention_nights = RETENTION_NIGHTS;
	s->retention_incidents_ns = RETENTION_INCIDENTS_NS;
	s->retention_outbox_ns = RETENTION_OUTBOX_NS;
	s->arena = arena_new();
	if (!s->arena) {
		site_free(s);
		return -ENOMEM;
	}
	*ret_site = s;
	return 0;
}

static int scan_positions(const char *file, const char *text, size_t len, struct jsonpos **ret_pos)
{
	enum jsonpos_problem problem;
	struct place place;
	int err = jsonpos_new(text, len, ret_pos, &problem, &place);

	if (problem == JSONPOS_TOO_LARGE)
		log_err("site", "%s: larger than %u MiB; a site file is not", file,
			JSONPOS_BYTES_MAX >> 20);
	else if (problem == JSONPOS_TOO_DEEP)
		log_err("site", "%s:%u:%u: nested more than %d deep; a site file is not", file,
			place.line, place.column, JSONPOS_DEPTH_MAX);
	else if (problem == JSONPOS_TOO_MANY)
		log_err("site", "%s:%u:%u: more than %d values; a site file has fewer", file,
			place.line, place.column, JSONPOS_NODES_MAX);
	return err;
}

/* The list of expected traffic is what grows: it is left out of the tree (which would take ten
 * times the memory of the text and twice the time) and parsed entry by entry when it is read.  The
 * tree, or NULL: then the whole text goes to the parser, for its message or because there is no
 * such list. */
static json_t *parse_without_list(struct reader *r)
{
	uint32_t node = jsonpos_find(r->pos, root_keys[EXPECTED].name);
	size_t start = jsonpos_start(r->pos, node) + 1, end = jsonpos_end(r->pos, node) - 1;
	json_t *tree;
	char *rest;

	if (!node || r->text[start - 1] != '[')
		return NULL;
	rest = malloc(r->len - (end - start));
	if (!rest)
		return NULL;
	memcpy(rest, r->text, start);
	memcpy(rest + start, r->text + end, r->len - end);
	tree = json_loadb(rest, r->len - (end - start), JSON_REJECT_DUPLICATES, NULL);
	if (tree)
		r->in_pieces = node;
	free(rest);
	return tree;
}

static int parse_text(const char *name, const char *text, size_t len, const char *directory,
		      struct site *site)
{
	struct reader r = { .text = text, .len = len, .site = site, .arena = site->arena,
			    .directory = directory, .topic = "site",
			    .whole = "the site file" };
	struct jsonpos *pos = NULL;
	json_t *tree = NULL;
	json_error_t error;
	int err;

	text_escape(name, strlen(name), r.file, sizeof(r.file));
	err = scan_positions(r.file, text, len, &pos);
	if (err == -ENOMEM || err == ERR_LIMIT)
		goto out;
	r.pos = pos;
	if (pos)
		tree = parse_without_list(&r);
	if (!tree)
		tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!tree)
		reader_syntax_error(&r, &error);
	else if (!pos)
		log_err("site", "%s: not JSON", r.file); /* the parser is laxer than we are */
	err = tree && pos ? read_root(&r, tree) : ERR_FORMAT;
out:
	if (err == -ENOMEM)
		log_err("site", "%s: out of memory", r.file);
	free_reader_maps(&r);
	json_decref(tree);
	jsonpos_free(pos);
	return err;
}

static int say_empty(const char *name)
{
	char file[256];

	log_err("site", "%s:1:1: the file is empty; a site file is { \"site\": { ... }, ... }",
		text_escape(name, strlen(name), file, sizeof(file)));
	return ERR_FORMAT;
}

static int parse_site(const char *name, const char *text, size_t len, const char *directory,
		      struct rules *pack, struct site **ret_site)
{
	struct site *site = NULL;
	int err = new_site(pack, &site);

	if (err)
		return err;
	digest_sha256_hex(text, len, site->sha256);
	textfile_skip_bom(&text, &len);
	err = len ? parse_text(name, text, len, directory, site) : say_empty(name);
	if (!err)
		err = site_index_new(site);
	if (!err)
		*ret_site = steal(&site);
	site_free(site);
	return err;
}

int site_parse(const char *name, const char *text, size_t len, struct site **ret_site)
{
	return parse_site(name, text, len, NULL, NULL, ret_site);
}

int site_load_with(const char *path, struct rules *pack, struct site **ret_site)
{
	const char *slash = strrchr(path, '/');
	char *directory = strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
	char *text = NULL, shown[256];
	size_t len = 0;
	int err = directory ? textfile_read(path, JSONPOS_BYTES_MAX, &text, &len) : -ENOMEM;

	if (err)
		log_err("site", "%s: cannot be read: %s",
			text_escape(path, strlen(path), shown, sizeof(shown)), err_text(err));
	else
		err = parse_site(path, text, len, directory, steal(&pack), ret_site);
	rules_free(pack);
	free(text);
	free(directory);
	return err;
}

int site_load(const char *path, struct site **ret_site)
{
	return site_load_with(path, NULL, ret_site);
}

/* "22:00-05:00" */
static bool parse_hours(const char *text, struct closed_hours *hours)
{
	char from[6], to[6];

	if (strlen(text) != 11 || text[5] != '-')
		return false;
	text_copy(from, sizeof(from), text);
	text_copy(to, sizeof(to), text + 6);
	hours->days = 0x7f;
	return value_hhmm(from, false, &hours->from_min) && value_hhmm(to, true, &hours->to_min);
}

static int fill_default(struct site *s, const char *timezone, const char *closed)
{
	char canonical[256], shown[80];
	struct zone *zone;

	text_copy(s->id, sizeof(s->id), "default");
	s->is_default = true;
	if (!tz_is_known(timezone) || !text_copy(s->timezone, sizeof(s->timezone), timezone)) {
		log_err("site",
			"--timezone: \"%s\" is not a time zone of this machine; give an IANA name "
			"(\"Europe/Amsterdam\") or \"UTC\", and see that tzdata is installed",
			text_escape(timezone, strlen(timezone), shown, sizeof(shown)));
		return -EINVAL;
	}
	s->closed = arena_alloc(s->arena, 1, sizeof(*s->closed));
	zone = s->zones = arena_alloc(s->arena, 1, sizeof(*s->zones));
	if (!s->closed || !zone || add_private_networks(s))
		return -ENOMEM;
	s->n_closed = s->n_zones = 1;
	if (!parse_hours(closed, s->closed)) {
		log_err("site", "--closed: \"%s\" is not a span of hours; give \"22:00-05:00\"",
			text_escape(closed, strlen(closed), shown, sizeof(shown)));
		return -EINVAL;
	}
	text_copy(zone->id, sizeof(zone->id), "private");
	zone->networks = s->networks;
	zone->n_networks = s->n_networks;
	snprintf(canonical, sizeof(canonical), "nachtwacht default site\n%s\n%s\n", s->timezone,
		 closed);
	digest_sha256_hex(canonical, strlen(canonical), s->sha256);
	return site_index_new(s);
}

int site_default_with(const char *timezone, const char *closed, struct rules *pack,
		      struct site **ret_site)
{
	struct site *s = NULL;
	int err = new_site(pack, &s);

	if (!err)
		err = fill_default(s, timezone ? timezone : "UTC", closed ? closed : "22:00-05:00");
	if (!err)
		*ret_site = steal(&s);
	site_free(s);
	return err;
}

int site_default(const char *timezone, const char *closed, struct site **ret_site)
{
	return site_default_with(timezone, closed, NULL, ret_site);
}

void site_free(struct site *s)
{
	if (!s)
		return;
	site_index_free(s->index);
	geo_close(s->geo);
	orders_free(s->orders);
	rules_free(s->rules);
	arena_free(s->arena);
	free(s);
}
