/* filter.c - see filter.h. */
#include "capture/filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define PROGRAMS_MAX 64		/* link types in one run; further ones do not match */

struct program {
	struct bpf_program bpf;
	uint16_t link;
	bool is_compiled;
};

struct filter {
	char *expression;
	struct program programs[PROGRAMS_MAX];
	size_t n_programs;
	size_t last;		/* the one used last; frames come in long runs of one link type */
	bool is_full_said;
};

/* The differences that Linux has (pcap-linktype(7)); all others are the same number. */
static const struct {
	uint16_t link;
	uint16_t dlt;
} differing[] = {
	{ 51, DLT_PPP_ETHER },
	{ 50, DLT_PPP_SERIAL },
	{ 100, DLT_ATM_RFC1483 },
	{ 101, DLT_RAW },
	{ 102, DLT_SLIP_BSDOS },
	{ 103, DLT_PPP_BSDOS },
};

int filter_dlt_of_link(uint16_t link)
{
	for (size_t i = 0; i < ARRAY_SIZE(differing); i++)
		if (differing[i].link == link)
			return differing[i].dlt;
	return link;
}

uint16_t filter_link_of_dlt(int dlt)
{
	for (size_t i = 0; i < ARRAY_SIZE(differing); i++)
		if (differing[i].dlt == dlt)
			return differing[i].link;
	return (uint16_t)dlt;
}

const char *filter_link_name(uint16_t link)
{
	const char *name = pcap_datalink_val_to_description(filter_dlt_of_link(link));

	return name ? name : "unknown";
}

/* reason: PCAP_ERRBUF_SIZE bytes. */
static bool compile(struct filter *f, struct program *p, char *reason)
{
	pcap_t *dead = pcap_open_dead(filter_dlt_of_link(p->link), PACKET_BYTES_MAX);

	if (!dead) {
		text_copy(reason, PCAP_ERRBUF_SIZE, "out of memory");
		return false;
	}
	p->is_compiled = pcap_compile(dead, &p->bpf, f->expression, 1,
				      PCAP_NETMASK_UNKNOWN) == 0;
	if (!p->is_compiled)
		text_copy(reason, PCAP_ERRBUF_SIZE, pcap_geterr(dead));
	pcap_close(dead);
	return p->is_compiled;
}

static struct program *find_program(struct filter *f, uint16_t link)
{
	if (f->last < f->n_programs && f->programs[f->last].link == link)
		return &f->programs[f->last];
	for (size_t i = 0; i < f->n_programs; i++) {
		if (f->programs[i].link == link) {
			f->last = i;
			return &f->programs[i];
		}
	}
	return NULL;
}

static struct program *add_program(struct filter *f, uint16_t link, char *reason)
{
	struct program *p;

	if (f->n_programs == PROGRAMS_MAX)
		return NULL;
	p = &f->programs[f->n_programs++];
	p->link = link;
	compile(f, p, reason);
	return p;
}

int filter_new(const char *expression, const uint16_t *links, size_t n_links,
	       struct filter **ret_filter)
{
	static const uint16_t ethernet = 1;
	char reason[PCAP_ERRBUF_SIZE] = "";
	struct filter *f = calloc(1, sizeof(*f));
	size_t compiled = 0;
	int err = -ENOMEM;

	if (!f)
		goto out;
	f->expression = strdup(expression);
	if (!f->expression)
		goto out;
	for (size_t i = 0; i < (n_links ? n_links : 1); i++) {
		uint16_t link = n_links ? links[i] : ethernet;
		struct program *p = find_program(f, link);

		if (!p)
			p = add_program(f, link, reason);
		compiled += p && p->is_compiled;
	}
	err = compiled ? 0 : -EINVAL;
	if (err) {
		log_err("filter", "\"%s\" is not a filter expression: %s", expression, reason);
		goto out;
	}
	*ret_filter = steal(&f);
out:
	filter_free(f);
	return err;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_programs; i++)
		if (f->programs[i].is_compiled)
			pcap_freecode(&f->programs[i].bpf);
	free(f->expression);
	free(f);
}

/* The first frame of a link type that was not known at the start. */
static struct program *meet_link(struct filter *f, uint16_t link)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	struct program *p = add_program(f, link, reason);

	if (p && !p->is_compiled)
		log_warn("filter", "\"%s\" cannot be applied to link type %u (%s): %s; its frames "
			 "do not match", f->expression, link, filter_link_name(link), reason);
	if (!p && !f->is_full_said) {
		log_warn("filter", "more than %d link types; frames of further ones do not match",
			 PROGRAMS_MAX);
		f->is_full_said = true;
	}
	return p;
}

bool filter_matches(struct filter *f, const struct frame *frame)
{
	struct program *p = find_program(f, frame->link);
	struct pcap_pkthdr header = { .caplen = frame->caplen, .len = frame->wirelen };

	if (!p)
		p = meet_link(f, frame->link);
	return p && p->is_compiled && pcap_offline_filter(&p->bpf, &header, frame->bytes) != 0;
}
