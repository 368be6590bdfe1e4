#!/usr/bin/env python3
"""duplicates.py - writes a capture again as a mirror that hands out packets several times would.

usage: duplicates.py MODE IN.pcap OUT.pcap

Reads and writes little-endian nanosecond Ethernet pcaps (mkpcap.py, nachtwacht-synth).  MODE:
  plain    without VLAN tags              tagged   all of it in VLAN 10: what routed is held against
  same     each frame again 7 us later: both directions of its ports are mirrored
  vlan     each frame again in VLAN 7
  routed   the conversation's first sender is in VLAN 10, the other side in VLAN 20, a router between
           them: TTL less one, IP checksum right again, other MACs; seen on both sides, the sender's
           VLAN first
  both     routed, and each of the two frames once more
  byte     each frame again with the first byte of the payload changed     seq   with another number
Prints how many frames were added that ought to be taken for copies, or must not be (byte, seq).
Standard library only.
"""
import struct
import sys

APART_NS = 7000
ROUTER = bytes.fromhex("0200000000f0")


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Frame:
    """An Ethernet frame with IP in it, or anything else as it is."""

    def __init__(self, data, wirelen):
        if data[12:14] == b"\x81\x00":         # taken off: VLANs are what MODE says
            data, wirelen = data[:12] + data[16:], wirelen - 4
        self.data, self.wirelen = data, wirelen
        self.is_ip = data[12:14] in (b"\x08\x00", b"\x86\xdd")
        if not self.is_ip:
            return
        ip = data[14:]
        if ip[0] >> 4 == 4:
            self.proto, self.head = ip[9], (ip[0] & 15) * 4
            self.ends = (ip[12:16], ip[16:20])
        else:
            self.proto, self.head = ip[6], 40
            self.ends = (ip[8:24], ip[24:40])
        ports = ip[self.head:self.head + 4] if self.proto in (6, 17) else b"\0" * 4
        self.key = (self.proto,) + tuple(sorted(zip(self.ends, (ports[:2], ports[2:]))))
        self.sender = (self.ends[0], ports[:2])

    def tagged(self, vlan):
        tag = struct.pack("!HH", 0x8100, vlan)
        data = self.data[:12] + tag + self.data[12:]
        if self.wirelen > len(self.data):       # a snap length cuts what is pushed beyond it
            data = data[:len(self.data)]
        return Frame.made(data, self.wirelen + 4)

    @staticmethod
    def made(data, wirelen):
        frame = Frame.__new__(Frame)
        frame.data, frame.wirelen = data, wirelen
        return frame

    def routed(self):
        """Behind the router."""
        data = bytearray(self.data)
        data[6:12] = ROUTER
        if data[14] >> 4 == 4:
            data[22] -= 1
            data[15] = 0xB8
            data[24:26] = b"\0\0"
            data[24:26] = struct.pack("!H", checksum(bytes(data[14:14 + self.head])))
        else:
            data[21] -= 1
        return Frame(bytes(data), self.wirelen)

    def changed(self, what):
        """Another payload byte or sequence number; None: it has none."""
        transport = 14 + self.head
        at = transport + 4 if what == "seq" else transport + 8
        if self.proto == 6 and what == "byte" and len(self.data) > transport + 12:
            at = transport + (self.data[transport + 12] >> 4) * 4
        if self.proto not in (6, 17) or (what == "seq" and self.proto != 6):
            return None
        payload_at_end = at >= len(self.data)
        if payload_at_end:
            return None
        data = bytearray(self.data)
        data[at + (3 if what == "seq" else 0)] ^= 1
        return Frame.made(bytes(data), self.wirelen)


def looks(frame, mode, first_sender):
    """The frames that the tap hands out for one, in order."""
    if not frame.is_ip or mode == "plain":
        return [frame]
    if mode == "tagged":
        return [frame.tagged(10)]
    if mode == "same":
        return [frame, frame]
    if mode == "vlan":
        return [frame, frame.tagged(7)]
    if mode in ("byte", "seq"):
        changed = frame.changed(mode)
        return [frame, changed] if changed else [frame]
    near, far = (10, 20) if frame.sender == first_sender else (20, 10)
    seen = [frame.tagged(near), frame.routed().tagged(far)]
    return [seen[0], seen[0], seen[1], seen[1]] if mode == "both" else seen


def main():
    mode, source, target = sys.argv[1:]
    first, added, out = {}, 0, []
    with open(source, "rb") as file:
        data = file.read()
    if data[:4] != struct.pack("<I", 0xA1B23C4D):
        sys.exit("not a nanosecond pcap")
    at = 24
    while at + 16 <= len(data):
        second, ns, caplen, wirelen = struct.unpack_from("<IIII", data, at)
        frame = Frame(data[at + 16:at + 16 + caplen], wirelen)
        at += 16 + caplen
        sender = first.setdefault(frame.key, frame.sender) if frame.is_ip else None
        for i, look in enumerate(looks(frame, mode, sender)):
            stamp = second * 10**9 + ns + i * APART_NS
            out.append((stamp, len(out), look))
            added += i > 0
    out.sort(key=lambda item: item[:2])
    with open(target, "wb") as file:
        file.write(data[:24])
        for stamp, _, frame in out:
            file.write(struct.pack("<IIII", stamp // 10**9, stamp % 10**9, len(frame.data),
                                   frame.wirelen))
            file.write(frame.data)
    print(added)


if __name__ == "__main__":
    main()
