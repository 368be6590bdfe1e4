#!/usr/bin/env python3
"""zeek.py - our flows against the conn.log that Zeek's own tests expect of the same capture.

usage: zeek.py [--program FILE] [--captures DIR] [--list CLASS] [--only TEXT]

Compared per conversation: is it there, who is the client, packets, IP bytes (orig_ip_bytes), payload
bytes.  Zeek's orig_bytes of TCP is the sequence space that was used: retransmissions once, and
bytes that the capture lacks included; ours is payload seen once plus `lost`.
Zeek puts fragments together before it counts and leaves out what its checksum test refuses: both are
classes of disagreement.  So is the connection that a tunnel is to Zeek beside those within it: ours are
the innermost only.
"""
import argparse
import collections
import os
import sys

import classes
import flows

NEEDED = ("id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "orig_pkts", "resp_pkts",
          "orig_ip_bytes", "resp_ip_bytes")
# Per cent of what is decoded: how much has to agree, and with what classes.py explains.
FLOORS = {"found": (99.0, 99.5), "direction": (97.0, 97.0), "packets": (97.0, 99.5),
          "IP bytes": (97.0, 99.5), "payload": (98.0, 99.5)}
MEASURES = ("found", "direction", "packets", "IP bytes", "payload")
# Tests in which Zeek itself is told to drop packets.
ALTERED = ("scripts.base.frameworks.netcontrol.packetfilter",)
OUTER = "the outer connection of a tunnel (we have what is in it)"
ENCAPSULATED = "frames of the capture are not IP for us"


def read_conn_log(path):
    """Rows as dicts.  Logs made by zeek-cut carry a bare line of names instead of #fields."""
    names, rows = None, []
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            if cells[0] == "#fields":
                names = cells[1:]
            elif line.startswith("#"):
                continue
            elif names is None:
                names = cells
            elif len(cells) == len(names):
                rows.append(dict(zip(names, cells)))
    return names or [], rows


def choose_log(captures, paths):
    """Several tests use one capture with other settings: the log with the most connections."""
    best = None
    for path in paths:
        if path.split("/")[-2] in ALTERED:
            continue
        names, rows = read_conn_log(os.path.join(captures, path))
        if all(name in names for name in NEEDED) and (best is None or len(rows) > len(best)):
            best = rows
    return best


def number(row, name):
    return int(row[name]) if row.get(name, "-") not in ("-", "(empty)") else 0


def conversations(rows):
    found = {}
    for row in rows:
        proto = flows.transport(row["proto"])
        if row["proto"] == "unknown_transport":
            proto = flows.transport(row.get("ip_proto", "unknown"))
        client = flows.endpoint(proto, row["id.orig_h"], row["id.orig_p"])
        server = flows.endpoint(proto, row["id.resp_h"], row["id.resp_p"])
        key = flows.conversation_key(proto, client, server)
        if number(row, "orig_pkts") + number(row, "resp_pkts") == 0:
            continue
        one = found.setdefault(key, flows.Conversation(client))
        one.add(client, packets=[number(row, "orig_pkts"), number(row, "resp_pkts")],
                ip_bytes=[number(row, "orig_ip_bytes"), number(row, "resp_ip_bytes")],
                payload=[number(row, "orig_bytes"), number(row, "resp_bytes")])
        history = row.get("history", "-")
        if row.get("tunnel_parents", "-") not in ("-", "(empty)"):
            one.notes.add("inside a tunnel")
        if "c" in history.lower():
            one.notes.add("checksum refused by Zeek")
        if "i" in history.lower():
            one.notes.add("inconsistent packets by Zeek")
        one.missed += number(row, "missed_bytes")
        if "g" in history.lower() or number(row, "missed_bytes"):
            one.notes.add("gap in the capture")
        if row.get("orig_bytes", "-") == "-" or row["proto"] == "unknown_transport":
            one.notes.add("no payload in the log")
    return found


def missing_class(key, theirs, ours):
    if ours.error:
        return "link type not decoded" if "is not decoded here" in ours.error else "our replay failed"
    if ours.is_outer(key):
        return OUTER
    if "inside a tunnel" in theirs.notes:
        return "within a tunnel"
    if ours.counted("decode.unknown_link"):
        return "link type not decoded"
    if ours.counted("decode.not_ip"):
        return ENCAPSULATED
    if ours.counted("decode.fragment"):
        return "fragments"
    return "unexplained"


def difference_class(theirs, mine, ours):
    for note in ("checksum refused by Zeek", "gap in the capture", "inconsistent packets by Zeek"):
        if note in theirs.notes:
            return note
    if ours.counted("decode.fragment"):
        return "fragments"
    if theirs.records != mine.records:
        return "time-outs and splitting (%s)" % ("ours more" if mine.records > theirs.records
                                                  else "Zeek more")
    if ours.counted("decode.bad_ip", "decode.bad_transport", "decode.bad_extension"):
        return "malformed packets in the capture"
    if ours.counted("decode.not_ip") and sum(mine.packets) < sum(theirs.packets):
        return ENCAPSULATED
    return "unexplained"


def payloads(mine, theirs):
    """What to compare: each direction, or the sum when the capture lacks bytes (one number)."""
    if mine.lost:
        return [sum(mine.payload) + mine.lost], [sum(theirs.payload)]
    return mine.payload, theirs.payload


def compare(tally, capture, expected, ours):
    for key, theirs in expected.items():
        where = "%s %s" % (capture, flows.key_text(key))
        mine = ours.conversations.get(key)
        tally.judge("found", mine is not None, missing_class(key, theirs, ours) if not mine else "", where,
                    None if mine else classes.explain(classes.ZEEK_FOUND, classes.Case(key, None, theirs, "found",
                                                                                     expected, ours)))
        if mine is None:
            continue
        same_client = set(mine.clients) == set(theirs.clients)
        tally.judge("direction", same_client, flows.direction_class(mine, "Zeek"),
                    "%s: client ours %s, Zeek %s" % (where, mine.client, theirs.client))
        mine = mine.seen_from(theirs.client)
        why = difference_class(theirs, mine, ours)
        rows = [("packets", mine.packets, theirs.packets),
                ("IP bytes", mine.ip_bytes, theirs.ip_bytes)]
        if "no payload in the log" not in theirs.notes:
            rows.append(("payload",) + payloads(mine, theirs))
        theirs.datagram_bytes = theirs.ip_bytes
        for measure, got, wanted in rows:
            tally.judge(measure, got == wanted, why, "%s: ours %s, Zeek %s" % (where, got, wanted),
                        classes.explain(classes.ZEEK, classes.Case(key, mine, theirs, measure,
                                                                   expected, ours)))


def main():
    parser = argparse.ArgumentParser(description="our flows against Zeek's conn.log")
    flows.add_arguments(parser, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..",
                                             "shared/captures"))
    args = parser.parse_args()
    flows.PORTED.discard("sctp")
    tally = flows.Tally("zeek", MEASURES)
    logs = collections.Counter()
    extra = 0
    for row in flows.read_index(args.captures):
        kind, _, rest = row["ground_truth"].partition(": ")
        if kind != "expected conn.log" or args.only not in row["path"]:
            continue
        logs["captures"] += 1
        expected = choose_log(args.captures, rest.split())
        if expected is None:
            logs["without a usable log (columns cut or renamed)"] += 1
            continue
        logs["compared"] += 1
        expected = conversations(expected)
        ours = flows.Replay(args.program, os.path.join(args.captures, row["path"]))
        if ours.error:
            logs["our replay failed"] += 1
            tally.failed.append("%s: %s" % (row["path"], ours.error))
        compare(tally, row["path"], expected, ours)
        only_ours = set(ours.conversations) - set(expected)
        extra += len(only_ours)
        for key in sorted(only_ours):
            tally.examples["only ours"].append("%s %s" % (row["path"], flows.key_text(key)))
    print("# zeek: " + ", ".join("%s %d" % pair for pair in logs.items()))
    tally.print(args.list, args.limit)
    print("# conversations that only we have: %d" % extra)
    return flows.verdict(tally, FLOORS, args)


if __name__ == "__main__":
    sys.exit(main())
