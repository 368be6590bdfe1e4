/* fuzz_visits.c - any bytes as the remote sessions of a state: refused, or within their bounds, in
 * order, and packed to what is read as the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "policy/site.h"
#include "profile/visit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []},"
	" \"assets\": [{\"id\": \"A\", \"ip\": [\"10.1.0.1\"]}, {\"id\": \"B\", \"ip\": "
	"[\"10.1.0.2\"]}]}";

static void check(struct visits *v, const struct subjects *s)
{
	struct packer first = { 0 }, second = { 0 };
	struct visits *again;
	struct unpacker u;
	uint64_t bad;

	ENSURE(visits_count(v) <= VISITS_MAX);
	for (size_t i = 0; i < visits_count(v); i++) {
		const struct visit *one = visits_at(v, i);
		struct visit_key key = { one->subject, &one->peer, one->protocol };

		ENSURE(one->start_ns <= one->last_ns && strlen(one->order) < sizeof(one->order));
		ENSURE(visits_find(v, &key) == one);
		visit_has_ended(one, UINT64_MAX);
	}
	visits_pack(v, &first);
	u = unpack_over(first.bytes, first.len);
	ENSURE(!visits_new(&again) && visits_unpack(again, s, &u, &bad) && !bad);
	visits_pack(again, &second);
	ENSURE(first.len == second.len && !memcmp(first.bytes, second.bytes, first.len));
	visits_free(again);
	pack_free(&first);
	pack_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct subjects *subjects;
	static struct site *site;
	struct unpacker u = unpack_over(data, size);
	struct visits *v;
	uint64_t bad;

	if (!site) {
		ENSURE(!site_parse("site", site_text, strlen(site_text), &site));
		ENSURE(!subjects_new(site, &subjects));
	}
	ENSURE(!visits_new(&v));
	visits_unpack(v, subjects, &u, &bad);
	check(v, subjects);
	visits_free(v);
	return 0;
}
