#!/usr/bin/env python3
"""remote.py - NW-REM-001 over the collection: remote sessions are told, the rest of it is not.

usage: remote.py [--list] [--sample N] [--captures DIR] [PROGRAM]

Each capture is replayed with a site of its own: whoever answers in it is an asset inside, all others are outside, and
no work order is open.  A capture is a remote one when tshark finds a remote protocol in it, whatever its port, with
PACKETS_MIN packets each way between two addresses (fewer, where nothing but the port speaks for the protocol, are no
session for the rule: profile/visit.h).  It is beside both when its name, its description or tshark speak of such a
protocol, but not of that many packets, or when it stands in BESIDE; else it is one of the rest.

Told are the remote captures with NW-REM-001; false are those of the rest with it.  Floors: FLOORS, in per mille.
--list names every capture on the wrong side.  --sample takes one capture in N of the rest by a hash of its path; the
remote ones are few and all looked at.

Exit: 0 all floors kept, or SKIP; 1 a floor was missed or the program failed; 2 usage.
"""
import argparse
import collections
import concurrent.futures
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = os.path.normpath(os.path.join(HERE, "..", "..", "..", "shared", "captures"))
TIMEOUT_S = 60
BYTES_MAX = 6_000_000
ASSETS_MAX = 64
PACKETS_MIN = 8
# What is worth asking tshark about; the others of the collection name no such protocol anywhere.
CONCERNED = re.compile(r"ssh|rdp|rfb|vnc|telnet|rlogin|openvpn|isakmp|ipsec|ike|esp\b|wireguard|teamviewer|anydesk|"
                       r"l2tp|pptp|winrm|x11|citrix|radmin", re.I)
REMOTE = {"ssh", "rdp", "tpkt_rdp", "vnc", "telnet", "rlogin", "openvpn", "isakmp", "esp", "wg", "x11", "teamviewer",
          "anydesk", "ica", "l2tp", "pptp"}
FLOORS = {"told": 950, "quiet": 995}
# Looked at: what is told of them is there, though nothing but the packets says so.
BESIDE = {
    "arkime/pcap/arkime_synthetic.pcap": "HTTP on WinRM's port, with answers",
    "libpcap/tests/filter/geneve.pcap": "SSH within GENEVE",
    "ndpi/4.2/pcap/tinc.pcap": "a VPN",
    "pcapplusplus/Pcap++Test/PcapExamples/GrePackets.cap": "PPTP",
    "zeek/modbus/modbus-and-non-modbus-p502.pcap": "RDP on Modbus' port",
    "ndpi/4.2/pcap/forticlient.pcap": "a VPN",
}


def rows(captures):
    with open(os.path.join(captures, "INDEX.tsv"), encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            path = os.path.join(captures, row["path"])
            if not row["duplicate_of"] and os.path.isfile(path) and os.path.getsize(path) <= BYTES_MAX:
                yield row["path"], path, row["what_it_shows"] + " " + row["path"]


def tshark_finds(path):
    """Remote protocols of sessions, by tshark."""
    out = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e", "ip.src", "-e", "ipv6.src", "-e", "ip.dst",
                          "-e", "ipv6.dst", "-e", "frame.protocols"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=TIMEOUT_S, check=False).stdout
    ways = collections.Counter()
    for line in out.decode("utf-8", "replace").splitlines():
        src4, src6, dst4, dst6, stack = (line.split("\t") + [""] * 5)[:5]
        source, target = (src4 or src6).split(",")[0], (dst4 or dst6).split(",")[0]
        for name in REMOTE & set(stack.split(":")):
            ways[name, source, target] += 1
    return sorted({name for (name, source, target), n in ways.items()
                   if min(n, ways.get((name, target, source), 0)) >= PACKETS_MIN})


class Bench:
    def __init__(self, program, scratch):
        self.program, self.scratch = program, scratch

    def run(self, number, path, *arguments):
        return subprocess.run([self.program, "replay", "--quiet", "--log-level", "err", *arguments, path],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=TIMEOUT_S, check=False)

    def rules(self, number, path):
        """What is told of the capture, by rule; None: nothing in it can be judged."""
        done = self.run(number, path, "--flows", "-", "--alerts", "/dev/null")
        flows = [json.loads(line) for line in done.stdout.splitlines()]
        inside = collections.Counter()
        outside = set()
        for f in flows:
            a, b = f.get("source", {}).get("ip"), f.get("destination", {}).get("ip")
            if a and b and a != b and a not in inside:
                inside[b] += f["network"]["packets"]
                outside.add(a)
        assets = [a for a, _ in inside.most_common(ASSETS_MAX) if not re.match(r"(22[4-9]|23\d|255|0\.|ff)", a)]
        if not assets:
            return None
        site = {"site": {"id": "REAL", "timezone": "UTC", "closed_hours": [],
                         "networks": [a + ("/128" if ":" in a else "/32") for a in assets]},
                "assets": [{"id": f"A{i}", "role": "image_server", "vendor": "A", "ip": [a]}
                           for i, a in enumerate(assets)],
                "work_orders": os.path.join(self.scratch, "orders.json")}
        name = os.path.join(self.scratch, f"{number}.json")
        with open(name, "w", encoding="utf-8") as f:
            json.dump(site, f)
        done = self.run(number, path, "--site", name, "--alerts", "-")
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{path}: exit status {done.returncode}")
        return collections.Counter({json.loads(line)["rule"]["id"]: 1 for line in done.stdout.splitlines()})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--sample", type=int, default=1)
    parser.add_argument("--captures", default=os.environ.get("NW_CAPTURES", CAPTURES))
    parser.add_argument("program", nargs="?", default="build/werror/nachtwacht")
    arguments = parser.parse_args()
    if not os.path.isfile(os.path.join(arguments.captures, "INDEX.tsv")) or not shutil.which("tshark"):
        print("# SKIP no collection of captures, or no tshark")
        return 77
    scratch = tempfile.mkdtemp()
    with open(os.path.join(scratch, "orders.json"), "w", encoding="utf-8") as f:
        json.dump({"work_orders": []}, f)
    bench = Bench(os.path.abspath(arguments.program), scratch)

    def look(job):
        number, (name, path, text) = job
        is_named = bool(CONCERNED.search(text)) or name in BESIDE
        found = tshark_finds(path) if is_named else []
        if not is_named and int(hashlib.sha256(name.encode()).hexdigest(), 16) % arguments.sample:
            return None
        return name, found, bench.rules(number, path), is_named

    told, beside, missed, quiet, false = 0, 0, [], 0, []
    by_rule, protocols = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(look, enumerate(rows(arguments.captures))):
            if not result or result[2] is None:
                continue
            name, found, rules, is_named = result
            by_rule.update(rules)
            protocols.update(found)
            if found and rules["NW-REM-001"]:
                told += 1
            elif found:
                missed.append(f"{name} {','.join(found)}")
            elif is_named:
                beside += bool(rules["NW-REM-001"])
            elif rules["NW-REM-001"]:
                false.append(name)
            else:
                quiet += 1
    shutil.rmtree(scratch)
    print("# by protocol: " + ", ".join(f"{n} {p}" for p, n in protocols.most_common()))
    print("# captures by rule: " + ", ".join(f"{r} {n}" for r, n in sorted(by_rule.items())))
    print(f"# beside: {beside} told")
    rates = {"told": (told, told + len(missed)), "quiet": (quiet, quiet + len(false))}
    good = True
    for what, (part, whole) in rates.items():
        share = 1000 * part / whole if whole else 0
        good &= share >= FLOORS[what]
        print(f"# {what:6} {part} of {whole} ({share / 10:.1f} %, at least {FLOORS[what] / 10:.1f} %)")
    if arguments.list:
        for line in missed:
            print("# missed " + line)
        for line in false:
            print("# false  " + line)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
