/* ndpi_compat.h - every difference between releases of nDPI, and nothing else.
 *
 * Compiled and run against 4.2 (Debian 12).  The branches for later releases are written from
 * release notes and marked "never run": headers of those releases cannot be had from Debian, so
 * they are compiled against our own reading of them only (tests/unit/ndpi_stubs; ndpi-headers.test
 * takes real ones).  What they are about:
 *   4.4   a DTLS certificate no longer crashes the library
 *   4.6   sixth argument of process_packet(); alpn became advertised_alpns
 *   4.10  modules are made from a global context; finalize() can fail; the module argument left
 *         several functions
 *   4.12  protocol ids moved into ndpi_protocol.proto
 *   4.14  the JA3 of the client is gone
 *   5.0   protocol bitmasks are gone, ndpi_protocol.state says how far a flow is; giveup() guesses
 *         by itself; ids are counted at run time only; other allocator hooks
 *   6.0   a licence is named at init
 * Calls of one module are not thread-safe; init and exit of any two modules are not either.
 */
#ifndef NW_DPI_NDPI_COMPAT_H
#define NW_DPI_NDPI_COMPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ndpi_api.h>

#define COMPAT_VERSION (NDPI_MAJOR * 100 + NDPI_MINOR)

/* Is the library at run time the one whose headers we were compiled with?  The API version is a
 * hash: equal or not, never ordered. */
static inline bool compat_is_same_library(void)
{
	return ndpi_get_api_version() == NDPI_API_VERSION &&
	       ndpi_detection_get_sizeof_ndpi_flow_struct() == sizeof(struct ndpi_flow_struct);
}

/* Memory that nDPI asks for comes from take(); it goes back through free(3). */
static inline void compat_set_malloc(void *(*take)(size_t))
{
#if COMPAT_VERSION < 500
	set_ndpi_malloc(take);
#else
	(void)take;		/* never run: no over-read of these is known */
#endif
}

static inline struct ndpi_detection_module_struct *compat_init(void)
{
#if COMPAT_VERSION >= 600	/* never run */
	return ndpi_init_detection_module(NULL, NDPI_LICENSE_NOT_FOR_PROFIT_LGPL);
#elif COMPAT_VERSION >= 410	/* never run */
	return ndpi_init_detection_module(NULL);
#else
	return ndpi_init_detection_module(ndpi_no_prefs);
#endif
}

static inline void compat_choose_protocols(struct ndpi_detection_module_struct *m)
{
#if COMPAT_VERSION < 500
	NDPI_PROTOCOL_BITMASK all;

	NDPI_BITMASK_SET_ALL(all);
#if COMPAT_VERSION < 404
	/* A DTLS server certificate whose subject nDPI knows is a NULL dereference before 4.4. */
	NDPI_DEL_PROTOCOL_FROM_BITMASK(all, NDPI_PROTOCOL_DTLS);
#endif
	ndpi_set_protocol_detection_bitmask2(m, &all);
#else
	(void)m;		/* never run: all protocols are on */
#endif
}

/* A module ready for packets, or NULL. */
static inline struct ndpi_detection_module_struct *compat_open(void)
{
	struct ndpi_detection_module_struct *m = compat_init();

	if (!m)
		return NULL;
	compat_choose_protocols(m);
#if COMPAT_VERSION >= 410	/* never run */
	if (ndpi_finalize_initialization(m)) {
		ndpi_exit_detection_module(m);
		return NULL;
	}
#else
	ndpi_finalize_initialization(m);
#endif
	return m;
}

/* Protocol ids are below this. */
static inline unsigned compat_protocols(struct ndpi_detection_module_struct *m)
{
#if COMPAT_VERSION >= 500	/* never run */
	return ndpi_get_num_protocols(m);
#else
	return ndpi_get_num_supported_protocols(m);
#endif
}

/* l3: from the IP header; ms: milliseconds of capture time. */
static inline ndpi_protocol compat_packet(struct ndpi_detection_module_struct *m,
					  struct ndpi_flow_struct *nd, const uint8_t *l3,
					  uint16_t len, uint64_t ms)
{
#if COMPAT_VERSION >= 406	/* never run */
	return ndpi_detection_process_packet(m, nd, l3, len, ms, NULL);
#else
	return ndpi_detection_process_packet(m, nd, l3, len, ms);
#endif
}

static inline ndpi_protocol compat_giveup(struct ndpi_detection_module_struct *m,
					  struct ndpi_flow_struct *nd)
{
#if COMPAT_VERSION >= 500	/* never run */
	return ndpi_detection_giveup(m, nd);
#else
	u_int8_t was_guessed = 0;

#if COMPAT_VERSION >= 410	/* never run */
	return ndpi_detection_giveup(m, nd, &was_guessed);
#else
	return ndpi_detection_giveup(m, nd, 1, &was_guessed);
#endif
#endif
}

static inline void compat_ids(const ndpi_protocol *p, uint16_t *ret_master, uint16_t *ret_app)
{
#ifdef HAVE_NDPI_PROTOCOL_PROTO	/* never run */
	*ret_master = p->proto.master_protocol;
	*ret_app = p->proto.app_protocol;
#else
	*ret_master = p->master_protocol;
	*ret_app = p->app_protocol;
#endif
}

/* Would nDPI still look into packets of a flow whose protocol it knows? */
static inline bool compat_wants_more(struct ndpi_detection_module_struct *m,
				     struct ndpi_flow_struct *nd, const ndpi_protocol *p)
{
#ifdef HAVE_NDPI_PROTOCOL_STATE	/* never run */
	(void)m;
	return p->state != NDPI_STATE_MONITORING &&
	       !(p->state == NDPI_STATE_CLASSIFIED && !nd->extra_packets_func);
#else
	(void)p;
	return ndpi_extra_dissection_possible(m, nd);
#endif
}

/* The list of ALPN names the client offered, or NULL; only where the flow is TLS or QUIC. */
static inline const char *compat_alpn(const struct ndpi_flow_struct *nd)
{
#if COMPAT_VERSION >= 406	/* never run */
	return nd->protos.tls_quic.advertised_alpns;
#else
	return nd->protos.tls_quic.alpn;
#endif
}

/* 32 hex digits, or "" ; only where the flow is TLS or QUIC. */
static inline const char *compat_ja3(const struct ndpi_flow_struct *nd)
{
#if COMPAT_VERSION >= 414	/* never run */
	(void)nd;
	return "";
#else
	return nd->protos.tls_quic.ja3_client;
#endif
}

#endif
