/* test_light.c - light protocols: messages made by hand, told and classified, cut at every byte.
 *
 * Each row is one payload in hexadecimal, filled up with zeros to `pad` bytes.  Pieces lie in heap
 * buffers of exactly their size, so that AddressSanitizer sees a read beyond them.
 */
#include "tap.h"
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "dpi/light.h"

#define BYTES_MAX 512

struct row {
	const char *label;
	enum dpi_light kind;
	bool is_udp, at_port;
	const char *hex;
	size_t pad;
	enum light_sure sure;
	unsigned acts;
};

static const struct row rows[] = {
	{ "modbus read", DPI_LIGHT_MODBUS, false, true, "000100000006010300000001", 0, LIGHT_SURE,
	  DPI_ACT_READ },
	{ "modbus write elsewhere", DPI_LIGHT_MODBUS, false, false, "000200000006010600010003", 0,
	  LIGHT_MAYBE, DPI_ACT_WRITE },
	{ "modbus two at once", DPI_LIGHT_MODBUS, false, true,
	  "000100000006010300000001" "000200000006010500010000", 0, LIGHT_SURE,
	  DPI_ACT_READ | DPI_ACT_WRITE },
	{ "modbus exception", DPI_LIGHT_MODBUS, false, true, "000200000003018602", 0, LIGHT_SURE,
	  0 },
	{ "modbus listen only", DPI_LIGHT_MODBUS, false, true, "000300000006010800040000", 0,
	  LIGHT_SURE, DPI_ACT_CONTROL },
	{ "modbus query", DPI_LIGHT_MODBUS, false, true, "000300000006010800001234", 0, LIGHT_SURE,
	  DPI_ACT_DIAGNOSTIC },
	{ "modbus file record", DPI_LIGHT_MODBUS, false, true,
	  "00030000000a011507060004000700010af0",
	  0, LIGHT_SURE, DPI_ACT_WRITE | DPI_ACT_FILE },
	{ "modbus stop by UMAS", DPI_LIGHT_MODBUS, false, true, "000100000005005a0041ff", 0,
	  LIGHT_SURE, DPI_ACT_CONTROL },
	{ "modbus of another protocol", DPI_LIGHT_MODBUS, false, true, "000100010006010300000001",
	  0,
	  LIGHT_NO, 0 },
	{ "s7 read", DPI_LIGHT_S7, false, false,
	  "0300001f02f08032010000000100" "0e00000401120a10020001000184000000", 0, LIGHT_SURE,
	  DPI_ACT_READ },
	{ "s7 write", DPI_LIGHT_S7, false, false,
	  "0300002402f080320100000001000e00050501120a1002000100018400000000040008" "01", 0,
	  LIGHT_SURE, DPI_ACT_WRITE },
	{ "s7 stop", DPI_LIGHT_S7, false, false,
	  "0300002102f0803201000000060010000029000000000009505f50524f4752414d", 0, LIGHT_SURE,
	  DPI_ACT_CONTROL },
	{ "s7 insert block", DPI_LIGHT_S7, false, false,
	  "0300002102f08032010000000600100000" "28000000000000fd0000055f494e5345", 0, LIGHT_SURE,
	  DPI_ACT_PROGRAM },
	{ "s7 download", DPI_LIGHT_S7, false, false,
	  "0300001302f080320100000006000200001a00", 0, LIGHT_SURE, DPI_ACT_PROGRAM },
	{ "s7 state list", DPI_LIGHT_S7, false, false,
	  "0300001d02f08032070000000200080004000112041144010" "00a000000", 0, LIGHT_SURE,
	  DPI_ACT_DIAGNOSTIC },
	{ "s7 answer", DPI_LIGHT_S7, false, false,
	  "0300001502f0803203000000010002000000000401", 0,
	  LIGHT_SURE, 0 },
	{ "s7plus set variables", DPI_LIGHT_S7PLUS, false, false,
	  "0300001802f0807201000d3100000542000000010000" "0000", 0, LIGHT_SURE, DPI_ACT_WRITE },
	{ "s7plus with digest", DPI_LIGHT_S7PLUS, false, false,
	  "0300003302f080720300282000000000000000000000000000000000000000000000000000000000000000"
	  "0031000004bb0000", 51, LIGHT_SURE, DPI_ACT_READ },
	{ "rdp negotiation", DPI_LIGHT_RDP, false, false, "030000130ee000000000000100080003000000",
	  0, LIGHT_SURE, 0 },
	{ "s7 connection is not rdp", DPI_LIGHT_RDP, false, false,
	  "0300001611e00000000100c0010ac1020100c2020102", 0, LIGHT_NO, 0 },
	{ "enip identity", DPI_LIGHT_ENIP, true, true, "6300", 24, LIGHT_SURE, DPI_ACT_DIAGNOSTIC },
	{ "enip register elsewhere", DPI_LIGHT_ENIP, false, false,
	  "65000400000000000000000000000000000000000000000001000000", 0, LIGHT_SURE,
		DPI_ACT_OTHER },
	{ "cip reset", DPI_LIGHT_ENIP, false, true,
	  "6f0016000100000000000000000000000000000000000000"
	  "00000000000002000000" "0000b2000600" "050220012401", 0, LIGHT_SURE, DPI_ACT_CONTROL },
	{ "cip unconnected send of a write", DPI_LIGHT_ENIP, false, true,
	  "6f002c000100000000000000000000000000000000000000"
	  "00000000000002000000" "0000b2001c00" "520220062401" "0a0e0e00"
	  "4d02206b2400c400010001000000" "01000100", 0, LIGHT_SURE, DPI_ACT_WRITE },
	{ "cip multiple", DPI_LIGHT_ENIP, false, true,
	  "700032000100000000000000000000000000000000000000"
	  "000000000000020" "0a100040001000000" "b1001e000100"
	  "0a02200224010200" "06000e00" "4c02206b24000100" "4d02206b24000100", 0, LIGHT_SURE,
	  DPI_ACT_READ | DPI_ACT_WRITE },
	{ "cip answer", DPI_LIGHT_ENIP, false, true,
	  "6f0014000100000000000000000000000000000000000000"
	  "00000000000002000000" "0000b2000400" "85000000", 0, LIGHT_SURE, 0 },
	{ "opcua hello", DPI_LIGHT_OPCUA, false, false, "48454c4620000000", 32, LIGHT_SURE,
	  DPI_ACT_OTHER },
	{ "opcua write", DPI_LIGHT_OPCUA, false, false,
	  "4d53474620000000010000000100000002000000020000000100a10200000000", 0, LIGHT_MAYBE,
	  DPI_ACT_WRITE },
	{ "opcua call", DPI_LIGHT_OPCUA, false, false,
	  "4d53474620000000010000000100000002000000020000000100c80200000000", 0, LIGHT_MAYBE,
	  DPI_ACT_CONTROL },
	{ "opcua answer", DPI_LIGHT_OPCUA, false, false,
	  "4d53474620000000010000000100000002000000020000000100a40200000000", 0, LIGHT_MAYBE, 0 },
	{ "dnp3 reset link", DPI_LIGHT_DNP3, false, false, "056405c001000004e921", 0, LIGHT_SURE,
	  0 },
	{ "dnp3 wrong checksum", DPI_LIGHT_DNP3, false, true, "056405c001000004e922", 0, LIGHT_NO,
	  0 },
	{ "104 start", DPI_LIGHT_IEC104, false, true, "680407000000", 0, LIGHT_SURE, 0 },
	{ "104 start elsewhere", DPI_LIGHT_IEC104, false, false, "680407000000", 0, LIGHT_MAYBE,
	  0 },
	{ "104 command and test", DPI_LIGHT_IEC104, false, true,
	  "680e000000002d010600010001000001" "680443000000", 0, LIGHT_SURE, DPI_ACT_CONTROL },
	{ "104 interrogation", DPI_LIGHT_IEC104, false, true, "680e0000000064010600010000000014", 0,
	  LIGHT_SURE, DPI_ACT_READ },
	{ "104 of two bits", DPI_LIGHT_IEC104, false, true, "68040f000000", 0, LIGHT_NO, 0 },
	{ "bacnet write", DPI_LIGHT_BACNET, true, false,
	  "810a001801040005010f0c0080000119553e44422800003f", 0, LIGHT_SURE, DPI_ACT_WRITE },
	{ "bacnet who is", DPI_LIGHT_BACNET, true, false, "810b000801001008", 0, LIGHT_SURE,
	  DPI_ACT_DIAGNOSTIC },
	{ "bacnet routed reinitialize", DPI_LIGHT_BACNET, true, false,
	  "810a00100124000501" "0aff00050114" "09", 0, LIGHT_SURE, DPI_ACT_CONTROL },
	{ "dicom store", DPI_LIGHT_DICOM, false, true,
	  "04000000001c000000180103" "000000000400000000000000" "00000001020000000100", 0, LIGHT_NO,
	  DPI_ACT_WRITE | DPI_ACT_FILE },
	{ "dicom echo answer", DPI_LIGHT_DICOM, false, true,
	  "04000000001c000000180103" "000000000400000000000000" "00000001020000003080", 0, LIGHT_NO,
	  0 },
	{ "smb2 read", DPI_LIGHT_SMB2, false, false,
	  "00000040fe534d4240000000000000000800010000000000", 68, LIGHT_SURE, DPI_ACT_READ },
	{ "smb2 answer", DPI_LIGHT_SMB2, false, false,
	  "00000040fe534d4240000000000000000900010001000000", 68, LIGHT_SURE, 0 },
	{ "smb2 chain", DPI_LIGHT_SMB2, false, false,
	  "00000080fe534d424000000000000000050001000000000040000000"
	  "00000000000000000000000000000000"
	  "000000000000000000000000000000000000000000000000"
	  "fe534d4240000000000000000900010000000000", 132, LIGHT_SURE,
		DPI_ACT_FILE | DPI_ACT_WRITE },
	{ "smb3 encrypted", DPI_LIGHT_SMB2, false, false, "00000040fd534d42", 68, LIGHT_SURE,
	  DPI_ACT_OTHER },
	{ "smb1 write", DPI_LIGHT_SMB1, false, false, "00000023ff534d422f00000000180120", 39,
	  LIGHT_SURE, DPI_ACT_WRITE },
	{ "ftp store", DPI_LIGHT_FTP, false, true, "53544f5220782e7a69700d0a", 0, LIGHT_NO,
	  DPI_ACT_WRITE | DPI_ACT_FILE },
	{ "ftp user", DPI_LIGHT_FTP, false, true, "5553455220616e6f6e0d0a", 0, LIGHT_SURE,
	  DPI_ACT_OTHER },
	{ "ssh", DPI_LIGHT_SSH, false, false, "5353482d322e302d780d0a", 0, LIGHT_SURE, 0 },
	{ "vnc", DPI_LIGHT_VNC, false, false, "524642203030332e3030380a", 0, LIGHT_SURE, 0 },
	{ "vnc without digits", DPI_LIGHT_VNC, false, false, "52464220616263" "2e3030380a", 0,
	  LIGHT_NO, 0 },
};

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static size_t from_hex(const struct row *r, uint8_t buf[static BYTES_MAX])
{
	size_t n = strlen(r->hex) / 2;

	EQUAL_INT(strlen(r->hex) % 2, 0);
	memset(buf, 0, BYTES_MAX);
	for (size_t i = 0; i < n; i++)
		buf[i] = (uint8_t)(digit(r->hex[2 * i]) << 4 | digit(r->hex[2 * i + 1]));
	return r->pad > n ? r->pad : n;
}

static enum light_sure ask(const struct row *r, const uint8_t *bytes, size_t len, size_t sent,
			   unsigned *ret_acts)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct light_piece p = { copy, len, sent, r->is_udp, r->at_port };
	const struct light_kind *k = light_kind(r->kind);
	struct light_found found = { .banner = "" };
	enum light_sure sure;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, bytes, len);
	sure = k->recognise(&p, &found);
	*ret_acts = k->acts && len ? k->acts(&p) : 0;
	free(copy);
	return sure;
}

static void test_rows(void)
{
	uint8_t bytes[BYTES_MAX];
	unsigned acts;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = from_hex(&rows[i], bytes);

		if (ask(&rows[i], bytes, len, len, &acts) != rows[i].sure ||
		    acts != rows[i].acts)
			printf("# %s: acts %#x\n", rows[i].label, acts);
		EQUAL_INT(ask(&rows[i], bytes, len, len, &acts), rows[i].sure);
		EQUAL_INT(acts, rows[i].acts);
	}
}

/* A capture cut at any byte tells less, and nothing that was not sent, but for "other". */
static void test_cut(void)
{
	uint8_t bytes[BYTES_MAX];
	unsigned acts;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = from_hex(&rows[i], bytes);

		for (size_t n = 1; n < len; n++) {
			enum light_sure sure = ask(&rows[i], bytes, n, len, &acts);

			CU_ASSERT(sure <= rows[i].sure ||
				  (rows[i].at_port && rows[i].sure == LIGHT_NO));
			CU_ASSERT(!(acts & ~(rows[i].acts | DPI_ACT_OTHER | DPI_ACT_CONTROL |
					     DPI_ACT_DIAGNOSTIC)));
		}
	}
}

/* No payload of one protocol is taken for another, wherever its port. */
static void test_apart(void)
{
	uint8_t bytes[BYTES_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = from_hex(&rows[i], bytes);

		for (unsigned k = 1; k < DPI_LIGHTS; k++) {
			struct light_piece p = { bytes, len, len, rows[i].is_udp, false };
			struct light_found found = { .banner = "" };

			if (k == rows[i].kind || !light_kind((enum dpi_light)k)->recognise ||
			    !(p.is_udp ? light_kind((enum dpi_light)k)->over_udp :
					 light_kind((enum dpi_light)k)->over_tcp))
				continue;
			EQUAL_INT(light_kind((enum dpi_light)k)->recognise(&p,
				&found) == LIGHT_SURE,
				  false);
		}
	}
}

/* --- one flow ------------------------------------------------------------------------------- */

static struct packet segment(const void *bytes, size_t len, bool from_client, uint16_t sport)
{
	return (struct packet){
		.src = { { [15] = from_client ? 1 : 2 } },
		.dst = { { [15] = from_client ? 2 : 1 } },
		.sport = from_client ? 50000 : sport, .dport = from_client ? sport : 50000,
		.proto = IP_TCP, .ip_version = 6, .bytes = bytes, .caplen = (uint32_t)len,
		.wirelen = (uint32_t)len, .payload_len = (uint32_t)len,
	};
}

static void look(struct light *l, const void *bytes, size_t len, bool from_client, char *banner)
{
	struct packet p = segment(bytes, len, from_client, 10502);

	light_look(l, &p, from_client, banner);
}

/* Outside of its port a request alone is not believed, an answer to it is. */
static void test_confirmed(void)
{
	static const uint8_t ask_write[] = { 0, 9, 0, 0, 0, 6, 1, 6, 0, 1, 0, 3 };
	static const uint8_t other[] = { 0, 8, 0, 0, 0, 6, 1, 6, 0, 1, 0, 3 };
	char client[DPI_BANNER_MAX] = "", server[DPI_BANNER_MAX] = "";
	struct light l = { 0 };

	look(&l, ask_write, sizeof(ask_write), true, client);
	look(&l, ask_write, sizeof(ask_write), true, client);
	EQUAL_INT(l.is, DPI_LIGHT_NONE);
	look(&l, other, sizeof(other), false, server);
	EQUAL_INT(l.is, DPI_LIGHT_NONE);
	look(&l, other, sizeof(other), true, client);
	EQUAL_INT(l.is, DPI_LIGHT_MODBUS);
	EQUAL_INT(l.acts[0], DPI_ACT_WRITE);
	EQUAL_INT(l.acts[1], DPI_ACT_WRITE);
}

static void test_banners(void)
{
	static const char server_says[] = "SSH-2.0-Server_1.0\r\n", client_says[] = "SSH-2.0-c\r\n";
	char client[DPI_BANNER_MAX] = "", server[DPI_BANNER_MAX] = "";
	struct light l = { 0 };

	look(&l, server_says, sizeof(server_says) - 1, false, server);
	look(&l, client_says, sizeof(client_says) - 1, true, client);
	EQUAL_INT(l.is, DPI_LIGHT_SSH);
	EQUAL_TEXT(server, "SSH-2.0-Server_1.0");
	EQUAL_TEXT(client, "SSH-2.0-c");
}

static void test_dicom_titles(void)
{
	uint8_t rq[6 + 68 + 4] = { 1, 0, 0, 0, 0, 72, 0, 1 };
	char banner[DPI_BANNER_MAX] = "";
	struct light l = { 0 };

	memcpy(rq + 10, "ARCHIVE         MODALITY7       ", 32);
	rq[74] = 0x10;
	look(&l, rq, sizeof(rq), true, banner);
	EQUAL_INT(l.is, DPI_LIGHT_DICOM);
	EQUAL_TEXT(banner, "MODALITY7>ARCHIVE");
	EQUAL_INT(l.acts[0], DPI_ACT_OTHER);
}

static void test_rdp_cookie(void)
{
	static const char rq[] =
		"\x03\0\0\x2b\x26\xe0\0\0\0\0\0Cookie: mstshash=alice\r\n\x01\0\x08\0\x03";
	uint8_t bytes[43] = { 0 };
	char banner[DPI_BANNER_MAX] = "";
	struct light l = { 0 };

	memcpy(bytes, rq, sizeof(rq));
	look(&l, bytes, sizeof(bytes), true, banner);
	EQUAL_INT(l.is, DPI_LIGHT_RDP);
	EQUAL_TEXT(banner, "alice");
}

/* What the flow's later packets are asked: the same, without state. */
static void test_followed(void)
{
	static const uint8_t stop[] = { 0, 1, 0, 0, 0, 5, 0, 0x5a, 0, 0x41, 0xff };
	struct packet p = segment(stop, sizeof(stop), true, 502);

	EQUAL_INT(dpi_is_followed(DPI_LIGHT_MODBUS), true);
	EQUAL_INT(dpi_is_followed(DPI_LIGHT_SSH), false);
	EQUAL_INT(dpi_acts(DPI_LIGHT_MODBUS, &p), DPI_ACT_CONTROL);
	EQUAL_INT(dpi_acts(DPI_LIGHT_SSH, &p), 0);
	EQUAL_INT(dpi_acts((enum dpi_light)200, &p), 0);
	EQUAL_TEXT(dpi_act_name(3), "program");
	EQUAL_TEXT(dpi_act_name(7), "");
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "messages by hand", test_rows }, { "cut at every byte", test_cut },
		{ "none is taken for another", test_apart },
		{ "odd ports need an answer", test_confirmed }, { "banners of both", test_banners },
		{ "titles of DICOM", test_dicom_titles }, { "cookie of RDP", test_rdp_cookie },
		{ "functions of later packets", test_followed }, CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "light", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
