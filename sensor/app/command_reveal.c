/* command_reveal.c - nachtwacht state reveal: which address or name a pseudonym stands for.
 *
 * A pseudonym cannot be turned back (base/pseudonym.h): every address and name that the state knows
 * is shown in turn and compared.  What has left the memory (retention) cannot be revealed any more.
 */
#include "app/commands.h"

#include <stdlib.h>
#include <string.h>
#include "app/columns.h"
#include "app/state_view.h"
#include "base/err.h"
#include "base/log.h"
#include "base/pseudonym.h"
#include "base/text.h"

struct search {
	const char *wanted;
	struct columns found;
	char last[2][PSEUDONYM_NAME_MAX];	/* the row before: channels repeat themselves */
};

static void add(struct search *s, const char *shown, const char *clear)
{
	char a[VIEW_TEXT_MAX], b[VIEW_TEXT_MAX];
	const char *cells[] = { text_escape(shown, strlen(shown), a, sizeof(a)),
				text_escape(clear, strlen(clear), b, sizeof(b)) };

	if (!strcmp(shown, clear) || !strcmp(s->last[0], shown))
		return;
	text_copy(s->last[0], sizeof(s->last[0]), shown);
	columns_add(&s->found, cells);
}

static void try_addr(struct search *s, const struct addr *a)
{
	char shown[ADDR_TEXT_MAX], clear[ADDR_TEXT_MAX];

	if (!strcmp(addr_show(a, shown), s->wanted))
		add(s, shown, addr_format(a, clear));
}

static void try_network(struct search *s, const struct channel_key *key)
{
	struct cidr c = group_network(key);
	char shown[CIDR_TEXT_MAX], clear[CIDR_TEXT_MAX];

	if (!strcmp(cidr_show(&c, shown), s->wanted))
		add(s, shown, cidr_format(&c, clear));
}

/* Also what it ends in: a record may have the domain alone. */
static void try_name(struct search *s, const char *name)
{
	char shown[PSEUDONYM_NAME_MAX];

	for (const char *rest = name; rest && *rest; ) {
		if (!strcmp(name_show(rest, shown), s->wanted))
			add(s, shown, rest);
		rest = strchr(rest, '.');
		rest += rest != NULL;
	}
}

static void try_channel(struct search *s, const struct channel *ch)
{
	if (ch->key.group == GROUP_IP)
		try_addr(s, &ch->key.value);
	if (ch->key.group == GROUP_PREFIX)
		try_network(s, &ch->key);
	if (ch->contact)
		try_addr(s, &ch->contact->own);
	if (ch->name)
		try_name(s, ch->name);
	for (uint64_t i = 0; ch->evidence && i < evidence_nights(ch->evidence); i++)
		try_addr(s, &evidence_night(ch->evidence, i)->top);
}

/* false: no memory. */
static bool try_all(struct search *s, const struct state_view *v)
{
	size_t n;
	struct channel **channels = state_view_channels(v, &n);
	struct destination **list;

	if (!channels)
		return false;
	for (size_t i = 0; i < subjects_count(v->tables.subjects); i++)
		try_addr(s, &subjects_at(v->tables.subjects, i)->addr);
	for (size_t i = 0; i < n; i++)
		try_channel(s, channels[i]);
	free(channels);
	list = baseline_sorted(v->tables.baseline, &n);
	for (size_t i = 0; i < n; i++) {
		try_addr(s, &list[i]->peer);
		if (list[i]->name)
			try_name(s, list[i]->name);
	}
	return true;
}

/* The other way round: for who looks for something that is known. */
static void show_own(struct search *s)
{
	char shown[PSEUDONYM_NAME_MAX], network[CIDR_TEXT_MAX];
	struct cidr c;

	if (cidr_parse(s->wanted, &c))
		add(s, c.addr.bytes[0] == 0xfd ? s->wanted : cidr_show(&c, network), s->wanted);
	else if (strchr(s->wanted, '.') && !strstr(s->wanted, ".invalid"))
		add(s, name_show(s->wanted, shown), s->wanted);
}

int run_reveal(const struct state_view *v, const struct options *o)
{
	static const char *const heads[] = { "PSEUDONYM", "STANDS FOR" };
	struct search s = { .wanted = o->pseudonym, .found = { .n = ARRAY_SIZE(heads) } };
	char shown[VIEW_TEXT_MAX];
	bool is_there, is_found;

	if (!site_state_key(v->site)) {
		log_err("usage", "the state has no pseudonyms: its site does not ask for any");
		return EXIT_USAGE;
	}
	columns_add(&s.found, heads);
	s.last[0][0] = '\0';
	is_there = try_all(&s, v);
	if (!s.last[0][0])
		show_own(&s);
	is_found = s.last[0][0] != '\0';
	if (!is_there || (is_found && !columns_print(&s.found, stdout))) {
		log_err("state", "out of memory");
		columns_free(&s.found);
		return EXIT_FAILED;
	}
	columns_free(&s.found);
	if (is_found)
		return EXIT_DONE;
	log_err("usage", "nothing that the state remembers is shown as \"%s\" under this key",
		text_escape(o->pseudonym, strlen(o->pseudonym), shown, sizeof(shown)));
	return EXIT_USAGE;
}
