/* capture_build.h - captures made by hand, for the tests of sensor/capture. */
#ifndef NW_TESTS_CAPTURE_BUILD_H
#define NW_TESTS_CAPTURE_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "capture/source.h"

/* Bytes that grow. */
struct build {
	uint8_t *bytes;
	size_t len, cap;
	bool is_big;			/* byte order of what is put */
};

void build_put(struct build *b, const void *bytes, size_t n);
void build_zero(struct build *b, size_t n);
void build_u16(struct build *b, uint16_t v);
void build_u32(struct build *b, uint32_t v);
void build_clear(struct build *b);

void build_pcap_header(struct build *b, uint32_t magic, uint16_t minor, uint32_t link);
/* A record of 16 bytes that begin with id; part is in the unit of the file. */
void build_pcap_record(struct build *b, uint32_t seconds, uint32_t part, uint32_t id);

void build_ng_section(struct build *b);
/* resolution 0: no option; offset 0: no option. */
void build_ng_interface(struct build *b, uint16_t link, uint32_t snaplen, uint8_t resolution,
			int64_t offset);
void build_ng_packet(struct build *b, uint32_t interface, uint64_t units, uint32_t id);
void build_ng_block(struct build *b, uint32_t type, const void *body, size_t len);

/* A directory of the test's own, removed by scratch_close() with all files in it. */
const char *scratch_open(void);
void scratch_close(void);
const char *scratch_path(const char *name);	/* overwritten sixteen calls later */
void scratch_write(const char *name, const void *bytes, size_t len);

/* Everything a source gives, frame by frame. */
struct taken {
	struct frame *frames;		/* bytes is not valid any more */
	uint32_t *ids;			/* the first four bytes, 0 when there are fewer */
	size_t n;
	int end;			/* what source_read() gave last, or opening failed with */
	struct source_counters counters;
	struct source_input inputs[64];	/* the first ones; name is not valid any more */
	char damage[64][480];		/* "" for none */
	size_t n_inputs;
};

void take_config(const struct files_config *cfg, size_t batch, struct taken *ret_taken);
void take_paths(const char *const *paths, size_t n, struct taken *ret_taken);
void take_bytes(const struct build *b, struct taken *ret_taken);	/* as one file */
void taken_clear(struct taken *t);

uint64_t test_random(uint64_t *state);

#endif
