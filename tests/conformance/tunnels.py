#!/usr/bin/env python3
"""tunnels.py - the innermost address pairs of captures with tunnels and rare link types, against tshark.

usage: tunnels.py [--program FILE] [--captures DIR] [--list CLASS] [--only TEXT]

The captures: those of which INDEX.tsv says that they have an encapsulation (what_it_shows), or that
their link type is neither Ethernet nor cooked nor raw IP; and ENCAPSULATED below.  tshark says for
each frame which IP layers it found (frame.protocols); the last one before ICMP, whose errors quote
another datagram, is the innermost.  Compared for each capture and address pair: have we flows of it, and
is the number of packets the same.  Where tcpdump's own expected output is in the collection (.out), our
pairs that came through a tunnel must also stand there.

Frames are told by what is around the innermost pair, in tshark's names: "vxlan", "gre", and for IP in IP
"4in4", "6in4" and so on; a pair is of every kind that one of its frames has.

How much must agree is in FLOORS, and for each kind in KIND_FLOORS: what was reached when this was written.
A collection with fewer such captures is another one, for which they do not hold.
Exit: 0; 1 below a floor, or the program failed; 77 no tshark, no collection, or another one.
"""
import argparse
import collections
import concurrent.futures
import ipaddress
import os
import re
import shutil
import subprocess
import sys

import flows

KINDS = set("""gre vxlan geneve gtp mpls ppp pppoes erspan nsh l2tp teredo ieee8021ah vntag capwap lisp pptp
    macsec pktap etherip wlan nflog sll2 cfp""".split())
PLAIN_LINKS = ("ether", "null", "linux-sll", "linux-sll2", "rawip", "rawip4", "rawip6", "per-packet", "")
ENCAPSULATED = re.compile(r"4in4|6in4|4in6|6in6|teredo|ipip|/tunnels/|fabric-path|vntag|lisp_ipv6|srh|vxlan|"
                          r"bigtcp|gso-ip|l2tp|capwap|lwapp|macsec|edsa|/dsa|brcm|ipoib|nflog")
WITHOUT_DATA = re.compile(r"(reason|status)_code-")     # 802.11 management, a frame each
PACKETS_MAX = 20000
CAPTURES = 150          # chosen of the collection that the floors are about, at least
FLOORS = {"compared": 110, "pairs": 97.0, "packets": 98.0, "tcpdump": 100.0}
PLAIN = {"", "eth", "ethertype", "vlan", "ieee8021ad", "llc", "raw", "udp", "ip", "ipv6", "ah", "icmpv6",
         "ipv6.dstopts", "ipv6.routing", "pwethcw", "wlan_radio", "radiotap"}
IN_IP = {("ip", "ip"): "4in4", ("ip", "ipv6"): "6in4", ("ipv6", "ip"): "4in6", ("ipv6", "ipv6"): "6in6"}
# Pairs of tshark's, how many of them we have, and in how many of these the packets are as many.  Not decoded
# by us: avsp (Arista's timestamps) and juniper, a pair each.  In no capture of the collection does tshark find
# IP within L2TP, CAPWAP or LISP: those have unit tests only.
KIND_FLOORS = {
    "4in4": (1, 1, 1), "4in6": (2, 2, 2), "6in4": (7, 7, 7), "arcnet": (6, 6, 6), "cfp": (23, 23, 22),
    "chdlc": (6, 6, 6), "cmd": (5, 2, 1), "erspan": (14, 14, 14), "fddi": (2, 2, 2), "fr": (9, 8, 8),
    "geneve": (17, 17, 16), "gre": (35, 31, 29), "gtp": (5, 5, 5), "ieee8021ah": (3, 3, 3), "ipnet": (1, 1, 1),
    "ipoib": (1, 1, 1), "macsec": (2, 2, 2), "mpls": (459, 450, 450), "nflog": (1, 1, 1), "nsh": (2, 2, 2),
    "ppp": (24, 24, 24), "pppoes": (12, 12, 12), "pwethheuristic": (1, 1, 1), "teredo": (9, 9, 9),
    "vntag": (2, 2, 2), "vxlan": (11, 11, 11), "wlan": (5, 5, 5),
}


def is_chosen(row):
    if not row["packets"].isdigit() or int(row["packets"]) > PACKETS_MAX or WITHOUT_DATA.search(row["path"]):
        return False
    shows = row["what_it_shows"].partition("protocols: ")[2].split(",")
    link = row["link_type"].split(" ")[0]
    return bool(KINDS & set(shows)) or link not in PLAIN_LINKS or \
        bool(ENCAPSULATED.search(row["path"]))


def kinds_of(layers):
    """What is around the innermost IP header before ICMP."""
    at = [n for n, layer in enumerate(layers) if layer in ("ip", "ipv6")]
    icmp = [n for n, layer in enumerate(layers) if layer in ("icmp", "icmpv6")]
    at = [n for n in at if not icmp or n < icmp[0]]
    around = layers[:at[-1]] if at else []
    return (set(around) - PLAIN) | {IN_IP[pair] for pair in zip(around, layers[1:at[-1] + 1]) if pair in IN_IP} \
        if at else set()


def innermost(layers, v4, v6):
    """The last pair before ICMP of a frame's layers; None: it has no IP."""
    count = collections.Counter()
    family = None
    for layer in layers:
        if layer in ("icmp", "icmpv6"):
            break
        if layer in ("ip", "ipv6"):
            family = layer
            count[layer] += 1
    if family is None:
        return None
    sources, destinations = v4 if family == "ip" else v6
    at = count[family] - 1
    if at >= min(len(sources), len(destinations)):
        return None
    return tuple(sorted((sources[at], destinations[at])))


def tshark_pairs(capture):
    """{pair: packets}, {pair: kinds}, names of damage that tshark saw; None: it cannot read the capture."""
    command = ["tshark", "-n", "-r", capture, "-T", "fields", "-E", "occurrence=a", "-E", "separator=\t"]
    for field in ("frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst"):
        command += ["-e", field]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, timeout=120)
    pairs, kinds, notes = collections.Counter(), collections.defaultdict(set), set()
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        cells = (line.split("\t") + [""] * 5)[:5]
        layers = cells[0].split(":")
        v4s, v4d, v6s, v6d = [cell.split(",") if cell else [] for cell in cells[1:]]
        pair = innermost(layers, (v4s, v4d), (v6s, v6d))
        if pair:
            pairs[pair] += 1
            kinds[pair] |= kinds_of(layers)
        notes |= {layer for layer in layers if layer in ("_ws.malformed", "_ws.short", "_ws.unreassembled")}
    return (pairs, kinds, notes) if done.returncode == 0 or pairs else None


def our_pairs(ours):
    pairs, tunnelled = collections.Counter(), set()
    for key, conversation in ours.conversations.items():
        pair = tuple(sorted((key[1][0], key[2][0])))
        pairs[pair] += sum(conversation.packets)
        if "in a tunnel" in conversation.notes:
            tunnelled.add(pair)
    # What is around a tunnel is a flow of ours too, of as many packets; the innermost are asked for here.
    for pair in list(pairs):
        pairs[pair] -= ours.outer[frozenset(pair)]
        if pairs[pair] <= 0:
            del pairs[pair]
    return pairs, tunnelled


def why(ours, notes, pair, theirs, mine):
    if ours.error:
        return "our replay failed"
    if frozenset(pair) in ours.outer:
        return "we look into a tunnel that tshark does not"
    if ours.counted("decode.fragment"):
        return "fragments"
    if ours.counted("decode.encrypted"):
        return "encrypted frames (tshark takes what drivers have decrypted)"
    if notes:
        return "malformed or cut by tshark too"
    if ours.counted("decode.bad_ip", "decode.bad_transport", "decode.bad_extension", "decode.bad_link"):
        return "malformed by us"
    if pair not in mine and sum(mine.values()) == sum(theirs.values()):
        return "another layer is the innermost"
    return "unexplained"


def tcpdump_text(captures, row):
    kind, _, rest = row["ground_truth"].partition(": ")
    if kind != "expected decode":
        return None
    with open(os.path.join(captures, rest.strip()), encoding="utf-8", errors="replace") as text:
        return text.read()


def is_told(text, pair):
    """Whether tcpdump names the pair, in either direction, with or without ports."""
    one, other = (re.escape(str(ipaddress.ip_address(host))) for host in pair)
    end = r"(?:\.[\w-]+)?"
    return any(re.search(r"\b%s%s > %s\b" % (a, end, b), text) or re.search(r"\b%s%s > %s" % (a, end, b), text)
               for a, b in ((one, other), (other, one)))


def look(args, row):
    """What tshark and we make of a capture; None where tshark has no IP."""
    capture = os.path.join(args.captures, row["path"])
    found = tshark_pairs(capture)
    return (found, flows.Replay(args.program, capture)) if found and found[0] else None


def judge(tally, args, row, seen):
    (theirs, kinds, notes), ours = seen
    mine, tunnelled = our_pairs(ours)
    if ours.error:
        tally.failed.append("%s: %s" % (row["path"], ours.error))
    for pair, packets in theirs.items():
        where = "%s %s %s" % ((row["path"],) + pair)
        reason = why(ours, notes, pair, theirs, mine)
        tally.judge("pairs", pair in mine, reason, where)
        for kind in kinds[pair]:
            tally.kinds[kind] = [n + more for n, more in
                                 zip(tally.kinds[kind], (1, pair in mine, mine.get(pair) == packets))]
        if pair in mine:
            tally.judge("packets", mine[pair] == packets, reason,
                        "%s: ours %d, tshark %d" % (where, mine[pair], packets))
    for pair in set(mine) - set(theirs):
        tally.examples["only ours"].append("%s %s %s" % ((row["path"],) + pair))
    text = tcpdump_text(args.captures, row)
    for pair in sorted(tunnelled) if text else ():
        tally.judge("tcpdump", is_told(text, pair), "not in tcpdump's text",
                    "%s %s %s" % ((row["path"],) + pair))


def check_floors(tally, compared):
    status = 0
    if compared < FLOORS["compared"]:
        print("# below the floor: %d captures compared, wanted %d" % (compared, FLOORS["compared"]))
        status = 1
    for kind, floor in KIND_FLOORS.items():
        if any(got < least for got, least in zip(tally.kinds[kind], floor)):
            print("# below the floor: %s: of %d pairs we have %d, with as many packets %d; wanted of %d %d and %d" %
                  ((kind,) + tuple(tally.kinds[kind]) + floor))
            status = 1
    for measure in tally.measures:
        reached = flows.percent(tally.agreed[measure], tally.compared[measure])
        if reached < FLOORS[measure]:
            print("# below the floor: %s %.2f %%, wanted %.2f %%" % (measure, reached, FLOORS[measure]))
            status = 1
    return status


def main():
    parser = argparse.ArgumentParser(description="innermost address pairs against tshark")
    flows.add_arguments(parser, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..",
                                             "shared/captures"))
    args = parser.parse_args()
    if not shutil.which("tshark"):
        print("# SKIP: no tshark")
        return 77
    tally = flows.Tally("tunnels", ("pairs", "packets", "tcpdump"))
    tally.kinds = collections.defaultdict(lambda: [0, 0, 0])
    chosen = [row for row in flows.read_index(args.captures) if is_chosen(row) and args.only in row["path"]]
    if len(chosen) < CAPTURES and not args.only:
        print("# SKIP: %d captures with tunnels, of the collection that the floors are about are %d" %
              (len(chosen), CAPTURES))
        return 77
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda row: look(args, row), chosen))
    for row, seen in zip(chosen, found):
        if seen:
            judge(tally, args, row, seen)
    compared = len(found) - found.count(None)
    print("# tunnels: captures %d, compared %d (the others have no IP)" % (len(chosen), compared))
    tally.print(args.list, args.limit)
    for kind, counts in sorted(tally.kinds.items()):
        print("# tunnels %-12s pairs %3d, ours %3d, as many packets %3d" % ((kind,) + tuple(counts)))
    print("# address pairs that only we have: %d" % len(tally.examples["only ours"]))
    if not compared:
        return 1
    return 0 if args.only else check_floors(tally, compared)


if __name__ == "__main__":
    sys.exit(main())
