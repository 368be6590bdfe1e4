/* scenario.c - the site of a scenario: segments, hosts, the tap; and planning. */
#include "synth/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"
#include "synth/activity.h"
#include "synth/fields.h"

int scenario_host(const struct scenario *s, const char *id)
{
	for (size_t i = 0; i < s->n_hosts; i++)
		if (!strcmp(s->hosts[i].id, id))
			return (int)i;
	return -1;
}

int scenario_segment(const struct scenario *s, const struct addr *a)
{
	for (size_t i = 0; i < s->n_segments; i++)
		for (size_t k = 0; k < s->segments[i].n_networks; k++)
			if (cidr_contains(&s->segments[i].networks[k], a))
				return (int)i;
	return -1;
}

/* Locally administered, and the same for the same name in every scenario. */
static void default_mac(const char *name, uint8_t mac[static 6])
{
	struct random r = random_stream(0, name, 0, 0);

	random_bytes(&r, mac, 6);
	mac[0] = 0x02;
}

static void read_networks(struct fields *f, struct segment *s)
{
	size_t n = fields_list_len(f, "networks");

	s->networks = calloc(n ? n : 1, sizeof(*s->networks));
	if (!s->networks || !n) {
		fields_error(f, "networks", "is needed, for example [\"10.20.1.0/24\"]");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const char *text = fields_list_text(f, "networks", i);

		if (text && !cidr_parse(text, &s->networks[s->n_networks++]))
			fields_error(f, "networks", "\"%s\" is not a network", text);
	}
}

static void read_segment(struct fields *f, struct segment *s)
{
	static const char *const known[] = { "id", "networks", "vlan", "gateway_mac" };
	uint64_t vlan = 0;
	char name[SCENARIO_ID_MAX + 16];

	fields_known(f, known, ARRAY_SIZE(known));
	if (!fields_text(f, "id", s->id, sizeof(s->id)))
		fields_error(f, "id", "is needed");
	read_networks(f, s);
	fields_count(f, "vlan", 4094, &vlan);
	s->vlan = (uint16_t)vlan;
	(void)text_format(name, sizeof(name), "%s gateway", s->id);
	default_mac(name, s->gateway);
	fields_mac(f, "gateway_mac", s->gateway);
}

static void read_host(struct fields *f, struct scenario *s, struct host *h)
{
	static const char *const known[] = { "id", "ip", "mac", "role" };
	size_t n = fields_list_len(f, "ip");

	fields_known(f, known, ARRAY_SIZE(known));
	if (!fields_text(f, "id", h->id, sizeof(h->id)))
		fields_error(f, "id", "is needed");
	if (n < 1 || n > HOST_IPS_MAX)
		fields_error(f, "ip", "must be one to %d addresses", HOST_IPS_MAX);
	for (size_t i = 0; i < n && !fields_failed(f); i++) {
		const char *text = fields_list_text(f, "ip", i);

		if (text && !addr_parse(text, &h->ips[h->n_ips++]))
			fields_error(f, "ip", "\"%s\" is not an address", text);
	}
	fields_text(f, "role", h->role, sizeof(h->role));
	default_mac(h->id, h->mac);
	fields_mac(f, "mac", h->mac);
	h->segment = scenario_segment(s, &h->ips[0]);
}

static void read_site(struct fields *f, struct scenario *s)
{
	size_t n = json_array_size(fields_array(f, "segments"));
	struct fields child;

	s->segments = calloc(n + 1, sizeof(*s->segments));
	for (size_t i = 0; i < n && s->segments && fields_element(f, "segments", i, &child); i++)
		read_segment(&child, &s->segments[s->n_segments++]);
	n = json_array_size(fields_array(f, "hosts"));
	if (n > UINT16_MAX)
		fields_error(f, "hosts", "are more than %u", UINT16_MAX);
	s->hosts = calloc(n + 1, sizeof(*s->hosts));
	for (size_t i = 0; i < n && s->hosts && fields_element(f, "hosts", i, &child); i++) {
		read_host(&child, s, &s->hosts[s->n_hosts]);
		if (scenario_host(s, s->hosts[s->n_hosts].id) >= 0)
			fields_error(&child, "id", "is used twice");
		s->n_hosts++;
	}
	if (!s->segments || !s->hosts)
		fields_error(f, NULL, "out of memory");
}

/* A moment in the site's zone, or with an offset of its own. */
static bool read_moment(struct fields *f, const char *key, uint64_t *ret_ns)
{
	char text[64];
	bool has_offset;

	if (!fields_text(f, key, text, sizeof(text))) {
		fields_error(f, key, "is needed");
		return false;
	}
	if (!clock_parse(text, ret_ns, &has_offset)) {
		fields_error(f, key, "\"%s\" is not a time (example: \"2026-01-12 03:00\")", text);
		return false;
	}
	if (!has_offset) {
		struct civil c = civil_from_seconds((int64_t)(*ret_ns / NS_PER_SEC));
		tz_instant(&c, ret_ns);
	}
	return true;
}

static void read_tap(struct fields *f, struct tap *t)
{
	static const char *const known[] = { "loss", "duplicates", "sees", "gaps", "clock_steps" };
	static const char *const gap_known[] = { "from", "to" };
	static const char *const step_known[] = { "at", "by" };
	struct fields child;

	fields_known(f, known, ARRAY_SIZE(known));
	fields_ratio(f, "loss", 1, &t->loss_q32);
	fields_ratio(f, "duplicates", 1, &t->duplicate_q32);
	fields_choice(f, "sees", activity_sees_names, 3, &t->sees);
	size_t n = json_array_size(fields_array(f, "gaps"));
	t->gaps = calloc(n + 1, sizeof(*t->gaps));
	for (size_t i = 0; i < n && t->gaps && fields_element(f, "gaps", i, &child); i++) {
		struct gap *g = &t->gaps[t->n_gaps++];

		fields_known(&child, gap_known, ARRAY_SIZE(gap_known));
		read_moment(&child, "from", &g->from_ns);
		read_moment(&child, "to", &g->to_ns);
	}
	n = json_array_size(fields_array(f, "clock_steps"));
	t->steps = calloc(n + 1, sizeof(*t->steps));
	for (size_t i = 0; i < n && t->steps && fields_element(f, "clock_steps", i, &child); i++) {
		struct clock_step *step = &t->steps[t->n_steps++];

		fields_known(&child, step_known, ARRAY_SIZE(step_known));
		read_moment(&child, "at", &step->at_ns);
		if (!fields_duration_signed(&child, "by", &step->by_ns))
			fields_error(&child, "by", "is needed");
	}
	if (!t->gaps || !t->steps)
		fields_error(f, NULL, "out of memory");
}

static void read_time(struct fields *f, struct scenario *s)
{
	char text[64] = "";
	uint64_t ns, days = 31;
	bool has_offset;

	if (!fields_text(f, "timezone", s->timezone, sizeof(s->timezone)))
		(void)text_copy(s->timezone, sizeof(s->timezone), "UTC");
	if (tz_use(s->timezone))
		fields_error(f, "timezone", "\"%s\" is not an installed time zone", s->timezone);
	if (!fields_text(f, "start", text, sizeof(text)))
		fields_error(f, "start", "is needed, for example \"2026-01-05\"");
	else if (strlen(text) != 10 || !clock_parse(text, &ns, &has_offset))
		fields_error(f, "start", "\"%s\" is not a date (example: \"2026-01-05\")", text);
	if (fields_count(f, "days", SCENARIO_DAYS_MAX, &days) && !days)
		fields_error(f, "days", "must be at least 1");
	fields_count(f, "seed", INT64_MAX, &s->seed);
	if (fields_failed(f))
		return;
	s->days = (unsigned)days;
	s->start = civil_from_seconds((int64_t)(ns / NS_PER_SEC));
	struct civil end = s->start;
	end.day += (int)s->days;
	end = civil_from_seconds(civil_to_seconds(&end));
	if (!tz_instant(&s->start, &s->start_ns) || !tz_instant(&end, &s->end_ns))
		fields_error(f, "start", "is out of range");
}

int scenario_read(const char *name, json_t *root, struct scenario **ret_scenario,
		  char error[static SCENARIO_ERROR_MAX])
{
	static const char *const known[] = { "name", "timezone", "start", "days", "seed",
		"segments",
					     "hosts", "activities", "tap", "expect", "include" };
	struct fields f = { .object = root, .file = name, .error = error }, child;
	struct scenario *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	error[0] = '\0';
	if (!s)
		goto out;
	s->seed = 1;
	fields_known(&f, known, ARRAY_SIZE(known));
	fields_text(&f, "name", s->name, sizeof(s->name));
	read_time(&f, s);
	read_site(&f, s);
	if (fields_object(&f, "tap", &child))
		read_tap(&child, &s->tap);
	s->expect = json_incref(json_object_get(root, "expect"));
	if (!fields_failed(&f))
		activities_read(&f, s);
	err = fields_failed(&f) ? ERR_FORMAT : 0;
	if (!err)
		*ret_scenario = steal(&s);
out:
	scenario_free(s);
	return err;
}

int scenario_plan(struct scenario *s, char error[static SCENARIO_ERROR_MAX])
{
	const struct schedule_span span = { .start = s->start, .days = s->days,
					    .start_ns = s->start_ns, .end_ns = s->end_ns };
	int err = 0;

	for (size_t i = 0; i < s->n_activities && !err; i++) {
		struct activity *a = &s->activities[i];
		struct random r = random_stream(s->seed, a->id, 0, 0);

		err = schedule_plan(&a->schedule, &span, &r, &a->runs, &a->n_runs);
		if (err == -ENOENT)
			(void)text_format(error, SCENARIO_ERROR_MAX, "activities.%s.schedule.zone: "
					  "\"%s\" is not an installed time zone", a->id,
					  a->schedule.zone);
		else if (err)
			(void)text_format(error, SCENARIO_ERROR_MAX, "activities.%s.schedule: %s "
					  "(at most %u runs)", a->id, err_text(err),
					  SCHEDULE_RUNS_MAX);
	}
	int back = tz_use(s->timezone);
	return err ? err : back;
}

void scenario_free(struct scenario *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_segments; i++)
		free(s->segments[i].networks);
	for (size_t i = 0; i < s->n_activities; i++)
		activity_clear(&s->activities[i]);
	free(s->segments);
	free(s->hosts);
	free(s->activities);
	free(s->tap.gaps);
	free(s->tap.steps);
	json_decref(s->expect);
	free(s);
}
