#!/usr/bin/env python3
"""evasions.py - ways in which a leak was once missed, hidden or misreported; each must stay found.

usage: evasions.py NACHTWACHT SYNTH SCRATCH

Small scenarios of twelve days or fewer: the asset A (10.20.1.11, zone z) sends 100 MB to 203.0.113.9 every
night about 00:30, with one difference each.  Prints TAP.
"""
import copy
import json
import os
import struct
import subprocess
import sys

SITE = {
    "site": {"id": "T", "timezone": "Europe/Amsterdam", "networks": ["10.0.0.0/8"],
             "closed_hours": [{"days": "mon-sun", "from": "22:00", "to": "05:00"}]},
    "zones": [{"id": "z", "networks": ["10.20.1.0/24"], "closed": True, "vlans": [120]},
              {"id": "o", "networks": ["10.20.2.0/24"]}],
    "assets": [{"id": "A", "role": "image_server", "zone": "z", "ip": ["10.20.1.11"],
                "mac": ["00:11:22:33:44:55"]},
               {"id": "B", "role": "review", "zone": "o", "ip": ["10.20.2.11"]}],
}
HEARTBEAT = {"id": "hb", "kind": "ntp", "from": "A", "to": "10.20.1.40", "schedule": {"every": "10m"}}


def scenario(activities, days=12, hosts=()):
    return {"name": "t", "timezone": "Europe/Amsterdam", "start": "2026-01-05", "days": days, "seed": 1,
            "segments": [{"id": "z", "networks": ["10.20.1.0/24", "192.168.7.0/24"], "vlan": 120,
                          "gateway_mac": "00:11:22:33:00:01"},
                         {"id": "o", "networks": ["10.20.2.0/24"], "vlan": 121,
                          "gateway_mac": "00:11:22:33:00:02"}],
            "hosts": [{"id": "A", "ip": ["10.20.1.11", "fd00:20:1::11"], "mac": "00:11:22:33:44:55"},
                      {"id": "B", "ip": "10.20.2.11"},
                      {"id": "X", "ip": ["203.0.113.9", "2001:db8::9"]}] + list(hosts),
            "activities": activities}


def leak(**changes):
    activity = {"id": "leak", "kind": "tls", "sni": "x.example", "from": "A", "to": "X",
                "schedule": {"at": "00:30", "jitter": "5m"}, "volume": {"up": "100MB", "down": "1MB"},
                "duration": "30m", "leak": True}
    activity.update(changes)
    return activity


def expecting(entry):
    site = copy.deepcopy(SITE)
    site["expected"] = [dict({"id": "job", "from": {"asset": "A"}, "owner": "o", "ticket": "t",
                              "expires": "2030-01-01"}, **entry)]
    return site


LEAKING, DROP = bytes([10, 20, 1, 11]), bytes([203, 0, 113, 9])         # A and X of every scenario
LINK = 18                       # Ethernet and a VLAN tag, as nachtwacht-synth writes them


def rewrite_capture(path, rewrite):
    """Of a capture that nachtwacht-synth made: rewrite(frame, bytes on the wire) gives the frame anew."""
    with open(path, "rb") as f:
        data = f.read()
    at, parts = 24, [data[:24]]
    while at < len(data):
        seconds, fraction, captured, size = struct.unpack("<IIII", data[at:at + 16])
        old = data[at + 16:at + 16 + captured]
        new = rewrite(old)
        parts += [struct.pack("<IIII", seconds, fraction, len(new), size + len(new) - len(old)), new]
        at += 16 + captured
    with open(path, "wb") as f:
        f.write(b"".join(parts))


def tunnel(kind, outer, inner):
    """Puts what is between A and X into a tunnel between the ends outer, where it is between the ends inner."""
    def rewrite(frame):
        ends = frame[LINK + 12:LINK + 16], frame[LINK + 16:LINK + 20]
        if set(ends) != {LEAKING, DROP}:
            return frame
        is_up = ends[0] == LEAKING
        around, within = (b"".join(pair if is_up else pair[::-1]) for pair in (outer, inner))
        total = struct.unpack(">H", frame[LINK + 2:LINK + 4])[0]
        head = frame[LINK:LINK + 12] + within + frame[LINK + 20:]
        if kind == "gre":
            proto, more = 47, struct.pack(">HH", 0, 0x0800)
        else:
            ethernet = bytes.fromhex("020000000002020000000001") + struct.pack(">H", 0x0800)
            proto, more = 17, struct.pack(">HHHHII", 50000, 4789, 16 + 14 + total, 0, 0x08000000, 5 << 8) + ethernet
        return frame[:LINK] + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(more) + total, 0, 0, 64, proto, 0) + \
            around + more + head
    return rewrite


class Bench:
    def __init__(self, program, synth, scratch):
        self.program, self.synth, self.scratch = program, synth, scratch
        self.count = self.failed = 0

    def point(self, good, what, records=None):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, what))
        for record in (records or []) if not good else []:
            print("#   %s %s %s: %s" % (record["@timestamp"], record["rule"]["id"],
                                        record["event"]["action"], record["message"][:150]))

    def run(self, name, story, site=None, arguments=(), rewrite=None):
        """rewrite: what to do with each frame of the capture."""
        path = os.path.join(self.scratch, name)
        for end, value in ((".json", story), (".site", site or SITE)):
            with open(path + end, "w") as f:
                json.dump(value, f)
        subprocess.run([self.synth, "-o", path + ".pcap", path + ".json"], check=True,
                       stderr=subprocess.DEVNULL)
        if rewrite:
            rewrite_capture(path + ".pcap", rewrite)
        done = subprocess.run([self.program, "replay", "--quiet", "--progress", "never", "--shards", "4", "--site",
                               path + ".site", "--alerts", path + ".alerts"] + list(arguments) +
                              [path + ".pcap"], stderr=subprocess.PIPE)
        os.unlink(path + ".pcap")
        if done.returncode:
            print("# %s: exit status %d: %s" % (name, done.returncode, done.stderr.decode()[:300]))
            return []
        with open(path + ".alerts") as f:
            return [json.loads(line) for line in f]


def of_rule(records, rule, asset="A"):
    return [r for r in records
            if r["rule"]["id"] == rule and r["nachtwacht"]["asset"]["id"] == asset]


def nightly(records, nights, asset="A"):
    """The last record of NW-EXF-001 counts at least so many nights."""
    found = of_rule(records, "NW-EXF-001", asset)
    return bool(found) and found[-1]["nachtwacht"]["evidence"]["nights_hit"] >= nights


def identities(b):
    r = b.run("ipv6", scenario([HEARTBEAT, leak(family=6)]))
    b.point(nightly(r, 10) and of_rule(r, "NW-DST-002"),
            "an IPv6 leak is the asset's, by its MAC, though the site lists IPv4 networks only", r)
    r = b.run("rogue", scenario([HEARTBEAT, leak(**{"from": "R"})],
                                hosts=[{"id": "R", "ip": "192.168.7.7", "mac": "00:11:22:33:44:55"}]))
    b.point(nightly(r, 10) and of_rule(r, "NW-DST-002"),
            "an address outside the site's networks with the MAC of an asset is that asset", r)
    r = b.run("stranger", scenario([HEARTBEAT, leak(**{"from": "R"})],
                                   hosts=[{"id": "R", "ip": "192.168.7.7", "mac": "00:aa:bb:cc:dd:ee"}]))
    b.point(of_rule(r, "NW-DST-002", "192.168.7.7"),
            "two strangers in the VLAN of a closed zone are external traffic of it", r)


def carriers(b):
    inside = bytes([10, 20, 1, 40]), bytes([10, 20, 1, 41])
    switches = bytes([10, 20, 2, 1]), bytes([10, 20, 2, 2])
    for kind in ("vxlan", "gre"):
        r = b.run(kind, scenario([HEARTBEAT, leak()]), rewrite=tunnel(kind, switches, (LEAKING, DROP)))
        b.point(nightly(r, 10) and of_rule(r, "NW-DST-002"), "a leak within a tunnel (%s) is the asset's" % kind, r)
        r = b.run(kind + "-disguise", scenario([HEARTBEAT, leak()]), rewrite=tunnel(kind, (LEAKING, DROP), inside))
        found = of_rule(r, "NW-EXF-001")
        b.point(nightly(r, 10) and found[-1]["source"]["bytes"] > 0.9 * 100e6 * found[-1]["nachtwacht"]["evidence"][
            "nights_hit"], "a leak in the guise of a tunnel (%s) between harmless hosts is found" % kind, r)


def policies(b):
    r = b.run("maximum", scenario([HEARTBEAT] + [leak(id="leak%d" % i, to="203.0.113.%d" % i,
                                                     volume={"up": "45MB", "down": "1MB"})
                                                for i in range(1, 5)]),
              expecting({"to": {"ip": ["203.0.113.0/24"]}, "max_bytes_per_night": "50MB"}))
    b.point(of_rule(r, "NW-EXF-001"), "a maximum per night is the entry's, not each peer's", r)
    r = b.run("names", scenario([HEARTBEAT, leak(sni="evil.example"),
                                 leak(id="good", sni="a.good.example", leak=False,
                                      schedule={"every": "10m"}, volume={"up": "2KB", "down": "2KB"},
                                      duration="2s")], days=5),
              expecting({"to": {"domain": "*.good.example"}}))
    found = of_rule(r, "NW-EXF-001")
    b.point(found and found[-1]["source"]["bytes"] > 0.9 * 100e6 * found[-1]["nachtwacht"]["evidence"][
        "nights_hit"], "a name that is expected does not cover other names of the same address", r)
    r = b.run("expiry", scenario([HEARTBEAT, leak(schedule={"every": "20m"}, duration="5m",
                                                 volume={"up": "2MB", "down": "10KB"})], days=6),
              expecting({"to": {"ip": ["203.0.113.9"]},
                         "window": {"days": "mon-sun", "from": "00:00", "to": "03:00"}}))
    b.point(of_rule(r, "NW-DST-002") and r[0]["@timestamp"] < "2026-01-05T04:00",
            "traffic round the clock is not covered by the window in which it began", r)


def floods(b):
    peers = [{"id": "n%d" % i, "kind": "ntp", "from": "A", "to": "198.51.100.%d" % i,
              "schedule": {"every": "1h"}} for i in range(1, 41)]
    r = b.run("flood", scenario([HEARTBEAT, leak()] + peers, days=4))
    own = [x for x in of_rule(r, "NW-DST-002") if x["nachtwacht"]["channel"]["value"] == "203.0.113.9"]
    many = [x for x in of_rule(r, "NW-DST-002") if x["nachtwacht"]["channel"]["group"] == "any"]
    b.point(own and own[-1]["source"]["bytes"] > 290e6,
            "forty small external peers do not hide the large one", r)
    b.point(many and many[-1]["nachtwacht"]["channel"]["count"] == 24 and
            many[-1]["nachtwacht"]["channel"]["members"],
            "what is too much for incidents of its own is counted once each, and listed", r[-3:])
    decoys = {"id": "scan", "kind": "udp", "port": 9, "from": ["10.20.2.20", "10.20.2.21", "10.20.2.22",
                                                              "10.20.2.23"],
              "to": "net:100.64.0.0/10", "rotate_to": "connection", "rotate_from": "each",
              "schedule": {"every": "1s", "hours": "03:00-04:59"}, "volume": {"up": "20B", "down": "0"},
              "connections": 4, "outcome": "no-answer"}
    if not os.environ.get("NW_REDUCED"):
        r = b.run("decoys", scenario([HEARTBEAT, leak(), decoys], days=5))
        b.point(nightly(r, 5), "a hundred thousand decoys a night do not push a leak out", r)


def times(b):
    r = b.run("end", scenario([HEARTBEAT, leak()], days=5), arguments=["--to", "2026-01-09T01:10"])
    b.point(nightly(r, 4) and of_rule(r, "NW-EXF-001")[-1]["nachtwacht"]["nights"][-1]["partial"],
            "a last night that is not complete counts what it has, and is marked partial", r)
    r = b.run("return", scenario([HEARTBEAT, leak(schedule={"at": "00:30", "jitter": "5m",
                                                           "first_day": 1, "last_day": 5}),
                                  leak(id="again", schedule={"at": "00:30", "jitter": "5m",
                                                            "first_day": 25})], days=29))
    found = of_rule(r, "NW-EXF-001")
    again = [x for x in found if x["nachtwacht"]["incident"]["previous"]]
    b.point(again and again[0]["nachtwacht"]["evidence"]["nights_hit"] == 3 and
            again[0]["source"]["bytes"] < 310e6,
            "a pattern that returns counts its own nights only", found)
    r = b.run("small", scenario([HEARTBEAT, leak(volume={"up": "100KB", "down": "1KB"}, duration="1m",
                                                schedule={"at": "00:30", "jitter": "5m",
                                                          "first_day": 1, "last_day": 8})], days=26))
    ends = [x for x in of_rule(r, "NW-EXF-001") if x["event"]["action"] == "resolve"]
    b.point(ends and ends[-1]["nachtwacht"]["evidence"]["nights_hit"] == 8,
            "the record of the end speaks of the process that alarmed", r)


def main():
    b = Bench(*sys.argv[1:4])
    for part in (identities, carriers, policies, floods, times):
        part(b)
    print("1..%d" % b.count)
    return b.failed > 0


if __name__ == "__main__":
    sys.exit(main())
