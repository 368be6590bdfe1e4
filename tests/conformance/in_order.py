"""in_order.py - how many bytes of a TCP connection are in the capture before the first that is missing.

A reading of our own, for the class of classes.py whose prediction it is: neither program is asked.  pcap
files of Ethernet (VLAN tags are walked), IPv4 without fragments and IPv6 without extension headers; of
anything else, and of a side whose SYN is not there, nothing is said.
Standard library only.
"""
import ipaddress
import struct

ETHERNET, TCP, SYN = 1, 6, 2
ORDERS = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<",        # micro- and nanoseconds
          b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}
TAGS = (0x8100, 0x88a8, 0x9100)
WINDOW = 1 << 30                # sequence numbers further ahead are another connection's


def frames(path):
    """The frames of a pcap file of Ethernet; none of another file."""
    with open(path, "rb") as f:
        head = f.read(24)
        order = ORDERS.get(head[:4])
        if not order or struct.unpack(order + "I", head[20:24])[0] & 0xffff != ETHERNET:
            return
        while True:
            record = f.read(16)
            if len(record) < 16:
                return
            yield f.read(struct.unpack(order + "I", record[8:12])[0])


def segment(frame):
    """(sender, receiver, sequence number, flags, payload bytes) of a frame that is TCP, or None."""
    at = 12
    while frame[at:at + 2] and struct.unpack(">H", frame[at:at + 2])[0] in TAGS:
        at += 4
    kind, at = frame[at:at + 2], at + 2
    if kind == b"\x08\x00" and len(frame) >= at + 20 and frame[at + 9] == TCP:
        if struct.unpack(">H", frame[at + 6:at + 8])[0] & 0x3fff:
            return None         # a fragment
        hosts = frame[at + 12:at + 16], frame[at + 16:at + 20]
        end, at = at + struct.unpack(">H", frame[at + 2:at + 4])[0], at + (frame[at] & 15) * 4
    elif kind == b"\x86\xdd" and len(frame) >= at + 40 and frame[at + 6] == TCP:
        hosts = frame[at + 8:at + 24], frame[at + 24:at + 40]
        end, at = at + 40 + struct.unpack(">H", frame[at + 4:at + 6])[0], at + 40
    else:
        return None
    if len(frame) < at + 20:
        return None
    sport, dport, seq = struct.unpack(">HHI", frame[at:at + 8])
    one, other = (str(ipaddress.ip_address(host)) for host in hosts)
    return (one, sport), (other, dport), seq, frame[at + 13], max(0, end - at - (frame[at + 12] >> 4) * 4)


def prefix(pieces):
    """How far (offset, length) pieces reach from 0 without a hole."""
    reach = 0
    for off, size in sorted(pieces):
        if off > reach:
            break
        reach = max(reach, off + size)
    return reach


def payload(path, one, other):
    """{end: bytes in order} of the connection between the ends (host, port) one and other."""
    base, pieces = {}, {one: [], other: []}
    for frame in frames(path):
        found = segment(frame)
        if not found or {found[0], found[1]} != {one, other}:
            continue
        sender, _, seq, flags, size = found
        if flags & SYN:
            base.setdefault(sender, seq + 1)
        elif sender in base and (seq - base[sender]) % 2**32 < WINDOW:
            pieces[sender].append(((seq - base[sender]) % 2**32, size))
    return {end: prefix(pieces[end]) for end in base}
