/* dealings_world.h - a site of several vendors; what its policy does not bring together as text.
 * For test_dealings.c and test_servers.c. */
#ifndef NW_TESTS_DEALINGS_WORLD_H
#define NW_TESTS_DEALINGS_WORLD_H

#include "analysis_world.h"

#define LATER (NOON + 20 * DAY + HOUR)	/* the baseline observes */

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.1.0.0/24\"]},"
	"  {\"id\": \"cams\", \"networks\": [\"10.2.0.0/24\"]},"
	"  {\"id\": \"mixed\", \"networks\": [\"10.3.0.0/24\"]}],"
	" \"assets\": ["
	"  {\"id\": \"IMG-A\", \"role\": \"image_server\", \"vendor\": \"A\","
	"   \"ip\": [\"10.1.0.1\"]},"
	"  {\"id\": \"IMG-B\", \"role\": \"image_server\", \"vendor\": \"B\","
	"   \"ip\": [\"10.1.0.2\"]},"
	"  {\"id\": \"ACQ\", \"role\": \"acquisition\", \"ip\": [\"10.1.0.3\"]},"
	"  {\"id\": \"CAM-1\", \"role\": \"camera\", \"vendor\": \"C\", \"ip\": [\"10.2.0.1\"]},"
	"  {\"id\": \"CAM-2\", \"role\": \"camera\", \"vendor\": \"C\", \"ip\": [\"10.2.0.2\"]},"
	"  {\"id\": \"PC-A\", \"role\": \"panel\", \"vendor\": \"A\", \"ip\": [\"10.3.0.1\"]},"
	"  {\"id\": \"PC-N\", \"role\": \"panel\", \"ip\": [\"10.3.0.2\"]},"
	"  {\"id\": \"GW\", \"role\": \"maintenance_gateway\", \"ip\": [\"10.5.0.1\"]},"
	"  {\"id\": \"ARCHIVE\", \"role\": \"archive\", \"vendor\": \"D\","
	"   \"ip\": [\"10.3.0.9\"]}],"
	" \"expected\": [{\"id\": \"web\", \"from\": {\"asset\": \"CAM-1\"}, \"to\":"
	"  {\"asset\": \"IMG-A\"}, \"services\": [\"tcp/443\"], \"window\": {\"days\":"
	"  \"mon-sun\", \"from\": \"01:00\", \"to\": \"02:00\"}}]}";

static struct world w;

static inline void talk_at(uint64_t at_ns, const char *client, const char *server, uint16_t port)
{
	world_talk(&w, &(struct talk){ .client = client, .server = server, .port = port,
				       .at_ns = at_ns, .up = 1000, .down = 500 });
}

/* "IMG-A 10.1.0.2 4\n", a line for each open incident of the rule. */
static inline const char *incidents(enum rule_id rule)
{
	static char text[8192];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++) {
		const struct incident *in = incidents_at(w.parts.incidents, i);
		char value[GROUP_TEXT_MAX];

		if (in->rule == rule && in->is_open && len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s %u\n",
						in->subject->id, incident_value(in, value),
						in->severity);
	}
	return text;
}

/* The flood of the rule that is open, or NULL. */
static inline const struct incident *flood_of(enum rule_id rule)
{
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++) {
		const struct incident *in = incidents_at(w.parts.incidents, i);

		if (in->rule == rule && in->is_any && in->is_open)
			return in;
	}
	return NULL;
}

static inline const char *message(enum rule_id rule)
{
	for (size_t i = incidents_count(w.parts.incidents); i-- > 0;)
		if (incidents_at(w.parts.incidents, i)->rule == rule)
			return incident_message(incidents_at(w.parts.incidents, i));
	return "";
}

#endif
