/* subject.c - see subject.h.  Addresses are found by open addressing over a table of twice
 * SUBJECTS_MAX pointers; a listed asset has one entry per address. */
#include "profile/subject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

#define TABLE_SLOTS                                                                                \
	(4 * SUBJECTS_MAX) /* never more than half full: assets may have many addresses */

struct entry {
	struct addr addr;
	struct subject *subject;	/* NULL: free */
};

struct subjects {
	const struct site *site;
	struct subject **list;
	size_t count, capacity;
	struct entry *table;
	size_t used;
	struct subject *unlisted;	/* what does not fit any more */
	uint64_t overflowed;
};

static struct entry *find_entry(const struct subjects *s, const struct addr *a)
{
	size_t i = hash_bytes(a->bytes, sizeof(a->bytes), hash_secret()) & (TABLE_SLOTS - 1);

	while (s->table[i].subject && !addr_equal(&s->table[i].addr, a))
		i = (i + 1) & (TABLE_SLOTS - 1);
	return &s->table[i];
}

static struct subject *new_subject(struct subjects *s, const char *id)
{
	struct subject *subject;

	if (s->count == s->capacity) {
		size_t more = s->capacity ? 2 * s->capacity : 64;
		struct subject **list = realloc(s->list, more * sizeof(struct subject *));

		if (!list)
			return NULL;
		s->list = list;
		s->capacity = more;
	}
	subject = calloc(1, sizeof(*subject));
	if (!subject)
		return NULL;
	text_copy(subject->id, sizeof(subject->id), id);
	subject->number = (uint32_t)s->count;
	for (size_t i = 0; i < VOLUME_NIGHTS; i++)
		subject->volume[i].row = INT64_MIN;
	s->list[s->count++] = subject;
	return subject;
}

static int add_asset(struct subjects *s, const struct asset *asset)
{
	struct subject *subject = new_subject(s, asset->id);

	if (!subject)
		return -ENOMEM;
	subject->asset = asset;
	if (asset->n_ips > 0) {
		subject->addr = asset->ips[0];
		subject->zone = site_zone(s->site, &asset->ips[0]);
	} else {
		subject->zone = asset->zone;
	}
	if (asset->n_macs > 0)
		memcpy(subject->mac, asset->macs[0], 6);
	for (size_t i = 0; i < asset->n_ips && s->used < TABLE_SLOTS / 2; i++) {
		struct entry *e = find_entry(s, &asset->ips[i]);

		s->used += !e->subject;
		*e = (struct entry){ .addr = asset->ips[i], .subject = subject };
	}
	return 0;
}

int subjects_new(const struct site *site, struct subjects **ret_subjects)
{
	struct subjects *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		return err;
	s->site = site;
	s->table = calloc(TABLE_SLOTS, sizeof(*s->table));
	if (!s->table)
		goto out;
	for (size_t i = 0; i < site->n_assets; i++) {
		err = add_asset(s, &site->assets[i]);
		if (err)
			goto out;
	}
	s->unlisted = new_subject(s, "unlisted");
	err = s->unlisted ? 0 : -ENOMEM;
	if (!err)
		*ret_subjects = steal(&s);
out:
	subjects_free(s);
	return err;
}

void subjects_free(struct subjects *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->list[i]->bound);
		free(s->list[i]);
	}
	free(s->list);
	free(s->table);
	free(s);
}

struct subject *subjects_get(struct subjects *s, const struct addr *a)
{
	struct entry *e = find_entry(s, a);
	char text[ADDR_TEXT_MAX];
	struct subject *subject;

	if (e->subject)
		return e->subject;
	if (!site_is_internal(s->site, a))
		return NULL;
	if (s->count >= SUBJECTS_MAX || s->used >= TABLE_SLOTS / 2) {
		s->overflowed++;
		return s->unlisted;
	}
	subject = new_subject(s, addr_format(a, text));
	if (!subject)
		return NULL;
	subject->addr = *a;
	subject->zone = site_zone(s->site, a);
	*e = (struct entry){ .addr = *a, .subject = subject };
	s->used++;
	return subject;
}

size_t subjects_count(const struct subjects *s)
{
	return s->count;
}

struct subject *subjects_at(const struct subjects *s, size_t number)
{
	return s->list[number];
}

uint64_t subjects_overflowed(const struct subjects *s)
{
	return s->overflowed;
}

static size_t ring_place(int64_t row, size_t n)
{
	return (size_t)(((row % (int64_t)n) + (int64_t)n) % (int64_t)n);
}

void subject_add_volume(struct subject *s, int64_t row, uint64_t up)
{
	struct volume_night *v = &s->volume[ring_place(row, VOLUME_NIGHTS)];

	if (v->row != row)
		*v = (struct volume_night){ .row = row };
	v->up += up;
}

unsigned subject_volumes(const struct subject *s, int64_t since, int64_t row,
			 struct volume_night ret[static VOLUME_NIGHTS])
{
	unsigned n = 0;

	if (since < row - VOLUME_NIGHTS)
		since = row - VOLUME_NIGHTS;
	for (; since < row; since++) {
		const struct volume_night *v = &s->volume[ring_place(since, VOLUME_NIGHTS)];

		ret[n++] = (struct volume_night){ .row = since, .up = v->row == since ? v->up : 0 };
	}
	return n;
}

void subject_count_bet(struct subject *s, int64_t row, bool is_promotion)
{
	struct bound_night *b;

	if (!s->bound) {
		s->bound = calloc(BOUND_NIGHTS, sizeof(*s->bound));
		if (!s->bound)
			return;
		for (size_t i = 0; i < BOUND_NIGHTS; i++)
			s->bound[i].row = INT64_MIN;
	}
	b = &s->bound[ring_place(row, BOUND_NIGHTS)];
	if (b->row != row)
		*b = (struct bound_night){ .row = row };
	b->channel_nights++;
	b->promoted += is_promotion;
}

void subject_bets(const struct subject *s, int64_t row, uint64_t *ret_channel_nights,
		  uint64_t *ret_channels)
{
	*ret_channel_nights = *ret_channels = 0;
	for (size_t i = 0; s->bound && i < BOUND_NIGHTS; i++)
		if (s->bound[i].row <= row && s->bound[i].row > row - BOUND_NIGHTS) {
			*ret_channel_nights += s->bound[i].channel_nights;
			*ret_channels += s->bound[i].promoted;
		}
}
