#!/usr/bin/env python3
"""real.py - real traffic: the long recordings of the collection are quiet, and a leak within real traffic is found.

usage: real.py NACHTWACHT SYNTH CAPTURES SCRATCH COUNT

The recordings (two days of a host on the internet, a day behind a proxy, an industrial ring while it is attacked)
must raise nothing of severity 4 or more.  Two of them are logs of connections, of which flowlog.py makes captures;
that the program counts in those what the logs say is a point of its own.

Then leaks: eight nights, 30 MB at about 01:00, from an address that a real capture has, in files beside the
capture, whose time lies in the fourth night's day.  For the recordings and for COUNT captures of the collection,
chosen by a hash of their names.  Each must be found as it is alone: L1 by the fourth night and L2 by the sixth,
one incident.  Prints TAP.
"""
import datetime
import hashlib
import ipaddress
import json
import os
import subprocess
import sys
import zipfile

import flowlog

NIGHTS = 8
TO = "203.0.113.77"
RECORDINGS = [
    # name, time zone, network, asset, how the capture is made, from what
    ("host", "Europe/Prague", "147.32.81.0/24", "147.32.81.167", "log",
     "stratosphere-testing/008-zeek-mixed/data/conn.log.labeled"),
    ("proxy", "Europe/Amsterdam", "10.136.0.0/24", "10.136.0.18", "log", "rita/proxy/conn.log"),
    ("ring", "Europe/Stockholm", "198.18.134.0/24", "198.18.134.99", "zip",
     "westermo/data/reduced/pcaps/right.zip"),
]


def site(zone, network, asset):
    return {"site": {"id": "REAL", "timezone": zone, "networks": [network],
                     "closed_hours": [{"days": "mon-sun", "from": "22:00", "to": "05:00"}]},
            "zones": [{"id": "z", "networks": [network]}],
            "assets": [{"id": "A", "role": "review", "zone": "z", "ip": [asset]}]}


def leak(zone, asset, start):
    """A scenario: eight nights of it and nothing else."""
    return {"name": "leak", "timezone": zone, "start": start.isoformat(), "days": NIGHTS + 1, "seed": 7,
            "hosts": [{"id": "A", "ip": asset}, {"id": "X", "ip": TO}],
            "activities": [{"id": "leak", "kind": "tls", "from": "A", "to": "X", "sni": "drop.example",
                            "schedule": {"at": "01:00", "jitter": "15m", "first_day": 1},
                            "volume": {"up": "30MB", "down": "300KB"}, "duration": "20m", "leak": True}]}


class Bench:
    def __init__(self, program, synth, captures, scratch):
        self.program, self.synth, self.captures, self.scratch = program, synth, captures, scratch
        self.count = self.failed = 0

    def point(self, good, what, lines=()):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, what))
        for line in () if good else lines:
            print("#   %s" % line)
        sys.stdout.flush()

    def path(self, name):
        return os.path.join(self.scratch, name)

    def replay(self, policy, *files):
        """Records and flows of a run; None when it failed."""
        arguments = ["--alerts", self.path("alerts"), "--flows", self.path("flows"), "--quiet"]
        if policy:
            with open(self.path("site"), "w", encoding="utf-8") as f:
                json.dump(policy, f)
            arguments += ["--site", self.path("site")]
        done = subprocess.run([self.program, "replay", "--progress", "never", *arguments, *files],
                              stderr=subprocess.PIPE, timeout=300, check=False)
        if done.returncode:
            print("# exit status %d: %s" % (done.returncode, done.stderr.decode(errors="replace")[:200]))
            return None
        return [[json.loads(line) for line in open(self.path(name), encoding="utf-8")]
                for name in ("alerts", "flows")]

    def quiet(self, name, policy, capture, told):
        ran = self.replay(policy, capture)
        if ran is None:
            self.point(False, "%s: replays" % name)
            return
        records, flows = ran
        loud = [r for r in records if r["event"]["severity"] >= 4]
        self.point(not loud, "%s: %d flows of real traffic raise nothing of severity 4 or more (%d records)" %
                   (name, len(flows), len(records)), [r["message"] for r in loud])
        if told:
            seen = sum(f["nachtwacht"]["flow"]["payload_up"] + f["nachtwacht"]["flow"]["payload_down"] for f in flows)
            self.point(seen == told, "%s: the bytes of the log are counted" % name, ["%d of %d" % (seen, told)])

    def found(self, name, zone, asset, policy, capture, first):
        """The leak beside that capture, which is from the day of its fourth night."""
        start = datetime.datetime.fromtimestamp(first, datetime.timezone.utc).date() - datetime.timedelta(days=4)
        with open(self.path("leak.json"), "w", encoding="utf-8") as f:
            json.dump(leak(zone, asset, start), f)
        subprocess.run([self.synth, "-o", self.path("leak.pcap"), self.path("leak.json")], check=True,
                       stderr=subprocess.DEVNULL)
        ran = self.replay(policy, self.path("leak.pcap"), capture)
        told = [r for r in ran[0] if r["rule"]["id"] == "NW-EXF-001"] if ran else []
        levels = {}
        for r in told:
            level = r["nachtwacht"]["incident"]["level"]
            levels.setdefault(level, r["nachtwacht"]["evidence"]["nights_hit"])
        own = [r for r in told if r["source"]["ip"] == asset and r["destination"]["ip"] == TO]
        incidents = {r["nachtwacht"]["incident"]["id"] for r in told}
        self.point(own and len(incidents) == 1 and levels.get("L1", 99) <= 4 and levels.get("L2", 99) <= 6,
                   "%s: the leak within is found (%s)" % (name, ", ".join(
                       "%s night %s" % item for item in sorted(levels.items())) or "not told"),
                   [r["message"] for r in told])

    def recordings(self):
        for name, zone, network, asset, how, source in RECORDINGS:
            source, capture = os.path.join(self.captures, source), self.path(name + ".pcap")
            told = None
            if how == "log":
                _, up, down, first = flowlog.to_capture(source, capture)
                told = up + down
            else:
                with zipfile.ZipFile(source) as z, open(capture, "wb") as f:
                    f.write(z.read(z.namelist()[0]))
                first = int.from_bytes(open(capture, "rb").read(28)[24:28], "little")
            policy = site(zone, network, asset)
            self.quiet(name, policy, capture, told)
            self.found(name, zone, asset, policy, capture, first)

    def candidates(self):
        """Captures of a known time and at most a day, in an order that says nothing about them."""
        rows = []
        with open(os.path.join(self.captures, "INDEX.tsv"), encoding="utf-8") as f:
            head = f.readline().rstrip("\n").split("\t")
            for line in f:
                row = dict(zip(head, line.rstrip("\n").split("\t")))
                try:
                    seconds = float(row["duration_s"])
                except ValueError:
                    continue
                if row["link_type"] == "ether" and 1 <= seconds <= 86400 and row["first_utc"][:2] == "20" and \
                        int(row["packets"]) >= 50 and not row["duplicate_of"]:
                    rows.append((hashlib.sha256(row["path"].encode()).hexdigest(), row["path"], row["first_utc"]))
        return [(path, first) for _, path, first in sorted(rows)]

    def spliced(self, count):
        for path, first in self.candidates():
            if count == 0:
                return
            capture = os.path.join(self.captures, path)
            ran = self.replay(None, capture)
            asset = next((f["source"]["ip"] for f in (ran[1] if ran else [])
                          if ":" not in f["source"]["ip"] and ipaddress.ip_address(f["source"]["ip"]).is_private
                          and f["source"]["ip"].split(".")[0] in ("10", "172", "192")), None)
            if not asset:
                continue
            count -= 1
            moment = datetime.datetime.fromisoformat(first.replace("Z", "+00:00")).timestamp()
            self.found(path, "UTC", asset, None, capture, moment)


def main():
    b = Bench(*sys.argv[1:5])
    b.recordings()
    b.spliced(int(sys.argv[5]))
    print("1..%d" % b.count)
    return b.failed > 0


if __name__ == "__main__":
    sys.exit(main())
