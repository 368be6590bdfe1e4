#!/usr/bin/env python3
"""redis_entries.py - are the entries of a stream those that the alerts file says?

usage: redis_entries.py ALERTS.jsonl < "redis-cli --json XRANGE key - +"

Every entry has the flat fields in their order, `json` is the line of the file byte for byte, and each
flat field is what the record itself says (strings "-" and numbers 0 when absent).  Prints what differs
and exits 1.
"""
import datetime
import json
import sys

ORDER = ("v id incident case action ts_ms site sensor rule sev risk level asset role src dst dport "
         "proto app bytes_up nights wo json").split()


def milliseconds(text):
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    since = moment - datetime.datetime(1970, 1, 1)
    return since // datetime.timedelta(milliseconds=1)


def flat_of(record):
    own = record["nachtwacht"]
    evidence = own["evidence"] or {}
    values = {
        "v": own["schema"], "id": record["event"]["id"], "incident": own["incident"]["id"],
        "case": own["incident"]["case"], "action": record["event"]["action"],
        "ts_ms": milliseconds(record["@timestamp"]), "site": own["site"],
        "sensor": record["observer"]["name"], "rule": record["rule"]["id"],
        "sev": record["event"]["severity"], "risk": record["event"]["risk_score"],
        "level": own["incident"]["level"], "asset": own["asset"]["id"],
        "role": own["asset"]["role"] or "-", "src": record["source"]["ip"],
        "dst": record["destination"].get("ip", "-"),
        "dport": record["destination"].get("port", 0),
        "proto": record["network"]["transport"], "app": record["network"]["protocol"],
        "bytes_up": record["source"]["bytes"], "wo": own["work_order"]["match"],
    }
    if "nights_hit" in evidence:
        values["nights"] = evidence["nights_hit"]
    return {name: str(value) for name, value in values.items()}


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        wanted = [line.rstrip("\n") for line in lines]
    entries = json.load(sys.stdin)
    faults = []
    if len(entries) != len(wanted):
        faults.append("%d entries, %d lines" % (len(entries), len(wanted)))
    for number, ((_, cells), line) in enumerate(zip(entries, wanted), 1):
        names, values = cells[0::2], cells[1::2]
        if names != ORDER:
            faults.append("entry %d: fields %s" % (number, " ".join(names)))
            continue
        entry = dict(zip(names, values))
        if entry["json"] != line:
            faults.append("entry %d: json is not the line of the file" % number)
        for name, value in flat_of(json.loads(line)).items():
            if entry[name] != value:
                faults.append("entry %d: %s is %r, the record says %r" %
                              (number, name, entry[name], value))
        if not entry["nights"].isdigit():
            faults.append("entry %d: nights is %r" % (number, entry["nights"]))
    for fault in faults[:20]:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
