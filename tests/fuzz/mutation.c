/* mutation.c - every capture of a collection, damaged in many ways, through the packet path.
 *
 *	mutation [-s SEED] [-n PACKETS] [-e N] [-v] FILE-OR-DIRECTORY...
 *
 * Of each file, round after round until PACKETS were mutated in all (default 20 000; one round at
 * least):
 *   the file     a few of its bytes, more often in headers of records: evil lengths, stamps, flips
 *   each frame   as the reader gives it: as it is (1 in 8), bits flipped, a word 0 or all ones, cut
 *                (in the capture, or on the wire), a lie about the length, bytes taken out
 * and then packet_decode(), duplicates, fragments, flows, DPI, minute marks, the end.  A frame is
 * handed over in a heap buffer of exactly its captured size, so that AddressSanitizer sees a read
 * beyond it.  All of it follows from seed, file and round; time goes on from file to file.
 *
 * A failure: a crash; a packet that takes more than 50 ms of processor time (a busy machine fails
 * nobody); a frame that no counter has; a leak (under ASan).  -e N: one file in N.  -v: each file
 * as it comes, so that the last line names what crashed.
 * In `make check` the short form, one file in 40; `make check-mutation` is the long one.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/hash.h"
#include "capture/capfile.h"
#include "flow/shard.h"
#include "packet/packet.h"

#define FILE_MAX (16U << 20)	/* bytes read of a capture */
#define FRAMES_MAX 3000		/* of a file and round */
#define STEP_MAX_NS (2 * NS_PER_MIN)	/* capture time goes on by at most this between packets */
#define SLOW_NS (50 * NS_PER_MS)
#define FILES_MAX 8192
#define FILES_A_SHARD 32

struct run {
	uint64_t seed, state;		/* of the random numbers */
	uint64_t wanted, every;
	bool is_verbose;
	char *files[FILES_MAX];
	size_t n_files;
	struct shard *shard;
	uint64_t now_ns;
	uint64_t frames, mutated, given, slow, unbalanced, unread, slowest_ns;
	uint64_t decoded[PACKET_STATUSES];
	const char *file;
};

static uint64_t next_random(struct run *r)
{
	r->state += 0x9e3779b97f4a7c15ULL;
	return hash_mix(r->state);
}

static uint32_t below(struct run *r, uint32_t n)
{
	return n ? (uint32_t)(next_random(r) % n) : 0;
}

static void forget_event(void *arg, struct slice *s)
{
	(void)arg;
	slice_clear(s);
}

/* --- mutations ------------------------------------------------------------------------------- */

/* Headers are at the front: three of four places are among the first 128 bytes. */
static uint32_t somewhere(struct run *r, uint32_t len)
{
	return below(r, below(r, 4) && len > 128 ? 128 : len);
}

static void write_evil(struct run *r, uint8_t *at)
{
	static const uint16_t words[] = { 0, 0xffff, 0x7fff, 0x8000, 1, 0xff00, 0x00ff, 0x0600 };
	uint16_t word = words[below(r, sizeof(words) / sizeof(words[0]))];

	at[0] = (uint8_t)(word >> 8);
	at[1] = (uint8_t)word;
}

static void mutate_frame(struct run *r, struct frame *f, uint8_t *bytes)
{
	uint32_t at = somewhere(r, f->caplen);

	switch (below(r, 6)) {
	case 0:
		for (uint32_t n = 1 + below(r, 8); n && f->caplen; n--)
			bytes[somewhere(r, f->caplen)] ^= (uint8_t)(1U << below(r, 8));
		break;
	case 1:
		if (at + 2 <= f->caplen)
			write_evil(r, bytes + at);
		break;
	case 2:
		f->caplen = at;
		break;
	case 3:
		f->caplen = f->wirelen = at;
		break;
	case 4:
		f->wirelen = f->caplen + below(r, 2) * (uint32_t)(next_random(r) % 70000);
		break;
	case 5:
		memmove(bytes + at, bytes + at + (f->caplen - at) / 2,
			f->caplen - at - (f->caplen - at) / 2);
		f->caplen -= (f->caplen - at) / 2;
		break;
	}
}

/* Numbers of 32 bits, as the headers of records and blocks are made of. */
static void damage_file(struct run *r, uint8_t *data, uint32_t len)
{
	static const uint32_t evil[] = { 0, UINT32_MAX, 0x7fffffff, 262144, 262145, 65536, 12, 1 };
	uint32_t at = 24;

	for (uint32_t n = below(r, 4); n; n--) {
		/* Along the records of a classic pcap; in any other file, somewhere. */
		for (uint32_t skip = below(r, 50); skip && at + 16 < len; skip--) {
			uint32_t caplen = data[at + 8] | data[at + 9] << 8;

			at += 16 + caplen;
		}
		if (at + 16 > len)
			at = 24 + below(r, len - 24) / 4 * 4;
		if (at + 16 > len)
			return;
		memcpy(data + at + 4 * below(r, 4), &evil[below(r, 8)], 4);
	}
	if (!below(r, 4))
		data[below(r, len)] ^= (uint8_t)(1U << below(r, 8));
}

/* --- the packet path ------------------------------------------------------------------------- */

static uint64_t processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

static void give(struct run *r, const struct frame *f)
{
	uint64_t before = processor_ns(), took;
	struct packet p;
	enum packet_status status = packet_decode(f, &p);

	r->decoded[status]++;
	if (status == PACKET_OK || status == PACKET_FRAGMENT) {
		shard_packet(r->shard, &p, status);
		r->given++;
	}
	took = processor_ns() - before;
	if (took > r->slowest_ns)
		r->slowest_ns = took;
	if (took > SLOW_NS) {
		r->slow++;
		printf("# %s: a packet took %.1f ms\n", r->file, (double)took / NS_PER_MS);
	}
}

static void take_frame(struct run *r, const struct frame *from, uint64_t *last_ns)
{
	uint64_t step_ns = from->ts_ns > *last_ns ? from->ts_ns - *last_ns : 0;
	uint8_t *work = malloc(from->caplen + 1), *exact;
	struct frame f = *from;

	*last_ns = from->ts_ns;
	r->now_ns += step_ns < STEP_MAX_NS ? step_ns : STEP_MAX_NS;
	if (!work)
		abort();
	memcpy(work, from->bytes, from->caplen);
	if (below(r, 8)) {
		mutate_frame(r, &f, work);
		r->mutated++;
	}
	exact = malloc(f.caplen ? f.caplen : 1);
	if (!exact)
		abort();
	memcpy(exact, work, f.caplen);
	f.bytes = exact;
	f.ts_ns = r->now_ns - below(r, 2) * below(r, 3000000);
	r->frames++;
	give(r, &f);
	free(exact);
	free(work);
}

static void end_shard(struct run *r)
{
	const struct shard_counters *c;
	uint64_t places;

	if (!r->shard)
		return;
	shard_mark(r->shard, r->now_ns + 3 * SLICE_NS);
	shard_finish(r->shard);
	c = shard_counters(r->shard);
	places = c->duplicates + c->flow_packets + c->bad_reassembled + c->fragments_bad +
		 c->fragments_overlap + c->fragments_duplicate + c->fragments_timeout +
		 c->fragments_evicted + c->fragments_held + c->fragments_carriers;
	if (c->packets != places || c->packets != r->given) {
		r->unbalanced++;
		printf("# %s: %" PRIu64 " packets given, %" PRIu64 " counted, %" PRIu64
		       " in places\n", r->file, r->given, c->packets, places);
	}
	shard_free(r->shard);
	r->shard = NULL;
	r->given = 0;
}

/* The first packet of a shard makes the DPI engine, which takes longer than packets may. */
static void begin_shard(struct run *r)
{
	static const uint8_t question[] = {
		0x45, 0, 0, 29, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
		0x9c, 0x40, 0, 53, 0, 9, 0, 0, 1
	};
	struct frame f = { .ts_ns = r->now_ns, .bytes = question, .caplen = sizeof(question),
			   .wirelen = sizeof(question), .link = 101 };
	struct packet p;

	if (shard_new(&(struct shard_config){ .max_flows = 512, .max_datagrams = 16,
					      .with_dpi = true, .with_duplicates = true },
		      forget_event, NULL, &r->shard))
		abort();
	shard_packet(r->shard, &p, packet_decode(&f, &p));
	r->given = 1;
}

static void take_file(struct run *r, const uint8_t *data, size_t len)
{
	struct block_pool *pool;
	struct capfile *file;
	struct held held[16];
	size_t account = 0, total = 0, n;
	uint64_t last_ns = 0;

	if (block_pool_new(&pool))
		abort();
	if (capfile_open_memory(data, len, pool, &account, &file)) {
		block_pool_free(pool);
		r->unread++;
		return;
	}
	while (total < FRAMES_MAX && (n = capfile_read(file, held, 16))) {
		for (size_t i = 0; i < n; i++) {
			take_frame(r, &held[i].frame, &last_ns);
			block_unref(held[i].block);
		}
		total += n;
	}
	capfile_close(file);
	block_pool_free(pool);
}

static void damage_and_take(struct run *r, const char *path, uint64_t round)
{
	uint8_t *data = malloc(FILE_MAX), *exact;
	FILE *in = fopen(path, "rb");
	size_t len = in && data ? fread(data, 1, FILE_MAX, in) : 0;

	if (in)
		fclose(in);
	exact = malloc(len ? len : 1);
	if (!exact)
		abort();
	if (data)
		memcpy(exact, data, len);
	free(data);
	r->state = hash_bytes(path, strlen(path), r->seed) + round;
	if (len > 64 && below(r, 2))
		damage_file(r, exact, (uint32_t)len);
	take_file(r, exact, len);
	free(exact);
}

/* --- files ----------------------------------------------------------------------------------- */

static void find_files(struct run *r, const char *path, unsigned depth)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (depth > 16 || lstat(path, &st))
		return;
	if (S_ISREG(st.st_mode) && r->n_files < FILES_MAX)
		r->files[r->n_files++] = strdup(path);
	if (!S_ISDIR(st.st_mode))
		return;
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char below_it[4096];

		if (names[i]->d_name[0] != '.' &&
		    (size_t)snprintf(below_it, sizeof(below_it), "%s/%s", path,
				     names[i]->d_name) < sizeof(below_it))
			find_files(r, below_it, depth + 1);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void take_all(struct run *r)
{
	size_t done = 0;

	for (uint64_t round = 0; round == 0 || r->mutated < r->wanted; round++) {
		uint64_t before = r->mutated;

		for (size_t i = round % r->every; i < r->n_files; i += r->every) {
			r->file = r->files[i];
			if (r->is_verbose)
				printf("# round %" PRIu64 " %s\n", round, r->file);
			if (done++ % FILES_A_SHARD == 0) {
				end_shard(r);
				begin_shard(r);
			}
			damage_and_take(r, r->file, round);
			if (round && r->mutated >= r->wanted)
				break;
		}
		if (r->mutated == before && round > r->every)
			break;
	}
	end_shard(r);
}

static int report(const struct run *r)
{
	uint64_t sum = 0;

	for (int i = 0; i < PACKET_STATUSES; i++) {
		printf("# %10" PRIu64 " %s\n", r->decoded[i],
		       packet_status_name((enum packet_status)i));
		sum += r->decoded[i];
	}
	printf("# seed %" PRIu64 ": %zu files, %" PRIu64 " times one could not be read, %" PRIu64
	       " frames, %" PRIu64 " mutated, slowest %.1f ms\n", r->seed, r->n_files, r->unread,
	       r->frames, r->mutated, (double)r->slowest_ns / NS_PER_MS);
	printf("%sok 1 - %" PRIu64 " mutated packets, none above 50 ms\n", r->slow ? "not " : "",
	       r->mutated);
	printf("%sok 2 - every packet is in one place\n",
	       r->unbalanced || sum != r->frames ? "not " : "");
	printf("%sok 3 - there were packets\n1..3\n", r->mutated < r->wanted ? "not " : "");
	return r->slow || r->unbalanced || sum != r->frames || r->mutated < r->wanted;
}

int main(int argc, char **argv)
{
	static struct run r = { .seed = 1, .wanted = 20000, .every = 1,
				.now_ns = 1000000 * SLICE_NS };
	int option, failed;

	while ((option = getopt(argc, argv, "s:n:e:v")) != -1) {
		switch (option) {
		case 's': r.seed = strtoull(optarg, NULL, 0); break;
		case 'n': r.wanted = strtoull(optarg, NULL, 0); break;
		case 'e': r.every = strtoull(optarg, NULL, 0); break;
		case 'v': r.is_verbose = true; break;
		default: return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = optind; i < argc; i++)
		find_files(&r, argv[i], 0);
	if (!r.n_files || !r.every) {
		printf("1..0 # SKIP no captures given\n");
		return 0;
	}
	take_all(&r);
	failed = report(&r);
	for (size_t i = 0; i < r.n_files; i++)
		free(r.files[i]);
	return failed;
}
