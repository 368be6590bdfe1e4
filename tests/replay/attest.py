#!/usr/bin/env python3
"""attest.py - a month for the daily separation attestation, and ways to tamper with what came of it.

usage: attest.py --write PATH           PATH.json, PATH.site, PATH.orders, PATH.gaps
       attest.py HOW IN OUT [DATE]      a copy with one thing done to it

The month has 31 days from Monday 2026-03-09 in Amsterdam, the change of the clock on the 29th in it.  An asset
sends to the archive every night, as expected, and keeps its clock; besides
    13 March  an upload to the outside that nothing expects
    16 March  a remote session under work order WO-7
    18 March  a remote session without one
    23 March  the tap is declared blind from 02:00 to 06:00; in the afternoon the upload again
"""
import base64
import hashlib
import json
import sys

SITE = {
    "site": {"id": "T", "timezone": "Europe/Amsterdam", "networks": ["10.0.0.0/8"],
             "closed_hours": [{"days": "mon-sun", "from": "22:00", "to": "05:00"}]},
    "zones": [{"id": "core", "networks": ["10.20.1.0/24"]}, {"id": "archive", "networks": ["10.30.0.0/24"]},
              {"id": "maintenance", "networks": ["10.50.0.0/24"]}],
    "assets": [{"id": "A", "role": "image_server", "vendor": "A", "zone": "core", "ip": ["10.20.1.11"]},
               {"id": "ARCHIVE-1", "role": "archive", "zone": "archive", "ip": ["10.30.0.5"]},
               {"id": "GW", "role": "maintenance_gateway", "zone": "maintenance", "ip": ["10.50.0.2"]}],
    "expected": [{"id": "sync", "from": {"asset": "A"}, "to": {"asset": "ARCHIVE-1"}, "services": ["tcp/443"],
                  "owner": "archive team"},
                 {"id": "time", "from": {"zone": "core"}, "to": {"asset": "ARCHIVE-1"}, "services": ["udp/123"],
                  "owner": "archive team"}],
}
MONTH = {
    "name": "attest", "timezone": "Europe/Amsterdam", "start": "2026-03-09", "days": 31, "seed": 1,
    "segments": [{"id": "z", "networks": ["10.20.1.0/24"]}, {"id": "d", "networks": ["10.30.0.0/24"]},
                 {"id": "m", "networks": ["10.50.0.0/24"]}],
    "hosts": [{"id": "A", "ip": "10.20.1.11"}, {"id": "D", "ip": "10.30.0.5"}, {"id": "GW", "ip": "10.50.0.2"},
              {"id": "X", "ip": "203.0.113.9"}],
    "activities": [
        {"id": "clock", "kind": "ntp", "from": "A", "to": "D", "schedule": {"every": "2m", "offset": "1s"}},
        {"id": "near", "kind": "ntp", "from": "A", "to": "10.20.1.40", "schedule": {"every": "50s", "offset": "2s"}},
        {"id": "job", "kind": "tls", "sni": "archive.example", "from": "A", "to": "D", "schedule": {"at": "01:30"},
         "volume": {"up": "20MB", "down": "100KB"}, "duration": "20m"},
        {"id": "leak", "kind": "tls", "sni": "upd.example", "from": "A", "to": "X",
         "schedule": {"at": "14:00", "days": [5, 15]}, "volume": {"up": "3MB", "down": "50KB"}, "duration": "5m"},
        {"id": "work", "kind": "rdp", "from": "GW", "to": "A", "user": "service-a",
         "schedule": {"at": "10:00", "days": [8, 10]}, "volume": {"up": "1MB", "down": "2MB"}, "duration": "30m"},
    ],
}
ORDERS = {"work_orders": [{"id": "WO-7", "vendor": "A", "assets": ["A"], "start": "2026-03-16T09:00:00+01:00",
                           "end": "2026-03-16T12:00:00+01:00", "mode": "remote"}]}
GAPS = {"gaps": [{"from": "2026-03-23T02:00", "to": "2026-03-23T06:00", "reason": "tap unplugged"}]}


def write(path):
    for ending, value in (("json", MONTH), ("site", dict(SITE, work_orders=path + ".orders")), ("orders", ORDERS),
                          ("gaps", GAPS)):
        with open(path + "." + ending, "w", encoding="utf-8") as f:
            json.dump(value, f)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(value):
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def body(record):
    return record["nachtwacht"]["attestation"]


def hash_parts(record):
    """What whoever knows the form would do: the hashes of the parts, made anew."""
    record = json.loads(json.dumps(record))
    own = body(record)
    parts = {"coverage": ["coverage"], "crossings": ["crossings", "crossings_beyond"],
             "sessions": ["sessions", "sessions_beyond"]}
    hashes = {name: sha256({member: own[member] for member in members}) for name, members in parts.items()}
    for member in sum(parts.values(), ["sha256", "signature"]):
        own.pop(member, None)
    hashes["head"] = sha256(record)
    return hashes


def whiten(record):
    """Takes out what nothing covers, and says that the day was clean."""
    own = body(record)
    own["crossings"] = [row for row in own["crossings"] if row["covered_by"] != "none"]
    own["totals"]["crossings_without"] = 0
    own["verdict"] = "clean"


def at(records, date):
    return next(i for i, record in enumerate(records) if body(record)["date"] == date)


def tamper(how, records, date):
    i = at(records, date) if date else 0
    record = records[i]
    own = body(record)
    if how == "whiten":
        whiten(record)
    elif how == "whiten-hashed":
        whiten(record)
        own["sha256"] = hash_parts(record)
    elif how == "bytes":
        own["crossings"][0]["bytes"] += 1
    elif how == "coverage":
        own["coverage"]["unobserved_s"] = 0
    elif how == "verdict":
        own["verdict"], own["valid"], own["why"] = "clean", True, []
        own["sha256"] = hash_parts(record)
    elif how == "prev":
        own["prev"] = "0" * 64
    elif how == "signature":
        raw = bytearray(base64.b64decode(own["signature"]["value"]))
        raw[0] ^= 1
        own["signature"]["value"] = base64.b64encode(raw).decode()
    elif how == "unsigned":
        del own["signature"]
    elif how == "all":                  # everything from there on, made anew
        whiten(record)
        own["sha256"] = hash_parts(record)
        for before, after in zip(records[i:], records[i + 1:]):
            body(after)["prev"] = sha256(before)
            body(after)["sha256"] = hash_parts(after)
    elif how == "remove":
        del records[i]
    elif how == "remove-two":
        del records[i:i + 2]
    elif how == "swap":
        records[i], records[i + 1] = records[i + 1], records[i]
    elif how == "twice":
        records.insert(i, record)
    elif how == "tail":
        del records[i:]
    elif how == "head":
        del records[:i]
    elif how == "member":
        del own["coverage"]
    else:
        raise SystemExit("attest.py: what is " + how)


def main():
    if sys.argv[1] == "--write":
        write(sys.argv[2])
        return
    how, source, target = sys.argv[1:4]
    date = sys.argv[4] if len(sys.argv) > 4 else None
    with open(source, encoding="utf-8") as f:
        records = [json.loads(line) for line in f]
    if how not in ("pretty", "cut"):
        tamper(how, records, date)
    with open(target, "w", encoding="utf-8") as f:
        for i, record in enumerate(records):
            if how == "pretty":         # other blanks, another order of keys: the same record
                f.write(json.dumps(dict(reversed(list(record.items())))) + "\n")
            elif how == "cut" and i == at(records, date):
                f.write(canonical(record)[:200] + "\n")
            else:
                f.write(canonical(record) + "\n")


main()
