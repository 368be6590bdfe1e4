/* incident.h - findings become incidents, and every change of an incident a record.
 *
 *            finding                      grows: level, nights, severity
 *   (none) ----------> open  --------------------------------------------> open (update)
 *                       |                pattern stopped
 *                       `------------------------------------------------> (none) (resolve)
 *
 * One incident per (rule, subject, channel); groups that are about the same upload are attached to
 * it (app/speak.h decides) and named in its records.  Severity never falls while it is open; a
 * return after resolve is a new incident that names the previous one.  Ids are hashes of what the
 * incident is about (ALERTS section 1), so a repeated replay gives the same ids.
 * A case is what an analyst handles as one: an incident joins the case of an open one of the same
 * subject that was opened within a day of it or whose peer is in the same network or domain, and of
 * another asset of the same vendor when the peer is in the same network or domain, of the other
 * end of its conversation within a day, and of any asset with a DNS tunnel below the same domain
 * (the resolver that passes it on), and of any asset of the zone whose incident of NW-SEG-005 or
 * NW-REM-005 was opened within a day of one of these rules; else it begins one.
 * NW-EXF-001, 002 and 005 rest on evidence that the channel keeps; when that is given up for want
 * of memory, incidents_give_up() says so.
 * A flood stays bounded: beyond INCIDENT_PEERS_MAX open incidents of NW-DST-001, NW-DST-002,
 * NW-REM-001, NW-EXF-006, NW-EXF-008, NW-EXF-011, NW-SEG-005 or NW-REM-005 for one subject, or
 * INCIDENTS_MAX of a rule, further channels are counted into one incident of the subject with group
 * "any"; a peer that receives INCIDENT_LARGE_BYTES gets its own all the same.  The same holds for
 * the rules of app/dealings.h (INCIDENT_ANSWERED_MAX, where it was answered), and for each rule of
 * the site's own: a busy one takes no place from another.
 * How many a flood has counted: of these rules and of NW-DST-001 each once, however often it comes,
 * with a filter of 1 KiB, so that the number is a little low in a large one
 * (incident_flood.c); of others as the channel remembers.
 * What an expected job did (app/jobs.h) is about the entry where it has no channel of its own:
 * NW-HLT-002, and NW-EXF-001 that an entry suppresses, are one incident per (subject, entry).  A
 * suppressed one has severity 1 and no level, joins no case, and takes no place from others.
 * What an entry of the site's "suppress" covers (alert/gate.h) is an incident of its own kind too:
 * severity 1, in no case, beside the places of others (16 of a rule and subject, then a flood of
 * them).  One that is open when an entry begins to cover it is resolved, with the entry's reason;
 * one whose entry does not cover it any more is resolved, and opens anew as what it is.
 * A rule of the site's own has one incident for each asset and address, with the count of minutes
 * in which it held; a record when that has grown eightfold, and in a new row.
 * Memory: an incident is about 400 bytes and its last record's words about as many more.  One that
 * is resolved and whose last night is further back than the site's `retention.incidents` is *past*:
 * its words, peer, names and members are forgotten, what it is about and its id stay, for
 * `previous`.  When INCIDENTS_OWN_MAX are kept, the oldest resolved ones are forgotten altogether
 * to make room (counted and said once); when all of them are open, further ones are counted into
 * floods.  So 16 384 subjects, each with a flood of every rule, fit beside them.
 * Thread: analysis.  Records go where incidents_new() was told.
 */
#ifndef NW_ALERT_INCIDENT_H
#define NW_ALERT_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alert/record.h"
#include "detect/finding.h"
#include "policy/calendar.h"
#include "profile/coverage.h"

#define INCIDENT_ID_MAX 40		/* "nw1-" / "nwc-" and 32 hex digits, with the zero byte */
#define INCIDENT_PEERS_MAX 16		/* open ones of such a rule for one subject */
#define INCIDENT_ANSWERED_MAX 32	/* and more of a dealing that was answered */
#define INCIDENTS_MAX 8192		/* open ones of one rule */
#define INCIDENTS_OWN_MAX 65536		/* of all rules, that are no flood, open or not */
#define INCIDENT_LARGE_BYTES 262144	/* of upload: a peer of its own even in a flood */
#define INCIDENT_MEMBERS_MAX 16		/* addresses that a flood incident lists */
#define INCIDENT_SEEN_BITS 8192		/* of a flood's filter; a power of two */
#define INCIDENT_LINES_MAX 12		/* of explanation */
#define INCIDENT_TEXT_MAX 512
#define INCIDENT_ATTACHED_MAX 512	/* characters of the names of attached groups */

struct sign_key;

/* What every record says about where and how it was made; borrowed for the run. */
struct alert_context {
	const struct site *site;
	const struct calendar *calendar;	/* set at the first packet */
	const char *sensor;		/* observer.name */
	const char *interface;		/* observer.ingress.interface.name, or NULL */
	bool is_live;
	char run_id[DIGEST_HEX_MAX];	/* of site, rules and program version */
	int64_t since_row;		/* the first row the tap saw */
	const struct orders *orders;	/* work orders now; NULL: none are registered */
	struct coverage *coverage;	/* what the tap did not see; NULL: it saw everything */
	bool attests;			/* NW-ATT-001: days get records */
	const struct sign_key *attest_key;	/* that signs them; NULL: nobody does */
};

/* What a record says, while it is made. */
struct incident_words {
	char message[INCIDENT_TEXT_MAX];
	char explain[INCIDENT_LINES_MAX][INCIDENT_TEXT_MAX];
};

struct incident {
	enum rule_id rule;
	uint32_t number;		/* order of first opening; of its key in the state */
	struct subject *subject;
	struct channel_key key;		/* group, value, service; meaningless when is_any */
	const char *domain;		/* of its peer, or the value of a domain; "": none */
	struct addr peer;		/* that stood for it last; zero: none */
	const char *attached;		/* "prefix 203.0.113.0/24\n..."; "": none */
	const char *entry;		/* the expected entry that it is about; "": none */
	const char *own;		/* RULE_OWN: the id of the site's rule; else "" */
	const char *suppressed;		/* by this entry of the site's "suppress"; "": it is not */
	uint64_t count;			/* RULE_OWN: minutes in which it held, ... */
	uint64_t first_ns, last_ns;	/* ... the first and the last packet of them */
	bool is_any;			/* the subject's flood incident, or about no channel */
	bool is_past;			/* resolved longer ago than incidents are kept */
	char id[INCIDENT_ID_MAX], case_id[INCIDENT_ID_MAX], previous[INCIDENT_ID_MAX];
	bool is_changed;		/* since it was last packed */
	bool is_open, has_opened;	/* has_opened: id is that of an incident now resolved */
	uint64_t opened_ns;
	enum level level;
	unsigned severity;
	unsigned bare;			/* what it would be if no entry suppressed it */
	unsigned process;		/* that alarmed last, of those of the rule */
	unsigned records;
	uint32_t nights;		/* qualifying (or with traffic) at the last record */
	int64_t last_row;		/* of the last record or sign of life */
	uint32_t members;		/* is_any: channels counted ... */
	struct addr *member;		/* ... and the first INCIDENT_MEMBERS_MAX; NULL: none */
	uint8_t *seen;			/* filter of those counted (incident_flood.c); NULL: none */
	uint64_t up, down;		/* NW-DST-002: seen so far */
	uint64_t given_up;		/* NW-HLT-001: channels whose evidence went */
	double given_up_m;		/* ... and the largest M of it */
	struct incident_words *words;	/* of the record that is being made; NULL at other times */
	const char *said;		/* the last record in words: incident_message() */
	unsigned explain_n;		/* lines of explanation in words, or in said */
	struct incident *next_of_addr, *next_of_house;	/* incident_list.c */
};

struct incidents;

struct incidents_counters {
	uint64_t opened, updated, resolved, records, flooded;
	uint64_t disabled;		/* findings of rules that the site has switched off */
	uint64_t unmatched;		/* that the rule's "match" does not hold for */
	uint64_t suppressed;		/* that an entry of the site's suppresses */
	uint64_t past;			/* words forgotten after retention.incidents */
	uint64_t forgotten;		/* resolved, and gone to make room */
	uint64_t refused;		/* findings that found no place and no memory */
};

/* Takes r.  Called on the analysis thread. */
typedef void (*incident_emit_fn)(void *arg, struct record *r);

int incidents_new(const struct alert_context *ctx, incident_emit_fn emit, void *emit_arg,
		  struct incidents **ret_incidents);
/* An empty list whose records go the same way. */
int incidents_new_beside(const struct incidents *in, struct incidents **ret_incidents);
void incidents_free(struct incidents *in);

/* A detector's finding: opens an incident, or updates it when it grew.  Through alert/gate.h. */
void incidents_finding(struct incidents *in, const struct finding *f);
/* The pattern of this channel stopped.  Nothing when no incident is open. */
void incidents_resolve(struct incidents *in, enum rule_id rule, struct channel *ch,
		       uint64_t judged_ns, int64_t row);
/* Its evidence for that rule goes because the memory is full.  The incident is resolved, and says
 * why: nobody would be left to say that the pattern stopped. */
void incidents_give_up(struct incidents *in, enum rule_id rule, struct channel *ch,
		       uint64_t judged_ns, int64_t row);
/* Another open incident of a pattern of nights tells of the channel now, and says as much. */
void incidents_take_over(struct incidents *in, enum rule_id rule, struct channel *ch,
			 uint64_t judged_ns, int64_t row);
/* The same with a finding: its channel says which. */
void incidents_resolve_finding(struct incidents *in, const struct finding *f);
/* The same for a subject's flood incident, or for what is about no channel. */
void incidents_resolve_any(struct incidents *in, enum rule_id rule, struct channel *stand_in,
			   uint64_t judged_ns, int64_t row);
/* Has the channel an open incident of its own? */
bool incidents_is_open(const struct incidents *in, enum rule_id rule, const struct channel *ch);
/* Has it one now, or had it one that is resolved? */
bool incidents_has_had(const struct incidents *in, enum rule_id rule, const struct channel *ch);
/* Has it none, but was it counted into an open flood of the subject's? */
bool incidents_is_flooded(const struct incidents *in, enum rule_id rule, const struct channel *ch);
/* The channel's own incident when it is open, else NULL. */
const struct incident *incidents_find(const struct incidents *in, enum rule_id rule,
				      const struct channel *ch);
/* The incident about (subject, entry) of NW-HLT-002 or of suppressed NW-EXF-001, for
 * incidents_at(); INCIDENTS_NONE. */
#define INCIDENTS_NONE SIZE_MAX
size_t incidents_of_entry(const struct incidents *in, enum rule_id rule, struct subject *s,
			  const char *entry);
/* Resolves the i-th; ch is its channel or stands for it. */
void incidents_end(struct incidents *in, size_t i, struct channel *ch, uint64_t judged_ns,
		   int64_t row);
/* The policy is another one, or a row is over: resolves what an entry suppresses or the site has
 * switched off now, and opens what no entry suppresses any more.  channels: those that they are
 * about. */
void incidents_review(struct incidents *in, const struct channels *channels, uint64_t judged_ns,
		      int64_t row);
/* Another policy is loaded, into `next`: resolves what is open here and not there, because its
 * asset or its zone is the site's no more; the state forgets it (incidents_on_forget()).  The
 * sequence is next's.  channels: those that they are about; NULL: not known. */
void incidents_part(struct incidents *in, struct incidents *next, const struct channels *channels,
		    uint64_t judged_ns, int64_t row);
/* One that the state has is left out for now: its number stays its own. */
void incidents_skip(struct incidents *in, uint32_t number);
/* For the state (incident_pack.h): takes over a copy as the next one in order; the sequence that
 * the next record gets is one more. */
bool incidents_restore(struct incidents *in, const struct incident *copy);
/* One that the state has is forgotten. */
typedef void (*incident_forget_fn)(void *arg, const struct incident *i);
void incidents_on_forget(struct incidents *in, incident_forget_fn fn, void *arg);
/* A row ends: what is resolved since before that row is past. */
void incidents_expire(struct incidents *in, int64_t before_row);
/* Those changed since incidents_packed(), in no order; borrowed until the next call. */
struct incident *const *incidents_changed(const struct incidents *in, size_t *ret_n);
void incidents_set_sequence(struct incidents *in, uint64_t last);
uint64_t incidents_sequence(const struct incidents *in);
void incidents_packed(struct incidents *in);	/* none is changed any more */

const struct incidents_counters *incidents_counters(const struct incidents *in);
/* Counts on from another's. */
void incidents_carry(struct incidents *in, const struct incidents *from);
size_t incidents_count(const struct incidents *in);
const struct incident *incidents_at(const struct incidents *in, size_t i); /* in order of opening */
/* Those of the subject and of its vendor's house (the vendor's own and all its assets'), in order
 * of opening: the first after `after`, NULL: of all; NULL: no more. */
const struct incident *incidents_of_house(const struct incidents *in, const struct subject *s,
					  const struct incident *after);
/* The last record in words, "" when there is none: the message, and line i < explain_n. */
const char *incident_message(const struct incident *i);
const char *incident_line(const struct incident *i, unsigned line);
/* Is it NW-EXF-001 as an expected entry allows it? */
static inline bool incident_is_allowed(const struct incident *i)
{
	return i->rule == RULE_EXF_001 && i->entry[0];
}

/* Is it that, or does an entry of the site's suppress it? */
static inline bool incident_is_suppressed(const struct incident *i)
{
	return incident_is_allowed(i) || i->suppressed[0];
}

/* Does it tell anybody: is it open, and not kept from the SOC? */
static inline bool incident_tells(const struct incident *i)
{
	return i->is_open && !incident_is_suppressed(i);
}

/* "NW-EXF-001", or the id of the site's rule. */
static inline const char *incident_rule_id(const struct incident *i)
{
	return i->rule == RULE_OWN ? i->own : rule_id_text(i->rule);
}
/* Of two, the later one not opened yet: are they one case? */
bool incident_shares_case(const struct incident *a, const struct incident *b);
/* "ip" ..., "vendor"; "203.0.113.0/24"; "tcp/443" or "-". */
const char *incident_group(const struct incident *i);
const char *incident_value(const struct incident *i, char buf[static GROUP_TEXT_MAX]);
const char *incident_service(const struct incident *i, char buf[static SERVICE_TEXT_MAX]);

#endif
