/* attest_form.h - the form of an attestation: canonical JSON, the hashes of its parts, signatures.
 *
 * Canonical: one line, keys sorted by bytes, no blanks; what the program writes is in that form.
 * There are no reals in it, so that other programs may read and write it and change nothing.
 * Over it are taken
 *
 *   the hash of a record   SHA-256 of the whole record; `prev` of the next day's record
 *   the hash of a part     SHA-256 of one part of it, kept in `sha256` of the record itself, so
 *                          that one that was changed says where: "coverage", "crossings" (with
 *                          what is beyond), "sessions" (likewise), and "head": all the
 *                          rest, prev included
 *   the signature          Ed25519 over the whole record without its `signature`
 *
 * Pure functions, any thread.
 */
#ifndef NW_ALERT_ATTEST_FORM_H
#define NW_ALERT_ATTEST_FORM_H

#include <jansson.h>
#include <stdbool.h>
#include "base/digest.h"
#include "base/sign.h"

#define ATTEST_RULE_ID "NW-ATT-001"
#define ATTEST_RULE_VERSION "1"
#define ATTEST_RULE_NAME "Daily separation attestation"
#define ATTEST_RULE_CATEGORY "attestation"
#define ATTEST_DATASET "nachtwacht.attestation"

enum attest_part {
	ATTEST_COVERAGE, ATTEST_CROSSINGS, ATTEST_SESSIONS, ATTEST_HEAD, ATTEST_PARTS
};
const char *attest_part_name(enum attest_part p);

/* The object nachtwacht.attestation of a record, borrowed, or NULL. */
json_t *attest_body(const json_t *record);
/* Gives; NULL: no memory. */
char *attest_canonical(const json_t *record);
/* false: no memory, or no attestation. */
bool attest_hash_parts(const json_t *record, char ret[static ATTEST_PARTS][DIGEST_HEX_MAX]);

/* Puts `signature` into it.  0 or -ENOMEM. */
int attest_sign(json_t *record, const struct sign_key *key);
bool attest_is_signed_by(const json_t *record, const struct sign_key *key);

#endif
