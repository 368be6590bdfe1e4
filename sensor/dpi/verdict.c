/* verdict.c - nDPI's verdict in our terms: ids, who decided, and names bounded to our sizes.
 *
 * nDPI keeps protocol details in a union; only the arm of a protocol it has *recognised* may be
 * read, never that of one it guessed.  Names of protocols are copied out of the first module and
 * live as long as the process, because modules come and go with shards.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "dpi/verdict.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/err.h"
#include "base/text.h"
#include "dpi/light.h"

#define NAMES_MAX 1024		/* nDPI 4.2 has 292 protocols, its newest release below 500 */
#define JA3_LEN 32

static char names[NAMES_MAX][DPI_PROTOCOL_MAX];
static uint16_t light_ids[DPI_LIGHTS];	/* written before names_loaded, too */
static uint16_t tunnel_ids[PACKET_TUNNEL_KINDS][2];	/* likewise */
static atomic_uint names_loaded;	/* how many; released once all are written */

static const char *const source_names[] = {
	[DPI_NONE] = "none",
	[DPI_PORT] = "port",
	[DPI_CACHE] = "cache",
	[DPI_LIGHT] = "light",
	[DPI_DPI] = "dpi",
};

static_assert(ARRAY_SIZE(source_names) == DPI_SOURCES, "every source has a name");

const char *dpi_source_name(enum dpi_source s)
{
	return (unsigned)s < DPI_SOURCES ? source_names[s] : "none";
}

bool verdict_names_are_loaded(void)
{
	return atomic_load_explicit(&names_loaded, memory_order_acquire) > 0;
}

/* What is around a tunnel: the carrier, and what nDPI says that it carries. */
static const char *const tunnel_names[][2] = {
	[PACKET_4IN4] = { "IP_in_IP" },
	[PACKET_6IN4] = { "6in4" },
	[PACKET_4IN6] = { "IP_in_IP" },
	[PACKET_6IN6] = { "6in6" },
	[PACKET_ETHERNET_IN_IP] = { "EtherIP" },
	[PACKET_GRE] = { "GRE" },
	[PACKET_PPTP] = { "GRE" },
	[PACKET_WCCP] = { "GRE" },
	[PACKET_ERSPAN] = { "GRE" },
	[PACKET_L2TP] = { "L2TP" },
	[PACKET_L2TPV3] = { "L2TPv3" },
	[PACKET_VXLAN] = { "VXLAN" },
	[PACKET_GENEVE] = { "GENEVE" },
	[PACKET_GTP] = { "GTP", "GTP_U" },
	[PACKET_TEREDO] = { "Teredo" },
	[PACKET_CAPWAP] = { "CAPWAP" },
	[PACKET_LISP] = { "LISP" },
	[PACKET_MPLS] = { "MPLS" },
	[PACKET_NSH] = { "NSH" },
	[PACKET_PPPOE] = { "PPPoE" },
	[PACKET_PBB] = { "PBB" },
	[PACKET_FABRICPATH] = { "FabricPath" },
};
static_assert(ARRAY_SIZE(tunnel_names) == PACKET_TUNNEL_KINDS, "every tunnel's carrier has a name");

/* nDPI's id where it has the protocol, else one of ours, which is the same with every nDPI. */
static uint16_t find_id(const char *name, unsigned n, unsigned ours)
{
	for (unsigned i = 1; i < n; i++)
		if (!strcasecmp(names[i], name))
			return (uint16_t)i;
	return (uint16_t)ours;
}

void verdict_names_load(struct ndpi_detection_module_struct *m)
{
	unsigned n = compat_protocols(m);

	if (verdict_names_are_loaded())
		return;
	if (n > NAMES_MAX)
		n = NAMES_MAX;
	for (unsigned i = 1; i < n; i++) {
		const char *name = ndpi_get_proto_name(m, (u_int16_t)i);

		text_copy(names[i], sizeof(names[i]), name ? name : "");
	}
	for (unsigned l = 1; l < DPI_LIGHTS; l++)
		light_ids[l] = find_id(light_kind((enum dpi_light)l)->name, n, DPI_LIGHT_ID + l);
	for (unsigned k = 0; k < PACKET_TUNNEL_KINDS; k++) {
		tunnel_ids[k][0] = find_id(tunnel_names[k][0], n, DPI_TUNNEL_ID + k);
		tunnel_ids[k][1] = tunnel_names[k][1] ? find_id(tunnel_names[k][1], n, 0) : 0;
	}
	atomic_store_explicit(&names_loaded, n, memory_order_release);
}

const char *dpi_protocol_name(uint16_t id)
{
	if (id >= DPI_TUNNEL_ID)
		return id - DPI_TUNNEL_ID < PACKET_TUNNEL_KINDS ?
		       tunnel_names[id - DPI_TUNNEL_ID][0] : "";
	if (id >= DPI_LIGHT_ID)
		return light_kind((enum dpi_light)(id - DPI_LIGHT_ID))->name;
	if (!verdict_names_are_loaded())
		engine_load_names();
	return id < atomic_load_explicit(&names_loaded, memory_order_acquire) ? names[id] : "";
}

void dpi_tunnel_ids(enum packet_tunnel_kind kind, uint16_t *ret_master, uint16_t *ret_app)
{
	if (!verdict_names_are_loaded())
		engine_load_names();
	*ret_master = verdict_names_are_loaded() ? tunnel_ids[kind][0] :
						   (uint16_t)(DPI_TUNNEL_ID + kind);
	*ret_app = tunnel_ids[kind][1];
}

const char *dpi_verdict_text(uint16_t master, uint16_t app, char *buf, size_t cap)
{
	uint16_t carrier = dpi_carrier(master, app);

	if (!cap)
		return "";
	if (master && app && master != app)
		snprintf(buf, cap, "%s.%s", dpi_protocol_name(master), dpi_protocol_name(app));
	else
		snprintf(buf, cap, "%s", dpi_protocol_name(carrier));
	return buf;
}

uint16_t dpi_carrier(uint16_t master, uint16_t app)
{
	return master ? master : app;
}

bool dpi_is_dns(uint16_t master, uint16_t app)
{
	return dpi_carrier(master, app) == NDPI_PROTOCOL_DNS;
}

void verdict_ids(const ndpi_protocol *p, uint16_t *ret_master, uint16_t *ret_app)
{
	uint16_t master, app;

	compat_ids(p, &master, &app);
	*ret_master = dpi_carrier(master, app);
	*ret_app = app == *ret_master ? 0 : app;
}

static enum dpi_source source_of(ndpi_confidence_t confidence, bool is_known)
{
	if (!is_known)
		return DPI_NONE;
	switch (confidence) {
	case NDPI_CONFIDENCE_DPI:
		return DPI_DPI;
	case NDPI_CONFIDENCE_UNKNOWN:
	case NDPI_CONFIDENCE_MATCH_BY_PORT:
	case NDPI_CONFIDENCE_MATCH_BY_IP:
		return DPI_PORT;
	default:	/* caches; in later releases also partial results and mixtures of both */
		return DPI_CACHE;
	}
}

static bool is_one_of(const struct ndpi_flow_struct *nd, const uint16_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (nd->detected_protocol_stack[0] == ids[i] ||
		    nd->detected_protocol_stack[1] == ids[i])
			return true;
	return false;
}

/* The protocols whose details are in the union's arm for TLS; nDPI frees by the same list. */
static bool is_tls(const struct ndpi_flow_struct *nd)
{
	static const uint16_t ids[] = {
		NDPI_PROTOCOL_TLS, NDPI_PROTOCOL_DTLS, NDPI_PROTOCOL_QUIC,
		NDPI_PROTOCOL_MAIL_SMTPS, NDPI_PROTOCOL_MAIL_POPS, NDPI_PROTOCOL_MAIL_IMAPS,
	};

	return is_one_of(nd, ids, ARRAY_SIZE(ids));
}

/* host_server_name also serves DHCP, NetBIOS, STUN and WHOIS, whose names we do not keep. */
static bool has_wanted_name(const struct ndpi_flow_struct *nd)
{
	static const uint16_t ids[] = {
		NDPI_PROTOCOL_DNS, NDPI_PROTOCOL_MDNS, NDPI_PROTOCOL_LLMNR, NDPI_PROTOCOL_HTTP,
		NDPI_PROTOCOL_HTTP_CONNECT, NDPI_PROTOCOL_HTTP_PROXY,
	};

	return is_tls(nd) || nd->http.method != NDPI_HTTP_METHOD_UNKNOWN ||
	       is_one_of(nd, ids, ARRAY_SIZE(ids));
}

static void copy_bounded(char *to, size_t cap, const char *from, size_t from_cap)
{
	size_t len = strnlen(from, from_cap);

	if (len > cap - 1)
		len = cap - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

static void fill_details(const struct ndpi_flow_struct *nd, struct dpi_verdict *v)
{
	const char *alpn;

	if (has_wanted_name(nd))
		copy_bounded(v->name, sizeof(v->name), nd->host_server_name,
			     sizeof(nd->host_server_name));
	if (!is_tls(nd))
		return;
	alpn = compat_alpn(nd);
	if (alpn)
		copy_bounded(v->alpn, sizeof(v->alpn), alpn, sizeof(v->alpn));
	if (strnlen(compat_ja3(nd), JA3_LEN + 1) == JA3_LEN)
		copy_bounded(v->ja3, sizeof(v->ja3), compat_ja3(nd), JA3_LEN + 1);
	v->tls_version = nd->protos.tls_quic.ssl_version;
}

void verdict_fill(const struct ndpi_flow_struct *nd, const ndpi_protocol *p, bool with_details,
		  struct dpi_verdict *ret_verdict)
{
	struct dpi_verdict v = { 0 };

	verdict_ids(p, &v.master, &v.app);
	v.source = source_of((ndpi_confidence_t)nd->confidence, v.master != 0);
	if (with_details && v.source > DPI_PORT)
		fill_details(nd, &v);
	*ret_verdict = v;
}

/* What nDPI recognised in the payload stands; what it remembered or guessed gives way to what we
 * have read.  A guess of the same carrier becomes sure, but not what it guessed inside of it. */
void verdict_add_light(struct dpi_verdict *v)
{
	uint16_t id = light_ids[v->light];

	/* nDPI 4.2 takes an association of DICOM for Cassandra. */
	if (!v->light || (v->source >= DPI_LIGHT && v->light != DPI_LIGHT_DICOM))
		return;
	if (v->master == id && v->app)
		return;
	v->master = id;
	v->app = 0;
	v->source = DPI_LIGHT;
}

bool verdict_has_light(uint16_t master)
{
	for (unsigned l = 1; master && l < DPI_LIGHTS; l++)
		if (light_ids[l] == master)
			return light_kind((enum dpi_light)l)->recognise != NULL;
	return false;
}
