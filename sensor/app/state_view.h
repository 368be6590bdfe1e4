/* state_view.h - a state file laid open for people: `nachtwacht state` reads, never writes.
 *
 * The tables are loaded as a sensor loads them.  Without a site file the assets and zones are those
 * that the state itself names; roles, vendors and closed hours are then not known (has_site).  One
 * thread.  Everything in a view may have come from a damaged or hostile file: texts go through
 * base/text.h before they are shown.
 */
#ifndef NW_APP_STATE_VIEW_H
#define NW_APP_STATE_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include "app/analysis.h"
#include "app/options.h"
#include "base/clock.h"
#include "store/state.h"

#define VIEW_TEXT_MAX 160

struct state_view {
	const char *path;		/* borrowed */
	struct state *state;
	struct site *site;
	bool has_site;			/* --site was given */
	struct calendar calendar;
	struct alert_context context;
	struct analysis_parts tables;
	struct analysis_point point;	/* first_ns 0: no packet was seen yet */
	char id[SITE_ID_MAX];		/* the site's, as the state has it; "" not kept */
	uint64_t left_out;		/* rows that could not be read */
	bool is_clean;			/* the last run came to its end */
};

/* 0 or the exit status (logged).  Sets the process's time zone to that of the state. */
int state_view_open(const struct options *o, struct state_view *ret_view);
void state_view_close(struct state_view *v);

/* What a channel's nights amount to: of the process that says most. */
struct channel_proof {
	unsigned process;
	double m;
	enum level level;		/* of the open incident where it has one */
	uint32_t hits, seen, skipped;	/* of the nights kept */
	const struct night_seen *last;	/* the last that qualified, or NULL */
};
/* All zero for a channel without evidence. */
struct channel_proof state_view_proof(const struct state_view *v, const struct channel *ch);
/* The open incident about the channel (its own, not a flood's), or NULL. */
const struct incident *state_view_incident(const struct state_view *v, const struct channel *ch,
					   enum rule_id rule);
/* By evidence, then upload, then key.  Gives; NULL: no memory or none.  *ret_n: how many. */
struct channel **state_view_channels(const struct state_view *v, size_t *ret_n);

/* "TLS tcp/443", "icmp"; printable ASCII. */
const char *state_view_service(const struct channel *ch, char buf[static VIEW_TEXT_MAX]);
/* "203.0.113.9", "203.0.113.0/24", "vendor.example", "AS64500", "ZZ", "*"; printable ASCII. */
const char *state_view_where(const struct channel *ch, char buf[static VIEW_TEXT_MAX]);
/* "tcp/443", "icmp", or "" for what has no such name: as a site file has it. */
const char *state_view_port(const struct channel *ch, char buf[static SERVICE_TEXT_MAX]);
/* "2026-01-17 00:25" in the site's time; "-" for 0. */
const char *state_view_time(uint64_t ns, char buf[static CLOCK_TEXT_MAX]);
const char *state_view_mac(const uint8_t mac[static 6], char buf[static 18]);	/* "-" when zero */
const char *state_view_level(enum level level);		/* "-" "L1" ... */
bool state_view_is_zero(const void *bytes, size_t len);

#endif
