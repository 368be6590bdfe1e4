/* engine.c - one nDPI module, its flows, and the rules for showing packets to it.
 *
 * A flow is shown few packets: what has payload, up to a number and a sum of bytes (dpi.h), and
 * nothing once nDPI can add nothing that we would use.  nDPI goes on reading after it knows the
 * protocol, for passwords, host keys, answers and the like; we stop.
 *
 * Names are read beside nDPI, from the packets themselves (names.h); a flow that nDPI has settled
 * may be asked for some more packets for their sake, which nDPI is not shown.
 *
 * nDPI's direction needs nothing from us: it takes it from the ports and addresses of each packet,
 * so flows that are seen from their middle on are as good as others.
 *
 * Memory: a flow's struct (~0.9 kB) comes from a free list of this engine, at most DPI_FLOWS_MAX;
 * what nDPI allocates behind it is freed with the verdict.  While packets are read, nDPI's
 * allocations are zeroed and padded like the packets are: it collects pieces of a stream in heap
 * buffers and reads past their ends too.
 *
 * Lock: library_lock, held while a module is made or freed (nDPI has tables and hooks per process
 * which it fills without locking) and while names are copied.  Nothing else is taken under it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "dpi/dpi.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "dpi/engine.h"
#include "dpi/guard.h"
#include "dpi/light.h"
#include "dpi/names.h"
#include "dpi/ndpi_compat.h"
#include "dpi/verdict.h"

struct dpi_flow {
	struct dpi_flow *next;		/* in the free list */
	uint32_t bytes;			/* payload shown */
	uint16_t packets;		/* shown */
	uint8_t proto;			/* of the first packet shown */
	bool is_unsure; /* nDPI's names may come from a packet that the capture cut */
	bool is_over;			/* nothing more is shown to nDPI */
	struct names names;		/* our own reading of names */
	struct light light;		/* and of other protocols */
	uint16_t looks;			/* packets that light has seen */
	char banner[2][DPI_BANNER_MAX];
	ndpi_protocol last;		/* nDPI's last word */
	struct ndpi_flow_struct nd;
};

struct dpi_engine {
	struct ndpi_detection_module_struct *module;
	struct guard guard;
	struct dpi_flow *free;		/* clean, linked by next */
	size_t flows;			/* made so far, live and free */
	struct names_pool names;
};

static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool is_reading;	/* this thread is inside a module, with a packet */

static void *take_memory(size_t n)
{
	/* The 100 000 small pieces of a module in the making need no padding. */
	return is_reading ? calloc(1, n + GUARD_PAD) : malloc(n);
}

/* Under library_lock. */
static int open_module(struct ndpi_detection_module_struct **ret_module)
{
	struct ndpi_detection_module_struct *m;

	if (!compat_is_same_library())
		return ERR_LIBRARY;
	compat_set_malloc(take_memory);
	m = compat_open();
	if (!m)
		return -ENOMEM;
	verdict_names_load(m);
	*ret_module = m;
	return 0;
}

void engine_load_names(void)
{
	struct ndpi_detection_module_struct *m;

	pthread_mutex_lock(&library_lock);
	if (!verdict_names_are_loaded() && !open_module(&m))
		ndpi_exit_detection_module(m);
	pthread_mutex_unlock(&library_lock);
}

static int engine_new(bool ends_at_page, struct dpi_engine **ret_engine)
{
	struct dpi_engine *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	err = guard_init(&e->guard, ends_at_page);
	if (err)
		goto out;
	pthread_mutex_lock(&library_lock);
	err = open_module(&e->module);
	pthread_mutex_unlock(&library_lock);
	if (err)
		goto out;
	*ret_engine = steal(&e);
out:
	dpi_engine_free(e);
	return err;
}

int dpi_engine_new(struct dpi_engine **ret_engine)
{
	return engine_new(false, ret_engine);
}

int engine_new_at_page(struct dpi_engine **ret_engine)
{
	return engine_new(true, ret_engine);
}

void dpi_engine_free(struct dpi_engine *e)
{
	if (!e)
		return;
	while (e->free) {
		struct dpi_flow *f = e->free;

		e->free = f->next;
		free(f);
	}
	if (e->module) {
		pthread_mutex_lock(&library_lock);
		ndpi_exit_detection_module(e->module);
		pthread_mutex_unlock(&library_lock);
	}
	guard_clear(&e->guard);
	free(e);
}

void dpi_engine_files(struct dpi_engine *e, const struct file_types *files)
{
	e->names.files = files;
}

struct dpi_flow *dpi_flow_new(struct dpi_engine *e)
{
	struct dpi_flow *f = e->free;

	if (f) {
		e->free = f->next;
		f->next = NULL;
		return f;
	}
	if (e->flows >= DPI_FLOWS_MAX)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (f)
		e->flows++;
	return f;
}

void dpi_flow_free(struct dpi_engine *e, struct dpi_flow *f)
{
	if (!f)
		return;
	ndpi_free_flow_data(&f->nd);
	names_clear(&e->names, &f->names);
	memset(f, 0, sizeof(*f));
	f->next = e->free;
	e->free = f;
}

const char *dpi_flow_name(const struct dpi_flow *f)
{
	const struct names_found *found = f->names.found;

	return found && found->name[0] ? found->name : NULL;
}

uint64_t dpi_names_beyond(const struct dpi_engine *e)
{
	return e->names.beyond;
}

/* What nDPI still wants to read of a protocol it knows that we would use: the name, or packets that
 * can still change the protocol (certificates, STARTTLS, fragmented ClientHellos). */
static bool is_worth_more(const struct ndpi_flow_struct *nd, uint16_t carrier)
{
	switch (carrier) {
	case NDPI_PROTOCOL_DNS:		/* wants the answer */
	case NDPI_PROTOCOL_MDNS:
	case NDPI_PROTOCOL_SSH:		/* key exchange */
	case NDPI_PROTOCOL_TELNET:	/* password */
	case NDPI_PROTOCOL_KERBEROS:	/* names of users and hosts */
	case NDPI_PROTOCOL_BITTORRENT:	/* hash of the content */
		return false;
	case NDPI_PROTOCOL_HTTP:	/* after the Host: status of the answer */
		return nd->host_server_name[0] == '\0';
	default:
		return true;
	}
}

static bool is_settled(struct dpi_engine *e, struct dpi_flow *f)
{
	uint16_t master, app;

	verdict_ids(&f->last, &master, &app);
	return master && (!compat_wants_more(e->module, &f->nd, &f->last) ||
			  !is_worth_more(&f->nd, master));
}

static bool is_exhausted(const struct dpi_flow *f)
{
	unsigned packets_max = f->proto == IP_TCP ? DPI_TCP_PACKETS_MAX :
			       f->proto == IP_UDP ? DPI_UDP_PACKETS_MAX : DPI_OTHER_PACKETS_MAX;

	return f->packets >= packets_max || f->bytes >= DPI_FLOW_BYTES_MAX;
}

static bool is_known(const struct dpi_flow *f)
{
	uint16_t master, app;

	verdict_ids(&f->last, &master, &app);
	return master != 0;
}

static bool speaks_dns(const struct dpi_flow *f)
{
	uint16_t master, app;

	verdict_ids(&f->last, &master, &app);
	return master == NDPI_PROTOCOL_DNS || master == NDPI_PROTOCOL_MDNS ||
	       master == NDPI_PROTOCOL_LLMNR;
}

/* false: the packet would do harm.  The zeros that stand for what a capture cut away may still tell
 * an unknown protocol, but would overwrite names that whole packets have given. */
static bool show(struct dpi_engine *e, struct dpi_flow *f, const struct packet *p)
{
	struct guard_copy copy;

	guard_make(&e->guard, p, &copy);
	if (copy.is_cut && is_known(f))
		return false;
	is_reading = true;
	f->last = compat_packet(e->module, &f->nd, copy.bytes, copy.len, p->ts_ns / NS_PER_MS);
	is_reading = false;
	f->proto = p->proto;
	f->packets++;
	f->bytes += copy.payload_len;
	f->is_unsure |= copy.is_cut;
	return true;
}

/* After names: what begins as TLS, QUIC or HTTP is nothing else. */
static void look_light(struct dpi_flow *f, const struct packet *p)
{
	bool is_forward = names_is_forward(p);

	f->looks++;
	if (!(f->names.found && f->names.found->light))
		light_look(&f->light, p, is_forward, f->banner[!is_forward]);
}

/* nDPI is sure of some protocols before the first request that we would look into (S7comm by the
 * port and the transport below it), and of others before the second side has said what it is. */
static bool is_light_waiting(const struct dpi_flow *f)
{
	uint16_t master, app;

	if (f->looks >= DPI_TCP_PACKETS_MAX)
		return false;
	verdict_ids(&f->last, &master, &app);
	if (!f->light.is)
		return verdict_has_light(master);
	return (f->light.is == DPI_LIGHT_SSH || f->light.is == DPI_LIGHT_VNC) &&
	       !(f->banner[0][0] && f->banner[1][0]);
}

bool dpi_flow_feed(struct dpi_engine *e, struct dpi_flow *f, const struct packet *p,
		   struct dpi_verdict *ret_verdict)
{
	bool is_other = f->packets && f->proto != p->proto;

	/* nDPI keeps TCP and UDP state in one union and would take one for the other. */
	if (is_other || (p->proto == IP_TCP && !p->payload_len))
		return false;
	if (!f->is_over)
		f->is_over = is_exhausted(f) || !show(e, f, p) || is_settled(e, f) ||
			     is_exhausted(f);
	names_look(&e->names, &f->names, p, speaks_dns(f));
	look_light(f, p);
	/* What nDPI has settled may still lack the end of a hello, and with it the name. */
	if (!f->is_over || names_wants_more(&f->names) || is_light_waiting(f))
		return false;
	dpi_flow_giveup(e, f, ret_verdict);
	return true;
}

void dpi_flow_giveup(struct dpi_engine *e, struct dpi_flow *f, struct dpi_verdict *ret_verdict)
{
	if (!is_known(f) && f->packets) {
		is_reading = true;
		f->last = compat_giveup(e->module, &f->nd);
		is_reading = false;
	}
	verdict_fill(&f->nd, &f->last, !f->is_unsure, ret_verdict);
	names_put(&f->names, ret_verdict);
	if (!ret_verdict->light)
		ret_verdict->light = f->light.is;
	memcpy(ret_verdict->acts, f->light.acts, sizeof(ret_verdict->acts));
	memcpy(ret_verdict->banner, f->banner, sizeof(ret_verdict->banner));
	verdict_add_light(ret_verdict);
}

const char *dpi_library_version(void)
{
	return ndpi_revision();
}
