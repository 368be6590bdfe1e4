/* dpi.h - what a flow is: protocol and names, from its first packets.
 *
 * The only room that knows nDPI.  nDPI 4.2 can be crashed, hung and read out of bounds by one
 * packet, so it is fed through guard.c only: a padded copy with headers of our own making, at most
 * DPI_BYTES_MAX bytes, few packets of a flow, DTLS off where it crashes, modules made one at a
 * time.
 * nDPI's verdict can be provoked by the peer (cross-flow caches): verdict.source says who decided.
 *
 * One engine per shard; thread: the worker that serves the shard (engines share nothing after
 * dpi_engine_new(), which may be called from any thread).
 */
#ifndef NW_DPI_DPI_H
#define NW_DPI_DPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "packet/packet.h"

#define DPI_NAME_MAX 256		/* a DNS name in text, with the zero byte (RFC 1035) */
#define DPI_PROTOCOL_MAX 24		/* of a protocol's name, with the zero byte */
#define DPI_ALPN_MAX 32
#define DPI_JA3_MAX 33
#define DPI_JA4_MAX 37
#define DPI_METHOD_MAX 20
#define DPI_BANNER_MAX 64
#define DPI_ANSWERS_MAX 16		/* addresses kept of one DNS message */
#define DPI_BYTES_MAX 16384		/* per packet: beyond it nDPI 4.2's 16-bit indices wrap */

/* How much of a flow is shown.  More does not find more: of 3 539 flows of nDPI's own tests, 6 and
 * 32 packets differ in one, 4 and 6 in one.  TCP has the longer beginnings (banner, STARTTLS,
 * hello, certificate); other protocols are told by their number alone.  Empty TCP segments are not
 * shown. */
#define DPI_TCP_PACKETS_MAX 10
#define DPI_UDP_PACKETS_MAX 8		/* a QUIC hello in several datagrams, STUN before media */
#define DPI_OTHER_PACKETS_MAX 1
#define DPI_FLOW_BYTES_MAX 32768	/* nDPI may keep what it is shown: bounds memory per flow */
/* Flows of one engine that are not settled yet, ~0.7 kB each and up to 2 kB with what nDPI adds:
 * 16 MB an engine under a flood.  Independent of the number of shards and workers. */
#define DPI_FLOWS_MAX 8192

struct dpi_engine;
struct file_types;
struct dpi_flow;			/* what nDPI knows of one flow while it can still learn */

/* Who decided: `verdict` of flow records.
 *   none	no protocol known: no payload seen, nothing recognised, or no state to be had
 *   port	a guess by port *or by address* (nDPI's MATCH_BY_PORT and MATCH_BY_IP): nothing
 *		of the payload speaks for it
 *   cache	remembered from other flows of these hosts, or recognised in part only: the peer can
 *		write that memory
 *   light	our own light classifiers, or (around a tunnel) what was decoded
 *   dpi	recognised in the payload
 */
enum dpi_source { DPI_NONE, DPI_PORT, DPI_CACHE, DPI_LIGHT, DPI_DPI, DPI_SOURCES };
const char *dpi_source_name(enum dpi_source s);		/* "none" "port" "cache" "light" "dpi" */

/* What our own classifiers tell (light.h).  Values are kept in the state: never renumber. */
enum dpi_light {
	DPI_LIGHT_NONE,
	DPI_LIGHT_SSH, DPI_LIGHT_VNC, DPI_LIGHT_RDP, DPI_LIGHT_SMB1, DPI_LIGHT_SMB2, DPI_LIGHT_FTP,
	DPI_LIGHT_DICOM, DPI_LIGHT_S7, DPI_LIGHT_S7PLUS, DPI_LIGHT_DNP3, DPI_LIGHT_OPCUA,
	DPI_LIGHT_ENIP, DPI_LIGHT_MODBUS, DPI_LIGHT_IEC104, DPI_LIGHT_BACNET,
	DPI_LIGHT_TLS, DPI_LIGHT_QUIC, DPI_LIGHT_HTTP, DPI_LIGHT_HTTP2,
	DPI_LIGHTS
};
/* Ids of protocols that the nDPI at hand does not have, above all of nDPI's. */
#define DPI_LIGHT_ID 0xf000		/* + enum dpi_light */
#define DPI_TUNNEL_ID 0xf100		/* + enum packet_tunnel_kind */

/* Classes of functions that were asked for; a set of bits.  Kept in the state. */
enum dpi_act {
	DPI_ACT_READ = 1, DPI_ACT_WRITE = 2,
	DPI_ACT_CONTROL = 4,		/* start, stop, operate, restart, set a mode */
	DPI_ACT_PROGRAM = 8,		/* change what the device does: logic, configuration */
	DPI_ACT_DIAGNOSTIC = 16,	/* identity, state, test */
	DPI_ACT_FILE = 32, DPI_ACT_OTHER = 64,
	DPI_ACT_END = 128
};
const char *dpi_act_name(unsigned bit);	/* "read" for 0 ...; "" beyond */

struct dpi_verdict {
	uint16_t master, app;		/* nDPI ids: the carrier, and what it carries or 0 */
	enum dpi_source source;
	/* SNI, HTTP Host (without port) or DNS query, in full: ASCII in lower case, no final dot,
	 * other bytes raw, see names.h.  They are read from what was captured, whatever nDPI makes
	 * of the flow.  Of other protocols (QUIC, a ClientHello out of order) name and ALPN are
	 * what nDPI kept, at most the last 79 bytes; that, ja3 and tls_version are empty where the
	 * verdict is a guess and where the capture had cut the packets they stand in. */
	char name[DPI_NAME_MAX];
	char alpn[DPI_ALPN_MAX];	/* offered: "h2,http/1.1" */
	char alpn_chosen[DPI_ALPN_MAX];	/* by the server, where it says so in the clear */
	char ja3[DPI_JA3_MAX];
	char ja4[DPI_JA4_MAX];		/* of the TLS client; 'q' in front for QUIC */
	uint16_t tls_version;		/* 0x0303 ...; the server's choice where it was seen; 0 */
	char method[DPI_METHOD_MAX];	/* of the first HTTP request */
	/* The rest by sides: [0] is the side with the smaller (address, port), as in flow keys. */
	enum dpi_light light;
	bool awaits_reply;		/* dpi_read_reply() will tell more */
	uint8_t acts[2];		/* sets of enum dpi_act, of the packets shown */
	uint8_t file[2];		/* enum file_type: what each side's first transfer is */
	char banner[2][DPI_BANNER_MAX];	/* SSH, VNC, FTP; RDP cookie; DICOM titles: raw bytes */
};

/* 0, -ENOMEM, or ERR_LIBRARY (the nDPI at hand is not the one compiled against). */
int dpi_engine_new(struct dpi_engine **ret_engine);
void dpi_engine_free(struct dpi_engine *e);
/* The operator's file types (filetype.h), borrowed as long as e lives; before the first packet. */
void dpi_engine_files(struct dpi_engine *e, const struct file_types *files);

/* NULL: the pool is empty or no memory; the flow's verdict is then DPI_NONE.  Call it at the first
 * packet with payload and not at the first packet: a SYN flood must not take the pool. */
struct dpi_flow *dpi_flow_new(struct dpi_engine *e);
/* Shows one packet of the flow to the engine (an empty TCP segment is passed over).  true: nothing
 * more to learn or the budget is used up, *ret_verdict is set; call dpi_flow_free(). */
bool dpi_flow_feed(struct dpi_engine *e, struct dpi_flow *f, const struct packet *p,
		   struct dpi_verdict *ret_verdict);
/* Gives up (end of flow, eviction): the best verdict so far.  Call dpi_flow_free() after. */
void dpi_flow_giveup(struct dpi_engine *e, struct dpi_flow *f, struct dpi_verdict *ret_verdict);
void dpi_flow_free(struct dpi_engine *e, struct dpi_flow *f);		/* NULL is fine */
/* Flows whose beginning came in pieces that found no place to be put together: their name may be
 * missing or cut (names.h). */
uint64_t dpi_names_beyond(const struct dpi_engine *e);
/* The name read so far, in the form of dpi_verdict.name; borrowed until the next call with f; NULL:
 * none yet. */
const char *dpi_flow_name(const struct dpi_flow *f);

/* A DNS message: what it asks, and the addresses that it gives for the name it was asked for. */
struct dpi_answers {
	char name[DPI_NAME_MAX];	/* the question's, in the form of dpi_verdict.name */
	struct addr addrs[DPI_ANSWERS_MAX];
	uint16_t n, beyond;		/* beyond: addresses left out */
	uint16_t type;			/* of the question: DPI_DNS_TXT ... */
	uint16_t asked_len;		/* bytes from the message's start to the question's end */
	uint8_t rcode;			/* of an answer: DPI_DNS_NXDOMAIN ... */
	bool is_answer;
};
#define DPI_DNS_NULL 10			/* RFC 1035, RFC 6895 */
#define DPI_DNS_TXT 16
#define DPI_DNS_NXDOMAIN 3

/* Is this packet's payload (UDP, or TCP where a segment begins with a message) a DNS answer with
 * addresses?  No state, any thread. */
bool dpi_read_answers(const struct packet *p, struct dpi_answers *ret_answers);
/* Is it a DNS question or answer at all, about a name?  Likewise. */
bool dpi_read_dns(const struct packet *p, struct dpi_answers *ret_message);
/* Does the carrier speak unicast DNS, so that dpi_read_answers() is worth asking? */
bool dpi_is_dns(uint16_t master, uint16_t app);

/* --- as long as a flow lives -------------------------------------------------------------- */

/* Does the protocol have function classes, so that dpi_acts() is worth asking? */
bool dpi_is_followed(enum dpi_light l);
/* What the requests that begin in this packet's payload ask for: a set of enum dpi_act.  No state,
 * any thread.  Cost: a few compares of the first bytes, and of each message that follows in the
 * same payload, 16 at most. */
unsigned dpi_acts(enum dpi_light l, const struct packet *p);

/* What the server's first message tells of a flow that was settled before it came (awaits_reply):
 * TLS or HTTP.  No state, any thread. */
struct dpi_reply {
	bool is_reply;
	uint16_t tls_version;		/* chosen */
	char alpn_chosen[DPI_ALPN_MAX];
	uint8_t file;			/* enum file_type, of an HTTP body that follows its head */
};
/* true: it was there, or will not come any more; do not ask again. */
bool dpi_read_reply(enum dpi_light l, const struct packet *p, const struct file_types *files,
		    struct dpi_reply *ret);

/* What the datagrams around a tunnel (packet_carrier()) are, in the names of nDPI where it has
 * them; no byte of theirs is needed.  Any thread. */
void dpi_tunnel_ids(enum packet_tunnel_kind kind, uint16_t *ret_master, uint16_t *ret_app);

/* "TLS", "DNS", "Facebook": borrowed, lives as long as the process.  Any thread.  "" for 0. */
const char *dpi_protocol_name(uint16_t id);
/* "TLS.Facebook" / "TLS" / "" into buf (2 * DPI_PROTOCOL_MAX); what ndpiReader prints. */
const char *dpi_verdict_text(uint16_t master, uint16_t app, char *buf, size_t cap);
/* Master where there is one, else app: the `service` of a channel, network.protocol. */
uint16_t dpi_carrier(uint16_t master, uint16_t app);
const char *dpi_library_version(void);

#endif
