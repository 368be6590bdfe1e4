/* party.c - who takes part: "from" and "to" of an activity.
 *
 * An entry is a host's id, "role:NAME" for every host of that role, a bare address (a host that is
 * known by nothing else), or, alone, "net:PREFIX" for a network of hosts that exist only here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"
#include "synth/activity.h"

int scenario_add_host(struct scenario *s, const char *address)
{
	struct host h = { .n_ips = 1, .segment = -1 };

	if (!addr_parse(address, &h.ips[0]) || s->n_hosts >= UINT16_MAX)
		return -1;
	int known = scenario_host(s, address);
	if (known >= 0)
		return known;
	struct host *hosts = reallocarray(s->hosts, s->n_hosts + 1, sizeof(*hosts));
	if (!hosts)
		return -1;
	s->hosts = hosts;
	(void)text_copy(h.id, sizeof(h.id), address);
	h.segment = scenario_segment(s, &h.ips[0]);
	struct random r = random_stream(0, address, 0, 0);
	random_bytes(&r, h.mac, 6);
	h.mac[0] = 0x02;
	hosts[s->n_hosts] = h;
	return (int)s->n_hosts++;
}

static void add(struct fields *f, const char *key, struct party *p, int host)
{
	uint16_t *hosts = reallocarray(p->hosts, p->n_hosts + 1, sizeof(*hosts));

	if (!hosts) {
		fields_error(f, key, "out of memory");
		return;
	}
	p->hosts = hosts;
	p->hosts[p->n_hosts++] = (uint16_t)host;
}

static void add_role(struct fields *f, const char *key, const struct scenario *s, const char *role,
		     struct party *p)
{
	size_t before = p->n_hosts;

	for (size_t i = 0; i < s->n_hosts; i++)
		if (!strcmp(s->hosts[i].role, role))
			add(f, key, p, (int)i);
	if (p->n_hosts == before)
		fields_error(f, key, "no host has the role \"%s\"", role);
}

static void add_named(struct fields *f, const char *key, struct scenario *s, const char *text,
		      struct party *p)
{
	const char *names[256];
	size_t n = s->n_hosts < ARRAY_SIZE(names) ? s->n_hosts : ARRAY_SIZE(names);
	int host = scenario_host(s, text);

	if (host < 0)
		host = scenario_add_host(s, text);
	if (host >= 0) {
		add(f, key, p, host);
		return;
	}
	for (size_t i = 0; i < n; i++)
		names[i] = s->hosts[i].id;
	const char *near = text_nearest(text, names, n);
	fields_error(f, key, "there is no host \"%s\"%s%s%s", text, near ? ", did you mean \"" : "",
		     near ? near : "", near ? "\"?" : "");
}

void party_read(struct fields *f, const char *key, struct scenario *s, struct party *p)
{
	static const char *const rotate_names[] = { "each", "night", "run", "connection",
		"random" };
	size_t n = fields_list_len(f, key);
	char rotate_key[32];
	unsigned rotate = ROTATE_EACH;

	if (!n)
		fields_error(f, key, "is needed: a host, or a list of hosts");
	for (size_t i = 0; i < n && !fields_failed(f); i++) {
		const char *text = fields_list_text(f, key, i);

		if (!text)
			return;
		if (!strncmp(text, "role:", 5))
			add_role(f, key, s, text + 5, p);
		else if (strncmp(text, "net:", 4) != 0)
			add_named(f, key, s, text, p);
		else if (n > 1)
			fields_error(f, key, "a network has to stand alone");
		else if (!cidr_parse(text + 4, &p->network))
			fields_error(f, key, "\"%s\" is not a network", text + 4);
		else
			rotate = ROTATE_CONNECTION;
	}
	(void)text_format(rotate_key, sizeof(rotate_key), "rotate_%s", key);
	fields_choice(f, rotate_key, rotate_names, ARRAY_SIZE(rotate_names), &rotate);
	p->rotate = (enum rotate)rotate;
}
