/* err.h - one error space: 0, or a negative errno, or one of ours below -1000. */
#ifndef NW_BASE_ERR_H
#define NW_BASE_ERR_H

enum err {
	ERR_FORMAT = -1001,	/* the bytes are not what they should be */
	ERR_LINKTYPE = -1002,	/* a link type that is not decoded here */
	ERR_DAMAGED = -1003,	/* good up to a point; the good part was used */
	ERR_LIMIT = -1004,	/* a bound of ours was reached */
	ERR_LIBRARY = -1005,	/* a library is not the one compiled against */
	ERR_CONNECTION = -1006,	/* the peer of a connection is not there or went away */
};

const char *err_text(int err);	/* a phrase without a full stop; never NULL */

/* Moves a pointer out of a variable, leaving NULL: success paths give, the exit label frees. */
#define steal(ptr) \
	({ __typeof__(*(ptr)) steal_value_ = *(ptr); *(ptr) = NULL; steal_value_; })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
