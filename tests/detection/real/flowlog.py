"""flowlog.py - a Zeek conn.log as a capture: the flows it tells of, with packets made for them.

A log has no packets, but the analysis lives on who talked to whom, when, how long and how much, and that
is in the log.  Each connection becomes its handshake (as far as its state says there was one) and its bytes in
evenly spaced segments, cut to their headers as with a small snap length: the lengths are in the headers.
"""
import ipaddress
import struct

SEGMENT = 60000             # bytes of payload, at most
SEGMENTS = 60               # of one direction, as far as SEGMENT allows
GLOBAL = struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1)
TCP, UDP = 6, 17
FIN, SYN, PSH, ACK = 1, 2, 8, 16
ESTABLISHED = {"SF", "S1", "S2", "S3", "RSTO", "RSTR", "OTH"}


class Flow:
    """What one line says."""

    def __init__(self, fields, line):
        value = dict(zip(fields, line.split("\t")))
        self.at = float(value["ts"])
        self.ends = (ipaddress.ip_address(value["id.orig_h"]), ipaddress.ip_address(value["id.resp_h"]))
        self.ports = (int(value["id.orig_p"]), int(value["id.resp_p"]))
        self.proto = value["proto"]
        self.duration = number(value["duration"], float)
        self.bytes = (number(value["orig_bytes"], int), number(value["resp_bytes"], int))
        self.packets = (number(value["orig_pkts"], int), number(value["resp_pkts"], int))
        self.is_established = value["conn_state"] in ESTABLISHED


def number(text, kind):
    return kind(text) if text != "-" else kind(0)


def read(path):
    fields = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("#fields"):
                fields = line.split("\t")[1:]
            elif line and not line.startswith("#"):
                yield Flow(fields, line)


def ip_header(source, target, proto, length):
    if source.version == 4:
        return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + length, 0, 0x4000, 64, proto, 0,
                           source.packed, target.packed), 0x0800
    return struct.pack(">IHBB16s16s", 6 << 28, length, proto, 64, source.packed, target.packed), 0x86dd


def mac(address):
    return b"\x02" + (b"\0" * 5 + address.packed)[-5:]


class Writer:
    """Packets of one flow, as (stamp, record)."""

    def __init__(self, flow):
        self.flow = flow
        self.seq = [int(flow.at * 250000) % 2**32 + way for way in (0, 1)]    # by the clock, as RFC 9293 has it
        self.out = []

    def packet(self, at, way, transport, payload):
        source, target = self.flow.ends[way], self.flow.ends[1 - way]
        proto = {"tcp": TCP, "udp": UDP}.get(self.flow.proto, 1 if source.version == 4 else 58)
        ip, kind = ip_header(source, target, proto, len(transport) + payload)
        head = mac(target) + mac(source) + struct.pack(">H", kind) + ip + transport
        nanos = int(at * 1e9)
        self.out.append((nanos, struct.pack("<IIII", nanos // 10**9, nanos % 10**9, len(head),
                                            len(head) + payload) + head))

    def tcp(self, at, way, flags, payload=0):
        ports = self.flow.ports[way], self.flow.ports[1 - way]
        ack = self.seq[1 - way] if flags & ACK else 0
        self.packet(at, way, struct.pack(">HHIIBBHHH", *ports, self.seq[way] % 2**32, ack % 2**32, 0x50, flags,
                                         65535, 0, 0), payload)
        self.seq[way] += payload + bool(flags & (SYN | FIN))

    def datagram(self, at, way, payload):
        if self.flow.proto == "udp":
            ports = self.flow.ports[way], self.flow.ports[1 - way]
            self.packet(at, way, struct.pack(">HHHH", *ports, 8 + payload, 0), payload)
        else:
            self.packet(at, way, struct.pack(">BBHHH", 0 if way else 8, 0, 0, 1, len(self.out)), payload)

    def data(self, way):
        """The bytes of one direction, evenly over the duration."""
        left = self.flow.bytes[way]
        count = max(min(SEGMENTS, self.flow.packets[way] or 1), -(-left // SEGMENT)) if left else 0
        for i in range(count):
            size = left // (count - i)
            left -= size
            at = self.flow.at + 0.01 + (0.001 * way) + self.flow.duration * 0.98 * i / count
            if self.flow.proto == "tcp":
                yield at, way, size
            else:
                self.datagram(at, way, size)

    def all(self):
        flow = self.flow
        if flow.proto != "tcp":
            for way in 0, 1:
                list(self.data(way))
            if not self.out and flow.packets[0]:
                self.datagram(flow.at, 0, 0)
            return self.out
        self.tcp(flow.at, 0, SYN)
        if flow.packets[1] or flow.bytes[1]:
            self.tcp(flow.at + 0.001, 1, SYN | ACK)
            self.tcp(flow.at + 0.002, 0, ACK)
        for at, way, size in sorted([*self.data(0), *self.data(1)]):
            self.tcp(at, way, ACK | PSH, size)
        if flow.is_established:
            self.tcp(flow.at + 0.02 + flow.duration, 0, FIN | ACK)
            self.tcp(flow.at + 0.021 + flow.duration, 1, FIN | ACK)
        return self.out


def to_capture(log, capture):
    """Writes the capture; how many connections it has, their bytes from and to the originator, first stamp."""
    records, flows, up, down = [], 0, 0, 0
    for flow in read(log):
        records += Writer(flow).all()
        flows += 1
        up += flow.bytes[0]
        down += flow.bytes[1]
    records.sort()
    with open(capture, "wb") as f:
        f.write(GLOBAL)
        for _, record in records:
            f.write(record)
    return flows, up, down, records[0][0] // 10**9
