/* source.h - where packets come from: capture files or live interfaces, one face for both.
 *
 * A source yields frames in capture-time order (DESIGN "Order").  Files are merged by time; a
 * displaced frame is put back within the reorder window, beyond it it takes the newest stamp.
 * Live interfaces are merged within 200 ms; a frame is put back among those that still wait, and
 * takes the stamp handed out last when it comes too late for that.  All is counted.
 *
 * Equal stamps: by tap, then by rank of the file (how far it reaches, then its content; inputs.h),
 * then as the file has them; never by name or argument order.  So a capture cut into files gives
 * the sequence of the whole.
 *
 * A source is used by one thread, the reader's; source_stop() may be called from a signal handler.
 */
#ifndef NW_CAPTURE_SOURCE_H
#define NW_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "packet/packet.h"

#define SOURCE_REORDER_NS (1000000000ULL)	/* the reorder window */

struct source;

enum source_event {
	SOURCE_END = 0,		/* no more frames, ever */
	SOURCE_IDLE = -1,	/* live: nothing for 200 ms; source_mark_ns() has moved */
};

/* Up to max frames into frames[]; the bytes are borrowed until the next call.
 * > 0: how many.  SOURCE_END, SOURCE_IDLE, or a -errno below -1: the source is broken (said by
 * source_error_text()). */
int source_read(struct source *s, struct frame *frames, size_t max);

/* Capture time that has certainly passed: no frame with an earlier stamp will come.  For a live
 * source this moves with idle marks ("now - 1 s" on the clock the kernel stamps with). */
uint64_t source_mark_ns(const struct source *s);

void source_stop(struct source *s);		/* async-signal-safe: source_read() ends soon */
void source_free(struct source *s);
const char *source_error_text(const struct source *s);
const char *source_library_version(void);	/* of libpcap */

/* --- what was read, for progress, accounting and the manifest -------------------------------- */

struct source_counters {
	uint64_t seen;			/* frames handed out */
	uint64_t filtered;		/* not handed out: BPF filter, or outside of [from, to) */
	uint64_t reordered;		/* put back where they belong */
	uint64_t clamped;		/* set to the newest stamp: older by more than the window */
	uint64_t in_two_files;		/* at least so many stand in two files of a tap */
	uint64_t stepped_back;		/* live, the same: older by no more than the window */
	uint64_t normalised;		/* impossible lengths or sub-second stamps, repaired */
	uint64_t kernel_drops;		/* live: lost before us (ps_drop + ps_ifdrop) */
	uint64_t kernel_received;	/* live: what the kernel's ring got and what it dropped */
	uint64_t device_drops;		/* live: of kernel_drops what the kernel never got */
	uint64_t bytes_done;		/* of files, as stored (compressed); for progress */
	uint64_t bytes_total;
	uint64_t files_damaged;
	uint64_t files_refused;		/* not a capture, unreadable, or a link type we refuse */
};
const struct source_counters *source_counters(const struct source *s);

/* One input of a source: a file, or an interface. */
struct source_input {
	const char *name;		/* path as given or found below it, or interface */
	const char *tap;		/* name of the tap, "" by default */
	uint64_t size;			/* bytes of the file */
	uint64_t packets;
	uint64_t first_ns, last_ns;	/* 0 when no packet; first_ns is known before reading */
	uint64_t kernel_received, kernel_drops;	/* live */
	/* Live, on the clock the kernel stamps with: since when nothing can come in, because the
	 * interface is down, without a carrier, or gone (0: it is up), and when it last came back.
	 * Looked at once a second. */
	uint64_t down_ns, up_ns;
	const char *damage;		/* NULL, or what was found wrong, one phrase */
	bool is_refused;		/* nothing of it could be used */
};
size_t source_inputs(const struct source *s);
/* Borrowed until source_free(); numbers are final once source_read() gave SOURCE_END. */
const struct source_input *source_input(const struct source *s, size_t i);

/* --- capture files --------------------------------------------------------------------------- */

struct files_config {
	const char *const *paths;	/* files or directories; a path may stand for many files */
	size_t n_paths;
	const char *filter;		/* BPF expression, or NULL */
	uint64_t from_ns, to_ns;	/* frames outside [from, to) stay out; 0: no bound */
};

/* Finds the files (directories recursively, recognised by magic, sorted by rank), reports refused
 * ones through log_warn() (they stay listed in source_inputs()).  0; -ENOENT when no readable
 * input is left (each reason was logged); -EINVAL for a filter that does not compile (logged). */
int files_source_open(const struct files_config *cfg, struct source **ret_source);

/* --- live interfaces ------------------------------------------------------------------------- */

struct live_config {
	const char *const *interfaces;	/* the directions of one TAP, or one SPAN port */
	size_t n_interfaces;
	const char *filter;
	uint32_t buffer_bytes;		/* per interface; 0: 64 MiB */
	uint32_t snaplen;		/* 0: PACKET_BYTES_MAX */
};

/* 0 or -errno with the reason logged: no such interface, no permission (and what gives it), ... */
int live_source_open(const struct live_config *cfg, struct source **ret_source);

#endif
