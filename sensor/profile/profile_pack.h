/* profile_pack.h - the long memory as bytes for the state, and back (base/pack.h).
 *
 * Keys are canonical: ids and addresses, never numbers of a table, so that a state is read back
 * into tables of any size and order.  Values begin with a byte of version.  Whatever a damaged
 * value holds, it is refused as a whole or read within its bounds.
 */
#ifndef NW_PROFILE_PROFILE_PACK_H
#define NW_PROFILE_PROFILE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include "base/pack.h"
#include "profile/channel.h"
#include "profile/subject.h"

/* A subject's key is its id; its value the baseline and the bets. */
void subject_pack(const struct subject *s, struct packer *ret);
bool subject_unpack(struct subjects *s, const struct site *site, const void *key, size_t key_len,
		    const void *value, size_t value_len);

/* Who a subject's row is about, without a site. */
struct subject_names {
	char id[SITE_ID_MAX], zone[SITE_ID_MAX];	/* zone: "" in none */
	struct addr addr;
	uint8_t mac[6];
};
bool subject_peek(const void *key, size_t key_len, const void *value, size_t value_len,
		  struct subject_names *ret_names);

/* The key of a channel: subject id, group, value, service.  Hot: facts and the running row.  Cold:
 * evidence. */
void channel_pack_key(const struct channel *ch, struct packer *ret);
/* What follows the subject's id in it; the subject's number is the caller's to set. */
void channel_key_pack(const struct channel_key *key, struct packer *ret);
bool channel_key_unpack(struct unpacker *u, struct channel_key *ret);
/* Of a contact what a record says of the connection that stands for it. */
void contact_pack_brief(const struct contact *k, struct packer *p);
void contact_unpack_brief(struct unpacker *u, struct contact *ret);
void channel_pack(const struct channels *c, const struct channel *ch, struct packer *ret);
void evidence_pack(const struct evidence *ev, struct packer *ret);
/* Refused: the tables are as they were. */
bool channel_unpack(struct channels *c, struct subjects *s, const struct unpacker *key,
		    const struct unpacker *value);
bool evidence_unpack(struct channels *c, struct subjects *s, const struct unpacker *key,
		     const struct unpacker *value);
void evidence_unpack_process(struct unpacker *u, struct process *ret);

/* The first form (values that begin with 1), read once: what was read is marked as changed, and the
 * caller deletes the row under its old key.  Channels before evidence. */
bool profile_pack_is_v1(const struct unpacker *value);
bool channel_key_unpack_v1(struct unpacker *u, struct channel_key *ret);	/* is_external: 0 */
bool channel_unpack_v1(struct channels *c, struct subjects *s, const struct unpacker *key,
		       const struct unpacker *value);
bool evidence_unpack_v1(struct channels *c, struct subjects *s, const struct calendar *calendar,
			const struct unpacker *key, const struct unpacker *value);

#endif
