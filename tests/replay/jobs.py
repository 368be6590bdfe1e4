#!/usr/bin/env python3
"""jobs.py - expected jobs: silent and visible while they behave, told when they deviate.

usage: jobs.py POINTS NACHTWACHT SYNTH SCRATCH VALIDATE SCHEMA
       jobs.py --write PATH

POINTS were printed before.  --write leaves a scenario (PATH.json) and its site (PATH.site) with three records:
shown as suppressed, then twice above the maximum.

Small scenarios: the asset A (10.20.1.11) sends 20 MB to the archive (10.30.0.5) every night at 01:30, as the
entry "sync" expects between 01:00 and 03:00, with one difference each.  Every scenario is replayed twice: in
one run without a state, and day by day with one; both must give the same bytes.  Prints TAP.
"""
import json
import os
import subprocess
import sys

SITE = {
    "site": {"id": "T", "timezone": "Europe/Amsterdam", "networks": ["10.0.0.0/8"],
             "closed_hours": [{"days": "mon-sun", "from": "22:00", "to": "05:00"}]},
    "zones": [{"id": "z", "networks": ["10.20.1.0/24"]}, {"id": "archive", "networks": ["10.30.0.0/24"]}],
    "assets": [{"id": "A", "role": "image_server", "vendor": "A", "zone": "z", "ip": ["10.20.1.11"]},
               {"id": "ARCHIVE-1", "role": "archive", "zone": "archive", "ip": ["10.30.0.5"]}],
}
HEARTBEAT = {"id": "hb", "kind": "ntp", "from": "A", "to": "10.20.1.40", "schedule": {"every": "10m"}}
MB = 1000000


def job(**changes):
    when = {"at": "01:30", "jitter": "5m"}
    when.update(changes.pop("when", {}))
    activity = {"id": "job", "kind": "tls", "sni": "archive.example", "from": "A", "to": "D",
                "schedule": when, "volume": {"up": "20MB", "down": "100KB"}, "duration": "20m"}
    activity.update(changes)
    return activity


def story(activities, days):
    return {"name": "t", "timezone": "Europe/Amsterdam", "start": "2026-01-05", "days": days, "seed": 1,
            "segments": [{"id": "z", "networks": ["10.20.1.0/24"]}, {"id": "d", "networks": ["10.30.0.0/24"]}],
            "hosts": [{"id": "A", "ip": "10.20.1.11"}, {"id": "D", "ip": "10.30.0.5"},
                      {"id": "X", "ip": "203.0.113.9"}],
            "activities": [HEARTBEAT] + activities}


def site(**changes):
    entry = {"id": "sync", "from": {"asset": "A"}, "to": {"asset": "ARCHIVE-1"}, "services": ["tcp/443"],
             "window": {"days": "mon-sun", "from": "01:00", "to": "03:00"}, "max_bytes_per_night": "50MB",
             "owner": "archive team", "ticket": "CHG-1041"}
    entry.update(changes)
    return dict(SITE, expected=[{key: value for key, value in entry.items() if value is not None}])


class Bench:
    def __init__(self, points, program, synth, scratch, validate, schema):
        self.program, self.synth, self.scratch = program, synth, scratch
        self.validate, self.schema = validate, schema
        self.count, self.failed = int(points), 0

    def point(self, good, what, records=()):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, what))
        for record in records if not good else ():
            print("#   %s %s %s: %s" % (record["@timestamp"], record["rule"]["id"],
                                        record["event"]["action"], record["message"][:170]))
        sys.stdout.flush()

    def replay(self, alerts, site_path, captures, *arguments):
        done = subprocess.run([self.program, "replay", "--progress", "never", "--shards", "4", "--site", site_path,
                               "--alerts", alerts, *arguments, *captures], stderr=subprocess.PIPE,
                              timeout=120, check=False)
        if done.returncode:
            print("# exit status %d: %s" % (done.returncode, done.stderr.decode()[:300]))
        return done.stderr.decode()

    def same_by_day(self, name, path, files):
        """A run a day on one state writes what one run over all days writes."""
        for file in files:
            self.replay(path + ".daily", path + ".site", [file], "--quiet", "--state", path + ".state")
        self.replay(path + ".one", path + ".site", files, "--quiet", "--state", path + ".once")
        with open(path + ".daily", "rb") as by_day, open(path + ".one", "rb") as one:
            self.point(by_day.read() == one.read(), "%s: daily files give the bytes of one run" % name)

    def run(self, name, activities, days, policy=None, daily=False):
        """The records of one run; that they keep the schema, and that daily files give the same, are points."""
        path = os.path.join(self.scratch, name)
        with open(path + ".json", "w", encoding="utf-8") as f:
            json.dump(story(activities, days), f)
        with open(path + ".site", "w", encoding="utf-8") as f:
            json.dump(policy or site(), f)
        os.mkdir(path)
        subprocess.run([self.synth, "--split-days", "-o", os.path.join(path, "day.pcap"), path + ".json"],
                       check=True, stderr=subprocess.DEVNULL)
        files = sorted(os.path.join(path, file) for file in os.listdir(path))
        if daily:
            self.same_by_day(name, path, files)
        self.words = self.replay(path + ".alerts", path + ".site", files)
        for file in files:
            os.unlink(file)
        if os.path.getsize(path + ".alerts"):
            done = subprocess.run([sys.executable, self.validate, self.schema, path + ".alerts"],
                                  stdout=subprocess.PIPE, check=False)
            self.point(done.returncode == 0, "%s: the records keep the schema" % name)
        with open(path + ".alerts", encoding="utf-8") as f:
            return [json.loads(line) for line in f]


def shown(records):
    return [r for r in records if r["nachtwacht"]["suppression"] == "sync"]


def told(records, *rules):
    return [r for r in records if r["nachtwacht"]["suppression"] is None and
            (not rules or r["rule"]["id"] in rules)]


def said(records, rule, *words):
    """Records of a rule whose message or explanation has all the words."""
    return [r for r in told(records, rule)
            if all(word in r["message"] + " ".join(r["nachtwacht"]["explain"]) for word in words)]


def behaves(b):
    r = b.run("behaves", [job()], 40)
    b.point(not told(r), "a job that behaves is silent", told(r))
    s = shown(r)
    b.point([x["event"]["action"] for x in s] == ["open", "update"] and
            s[0]["@timestamp"][:10] == "2026-01-07" and s[1]["@timestamp"][:10] == "2026-02-06",
            "it is shown as suppressed after its third night, then after 30 more", s)
    b.point(s and s[0]["event"]["severity"] == 1 and s[0]["message"] ==
            "A sent 60 MB to ARCHIVE-1 on 3 of 3 nights, as the expected entry sync allows",
            "in these words, with severity 1", s)
    b.point("1 nightly upload as expected entries allow" in b.words and "A sent 60 MB" not in b.words,
            "the summary counts it in a line and does not print it")
    r = b.run("stops", [job(when={"last_day": 5})], 24)
    s = shown(r)
    b.point(s and s[-1]["event"]["action"] == "resolve", "it resolves when the job has stopped", s)


def above(b):
    r = b.run("above", [job(when={"not_days": [6, 7]}),
                        job(id="more", when={"days": [6, 7]}, volume={"up": "80MB", "down": "100KB"})], 24, daily=True)
    d = told(r, "NW-EXP-001")
    b.point([x["event"]["action"] for x in d] == ["open", "update", "resolve"] and len(told(r)) == 3,
            "above the maximum: one record a night, resolved after fourteen", told(r))
    b.point(d and d[0]["@timestamp"] < "2026-01-10T01:00" and d[0]["event"]["severity"] == 3 and
            50 * MB < d[0]["source"]["bytes"] < 60 * MB, "at once, severity 3", d)
    b.point(said(r, "NW-EXP-001", "50 MB a night", "ARCHIVE-1", "archive team", "CHG-1041") and
            d[0]["nachtwacht"]["channel"]["group"] == "ip" and d[0]["nachtwacht"]["triage"],
            "it says what was expected, by whom and under which ticket", d)


def shifted(b):
    r = b.run("shifted", [job(when={"not_days": [8, 9, 10]}),
                          job(id="late", when={"at": "04:30", "days": [8, 9, 10]})], 12, daily=True)
    d = said(r, "NW-EXP-001", "outside the hours", "01:00-03:00")
    b.point(len(d) == 3 and d[0]["@timestamp"][:10] == "2026-01-12", "shifted by 3 h: told each night", d)
    b.point(not told(r, "NW-HLT-002"), "and it is not called missing", told(r))
    b.point({x["event"]["severity"] for x in d} == {3} and
            {x["event"]["severity"] for x in told(r, "NW-EXF-001")} == {2},
            "severity 3; detector N counts these nights as well, to an internal peer at most 2", told(r))
    r = b.run("early", [job(when={"last_day": 6}), job(id="early", when={"at": "22:30", "first_day": 7})], 9)
    b.point(len(said(r, "NW-EXP-001", "outside the hours")) == 3 and not told(r, "NW-HLT-002"),
            "the same when it comes early", told(r))
    # 20 MB over 170 minutes from 01:30: the last 20 are after the grace, 12 % of it.
    r = b.run("tail", [job(when={"at": "01:30", "jitter": "0s"}, duration="170m")], 8)
    b.point(not told(r, "NW-EXP-001"), "a tail after the grace is late, not elsewhere", told(r))
    r = b.run("keepalive", [job(), {"id": "ping", "kind": "tls", "from": "A", "to": "D", "sni": "archive.example",
                                    "schedule": {"every": "1h"}, "volume": {"up": "2KB", "down": "2KB"},
                                    "duration": "2s"}], 8)
    b.point(not told(r), "a few packets outside the hours are none", told(r))


def elsewhere(b):
    other = job(id="other", to="X", when={"at": "01:40", "days": [8]})
    r = b.run("elsewhere", [job(when={"not_days": [8]}), other], 10, daily=True)
    d = said(r, "NW-EXP-001", "203.0.113.9", "did not run", "sync")
    b.point(len(d) == 1 and d[0]["destination"]["ip"] == "203.0.113.9" and
            d[0]["@timestamp"] == "2026-01-12T03:10:00.000000Z", "to another destination instead of its own", r)
    b.point(d and d[0]["nachtwacht"]["channel"]["value"] == "203.0.113.9" and
            19 * MB < d[0]["source"]["bytes"] < 22 * MB, "about the channel that took its place", d)
    r = b.run("beside", [job(), other], 10)
    b.point(not told(r, "NW-EXP-001"), "beside the job that ran it is none", told(r))
    r = b.run("little", [job(when={"not_days": [8]}), dict(other, volume={"up": "2MB", "down": "9KB"})], 10)
    b.point(not told(r, "NW-EXP-001"), "nor is a tenth of the amount", told(r))


def missing(b):
    r = b.run("missing", [job(when={"not_days": [7, 10, 11, 12]})], 15, daily=True)
    m = told(r, "NW-HLT-002")
    b.point([x["event"]["action"] for x in m] == ["open", "resolve"] and len(told(r)) == 2,
            "missing once is silent, missing twice is told, running again resolves it", told(r))
    b.point(m and m[0]["@timestamp"] == "2026-01-15T03:10:00.000000Z" and m[0]["event"]["severity"] == 2 and
            m[0]["nachtwacht"]["asset"]["id"] == "A" and
            said(r, "NW-HLT-002", "sync", "last 2 days", "CHG-1041"),
            "after the grace of the second night, severity 2, with entry and ticket", m)
    two = site()
    two["expected"].append(dict(two["expected"][0], id="copy", to={"ip": ["10.30.0.6"]}))
    r = b.run("both", [job(when={"last_day": 6}), job(id="copy", to="10.30.0.6", when={"last_day": 6})], 9, two)
    m = told(r, "NW-HLT-002")
    b.point(len({x["nachtwacht"]["incident"]["id"] for x in m}) == 2 and len(m) == 2 and
            "copy" in m[0]["message"] + m[1]["message"], "one incident for each entry", m)
    r = b.run("rare", [job(when={"days": [1, 5]})], 9)
    b.point(not told(r), "a job without a habit is not missed", told(r))
    r = b.run("irregular", [job(when={"weekdays": ["tue", "thu"]})], 26,
              site(window={"days": "mon-fri", "from": "01:00", "to": "03:00"}))
    b.point(not told(r), "a window wider than its use makes no job missing", told(r))
    weekly = site(window={"days": "sun", "from": "01:00", "to": "03:00"})
    r = b.run("weekly", [job(when={"weekdays": ["sun"], "last_day": 35})], 52, weekly)
    m = told(r)
    b.point([x["rule"]["id"] for x in m] == ["NW-HLT-002"] and m[0]["@timestamp"][:10] == "2026-02-22",
            "a weekly job is missing on its own days only", m)


def expired(b):
    until = site(expires="2026-01-10", window=None, max_bytes_per_night=None)
    r = b.run("expired", [job()], 8, until, daily=True)
    d = said(r, "NW-EXP-001", "until it expired on 2026-01-10")
    b.point(len(d) == 2 and d[0]["@timestamp"][:10] == "2026-01-11" and not told(r, "NW-HLT-002"),
            "what an expired entry covered is told", told(r))
    r = b.run("expired-window", [job()], 9, site(expires="2026-01-10"))
    b.point(len(said(r, "NW-EXP-001", "expired on 2026-01-10")) == 3 and not told(r, "NW-HLT-002"),
            "with a window too, and it is not called missing", told(r))


def write(path):
    activities = [job(when={"last_day": 4}), job(id="more", when={"first_day": 5}, volume={"up": "80MB"})]
    for end, value in ((".json", story(activities, 6)), (".site", site())):
        with open(path + end, "w", encoding="utf-8") as f:
            json.dump(value, f)
    return 0


def main():
    if sys.argv[1] == "--write":
        return write(sys.argv[2])
    b = Bench(*sys.argv[1:7])
    for part in (behaves, above, shifted, elsewhere, missing, expired):
        part(b)
    print("1..%d" % b.count)
    return b.failed > 0


if __name__ == "__main__":
    sys.exit(main())
