#!/usr/bin/env python3
"""encapsulation.py - a capture of conversations within tunnels, and what their flows must say.

usage: encapsulation.py --program FILE --scratch DIR --schema DIR

Sixty conversations over UDP, each in a GRE, VXLAN or IPv6 tunnel between the same two ends; so many that
they fall into all shards.  Each has datagrams that are carried whole, whose carrier is in fragments, which
are in fragments themselves, and both; the first of a conversation is in another way in each.  Whatever the
way, a conversation is one flow; its packets are the datagrams (or their own fragments), its bytes theirs.
Beside them are flows of the tunnels' ends: what a tunnel's header hides is no hiding place.
A second capture has link headers (PPI) as long as what workers copy of a packet: they take nothing from it.
TAP.  Standard library only, but for the schema.
"""
import argparse
import collections
import json
import os
import struct
import subprocess
import sys

CONVERSATIONS = 60
SIZE = 1200                     # bytes of UDP data
PPI = 192                       # LINKTYPE_PPI
PPI_HEADER = 65528              # bytes; its length field ends there
WAYS = ("whole", "carrier in fragments", "in fragments", "both in fragments")
OUTER4 = (bytes([203, 0, 113, 1]), bytes([203, 0, 113, 2]))
TRANSPORTS = {"udp": "VXLAN", "47": "GRE", "4": "IP_in_IP"}
OUTER_ADDRESSES = ("203.0.113.1", "203.0.113.2", "2001:db8:f::1", "2001:db8:f::2")
OUTER6 = (bytes.fromhex("20010db8000f00000000000000000001"), bytes.fromhex("20010db8000f00000000000000000002"))


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def ipv4(ends, proto, ident, payload, off=0, more=False):
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident & 0xffff, more << 13 | off // 8, 64,
                       proto, 0) + ends[0] + ends[1]
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ipv6(ends, header, payload):
    return struct.pack(">IHBB", 0x60000000, len(payload), header, 64) + ends[0] + ends[1] + payload


def udp(sport, dport, payload):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def ethernet(kind, payload):
    return bytes.fromhex("020000000002020000000001") + struct.pack(">H", kind) + payload


def pieces(data, size):
    return [(off, data[off:off + size], off + size < len(data)) for off in range(0, len(data), size)]


class Writer:
    """Frames with a stamp each; fragments of a datagram in an order that is not theirs."""

    def __init__(self, link=1):
        self.link = link
        self.frames = []
        self.ident = 0

    def carry(self, kind, datagram, ends, in_pieces):
        """The datagram within the tunnel of this kind, its carrier whole or in pieces."""
        self.ident += 1
        if kind == "4in6":
            payload, proto = datagram, 4
        elif kind == "gre":
            payload, proto = struct.pack(">HHI", 0x2000, 0x0800, 4711) + datagram, 47
        else:
            frame = ethernet(0x0800, datagram)
            payload, proto = udp(50000, 4789, struct.pack(">II", 0x08000000, 815 << 8) + frame), 17
        if kind == "4in6" and not in_pieces:
            self.frames.append(ethernet(0x86dd, ipv6(ends, proto, payload)))
        elif kind == "4in6":
            parts = [ipv6(ends, 44, struct.pack(">BBHI", proto, 0, off | more, self.ident) + part)
                     for off, part, more in pieces(payload, 488)]
            self.frames += [ethernet(0x86dd, part) for part in parts[1:] + parts[:1]]
        elif not in_pieces:
            self.frames.append(ethernet(0x0800, ipv4(ends, proto, self.ident, payload)))
        else:
            parts = [ipv4(ends, proto, self.ident, part, off, more) for off, part, more in pieces(payload, 488)]
            self.frames += [ethernet(0x0800, part) for part in parts[1:] + parts[:1]]

    def write(self, path):
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, self.link))
            for n, frame in enumerate(self.frames):
                out.write(struct.pack("<IIII", 1700000000 + n // 1000, n % 1000 * 1000, len(frame), len(frame)))
                out.write(frame)


def converse(writer, number, expected):
    """One conversation: the ways in turn, beginning with another one each time, there and back."""
    kind = ("gre", "vxlan", "4in6")[number % 3]
    client, server = bytes([192, 0, 2, 1 + number]), bytes([198, 51, 100, 200 - number])
    outer = OUTER6 if kind == "4in6" else OUTER4
    one = expected["192.0.2.%d" % (1 + number)]
    one["kind"] = kind
    for turn in range(8):
        way = WAYS[(number + turn) % 4]
        side = turn // 4
        ends, ports = (client, server), (40000 + number, 5000)
        carriers = outer
        if side:
            ends, ports, carriers = ends[::-1], ports[::-1], outer[::-1]
        data = udp(ports[0], ports[1], bytes((number + i) & 0xff for i in range(SIZE)))
        ident = number * 8 + turn
        parts = [(0, data, False)]
        if "in fragments" in way and not way.startswith("carrier"):
            parts = pieces(data, 800)
        for off, part, more in parts:
            datagram = ipv4(ends, 17, ident, part, off, more)
            # The larger part is what does not fit.
            writer.carry(kind, datagram, carriers, "carrier" in way or ("both" in way and more))
            one["packets"][side] += 1
            one["bytes"][side] += len(datagram)
        one["payload"][side] += SIZE


def new_conversation():
    return {"packets": [0, 0], "bytes": [0, 0], "payload": [0, 0], "kind": None}


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, text, note=""):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, text))
        if not good and note:
            print("# " + str(note)[:400])


def replay(args, capture, workers):
    files = {name: os.path.join(args.scratch, "%s-%d" % (name, workers)) for name in ("flows", "alerts", "manifest")}
    done = subprocess.run([args.program, "replay", "--quiet", "--progress", "never", "--workers", str(workers),
                           "--flows", files["flows"], "--alerts", files["alerts"], "--manifest", files["manifest"],
                           capture], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    texts = {}
    for name, path in files.items():
        with open(path, encoding="utf-8") as text:
            texts[name] = text.read()
    return done, texts


def record_fault(record, one):
    """What a record has wrong, or None."""
    own = record["nachtwacht"]["flow"]
    got = {"packets": [record["source"]["packets"], record["destination"]["packets"]],
           "bytes": [record["source"]["bytes"], record["destination"]["bytes"]],
           "payload": [own["payload_up"], own["payload_down"]]}
    for name, value in got.items():
        if value != one[name]:
            return "%s: %s, wanted %s" % (name, value, one[name])
    tunnel = {"layers": [one["kind"]], "depth": 1, "source": "203.0.113.1", "destination": "203.0.113.2"}
    if one["kind"] == "4in6":
        tunnel.update(source="2001:db8:f::1", destination="2001:db8:f::2")
    else:
        tunnel.update(id=4711 if one["kind"] == "gre" else 815, id_of=one["kind"])
    return None if own.get("tunnel") == tunnel else "tunnel: %s" % own.get("tunnel")


def schema_fault(folder, records):
    try:
        import jsonschema
    except ImportError:
        return "jsonschema is not installed"
    with open(os.path.join(folder, "flow.schema.json"), encoding="utf-8") as text:
        schema = json.load(text)
    validator = jsonschema.validators.validator_for(schema)(schema)
    for record in records:
        for error in validator.iter_errors(record):
            return error.message
    return None


def plain_talk():
    """A request whose name stands far behind its beginning, and a datagram in fragments; Ethernet frames."""
    client, server = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 1])
    request = b"GET / HTTP/1.1\r\nCookie: " + b"c" * 2500 + b"\r\nHost: far.vendor.example\r\n\r\n"
    tcp = struct.pack(">HHIIBBHHH", 40000, 80, 1000, 1, 5 << 4, 0x18, 1024, 0, 0) + request
    data = udp(40001, 9000, bytes(SIZE))
    return [ethernet(0x0800, ipv4((client, server), 6, 1, tcp))] + \
        [ethernet(0x0800, ipv4((client, server), 17, 2, part, off, more)) for off, part, more in pieces(data, 488)]


def long_link_headers(args, tap):
    """packet_rebase(): what is before the IP header is left out before a packet is cut for a worker."""
    plain, behind = Writer(), Writer(PPI)
    plain.frames = plain_talk()
    behind.frames = [struct.pack("<BBHI", 0, 0, PPI_HEADER, 1) + bytes(PPI_HEADER - 8) + frame
                     for frame in plain.frames]
    flows = set()
    for name, writer in (("ethernet", plain), ("ppi", behind)):
        capture = os.path.join(args.scratch, name + ".pcap")
        writer.write(capture)
        for workers in (1, 2):
            done, texts = replay(args, capture, workers)
            tap.ok(done.returncode == 0, "%s, %d worker(s): replayed" % (name, workers), done.stderr)
            flows.add(texts["flows"])
    records = [json.loads(line) for line in flows.pop().splitlines()]
    tap.ok(not flows, "behind long link headers the flows are the same, with any number of workers",
           [len(text) for text in flows])
    names = [name for record in records for name in record["nachtwacht"]["flow"].get("names", [])]
    tap.ok(len(records) == 2 and names == ["far.vendor.example"], "and the name at the packet's end is read", names)


def main():
    parser = argparse.ArgumentParser(description="flows within tunnels")
    for name in ("--program", "--scratch", "--schema"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    tap, writer = Tap(), Writer()
    expected = collections.defaultdict(new_conversation)
    for number in range(CONVERSATIONS):
        converse(writer, number, expected)
    capture = os.path.join(args.scratch, "tunnels.pcap")
    writer.write(capture)

    done, first = replay(args, capture, 1)
    tap.ok(done.returncode == 0, "the capture is replayed", done.stderr)
    every = [json.loads(line) for line in first["flows"].splitlines()]
    records = [r for r in every if r["source"]["ip"] not in OUTER_ADDRESSES]
    carriers = [r for r in every if r["source"]["ip"] in OUTER_ADDRESSES]
    tap.ok(len(records) == CONVERSATIONS, "a conversation is one flow, whatever carried it", len(records))
    for record in records:
        host = record["source"]["ip"]
        fault = record_fault(record, expected[host]) if host in expected else "no such client"
        expected.pop(host, None)
        tap.ok(fault is None, "%s: packets, bytes, payload and tunnel" % host, fault)
    tap.ok(not expected, "every conversation is there", sorted(expected))
    fault = schema_fault(args.schema, every)
    tap.ok(fault is None, "the records keep the schema", fault)
    manifest = json.loads(first["manifest"])
    balance, counters = manifest["balance"], manifest["counters"]
    tap.ok(balance["seen"] == balance["accounted"] == len(writer.frames), "every frame is accounted for", balance)
    tap.ok(counters["fragment.held"] == counters["fragment.timeout"] == 0, "no fragment is left", counters)
    within = counters["flow.counted"] - counters["packets.carrier"]
    tap.ok(counters["fragment.carriers"] == len(writer.frames) - within, "what only carried is counted as that",
           counters)
    outer = sum(r["source"]["packets"] + r["destination"]["packets"] for r in carriers)
    tap.ok(outer == counters["packets.carrier"] == len(writer.frames) - counters["fragment.carriers"],
           "what was between the ends of the tunnels is there too, a packet a datagram",
           (outer, counters["packets.carrier"], len(writer.frames), counters["fragment.carriers"]))
    said = {(r["network"]["transport"], r["nachtwacht"]["flow"].get("app")) for r in carriers}
    tap.ok(said == set(TRANSPORTS.items()) and not any("tunnel" in r["nachtwacht"]["flow"] for r in carriers),
           "under its own protocol and name", said)
    for workers in (2, 3, 8):
        _, texts = replay(args, capture, workers)
        tap.ok(texts["flows"] == first["flows"], "the same with %d workers" % workers)
    long_link_headers(args, tap)
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
