/* shard_sums.c - see shard_sums.h. */
#include "app/shard_sums.h"

#include <assert.h>
#include <stddef.h>
#include "base/err.h"

/* The counters of a shard by their offsets; one of another type does not compile. */
#define COUNTER(field) \
	_Generic(((struct shard_counters *)0)->field, \
		 uint64_t: offsetof(struct shard_counters, field))

static const size_t shard_fields[] = {
	COUNTER(duplicates), COUNTER(duplicates_other_way), COUNTER(duplicates_forgotten),
	COUNTER(places_forgotten), COUNTER(packets), COUNTER(flow_packets), COUNTER(carriers),
	COUNTER(fragments), COUNTER(fragments_merged), COUNTER(fragments_bad),
	COUNTER(fragments_overlap), COUNTER(fragments_duplicate), COUNTER(fragments_timeout),
	COUNTER(fragments_evicted), COUNTER(fragments_held), COUNTER(fragments_carriers),
	COUNTER(datagrams), COUNTER(bad_reassembled), COUNTER(late_packets),
	COUNTER(flows_opened), COUNTER(flows_evicted), COUNTER(flows_idle), COUNTER(flows_fin),
	COUNTER(flows_rst), COUNTER(flows_input), COUNTER(dpi_packets), COUNTER(dpi_unavailable),
	COUNTER(tcp_retrans_bytes), COUNTER(tcp_lost_bytes), COUNTER(tcp_resyncs),
	COUNTER(tcp_late_segments), COUNTER(tcp_zero_windows), COUNTER(tcp_went_on),
	COUNTER(flows_half_open), COUNTER(flows_refused), COUNTER(flows_midstream),
	COUNTER(flows_one_sided), COUNTER(dns_answers), COUNTER(dns_answers_beyond),
	COUNTER(carried_beyond), COUNTER(flows_imported), COUNTER(flows_exported),
	COUNTER(flows_lost), COUNTER(dpi_silent), COUNTER(facts_beyond), COUNTER(names_beyond),
	COUNTER(arp), COUNTER(claims), COUNTER(claims_beyond),
};

static_assert(ARRAY_SIZE(shard_fields) * sizeof(uint64_t) == sizeof(struct shard_counters),
	      "every counter of a shard is added up");

void shard_sums_add(struct shard_counters *sum, const struct shard_counters *one)
{
	for (size_t i = 0; i < ARRAY_SIZE(shard_fields); i++) {
		uint64_t *to = (uint64_t *)((char *)sum + shard_fields[i]);

		*to += *(const uint64_t *)((const char *)one + shard_fields[i]);
	}
}

void shard_sums_add_fragments(struct shard_counters *sum, const struct fragments_counters *f,
			      uint64_t bad_reassembled)
{
	struct shard_counters one = {
		.fragments = f->given, .fragments_merged = f->merged, .fragments_bad = f->bad,
		.fragments_overlap = f->overlap, .fragments_duplicate = f->duplicate,
		.fragments_timeout = f->timeout, .fragments_evicted = f->evicted,
		.fragments_held = f->held, .fragments_carriers = f->carriers,
		.datagrams = f->datagrams, .bad_reassembled = bad_reassembled,
	};

	shard_sums_add(sum, &one);
}
