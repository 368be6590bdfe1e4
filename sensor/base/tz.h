/* tz.h - the site's time zone.
 *
 * A sensor serves one site and its zone is fixed at start, so the process's TZ *is* the site's
 * zone: tz_use() sets it once and glibc's tables do the work (tzdata, the well-kept library).
 * tz_use(): before threads start (tests may call it again).  The rest: any thread.
 */
#ifndef NW_BASE_TZ_H
#define NW_BASE_TZ_H

#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"

#define TZ_NAME_MAX 64

/* Is it a plain zone name ("Europe/Amsterdam", "UTC") and installed here?  Looks at the zone file
 * and leaves the process's zone alone.  Any thread. */
bool tz_is_known(const char *name);
/* 0, or -ENOENT when tz_is_known() says no. */
int tz_use(const char *name);
const char *tz_name(void);		/* the name given to tz_use(), "UTC" before */

int tz_offset(uint64_t ns);		/* seconds east of UTC at that instant */
struct civil tz_civil(uint64_t ns);	/* civil time of the site at that instant */
/* Civil time -> instant.  A time that does not exist (spring) gives the instant of the change; one
 * that occurs twice (autumn) gives the first.  false: outside 1970..2500. */
bool tz_instant(const struct civil *c, uint64_t *ret_ns);
/* The text of clock_parse(); without an offset it is the site's civil time.  false: malformed, or
 * outside of what is said above. */
bool tz_parse(const char *text, uint64_t *ret_ns);
/* The smallest UTC offset (seconds) the zone has in a calendar year: where rows begin. */
int tz_smallest_offset(int year);

#endif
