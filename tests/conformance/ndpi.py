#!/usr/bin/env python3
"""ndpi.py - nachtwacht's flows and protocols against ndpiReader's expected output.

usage: ndpi.py [--list] [--examples N] [--only NAME] [--captures DIR] [--guess FILE] [PROGRAM]

Replays every capture of nDPI 4.2's own test suite that has an expected result, matches flows by
transport, addresses, ports and VLAN, and prints how far protocol, packets and bytes agree, and the
disagreements by class.  A class says *why* the two differ where that can be told from the flow's own
numbers (dpi_classes.py); the rest is called unexplained.

FLOORS are what must agree, and CEILINGS how many flows each named class of other protocols may have;
a class that is not in it may have none.  The largest class is no disagreement about any byte: nothing
was sent but empty segments, and ndpiReader then guesses by port or address.  We say "none".  That class
is what nDPI itself guesses of those ends (ndpi_guess.c, built beside the program), and counts as
explained.

ndpiReader never splits a flow and never counts fragments after the first; its bytes are frame
lengths, ours are IP lengths, so bytes agree when the difference is the link header (exactly), or
that and the padding of short Ethernet frames.  Its test suite runs with a file of custom protocols.

Exit: 0 floors and ceilings kept (with --only: whatever the agreement); 1 one was missed, or the program
failed on a capture; 2 usage; 77 no captures.
"""

import argparse
import collections
import ipaddress
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

import dpi_classes

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = os.path.normpath(
    os.path.join(HERE, "..", "..", "..", "shared", "captures", "ndpi", "4.2"))
TRANSPORTS = {"tcp": "tcp", "udp": "udp", "icmp": "icmp", "icmpv6": "ipv6-icmp", "sctp": "sctp",
              "igmp": "2", "gre": "47", "esp": "50", "ah": "51"}
PORTLESS = {"icmp", "ipv6-icmp"}
TUNNELS = {"4", "41", "47"}     # IPv4 in IP, IPv6 in IP, GRE
FLOW = re.compile(
    r"^\t\d+\t(?P<transport>\S+) (?P<a>\S+) (?P<dir><?->) (?P<b>\S+) "
    r"(?:\[VLAN: (?P<vlan>\d+)\])?\[proto: (?:(?P<tunnel>[A-Za-z]\w*):)?[\d.]+/(?P<proto>[^]]+)\]")
PACKETS = re.compile(r"\[(\d+) pkts/(\d+) bytes <?-> (\d+) pkts/(\d+) bytes\]")
CONFIDENCE = re.compile(r"\[Confidence: ([^]]+)\]")
LINK_HEADER = {0: 4, 1: 14, 9: 4, 50: 4, 101: 0, 104: 4, 108: 4, 113: 16, 228: 0, 229: 0, 276: 20}
DECODED_LINKS = set(LINK_HEADER)
ETHERNET = 1
DAMAGED = re.compile("fuzz|garbage")    # in the name of captures that are damaged on purpose
SHORTEST_FRAME = 60             # Ethernet's minimum without the checksum
IP_HEADER_MIN = 20
TIMEOUT_S = 120
PROTOCOLS = ("support", "example", "protos.txt")        # below the captures
# Per mille of flows whose protocol must agree: of all; of all, with the guesses without payload; of those
# that carried payload, with DTLS left out; of those that ndpiReader recognised in the payload.
FLOORS = {"all": 951, "explained": 995, "payload": 996, "recognised": 993}
CEILINGS = {
    dpi_classes.GUESSED: 163,
    "DTLS is switched off (nDPI 4.2 crashes)": 3,
    "nDPI wants the SYN, which is not shown": 3,
    "same carrier, other application": 2,
}

Expected = collections.namedtuple(
    "Expected", "key proto confidence tunnel packets bytes")


class Flow:
    """What all of our records of one key add up to."""

    def __init__(self):
        self.records = 0
        self.packets = [0, 0]
        self.bytes = [0, 0]
        self.payload = 0
        self.app = ""
        self.verdict = "none"
        self.vlans = 0

    def add(self, record, swap):
        own = record["nachtwacht"]["flow"]
        sides = [record["source"], record["destination"]]
        if swap:
            sides.reverse()
        for i, side in enumerate(sides):
            self.packets[i] += side.get("packets", 0)
            self.bytes[i] += side.get("bytes", 0)
        self.payload += own.get("payload_up", 0) + own.get("payload_down", 0)
        self.records += 1
        self.vlans = max(self.vlans, len(own.get("vlan", [])))
        if not self.app:
            self.app = own.get("app", "")
            self.verdict = own.get("verdict", "none")


def endpoint(text):
    """'192.0.2.1:80' or '[2001:db8::1]:80' -> (address, port); None where it is neither."""
    host, _, port = text.rpartition(":")
    try:
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)
    except ValueError:
        return None


def make_key(transport, a, b, vlan):
    """Direction-free key, and whether a and b were exchanged to make it."""
    if transport in PORTLESS:
        a, b = (a[0], 0), (b[0], 0)
    swap = a > b
    return (transport, b, a, vlan) if swap else (transport, a, b, vlan), swap


def parse_expected(lines):
    """Flow lines of an .out file; several lines of one key are added up."""
    found = {}
    for line in lines:
        m = FLOW.match(line)
        counts = PACKETS.search(line)
        if not m or not counts:
            continue
        a, b = endpoint(m["a"]), endpoint(m["b"])
        if not a or not b:
            continue
        name = m["transport"].lower()
        key, swap = make_key(TRANSPORTS.get(name, name), a, b, int(m["vlan"] or 0))
        n = [int(x) for x in counts.groups()]
        packets, size = [n[0], n[2]], [n[1], n[3]]
        if swap:
            packets.reverse()
            size.reverse()
        proto = "" if m["proto"] == "Unknown" else m["proto"]
        confidence = CONFIDENCE.search(line)
        if key in found:
            old = found[key]
            found[key] = old._replace(packets=[x + y for x, y in zip(old.packets, packets)],
                                      bytes=[x + y for x, y in zip(old.bytes, size)])
        else:
            found[key] = Expected(key, proto, confidence[1] if confidence else "Unknown",
                                  m["tunnel"] or "", packets, size)
    return found


def parse_flows(lines):
    found = {}
    for line in lines:
        if not line.strip():
            continue
        record = json.loads(line)
        own = record["nachtwacht"]["flow"]
        ends = [(str(ipaddress.ip_address(side["ip"])), int(side.get("port", 0)))
                for side in (record["source"], record["destination"])]
        vlans = own.get("vlan") or [0]
        key, swap = make_key(record["network"]["transport"], ends[0], ends[1], int(vlans[-1]))
        found.setdefault(key, Flow()).add(record, swap)
    return found


def link_type(path):
    """Of the first interface; None where it is not a capture."""
    with open(path, "rb") as f:
        head = f.read(4096)
    if len(head) < 24:
        return None
    for order in "<>":
        magic = struct.unpack(order + "I", head[:4])[0]
        if magic in (0xa1b2c3d4, 0xa1b23c4d):
            return struct.unpack(order + "I", head[20:24])[0] & 0xffff
    if head[:4] != b"\x0a\x0d\x0d\x0a":
        return None
    order = "<" if head[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    off = 0
    while off + 12 <= len(head):
        kind, size = struct.unpack(order + "II", head[off:off + 8])
        if kind == 1:
            return struct.unpack(order + "H", head[off + 8:off + 10])[0]
        if size < 12:
            break
        off += size
    return None


def custom_protocols(path):
    """Names that the test suite's protos.txt defines or attaches to ports, hosts and addresses."""
    names = set()
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                if "@" in line and not line.startswith("#"):
                    names.add(line.rsplit("@", 1)[1].strip())
    except OSError:
        pass
    return names


def guesses(program, protocols, waiting):
    """What nDPI says of the ends of each flow alone: {key: protocols, one for each direction}."""
    ways = [(want.key, one, other) for _, want, _ in waiting
            for one, other in (want.key[1:3], want.key[2:0:-1])]
    numbers = {name: str(number) for number, name in ((1, "icmp"), (6, "tcp"), (17, "udp"), (58, "ipv6-icmp"),
                                                      (132, "sctp"))}
    asked = "".join("%s %s %d %s %d\n" % ((numbers.get(key[0], key[0]),) + one + other)
                    for key, one, other in ways)
    done = subprocess.run([program] + ([protocols] if os.path.exists(protocols) else []), input=asked.encode(),
                          stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=True)
    said = collections.defaultdict(set)
    for (key, _, _), text in zip(ways, done.stdout.decode().splitlines()):
        said[key].add(text)
    return said


def classify(tally, args):
    """Gives each flow of another protocol its class."""
    protocols = os.path.join(args.captures, *PROTOCOLS)
    known, said = custom_protocols(protocols), collections.defaultdict(set)
    try:
        said = guesses(args.guess, protocols, tally.waiting)
    except (OSError, subprocess.SubprocessError) as e:
        tally.failed.append("no guesses of nDPI to compare with (make tests/conformance/ndpi-guess): %s" % e)
    for name, want, got in tally.waiting:
        if want.tunnel:
            why = "tunnel not decoded (%s)" % want.tunnel
        else:
            why = dpi_classes.explain(dpi_classes.Case(want, got, known, said[want.key]))
        tally.explained += why == dpi_classes.GUESSED
        tally.note("protocol", why, name, want, got)


def missing_class(name, want, ours, link):
    """Why we have no flow of these ends."""
    ends = set(want.key[1:3])
    if want.tunnel:
        return "tunnel not decoded (%s)" % want.tunnel
    if link not in DECODED_LINKS:
        return "link type %s not decoded" % link
    if DAMAGED.search(name):
        return "damaged on purpose"
    if any(set(key[1:3]) == ends for key in ours):
        return "other VLAN or transport"
    if any(key[0] in TUNNELS for key in ours):
        return "tunnel not decoded (the capture has IP in IP or GRE for us)"
    return "unexplained"


def bytes_verdict(want, got, link):
    """'exact', 'padding' or 'differ'."""
    packets = sum(want.packets)
    header = LINK_HEADER.get(link, 0) + 4 * got.vlans
    slack = sum(want.bytes) - sum(got.bytes) - packets * header
    if slack == 0:
        return "exact"
    if link == ETHERNET and 0 < slack <= packets * (SHORTEST_FRAME - 14 - IP_HEADER_MIN):
        return "padding"
    return "differ"


class Tally:
    def __init__(self):
        self.expected = self.compared = self.protocol = self.carrier = self.explained = 0
        self.waiting = []       # flows of another protocol, to be classified
        self.recognised = self.recognised_alike = 0
        self.payload = self.payload_alike = 0
        self.packets = self.bytes_exact = self.bytes_padding = self.bytes_of = 0
        self.ours_only = self.captures = 0
        self.failed = []
        self.classes = collections.OrderedDict(
            (k, collections.defaultdict(list)) for k in ("flow", "protocol", "packets", "bytes"))

    def note(self, what, why, name, want, got):
        line = "%s: %s" % (name, describe(want, got))
        self.classes[what][why].append(line)


def describe(want, got):
    transport, a, b, vlan = want.key
    text = "%s %s:%d %s:%d" % (transport, a[0], a[1], b[0], b[1])
    if vlan:
        text += " vlan %d" % vlan
    text += "  ndpiReader %s (%s) %d+%d packets %d+%d bytes" % (
        want.proto or "-", want.confidence, *want.packets, *want.bytes)
    if got:
        text += "; ours %s (%s) %d+%d packets %d+%d bytes in %d flow(s)" % (
            got.app or "-", got.verdict, *got.packets, *got.bytes, got.records)
    return text


def compare_flow(tally, name, want, got, link):
    tally.compared += 1
    if want.confidence == "DPI":
        tally.recognised += 1
        tally.recognised_alike += got.app == want.proto
    if got.payload and "DTLS" not in want.proto.split("."):
        tally.payload += 1
        tally.payload_alike += got.app == want.proto
    if got.app == want.proto:
        tally.protocol += 1
    else:
        tally.waiting.append((name, want, got))
    if got.app.split(".")[0] == want.proto.split(".")[0]:
        tally.carrier += 1
    if got.packets == want.packets:
        tally.packets += 1
    else:
        why = "more" if sum(got.packets) > sum(want.packets) else "fewer"
        if want.tunnel:
            why = "tunnel not decoded (%s)" % want.tunnel
        elif DAMAGED.search(name):
            why += ", damaged on purpose"
        elif sum(got.packets) == sum(want.packets):
            why = "same sum, other sides"
        tally.note("packets", why, name, want, got)
        return
    how = bytes_verdict(want, got, link)
    tally.bytes_of += 1
    tally.bytes_exact += how == "exact"
    tally.bytes_padding += how == "padding"
    if how == "differ":
        why = "damaged on purpose" if DAMAGED.search(name) else "not link header and padding"
        tally.note("bytes", why, name, want, got)


def replay(program, capture, scratch):
    """Our flow records of one capture; raises RuntimeError with the reason."""
    flows, alerts = os.path.join(scratch, "flows"), os.path.join(scratch, "alerts")
    for path in (flows, alerts):
        if os.path.exists(path):
            os.remove(path)
    try:
        run = subprocess.run([program, "replay", "--dedup", "off", "--shards", "1", "--flows", flows,
                              "--alerts", alerts, capture],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=TIMEOUT_S,
                             check=False)
    except subprocess.TimeoutExpired as e:
        raise RuntimeError("no end within %d s" % TIMEOUT_S) from e
    if run.returncode:
        text = run.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RuntimeError("exit %d: %s" % (run.returncode, text[-1] if text else ""))
    with open(flows, encoding="utf-8") as f:
        return parse_flows(f)


def compare_capture(tally, program, captures, name, scratch):
    capture = os.path.join(captures, "pcap", name)
    with open(os.path.join(captures, "result", name + ".out"), encoding="utf-8",
              errors="replace") as f:
        wanted = parse_expected(f)
    tally.captures += 1
    tally.expected += len(wanted)
    link = link_type(capture)
    try:
        ours = replay(program, capture, scratch) if link in DECODED_LINKS else {}
    except (RuntimeError, ValueError, KeyError) as e:
        tally.failed.append("%s: %s" % (name, e))
        return
    for key, want in wanted.items():
        got = ours.get(key)
        if got:
            compare_flow(tally, name, want, got, link)
        else:
            tally.note("flow", missing_class(name, want, ours, link), name, want, None)
    tally.ours_only += len(set(ours) - set(wanted))


def percent(part, whole):
    return "%d of %d (%.1f %%)" % (part, whole, 100.0 * part / whole if whole else 0.0)


def report(tally, examples):
    print("captures                 %d, failed %d" % (tally.captures, len(tally.failed)))
    print("flows compared           " + percent(tally.compared, tally.expected))
    print("protocol agrees          " + percent(tally.protocol, tally.compared))
    print("  or nothing was to be said: a guess without payload: " +
          percent(tally.protocol + tally.explained, tally.compared))
    print("  where ndpiReader recognised it in the payload: " +
          percent(tally.recognised_alike, tally.recognised))
    print("  where there was payload, without DTLS: " +
          percent(tally.payload_alike, tally.payload))
    print("carrier alone agrees     " + percent(tally.carrier, tally.compared))
    print("packets agree            " + percent(tally.packets, tally.compared))
    print("bytes agree (exactly)    " + percent(tally.bytes_exact, tally.bytes_of))
    print("bytes agree (padding)    " +
          percent(tally.bytes_exact + tally.bytes_padding, tally.bytes_of))
    print("flows only we have       %d" % tally.ours_only)
    titles = {"flow": "flows of ndpiReader that we do not have", "protocol": "other protocol",
              "packets": "other packet counts", "bytes": "other bytes, packets alike"}
    for what, classes in tally.classes.items():
        if not classes:
            continue
        print("\n%s:" % titles[what])
        for why, lines in sorted(classes.items(), key=lambda x: (-len(x[1]), x[0])):
            print("  %5d  %s" % (len(lines), why))
            for line in lines[:examples]:
                print("           " + line)
    for line in tally.failed:
        print("FAILED " + line)


def check(tally):
    """What fell below its floor or rose above its ceiling."""
    shares = {"all": (tally.protocol, tally.compared),
              "explained": (tally.protocol + tally.explained, tally.compared),
              "payload": (tally.payload_alike, tally.payload),
              "recognised": (tally.recognised_alike, tally.recognised)}
    for name, (part, whole) in shares.items():
        if 1000 * part < FLOORS[name] * whole or not whole:
            yield "protocol (%s): %s, the floor is %.1f %%" % (
                name, percent(part, whole), FLOORS[name] / 10)
    for why, lines in tally.classes["protocol"].items():
        if len(lines) > CEILINGS.get(why, 0):
            yield "other protocol: %d flows of \"%s\", at most %d" % (
                len(lines), why, CEILINGS.get(why, 0))


def main():
    parser = argparse.ArgumentParser(description="DPI against ndpiReader's expected output")
    parser.add_argument("program", nargs="?", default="./nachtwacht")
    parser.add_argument("--captures", default=CAPTURES, help="directory with pcap/ and result/")
    parser.add_argument("--guess", help="ndpi-guess; default: in the build tree of the program")
    parser.add_argument("--list", action="store_true", help="examples of every class")
    parser.add_argument("--examples", type=int, default=5, help="how many of each with --list")
    parser.add_argument("--only", help="captures whose name contains this")
    args = parser.parse_args()
    results = os.path.join(args.captures, "result")
    if not os.path.isdir(results):
        print("SKIP no captures at %s" % args.captures)
        return 77
    if not os.access(args.program, os.X_OK):
        print("%s: no such program" % args.program, file=sys.stderr)
        return 2
    if not args.guess:
        args.guess = os.path.join(os.path.dirname(args.program), "tests", "conformance", "ndpi-guess")
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="nachtwacht-ndpi-") as scratch:
        for result in sorted(os.listdir(results)):
            name = result[:-len(".out")]
            if not result.endswith(".out") or (args.only and args.only not in name):
                continue
            if os.path.exists(os.path.join(args.captures, "pcap", name)):
                compare_capture(tally, args.program, args.captures, name, scratch)
    classify(tally, args)
    report(tally, args.examples if args.list else 0)
    missed = [] if args.only else list(check(tally))
    for line in missed:
        print("FAILED " + line)
    return 1 if tally.failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
