#!/usr/bin/env python3
"""baseline.py - NW-DST-001, the baseline, and what humans do to it.

usage: baseline.py NACHTWACHT SYNTH SCRATCH

Twenty daily files into one state, review, promote, revoke, a flood, requests to a process that holds
the state.  The sensor's first day is 2026-01-05, so it learns until 2026-01-18, 12:00.  Prints TAP.
"""
import glob
import json
import os
import re
import sqlite3
import signal
import subprocess
import sys
import time

SITE = {
    "site": {"id": "T", "timezone": "UTC", "networks": ["10.0.0.0/8"],
             "closed_hours": [{"days": "mon-sun", "from": "22:00", "to": "05:00"}]},
    "zones": [{"id": "z", "networks": ["10.20.1.0/24"], "closed": True},
              {"id": "o", "networks": ["10.20.2.0/24"]}],
    "assets": [{"id": "A", "role": "image_server", "zone": "z", "ip": ["10.20.1.11"]},
               {"id": "B1", "role": "review", "zone": "o", "ip": ["10.20.2.11"]},
               {"id": "B2", "role": "review", "zone": "o", "ip": ["10.20.2.12"]},
               {"id": "B3", "role": "archive", "zone": "o", "ip": ["10.20.2.13"]}],
    "expected": [{"id": "ntp", "from": {"zone": "o"}, "to": {"ip": ["192.0.2.123/32"]},
                  "services": ["udp/123"], "window": {"days": "mon-sun", "from": "06:00", "to": "07:00"},
                  "owner": "o", "ticket": "t", "expires": "2030-01-01"}],
}
SEGMENTS = [{"id": "z", "networks": ["10.20.1.0/24"], "vlan": 120, "gateway_mac": "00:11:22:33:00:01"},
            {"id": "o", "networks": ["10.20.2.0/24"], "vlan": 121, "gateway_mac": "00:11:22:33:00:02"}]
HEARTBEAT = {"id": "hb", "kind": "ntp", "from": "B1", "to": "10.20.1.40", "schedule": {"every": "1h"}}


def talk(name, who, to, at, days=None, **changes):
    a = {"id": name, "kind": "tls", "sni": "www.%s.example" % name, "from": who, "to": to,
         "schedule": {"at": at}, "volume": {"up": "3KB", "down": "9KB"}, "duration": "5s"}
    if days:
        a["schedule"].update(days)
    a.update(changes)
    return {k: v for k, v in a.items() if v is not None}


def day_of(number):
    """The date of the number-th day, from 0."""
    return "2026-01-%02d" % (5 + number)


class Bench:
    def __init__(self, program, synth, scratch):
        self.program, self.synth, self.scratch = program, synth, scratch
        self.count = self.failed = 0

    def point(self, good, what, seen=None):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, what))
        if not good and seen is not None:
            for line in str(seen).splitlines()[:12]:
                print("#   " + line[:300])

    def path(self, name):
        return os.path.join(self.scratch, name)

    def captures(self, name, activities, days):
        folder = self.path(name)
        os.makedirs(folder)
        story = {"name": "t", "timezone": "UTC", "start": "2026-01-05", "days": days, "seed": 1,
                 "segments": SEGMENTS,
                 "hosts": [{"id": "A", "ip": "10.20.1.11"}, {"id": "B1", "ip": "10.20.2.11"},
                           {"id": "B2", "ip": "10.20.2.12"}, {"id": "B3", "ip": "10.20.2.13"}],
                 "activities": [HEARTBEAT] + activities}
        with open(folder + ".json", "w") as f:
            json.dump(story, f)
        made = subprocess.run([self.synth, "--split-days", "-o", folder + "/day.pcap", folder + ".json"],
                              stderr=subprocess.PIPE)
        if made.returncode:
            print("Bail out! %s" % made.stderr.decode()[:300])
            sys.exit(1)
        return sorted(glob.glob(folder + "/*.pcap"))

    def site(self, name, **changes):
        path = self.path(name + ".site")
        with open(path, "w") as f:
            json.dump(dict(SITE, **changes), f)
        return path

    def call(self, *arguments):
        done = subprocess.run([self.program] + list(arguments), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def replay(self, name, site, files, state=True):
        alerts = self.path(name + ".alerts")
        arguments = ["replay", "--quiet", "--progress", "never", "--shards", "4", "--site", site, "--alerts", alerts]
        if state:
            arguments += ["--state", self.path(name + ".state")]
        status, _, said = self.call(*arguments, *files)
        if status:
            print("# %s: exit status %d: %s" % (name, status, said[:400]))
        return self.records(name)

    def records(self, name):
        with open(self.path(name + ".alerts")) as f:
            return [json.loads(line) for line in f]

    def state(self, verb, name, *arguments):
        return self.call("state", verb, "--state", self.path(name + ".state"), *arguments)

    def review(self, name, *arguments):
        return json.loads(self.state("review", name, "--as", "json", *arguments)[1])

    def id_of(self, name, asset, destination):
        found = [x["id"] for x in self.review(name)
                 if x["asset"] == asset and x["destination"] == destination]
        return found[0] if found else "dst-000000000000"


def of(records, asset, action=None, rule="NW-DST-001"):
    return [r for r in records if r["rule"]["id"] == rule and r["nachtwacht"]["asset"]["id"] == asset and
            (action is None or r["event"]["action"] == action)]


def about(records, destination):
    return [r for r in records if r["nachtwacht"]["baseline"].get("destination") == destination]


def words(records):
    return "\n".join("%s %s %s: %s" % (r["@timestamp"], r["rule"]["id"], r["event"]["action"],
                                       r["message"]) for r in records)


def story():
    later = {"first_day": 16}
    return [
        talk("old", "B1", "198.51.100.7", "10:00"),
        talk("new", "B1", "203.0.113.9", "11:00", later),
        talk("new2", "B2", "203.0.113.9", "12:30", {"first_day": 18}, sni="api.new.example"),
        talk("far", "B3", "203.0.113.9", "13:30", {"first_day": 18}, sni="www.new.example"),
        talk("closed", "A", "192.0.2.50", "14:00", later),
        talk("dead", "B1", "192.0.2.77", "15:00", {"days": [17]}, sni=None,
             kind="raw-tcp", port=8443, text="x", outcome="no-answer"),
        talk("ntp", "B2", "192.0.2.123", "16:00", later, kind="ntp", sni=None, volume=None,
             duration=None),
    ]


def life(b):
    """Learn, observe, promote, revoke, enforce: the same state all along."""
    days = b.captures("life", story(), 24)
    site = b.site("life")
    r = b.replay("life", site, days[:14])
    b.point(not of(r, "B1"), "learn: nothing is raised", words(of(r, "B1")))
    waits = b.review("life")
    b.point([(x["asset"], x["destination"], x["seen"]) for x in waits] == [("B1", "old.example", "in learn")],
            "learn: what was met is listed", waits)
    b.point(waits and waits[0]["nights"] == 14 and waits[0]["services"] == "tcp/443" and
            waits[0]["up"] > 40000, "review: nights, service and bytes", waits)
    for day in days[14:17]:
        r = b.replay("life", site, [day])
    opened = of(r, "B1", "open")
    b.point(len(about(opened, "new.example")) == 1 and not about(r, "old.example"),
            "observe: the new destination is raised once, that of learn is not", words(r))
    n = (about(opened, "new.example") or [r[0]])[0]
    b.point(n["event"]["severity"] == 3 and n["nachtwacht"]["baseline"]["state"] == "observe" and
            n["nachtwacht"]["channel"]["value"] == "new.example" and
            (n["destination"].get("ip"), n["destination"].get("port")) == ("203.0.113.9", 443),
            "observe: severity 3, the domain as its channel, with address and port", json.dumps(n))
    b.point(n["@timestamp"] <= "%sT11:02" % day_of(15), "at once: within a minute of the traffic",
            n["@timestamp"])
    dead = about(opened, "192.0.2.0/24")
    b.point(len(dead) == 1 and "no answer seen" in dead[0]["message"], "an attempt counts, and is said to be one",
            words(opened))
    mine = of(r, "A", "open")
    both = of(r, "A", "open", "NW-DST-002")
    b.point(len(mine) == 1 and len(both) == 1 and mine[0]["nachtwacht"]["incident"]["case"] ==
            both[0]["nachtwacht"]["incident"]["case"], "a closed zone: two rules, one case", words(mine + both))
    b.point(not of(r, "B2"), "a policy entry that is out of its window knows the destination", words(of(r, "B2")))
    promotions(b, days, site)


def promotions(b, days, site):
    new, dead = b.id_of("life", "B1", "new.example"), b.id_of("life", "B1", "192.0.2.0/24")
    sign = ("--by", "j.doe", "--reason", "CHG-4711 \u00fcber")
    status, out, _ = b.state("promote", "life", "--id", new, *sign, "--dry-run")
    b.point(status == 0 and new in out and "nothing was changed" in out and
            not json.loads(b.state("review", "life", "--log", "--as", "json")[1]), "--dry-run changes nothing", out)
    status, out, err = b.state("promote", "life", "--id", new, *sign)
    b.point(status == 0 and "1 accepted" in out, "promote", out + err)
    log = json.loads(b.state("review", "life", "--log", "--as", "json")[1])
    b.point([(x["act"], x["by"], x["reason"], x["id"], x["asset"], x["destination"], x["how"]) for x in log] ==
            [("promote", "j.doe", sign[3], new, "B1", "new.example", "direct")] and
            abs(time.time() - time.mktime(time.strptime(log[0]["time"][:19], "%Y-%m-%dT%H:%M:%S")) +
                time.timezone) < 600, "the log: who, when, what, why", log)
    status, out, _ = b.state("promote", "life", "--all-without-incident", *sign, "--dry-run")
    b.point("accept: B1 -> old.example" in out and "left out, an incident is open: B1 -> 192.0.2.0/24" in out,
            "--all-without-incident leaves out what an incident is about", out)
    r = b.replay("life", site, [days[17]])
    done = about(of(r, "B1", "resolve"), "new.example")
    b.point(len(done) == 1 and done[0]["nachtwacht"]["explain"][0] == "Accepted by j.doe: %s" % sign[3],
            "the incident is resolved, with who and why", words(r))
    b.point(not of(r, "B2", "open"), "an asset of the same role: the baseline holds it", words(of(r, "B2")))
    b.point(len(about(of(r, "B3", "open"), "new.example")) == 1, "an asset of another role: raised",
            words(of(r, "B3")))
    status, out, err = b.state("promote", "life", "--revoke", new, "--by", "x", "--reason", "y")
    b.point(status == 0 and "1 revoked" in out, "revoke", out + err)
    r = b.replay("life", site, [days[18]])
    again = about(of(r, "B1", "open"), "new.example")
    b.point(len(again) == 2 and again[1]["nachtwacht"]["incident"]["previous"] ==
            again[0]["nachtwacht"]["incident"]["id"] and
            any("revoked by x" in line for line in again[1]["nachtwacht"]["explain"]),
            "after it: a new incident, with the previous one and who revoked", words(of(r, "B1")))
    b.point(len(about(of(r, "B2", "open"), "new.example")) == 1, "and the role's other asset is raised too",
            words(of(r, "B2")))
    r = b.replay("life", b.site("enforce", site=SITE["site"], baseline="enforce"), [days[19]])
    old = about(of(r, "B1", "open"), "old.example")
    b.point(len(old) == 1 and old[0]["event"]["severity"] == 4 and
            old[0]["nachtwacht"]["baseline"]["state"] == "enforce" and "nobody has accepted" in old[0]["message"],
            "enforce: what was met in learn and not promoted, severity 4", words(of(r, "B1")))
    grown = [x for x in of(r, "B3") if x["event"]["severity"] == 4]
    b.point(grown, "enforce: an open incident's severity grows", words(of(r, "B3")))
    b.point(b.state("promote", "life", "--id", dead, "--by", "j", "--reason", "r")[0] == 0 and
            b.state("promote", "life", "--id", dead, "--by", "j", "--reason", "r")[1].count("already") == 1,
            "promoting twice is said", "")
    validate(b, "life")


def names(b):
    """Two names behind one address are two destinations."""
    days = b.captures("names", [talk("one", "B1", "203.0.113.9", "10:00"),
                                talk("two", "B1", "203.0.113.9", "10:20")], 1)
    r = of(b.replay("names", b.site("names", baseline="enforce"), days), "B1", "open")
    b.point(len(r) == 2 and len({x["nachtwacht"]["incident"]["id"] for x in r}) == 2 and
            len({x["nachtwacht"]["incident"]["case"] for x in r}) == 1,
            "two names behind one address: two incidents, one case", words(r))


def validate(b, name):
    tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    schema = os.path.join(os.path.dirname(tests), "rules", "schema", "alert.schema.json")
    done = subprocess.run([sys.executable, os.path.join(tests, "validate.py"), schema, b.path(name + ".alerts")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    b.point(done.returncode == 0, "every record is valid", done.stdout.decode())


def one_run(b):
    """Daily files give the bytes of one run."""
    days = sorted(glob.glob(b.path("life") + "/*.pcap"))
    site = b.path("life.site")
    b.replay("whole", site, days)
    for day in days:
        b.replay("daily", site, [day])
    with open(b.path("whole.alerts"), "rb") as f, open(b.path("daily.alerts"), "rb") as g:
        whole, daily = f.read(), g.read()
    b.point(whole and whole == daily, "daily files: the bytes of one run", "%d %d" % (len(whole), len(daily)))
    b.point(b.state("export", "whole", "--as", "csv")[1] == b.state("export", "daily", "--as", "csv")[1] and
            b.review("whole") == b.review("daily"), "and the same baseline")


def flood(b):
    many = [talk("n%d" % i, "B1", "100.%d.%d.9" % (64 + i // 200, i % 200), "%02d:%02d" % (9 + i // 60, i % 60),
                 kind="udp", sni=None, volume=None, duration=None, port=9000,
                 message={"up": 20, "down": 20}, exchanges=1) for i in range(60)]
    large = talk("large", "B1", "203.0.113.9", "20:00", volume={"up": "2MB", "down": "9KB"})
    days = b.captures("flood", many + [large], 2)
    site = b.site("flood", baseline="enforce")
    r = b.replay("flood", site, days)
    own = [x for x in of(r, "B1", "open") if x["nachtwacht"]["channel"]["group"] != "any"]
    any_ = [x for x in of(r, "B1") if x["nachtwacht"]["channel"]["group"] == "any"]
    b.point(len(own) == 17 and about(own, "large.example"),
            "a flood: sixteen of their own, and the large one", words(own))
    b.point(any_ and len({x["nachtwacht"]["incident"]["id"] for x in any_}) == 1 and
            32 <= any_[-1]["nachtwacht"]["channel"]["count"] <= 45,
            "the others are one incident with a count", words(any_))
    b.point(len(b.review("flood")) == 61, "and all of them are listed", len(b.review("flood")))
    validate(b, "flood")


def refusals(b):
    known = b.review("life")[0]["id"]
    sign = ["--by", "j", "--reason", "r"]
    for arguments, said in ((["--id", known], "--by takes"), (["--id", known, "--by", "j"], "--reason takes"),
                            (sign, "needs one of"), (["--id", known, "--asset", "B1"] + sign, "needs one of"),
                            (["--id", "dst-ffffffffffff"] + sign, "is not the id"),
                            (["--asset", "nobody"] + sign, "knows no asset"),
                            (["--id", known, "--by", "a\nb", "--reason", "r"], "--by takes"),
                            (["--id", known, "--by", "j" * 64, "--reason", "r"], "--by takes"),
                            (["--log"], "--log goes with")):
        status, _, err = b.state("promote", "life", *arguments)
        b.point(status == 2 and said in err and err.count("\n") == 1, "refused: %s" % " ".join(arguments).replace("\n", "?")[:60],
                err)
    status, out, _ = b.call("state", "promote", "--help")
    b.point(status == 0 and "Exit status" in out and "--revoke ID" in out, "promote --help is a page", out)
    status, out, _ = b.state("review", "life", "--site", b.path("life.site"))
    b.point(status == 0 and out.isascii() and re.search("^ID +ASSET", out, re.M), "review: a table", out)
    rows = b.state("review", "life", "--as", "csv")[1].split("\r\n")
    b.point(len(rows) == len(b.review("life")) + 2, "review: csv", rows[:3])


def requests(b):
    """A process that holds the state: the request waits beside it, and is taken."""
    days = sorted(glob.glob(b.path("life") + "/*.pcap"))
    site, state = b.path("life.site"), b.path("held.state")
    b.replay("held", site, days[:14])
    old = b.id_of("held", "B1", "old.example")
    sign = ["--by", "j.doe", "--reason", "asked"]
    holder = subprocess.Popen([sys.executable, "-c", HOLD, state], stdout=subprocess.PIPE)
    holder.stdout.readline()
    status, out, err = b.state("promote", "held", "--id", old, *sign)
    left = glob.glob(state + ".request-*")
    b.point(status == 0 and "process %d " % holder.pid in out and len(left) == 1,
            "while a process holds the state: a request is left", out + err)
    b.point(not json.loads(b.state("review", "held", "--log", "--as", "json")[1]), "and nothing is changed")
    holder.kill()
    holder.wait()
    hostile(state, old)
    done = subprocess.run([b.program, "replay", "--progress", "never", "--shards", "4", "--site", site, "--state", state,
                           "--alerts", b.path("held.alerts"), days[14]], stderr=subprocess.PIPE)
    said = done.stderr.decode(errors="replace")
    b.point(done.returncode == 0 and said.count("is refused") == 5 and "1 done" in said,
            "the next run takes it, and refuses what is malformed", said)
    b.point(sorted(os.path.basename(p) for p in glob.glob(state + ".request-*")) ==
            ["held.state.request-nonsense"], "the files are removed, others are left", os.listdir(b.scratch))
    b.point("\x1b" not in said, "nothing that a terminal obeys is said")
    log = json.loads(b.state("review", "held", "--log", "--as", "json")[1])
    b.point([(x["id"], x["by"], x["how"]) for x in log] == [(old, "j.doe", "request")], "and it is in the log", log)
    b.point(not [x for x in b.review("held") if x["id"] == old], "the destination is accepted")


HOLD = """
import fcntl, os, sys, time
fd = os.open(sys.argv[1] + ".lock", os.O_RDWR | os.O_CREAT, 0o640)
%s
os.ftruncate(fd, 0)
os.write(fd, b"%%d\\n" %% os.getpid())
print("held", flush=True)
time.sleep(60)
""" % "fcntl.flock(fd, fcntl.LOCK_EX)"


def hostile(state, known):
    """Requests that must be refused whole."""
    good = "nachtwacht-request 1\nact promote\nwhen 1\nby x\nreason y\nid %s\nend\n" % known
    bad = [good.replace("end\n", ""), good.replace("by x", "by \x1b[2J"), good.replace("id dst", "id ../dst"),
           good + "id x\n", "\0" * 200000]
    for i, text in enumerate(bad):
        with open("%s.request-%020d-%d" % (state, i + 1, 7), "w") as f:
            f.write(text)
    with open(state + ".request-nonsense", "w") as f:
        f.write(good)


def live_request(b):
    """A live sensor takes a request at its next minute."""
    if os.geteuid() or not os.path.exists("/sys/class/net/lo"):
        b.point(True, "a live sensor takes a request # SKIP needs root")
        return
    state = b.path("live.state")
    subprocess.run(["cp", b.path("held.state"), state], check=True)
    db = sqlite3.connect(state)
    db.execute("DELETE FROM act")
    db.commit()
    db.close()
    waiting = b.review("live")
    sensor = subprocess.Popen([b.program, "live", "--site", b.path("life.site"), "--state", state, "-i", "lo",
                               "--alerts", b.path("live.alerts")], stderr=subprocess.PIPE)
    time.sleep(1.5)
    if sensor.poll() is not None:
        b.point(True, "a live sensor takes a request # SKIP %s" % sensor.stderr.read().decode()[:80].strip())
        return
    status, out, err = b.state("promote", "live", "--revoke", b.path_id, "--by", "j", "--reason", "live")
    for _ in range(250):
        time.sleep(0.4)
        subprocess.run(["ping", "-c", "1", "-W", "1", "127.0.0.1"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        if not glob.glob(state + ".request-*"):
            break
    sensor.send_signal(signal.SIGTERM)
    said = sensor.communicate(timeout=30)[1].decode()
    log = json.loads(b.state("review", "live", "--log", "--as", "json")[1])
    b.point(status == 0 and "process %d " % sensor.pid in out and len(log) == 1 and log[0]["how"] == "request" and
            "1 done" in said, "a live sensor takes a request", out + err + said + str(log))
    b.point(len(b.review("live")) == len(waiting) + 1, "and has revoked")


def main():
    b = Bench(*sys.argv[1:])
    life(b)
    one_run(b)
    flood(b)
    names(b)
    refusals(b)
    requests(b)
    b.path_id = json.loads(b.state("review", "held", "--log", "--as", "json")[1])[0]["id"]
    live_request(b)
    print("1..%d" % b.count)
    sys.exit(b.failed > 0)


if __name__ == "__main__":
    main()
