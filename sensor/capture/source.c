/* source.c - the one face of capture files and live interfaces; see source.h. */
#include "capture/source.h"

#include <pcap/pcap.h>

#include "capture/source_internal.h"

int source_read(struct source *s, struct frame *frames, size_t max)
{
	return s->ops->read(s, frames, max);
}

uint64_t source_mark_ns(const struct source *s)
{
	return s->mark_ns;
}

void source_stop(struct source *s)
{
	s->ops->stop(s);
}

void source_free(struct source *s)
{
	if (s)
		s->ops->free(s);
}

const char *source_error_text(const struct source *s)
{
	return s->error;
}

const struct source_counters *source_counters(const struct source *s)
{
	return &s->counters;
}

size_t source_inputs(const struct source *s)
{
	return s->n_inputs;
}

const struct source_input *source_input(const struct source *s, size_t i)
{
	return i < s->n_inputs ? s->inputs[i] : NULL;
}

const char *source_library_version(void)
{
	return pcap_lib_version();
}
