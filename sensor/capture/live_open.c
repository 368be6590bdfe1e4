/* live_open.c - opening interfaces for a live source, and saying plainly why it does not work.
 *
 * Runs before privileges are dropped: opening needs CAP_NET_RAW, running (live.c) does not.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "capture/filter.h"
#include "capture/live_internal.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23	/* Linux 4.20 */
#endif

#define RING_BYTES (64U << 20)		/* 0.18 s at 2.8 Gbit/s */
#define NAMES_TEXT_MAX 400
#define NAME_TEXT_MAX 64

/* --- why not --------------------------------------------------------------------------------- */

static void list_interfaces(char *buf, size_t cap)
{
	struct if_nameindex *all = if_nameindex();
	size_t len = 0;

	buf[0] = '\0';
	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		bool is_whole = text_format(buf + len, cap - len, "%s%s", len ? ", " : "",
					    i->if_name);

		if (!is_whole) {
			text_copy(buf + len, cap - len, "");
			break;
		}
		len = strlen(buf);
	}
	if_freenameindex(all);
}

static int say_no_such(const char *name)
{
	char escaped[NAME_TEXT_MAX], names[NAMES_TEXT_MAX];

	list_interfaces(names, sizeof(names));
	log_err("capture", "%s: there is no such interface; there are: %s",
		text_escape(name, strlen(name), escaped, sizeof(escaped)), names);
	return -ENODEV;
}

static int say_no_permission(const struct line *l)
{
	char program[256];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	program[n > 0 ? n : 0] = '\0';
	log_err("capture", "%s: no permission to capture; it takes the capability CAP_NET_RAW: "
		"run as root, or as a service with AmbientCapabilities=CAP_NET_RAW, or once as "
		"root \"setcap cap_net_raw+ep %s\"", l->name, n > 0 ? program : "nachtwacht");
	return -EACCES;
}

static int say_failure(const struct line *l, int status)
{
	const char *detail = pcap_geterr(l->pcap);

	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return say_no_such(l->name);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return say_no_permission(l);
	case PCAP_ERROR_IFACE_NOT_UP:
		log_err("capture", "%s: the interface is down; \"ip link set %s up\" brings it up",
			l->name, l->name);
		return -ENETDOWN;
	default:
		log_err("capture", "%s: cannot be opened: %s", l->name,
			detail[0] ? detail : pcap_statustostr(status));
		return -EIO;
	}
}

/* --- one interface --------------------------------------------------------------------------- */

static int set_options(pcap_t *p, const struct live_config *cfg)
{
	uint32_t ring = cfg->buffer_bytes ? cfg->buffer_bytes : RING_BYTES;
	uint32_t snaplen = cfg->snaplen ? cfg->snaplen : PACKET_BYTES_MAX;

	if (ring > INT32_MAX || snaplen > PACKET_BYTES_MAX)
		return -EINVAL;
	/* These only fail on an activated handle; nanoseconds may be unsupported, which is asked
	 * about after activation. */
	pcap_set_snaplen(p, (int)snaplen);
	pcap_set_promisc(p, 1);
	pcap_set_timeout(p, LIVE_RETIRE_MS);
	pcap_set_buffer_size(p, (int)ring);
	pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	return 0;
}

/* The host's own packets stay out. */
static void ignore_outgoing(struct line *l)
{
	int one = 1;
	bool is_kernel = setsockopt(pcap_fileno(l->pcap), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
				    sizeof(one)) == 0;
	bool is_pcap = pcap_setdirection(l->pcap, PCAP_D_IN) == 0;

	if (!is_kernel && !is_pcap)
		log_warn("capture", "%s: what this host itself sends there cannot be told apart "
			 "and is judged too", l->name);
}

static int set_filter(struct line *l, const char *expression)
{
	struct bpf_program program;
	int status;

	if (!expression || !expression[0])
		return 0;
	if (pcap_compile(l->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		log_err("filter", "\"%s\" is not a filter expression for %s: %s", expression,
			l->name, pcap_geterr(l->pcap));
		return -EINVAL;
	}
	status = pcap_setfilter(l->pcap, &program);
	pcap_freecode(&program);
	if (status < 0) {
		log_err("filter", "%s: the filter cannot be set: %s", l->name,
			pcap_geterr(l->pcap));
		return -EIO;
	}
	return 0;
}

static int check_link(struct line *l)
{
	l->link = filter_link_of_dlt(pcap_datalink(l->pcap));
	if (packet_link_is_known(l->link))
		return 0;
	log_err("capture", "%s: link type %u (%s) is not decoded here", l->name, l->link,
		filter_link_name(l->link));
	return ERR_LINKTYPE;
}

static int activate(struct line *l, const struct live_config *cfg)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	int status = pcap_activate(l->pcap), err;

	if (status < 0)
		return say_failure(l, status);
	if (status > 0)
		log_warn("capture", "%s: %s", l->name,
			 status == PCAP_WARNING ? pcap_geterr(l->pcap) : pcap_statustostr(status));
	err = check_link(l);
	if (err)
		return err;
	ignore_outgoing(l);
	err = set_filter(l, cfg->filter);
	if (err)
		return err;
	l->is_nano = pcap_get_tstamp_precision(l->pcap) == PCAP_TSTAMP_PRECISION_NANO;
	l->fd = pcap_get_selectable_fd(l->pcap);
	if (l->fd >= 0 && pcap_setnonblock(l->pcap, 1, reason) == 0)
		return 0;
	log_err("capture", "%s: cannot be waited for: %s", l->name, reason);
	return -ENOTSUP;
}

static int line_open(struct live_source *s, const char *name, const struct live_config *cfg)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	struct line *l = &s->lines[s->n_lines];
	int err;

	for (size_t i = 0; i < s->n_lines; i++) {
		if (strcmp(s->lines[i].name, name) == 0) {
			log_err("capture", "%s: the interface is given twice", name);
			return -EINVAL;
		}
	}
	l->index = strcmp(name, "any") != 0 ? if_nametoindex(name) : 0;
	if (!text_copy(l->name, sizeof(l->name), name) || (strcmp(name, "any") != 0 && !l->index))
		return say_no_such(name);
	s->n_lines++;		/* live_free() clears it from here on */
	l->owner = s;
	l->input.name = l->name;
	l->input.tap = "";
	l->queue = calloc(LIVE_LINE_SLOTS, sizeof(l->queue[0]));
	if (!l->queue)
		return -ENOMEM;
	l->pcap = pcap_create(name, reason);
	if (!l->pcap) {
		log_err("capture", "%s: cannot be opened: %s", l->name, reason);
		return -EIO;
	}
	err = set_options(l->pcap, cfg);
	return err ? err : activate(l, cfg);
}

/* --- the source ------------------------------------------------------------------------------ */

static const struct source_ops live_ops = {
	.read = live_read,
	.stop = live_stop,
	.free = live_free,
};

static int open_parts(struct live_source *s, const struct live_config *cfg)
{
	int err = block_pool_new(&s->pool);

	if (err)
		return err;
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->stop_fd < 0)
		return -errno;
	s->base.inputs = calloc(cfg->n_interfaces, sizeof(s->base.inputs[0]));
	if (!s->base.inputs)
		return -ENOMEM;
	for (size_t i = 0; i < cfg->n_interfaces; i++) {
		err = line_open(s, cfg->interfaces[i], cfg);
		if (err)
			return err;
		s->base.inputs[i] = &s->lines[i].input;
	}
	s->base.n_inputs = cfg->n_interfaces;
	s->active_ns = s->stats_ns = clock_monotonic_ns();
	return 0;
}

int live_source_open(const struct live_config *cfg, struct source **ret_source)
{
	struct live_source *s;
	int err;

	if (cfg->n_interfaces == 0 || cfg->n_interfaces > LIVE_INTERFACES_MAX) {
		log_err("capture", "%zu interfaces; 1 to %d can be read", cfg->n_interfaces,
			LIVE_INTERFACES_MAX);
		return -EINVAL;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->base.ops = &live_ops;
	s->stop_fd = -1;
	err = open_parts(s, cfg);
	if (err) {
		live_free(&s->base);
		return err;
	}
	*ret_source = &s->base;
	return 0;
}
