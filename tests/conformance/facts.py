#!/usr/bin/env python3
"""facts.py - what flow records tell beyond names against what others read from the same captures.

usage: facts.py [--list] [--examples N] [--only TEXT] [--sample N] [--captures DIR] [PROGRAM]

Of every capture whose listed protocols concern it, each conversation's
    ja3         the client's JA3 over TCP                       tshark tls.handshake.ja3
    quic        the server's name in QUIC's Initial packets     tshark
    version     the TLS version that the server chose           tshark
    method      of the first HTTP request                       tshark http.request.method
    functions   the classes of functions asked for              tshark's function codes, classified here
and of captures with expected results of another program
    ja4         the set of JA4 fingerprints                     Arkime's sessions, Suricata's test
is compared.  Only conversations that both have, and of which tshark tells something, count; what we
tell and tshark does not is a miss as well.  Floors: FLOORS below, in per mille of what was compared; a
kind that compared less than its number fails too (but not with --only).  --sample takes one capture
in N by a hash of its path, and all of the few that have functions, QUIC or a known JA4.

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
CONCERNED = re.compile(r"\b(tls|ssl|https|quic|http|http2|modbus|s7comm|cip|enip|dnp3|iec|dicom)\b|"
                       r"modbus|s7|dnp3|enip|EthernetIP|EIP|quic|tls|ja3|ja4|http", re.I)
ALWAYS = re.compile(r"modbus|modicon|/s7|dnp3|quic")      # few, so not sampled
# Per mille that agree, and how many at least: just below what one capture in twenty gave when it was agreed.
FLOORS = {
    "ja3": (960, 30), "quic": (1000, 15), "version": (960, 30), "method": (950, 70), "functions": (940, 60),
    "ja4": (1000, 10),
}
FIELDS = ["ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "udp.srcport", "tcp.dstport",
          "udp.dstport", "tls.handshake.type", "tls.handshake.ja3", "tls.handshake.version",
          "tls.handshake.extensions.supported_version", "tls.handshake.extensions_server_name",
          "quic.version", "http.request.method", "modbus.func_code", "modbus.response_time",
          "s7comm.header.rosctr", "s7comm.param.func", "dnp3.al.func", "frame.protocols"]
FILTER = ("tls.handshake.type in {1,2} or http.request.method or modbus.func_code or "
          "s7comm.header.rosctr or dnp3.al.func")
TUNNELS = re.compile(r":(gre|vxlan|geneve|gtp|teredo|erspan|l2tp|ipip|6in4|capwap|pppoes?|mpls|socks)(:|$)|"
                     r":ip(v6)?:.*:ip(v6)?:")
MODBUS = {1: "read", 2: "read", 3: "read", 4: "read", 7: "read", 24: "read", 5: "write", 6: "write",
          15: "write", 16: "write", 22: "write", 23: "read write", 20: "read file", 21: "write file",
          8: "diagnostic|control", 11: "diagnostic", 12: "diagnostic", 17: "diagnostic",
          43: "diagnostic|other", 90: "*"}
S7 = {0x04: "read", 0x05: "write", 0x1a: "program", 0x1b: "program", 0x1c: "program",
      0x1d: "read file", 0x1e: "read file", 0x1f: "read file", 0x28: "control|program",
      0x29: "control"}
DNP3 = {1: "read", 2: "write", 22: "write", 3: "control", 4: "control", 5: "control", 6: "control",
        13: "control", 14: "control", 17: "control", 18: "control", 20: "control", 21: "control",
        15: "program", 16: "program", 19: "program", 31: "program", 23: "diagnostic", 25: "file",
        26: "file", 28: "file", 29: "file", 30: "file", 27: "write file", 0: "", 129: "", 130: "",
        131: ""}


def number(text):
    try:
        return int(text, 0)
    except ValueError:
        return None


def numbers(text):
    return [n for n in map(number, text.split(",")) if n is not None]


class Conversation:
    """What tshark says of one pair of ends."""

    def __init__(self):
        self.ja3 = []
        self.quic = []
        self.versions = []
        self.methods = []
        self.functions = []     # of each request "a b": both, "a|b": one of them, "*": anything


def note_functions(talk, row):
    for code in numbers(row["modbus.func_code"]):
        talk.functions.append(MODBUS.get(code & 0x7f, "other") if code < 0x80 else "")
    roles = numbers(row["s7comm.header.rosctr"])
    if roles and roles[0] == 7:
        talk.functions.append("*")
    elif roles and roles[0] == 1:
        for code in numbers(row["s7comm.param.func"]):
            talk.functions.append(S7.get(code, "other"))
    for code in numbers(row["dnp3.al.func"]):
        talk.functions.append(DNP3.get(code, "other"))


def note_tls(talk, row, is_udp):
    kinds = numbers(row["tls.handshake.type"])
    if not kinds:
        return
    if kinds[0] == 1 and is_udp and row["quic.version"]:
        talk.quic.append(row["tls.handshake.extensions_server_name"].split(",")[0].lower())
    elif kinds[0] == 1 and not is_udp and row["tls.handshake.ja3"]:
        talk.ja3.append(row["tls.handshake.ja3"].split(",")[0])
    elif kinds[0] == 2 and not is_udp:
        chosen = numbers(row["tls.handshake.extensions.supported_version"])
        chosen = chosen or numbers(row["tls.handshake.version"])
        if chosen:
            talk.versions.append(chosen[0])


def expected(capture):
    """{key: Conversation}; None: tshark cannot read it."""
    command = ["tshark", "-n", "-r", capture, "-Y", FILTER, "-T", "fields", "-E", "separator=/t"]
    for field in FIELDS:
        command += ["-e", field]
    try:
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    talks = collections.defaultdict(Conversation)
    for line in run.stdout.decode("utf-8", "replace").splitlines():
        cells = line.split("\t")
        if len(cells) != len(FIELDS):
            continue
        row = dict(zip(FIELDS, cells))
        if TUNNELS.search(row["frame.protocols"]):
            continue
        is_udp = bool(row["udp.srcport"])
        src = (row["ip.src"] or row["ipv6.src"], row["udp.srcport"] or row["tcp.srcport"])
        dst = (row["ip.dst"] or row["ipv6.dst"], row["udp.dstport"] or row["tcp.dstport"])
        if not src[0] or not src[1]:
            continue
        talk = talks[("udp" if is_udp else "tcp",) + tuple(sorted((src, dst)))]
        note_tls(talk, row, is_udp)
        note_functions(talk, row)
        if row["http.request.method"] and not is_udp:
            talk.methods.append(row["http.request.method"].split(",")[0])
    return talks


def ours(program, capture, scratch):
    """{key: [flow part of each record]}; raises RuntimeError."""
    flows = os.path.join(scratch, hashlib.sha256(capture.encode()).hexdigest())
    run = subprocess.run([program, "replay", "--flows", flows, "--alerts", flows + ".alerts", capture],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=TIMEOUT_S,
                         check=False)
    if run.returncode:
        raise RuntimeError("exit %d: %s" % (run.returncode, run.stderr.decode("utf-8", "replace")[-200:]))
    found = collections.defaultdict(list)
    with open(flows, encoding="utf-8") as f:
        for line in f:
            record = json.loads(line)
            ends = [(side["ip"], str(side.get("port", ""))) for side in
                    (record["source"], record["destination"])]
            found[(record["network"]["transport"],) + tuple(sorted(ends))].append(
                record["nachtwacht"]["flow"])
    os.remove(flows)
    os.remove(flows + ".alerts")
    return found


def text_of(version):
    if version >> 8 == 0x7f:
        return "1.3"
    return {0x0300: "ssl3", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}.get(version)


def are_functions_alike(want, got):
    """Each request's classes are there, and nothing that no request explains."""
    explained, may_be_more = set(), "*" in want
    for one in want:
        if one == "*":
            continue
        explained.update(one.replace("|", " ").split())
        for every in one.split():
            if not set(every.split("|")) & got:
                return False
    return may_be_more or got <= explained


def compare(kind, want, flows):
    """True, False, or None: nothing to compare."""
    tls = [f["tls"] for f in flows if "tls" in f]
    if kind == "ja3":
        return any(t.get("ja3") in want.ja3 for t in tls) if want.ja3 else None
    if kind == "quic":
        names = [w for w in want.quic if w]
        return any(n in names for f in flows for n in f["names"]) if names else None
    if kind == "version":
        versions = [text_of(v) for v in want.versions if text_of(v)]
        return any(t["version"] in versions for t in tls) if versions else None
    if kind == "method":
        return any(f.get("http_method") == want.methods[0] for f in flows) if want.methods else None
    got = set(x for f in flows for x in f.get("functions", []))
    return are_functions_alike(want.functions, got) if want.functions else None


def collect(value, key, into):
    if isinstance(value, dict):
        for k, v in value.items():
            if k == key:
                into.update(v if isinstance(v, list) else [v])
            else:
                collect(v, key, into)
    elif isinstance(value, list):
        for v in value:
            collect(v, key, into)


def expected_ja4(captures, path):
    """The fingerprints another program is known to find; those of DTLS and those inside of other
    protocols (STARTTLS of a database, OpenVPN's control channel) are not made here."""
    found = set()
    base = os.path.join(captures, path)
    if path.startswith("arkime/"):
        try:
            with open(os.path.splitext(base)[0] + ".test", encoding="utf-8", errors="replace") as f:
                collect(json.load(f), "ja4", found)
        except (OSError, ValueError):
            pass
    elif "/ja4-" in path:
        with open(os.path.join(os.path.dirname(base), "test.yaml"), encoding="utf-8") as f:
            found = set(re.findall(r"\.ja4: (\w+)", f.read()))
    if "mysql" in path or "openvpn" in path:
        return set()
    return {x for x in found if x[:1] in "tq"}


def one_capture(program, captures, path, scratch):
    """[(kind, agrees, text)] and a failure or None."""
    capture = os.path.join(captures, path)
    results = []
    wanted = expected(capture)
    if wanted is None:
        return results, None
    fingerprints = expected_ja4(captures, path)
    if not wanted and not fingerprints:
        return results, None
    try:
        found = ours(program, capture, scratch)
    except (RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as e:
        return results, "%s: %s" % (path, e)
    for key, want in wanted.items():
        flows = found.get(key)
        if not flows:
            continue
        for kind in ("ja3", "quic", "version", "method", "functions"):
            agrees = compare(kind, want, flows)
            if agrees is not None:
                results.append((kind, agrees, "%s: %s wanted %s, ours %s" % (
                    path, key, vars(want), [{k: f[k] for k in f if k in (
                        "app", "verdict", "tls", "http_method", "functions", "names")} for f in flows])))
    if fingerprints:
        got = {f["tls"]["ja4"] for flows in found.values() for f in flows if "ja4" in f.get("tls", {})}
        results.append(("ja4", got == fingerprints, "%s: wanted %s, ours %s" % (
            path, sorted(fingerprints), sorted(got))))
    return results, None


def chosen(captures, only, sample):
    with open(os.path.join(captures, "INDEX.tsv"), encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            path = row["path"]
            if not re.search(r"\.(pcap|pcapng|cap)$", path) or row["duplicate_of"]:
                continue
            if not CONCERNED.search(path + " " + row["what_it_shows"]) or only not in path:
                continue
            if int(row["bytes"] or 0) > BYTES_MAX:
                continue
            is_kept = ALWAYS.search(path) or expected_ja4(captures, path)
            if is_kept or int(hashlib.sha256(path.encode()).hexdigest(), 16) % sample == 0:
                yield path


def main():
    parser = argparse.ArgumentParser(description="facts of flows against tshark, Arkime, Suricata")
    parser.add_argument("program", nargs="?", default="./nachtwacht")
    parser.add_argument("--captures", default=CAPTURES)
    parser.add_argument("--list", action="store_true", help="examples of disagreement")
    parser.add_argument("--examples", type=int, default=5)
    parser.add_argument("--only", default="", help="captures whose path contains this")
    parser.add_argument("--sample", type=int, default=1)
    args = parser.parse_args()
    if not os.path.isfile(os.path.join(args.captures, "INDEX.tsv")):
        print("SKIP no captures at %s" % args.captures)
        return 0
    if not shutil.which("tshark"):
        print("SKIP no tshark")
        return 0
    if not os.access(args.program, os.X_OK):
        print("%s: no such program" % args.program, file=sys.stderr)
        return 2
    tally, misses, failed = collections.Counter(), collections.defaultdict(list), []
    paths = list(chosen(args.captures, args.only, args.sample))
    with tempfile.TemporaryDirectory(prefix="nachtwacht-facts-") as scratch, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for results, failure in pool.map(
                lambda p: one_capture(args.program, args.captures, p, scratch), paths):
            if failure:
                failed.append(failure)
            for kind, agrees, text in results:
                tally[kind, agrees] += 1
                if not agrees:
                    misses[kind].append(text)
    print("captures   %d" % len(paths))
    for kind, (floor, least) in FLOORS.items():
        good, n = tally[kind, True], tally[kind, True] + tally[kind, False]
        verdict = "ok"
        if n < least:
            verdict = "too few (%d wanted)" % least
            if not args.only:
                failed.append("%s: compared %d, %d wanted" % (kind, n, least))
        elif 1000 * good < floor * n:
            verdict = "BELOW %.1f %%" % (floor / 10)
            failed.append("%s: %d of %d" % (kind, good, n))
        print("%-10s %d of %d (%.1f %%) %s" % (kind, good, n, 100.0 * good / n if n else 0, verdict))
        for text in misses[kind][:args.examples] if args.list else []:
            print("           " + text)
    for line in failed:
        print("FAILED " + line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
