/* key.h - which flow a packet belongs to, and who of the two is the client.
 *
 * Pure functions, any thread, no allocation.
 */
#ifndef NW_FLOW_KEY_H
#define NW_FLOW_KEY_H

#include <stdbool.h>
#include "base/pack.h"
#include "flow/slice.h"
#include "packet/packet.h"

#define FLOW_NO_VLAN 0xffff

/* The canonical key of a packet (slice.h).  Returns true when the sender is side b. */
bool flow_key_from_packet(const struct packet *p, struct flow_key *ret_key);

/* A key as bytes and back.  It stands in the images of flows and of events: another format is
 * another version of both. */
void flow_key_pack(const struct flow_key *k, struct packer *p);
void flow_key_unpack(struct unpacker *u, struct flow_key *ret_key);

/* Who is the client, judged by a flow's first packet.  In this order:
 *   syn     TCP SYN without ACK: the sender
 *   synack  TCP SYN with ACK: the receiver
 *   port    the ports say it clearly: one below 1024 (RFC 6335 system ports) and the other not, or
 *           one below 32768 and the other not (where Linux and IANA ephemeral ports begin): the
 *           lower is the server's.  DHCP's pairs (67 and 68, 546 and 547) say it too.
 *           ICMP: an answering type (echo reply, ...) is sent by the server
 *   first   else: the sender.  Also for anything sent to a multicast group, which cannot ask
 * Returns true when the sender is the client. */
bool flow_client_decide(const struct packet *p, enum flow_client *ret_how);

#endif
