/* incident_internal.h - what incident.c (how they change), incident_list.c (where they are) and
 * incident_words.c (what they last said), incident_review.c (what the site has to say) and
 * incident_flood.c (what is counted instead of told) share. */
#ifndef NW_ALERT_INCIDENT_INTERNAL_H
#define NW_ALERT_INCIDENT_INTERNAL_H

#include <assert.h>
#include "alert/incident.h"

/* Peers of their own, and one flood incident per subject and rule. */
#define INCIDENTS_CAPACITY (INCIDENTS_OWN_MAX + RULE_KINDS * SUBJECTS_MAX)

static_assert(RULE_KINDS <= SUBJECT_RULES_MAX, "a subject counts its open incidents by rule");

struct incident_chain {			/* in order of opening */
	struct incident *first, *last;
};

struct incidents {
	const struct alert_context *ctx;
	incident_emit_fn emit;
	void *emit_arg;
	incident_forget_fn forget;
	void *forget_arg;
	struct incident **list;		/* INCIDENTS_CAPACITY pointers, in order of opening */
	size_t count;
	size_t own;			/* of them, those that are no flood */
	uint32_t next_number;
	size_t peers[RULE_KINDS];	/* open ones that are not flood incidents */
	struct incident_own_count **own_counts;	/* incident_flood.c */
	size_t suppressed;		/* likewise, all rules together: they are beside those */
	uint32_t *table;		/* index + 1; 0: free */
	struct incident_chain *addrs;	/* by the address of the subject */
	struct incident_chain *houses;	/* by the number of the vendor's subject */
	struct incident **changed;	/* INCIDENTS_CAPACITY pointers; each once */
	size_t n_changed;
	struct incident_words words;	/* of the record that is being made */
	uint64_t sequence;
	struct incidents_counters counters;
};

/* What an incident is about, to find it by. */
struct about {
	enum rule_id rule;
	const struct channel *ch;
	bool is_any;
	const char *entry;		/* as incident_entry() has it; "": none */
	const char *own;		/* RULE_OWN: which; else "" */
	bool is_suppressed;		/* is_any: a flood of those that are */
};

/* The entry as far as it tells incidents apart: NW-EXP-001 is about the channel. */
static inline const char *incident_entry(enum rule_id rule, const char *entry)
{
	return entry && rule != RULE_EXP_001 ? entry : "";
}

/* --- incident.c --- */
/* A record: of what the finding says now of an incident that is open, or is about to end. */
void incident_tell(struct incidents *in, struct incident *i, const struct finding *f,
		   const char *action);
/* One that was never open, or is resolved, begins; without a record. */
void incident_open(struct incidents *in, struct incident *i, const struct finding *f);
/* Its last record, and it is resolved. */
void incident_close(struct incidents *in, struct incident *i, const struct finding *f);

/* --- incident_list.c --- */
uint32_t *incidents_place(const struct incidents *in, const struct about *about);
/* One more, last in order: takes the copy's texts.  NULL: no memory, or no room at all. */
struct incident *incidents_add(struct incidents *in, const struct incident *copy);
/* Is there room for one more that is no flood?  Forgets the oldest resolved ones for it. */
bool incidents_make_room(struct incidents *in);
void incidents_mark(struct incidents *in, struct incident *i);	/* it is changed */
/* The case of the first open one that shares it with i, or NULL. */
const char *incidents_case(const struct incidents *in, const struct incident *i);

/* --- incident_flood.c --- */
/* Open ones with a channel of their own, by rule and by subject. */
void incidents_count_open(struct incidents *in, const struct incident *i, int by);
int incidents_own_new(struct incidents *in);	/* 0; -1: no memory */
void incidents_own_free(struct incidents *in);
/* Is there no room for an incident of the channel's own? */
bool incidents_is_flood(struct incidents *in, const struct finding *f);
/* A flood's channel; false: it was counted before. */
bool incidents_count_member(struct incidents *in, struct incident *i, const struct finding *f);
/* Does a flood of the rule have a filter?  Others ask the channel. */
bool incident_has_filter(enum rule_id rule);
/* Has its filter seen the key?  It has from now on. */
bool incident_note_seen(struct incident *i, const struct channel_key *key);

/* --- incident_words.c --- */
/* Lends the words, filled with the last record's; back with the new ones, which it keeps. */
void incident_take_words(struct incident *i, struct incident_words *words);
void incident_keep_words(struct incident *i);
/* domain, attached, entry: copies the text; "" when there is no memory, which is logged. */
void incident_set_text(const char **text, const char *to);
/* And the members; entry, own and suppressed are what some are found by. */
void incident_drop_texts(struct incident *i, bool keeps_entry);

#endif
