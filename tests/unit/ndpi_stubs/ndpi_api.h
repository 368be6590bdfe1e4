/* ndpi_api.h - NOT nDPI: what of nDPI's interface our code touches, as we read it, by release.
 *
 * For ndpi-headers.test alone, so that the branches of dpi/ndpi_compat.h for releases that cannot
 * be had here are at least compiled.  Written from release notes and public documentation, not from
 * the headers themselves; sizes, values and everything we do not use are made up.  That this
 * compiles says that the shim agrees with our reading, and nothing about the library: the first
 * build against the real headers of a release is still to be made (NW_NDPI_HEADERS=DIR).
 *
 * The release is NDPI_MAJOR and NDPI_MINOR from the command line.  STUB_SHAPE (major * 100 + minor)
 * gives the shapes of another one: the test uses it to see that a wrong branch does not compile.
 */
#ifndef NW_STUB_NDPI_API_H
#define NW_STUB_NDPI_API_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef STUB_SHAPE
#define STUB_SHAPE (NDPI_MAJOR * 100 + NDPI_MINOR)
#endif
#define NDPI_API_VERSION 1

struct ndpi_detection_module_struct;
struct ndpi_flow_struct;
struct ndpi_global_context;

enum {
	NDPI_PROTOCOL_DNS = 5, NDPI_PROTOCOL_HTTP = 7, NDPI_PROTOCOL_MDNS,
	NDPI_PROTOCOL_MAIL_POPS, NDPI_PROTOCOL_MAIL_SMTPS, NDPI_PROTOCOL_BITTORRENT,
	NDPI_PROTOCOL_MAIL_IMAPS, NDPI_PROTOCOL_TELNET, NDPI_PROTOCOL_TLS, NDPI_PROTOCOL_SSH,
	NDPI_PROTOCOL_KERBEROS, NDPI_PROTOCOL_LLMNR, NDPI_PROTOCOL_HTTP_CONNECT,
	NDPI_PROTOCOL_HTTP_PROXY, NDPI_PROTOCOL_QUIC, NDPI_PROTOCOL_DTLS
};

/* 4.4 and later have more values; those that we name are in all. */
typedef enum {
	NDPI_CONFIDENCE_UNKNOWN, NDPI_CONFIDENCE_MATCH_BY_PORT, NDPI_CONFIDENCE_MATCH_BY_IP,
	NDPI_CONFIDENCE_DPI_CACHE, NDPI_CONFIDENCE_DPI
} ndpi_confidence_t;
enum { NDPI_HTTP_METHOD_UNKNOWN };

/* 4.12: the ids have moved; 5.0: how far the flow is. */
#if STUB_SHAPE >= 500
enum ndpi_stub_state {
	NDPI_STATE_INSPECTING, NDPI_STATE_PARTIAL, NDPI_STATE_MONITORING, NDPI_STATE_CLASSIFIED
};
#endif
typedef struct {
#if STUB_SHAPE >= 412
	struct { u_int16_t master_protocol, app_protocol; } proto;
#else
	u_int16_t master_protocol, app_protocol;
#endif
	int category;
#if STUB_SHAPE >= 404
	void *custom_category_userdata;
#endif
#if STUB_SHAPE >= 500
	enum ndpi_stub_state state;
#endif
} ndpi_protocol;

struct ndpi_flow_struct {
	u_int16_t detected_protocol_stack[2];
	ndpi_confidence_t confidence;
	int (*extra_packets_func)(struct ndpi_detection_module_struct *, struct ndpi_flow_struct *);
	char host_server_name[80];
	struct { int method; } http;
	union {
		struct {
#if STUB_SHAPE >= 406
			char *advertised_alpns, *negotiated_alpn;
#else
			char *alpn;
#endif
#if STUB_SHAPE < 414
			char ja3_client[33];
#endif
			u_int16_t ssl_version;
		} tls_quic;
	} protos;
};

u_int16_t ndpi_get_api_version(void);
u_int32_t ndpi_detection_get_sizeof_ndpi_flow_struct(void);
char *ndpi_revision(void);
char *ndpi_get_proto_name(struct ndpi_detection_module_struct *m, u_int16_t id);
int ndpi_load_protocols_file(struct ndpi_detection_module_struct *m, const char *path);
void ndpi_exit_detection_module(struct ndpi_detection_module_struct *m);
void ndpi_free_flow_data(struct ndpi_flow_struct *flow);

/* Modules: from preferences, from 4.10 on in a context; 6.0 wants a licence. */
#if STUB_SHAPE >= 600
enum ndpi_license_type { NDPI_LICENSE_NOT_FOR_PROFIT_LGPL };
struct ndpi_detection_module_struct *ndpi_init_detection_module(struct ndpi_global_context *g,
								 enum ndpi_license_type licence);
#elif STUB_SHAPE >= 410
struct ndpi_detection_module_struct *ndpi_init_detection_module(struct ndpi_global_context *g);
#else
typedef enum { ndpi_no_prefs } ndpi_prefs;
struct ndpi_detection_module_struct *ndpi_init_detection_module(ndpi_prefs prefs);
#endif
#if STUB_SHAPE >= 410
int ndpi_finalize_initialization(struct ndpi_detection_module_struct *m);
#else
void ndpi_finalize_initialization(struct ndpi_detection_module_struct *m);
#endif

/* Which protocols, how many, whose memory: until 5.0. */
#if STUB_SHAPE >= 500
u_int ndpi_get_num_protocols(struct ndpi_detection_module_struct *m);
#else
typedef struct { u_int32_t bits[16]; } NDPI_PROTOCOL_BITMASK;
#define NDPI_BITMASK_SET_ALL(mask) ((mask).bits[0] = ~0u)
#define NDPI_DEL_PROTOCOL_FROM_BITMASK(mask, id) ((mask).bits[(id) / 32] &= ~(1u << (id) % 32))
#if STUB_SHAPE >= 406
int ndpi_set_protocol_detection_bitmask2(struct ndpi_detection_module_struct *m,
					 const NDPI_PROTOCOL_BITMASK *mask);
#else
void ndpi_set_protocol_detection_bitmask2(struct ndpi_detection_module_struct *m,
					  const NDPI_PROTOCOL_BITMASK *mask);
#endif
u_int ndpi_get_num_supported_protocols(struct ndpi_detection_module_struct *m);
u_int8_t ndpi_extra_dissection_possible(struct ndpi_detection_module_struct *m,
					struct ndpi_flow_struct *flow);
void set_ndpi_malloc(void *(*take)(size_t));
#endif

/* Packets: what else is known of one, from 4.6 on. */
#if STUB_SHAPE >= 406
struct ndpi_flow_input_info;
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct *m,
					    struct ndpi_flow_struct *flow,
					    const unsigned char *packet, unsigned short len,
					    u_int64_t ms, struct ndpi_flow_input_info *info);
#else
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct *m,
					    struct ndpi_flow_struct *flow,
					    const unsigned char *packet, unsigned short len,
					    u_int64_t ms);
#endif
#if STUB_SHAPE >= 500
ndpi_protocol ndpi_detection_giveup(struct ndpi_detection_module_struct *m,
				    struct ndpi_flow_struct *flow);
#elif STUB_SHAPE >= 410
ndpi_protocol ndpi_detection_giveup(struct ndpi_detection_module_struct *m,
				    struct ndpi_flow_struct *flow, u_int8_t *was_guessed);
#else
ndpi_protocol ndpi_detection_giveup(struct ndpi_detection_module_struct *m,
				    struct ndpi_flow_struct *flow, u_int8_t with_guess,
				    u_int8_t *was_guessed);
#endif

#endif
