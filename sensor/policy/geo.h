/* geo.h - whose network an address is, and in which country: MaxMind-format files.
 *
 * Two files, either of which may be missing: one with AS numbers ("GeoLite2-ASN" and compatible),
 * one with countries.  They are copied into memory when opened, so a file that is replaced, cut or
 * overwritten while we run can neither crash us nor change answers in the middle of a night.
 * What is in them is not trusted: texts are repaired and bounded, and a record that cannot be read,
 * or is larger or deeper than such databases have them (geo_record.c), is no answer.
 * Owner: the site's snapshot.  After geo_open() read-only: any thread, no locks.
 * Cost: memory as large as the files (some 20 MB); about a microsecond a look-up.
 */
#ifndef NW_POLICY_GEO_H
#define NW_POLICY_GEO_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/digest.h"

#define GEO_ORGANISATION_MAX 128	/* bytes of UTF-8, with the zero byte */
#define GEO_FILE_MAX (1U << 30)		/* bytes; the largest database sold is half of it */

struct geo;

enum geo_kind { GEO_ASN, GEO_COUNTRY, GEO_KINDS };

struct geo_place {
	uint32_t asn;				/* 0: not known */
	char organisation[GEO_ORGANISATION_MAX];	/* of the AS; "" not known */
	char country[3];			/* ISO 3166, "NL"; "" not known */
};

/* Which file could not be used and why: a phrase without a full stop, with the path. */
struct geo_problem {
	enum geo_kind kind;
	char text[512];
};

/* A path may be NULL: nothing is known of that kind then.  0; -errno when a file cannot be read;
 * ERR_FORMAT when it is not such a database, is damaged, or is one of the other kind; ERR_LIMIT. */
int geo_open(const char *asn_path, const char *country_path, struct geo **ret_geo,
	     struct geo_problem *ret_problem);
void geo_close(struct geo *g);			/* NULL is fine */
/* false: nothing is known of the address; *ret_place is empty then.  g may be NULL. */
bool geo_lookup(const struct geo *g, const struct addr *a, struct geo_place *ret_place);
/* SHA-256 of the file, for manifests; "" where there is none.  g may be NULL. */
const char *geo_sha256(const struct geo *g, enum geo_kind kind);

#endif
