#!/usr/bin/env python3
"""tunnels.py - what DNS questions and echoes carry, and the slow upload, over weeks of small traffic.

usage: tunnels.py POINTS NACHTWACHT SYNTH SCRATCH VALIDATE SCHEMA

POINTS were printed before.  The asset A asks the resolver in its own zone, B pings and uploads outside.  Nights cross
midnight UTC, where daily files are cut, so that minutes, samples and rows go over the ends of runs.  Prints TAP.
"""
import json
import os
import subprocess
import sys

import jobs

SITE = {
    "site": {"id": "T", "timezone": "UTC", "networks": ["10.0.0.0/8"],
             "closed_hours": [{"days": "mon-sun", "from": "22:00", "to": "05:00"}]},
    "zones": [{"id": "z", "networks": ["10.20.1.0/24"]}],
    "assets": [{"id": "A", "role": "image_server", "zone": "z", "ip": ["10.20.1.11"]},
               {"id": "B", "role": "review", "zone": "z", "ip": ["10.20.1.12"]},
               {"id": "DNS-1", "role": "dns", "zone": "z", "ip": ["10.20.1.53"]}],
    "expected": [{"id": "dns", "from": {"zone": "z"}, "to": {"asset": "DNS-1"}, "services": ["udp/53"]}],
}
LOOKUPS = {"id": "lookups", "from": {"asset": "A"}, "to": {"domain": "*.vendor.example"}, "services": ["udp/53"]}

DNS = {"id": "dns", "kind": "dns", "from": "A", "to": "D", "schedule": {"at": "23:58"},
       "volume": {"up": "60KB", "down": "5KB"}, "duration": "20m", "domain": "t.vendor.example"}
ECHO = {"id": "echo", "kind": "icmp", "from": "B", "to": "X", "schedule": {"at": "23:55", "jitter": "2m"},
        "volume": {"up": "400KB", "down": "400KB"}, "duration": "10m"}
SLOW = {"id": "slow", "kind": "tls", "sni": "upd.fleet.example", "from": "B", "to": "Y",
        "schedule": {"every": "150m", "jitter": "40m"}, "volume": {"up": "700KB", "down": "8KB"}, "duration": "20s"}
PING = {"id": "ping", "kind": "icmp", "from": "B", "to": "Y", "schedule": {"every": "10m"}, "exchanges": 20, "gap": "1s"}
NAMES = {"id": "names", "kind": "dns", "from": "A", "to": "D", "schedule": {"rate": 20}, "exchanges": 5, "questions": [
    {"name": "img%02d.cdn.store.example" % i, "address": "203.0.113.%d" % (i + 1)} for i in range(40)] + [
    {"name": "wpad.site.example", "type": "NXDOMAIN"}]}


def story(activities, days):
    return {"name": "t", "timezone": "UTC", "start": "2026-01-05", "days": days, "seed": 1,
            "segments": [{"id": "z", "networks": ["10.20.1.0/24"]}],
            "hosts": [{"id": "A", "ip": "10.20.1.11"}, {"id": "B", "ip": "10.20.1.12"},
                      {"id": "D", "ip": "10.20.1.53"}, {"id": "X", "ip": "203.0.113.9"},
                      {"id": "Y", "ip": "198.51.100.9"}],
            "activities": activities}


def of(records, rule, action=None):
    return [r for r in records if r["rule"]["id"] == rule and action in (None, r["event"]["action"])]


def loud(records):
    return [r for r in records if r["rule"]["id"] in ("NW-EXF-001", "NW-EXF-008", "NW-EXF-011")]


def tunnels(b):
    r = b.run("tunnels", [DNS, ECHO, SLOW, PING, NAMES], 12, SITE, daily=True)
    opened = [(x["nachtwacht"]["asset"]["id"], x["nachtwacht"]["channel"]["value"], x["event"]["severity"])
              for x in of(r, "NW-EXF-008", "open")]
    b.point(sorted(opened) == [("A", "vendor.example", 4), ("B", "203.0.113.9", 4)],
            "both tunnels are told, pings and names are not (%s)" % opened, of(r, "NW-EXF-008"))
    slow = of(r, "NW-EXF-011")
    b.point([(x["event"]["action"], x["nachtwacht"]["channel"]["value"], x["event"]["severity"]) for x in slow] ==
            [("open", "fleet.example", 3)] and slow[0]["nachtwacht"]["channel"]["attached"] == ["prefix 198.51.100.0/24"],
            "the slow upload is told once, by name", slow)
    nightly = of(r, "NW-EXF-001")
    b.point({x["nachtwacht"]["channel"]["value"] for x in nightly} == {"203.0.113.9"},
            "the echo of a tunnel is no download: detector N sees it", nightly)
    b.point(len({x["nachtwacht"]["incident"]["case"] for x in nightly + of(r, "NW-EXF-008") if
                 x["nachtwacht"]["asset"]["id"] == "B"}) == 1, "which is one case with it", nightly)


def silent(b):
    r = b.run("silent", [PING, NAMES], 10, SITE)
    b.point(not loud(r), "pings and names alone are silent", loud(r))
    policy = dict(SITE, expected=SITE["expected"] + [LOOKUPS])
    r = b.run("expected", [DNS], 4, policy)
    b.point(not loud(r), "an entry that names the domain and DNS expects it", loud(r))


def same_with_workers(b):
    path = os.path.join(b.scratch, "w")
    with open(path + ".json", "w", encoding="utf-8") as f:
        json.dump(story([DNS, ECHO, PING, NAMES], 4), f)
    with open(path + ".site", "w", encoding="utf-8") as f:
        json.dump(SITE, f)
    subprocess.run([b.synth, "-o", path + ".pcap", path + ".json"], check=True, stderr=subprocess.DEVNULL)
    texts = []
    for workers in ("1", "3", "8"):
        b.replay(path + ".alerts", path + ".site", [path + ".pcap"], "--quiet", "--workers", workers)
        with open(path + ".alerts", "rb") as f:
            texts.append(f.read())
    b.point(texts[0].count(b"NW-EXF-008") > 3 and texts[0] == texts[1] == texts[2],
            "1, 3 and 8 workers give the same bytes")


def main():
    jobs.story = story
    b = jobs.Bench(*sys.argv[1:7])
    for part in (tunnels, silent, same_with_workers):
        part(b)
    print("1..%d" % b.count)
    return b.failed > 0


if __name__ == "__main__":
    sys.exit(main())
