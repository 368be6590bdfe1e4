/* reload.h - a live sensor's policy changes while it runs: one place looks, at the end of every
 * minute of capture time, and one way leads from files to what counts.
 *
 *	SIGHUP			site file, rule pack and work orders are read anew
 *	the orders' file	its time, size or inode differ: the orders are read anew
 *	the orders in Redis	the content of the hash differs: the same
 *
 *	read -> parse -> validate --good--> takes the place of the old, between two minutes
 *				  `-bad---> the old stays
 *
 * Either is said in the log and by a health record (alert/encode_policy.h) with the first thing
 * that was wrong.  Another site id, time zone or other file types are refused: state, stream, rows
 * and the packet path are those of the start.  A new site file is taken as a restart takes it
 * (memory_renew()): subjects, channels, evidence and incidents go on under it, what it suppresses
 * or switches off is resolved, and records have another run id.
 * A replay knows the policy of its start alone: its result must not depend on when somebody saved a
 * file.
 * Thread: analysis; the signal is a flag (app/signals.h).
 */
#ifndef NW_APP_RELOAD_H
#define NW_APP_RELOAD_H

#include "app/session.h"

struct reload;

/* Borrows the session, whose analysis is there and, where it has one, its memory is loaded.  0 or
 * -ENOMEM. */
int reload_new(struct session *s, struct reload **ret_reload);
void reload_free(struct reload *r);	/* NULL is fine */
/* An analysis_policy_fn. */
void reload_look(void *reload, uint64_t now_ns);

#endif
