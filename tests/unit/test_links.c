/* test_links.c - link types beside Ethernet: PPP and other serial lines, 802.11, the rare ones,
 * tags.
 *
 * A row is a link type, the header in hexadecimal, and what it leads to.  Each header is decoded
 * before a TCP datagram (IPv4, or IPv6 where the row says so), and cut at every byte.
 */
#include "packet/packet.h"
#include "packet_build.h"
#include "tap.h"

enum {
	SLIP = 8, PPP = 9, FDDI = 10, PPP_HDLC = 50, PPP_ETHER = 51, ATM = 100, CHDLC = 104,
	WLAN = 105,
	FRELAY = 107, PRISM = 119, SUNATM = 123, RADIOTAP = 127, ARCNET = 129, DOCSIS = 143,
	USER2 = 149,
	AVS = 163, PPP_PPPD = 166, PPI = 192, PPP_DIR = 204, MPLS = 219, IPNET = 226, NFLOG = 239,
	IPOIB = 242, PKTAP = 258, BRCM = 281, BRCM_PREPEND = 282, DSA = 284, EDSA = 285,
	ETHERNET = 1
};

static struct build b;
static struct packet p;

static void put_hex(const char *hex)
{
	for (; *hex; hex++) {
		unsigned value;
		char two[3] = { hex[0], hex[1] };

		if (*hex == ' ')
			continue;
		if (*hex == '*') {	/* 100 zero bytes */
			put_fill(&b, 0, 100);
			continue;
		}
		value = (unsigned)strtoul(two, NULL, 16);
		put8(&b, value);
		hex++;
	}
}

#define MACS "021122334455 020000000001 "
#define SNAP "aaaa03 000000 "
/* Frame control and duration; receiver, transmitter, third; sequence. */
#define WLAN_TO_DS "0801 0000 020000000009 020000000001 021122334455 1000 "
#define WLAN_PLAIN "0800 0000 021122334455 020000000001 020000000009 0000 "

static const struct row {
	uint16_t link;
	const char *header;
	enum packet_status status;
	uint8_t version;		/* of the datagram that is put behind it; 0: none is */
	bool has_macs;			/* those of MACS */
} rows[] = {
	{ SLIP, "00 40 0000000000000000000000000000", PACKET_OK, 4, false },
	{ SLIP, "01 80 0000000000000000000000000000 70", PACKET_NOT_IP, 0, false },
	{ PPP, "ff03 0021", PACKET_OK, 4, false },
	{ PPP, "ff03 0057", PACKET_OK, 6, false },
	{ PPP, "0021", PACKET_OK, 4, false },
	{ PPP, "21", PACKET_OK, 4, false },
	{ PPP, "ff03 57", PACKET_OK, 6, false },
	{ PPP, "ff03 0281 000111ff", PACKET_OK, 4, false },
	{ PPP, "ff03 c021 01010004", PACKET_NOT_IP, 0, false },
	{ PPP, "ff03 003d c0000000", PACKET_NOT_IP, 0, false },
	{ PPP_HDLC, "0f00 0800", PACKET_OK, 4, false },
	{ PPP_HDLC, "8f00 86dd", PACKET_OK, 6, false },
	{ PPP_HDLC, "8f00 8035 00000000", PACKET_NOT_IP, 0, false },
	{ PPP_ETHER, "1100 0007 0066 0021", PACKET_OK, 4, false },
	{ PPP_ETHER, "1109 0000 0004 01010000", PACKET_NOT_IP, 0, false },
	{ PPP_ETHER, "1100 0007 4000 0021", PACKET_BAD_LINK, 4, false },
	{ PPP_PPPD, "00 03 0021", PACKET_OK, 4, false },
	{ PPP_PPPD, "01 ff03 0057", PACKET_OK, 6, false },
	{ PPP_DIR, "01 0021", PACKET_OK, 4, false },
	{ CHDLC, "0f00 0800", PACKET_OK, 4, false },
	{ CHDLC, "0f00 8847 000111ff", PACKET_OK, 4, false },
	{ CHDLC, "8f00 2000 02b4", PACKET_NOT_IP, 0, false },
	{ FRELAY, "1841 03 cc", PACKET_OK, 4, false },
	{ FRELAY, "1841 03 8e", PACKET_OK, 6, false },
	{ FRELAY, "1841 03 00 80 000000 0800", PACKET_OK, 4, false },
	{ FRELAY, "1841 03 00 80 0080c2 0007 " MACS "0800", PACKET_OK, 4, true },
	{ FRELAY, "1841 0800", PACKET_OK, 4, false },
	{ FRELAY, "18404041 0800", PACKET_OK, 4, false },
	{ FRELAY, "0001 03 08 0075", PACKET_NOT_IP, 0, false },
	{ FRELAY, "1840404040 03 cc", PACKET_BAD_LINK, 0, false },
	{ ATM, SNAP "0800", PACKET_OK, 4, false },
	{ ATM, "aaaa03 0080c2 0007 0000 " MACS "0800", PACKET_OK, 4, true },
	{ SUNATM, "02 00 0020 " SNAP "0800", PACKET_OK, 4, false },
	{ SUNATM, "01 00 0020 0001 " MACS "0800", PACKET_OK, 4, true },
	{ SUNATM, "06 00 0020 00000000", PACKET_NOT_IP, 0, false },
	{ FDDI, "50 " MACS SNAP "0800", PACKET_OK, 4, false },
	{ FDDI, "41 " MACS "00", PACKET_NOT_IP, 0, false },
	{ ARCNET, "0102 0000 f0", PACKET_OK, 4, false },
	{ ARCNET, "0102 0000 d4 00 0001", PACKET_OK, 4, false },
	{ ARCNET, "0102 0000 d4 ff ffff 00 00 0001", PACKET_OK, 4, false },
	{ ARCNET, "0102 0000 d4 02 0001", PACKET_NOT_IP, 4, false },
	{ ARCNET, "0102 0000 d5 00 0001", PACKET_NOT_IP, 0, false },
	{ DOCSIS, "00 00 0072 abcd " MACS "0800", PACKET_OK, 4, true },
	{ DOCSIS, "01 03 0075 112233 abcd " MACS "0800", PACKET_OK, 4, true },
	{ DOCSIS, "c0 00 0012 abcd", PACKET_NOT_IP, 0, false },
	{ IPNET, "01 02 0000 00000000 00000001 00000000 00000000 00000000", PACKET_OK, 4, false },
	{ IPNET, "01 1a 0000 00000000 00000001 00000000 00000000 00000000", PACKET_OK, 6, false },
	{ IPOIB, "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
		 "0800 0000", PACKET_OK, 4, false },
	{ NFLOG, "02 00 0005 0800 0100 0800 0103 0500 0a00 61000000 6800 0900",
	  PACKET_OK, 4, false },
	{ NFLOG, "0a 00 0005 0008 0001 00000000 007c 0009", PACKET_OK, 6, false },
	{ NFLOG, "02 00 0005 0300 0900", PACKET_BAD_LINK, 0, false },
	{ NFLOG, "02 00 0005 ff00 0100", PACKET_BAD_LINK, 0, false },
	{ NFLOG, "07 00 0005 6800 0900", PACKET_NOT_IP, 4, false },
	{ NFLOG, "02 00 0005 0800 0100 00000000", PACKET_NOT_IP, 0, false },
	{ PKTAP, "70000000 01000000 01000000 *" MACS "0800", PACKET_OK, 4, true },
	{ USER2, "70000000 01000000 0c000000 *", PACKET_OK, 6, false },
	{ PKTAP, "70000000 01000000 93000000 *", PACKET_NOT_IP, 4, false },
	{ PKTAP, "08000000 01000000 01000000 *", PACKET_NOT_IP, 4, false },
	{ MPLS, "000111ff", PACKET_OK, 6, false },
	{ DSA, MACS "c0000000 0800", PACKET_OK, 4, true },
	{ EDSA, MACS "dada 0000 c0000000 86dd", PACKET_OK, 6, true },
	{ BRCM, MACS "00000000 0800", PACKET_OK, 4, true },
	{ BRCM_PREPEND, "00000000 " MACS "0800", PACKET_OK, 4, true },
	{ WLAN, WLAN_TO_DS SNAP "0800", PACKET_OK, 4, true },
	{ WLAN, WLAN_PLAIN SNAP "86dd", PACKET_OK, 6, true },
	{ WLAN, "0802 0000 021122334455 020000000009 020000000001 0000 " SNAP "0800",
	  PACKET_OK, 4, true },
	{ WLAN, "0803 0000 020000000008 020000000009 021122334455 0000 020000000001 " SNAP "0800",
	  PACKET_OK, 4, true },
	{ WLAN, "8801 0000 020000000009 020000000001 021122334455 0000 0000 " SNAP "0800",
	  PACKET_OK, 4, true },
	{ WLAN, "8881 0000 020000000009 020000000001 021122334455 0000 0000 00000000 " SNAP "0800",
	  PACKET_OK, 4, true },
	{ WLAN, "8803 0000 020000000008 020000000009 021122334455 0000 020000000001 8000 "
	  MACS "006c "
	  SNAP "0800", PACKET_OK, 4, true },
	{ WLAN, "0841 0000 020000000009 020000000001 021122334455 0000 00112233",
	  PACKET_ENCRYPTED, 0, false },
	{ WLAN, "0801 0000 020000000009 020000000001 021122334455 1100 ", PACKET_NOT_IP, 4, false },
	{ WLAN, "4801 0000 020000000009 020000000001 021122334455 0000", PACKET_NOT_IP, 0, false },
	{ WLAN, "8000 0000 ffffffffffff 020000000001 020000000001 0000", PACKET_NOT_IP, 0, false },
	{ WLAN, "d400 0000 020000000001", PACKET_NOT_IP, 0, false },
	{ RADIOTAP, "00 00 0800 00000000 " WLAN_TO_DS SNAP "0800", PACKET_OK, 4, true },
	{ RADIOTAP, "00 00 1100 03000000 1122334455667788 10 " WLAN_PLAIN SNAP "0800",
	  PACKET_OK, 4, true },
	{ RADIOTAP, "00 00 1900 03000080 00000080 00000000 1122334455667788 20 "
		    "8801 0000 020000000009 020000000001 021122334455 0000 0000 0000 " SNAP "0800",
	  PACKET_OK, 4, true },
	{ RADIOTAP, "00 00 0900 02000000 40 " WLAN_PLAIN SNAP "0800", PACKET_BAD_LINK, 4, false },
	{ RADIOTAP, "01 00 0800 00000000 " WLAN_PLAIN, PACKET_BAD_LINK, 0, false },
	{ RADIOTAP, "00 00 0400 00000000 " WLAN_PLAIN, PACKET_BAD_LINK, 0, false },
	{ PRISM, "44000000 10000000 0000000000000000 " WLAN_PLAIN SNAP "0800", PACKET_OK, 4, true },
	{ PRISM, "00000044 00000010 0000000000000000 " WLAN_PLAIN SNAP "0800", PACKET_OK, 4, true },
	{ PRISM, "80211001 0000000c 00000000 " WLAN_PLAIN SNAP "0800", PACKET_OK, 4, true },
	{ AVS, "80211001 0000000c 00000000 " WLAN_PLAIN SNAP "0800", PACKET_OK, 4, true },
	{ PPI, "00 00 0800 69000000 " WLAN_PLAIN SNAP "0800", PACKET_OK, 4, true },
	{ PPI, "00 00 0800 93000000 " WLAN_PLAIN, PACKET_NOT_IP, 0, false },
	{ PPI, "00 00 0700 69000000 " WLAN_PLAIN, PACKET_BAD_LINK, 0, false },
	/* Tags behind Ethernet addresses. */
	{ ETHERNET, MACS "8926 00010002 0800", PACKET_OK, 4, true },
	{ ETHERNET, MACS "893f 000000000000 86dd", PACKET_OK, 6, true },
	{ ETHERNET, MACS "8909 0101 0001 0042 0800", PACKET_OK, 4, true },
	{ ETHERNET, MACS "88e5 20 00 00000001 0200000000010001 0800", PACKET_OK, 4, true },
	{ ETHERNET, MACS "88e5 00 00 00000001 8100 0007 86dd", PACKET_OK, 6, true },
	{ ETHERNET, MACS "88e5 2c 00 00000001 0200000000010001", PACKET_ENCRYPTED, 0, true },
	{ ETHERNET, MACS "88e5 80 00 00000001 0800", PACKET_NOT_IP, 4, true },
	{ ETHERNET, MACS "8870 " SNAP "0800", PACKET_OK, 4, true },
};

static void check(const struct row *r)
{
	static const uint8_t dst[] = { 2, 0x11, 0x22, 0x33, 0x44, 0x55 };
	static const uint8_t src[] = { 2, 0, 0, 0, 0, 1 };
	enum packet_status s = decode_exact(&b, b.len, b.len, r->link, &p);

	if (s != r->status)
		CU_FAIL(r->header);
	EQUAL_INT(s, r->status);
	if (s != PACKET_OK)
		return;
	EQUAL_INT(p.ip_version, r->version);
	EQUAL_INT(p.dport, r->version == 4 ? 443 : 53);
	EQUAL_INT(p.has_macs, r->has_macs);
	if (r->has_macs)
		EQUAL_INT(memcmp(p.src_mac, src, 6) || memcmp(p.dst_mac, dst, 6), 0);
}

static void build(const struct row *r)
{
	b.len = 0;
	put_hex(r->header);
	if (r->version == 4)
		tcp_over_ipv4(&b, 60);
	else if (r->version == 6)
		udp_over_ipv6(&b, 72);
}

static void each_leads_to_its_datagram(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		build(&rows[i]);
		check(&rows[i]);
	}
}

static void each_cut_at_every_byte(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool was_ok = false;

		build(&rows[i]);
		for (uint32_t cut = 0; cut <= b.len; cut++) {
			enum packet_status s = decode_exact(&b, cut, b.len, rows[i].link, &p);

			EQUAL_INT(s != PACKET_OK && was_ok, false);
			was_ok = s == PACKET_OK;
			EQUAL_INT(was_ok && p.ip_off + p.ip_len > b.len, false);
		}
		EQUAL_INT(was_ok, rows[i].status == PACKET_OK);
	}
}

static void each_damaged_at_every_byte(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		build(&rows[i]);
		for (uint32_t at = 0; at < b.len && at < 160; at++)
			for (unsigned flip = 1; flip < 256; flip++) {
				b.bytes[at] ^= (uint8_t)flip;
				if (decode_exact(&b, b.len, b.len, rows[i].link, &p) == PACKET_OK)
					EQUAL_INT(p.ip_off + p.ip_len <= b.len, true);
				b.bytes[at] ^= (uint8_t)flip;
			}
	}
}

/* Headers that stand before each other come to an end. */
static void headers_before_headers(void)
{
	b.len = 0;
	for (int i = 0; i < 100; i++)
		put_hex("00 00 0800 c0000000");
	EQUAL_INT(decode_exact(&b, b.len, b.len, PPI, &p), PACKET_BAD_LINK);
	b.len = 0;
	for (int i = 0; i < 100; i++)
		put_hex("70000000 01000000 02010000 *");
	EQUAL_INT(decode_exact(&b, b.len, b.len, PKTAP, &p), PACKET_BAD_LINK);
}

/* Of an A-MSDU the first datagram is taken, and it ends where its subframe does. */
static void first_of_several_datagrams(void)
{
	b.len = 0;
	put_hex("8801 0000 020000000009 020000000001 021122334455 0000 8000 " MACS);
	put16(&b, 8 + 40 + 4);
	put_snap(&b, 0, 0x0800);
	tcp_over_ipv4(&b, 4);
	put_hex("020000000007 020000000006");
	put16(&b, 8 + 40);
	put_snap(&b, 0, 0x0800);
	tcp_over_ipv4(&b, 0);
	EQUAL_INT(decode_exact(&b, b.len, b.len, WLAN, &p), PACKET_OK);
	EQUAL_INT(p.payload_len, 4);
	EQUAL_INT(p.ip_len, 44);
}

/* b is an Ethernet frame behind a PPI header of header_len bytes: what stands from the IP header on
 * stays where it is, and nothing before it counts any more. */
static void expect_rebased(uint32_t header_len, enum packet_status status)
{
	struct frame f = { .bytes = b.bytes, .caplen = b.len, .wirelen = b.len + 7, .link = PPI };
	struct packet was;

	CU_ASSERT_EQUAL_FATAL(packet_decode(&f, &p), status);
	was = p;
	EQUAL_INT(was.ip_off, header_len + 14);
	packet_rebase(&p, status);
	CU_ASSERT_PTR_EQUAL(p.bytes, was.bytes + was.ip_off);
	EQUAL_INT(p.ip_off, 0);
	EQUAL_INT(p.ip_len, was.ip_len);
	EQUAL_INT(p.caplen, was.caplen - was.ip_off);
	EQUAL_INT(p.wirelen, was.wirelen - was.ip_off);
	if (status == PACKET_FRAGMENT) {
		CU_ASSERT_PTR_EQUAL(p.bytes + p.fragment_data_off,
				    was.bytes + was.fragment_data_off);
		return;
	}
	CU_ASSERT_PTR_EQUAL(packet_payload(&p), packet_payload(&was));
	EQUAL_INT(packet_payload_captured(&p), packet_payload_captured(&was));
}

static void put_ppi_ethernet(uint32_t header_len)
{
	b.len = 0;
	put16(&b, 0);
	put8(&b, header_len & 0xff);
	put8(&b, header_len >> 8);
	put_hex("01000000");
	put_fill(&b, 0xaa, header_len - 8);
	put_ethernet(&b, 0x0800);
}

static void rebased_behind_a_long_header(void)
{
	static const uint32_t lengths[] = { 8, 12, 3000, 65528 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		put_ppi_ethernet(lengths[i]);
		tcp_over_ipv4(&b, 1000);
		expect_rebased(lengths[i], PACKET_OK);
		b.len -= 990;			/* a cut capture */
		expect_rebased(lengths[i], PACKET_OK);
		put_ppi_ethernet(lengths[i]);
		put_ipv4_options(&b, IP_UDP, 20 + 400, 0x2000, 0);
		put_pattern(&b, 0, 400);
		expect_rebased(lengths[i], PACKET_FRAGMENT);
	}
}

static CU_TestInfo link_tests[] = {
	{ "each leads to its datagram", each_leads_to_its_datagram },
	{ "each cut at every byte", each_cut_at_every_byte },
	{ "each damaged at every byte", each_damaged_at_every_byte },
	{ "headers before headers", headers_before_headers },
	{ "the first of several datagrams", first_of_several_datagrams },
	{ "rebased behind a long header", rebased_behind_a_long_header },
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "links", .pTests = link_tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
