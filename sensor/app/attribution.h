/* attribution.h - whose traffic a slice is, and which channels it adds to.
 *
 * A slice is looked at from both of its ends.  An end that is a subject, with a peer that is not
 * inside its zone, adds to the channel (subject, address and service) and, unless the site expects
 * the traffic, to every coarser group of the peer (profile/group.h); an asset's vendor, when it has
 * several assets, gets the same groups but the finest and the country.
 *
 *   name of the peer   the connection's own (SNI, Host, DNS question) when the subject opened it,
 *                      else what DNS told the subject for that address within a day, else, while
 *                      it has said nothing (a handshake cut by the minute, an attempt), the name
 *                      that the last connection to the same address and service had
 *   ASN, country       the site's files, looked up once a channel
 *
 * Cost: one look-up in the table a group, at most ten a slice, and less where the last flow looked
 * the same up.  Thread: analysis.
 */
#ifndef NW_APP_ATTRIBUTION_H
#define NW_APP_ATTRIBUTION_H

#include "app/jobs.h"
#include "app/tunnels.h"
#include "flow/slice.h"
#include "policy/calendar.h"
#include "profile/channel.h"
#include "profile/resolved.h"
#include "profile/subject.h"

/* A minute of traffic of a channel of group ip was added to it.  The channel is borrowed for the
 * call. */
typedef void (*attribution_minute_fn)(void *arg, struct channel *ch, const struct slice *s,
				      int64_t row);

/* The same of one with a peer outside, also when a connection opens: the registered domain of the
 * peer ("" not known), and whether an entry of the site's covers it now. */
struct attribution_contact {
	struct channel *channel;
	const struct slice *slice;
	const char *domain;
	uint64_t up, down;		/* zero when it opens */
	int64_t row;
	bool is_expected;
};
typedef void (*attribution_contact_fn)(void *arg, const struct attribution_contact *c);

/* DNS questions or echoes of a minute, whether they leave the zone or not.  What it returns of the
 * asset's download only repeats what was sent (tunnels.h). */
typedef uint64_t (*attribution_carried_fn)(void *arg, const struct tunnel_minute *m);
/* A minute of a connection from one of its ends, whether it crosses a boundary or not.  Called
 * after the channels have it. */
struct attribution_end {
	struct subject *subject, *other;	/* other: the peer's; NULL: it is none */
	const struct addr *me, *peer;
	const struct slice *slice;
	enum crossing crossing;
	const struct expected *expected;	/* covers the minute; of a crossing alone */
	bool am_client;
	int64_t row;
};
typedef void (*attribution_end_fn)(void *arg, const struct attribution_end *e);

/* Whose the two ends of a flow's events of one minute are.  OPEN, SLICE and CLOSE of a short flow
 * follow one another, and what they ask of the site is the same. */
struct attribution_ends {
	struct flow_id id;
	uint64_t minute_ns;		/* 0: nothing is known yet */
	uint8_t mac[2][6];
	bool client_is_b;
	struct subject *subject[2];	/* client, server */
	enum crossing crossing[2];	/* seen from each; of one without subject not set */
};

struct attribution {			/* borrowed, but for counters and what is remembered */
	const struct site *site;
	const struct calendar *calendar;
	struct subjects *subjects;
	struct channels *channels;
	struct resolved *resolved;
	struct jobs *jobs;
	attribution_minute_fn minute;
	attribution_contact_fn contact;
	attribution_carried_fn carried;
	attribution_end_fn end;		/* NULL: nobody asks */
	void *minute_arg;		/* of all three */
	uint64_t no_memory;		/* what could not be kept */
	uint64_t outside_both;	/* flows between two addresses that are not internal: not judged */
	char outside_example[2 * ADDR_TEXT_MAX + 8];	/* the first of them */
	struct attribution_ends last;
	struct channel_hint hints[2][2][GROUPS];	/* client or server; asset or vendor */
};

/* Whether an entry covers such traffic at some time, if not now; amounts do not matter. */
bool attribution_is_expected_ever(const struct attribution *a, const struct channel *ch,
				  const struct slice *s);
/* Whether an entry covers it now, whatever the amount; run_ns: since when the peer is at it. */
bool attribution_expects(const struct attribution *a, const struct attribution_end *e,
			 uint64_t run_ns);
void attribution_take(struct attribution *a, const struct slice *s);
/* Another site, other orders: nothing that was looked up holds any more. */
void attribution_forget(struct attribution *a);
/* What DNS answered in it, and nothing else: for slices that an earlier run has taken in. */
void attribution_note_answers(struct attribution *a, const struct slice *s);

#endif
