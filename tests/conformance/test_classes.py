#!/usr/bin/env python3
"""test_classes.py - the classes of classes.py and dpi_classes.py explain what they predict, and nothing else.

usage: test_classes.py

Of each class a case that it explains, and the same with a number that is off by a little: that has to
stay unexplained.  TAP-like lines; exit status 1 when one is wrong.  Standard library only.
"""
import atexit
import os
import struct
import sys
import tempfile

import classes
import dpi_classes
import flows
import ndpi
import tunnels

CLIENT, SERVER = ("192.0.2.1", 40000), ("192.0.2.2", 443)


def conversation(**fields):
    one = flows.Conversation(CLIENT)
    for name, value in fields.items():
        setattr(one, name, value)
    return one


class Counted:
    """What classes.py asks of flows.Replay."""

    def __init__(self, conversations=None, **counters):
        self.conversations = conversations or {}
        self.outer = {}
        self.counters = {name.replace("__", "."): value for name, value in counters.items()}

    def counted(self, *names):
        return sum(self.counters.get(name, 0) for name in names)


def key(proto, cport=40000, sport=443):
    return flows.conversation_key(proto, ("192.0.2.1", cport), ("192.0.2.2", sport))


def case(proto, measure, mine, theirs, ports=(40000, 443), expected=None, ours=None):
    return classes.Case(key(proto, *ports), conversation(**mine), conversation(**theirs), measure,
                        expected or {}, ours or Counted())


def fragments(more, over):
    ours = Counted(fragment__merged=6, fragment__datagrams=2)
    return case("udp", "IP bytes", {"packets": [6, 0], "ip_bytes": [1080 + over, 0]},
                {"packets": [6 - more, 0], "datagram_bytes": [1000, 0]}, ours=ours)


def groups(packets):
    mine = conversation(packets=[7, 0])
    ours = Counted({key("ip-2"): mine, key("ip-2", 1, 2): conversation(packets=[5, 0])})
    expected = {key("ip-2"): conversation(packets=[packets, 0])}
    return case("ip-2", "packets", {"packets": [7, 0]}, {"packets": [packets, 0]},
                expected=expected, ours=ours)


def dhcp(payload):
    ours = Counted({key("udp", 68, 67): conversation(packets=[2, 1], payload=[500, 200])})
    expected = {key("udp", 68, 67): conversation(packets=[2, 1], payload=[500, payload])}
    return case("udp", "payload", {}, {}, (68, 67), expected, ours)


def handshake(flags, theirs):
    return case("tcp", "payload", {"payload": [120, 50], "packets": [2, 2],
                                   "flags": [set(flags), set("SA")]},
                {"payload": [theirs, 50]})


def tcp_frame(one, other, seq, flags, size):
    tcp = struct.pack(">HHIIBBHHH", one[1], other[1], seq & 0xffffffff, 0, 5 << 4, flags, 1024, 0, 0)
    hosts = b"".join(bytes(int(part) for part in end[0].split(".")) for end in (one, other))
    return bytes(12) + struct.pack(">HBBHHHBBH", 0x0800, 0x45, 0, 40 + size, 1, 0, 64, 6, 0) + hosts + tcp + \
        bytes(size)


def capture_of(frames):
    """A pcap file that lives as long as this program."""
    handle, path = tempfile.mkstemp(suffix=".pcap")
    atexit.register(os.unlink, path)
    with os.fdopen(handle, "wb") as out:
        out.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            out.write(struct.pack("<IIII", 1700000000, 0, len(frame), len(frame)) + frame)
    return path


# 37 bytes up in two segments in disorder; 8 down, 8 missing, 16 behind them; numbers pass 2^32.
GAP = capture_of([tcp_frame(CLIENT, SERVER, -10, 2, 0), tcp_frame(SERVER, CLIENT, 8000, 18, 0),
                  tcp_frame(CLIENT, SERVER, 11, 24, 17), tcp_frame(CLIENT, SERVER, -9, 24, 20),
                  tcp_frame(SERVER, CLIENT, 8001, 24, 8), tcp_frame(SERVER, CLIENT, 8017, 24, 16)])


def at_gap(lost, down, up=37, mine=24):
    ours = Counted()
    ours.capture = GAP
    return case("tcp", "payload", {"payload": [37, mine], "lost": lost}, {"payload": [up, down]}, ours=ours)


def jump(missed, resyncs=1):
    return case("tcp", "payload", {"payload": [0, 1000]}, {"payload": [0, 1000 + 2**31],
                                                           "missed": missed},
                ours=Counted(tcp__resyncs=resyncs))


def ntp(packets, port=123):
    return case("udp", "packets", {"packets": [1, 1]}, {"packets": packets}, (port, port))


def outer(packets, back=0):
    ours = Counted()
    ours.outer = {frozenset(("192.0.2.1", "192.0.2.2")): 5}
    theirs = {"packets": [packets, 0]}
    expected = {key("udp"): conversation(**theirs), key("udp", 443, 41000): conversation(packets=[back, 0])}
    return case("udp", "found", {}, theirs, expected=expected, ours=ours)


def around(over, down, notes=("in a tunnel",)):
    return case("udp", "bytes", {"packets": [2, 3], "ip_bytes": [100, 200], "notes": set(notes)},
                {"packets": [2, 3], "ip_bytes": [100 + over, 200 + down]})


def around_too(up, down, within=4):
    ours = Counted()
    ours.outer = {frozenset(("192.0.2.1", "192.0.2.2")): within}
    return case("udp", "packets", {"packets": [up, down]}, {"packets": [3, 0]}, ours=ours)


def dpi(proto, app="", packets=4, seen=None, payload=100, transport="udp", confidence="DPI", guesses=(),
        records=1, verdict="none"):
    """A flow that ndpiReader calls proto, in so many packets, and we app (empty: nothing)."""
    key, _ = ndpi.make_key(transport, CLIENT, SERVER, 0)
    got = ndpi.Flow()
    got.app, got.payload, got.records, got.verdict = app, payload, records, verdict
    got.packets = [packets if seen is None else seen, 0]
    want = ndpi.Expected(key, proto, confidence, "", [packets, 0], [packets * 60, 0])
    return dpi_classes.Case(want, got, {"Custom"}, set(guesses))


DPI_CASES = (
    (dpi_classes.guessed, dpi("HTTP", payload=0, guesses=("HTTP", "-")),
     (dpi("HTTP", payload=1, guesses=("HTTP",)), dpi("HTTP", payload=0, guesses=("TLS", "-")),
      dpi("HTTP", app="TLS", payload=0, guesses=("HTTP",)), dpi("HTTP", payload=0))),
    (dpi_classes.dtls, dpi("DTLS"), (dpi("DTLS", app="QUIC"), dpi("DTLS", seen=3), dpi("TLS"),
                                     dpi("DTLS", transport="tcp"))),
    (dpi_classes.needs_syn, dpi("TINC"), (dpi("TINC", app="TLS"), dpi("FTP_CONTROL"), dpi("TINC", seen=5))),
    (dpi_classes.budget, dpi("SIP", packets=9),
     (dpi("SIP", packets=8), dpi("SIP", packets=10, transport="tcp"), dpi("SIP", app="RTP", packets=9),
      dpi("SIP", packets=9, seen=8), dpi("SIP", packets=9, confidence="Match by port"))),
    (dpi_classes.budget, dpi("SIP", packets=11, transport="tcp"), ()),
    (dpi_classes.custom, dpi("HTTP.Custom"), (dpi("HTTP.Other"),)),
    (dpi_classes.remembered, dpi("TINC", confidence="DPI (cache)"), (dpi("TINC"),)),
    (dpi_classes.remembered, dpi("TINC", app="TLS", verdict="cache"), (dpi("TINC", app="TLS", verdict="dpi"),)),
    (dpi_classes.in_pieces, dpi("SIP", records=2), (dpi("SIP"),)),
    (dpi_classes.other_packets, dpi("SIP", seen=3), (dpi("SIP"),)),
    (dpi_classes.stun, dpi("STUN.Call", app="STUN"), (dpi("STUN.Call", app="RTP"), dpi("STUN", app="STUN"))),
    (dpi_classes.same_carrier, dpi("DNS.Apple", app="DNS"),
     (dpi("DNS.Apple", app="TLS"), dpi("DNS.Apple"), dpi("DNS", app="DNS"))),
)

CASES = (
    (classes.outer_too, around_too(5, 2), (around_too(5, 3), around_too(2, 5), around_too(5, 2, 3))),
    (classes.outer_connection, outer(5, 3), (outer(4), outer(6), outer(3, 1))),
    (classes.outer_connection, outer(2, 3), (outer(2, 4),)),
    (classes.headers_around, around(100, 150), (around(101, 150), around(100, 149), around(100, 150, ()),
                                                around(4, 6), around(1000, 1500))),
    (classes.fragments_as_one, fragments(4, 0), (fragments(3, 0), fragments(4, 1))),
    (classes.igmp_groups, groups(12), (groups(11), groups(13))),
    (classes.dhcp_by_client, dhcp(200), (dhcp(199),)),
    (classes.no_handshake, handshake("PA", 0), (handshake("PA", 1), handshake("SPA", 0))),
    (classes.stops_at_gap, at_gap(8, 8), (at_gap(0, 8), at_gap(8, 25), at_gap(8, 7), at_gap(8, 0), at_gap(8, 16),
                                          at_gap(8, 8, 20), at_gap(8, 8, mine=7))),
    (classes.gap_beyond_jump, jump(2**31), (jump(2**31 - 1), jump(2**31, 0), jump(2**30))),
    (classes.ntp_turned, ntp([2, 0]), (ntp([3, 0]), ntp([2, 0], 124), ntp([1, 2]))),
)


KINDS = (
    ("eth:ethertype:ip:tcp:tls", set()),
    ("eth:ethertype:vlan:ethertype:ip:udp:vxlan:eth:ethertype:ip:icmp:ip:udp", {"vxlan"}),
    ("eth:ethertype:ip:ipv6:tcp", {"6in4"}),
    ("eth:ethertype:mpls:ip:gre:ipv6:udp", {"mpls", "gre"}),
    ("eth:ethertype:mpls:data", set()),
)


def main():
    known = {applies for _, applies in
             classes.ARKIME + classes.ZEEK + classes.ZEEK_FOUND + dpi_classes.DPI}
    cases = CASES + DPI_CASES
    wrong = len(known ^ {applies for applies, _, _ in cases})
    for applies, fits, others in cases:
        is_right = applies(fits) and not any(applies(other) for other in others)
        print("# %s %s" % ("right" if is_right else "WRONG", applies.__name__))
        wrong += not is_right
    for layers, kinds in KINDS:
        is_right = tunnels.kinds_of(layers.split(":")) == kinds
        print("# %s kinds of %s" % ("right" if is_right else "WRONG", layers))
        wrong += not is_right
    print("# classes: %d with a test, %d wrong or without" % (len(cases), wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
