/* scenario.h - a scenario: a site as one tap sees it, and what happens there.
 *
 * Read from JSON (../README.md, ../scenario.schema.json) by scenario.c, party.c and activity.c,
 * then read-only.  Every error names the file and the path of the key:
 *      month.json: activities.leak.schedule.jitter: "20" is not a duration (example: "20m")
 * Owner: main.  One thread.
 */
#ifndef NW_SYNTH_SCENARIO_H
#define NW_SYNTH_SCENARIO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/tz.h"
#include "synth/apps.h"
#include "synth/schedule.h"
#include "synth/tcp.h"

#define SCENARIO_ID_MAX 64
#define SCENARIO_DAYS_MAX 3660
#define HOST_IPS_MAX 4

struct segment {			/* a broadcast domain */
	char id[SCENARIO_ID_MAX];
	struct cidr *networks;
	size_t n_networks;
	uint8_t gateway[6];		/* MAC of its router */
	uint16_t vlan;			/* 0: untagged */
};

struct host {
	char id[SCENARIO_ID_MAX], role[SCENARIO_ID_MAX];
	struct addr ips[HOST_IPS_MAX];
	size_t n_ips;
	uint8_t mac[6];
	int segment;			/* index, or -1: outside */
};

enum rotate { ROTATE_EACH, ROTATE_NIGHT, ROTATE_RUN, ROTATE_CONNECTION, ROTATE_RANDOM };

/* Who takes part at one end: hosts in turn, or a network of hosts that exist only here. */
struct party {
	uint16_t *hosts;
	size_t n_hosts;
	struct cidr network;		/* used when n_hosts is 0 */
	enum rotate rotate;
};

struct volume {
	uint64_t bytes[2];		/* 0: from -> to, 1: to -> from; TCP or UDP payload */
	uint64_t spread_q32, growth_q32;	/* of a run; growth per day */
};

enum sees { SEES_BOTH, SEES_FROM, SEES_TO };	/* packets of which end reach the tap */

struct activity {
	/* "ntp/IMG-SRV-1" when a list of hosts each does it */
	char id[SCENARIO_ID_MAX * 2 + 2];
	const struct app *app;
	struct party from, to;
	bool opened_by_to;		/* the far end is the client */
	uint16_t *ports;
	size_t n_ports;
	enum rotate rotate_port;
	uint16_t client_port;		/* 0: ephemeral */
	unsigned family;		/* 4, 6, or 0: the first address both have */
	struct schedule_spec schedule;
	struct volume volume;
	uint64_t duration_ns, rate_bytes;	/* of a run's volume; rate in bytes per second */
	unsigned connections;
	bool is_parallel;
	uint64_t chunk_bytes, pause_ns;	/* 0: in one go */
	uint32_t segment_bytes;		/* of bulk pieces; 0: chosen by volume */
	uint64_t rtt_ns;		/* 0: chosen by distance */
	struct tcp_config tcp;
	enum sees sees;
	bool is_persistent;		/* one connection for all runs */
	bool has_via;			/* what is elsewhere is seen through this router */
	uint8_t via[6];
	bool is_leak;			/* listed night by night in the truth */
	int lookup;			/* host index of the resolver asked first, or -1 */
	struct app_options options;
	/* Planned by scenario_plan(). */
	struct run *runs;
	size_t n_runs;
};

struct gap {				/* the tap was blind */
	uint64_t from_ns, to_ns;
};

struct clock_step {			/* the capture clock jumped */
	uint64_t at_ns;
	int64_t by_ns;
};

struct tap {
	uint64_t loss_q32, duplicate_q32;	/* per packet */
	enum sees sees;
	struct gap *gaps;
	size_t n_gaps;
	struct clock_step *steps;
	size_t n_steps;
};

struct scenario {
	char name[128];
	char timezone[TZ_NAME_MAX];
	struct civil start;		/* midnight of the first day in the site's zone */
	unsigned days;
	uint64_t seed;
	uint64_t start_ns, end_ns;
	struct segment *segments;
	size_t n_segments;
	struct host *hosts;
	size_t n_hosts;
	struct activity *activities;
	size_t n_activities;
	struct tap tap;
	json_t *expect;			/* copied into the truth; may be NULL */
};

/* What the command line changes. */
struct scenario_changes {
	const char *start;		/* NULL: as in the file */
	const char *const *sets;	/* "key.path=value" */
	size_t n_sets;
	uint64_t seed;
	unsigned days;			/* 0: as in the file */
	bool has_seed;
};

#define SCENARIO_ERROR_MAX 640

/* 0, -errno or ERR_FORMAT with the reason in error. */
int scenario_load(const char *path, const struct scenario_changes *changes,
		  struct scenario **ret_scenario, char error[static SCENARIO_ERROR_MAX]);
/* The same for JSON already merged; takes nothing.  name stands for the file in messages. */
int scenario_read(const char *name, json_t *root, struct scenario **ret_scenario,
		  char error[static SCENARIO_ERROR_MAX]);
/* Works out when every activity happens.  Leaves the process's zone at the site's. */
int scenario_plan(struct scenario *s, char error[static SCENARIO_ERROR_MAX]);
void scenario_free(struct scenario *s);		/* NULL is fine */

int scenario_host(const struct scenario *s, const char *id);	/* index or -1 */
/* The segment an address belongs to, or -1. */
int scenario_segment(const struct scenario *s, const struct addr *a);

#endif
