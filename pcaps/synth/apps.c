/* apps.c - the table of applications and what they have in common. */
#include "synth/apps.h"

#include <string.h>
#include "base/clock.h"
#include "base/err.h"

static void app_raw_open(struct app_call *c);

static const struct app apps[] = {
	{ "tls", APP_TCP, 443, FRAMING_TLS, app_tls_open, app_run_stream },
	{ "http", APP_TCP, 80, FRAMING_NONE, NULL, app_http_run },
	{ "ssh", APP_TCP, 22, FRAMING_NONE, app_ssh_open, app_run_stream },
	{ "rdp", APP_TCP, 3389, FRAMING_TLS, app_rdp_open, app_run_stream },
	{ "anydesk", APP_TCP, 7070, FRAMING_TLS, app_anydesk_open, app_run_stream },
	{ "teamviewer", APP_TCP, 5938, FRAMING_NONE, app_teamviewer_open, app_run_stream },
	{ "teamviewer-udp", APP_UDP, 5938, FRAMING_TEAMVIEWER, app_teamviewer_open,
	  app_run_stream },
	{ "smb", APP_TCP, 445, FRAMING_SMB, app_smb_open, app_run_stream },
	{ "modbus", APP_TCP, 502, FRAMING_NONE, NULL, app_modbus_run },
	{ "dicom", APP_TCP, 104, FRAMING_DICOM, app_dicom_open, app_run_stream },
	{ "raw-tcp", APP_TCP, 0, FRAMING_NONE, app_raw_open, app_run_stream },
	{ "dns", APP_UDP, 53, FRAMING_NONE, NULL, app_dns_run },
	{ "ntp", APP_UDP, 123, FRAMING_NONE, NULL, app_ntp_run },
	{ "snmp", APP_UDP, 161, FRAMING_NONE, NULL, app_snmp_run },
	{ "syslog", APP_UDP, 514, FRAMING_NONE, NULL, app_syslog_run },
	{ "wireguard", APP_UDP, 51820, FRAMING_WIREGUARD, app_wireguard_open, app_run_stream },
	{ "quic", APP_UDP, 443, FRAMING_QUIC, app_quic_open, app_run_stream },
	{ "udp", APP_UDP, 0, FRAMING_NONE, app_raw_open, app_run_stream },
	{ "icmp", APP_ICMP, 0, FRAMING_NONE, NULL, app_icmp_run },
	{ "arp", APP_LINK, 0, FRAMING_NONE, NULL, app_arp_run },
	{ "nd", APP_LINK, 0, FRAMING_NONE, NULL, app_nd_run },
	{ "dhcp", APP_LINK, 0, FRAMING_NONE, NULL, app_dhcp_run },
	{ "dhcp6", APP_LINK, 0, FRAMING_NONE, NULL, app_dhcp6_run },
};

const struct app *app_find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(apps); i++)
		if (!strcmp(apps[i].kind, kind))
			return &apps[i];
	return NULL;
}

const char *const *app_kinds(size_t *ret_n)
{
	static const char *names[ARRAY_SIZE(apps)];

	for (size_t i = 0; i < ARRAY_SIZE(apps); i++)
		names[i] = apps[i].kind;
	*ret_n = ARRAY_SIZE(apps);
	return names;
}

void app_say(struct app_call *c, unsigned side, size_t at)
{
	script_send(c->script, side, at);
}

/* A protocol nobody knows still has a greeting of its own, where the scenario gives one. */
static void app_raw_open(struct app_call *c)
{
	size_t at = script_mark(c->script);

	if (!*c->options->text)
		return;
	blob_text(&c->script->blob, c->options->text);
	app_say(c, c->from_side, at);
}

/* The chunks share the duration that the pauses leave. */
void app_volume(struct app_call *c, const uint64_t bytes[2], uint64_t duration_ns)
{
	uint64_t most = bytes[0] > bytes[1] ? bytes[0] : bytes[1];
	uint64_t chunks = c->chunk_bytes ? (most + c->chunk_bytes - 1) / c->chunk_bytes : 1;
	bool is_paired = c->app->transport == APP_ICMP;
	uint64_t done[2] = { 0, 0 };

	if (!most)
		return;
	uint64_t pauses = (chunks - 1) * c->pause_ns;
	uint64_t each_ns = (duration_ns > pauses ? duration_ns - pauses : 0) / chunks;
	for (uint64_t i = 1; i <= chunks; i++) {
		uint64_t part[2];

		for (unsigned side = 0; side < 2; side++) {
			uint64_t upto = q32_scale(bytes[side], (i << 32) / chunks);
			part[side] = (i == chunks ? bytes[side] : upto) - done[side];
			done[side] += part[side];
		}
		script_bulk(c->script, c->app->framing, part, each_ns, is_paired);
		if (i < chunks)
			script_wait(c->script, c->pause_ns);
	}
}

static void random_message(struct app_call *c, unsigned side, uint32_t len)
{
	struct blob *b = &c->script->blob;
	size_t at = script_mark(c->script);
	uint8_t *to = len ? blob_extend(b, len) : NULL;
	uint64_t total = len;

	if (!to)
		return;
	framing_fill(c->app->framing, random_u64(c->random), 0, total, to, len);
	app_say(c, side, at);
}

void app_run_stream(struct app_call *c)
{
	const struct app_options *o = c->options;

	for (unsigned i = 0; i < o->exchanges; i++) {
		random_message(c, c->from_side, o->message_bytes[0]);
		random_message(c, !c->from_side, o->message_bytes[1]);
		if (i + 1 < o->exchanges)
			script_wait(c->script, o->gap_ns);
	}
	app_volume(c, c->bytes, c->duration_ns);
}
