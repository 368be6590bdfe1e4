#!/usr/bin/env python3
"""names.py - the names in our flow records against what Wireshark reads from the same captures.

usage: names.py [--list] [--examples N] [--only TEXT] [--sample N] [--captures DIR] [PROGRAM]

Of every capture: tls.handshake.extensions_server_name over TCP, http.host over TCP and dns.qry.name,
each with the addresses and ports of its packet, against nachtwacht.flow.names of the record with
these ends.  Ours must be the first name that tshark sees in the conversation (several records of one
key, as after a time-out: one of the names).  Compared as a name is: without case, final dot and port.
--sample N takes one capture in N, by a hash of its path; --only those whose path contains TEXT.

A disagreement is put into a class by what the two say; what no class explains is "unexplained".
Exit: 0 done or SKIP; 1 the program failed on a capture, or less agrees than --floor; 2 usage.
"""
import argparse
import collections
import hashlib
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = os.path.normpath(os.path.join(HERE, "..", "..", "..", "shared", "captures"))
TIMEOUT_S = 60
FIELDS = ["frame.protocols", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport",
          "udp.srcport", "tcp.dstport", "udp.dstport", "tls.handshake.extensions_server_name",
          "http.host", "dns.qry.name", "ip.proto", "tcp.len"]
FILTER = "(tcp and (tls.handshake.extensions_server_name or http.host)) or dns.qry.name"
SUFFIXES = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz")
# tshark looks into these and we do not: what is in them has other ends than our flow.
TUNNELS = re.compile(r":(gre|vxlan|geneve|gtp|teredo|erspan|l2tp|ipip|6in4|capwap|pppoes?|mpls)(:|$)")
LOCAL = {5353: "mDNS", 5355: "LLMNR", 137: "NetBIOS"}
KINDS = ("tls", "http", "dns")


def clean(name):
    """As names are compared."""
    name = name.strip().lower()
    if not name.startswith("["):
        name = re.sub(r":\d*$", "", name)
    else:
        name = re.sub(r"\]:\d*$", "]", name)
    return name[:-1] if name.endswith(".") else name


def key_of(proto, one, other):
    return (proto,) + tuple(sorted((one, other)))


class Shark:
    """One sharkd for all captures: starting a tshark for each takes longer than reading the capture."""

    def __init__(self):
        self.asked = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(["sharkd", "-"], stdin=subprocess.PIPE, bufsize=0,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.unread = b""

    def stop(self):
        self.process.kill()
        self.process.wait()

    def line(self, until):
        """A line, or None: too late, or it has ended."""
        while b"\n" not in self.unread:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            more = os.read(self.process.stdout.fileno(), 1 << 20)
            if not more:
                return None
            self.unread += more
        line, self.unread = self.unread.split(b"\n", 1)
        return line

    def ask(self, method, **params):
        """The result; None: it cannot read the capture, and is started anew when it does not answer."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            line = self.line(time.monotonic() + TIMEOUT_S)
        except BrokenPipeError:
            line = None
        if line is None:
            self.stop()
            self.start()
            return None
        return json.loads(line.decode("utf-8", "replace")).get("result")

    def rows(self, capture):
        """The fields of the packets with a name; None: it cannot read it."""
        if not self.ask("load", file=os.path.abspath(capture)):
            return None
        columns = {"column%d" % i: field + ":1" for i, field in enumerate(FIELDS)}
        # It remembers which frames a filter let through, from one capture to the next: another text.
        self.asked += 1
        frames = self.ask("frames", filter="(%s) or frame.len == %d" % (FILTER, 10**8 + self.asked),
                          **columns)
        return None if frames is None else [dict(zip(FIELDS, frame["c"])) for frame in frames]


def wanted_names(shark, capture):
    """{(kind, key): [names, in order]}, {key: notes}; None: it cannot be read."""
    rows = shark.rows(capture)
    if rows is None:
        return None, None
    names, notes = collections.OrderedDict(), collections.defaultdict(set)
    for row in rows:
        proto = "tcp" if row["tcp.srcport"] else "udp" if row["udp.srcport"] else None
        if not proto:
            continue
        ends = [(row["ip." + side] or row["ipv6." + side],
                 int(row["%s.%sport" % (proto, side)])) for side in ("src", "dst")]
        key = key_of(proto, *ends)
        if TUNNELS.search(row["frame.protocols"]) or row["frame.protocols"].count(":ip") > 1:
            notes[key].add("tunnel")
        for kind, field in zip(KINDS, FIELDS[9:12]):
            if row[field] and not (kind != "dns" and proto == "udp"):
                names.setdefault((kind, key), []).append(clean(row[field]))
    return names, notes


def our_names(program, capture, scratch):
    """{key: [own part of a record]}; None: a link type we do not decode; raises RuntimeError."""
    flows = os.path.join(scratch, "flows")
    command = [program, "replay", "--quiet", "--progress", "never", "--shards", "1", "--alerts",
               os.path.join(scratch, "alerts"), "--flows", flows, capture]
    for name in ("flows", "alerts"):
        if os.path.exists(os.path.join(scratch, name)):
            os.remove(os.path.join(scratch, name))
    try:
        run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError("no end within %d s" % TIMEOUT_S) from error
    if run.returncode == 2 and b"is not decoded here" in run.stderr:
        return None
    if run.returncode:
        text = run.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RuntimeError("exit %d: %s" % (run.returncode, text[-1] if text else ""))
    found = collections.defaultdict(list)
    with open(flows, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            ends = [(record[s]["ip"], record[s].get("port", 0)) for s in ("source", "destination")]
            own = record["nachtwacht"]["flow"]
            found[key_of(record["network"]["transport"], *ends)].append(own)
    return found


def class_of(kind, key, want, records, others, notes):
    """Why the names differ."""
    ports = {key[1][1], key[2][1]}
    ours = [name for own in records for name in own["names"]]
    if "tunnel" in notes:
        return "inside a tunnel"
    if not records:
        return "no such flow of ours"
    for port, name in LOCAL.items():
        if port in ports:
            return name + (", another name" if ours else ", no name")
    if any(clean(name) in others for name in ours):
        return "another protocol of the same conversation named it first"
    if any(clean(name) in want for name in ours):
        return "a later name of the same conversation"
    if "\\" in "".join(ours) or any(ord(c) > 126 or c == "\ufffd" for n in ours + want for c in n):
        return "bytes that are not text"
    if any(own["lost"] or own["retrans"] for own in records):
        return "segments missing or out of order" + ("" if ours else ", no name")
    if not ours:
        return "no name of ours, verdict %s" % (records[0]["app"] or "none")
    return "unexplained"


class Tally:
    def __init__(self):
        self.captures = self.unread = self.links = 0
        self.failed = []
        self.wanted, self.agree, self.long = (collections.Counter() for _ in range(3))
        self.classes = {kind: collections.defaultdict(list) for kind in KINDS}


def compare(tally, shark, program, path, shown, scratch):
    names, notes = wanted_names(shark, path)
    if names is None:
        tally.unread += 1
        return
    if not names:
        return
    tally.captures += 1
    try:
        ours = our_names(program, path, scratch)
    except (RuntimeError, OSError, ValueError, KeyError) as error:
        tally.failed.append("%s: %s" % (shown, error))
        return
    if ours is None:
        tally.captures -= 1
        tally.links += 1
        return
    by_key = collections.defaultdict(set)
    for (kind, key), want in names.items():
        by_key[key].update((kind, name) for name in want)
    for (kind, key), want in names.items():
        if kind == "dns" and set(want) == {"<root>"}:   # a question without a name
            continue
        records = ours.get(key, [])
        got = [clean(name) for own in records for name in own["names"]]
        tally.wanted[kind] += 1
        tally.long[kind] += len(want[0]) > 79
        if want[0] in got or (len(records) > 1 and set(got) & set(want)):
            tally.agree[kind] += 1
            continue
        others = {name for other, name in by_key[key] if other != kind}
        why = class_of(kind, key, want, records, others, notes[key])
        tally.classes[kind][why].append("%s: %s  tshark %r; ours %r" % (
            shown, "%s %s:%d %s:%d" % (key[0], *key[1], *key[2]), want[0], got))


def report(tally, examples):
    print("captures with names       %d, failed %d; link type not decoded %d, unreadable or too slow %d" %
          (tally.captures, len(tally.failed), tally.links, tally.unread))
    for kind in KINDS:
        n, agree = tally.wanted[kind], tally.agree[kind]
        print("%-4s conversations agree   %d of %d (%.2f %%), longer than 79 bytes: %d" %
              (kind, agree, n, 100.0 * agree / n if n else 0.0, tally.long[kind]))
    for kind in KINDS:
        for why, lines in sorted(tally.classes[kind].items(), key=lambda x: (-len(x[1]), x[0])):
            print("  %5d  %-4s %s" % (len(lines), kind, why))
            for line in lines[:examples]:
                print("             " + line)
    for line in tally.failed:
        print("FAILED " + line)


def captures_below(top, only, sample):
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in sorted(files):
            shown = os.path.relpath(os.path.join(folder, name), top)
            number = int(hashlib.sha256(shown.encode()).hexdigest()[:8], 16)
            if name.endswith(SUFFIXES) and only in shown and number % sample == 0:
                yield shown


def main():
    parser = argparse.ArgumentParser(description="names in flow records against tshark")
    parser.add_argument("program", nargs="?", default="./nachtwacht")
    parser.add_argument("--captures", default=CAPTURES)
    parser.add_argument("--list", action="store_true", help="examples of every class")
    parser.add_argument("--examples", type=int, default=5, help="how many of each with --list")
    parser.add_argument("--only", default="", help="captures whose path contains this")
    parser.add_argument("--floor", type=float, default=0.0,
                        help="per cent of the names of all kinds that have to agree")
    parser.add_argument("--sample", type=int, default=1, help="one capture in so many")
    args = parser.parse_args()
    if not os.path.isdir(args.captures) or not shutil.which("sharkd"):
        print("SKIP no captures at %s, or no sharkd (wireshark-common, comes with tshark)" % args.captures)
        return 0
    if not os.access(args.program, os.X_OK) or args.sample < 1:
        parser.print_usage(sys.stderr)
        return 2
    tally, shark = Tally(), Shark()
    with tempfile.TemporaryDirectory(prefix="nachtwacht-names-") as scratch:
        for shown in captures_below(args.captures, args.only, args.sample):
            compare(tally, shark, args.program, os.path.join(args.captures, shown), shown, scratch)
    shark.stop()
    report(tally, args.examples if args.list else 0)
    wanted, agree = sum(tally.wanted.values()), sum(tally.agree.values())
    is_low = 100.0 * agree < args.floor * wanted
    if is_low:
        print("BELOW THE FLOOR: %d of %d names agree, and not %.1f %%" % (agree, wanted, args.floor))
    return 1 if tally.failed or is_low else 0


if __name__ == "__main__":
    sys.exit(main())
