/* apps.h - what conversations look like inside: real beginnings of real protocols.
 *
 * An application writes a script: `open` once per connection (handshakes of the protocol), `run`
 * once per run (its volume, or its exchanges of small messages).  What follows the beginning of an
 * encrypted protocol is noise in that protocol's records; DPI needs no more.
 * All names are of .example, all certificates made up here.  Pure but for the call's random stream.
 */
#ifndef NW_SYNTH_APPS_H
#define NW_SYNTH_APPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "synth/random.h"
#include "synth/script.h"

#define APP_NAME_MAX 254		/* a host name, with the zero byte */
#define APP_QUESTIONS_MAX 64

enum app_transport { APP_TCP, APP_UDP, APP_ICMP, APP_LINK };

enum dns_type { DNS_A, DNS_AAAA, DNS_CNAME, DNS_TXT, DNS_NXDOMAIN };

enum app_says {				/* the first: whatever the kind does by itself */
	SAYS_USUAL, SAYS_REPLY, SAYS_ANNOUNCE, SAYS_PROBE, SAYS_ROUTER, SAYS_OFFER
};

struct dns_question {
	char name[APP_NAME_MAX];
	enum dns_type type;
	char answer[APP_NAME_MAX];	/* CNAME: the other name; TXT: the text */
	struct addr addr;		/* A, AAAA, and what a CNAME leads to */
};

struct app_options {
	char name[APP_NAME_MAX];	/* SNI, HTTP Host, RDP user, DNS tunnel's domain */
	char path[256], method[16];	/* HTTP */
	char alpn[32];			/* TLS; "" none */
	unsigned tls;			/* 12 or 13 */
	const char *certificate;	/* TLS 1.2: whose the server signed itself; NULL: name's */
	char text[256];			/* syslog message, SNMP community, DICOM calling title */
	struct dns_question *questions;	/* DNS: one of them by chance each run */
	size_t n_questions;
	unsigned function, unit, reg, count;	/* Modbus */
	unsigned exchanges;		/* small messages of a run, each answered */
	uint64_t gap_ns;		/* between exchanges */
	uint32_t message_bytes[2];	/* 0: from -> to, 1: to -> from */
	/* apps_link.c: what `from` says, and of which address and MAC; else its own. */
	enum app_says says;
	bool has_claim, has_claim_mac;
	struct addr claim;
	uint8_t claim_mac[6];
};

struct app;
struct wire_path;

struct app_call {
	const struct app *app;
	const struct app_options *options;
	struct random *random;
	struct script *script;
	uint64_t start_ns;		/* about when it will be said */
	uint64_t bytes[2];		/* volume by side (0 the client) */
	uint64_t duration_ns;		/* of that volume */
	uint64_t chunk_bytes, pause_ns;	/* 0: in one go */
	unsigned from_side;		/* which side is the activity's `from` */
	const char *client_id, *server_id;	/* host ids, for names in messages */
	const struct wire_path *path;	/* addresses and MACs, for what is said below IP */
};

struct app {
	const char *kind;		/* in scenarios */
	enum app_transport transport;
	uint16_t port;			/* of the server; 0: must be given */
	enum framing framing;		/* of its bulk */
	void (*open)(struct app_call *c);	/* NULL: nothing to say at the beginning */
	void (*run)(struct app_call *c);
};

const struct app *app_find(const char *kind);		/* NULL: no such kind */
const char *const *app_kinds(size_t *ret_n);		/* names, for messages */

/* Volume in chunks, then exchanges of random messages: the run of most applications. */
void app_run_stream(struct app_call *c);
/* The volume of one side only, in chunks. */
void app_volume(struct app_call *c, const uint64_t bytes[2], uint64_t duration_ns);
/* A message that ends now: from `at` (script_mark()) on. */
void app_say(struct app_call *c, unsigned side, size_t at);

/* One per protocol; apps.c has the table. */
void app_tls_open(struct app_call *c);
void app_tls_hello(struct app_call *c);			/* for RDP: after its own beginning */
/* Handshake messages without a record, appended; QUIC's ClientHello has its own extensions. */
void app_tls_client_hello(struct app_call *c, bool is_quic);
void app_tls_server_hello(struct app_call *c);
void app_quic_open(struct app_call *c);
void app_certificate(struct blob *b, struct random *r, const char *name, uint64_t now_ns);
/* Issued by itself: a common name and nothing else, as devices and remote desktops make them. */
void app_certificate_own(struct blob *b, struct random *r, const char *name, uint64_t now_ns);
void app_http_run(struct app_call *c);
void app_ssh_open(struct app_call *c);
void app_rdp_open(struct app_call *c);
void app_anydesk_open(struct app_call *c);
void app_teamviewer_open(struct app_call *c);		/* over either transport */
void app_smb_open(struct app_call *c);
void app_modbus_run(struct app_call *c);
void app_dicom_open(struct app_call *c);
void app_dns_run(struct app_call *c);
void app_dns_ask(struct app_call *c, const struct dns_question *q);
void app_ntp_run(struct app_call *c);
void app_snmp_run(struct app_call *c);
void app_syslog_run(struct app_call *c);
void app_wireguard_open(struct app_call *c);
void app_icmp_run(struct app_call *c);
void app_arp_run(struct app_call *c);
void app_nd_run(struct app_call *c);
void app_dhcp_run(struct app_call *c);
void app_dhcp6_run(struct app_call *c);

#endif
