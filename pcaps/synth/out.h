/* out.h - the capture file: pcap with nanoseconds, or pcapng, in one piece or one file a day.
 *
 * Buffered here; a failed write is sticky and told by out_close().  Ethernet only.
 * Owner: main.  One thread.
 */
#ifndef NW_SYNTH_OUT_H
#define NW_SYNTH_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include "synth/wire.h"

enum out_format { OUT_PCAP, OUT_PCAPNG };

struct out_config {
	const char *path;		/* "-": standard output */
	enum out_format format;
	/* "month.pcap" -> "month-2026-01-05.pcap", ... by site time */
	bool split_days;
};

struct out;

/* 0 or -errno.  With split_days the files are made as their days come. */
int out_open(const struct out_config *config, struct out **ret_out);
void out_write(struct out *o, uint64_t ns, const struct wire_frame *frame);
/* Takes o.  0 or the first error.  A file that could not be written whole is removed. */
int out_close(struct out *o, uint64_t *ret_bytes);

#endif
