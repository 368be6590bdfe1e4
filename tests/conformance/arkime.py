#!/usr/bin/env python3
"""arkime.py - our flows against the sessions that Arkime's own tests expect of the same capture.

usage: arkime.py [--program FILE] [--captures DIR] [--list CLASS] [--only TEXT]

Compared per conversation: is it there, who is the client (Arkime's source), packets, bytes, payload.
Arkime counts bytes of frames, we count IP bytes: the difference must be the link header of every
packet (14 octets on Ethernet, 4 more a VLAN tag); short frames are padded to 60 octets, so up to that
is taken as agreement too and counted apart.  Its payload (client.bytes) leaves retransmissions out as
ours does, but holds the header of ICMP; of other transports it sometimes has none at all, so payload is
compared for TCP, UDP, ICMP and SCTP.
"""
import argparse
import collections
import ipaddress
import json
import os
import sys

import classes
import flows

MEASURES = ("found", "direction", "packets", "bytes", "payload")
ETHERNET_HEADER = 14
ETHERNET_MIN = 60           # without the checksum
SMALLEST_DATAGRAM = 20
# Per cent of what is decoded: how much has to agree, and with what classes.py explains.
FLOORS = {"found": (99.5, 99.5), "direction": (97.0, 97.0), "packets": (98.2, 99.5),
          "bytes": (95.9, 99.5), "payload": (97.1, 99.5)}
COMPARABLE_PAYLOAD = ("tcp", "udp", "icmp", "sctp")
OUTER_BYTES = "in a tunnel (Arkime's bytes have the headers around it)"
LINK_HEADERS = {"ether": 14, "null": 4, "rawip4": 0, "rawip6": 0, "rawip": 0, "linux-sll": 16}


def read_sessions(path):
    with open(path, encoding="utf-8") as text:
        return [session["body"] for session in json.load(text)["sessions3"]]


def address(text):
    """Arkime writes some IPv6 addresses in full; one form for all."""
    return str(ipaddress.ip_address(text))


def conversations(sessions):
    found = {}
    for body in sessions:
        proto = flows.transport(body.get("ipProtocol"))
        source, destination = body.get("source", {}), body.get("destination", {})
        if "ip" not in source or "ip" not in destination or not body.get("ipProtocol"):
            continue
        client = flows.endpoint(proto, address(source["ip"]), source.get("port", 0))
        server = flows.endpoint(proto, address(destination["ip"]), destination.get("port", 0))
        key = flows.conversation_key(proto, client, server)
        one = found.setdefault(key, flows.Conversation(client))
        one.add(client, packets=[source["packets"], destination["packets"]],
                ip_bytes=[source["bytes"], destination["bytes"]],
                payload=[body["client"]["bytes"], body["server"]["bytes"]])
        tags = body.get("tags", [])
        if "truncated-pcap" in tags:
            one.notes.add("captured bytes are cut")
        if any(tag.startswith("acked-unseen") for tag in tags):
            one.notes.add("gap in the capture")
        if any(tag.startswith("out-of-order") for tag in tags):
            one.notes.add("out of order in the capture")
        if body.get("network", {}).get("vlan"):
            one.notes.add("VLAN")
    return found


def missing_class(ours):
    if ours.error:
        return "link type not decoded" if "is not decoded here" in ours.error else "our replay failed"
    if ours.counted("decode.unknown_link"):
        return "link type not decoded"
    if ours.counted("decode.not_ip"):
        return "frames of the capture are not IP for us"
    if ours.counted("decode.fragment"):
        return "fragments"
    return "unexplained"


def difference_class(key, theirs, mine, ours):
    if ours.counted("decode.fragment"):
        return "fragments"
    for note in ("gap in the capture", "out of order in the capture", "captured bytes are cut"):
        if note in theirs.notes:
            return note
    if key[0] in ("ip-2", "ip-103"):
        return "IGMP and PIM (Arkime has one session for several groups)"
    if mine.retrans:
        return "retransmissions"
    if mine.lost:
        return "gap in the capture"
    if theirs.records != mine.records:
        return "time-outs and splitting (%s)" % ("ours more" if mine.records > theirs.records
                                                  else "Arkime more")
    return "unexplained"


def bytes_agree(got, wanted, packets, link):
    """"exact", "padded" or None, for one direction."""
    header = LINK_HEADERS.get(link.split()[0], ETHERNET_HEADER)
    over = wanted - got - packets * header
    if over in (0, 4 * packets, 8 * packets):
        return "exact"
    if 0 < over <= packets * (ETHERNET_MIN - ETHERNET_HEADER - SMALLEST_DATAGRAM):
        return "padded"
    return None


def compare(tally, row, expected, ours):
    padded = 0
    for key, theirs in expected.items():
        where = "%s %s" % (row["path"], flows.key_text(key))
        mine = ours.conversations.get(key)
        tally.judge("found", mine is not None, missing_class(ours) if not mine else "", where)
        if mine is None:
            continue
        tally.judge("direction", set(mine.clients) == set(theirs.clients),
                    flows.direction_class(mine, "Arkime"),
                    "%s: client ours %s, Arkime %s" % (where, mine.client, theirs.client))
        mine = mine.seen_from(theirs.client)
        why = difference_class(key, theirs, mine, ours)
        header = LINK_HEADERS.get(row["link_type"].split()[0], ETHERNET_HEADER)
        theirs.datagram_bytes = [theirs.ip_bytes[side] - header * theirs.packets[side]
                                 for side in (0, 1)]

        def predicted(measure):
            return classes.explain(classes.ARKIME, classes.Case(key, mine, theirs, measure, expected,
                                                                ours))
        tally.judge("packets", mine.packets == theirs.packets, why,
                    "%s: ours %s, Arkime %s" % (where, mine.packets, theirs.packets),
                    predicted("packets"))
        forms = [bytes_agree(mine.ip_bytes[side], theirs.ip_bytes[side], theirs.packets[side],
                             row["link_type"]) for side in (0, 1)]
        padded += "padded" in forms
        tally.judge("bytes", None not in forms, OUTER_BYTES if "in a tunnel" in mine.notes else why,
                    "%s: ours %s, Arkime %s (frames)" % (where, mine.ip_bytes, theirs.ip_bytes),
                    predicted("bytes"))
        if key[0] not in COMPARABLE_PAYLOAD:
            continue
        payload = list(theirs.payload)
        if key[0] == "icmp":
            payload = [payload[side] - 8 * theirs.packets[side] for side in (0, 1)]
        tally.judge("payload", mine.payload == payload, why,
                    "%s: ours %s, Arkime %s" % (where, mine.payload, payload),
                    predicted("payload"))
    return padded


def main():
    parser = argparse.ArgumentParser(description="our flows against Arkime's sessions")
    flows.add_arguments(parser, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..",
                                             "shared/captures"))
    args = parser.parse_args()
    tally = flows.Tally("arkime", MEASURES)
    logs = collections.Counter()
    padded = extra = 0
    for row in flows.read_index(args.captures):
        kind, _, rest = row["ground_truth"].partition(": ")
        if not kind.startswith("expected sessions") or args.only not in row["path"]:
            continue
        logs["captures"] += 1
        expected = conversations(read_sessions(os.path.join(args.captures, rest.strip())))
        ours = flows.Replay(args.program, os.path.join(args.captures, row["path"]))
        if ours.error:
            logs["our replay failed"] += 1
            tally.failed.append("%s: %s" % (row["path"], ours.error))
        padded += compare(tally, row, expected, ours)
        only_ours = set(ours.conversations) - set(expected)
        extra += len(only_ours)
        for key in sorted(only_ours):
            tally.examples["only ours"].append("%s %s" % (row["path"], flows.key_text(key)))
    print("# arkime: " + ", ".join("%s %d" % pair for pair in logs.items()))
    tally.print(args.list, args.limit)
    print("# bytes agree through Ethernet padding: %d; conversations that only we have: %d" %
          (padded, extra))
    return flows.verdict(tally, FLOORS, args)


if __name__ == "__main__":
    sys.exit(main())
