"""classes.py - where another tool counts otherwise by definition, and how to know that it is only that.

A class is a reason and a test: it explains a difference only when the numbers are the ones that the
reason predicts, from both tools' numbers and our counters.  A difference with the right smell and the
wrong size stays "unexplained" and fails the floors of zeek.py and arkime.py.

Each class: applies(case) -> bool, for one conversation and one measure.  case has: key, mine, theirs
(flows.Conversation, the client on the same side), measure, expected (all of theirs), ours
(flows.Replay).
Standard library only.
"""
import collections

import in_order

Case = collections.namedtuple("Case", "key mine theirs measure expected ours")

IPV4_HEADER = 20
JUMP = 1 << 30              # tcp.h: TCP_JUMP
AROUND_MIN, AROUND_MAX = 18, 200    # bytes around a datagram in a tunnel: Ethernet and a label; several of all


def fragments_as_one(case):
    """Zeek and Arkime put fragments together and count the datagram, we count what was on the wire: so
    many packets more as the capture has fragments beyond its datagrams, and an IPv4 header for each."""
    more = case.ours.counted("fragment.merged") - case.ours.counted("fragment.datagrams")
    if not more or sum(case.mine.packets) - sum(case.theirs.packets) != more:
        return False
    if case.measure == "packets":
        return True
    over = sum(case.mine.ip_bytes) - sum(case.theirs.datagram_bytes)
    return case.measure in ("bytes", "IP bytes") and over == more * IPV4_HEADER


def igmp_groups(case):
    """Arkime has one session of IGMP or PIM for all groups that a host speaks to, we have a flow for
    each: the packets of the protocol are as many in the whole capture."""
    def total(conversations):
        return sum(sum(one.packets) for key, one in conversations.items() if key[0] == case.key[0])
    return case.key[0] in ("ip-2", "ip-103") and case.measure in ("packets", "bytes") and \
        total(case.expected) == total(case.ours.conversations)


def dhcp_by_client(case):
    """Arkime knows a DHCP session by its client, whatever the addresses: question to all and answer to
    one are one session.  The packets and payload of DHCP are as many in the whole capture."""
    ports = ({67, 68}, {546, 547})
    if case.key[0] != "udp" or {case.key[1][1], case.key[2][1]} not in ports:
        return False

    def total(conversations, name):
        return sum(sum(getattr(one, name)) for key, one in conversations.items()
                   if key[0] == "udp" and {key[1][1], key[2][1]} in ports)
    return all(total(case.expected, name) == total(case.ours.conversations, name)
               for name in ("packets", "payload"))


def no_handshake(case):
    """Arkime hands TCP payload on once a connection is known: of a side whose SYN it did not see, or of
    one that was never answered, it counts none."""
    if case.key[0] != "tcp" or case.measure != "payload":
        return False
    for side in (0, 1):
        if case.mine.payload[side] == case.theirs.payload[side]:
            continue
        is_known = "S" in case.mine.flags[side] and case.mine.packets[1 - side]
        if is_known or case.theirs.payload[side] != 0:
            return False
    return True


def stops_at_gap(case):
    """Arkime counts payload in order and stops where bytes are missing; we count what is behind the gap
    too, and `lost` beside it.  Arkime's is what stands in the capture before the gap (in_order.py)."""
    if case.key[0] != "tcp" or case.measure != "payload" or not case.mine.lost:
        return False
    other = case.key[2] if case.mine.client == case.key[1] else case.key[1]
    before = in_order.payload(case.ours.capture, case.mine.client, other)
    return all(theirs in (mine, before.get(end)) and theirs <= mine for mine, theirs, end in
               zip(case.mine.payload, case.theirs.payload, (case.mine.client, other)))


def gap_beyond_jump(case):
    """A gap of more than 1 GiB cannot be told from another connection by its numbers (tcp.h), so it is
    not in our `lost`; Zeek adds it.  What was captured is the same: Zeek's bytes less those it missed."""
    captured = sum(case.theirs.payload) - case.theirs.missed
    return case.measure == "payload" and case.ours.counted("tcp.resyncs") > 0 and \
        case.theirs.missed > JUMP and sum(case.mine.payload) == captured


def ntp_turned(case):
    """Zeek turns the sides of an NTP connection whose answer was captured first, and counts the question
    that follows to the same side: the sums of both directions are the same."""
    names = {"packets": "packets", "IP bytes": "ip_bytes", "payload": "payload"}
    mine, theirs = (getattr(one, names[case.measure]) for one in (case.mine, case.theirs))
    return case.key[0] == "udp" and {case.key[1][1], case.key[2][1]} == {123} and \
        0 in theirs and sum(mine) == sum(theirs)


def outer_connection(case):
    """Zeek logs the connection that a tunnel is beside those within it; we count what is within only: as
    many packets as Zeek gives to this connection, or (one for each direction, by the client's port) to
    all of that pair that we do not have."""
    ends = frozenset((case.key[1][0], case.key[2][0]))
    around = sum(sum(one.packets) for key, one in case.expected.items()
                 if frozenset((key[1][0], key[2][0])) == ends and key not in case.ours.conversations)
    return ends in case.ours.outer and case.ours.outer[ends] in (around, sum(case.theirs.packets))


def outer_too(case):
    """Arkime gives the connection around a tunnel only the packets that it could not look into; we count
    all of it, as many more as we have within."""
    ends = frozenset((case.key[1][0], case.key[2][0]))
    more = [case.mine.packets[side] - case.theirs.packets[side] for side in (0, 1)]
    return ends in case.ours.outer and case.measure in ("packets", "bytes", "payload") and \
        min(more) >= 0 and sum(more) == case.ours.outer[ends]


def headers_around(case):
    """Arkime's bytes of a conversation in a tunnel are those of the frames: link layer and all headers
    around it, which are as long in every packet of a side."""
    if case.measure != "bytes" or "in a tunnel" not in case.mine.notes:
        return False
    more = [(case.theirs.ip_bytes[side] - case.mine.ip_bytes[side], case.mine.packets[side]) for side in (0, 1)]
    return case.mine.packets == case.theirs.packets and \
        all(over % packets == 0 and AROUND_MIN <= over // packets <= AROUND_MAX if packets else not over
            for over, packets in more)


ARKIME = (
    ("fragments as one packet", fragments_as_one),
    ("IGMP and PIM: one session for all groups", igmp_groups),
    ("DHCP: one session for a client", dhcp_by_client),
    ("no payload before a handshake", no_handshake),
    ("payload ends at a gap", stops_at_gap),
    ("bytes with the headers of a tunnel", headers_around),
    ("the connection around a tunnel, as far as it was looked into", outer_too),
)
ZEEK_FOUND = (             # of a conversation that we do not have
    ("the outer connection of a tunnel", outer_connection),
)
ZEEK = (
    ("fragments as one packet", fragments_as_one),
    ("a gap of more than 1 GiB", gap_beyond_jump),
    ("NTP: sides turned, sums alike", ntp_turned),
)


def explain(classes, case):
    """The name of the class whose prediction holds, or None."""
    for name, applies in classes:
        if applies(case):
            return name
    return None
