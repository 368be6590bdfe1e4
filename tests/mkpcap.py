#!/usr/bin/env python3
"""mkpcap.py - writes small captures that tests need and whose contents they know.

usage: mkpcap.py [--kind mix|busy|gaps|flood] [--link N] [--seed N] OUT.pcap
       mkpcap.py --count FILE.pcap

mix   a dozen conversations over IPv4 and IPv6 within about two seconds: TCP with handshake, data,
      one retransmission and an orderly end; UDP; ICMP echo
busy  400 conversations over 90 minutes, for determinism
gaps  a datagram every ten minutes for an hour, then one after 74 hours and one after 90 minutes
flood 600 addresses of 10.40.0.0/16 that send to 16 peers each on four days: more records than the
      sensor keeps in memory
Bytes depend on the options only.  --link writes another link type into the header, above the same
bytes.  --count prints how many whole packets such a file has.  Standard library only.
"""
import argparse
import ipaddress
import random
import struct

ETHERNET = 1
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START_NS = 1_768_000_000 * 1_000_000_000


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_packet(src, dst, proto, body):
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(body), proto, 64) + a.packed + b.packed + body
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0x4000, 64, proto, 0)
    head += a.packed + b.packed
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def transport_sum(src, dst, proto, body, at):
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    value = checksum(a.packed + b.packed + struct.pack("!II", len(body), proto) + body)
    return body[:at] + struct.pack("!H", value or 0xFFFF) + body[at + 2:]


class Capture:
    def __init__(self, link):
        self.link = link
        self.records = []

    def add(self, ts_ns, src, dst, proto, body):
        version = ipaddress.ip_address(src).version
        ethertype = 0x86DD if version == 6 else 0x0800
        frame = bytes.fromhex("020000000002" "020000000001") + struct.pack("!H", ethertype)
        self.records.append((ts_ns, len(self.records), frame + ip_packet(src, dst, proto, body)))

    def tcp(self, ts_ns, src, sport, dst, dport, flags, seq, ack, data=b""):
        body = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50,
                           flags, 64240, 0, 0) + data
        self.add(ts_ns, src, dst, 6, transport_sum(src, dst, 6, body, 16))

    def udp(self, ts_ns, src, sport, dst, dport, data):
        body = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
        self.add(ts_ns, src, dst, 17, transport_sum(src, dst, 17, body, 6))

    def echo(self, ts_ns, src, dst, ident, number):
        data = bytes(range(56))
        for kind, a, b, delay in ((8, src, dst, 0), (0, dst, src, 900_000)):
            body = struct.pack("!BBHHH", kind, 0, 0, ident, number) + data
            body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
            self.add(ts_ns + delay, a, b, 1, body)

    def conversation(self, ts_ns, step_ns, client, cport, server, sport, up, down, again=False):
        """A TCP connection that sends up and down bytes; again: the first segment twice."""
        seq, ack = 1000, 9000
        at = ts_ns
        self.tcp(at, client, cport, server, sport, SYN, seq, 0)
        self.tcp(at + step_ns, server, sport, client, cport, SYN | ACK, ack, seq + 1)
        seq, ack = seq + 1, ack + 1
        self.tcp(at + 2 * step_ns, client, cport, server, sport, ACK, seq, ack)
        at += 3 * step_ns
        for n in range(0, up, 1400):
            data = bytes((n + i) % 251 for i in range(min(1400, up - n)))
            self.tcp(at, client, cport, server, sport, PSH | ACK, seq, ack, data)
            if again and n == 0:
                at += step_ns
                self.tcp(at, client, cport, server, sport, PSH | ACK, seq, ack, data)
            seq += len(data)
            at += step_ns
        for n in range(0, down, 1400):
            data = bytes((n + i) % 241 for i in range(min(1400, down - n)))
            self.tcp(at, server, sport, client, cport, PSH | ACK, ack, seq, data)
            ack += len(data)
            at += step_ns
        self.tcp(at, client, cport, server, sport, FIN | ACK, seq, ack)
        self.tcp(at + step_ns, server, sport, client, cport, FIN | ACK, ack, seq + 1)
        self.tcp(at + 2 * step_ns, client, cport, server, sport, ACK, seq + 1, ack + 1)

    def write(self, path):
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, self.link))
            for ts_ns, _, data in sorted(self.records):
                out.write(struct.pack("<IIII", ts_ns // 10**9, ts_ns % 10**9, len(data), len(data)))
                out.write(data)


def make_mix(capture):
    ms = 1_000_000
    capture.conversation(START_NS, 10 * ms, "10.20.1.11", 40001, "192.0.2.10", 443, 9000, 4000)
    capture.conversation(START_NS + 5 * ms, 10 * ms, "10.20.1.12", 40002, "198.51.100.7", 80,
                         300, 20000, again=True)
    capture.conversation(START_NS + 7 * ms, 12 * ms, "2001:db8:1::11", 40003, "2001:db8:2::5", 22,
                         4000, 1000)
    for n in range(6):
        at = START_NS + n * 150 * ms
        capture.udp(at, "10.20.1.11", 50000 + n, "10.20.1.53", 53, b"\x12\x34" + bytes(30))
        capture.udp(at + 2 * ms, "10.20.1.53", 53, "10.20.1.11", 50000 + n, bytes(90 + n))
        capture.echo(at + 3 * ms, "10.20.1.12", "10.20.1.1", 77, n)
    capture.udp(START_NS + 999 * ms, "2001:db8:1::11", 123, "2001:db8:2::7", 123, bytes(48))


def make_busy(capture, rng):
    for n in range(400):
        at = START_NS + rng.randrange(90 * 60) * 10**9 + rng.randrange(1000) * 1000
        client = "10.20.%d.%d" % (rng.randrange(1, 3), rng.randrange(2, 60))
        server = rng.choice(("192.0.2.%d", "198.51.100.%d", "10.30.0.%d")) % rng.randrange(1, 30)
        if n % 3:
            capture.conversation(at, rng.randrange(1, 90) * 10**9 // 10, client,
                                 30000 + n, server, rng.choice((443, 80, 22, 445)),
                                 rng.randrange(40000), rng.randrange(40000), again=n % 7 == 0)
        else:
            capture.udp(at, client, 30000 + n, server, 53, bytes(rng.randrange(20, 60)))
            capture.udp(at + 10**6, server, 53, client, 30000 + n, bytes(rng.randrange(60, 300)))


def make_gaps(capture):
    minute = 60 * 10**9
    for at in (0, 10, 20, 30, 40, 50, 60, 60 + 74 * 60, 60 + 74 * 60 + 90):
        capture.udp(START_NS + at * minute, "10.20.1.11", 50000, "10.20.1.53", 53, bytes(30))


def make_flood(capture):
    for day in range(4):
        for n in range(600 * 16):
            source = "10.40.%d.%d" % (n // 16 // 200, n // 16 % 200 + 1)
            peer = "203.0.113.%d" % (n % 16 + 1)
            capture.udp(START_NS + day * 86_400 * 10**9 + n * 10**6, source, 40000, peer, 4000,
                        bytes(40))


def count(path):
    with open(path, "rb") as file:
        data = file.read()
    whole, at = 0, 24
    while at + 16 <= len(data):
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
        whole += at <= len(data)
    return whole


def main():
    parser = argparse.ArgumentParser(description="write a small capture with known contents")
    parser.add_argument("--kind", choices=("mix", "busy", "gaps", "flood"), default="mix")
    parser.add_argument("--link", type=int, default=ETHERNET)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", action="store_true")
    parser.add_argument("out")
    args = parser.parse_args()
    if args.count:
        print(count(args.out))
        return
    capture = Capture(args.link)
    if args.kind != "busy":
        {"mix": make_mix, "gaps": make_gaps, "flood": make_flood}[args.kind](capture)
    else:
        make_busy(capture, random.Random(args.seed))
    capture.write(args.out)


if __name__ == "__main__":
    main()
