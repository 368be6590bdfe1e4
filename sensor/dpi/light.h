/* light.h - protocols that are told by their own first bytes, and what is done with them (private
 * to the room; the enums are in dpi.h).
 *
 * nDPI 4.2 misses some protocols of plants and hospitals and tells of none of them what is asked
 * for.  Here each protocol has
 *
 *	recognise()	a look at the beginning of a payload: no, maybe, surely.  "Maybe" becomes
 *			"surely" when the other side answers with the same token (a transaction's
 *			number): so odd ports are found without believing eight lucky bytes
 *	acts()		the function classes (enum dpi_act) of the messages that begin in a payload
 *
 * light.c has the table and the rule for "maybe"; light_*.c one family each.  All are pure
 * functions over a bounded piece of memory: no allocation, no recursion, at most
 * LIGHT_MESSAGES_MAX messages of a payload are looked at, and only those that begin at its start
 * or follow one that did.  What was captured may be shorter than what was sent: lengths are
 * compared with the latter, bytes read from the former.
 */
#ifndef NW_DPI_LIGHT_H
#define NW_DPI_LIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/bytes.h"
#include "dpi/dpi.h"

#define LIGHT_MESSAGES_MAX 16	/* of a payload; a Modbus gateway pipelines a few */

enum light_sure { LIGHT_NO, LIGHT_MAYBE, LIGHT_SURE };

struct light_piece {
	const uint8_t *bytes;		/* captured */
	size_t len;
	size_t sent;			/* payload bytes on the wire, at least len */
	bool is_udp;
	bool at_port;			/* one of the protocol's own ports is at either end */
};

struct light_found {
	uint32_t token;			/* of LIGHT_MAYBE */
	char banner[DPI_BANNER_MAX];	/* what the sender says of itself, or "" */
};

struct light_kind {
	const char *name;		/* nDPI's where it has the protocol */
	bool over_tcp, over_udp;
	uint16_t ports[3];		/* 0: no more */
	enum light_sure (*recognise)(const struct light_piece *p, struct light_found *ret);
	unsigned (*acts)(const struct light_piece *p);	/* NULL: not followed */
};

const struct light_kind *light_kind(enum dpi_light l);

/* light_office.c */
enum light_sure light_ssh(const struct light_piece *p, struct light_found *ret);
enum light_sure light_vnc(const struct light_piece *p, struct light_found *ret);
enum light_sure light_ftp(const struct light_piece *p, struct light_found *ret);
unsigned light_ftp_acts(const struct light_piece *p);
/* light_smb.c */
enum light_sure light_smb1(const struct light_piece *p, struct light_found *ret);
enum light_sure light_smb2(const struct light_piece *p, struct light_found *ret);
unsigned light_smb_acts(const struct light_piece *p);
/* light_tpkt.c: what is carried by ISO transport over TCP (RFC 1006) */
enum light_sure light_rdp(const struct light_piece *p, struct light_found *ret);
enum light_sure light_s7(const struct light_piece *p, struct light_found *ret);
enum light_sure light_s7plus(const struct light_piece *p, struct light_found *ret);
unsigned light_s7_acts(const struct light_piece *p);
unsigned light_s7plus_acts(const struct light_piece *p);
/* light_modbus.c */
enum light_sure light_modbus(const struct light_piece *p, struct light_found *ret);
unsigned light_modbus_acts(const struct light_piece *p);
/* light_enip.c */
enum light_sure light_enip(const struct light_piece *p, struct light_found *ret);
unsigned light_enip_acts(const struct light_piece *p);
/* light_opcua.c */
enum light_sure light_opcua(const struct light_piece *p, struct light_found *ret);
unsigned light_opcua_acts(const struct light_piece *p);
/* light_grid.c: DNP3 and IEC 60870-5-104 */
enum light_sure light_dnp3(const struct light_piece *p, struct light_found *ret);
unsigned light_dnp3_acts(const struct light_piece *p);
enum light_sure light_iec104(const struct light_piece *p, struct light_found *ret);
unsigned light_iec104_acts(const struct light_piece *p);
/* light_bacnet.c */
enum light_sure light_bacnet(const struct light_piece *p, struct light_found *ret);
unsigned light_bacnet_acts(const struct light_piece *p);
/* light_dicom.c */
enum light_sure light_dicom(const struct light_piece *p, struct light_found *ret);
unsigned light_dicom_acts(const struct light_piece *p);

/* Appends len bytes to a banner up to the first control byte; what does not fit is cut. */
void light_banner(char banner[static DPI_BANNER_MAX], const uint8_t *bytes, size_t len);

/* --- of one flow ----------------------------------------------------------------------- */

struct light {			/* zeroed: nothing seen */
	uint8_t is;		/* enum dpi_light */
	uint8_t maybe;		/* likewise */
	bool maybe_forward;	/* who said so */
	uint8_t maybe_acts;	/* what was asked for then */
	uint8_t acts[2];	/* sets of enum dpi_act; [0] of the smaller side */
	uint32_t token;
};

/* Looks at one packet with payload; keeps a banner of its sender, when there is none yet. */
void light_look(struct light *l, const struct packet *p, bool is_forward,
		char banner[static DPI_BANNER_MAX]);

#endif
