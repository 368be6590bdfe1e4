/* pack.h - the numbers of the built-in rule pack, for tests that call detectors without a site.
 *
 * Read once and kept to the end of the process.
 */
#ifndef NW_UNIT_PACK_H
#define NW_UNIT_PACK_H

#include <stdlib.h>
#include "policy/rules.h"

static inline const struct rule_params *pack_params(void)
{
	static struct rules *pack;

	if (!pack && rules_builtin(&pack))
		abort();
	return &pack->params;
}

#define nightly_defaults (pack_params()->nightly)
#define rhythm_defaults (pack_params()->rhythm)
#define spoof_defaults (pack_params()->spoof)
#define gateway_defaults (pack_params()->gateway)

#endif
