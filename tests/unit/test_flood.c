/* test_flood.c - a leak beside a flood of destinations: the memory stays bounded, the leak is kept
 * and told, and who floods is named (DETECTION scenario N15).
 *
 * The leak: IMG-SRV-2 uploads 300 MB to one address at 00:30 every night.
 */
#include "flood_world.h"
#include "base/log.h"
#include "profile/channel.h"
#include "tap.h"

#define LEAK_FROM "10.20.1.11"
#define LEAK_ASSET "IMG-SRV-2"
#define LEAK_TO 0xcb007109U		/* 203.0.113.9 */
#define LEAK_PORT 443
#define LEAK_BYTES 300000000ULL
#define OTHER_FROM "10.20.2.21"		/* another vendor's, another zone's */
#define OTHER_ASSET "REVIEW-1"
#define FLOOD_TO 0x2d000000U		/* 45.0.0.0 and on */
#define DECOYS 10001
#define DECOY_BYTES 300000ULL
#define PROMISE 100000000U		/* DETECTION section 3 */

struct story {
	struct world w;
	unsigned leak_from;		/* the leak's first night */
	unsigned l1_night, l2_night;	/* of the leak, 0: none; 1 is its first */
	bool was_lost;			/* after a night of it, no group with it had evidence */
	size_t most_bytes;
	uint32_t flooded;		/* destinations so far */
	bool repeats;			/* the second night's decoys are the first's */
};

static void begin(struct story *s, unsigned leak_from)
{
	*s = (struct story){ .leak_from = leak_from };
	world_begin(&s->w, NULL);
	world_start(&s->w);
}

static void watch_memory(struct story *s)
{
	size_t now = channels_bytes(s->w.parts.channels);

	if (now > s->most_bytes)
		s->most_bytes = now;
}

static bool has_evidence(const struct story *s, enum group group)
{
	const struct channel *ch = world_channel(&s->w, LEAK_ASSET, group, LEAK_TO, LEAK_PORT);

	return ch && ch->evidence;
}

/* One minute of the leak's ten. */
static void leak_minute(struct story *s, unsigned night, unsigned i)
{
	const struct world_send m = { .from = LEAK_FROM, .to = LEAK_TO, .port = LEAK_PORT,
				      .up = LEAK_BYTES / 10, .down = 5000,
				      .is_open_already = i > 0 };

	world_feed(&s->w, world_minute(night, 23, 30 + i), &m);
	world_pass(&s->w, world_minute(night, 23, 31 + i));
}

/* n destinations in networks of their own, in one minute. */
static void flood_minute(struct story *s, const char *from, uint64_t minute, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct world_send m = { .from = from, .to = FLOOD_TO + (s->flooded++ << 8),
					      .port = 443, .up = DECOY_BYTES, .down = 3000 };

		world_feed(&s->w, minute, &m);
	}
	world_pass(&s->w, minute + 1);
	watch_memory(s);
}

/* Is the incident about the leak: its address, its network, or a group that names one of them? */
static bool is_about_leak(const struct incident *in)
{
	struct addr peer = world_addr(LEAK_TO);

	return in->rule == RULE_EXF_001 && in->is_open && !strcmp(in->subject->id, LEAK_ASSET) &&
	       (group_holds_address(&in->key, &peer) || addr_equal(&in->peer, &peer) ||
		strstr(in->attached, "203.0.113."));
}

static enum level told(const struct story *s)
{
	enum level best = LEVEL_NONE;

	for (size_t i = 0; i < incidents_count(s->w.parts.incidents); i++) {
		const struct incident *in = incidents_at(s->w.parts.incidents, i);

		if (in->level > best && is_about_leak(in))
			best = in->level;
	}
	return best;
}

/* The night is judged; what is known of the leak then. */
static void judge_night(struct story *s, unsigned night)
{
	unsigned nights = night + 1 - s->leak_from;
	enum level level;

	world_pass(&s->w, world_minute(night, 4, 30));
	if (night < s->leak_from)
		return;
	level = told(s);
	if (level >= LEVEL_1 && !s->l1_night)
		s->l1_night = nights;
	if (level >= LEVEL_2 && !s->l2_night)
		s->l2_night = nights;
	s->was_lost |= !has_evidence(s, GROUP_IP) && !has_evidence(s, GROUP_PREFIX) &&
		       !has_evidence(s, GROUP_ANY);
	watch_memory(s);
}

static void end(struct story *s)
{
	printf("# L1 night %u, L2 night %u; most bytes %zu; evidence given up %llu\n", s->l1_night,
	       s->l2_night, s->most_bytes, (unsigned long long)
	       channels_counters(s->w.parts.channels)->evicted_evidence);
	world_end(&s->w);
}

/* --- two nights of decoys ---------------------------------------------- */

/* Nights 0 .. last with the leak from s->leak_from on; in the nights first and first + 1 the
 * decoys come, half of them before the leak and half after. */
static void run_decoys(struct story *s, const char *from, unsigned first, unsigned last)
{
	for (unsigned night = 0; night <= last; night++) {
		bool is_flooded = night == first || night == first + 1;

		if (s->repeats && night == first + 1)
			s->flooded = 0;
		if (is_flooded)
			flood_minute(s, from, world_minute(night, 22, 50), DECOYS / 2);
		for (unsigned i = 0; i < 10 && night >= s->leak_from; i++)
			leak_minute(s, night, i);
		if (is_flooded)
			flood_minute(s, from, world_minute(night, 0, 10), DECOYS - DECOYS / 2);
		judge_night(s, night);
	}
}

static void check_flooder(const struct story *s, const char *floods, const char *innocent)
{
	const struct incident *in = world_incident(&s->w, RULE_HLT_001, floods);

	CU_ASSERT_PTR_NOT_NULL(in);
	if (in) {
		CU_ASSERT(in->is_open);
		CU_ASSERT(in->given_up > 5000);
		CU_ASSERT_PTR_NOT_NULL(strstr(incident_message(in), floods));
	}
	if (innocent)
		CU_ASSERT_PTR_NULL(world_incident(&s->w, RULE_HLT_001, innocent));
	CU_ASSERT(channels_counters(s->w.parts.channels)->evicted_evidence > 5000);
	CU_ASSERT(s->most_bytes < PROMISE);
}

struct attack {
	const char *from;
	unsigned first, leak_from;	/* nights */
	bool repeats;
};

static void decoys(const struct attack *a)
{
	bool is_other = strcmp(a->from, LEAK_FROM) != 0;
	struct story s;

	begin(&s, a->leak_from);
	s.repeats = a->repeats;
	run_decoys(&s, a->from, a->first, (a->first > 3 ? a->first + 2 : a->leak_from + 5));
	CU_ASSERT_FALSE(s.was_lost);
	CU_ASSERT(has_evidence(&s, GROUP_IP));
	/* Decoys of the asset's own are nights of the group "any" too, so it may speak earlier. */
	CU_ASSERT(s.l1_night >= 1 && s.l1_night <= 4);
	CU_ASSERT(s.l2_night >= 1 && s.l2_night <= 6);
	check_flooder(&s, is_other ? OTHER_ASSET : LEAK_ASSET, is_other ? LEAK_ASSET : NULL);
	end(&s);
}

static void another_asset_floods_after_the_fifth_night(void)
{
	decoys(&(struct attack){ .from = OTHER_FROM, .first = 5 });
}

static void another_asset_floods_before_the_first_night(void)
{
	decoys(&(struct attack){ .from = OTHER_FROM, .leak_from = 2, .repeats = true });
}

static void the_leaking_asset_floods_after_the_fifth_night(void)
{
	decoys(&(struct attack){ .from = LEAK_FROM, .first = 5 });
}

static void the_leaking_asset_floods_before_the_first_night(void)
{
	decoys(&(struct attack){ .from = LEAK_FROM, .leak_from = 2, .repeats = true });
}

static void the_leaking_asset_floods_in_the_first_nights(void)
{
	decoys(&(struct attack){ .from = LEAK_FROM });
}

/* --- a million destinations -------------------------------------------- */

#define NIGHTS 30U
#define DESTINATIONS 1000000U
#define A_NIGHT (DESTINATIONS / NIGHTS + 1)
#define HEAVY_NIGHT 8U			/* when many of them upload enough to qualify */
#define HEAVY 12000U
#define HEAVY_BYTES 9000ULL		/* above the low floor */

/* A night's share: addresses by the hundred in each network, over forty minutes round the leak. */
static void flood_night(struct story *s, unsigned night)
{
	for (unsigned i = 0; i < A_NIGHT; i++) {
		bool is_heavy = night == HEAVY_NIGHT && i < HEAVY;
		uint64_t minute = world_minute(night, 23, 10) + i * 40 / A_NIGHT;
		uint32_t to = FLOOD_TO + (s->flooded / 100 << 8) + s->flooded % 100;
		const struct world_send m = { .from = OTHER_FROM, .to = to, .port = 443,
					      .up = is_heavy ? HEAVY_BYTES : 60,
					      .is_open_already = true };

		s->flooded++;
		if (i % 1000 == 0)
			watch_memory(s);
		world_feed(&s->w, minute, &m);
		if (i % 1000 == 999)
			world_pass(&s->w, minute);
	}
}

/* The leak's channel is the one that was made on its first night. */
static bool is_kept(const struct story *s, const struct channel *leak)
{
	const struct channel *ch = world_channel(&s->w, LEAK_ASSET, GROUP_IP, LEAK_TO, LEAK_PORT);

	return ch && ch == leak && ch->up > 0 && ch->evidence &&
	       ch->first_ns < world_ns(world_minute(0, 6, 0));
}

static void check_million(const struct story *s, const struct incident *health)
{
	const struct channels_counters *c = channels_counters(s->w.parts.channels);

	CU_ASSERT(s->l1_night >= 3 && s->l1_night <= 4);
	CU_ASSERT(s->l2_night >= 5 && s->l2_night <= 6);
	CU_ASSERT(s->flooded >= DESTINATIONS);
	CU_ASSERT(s->most_bytes < PROMISE);
	CU_ASSERT(c->live <= CHANNELS_MAX);
	CU_ASSERT(c->with_evidence <= CHANNELS_EVIDENCE_MAX);
	EQUAL_INT(c->made, c->live + c->evicted + c->expired);
	CU_ASSERT(c->evicted > DESTINATIONS - CHANNELS_MAX);
	CU_ASSERT(c->evicted_evidence > HEAVY - CHANNELS_EVIDENCE_MAX);
	EQUAL_INT(c->evicted_strong, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(health);
	CU_ASSERT_FALSE(health->is_open);	/* opened, and resolved since */
	EQUAL_INT(health->records, 2);
	EQUAL_INT(health->given_up, c->evicted_evidence);
	EQUAL_TEXT(health->subject->id, OTHER_ASSET);
}

static void a_million_destinations_beside_the_leak(void)
{
	const struct channel *leak = NULL;
	const struct incident *health = NULL;
	struct story s;

	begin(&s, 0);
	for (unsigned night = 0; night < NIGHTS; night++) {
		for (unsigned i = 0; i < 10; i++)
			leak_minute(&s, night, i);
		flood_night(&s, night);
		judge_night(&s, night);
		if (!night)
			leak = world_channel(&s.w, LEAK_ASSET, GROUP_IP, LEAK_TO, LEAK_PORT);
		CU_ASSERT(is_kept(&s, leak));
		health = world_incident(&s.w, RULE_HLT_001, OTHER_ASSET);
		CU_ASSERT((health != NULL) == (night >= HEAVY_NIGHT));
		CU_ASSERT(!health || health->is_open == (night <= HEAVY_NIGHT + 14));
	}
	check_million(&s, health);
	end(&s);
}

/* --- who goes ---------------------------------------------------------- */

#define SMALL 160U

static struct channel_key small_key(const struct subject *s, uint32_t to)
{
	struct channel_key key = { .subject = s->number, .is_external = true };
	struct addr a = world_addr(to);

	group_key_ip(&key, &a, IP_TCP, 443);
	return key;
}

/* Selection without sorting takes what sorting would have taken, whatever the order of arrival. */
static void exactly_the_longest_silent_go(void)
{
	const struct channels_limits limits = { .channels = SMALL };
	struct channels *c;
	struct channel_key key;
	struct subject *s;
	struct world w;

	world_begin(&w, NULL);
	s = subjects_by_id(w.parts.subjects, LEAK_ASSET);
	for (uint32_t step = 1; step < SMALL; step += 2) {
		EQUAL_INT(channels_new(&limits, &c), 0);
		for (uint32_t i = 0; i < SMALL; i++) {
			key = small_key(s, FLOOD_TO + i);
			/* An odd step of a table of 2^5 * 5; those of 5 give equal stamps. */
			channels_get(c, s, &key)->last_ns = 1 + i * step % SMALL;
		}
		key = small_key(s, FLOOD_TO + SMALL);
		channels_get(c, s, &key)->last_ns = SMALL + 1;
		EQUAL_INT(channels_counters(c)->evicted, SMALL / 16);
		for (uint32_t i = 0; i < SMALL && step % 5; i++) {
			key = small_key(s, FLOOD_TO + i);
			CU_ASSERT((channels_find(c, &key) == NULL) ==
				  (i * step % SMALL < SMALL / 16));
		}
		channels_free(c);
	}
	world_end(&w);
}

static CU_TestInfo all[] = {
	{ "exactly the longest silent go", exactly_the_longest_silent_go },
	{ "a million destinations beside the leak", a_million_destinations_beside_the_leak },
	{ "decoys of another asset after the leak's fifth night",
	  another_asset_floods_after_the_fifth_night },
	{ "decoys of another asset, twice, before the leak's first night",
	  another_asset_floods_before_the_first_night },
	{ "decoys of the leaking asset after its fifth night",
	  the_leaking_asset_floods_after_the_fifth_night },
	{ "decoys of the leaking asset, twice, before its first night",
	  the_leaking_asset_floods_before_the_first_night },
	{ "decoys of the leaking asset in its first nights",
	  the_leaking_asset_floods_in_the_first_nights },
	CU_TEST_INFO_NULL,
};

/* What every run has: an asset that floods for another, and one for itself, at the worst times.
 * The other three are the long form (make check-full). */
static CU_TestInfo tests[] = {
	{ "exactly the longest silent go", exactly_the_longest_silent_go },
	{ "a million destinations beside the leak", a_million_destinations_beside_the_leak },
	{ "decoys of another asset, twice, before the leak's first night",
	  another_asset_floods_before_the_first_night },
	{ "decoys of the leaking asset in its first nights",
	  the_leaking_asset_floods_in_the_first_nights },
	CU_TEST_INFO_NULL,
};

/* Where another run of the suite has them all (sanitizers, distcheck). */
static CU_TestInfo reduced[] = {
	{ "exactly the longest silent go", exactly_the_longest_silent_go },
	{ "the leaking asset floods after the fifth night",
	  the_leaking_asset_floods_after_the_fifth_night },
	CU_TEST_INFO_NULL,
};

int main(void)
{
	CU_SuiteInfo suites[] = { { "flood", NULL, NULL, NULL, NULL,
				    getenv("NW_LONG") ? all :
				    getenv("NW_REDUCED") ? reduced : tests },
				  CU_SUITE_INFO_NULL };

	log_set_level(LOG_LEVEL_ERR);	/* that memory is full is what is tried here */
	return tap_main(suites);
}
