/* tls.h - what a TLS ClientHello and ServerHello say in the clear (private to the room).
 *
 *	name, ALPN	RFC 6066, RFC 7301
 *	JA3		MD5 over version, suites, extensions, groups, point formats, decimal
 *	JA4		the TLS client fingerprint alone (its description is BSD-3 licensed): t|q,
 *			highest version, SNI or not, how many suites and extensions, first and last
 *			character of the first ALPN; then 12 hex digits of SHA-256 over the sorted
 *			suites, and over the sorted extensions without SNI and ALPN with the
 *			signature algorithms in their order
 *	version		what the server chose (supported_versions first, RFC 8446 4.2.1), or, as
 *			long as it was not seen, the highest that the client offers
 *
 * GREASE values (RFC 8701) count nowhere.  A fingerprint is made of whole hellos only.  Pure
 * functions over a bounded piece of memory; at most TLS_LIST_MAX entries of a list are read, a
 * hello with more has no fingerprint.
 */
#ifndef NW_DPI_TLS_H
#define NW_DPI_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "dpi/names.h"

#define TLS_LIST_MAX 256

/* message: from the handshake's type on, len bytes of it.  transport: 't' or 'q'.  Adds to ret. */
void tls_read_client(const uint8_t *message, size_t len, bool is_whole, char transport,
		     struct names_found *ret);
/* bytes: a record that begins with a ServerHello.  false: it does not. */
bool tls_read_server(const uint8_t *bytes, size_t len, struct names_found *ret);

#endif
