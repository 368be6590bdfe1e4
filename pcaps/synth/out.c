/* out.c - see out.h.  Little-endian whatever the machine, so that bytes never differ. */
#include "synth/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "base/tz.h"

#define BUFFER_LEN (1u << 20)
#define SNAPLEN 262144			/* of the file header: libpcap's own limit */
#define LINKTYPE_ETHERNET 1

struct out {
	struct out_config config;
	int fd;				/* -1: none open */
	int err;
	uint64_t bytes;			/* written to all files */
	uint64_t day_end_ns;		/* split_days: the open file's last moment */
	char path[1100];
	size_t used;
	uint8_t buffer[BUFFER_LEN];
};

static void flush(struct out *o)
{
	size_t at = 0;

	while (!o->err && at < o->used) {
		ssize_t n = write(o->fd, o->buffer + at, o->used - at);

		if (n < 0 && errno != EINTR)
			o->err = -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	o->bytes += at;
	o->used = 0;
}

static void put(struct out *o, const void *bytes, size_t n)
{
	if (o->used + n > BUFFER_LEN)
		flush(o);
	memcpy(o->buffer + o->used, bytes, n);
	o->used += n;
}

static void put_le32(struct out *o, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	put(o, b, 4);
}

static void put_header(struct out *o)
{
	if (o->config.format == OUT_PCAP) {
		put_le32(o, 0xa1b23c4d);		/* nanoseconds */
		put_le32(o, 2 | 4 << 16);
		put_le32(o, 0);
		put_le32(o, 0);
		put_le32(o, SNAPLEN);
		put_le32(o, LINKTYPE_ETHERNET);
		return;
	}
	put_le32(o, 0x0a0d0d0a);			/* section header */
	put_le32(o, 28);
	put_le32(o, 0x1a2b3c4d);
	put_le32(o, 1);
	put_le32(o, UINT32_MAX);			/* length not known */
	put_le32(o, UINT32_MAX);
	put_le32(o, 28);
	put_le32(o, 1);					/* interface */
	put_le32(o, 32);
	put_le32(o, LINKTYPE_ETHERNET);
	put_le32(o, SNAPLEN);
	put_le32(o, 9 | 1 << 16);			/* if_tsresol: 10^-9 */
	put_le32(o, 9);
	put_le32(o, 0);					/* end of options */
	put_le32(o, 32);
}

static int open_file(struct out *o, const char *path)
{
	if (!text_copy(o->path, sizeof(o->path), path))
		return -ENAMETOOLONG;
	if (!strcmp(path, "-")) {
		o->fd = STDOUT_FILENO;
	} else {
		o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (o->fd < 0)
			return -errno;
	}
	put_header(o);
	return 0;
}

static void close_file(struct out *o)
{
	struct stat st;

	if (o->fd < 0)
		return;
	flush(o);
	if (o->fd == STDOUT_FILENO)
		return;
	bool is_file = fstat(o->fd, &st) == 0 && S_ISREG(st.st_mode);
	if (close(o->fd) < 0 && !o->err)
		o->err = -errno;
	if (o->err && is_file)
		(void)unlink(o->path);
	o->fd = -1;
}

/* "dir/month.pcap" -> "dir/month-2026-01-05.pcap" */
static bool day_path(const struct out *o, const struct civil *day, char *ret, size_t cap)
{
	const char *path = o->config.path, *slash = strrchr(path, '/');
	const char *dot = strrchr(slash ? slash : path, '.');
	int stem = dot ? (int)(dot - path) : (int)strlen(path);

	return text_format(ret, cap, "%.*s-%04d-%02d-%02d%s", stem, path, day->year, day->month,
			   day->day,
			   dot ? dot : "");
}

static void open_day(struct out *o, uint64_t ns)
{
	struct civil day = tz_civil(ns), next;
	char path[sizeof(o->path)];

	close_file(o);
	day.hour = day.minute = day.second = 0;
	next = day;
	next.day++;
	next = civil_from_seconds(civil_to_seconds(&next));
	if (!tz_instant(&next, &o->day_end_ns))
		o->err = -ERANGE;
	else if (!day_path(o, &day, path, sizeof(path)))
		o->err = -ENAMETOOLONG;
	else
		o->err = o->err ? o->err : open_file(o, path);
}

int out_open(const struct out_config *config, struct out **ret_out)
{
	struct out *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->config = *config;
	o->fd = -1;
	int err = config->split_days ? 0 : open_file(o, config->path);
	if (err) {
		free(o);
		return err;
	}
	*ret_out = o;
	return 0;
}

void out_write(struct out *o, uint64_t ns, const struct wire_frame *f)
{
	static const uint8_t padding[4];

	if (o->config.split_days && ns >= o->day_end_ns && !o->err)
		open_day(o, ns);
	if (o->err)
		return;
	if (o->config.format == OUT_PCAP) {
		put_le32(o, (uint32_t)(ns / NS_PER_SEC));
		put_le32(o, (uint32_t)(ns % NS_PER_SEC));
		put_le32(o, f->caplen);
		put_le32(o, f->wirelen);
		put(o, f->bytes, f->caplen);
		return;
	}
	uint32_t pad = -f->caplen & 3, total = 32 + f->caplen + pad;
	put_le32(o, 6);					/* enhanced packet */
	put_le32(o, total);
	put_le32(o, 0);
	put_le32(o, (uint32_t)(ns >> 32));
	put_le32(o, (uint32_t)ns);
	put_le32(o, f->caplen);
	put_le32(o, f->wirelen);
	put(o, f->bytes, f->caplen);
	put(o, padding, pad);
	put_le32(o, total);
}

int out_close(struct out *o, uint64_t *ret_bytes)
{
	close_file(o);
	int err = o->err;

	*ret_bytes = o->bytes;
	free(o);
	return err;
}
