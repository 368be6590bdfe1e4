/* headers.h - lengths of headers and numbers of ethertypes, for the files that read or write them.
 *
 * Sources: IEEE 802.3, RFC 791, 8200, 9293, 768, 792 and IEEE's list of ethertypes.
 */
#ifndef NW_PACKET_HEADERS_H
#define NW_PACKET_HEADERS_H

/* Bytes; _MIN: without options. */
#define ETHERNET_HEADER_LEN 14
#define ETHERNET_TYPE_MIN 0x0600	/* the type field: from here on a type; below a length */
#define IPV4_HEADER_MIN 20
#define IPV6_HEADER_LEN 40
#define IPV6_FRAGMENT_LEN 8	/* of the fragment header */
#define TCP_HEADER_MIN 20
#define UDP_HEADER_LEN 8
#define ICMP_HEADER_LEN 8	/* with identifier and sequence, unused bytes, or the MTU */

enum ethertype {
	TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_IPV6 = 0x86dd,
	TYPE_8021Q = 0x8100, TYPE_8021AD = 0x88a8, TYPE_QINQ_OLD = 0x9100, TYPE_QINQ_OLD2 = 0x9200,
	TYPE_ETHERNET = 0x6558, TYPE_PPP = 0x880b, TYPE_MPLS = 0x8847, TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_PPPOE = 0x8864, TYPE_JUMBO_LLC = 0x8870, TYPE_PBB = 0x88e7, TYPE_MACSEC = 0x88e5,
	TYPE_FABRICPATH = 0x8903, TYPE_ERSPAN_3 = 0x22eb, TYPE_ERSPAN = 0x88be, TYPE_CMD = 0x8909,
	TYPE_VNTAG = 0x8926, TYPE_ETAG = 0x893f, TYPE_NSH = 0x894f, TYPE_WCCP = 0x883e
};

#endif
