/* err.c - see err.h. */
#include "base/err.h"

#include <stddef.h>
#include <string.h>

const char *err_text(int err)
{
	switch (err) {
	case 0: return "no error";
	case ERR_FORMAT: return "not in the expected format";
	case ERR_LINKTYPE: return "a link type that is not decoded here";
	case ERR_DAMAGED: return "damaged";
	case ERR_LIMIT: return "a limit was reached";
	case ERR_LIBRARY: return "a library differs from the one compiled against";
	case ERR_CONNECTION: return "no connection";
	default: break;
	}
	if (err < 0 && strerrordesc_np(-err))
		return strerrordesc_np(-err);
	return "unknown error";
}
