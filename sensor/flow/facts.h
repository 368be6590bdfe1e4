/* facts.h - what few flows have to tell beside protocol and name: TLS, HTTP, functions, files.
 *
 * Most flows have none of it, so it is not in the flow's record but in a piece of memory of its
 * own, made when DPI has found something: 16 bytes and the texts, ~100 bytes for TLS, at most
 * FACTS_TEXT_MAX more.  A shard holds at most FACTS_HELD_MAX of them; the flows beyond go without
 * (counted), and their functions are not followed.
 *
 * Sides.  While the flow lives, [0] is side a of its key, because client and server may still
 * change places; in a slice [0] is the client.  Thread: the owner's.
 */
#ifndef NW_FLOW_FACTS_H
#define NW_FLOW_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/pack.h"
#include "dpi/dpi.h"

#define FACTS_HELD_MAX 65536		/* of a shard */
#define FACTS_TEXT_MAX 384

enum fact_text {			/* in this order, each ended by a zero byte; "" for none */
	FACT_ALPN, FACT_ALPN_CHOSEN, FACT_JA3, FACT_JA4, FACT_METHOD, FACT_BANNER_0, FACT_BANNER_1,
	FACT_TEXTS
};

struct flow_facts {
	uint8_t light;			/* enum dpi_light */
	bool awaits_reply;		/* of TLS or HTTP */
	uint8_t file[2];		/* enum file_type: what each side's first transfer begins */
	uint8_t minute_acts[2];		/* sets of enum dpi_act asked for by each side ... */
	uint8_t acts[2];		/* ... and in the minutes before */
	uint16_t tls_version;
	uint16_t text_len;
	char text[];
};

/* NULL: nothing to tell (*ret_missed false), or no memory (true). */
struct flow_facts *facts_of_verdict(const struct dpi_verdict *v, bool *ret_missed);
/* A copy whose sides are exchanged when `turn`.  NULL: f is NULL, or no memory. */
struct flow_facts *facts_copy(const struct flow_facts *f, bool turn);
/* What the server said after the verdict; `side` said it.  *f may move. */
void facts_add_reply(struct flow_facts **f, const struct dpi_reply *reply, unsigned side);
const char *facts_text(const struct flow_facts *f, enum fact_text which);	/* f may be NULL */
/* Which protocol later packets are asked for (enum dpi_light), or 0. */
static inline unsigned facts_followed(const struct flow_facts *f)
{
	return f->awaits_reply || dpi_is_followed(f->light) ? f->light : DPI_LIGHT_NONE;
}
/* The operator's file types have changed since then (dpi/filetype.h); f may be NULL. */
void facts_move_files(struct flow_facts *f, const struct file_types *then,
		      const struct file_types *now);
void facts_pack(const struct flow_facts *f, struct packer *p);		/* NULL is fine */
/* *ret is NULL when NULL was packed, too.  false: malformed (u->is_bad is set) or no memory. */
bool facts_unpack(struct unpacker *u, struct flow_facts **ret);

#endif
