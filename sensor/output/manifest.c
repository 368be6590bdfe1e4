/* manifest.c - see manifest.h. */
#include "output/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "config.h"
#include "packet/packet.h"

#define LISTED_MAX 1000		/* stretches; the counters say how many there are */

struct counter {
	const char *name;
	uint64_t value;
};

static json_t *files_array(const struct source *s)
{
	json_t *files = json_array();

	for (size_t i = 0; i < source_inputs(s); i++) {
		const struct source_input *input = source_input(s, i);
		json_t *file = json_object();
		char sha256[DIGEST_HEX_MAX];
		int err = input->size ? digest_sha256_file(input->name, sha256) : -ENOENT;

		json_put_text(file, "name", input->name);
		json_put_int(file, "size", input->size);
		json_put_text(file, "sha256", err ? NULL : sha256);
		json_put_time(file, "first", input->packets ? input->first_ns : 0);
		json_put_time(file, "last", input->last_ns);
		json_put_int(file, "packets", input->packets);
		json_put_text(file, "damage", input->damage);
		json_object_set_new(file, "refused", json_boolean(input->is_refused));
		json_array_append_new(files, file);
	}
	return files;
}

static void put_counters(json_t *object, const struct counter *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_put_int(object, list[i].name, list[i].value);
}

/* Who is who on the links: claims, and what is kept of them; and dealings (profile/dealing.h). */
static void put_links(json_t *object, const struct manifest_facts *f)
{
	const struct counter list[] = {
		{ "claims.arp", f->flow->arp },
		{ "claims.read", f->flow->claims },
		{ "claims.beyond", f->flow->claims_beyond },
		{ "link.known", f->links->live[LINK_ITSELF] },
		{ "link.neighbours", f->links->live[LINK_NEIGHBOUR] },
		{ "link.gateways", f->links->live[LINK_GATEWAY] },
		{ "link.evicted", f->links->evicted[LINK_ITSELF] },
		{ "link.neighbours_evicted", f->links->evicted[LINK_NEIGHBOUR] },
		{ "link.gateways_evicted", f->links->evicted[LINK_GATEWAY] },
		{ "link.beyond", f->links_beyond },
		{ "dealing.known", f->dealings->live },
		{ "dealing.made", f->dealings->made },
		{ "dealing.forgotten", f->dealings->forgotten },
		{ "unnamed.invisible", f->unnamed[UNNAMED_INVISIBLE] },
		{ "unnamed.young", f->unnamed[UNNAMED_YOUNG] },
		{ "unnamed.full", f->unnamed[UNNAMED_FULL] },
		{ "unnamed.blind", f->unnamed[UNNAMED_BLIND] },
	};

	put_counters(object, list, ARRAY_SIZE(list));
}

static void put_incidents(json_t *object, const struct incidents_counters *c)
{
	const struct counter list[] = {
		{ "incident.opened", c->opened },
		{ "incident.updated", c->updated },
		{ "incident.resolved", c->resolved },
		{ "incident.flooded", c->flooded },
		{ "incident.disabled", c->disabled },
		{ "incident.unmatched", c->unmatched },
		{ "incident.suppressed", c->suppressed },
		{ "incident.past", c->past },
		{ "incident.forgotten", c->forgotten },
		{ "incident.refused", c->refused },
	};

	put_counters(object, list, ARRAY_SIZE(list));
}

static json_t *counters_object(const struct manifest_facts *f)
{
	const struct source_counters *c = source_counters(f->source);
	const struct shard_counters *s = f->flow;
	struct coverage_counters blind = coverage_counters(f->coverage);
	const struct counter list[] = {
		{"capture.seen", c->seen},
		{"capture.filtered", c->filtered},
		{"capture.reordered", c->reordered},
		{"capture.clamped", c->clamped}, { "capture.stepped_back", c->stepped_back },
		{"capture.in_two_files", c->in_two_files},
		{"capture.normalised", c->normalised},
		{"capture.kernel_received", c->kernel_received},
		{"capture.kernel_drops", c->kernel_drops},
		{"capture.device_drops", c->device_drops},
		{"capture.files_damaged", c->files_damaged},
		{"capture.files_refused", c->files_refused},
		{"capture.gaps", f->gaps->n},
		{"coverage.stretches", blind.stretches},
		{"coverage.forgotten", blind.forgotten},
		{"coverage.packets_in_declared", f->packets_declared},
		{"flow.packets", s->packets},
		{"flow.counted", s->flow_packets},
		{"flow.late", s->late_packets},
		{"packets.duplicate", s->duplicates},
		{"packets.duplicate_other_way", s->duplicates_other_way},
		{"packets.duplicate_forgotten", s->duplicates_forgotten},
		{"flow.places_forgotten", s->places_forgotten},
		{"flow.opened", s->flows_opened},
		{"flow.end_fin", s->flows_fin},
		{"flow.end_rst", s->flows_rst},
		{"flow.end_idle", s->flows_idle},
		{"flow.end_evicted", s->flows_evicted},
		{"flow.end_input", s->flows_input},
		{"flow.outside_both", f->flows_outside},
		{"fragment.given", s->fragments},
		{"fragment.merged", s->fragments_merged},
		{"fragment.bad", s->fragments_bad},
		{"fragment.overlap", s->fragments_overlap},
		{"fragment.duplicate", s->fragments_duplicate},
		{"fragment.timeout", s->fragments_timeout},
		{"fragment.evicted", s->fragments_evicted},
		{"fragment.held", s->fragments_held},
		{"fragment.carriers", s->fragments_carriers},
		{"packets.carrier", s->carriers},
		{"fragment.datagrams", s->datagrams},
		{"fragment.bad_transport", s->bad_reassembled},
		{"tcp.retransmitted_bytes", s->tcp_retrans_bytes},
		{"tcp.lost_bytes", s->tcp_lost_bytes},
		{"tcp.resyncs", s->tcp_resyncs},
		{"tcp.late_segments", s->tcp_late_segments},
		{"tcp.zero_windows", s->tcp_zero_windows},
		{"tcp.went_on", s->tcp_went_on},
		{"tcp.half_open", s->flows_half_open},
		{"tcp.refused", s->flows_refused},
		{"tcp.midstream", s->flows_midstream},
		{"tcp.one_sided", s->flows_one_sided},
		{"flow.imported", s->flows_imported},
		{"flow.exported", s->flows_exported},
		{"flow.lost", s->flows_lost},
		{"dpi.facts_beyond", s->facts_beyond},
		{"dpi.names_beyond", s->names_beyond},
		{"dpi.silent", s->dpi_silent},
		{"dns.answers", s->dns_answers},
		{"dns.answers_beyond", s->dns_answers_beyond},
		{"carried.beyond", s->carried_beyond},
		{"dpi.packets", s->dpi_packets},
		{"dpi.unavailable", s->dpi_unavailable},
		{ "night.judged", f->nights_judged },
		{ "night.channels", f->channel_nights },
		{ "subject.known", f->subjects },
		{ "subject.overflowed", f->subjects_overflowed },
		{ "channel.evicted_tonight", f->channels->evicted_tonight },
		{"channel.live", f->channels->live},
		{"channel.evicted", f->channels->evicted},
		{"channel.with_evidence", f->channels->with_evidence},
		{"channel.evicted_evidence", f->channels->evicted_evidence},
		{"channel.evicted_strong", f->channels->evicted_strong},
		{"channel.expired", f->channels->expired},
	};
	json_t *object = json_object();

	put_counters(object, list, ARRAY_SIZE(list));
	put_incidents(object, f->incidents);
	put_links(object, f);
	for (int i = 0; i < PACKET_STATUSES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "decode.%s",
			 packet_status_name((enum packet_status)i));
		json_put_int(object, name, f->pipeline[i]);
	}
	return object;
}

/* Where every packet ended. */
static json_t *balance_object(const struct manifest_facts *f)
{
	const struct shard_counters *s = f->flow;
	uint64_t accounted = s->duplicates + s->flow_packets + s->bad_reassembled +
		s->fragments_bad +
		s->fragments_overlap + s->fragments_duplicate + s->fragments_timeout +
		s->fragments_evicted + s->fragments_held + s->fragments_carriers - s->carriers;
	json_t *object = json_object();

	for (int i = PACKET_FRAGMENT + 1; i < PACKET_STATUSES; i++)
		accounted += f->pipeline[i];
	json_put_int(object, "seen", source_counters(f->source)->seen);
	json_put_int(object, "accounted", accounted);
	return object;
}

static json_t *versions_object(void)
{
	json_t *object = json_object();

	json_put_text(object, "nachtwacht", PACKAGE_VERSION);
	json_put_text(object, "ndpi", dpi_library_version());
	json_put_text(object, "libpcap", source_library_version());
	json_put_text(object, "jansson", JANSSON_VERSION);
	json_put_text(object, "zlib", zlibVersion());
	return object;
}

static json_t *options_object(const struct manifest_facts *f)
{
	json_t *object = json_object();

	json_put_text(object, "sensor", f->sensor);
	json_put_text(object, "filter", f->filter);
	json_put_text(object, "from", f->from);
	json_put_text(object, "to", f->to);
	json_put_text(object, "gaps_sha256", f->declared ? f->declared->sha256 : NULL);
	json_put_int(object, "workers", f->workers);
	json_put_int(object, "shards", f->shards);
	json_object_set_new(object, "dedup", json_boolean(f->dedup));
	return object;
}

static json_t *gaps_array(const struct gaps *gaps)
{
	json_t *list = json_array();

	for (size_t i = 0; i < gaps_kept(gaps); i++) {
		json_t *gap = json_object();

		json_put_time(gap, "from", gaps->first[i].from_ns);
		json_put_time(gap, "to", gaps->first[i].to_ns);
		json_array_append_new(list, gap);
	}
	return list;
}

static json_t *declared_array(const struct gaps_file *declared)
{
	json_t *list = json_array();

	for (size_t i = 0; declared && i < declared->n && i < LISTED_MAX; i++) {
		json_t *gap = json_object();

		json_put_time(gap, "from", declared->list[i].from_ns);
		json_put_time(gap, "to", declared->list[i].to_ns);
		json_put_text(gap, "reason", declared->list[i].reason);
		json_array_append_new(list, gap);
	}
	return list;
}

static json_t *blind_array(struct coverage *coverage)
{
	struct coverage_stretch *all = calloc(LISTED_MAX, sizeof(*all));
	size_t n = all ? coverage_list(coverage, 0, UINT64_MAX, all, LISTED_MAX) : 0;
	json_t *list = json_array();

	for (size_t i = 0; i < n && i < LISTED_MAX; i++) {
		json_t *stretch = json_object();

		json_put_time(stretch, "from", all[i].from_ns);
		json_put_time(stretch, "to", all[i].to_ns);
		json_put_text(stretch, "reason", coverage_reason_name(all[i].reason));
		json_array_append_new(list, stretch);
	}
	free(all);
	return list;
}

/* The digest of an output that is a regular file; null for a pipe, a device, standard output. */
static void put_output(json_t *object, const char *key, const char *path)
{
	char sha256[DIGEST_HEX_MAX];
	bool has = path && strcmp(path, "-") && !digest_sha256_file(path, sha256);

	json_put_text(object, key, has ? sha256 : NULL);
}

static json_t *manifest_object(const struct manifest_facts *f)
{
	json_t *root = json_object(), *site = json_object(), *outputs = json_object();

	json_put_text(site, "id", f->site->id);
	json_put_text(site, "sha256", f->site->sha256);
	json_put_text(site, "rules_sha256", f->site->rules->sha256);
	json_put_text(site, "timezone", f->site->timezone);
	put_output(outputs, "alerts_sha256", f->alerts);
	put_output(outputs, "flows_sha256", f->flows);
	json_put_int(root, "schema", 1);
	json_put_text(root, "run", f->run_id);
	json_object_set_new(root, "site", site);
	json_object_set_new(root, "versions", versions_object());
	json_object_set_new(root, "options", options_object(f));
	json_object_set_new(root, "files", files_array(f->source));
	json_object_set_new(root, "counters", counters_object(f));
	json_object_set_new(root, "balance", balance_object(f));
	json_object_set_new(root, "complete", json_boolean(!f->is_incomplete));
	json_object_set_new(root, "gaps", gaps_array(f->gaps));
	json_object_set_new(root, "declared_gaps", declared_array(f->declared));
	json_object_set_new(root, "blind", blind_array(f->coverage));
	json_object_set_new(root, "outputs", outputs);
	return root;
}

int manifest_write(const char *path, const struct manifest_facts *facts)
{
	FILE *out = strcmp(path, "-") ? fopen(path, "w") : stdout;
	json_t *root;
	int err = 0;

	if (!out) {
		err = -errno;
		log_err("manifest", "%s: %s", path, err_text(err));
		return err;
	}
	root = manifest_object(facts);
	errno = 0;
	if (json_dumpf(root, out, JSON_INDENT(2) | JSON_SORT_KEYS) || fputc('\n', out) == EOF ||
	    fflush(out))
		err = errno ? -errno : -EIO;
	json_decref(root);
	if (out != stdout && fclose(out) && !err)
		err = -errno;
	if (err)
		log_err("manifest", "%s: %s", path, err_text(err));
	return err;
}
