/* redis_feed.c - pushes made-up records through an outbox into the Redis sink, for redis.test.
 *
 *   redis_feed [-j FILE] [-p PASSWORD-FILE] [-w WAIT-MS] [-d DELAY-US] [-s BYTES] [-m MAXLEN]
 *              URL STREAM N
 *
 * -j writes the same records as JSON lines, to compare; -d waits between records, so that
 * something can be done to the server meanwhile.  The sink's log (its counters in the last line)
 * is on standard error.
 * Exit: 0; 1 when records were left; 2 usage or a URL that is refused.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "../unit/records.h"
#include "base/clock.h"
#include "base/log.h"
#include "output/sinks.h"

struct job {
	struct redis_config cfg;
	const char *jsonl;
	unsigned records, delay_us;
	size_t bytes;
};

static unsigned long number(const char *text)
{
	return strtoul(text, NULL, 10);
}

static bool parse(int argc, char **argv, struct job *job)
{
	const char *password = NULL;
	char err[256];
	int c;

	while ((c = getopt(argc, argv, "j:p:w:d:s:m:")) != -1) {
		switch (c) {
		case 'j': job->jsonl = optarg; break;
		case 'p': password = optarg; break;
		case 'w': job->cfg.wait_ns = number(optarg) * NS_PER_MS; break;
		case 'd': job->delay_us = (unsigned)number(optarg); break;
		case 's': job->bytes = number(optarg); break;
		case 'm': job->cfg.maxlen = number(optarg); break;
		default: return false;
		}
	}
	if (argc - optind != 3)
		return false;
	if (!redis_url_parse(argv[optind], &job->cfg.url, err, sizeof(err))) {
		log_err("redis", "%s", err);
		return false;
	}
	snprintf(job->cfg.stream, sizeof(job->cfg.stream), "%s", argv[optind + 1]);
	job->records = (unsigned)number(argv[optind + 2]);
	return !password || !redis_url_password_file(&job->cfg.url, password);
}

static int run(const struct job *job)
{
	struct redis_sink *redis = NULL;
	struct jsonl_sink *jsonl = NULL;
	struct outbox *o = NULL;
	int err;

	if (outbox_new(&o) || redis_sink_open(&job->cfg, o, &redis))
		return 1;
	if (job->jsonl && jsonl_sink_open(job->jsonl, o, &jsonl))
		return 1;
	for (unsigned n = 1; n <= job->records; n++) {
		outbox_append(o, record_make(n, job->bytes));
		if (job->delay_us)
			usleep(job->delay_us);
	}
	outbox_close(o);
	err = jsonl_sink_close(jsonl);
	if (redis_sink_close(redis))
		err = 1;
	outbox_free(o);
	return err != 0;
}

int main(int argc, char **argv)
{
	struct job job = { .bytes = 300, .cfg.wait_ns = 10 * NS_PER_SEC };

	signal(SIGPIPE, SIG_IGN);	/* as the program does */
	log_set_level(LOG_LEVEL_INFO);
	if (!parse(argc, argv, &job))
		return 2;
	return run(&job);
}
