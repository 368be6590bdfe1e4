/* test_tunnels.c - every encapsulation: decoded, cut at every byte, with lying lengths, damaged. */
#include "packet/packet.h"
#include "packet_build.h"
#include "tap.h"
#include "tunnel_build.h"

static void each_is_decoded(void)
{
	for (const struct row *r = rows; r < rows + ROWS; r++) {
		uint32_t at = build(r, INNER_IP);
		struct packet carrier;

		EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p), PACKET_OK);
		if (!is_inner())
			CU_FAIL(r->name);
		EQUAL_INT(p.ip_off, at);
		EQUAL_INT(p.ip_len, INNER_IP);
		EQUAL_INT(p.payload_len, INNER_PAYLOAD);
		EQUAL_INT(p.ttl, 61);
		EQUAL_INT(p.tunnel.depth, r->depth);
		for (unsigned i = 0; i < r->depth; i++)
			EQUAL_TEXT(packet_tunnel_name(p.tunnel.kinds[i]),
				   packet_tunnel_name(r->kinds[i]));
		EQUAL_INT(p.tunnel.id_layer, r->id_layer);
		EQUAL_INT(p.tunnel.id, r->id);
		EQUAL_INT(p.tunnel.has_addrs, r->is_over_ip);
		EQUAL_INT(packet_carrier(&p, &carrier), r->is_over_ip);
		if (r->is_over_ip)
			EQUAL_INT(carrier.carrier, r->kinds[0]);
		p.src = p.tunnel.src;
		EQUAL_INT(is_outer(), r->is_over_ip);
	}
}

/* Over IP there is a packet as soon as the outer headers are there: first the outer, then the
 * inner one, and never back.  Below IP there is none before the inner one. */
static void each_cut_at_every_byte(void)
{
	for (const struct row *r = rows; r < rows + ROWS; r++) {
		bool was_inner = false, was_ok = false;

		build(r, INNER_IP);
		for (uint32_t cut = 0; cut <= b.len; cut++) {
			enum packet_status s = decode_exact(&b, cut, b.len, ETHERNET, &p);

			check_bounds(cut, s);
			EQUAL_INT(was_ok && s != PACKET_OK, false);
			was_ok = s == PACKET_OK;
			EQUAL_INT(was_inner && !is_inner(), false);
			was_inner = was_ok && is_inner();
			if (was_ok && !was_inner)
				EQUAL_INT(r->is_over_ip && is_outer() && !p.tunnel.depth, true);
		}
		EQUAL_INT(was_inner, true);
	}
}

/* A datagram that says it is longer than what it is in: over IP that is no datagram, and a
 * pseudowire is recognised by nothing else. */
static void each_with_a_lying_inner_length(void)
{
	for (const struct row *r = rows; r < rows + ROWS; r++) {
		bool is_wire = r->put == mpls_wire || r->put == mpls_wire_bare;

		build(r, INNER_IP + 1);
		EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p),
			  is_wire ? PACKET_NOT_IP : PACKET_OK);
		if (is_wire)
			continue;
		EQUAL_INT(r->is_over_ip ? is_outer() : is_inner(), true);
		if (r->is_over_ip)
			EQUAL_INT(p.tunnel.depth, 0);
		EQUAL_INT(p.payload_off + p.payload_len, b.len);
	}
}

/* Every byte of the headers, every value: nothing but a packet within bounds, or a reason. */
static void each_damaged_at_every_byte(void)
{
	for (const struct row *r = rows; r < rows + ROWS; r++) {
		uint32_t at = build(r, INNER_IP);

		for (uint32_t i = 14; i < at + 20; i++)
			for (unsigned flip = 1; flip < 256; flip++) {
				b.bytes[i] ^= (uint8_t)flip;
				check_bounds(b.len, decode_exact(&b, b.len, b.len, ETHERNET, &p));
				b.bytes[i] ^= (uint8_t)flip;
			}
	}
}

static CU_TestInfo tunnel_tests[] = {
	{ "each is decoded", each_is_decoded },
	{ "each cut at every byte", each_cut_at_every_byte },
	{ "each with a lying inner length", each_with_a_lying_inner_length },
	{ "each damaged at every byte", each_damaged_at_every_byte },
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "tunnels", .pTests = tunnel_tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
