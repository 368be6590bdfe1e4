/* attempts.c - see attempts.h. */
#include "detect/attempts.h"

#include <string.h>
#include "base/err.h"

#define TCP_SYN 0x02
#define TCP_ACK 0x10
#define SYN_RETRIES_NS (3 * SLICE_NS)	/* Linux gives up after 127 s, others sooner */

static enum attempt of_tcp(const struct slice *s)
{
	bool is_first = s->id.first_ns >= s->minute_ns;
	bool is_accepted = s->tcp_flags[1] & TCP_SYN;

	if (is_accepted || s->sums.payload[1] || s->tcp_flags[0] & TCP_ACK)
		return is_first || is_accepted ? ATTEMPT_ANSWERED : ATTEMPT_NONE;
	if (!(s->tcp_flags[0] & TCP_SYN))
		return ATTEMPT_NONE;
	return is_first || s->minute_ns >= s->id.first_ns + SYN_RETRIES_NS ? ATTEMPT_FAILED :
									     ATTEMPT_NONE;
}

/* Syslog, SNMP traps, NetFlow and IPFIX, sFlow. */
static bool is_one_way(const struct slice *s)
{
	static const uint16_t ports[] = { 162, 514, 2055, 4739, 6343, 9995, 9996 };
	static const char *const names[] = { "Syslog", "NetFlow", "sFlow" };
	const char *name = dpi_protocol_name(dpi_carrier(s->master, s->app));

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (s->id.key.proto == IP_UDP && slice_server_port(s) == ports[i])
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static enum attempt of_datagrams(const struct slice *s)
{
	if (s->is_answered)
		return s->sums.packets[1] || s->sums.payload[1] ? ATTEMPT_ANSWERED : ATTEMPT_NONE;
	if (!s->sums.packets[0] && !s->sums.payload[0])
		return ATTEMPT_NONE;
	return is_one_way(s) ? ATTEMPT_NONE : ATTEMPT_FAILED;
}

enum attempt attempt_of(const struct slice *s)
{
	uint16_t type = slice_client_port(s);

	switch (s->id.key.proto) {
	case IP_TCP:
		return of_tcp(s);
	case IP_UDP:
	case IP_SCTP:
		return of_datagrams(s);
	case IP_ICMP:
		return type == 8 ? of_datagrams(s) : ATTEMPT_NONE;
	case IP_ICMPV6:
		return type == 128 ? of_datagrams(s) : ATTEMPT_NONE;
	default:
		return ATTEMPT_NONE;
	}
}

bool attempts_are_night(const struct attempts_params *p, const struct dealing *one)
{
	uint32_t failed = 0;

	for (unsigned i = 0; i <= DEALING_SERVICES; i++)
		if (one->tries[i].failed > one->tries[i].answered)
			failed += one->tries[i].failed;
	return failed >= p->attempts;
}

unsigned attempts_nights(const struct attempts_params *p, const struct dealing *one, int64_t row)
{
	uint64_t nights = dealing_nights(one, row);

	if (p->within < 64)
		nights &= (1ULL << p->within) - 1;
	return (unsigned)__builtin_popcountll(nights);
}

unsigned attempts_severity(bool is_listed, bool has_policy)
{
	return is_listed && has_policy ? 3 : 2;
}
