/* light.c - the table of light protocols (light.h), and one flow's way to a decision. */
#include "dpi/light.h"
#include <assert.h>
#include <string.h>
#include "base/err.h"
#include "dpi/verdict.h"

/* Surest signatures first: the order decides when two are sure. */
static const struct light_kind kinds[] = {
	[DPI_LIGHT_NONE] = { "", false, false, { 0 }, NULL, NULL },
	[DPI_LIGHT_SSH] = { "SSH", true, false, { 22 }, light_ssh, NULL },
	[DPI_LIGHT_VNC] = { "VNC", true, false, { 5900 }, light_vnc, NULL },
	[DPI_LIGHT_RDP] = { "RDP", true, false, { 3389 }, light_rdp, NULL },
	[DPI_LIGHT_SMB1] = { "SMBv1", true, false, { 445, 139 }, light_smb1, light_smb_acts },
	[DPI_LIGHT_SMB2] = { "SMBv23", true, false, { 445, 139 }, light_smb2, light_smb_acts },
	[DPI_LIGHT_FTP] = { "FTP_CONTROL", true, false, { 21 }, light_ftp, light_ftp_acts },
	[DPI_LIGHT_DICOM] = { "DICOM", true, false, { 104, 11112, 2762 }, light_dicom,
			      light_dicom_acts },
	[DPI_LIGHT_S7] = { "S7Comm", true, false, { 102 }, light_s7, light_s7_acts },
	[DPI_LIGHT_S7PLUS] = { "S7CommPlus", true, false, { 102 }, light_s7plus,
			       light_s7plus_acts },
	[DPI_LIGHT_DNP3] = { "DNP3", true, true, { 20000 }, light_dnp3, light_dnp3_acts },
	[DPI_LIGHT_OPCUA] = { "OPC-UA", true, false, { 4840 }, light_opcua, light_opcua_acts },
	[DPI_LIGHT_ENIP] = { "EthernetIP", true, true, { 44818 }, light_enip, light_enip_acts },
	[DPI_LIGHT_MODBUS] = { "Modbus", true, true, { 502 }, light_modbus, light_modbus_acts },
	[DPI_LIGHT_IEC104] = { "IEC60870", true, false, { 2404 }, light_iec104,
			       light_iec104_acts },
	[DPI_LIGHT_BACNET] = { "BACnet", false, true, { 47808 }, light_bacnet,
			       light_bacnet_acts },
	/* Told by names.c. */
	[DPI_LIGHT_TLS] = { "TLS", true, false, { 0 }, NULL, NULL },
	[DPI_LIGHT_QUIC] = { "QUIC", false, true, { 0 }, NULL, NULL },
	[DPI_LIGHT_HTTP] = { "HTTP", true, false, { 0 }, NULL, NULL },
	[DPI_LIGHT_HTTP2] = { "HTTP2", true, false, { 0 }, NULL, NULL },
};
static_assert(ARRAY_SIZE(kinds) == DPI_LIGHTS, "every light protocol has its row");

static const char *const act_names[] = {
	"read", "write", "control", "program", "diagnostic", "file", "other",
};
static_assert(1u << ARRAY_SIZE(act_names) == DPI_ACT_END, "every function class has a name");

const char *dpi_act_name(unsigned bit)
{
	return bit < ARRAY_SIZE(act_names) ? act_names[bit] : "";
}

const struct light_kind *light_kind(enum dpi_light l)
{
	return &kinds[(unsigned)l < DPI_LIGHTS ? l : DPI_LIGHT_NONE];
}

void light_banner(char banner[static DPI_BANNER_MAX], const uint8_t *bytes, size_t len)
{
	size_t used = strlen(banner);

	for (size_t i = 0; i < len && used + 1 < DPI_BANNER_MAX && bytes[i] >= ' ' &&
	     bytes[i] != 0x7f; i++)
		banner[used++] = (char)bytes[i];
	banner[used] = '\0';
}

static bool is_at_port(const struct light_kind *k, uint16_t sport, uint16_t dport)
{
	for (size_t i = 0; i < ARRAY_SIZE(k->ports) && k->ports[i]; i++)
		if (sport == k->ports[i] || dport == k->ports[i])
			return true;
	return false;
}

static struct light_piece piece_of(const struct packet *p)
{
	return (struct light_piece){
		.bytes = packet_payload(p), .len = packet_payload_captured(p),
		.sent = p->payload_len, .is_udp = p->proto == IP_UDP,
	};
}

static unsigned acts_of(unsigned kind, const struct light_piece *p)
{
	return kinds[kind].acts ? kinds[kind].acts(p) : 0;
}

/* One kind's opinion, after what the other side said before. */
static enum light_sure ask(struct light *l, unsigned kind, struct light_piece *p, bool is_forward,
			   struct light_found *ret)
{
	enum light_sure sure = kinds[kind].recognise(p, ret);

	if (sure != LIGHT_MAYBE)
		return sure;
	if (l->maybe == kind && l->maybe_forward != is_forward && l->token == ret->token) {
		l->acts[is_forward] |= l->maybe_acts;
		return LIGHT_SURE;
	}
	l->maybe = (uint8_t)kind;
	l->maybe_forward = is_forward;
	l->maybe_acts = (uint8_t)acts_of(kind, p);
	l->token = ret->token;
	return LIGHT_MAYBE;
}

static bool can_be(unsigned kind, const struct light_piece *p)
{
	return kinds[kind].recognise &&
	       (p->is_udp ? kinds[kind].over_udp : kinds[kind].over_tcp);
}

/* What is known is asked again for the banner of the other side only. */
static void recognise(struct light *l, const struct packet *p, struct light_piece *piece,
		      bool is_forward, char banner[static DPI_BANNER_MAX])
{
	unsigned from = l->is ? l->is : 1, to = l->is ? l->is + 1u : DPI_LIGHTS;

	for (unsigned i = from; i < to; i++) {
		struct light_found found = { .banner = "" };

		if (!can_be(i, piece))
			continue;
		piece->at_port = is_at_port(&kinds[i], p->sport, p->dport);
		if (ask(l, i, piece, is_forward, &found) != LIGHT_SURE)
			continue;
		l->is = (uint8_t)i;
		memcpy(banner, found.banner, sizeof(found.banner));
		return;
	}
}

void light_look(struct light *l, const struct packet *p, bool is_forward,
		char banner[static DPI_BANNER_MAX])
{
	struct light_piece piece = piece_of(p);

	if (!piece.len || (p->proto != IP_TCP && p->proto != IP_UDP))
		return;
	if (!banner[0])
		recognise(l, p, &piece, is_forward, banner);
	if (l->is)
		l->acts[!is_forward] |= (uint8_t)acts_of(l->is, &piece);
}

/* --- of all flows -------------------------------------------------------------------------- */

bool dpi_is_followed(enum dpi_light l)
{
	return light_kind(l)->acts != NULL;
}

unsigned dpi_acts(enum dpi_light l, const struct packet *p)
{
	const struct light_kind *k = light_kind(l);
	struct light_piece piece;

	if (!k->acts || !packet_payload_captured(p) || (p->proto != IP_TCP && p->proto != IP_UDP))
		return 0;
	piece = piece_of(p);
	piece.at_port = is_at_port(k, p->sport, p->dport);
	return k->acts(&piece);
}
