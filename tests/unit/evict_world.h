/* evict_world.h - a long memory that is small, and what fills it; for the tests of who goes. */
#ifndef NW_TESTS_EVICT_WORLD_H
#define NW_TESTS_EVICT_WORLD_H

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "packet/packet.h"
#include "policy/site.h"
#include "profile/channel_internal.h"
#include "tap.h"

static struct site *site;
static struct subjects *subjects;

static inline int set_up(void)
{
	return site_default(NULL, NULL, &site) || subjects_new(site, &subjects);
}

static inline int tear_down(void)
{
	subjects_free(subjects);
	site_free(site);
	return 0;
}

static inline struct subject *subject_of(unsigned n)
{
	const uint8_t bytes[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	struct addr a = addr_from_ipv4(bytes);
	struct subject *s = subjects_get(subjects, &(struct sighting){ .addr = &a });

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	return s;
}

static inline struct channels *table_of(size_t channels, size_t evidence, size_t bytes)
{
	struct channels_limits limits = { channels, evidence, bytes };
	struct channels *c = NULL;

	EQUAL_INT(channels_new(&limits, &c), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static inline struct channel_key key_to(const struct subject *s, unsigned peer)
{
	const uint8_t bytes[4] = { (uint8_t)(100 + (peer >> 24)), (uint8_t)(peer >> 16),
				   (uint8_t)(peer >> 8), (uint8_t)peer };
	struct channel_key key = { .subject = s->number, .is_external = 1 };
	struct addr there = addr_from_ipv4(bytes);

	group_key_ip(&key, &there, IP_TCP, 443);
	return key;
}

static inline struct channel *get(struct channels *c, struct subject *s, unsigned peer)
{
	struct channel_key key = key_to(s, peer);
	struct channel *ch = channels_get(c, s, &key);

	CU_ASSERT_PTR_NOT_NULL_FATAL(ch);
	return ch;
}

static inline bool is_there(const struct channels *c, const struct subject *s, unsigned peer)
{
	struct channel_key key = key_to(s, peer);

	return channels_find(c, &key) != NULL;
}

/* A minute of upload, as attribution adds it. */
static inline struct channel *upload(struct channels *c, struct subject *s, unsigned peer,
				     int64_t row, unsigned slot, uint64_t up)
{
	struct channel *ch = get(c, s, peer);

	CU_ASSERT_FATAL(channel_add(c, ch, row, &(struct row_minute){ .slot = slot, .up = up,
			.peer = { .addr = ch->key.value, .port = 443, .proto = IP_TCP } }));
	ch->up += up;
	ch->row_up += up;
	ch->last_ns = (uint64_t)row * NS_PER_DAY + slot;
	return ch;
}

/* Counters against a count of what is there. */
static inline void expect_balance(struct channels *c)
{
	const struct channels_counters *k = channels_counters(c);
	uint64_t live = 0, with = 0, bytes = 0;

	for (size_t i = 0; i < c->slots; i++) {
		const struct channel *ch = c->table[i];

		if (!ch)
			continue;
		live++;
		with += ch->evidence != NULL;
		bytes += sizeof(*ch) + (ch->contact ? sizeof(*ch->contact) : 0) +
			 (ch->evidence ? sizeof(*ch->evidence) : 0) + row_bytes(ch->row) +
			 (ch->name ? strlen(ch->name) + 1 : 0);
		CU_ASSERT(channels_find(c, &ch->key) == ch);
	}
	EQUAL_INT(k->live, live);
	EQUAL_INT(k->with_evidence, with);
	EQUAL_INT(k->bytes, bytes);
	EQUAL_INT(k->made, k->live + k->evicted + k->expired);
}

#endif
