"""judge.py - the records of one replay against what a scenario expects.

Nights are rows of the detector, 24 h from 12:00 at the smallest offset the zone has in the year, named by the
date of their start.  "By leak night 4" counts nights in which the leak sent something that the capture shows;
"by night 4" counts every night from the leak's first.  A record belongs to the row in which it was written, so what
is judged in the morning counts for the night just over.
"""
import datetime
import zoneinfo

LEVELS = {"-": 0, "L1": 1, "L2": 2, "L3": 3}
SILENCE = 3		# "silent" = no incident of this severity or more
RHYTHM = ("NW-EXF-001", "NW-EXF-002", "NW-EXF-005")


def listed(value):
    return value if isinstance(value, list) else [value]


def smallest_offset(zone, year):
    info = zoneinfo.ZoneInfo(zone)
    days = (datetime.datetime(year, 1, 1, 12) + datetime.timedelta(days=i) for i in range(366))
    return min(day.replace(tzinfo=info).utcoffset() for day in days)


class Run:
    """What one replay left: records, truth, manifest, messages, memory."""

    def __init__(self, story, truth, records, manifest, messages, rss_mb, has_site):
        self.story, self.truth, self.has_site = story, truth, has_site
        self.manifest, self.messages, self.rss_mb = manifest, messages, rss_mb
        self.records = [r for r in records if not r["nachtwacht"].get("suppression")]
        self.suppressed = [r for r in records if r["nachtwacht"].get("suppression")]
        self.offset = smallest_offset(story["timezone"], int(story["start"][:4]))
        self.sent = {}			# row -> bytes up
        vain = {a["id"] for a in story["activities"] if a.get("outcome", "ok") != "ok"}
        for leak in truth["leaks"]:
            for night in leak["nights"]:
                # What is said below IP, or in vain, has no payload: its packets count.
                sent = night["packets_up" if leak["kind"] in ("arp", "nd", "dhcp", "dhcp6") or
                             leak["activity"] in vain else "up"]
                if sent:
                    self.sent[night["night"]] = self.sent.get(night["night"], 0) + sent
        self.rows = sorted(self.sent)
        self.addresses = {h["id"]: listed(h["ip"]) for h in story["hosts"]}

    def row(self, record):
        stamp = datetime.datetime.strptime(record["@timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ")
        return (stamp + self.offset - datetime.timedelta(hours=12)).date().isoformat()

    def leak_night(self, record):
        row = self.row(record)
        return sum(one <= row for one in self.rows)

    def night(self, record):
        if not self.rows:
            return 0
        date = datetime.date.fromisoformat
        return (date(self.row(record)) - date(self.rows[0])).days + 1


def is_asset(run, record, asset):
    its = record["nachtwacht"]["asset"]["id"]
    return its == asset or its in run.addresses.get(asset, ())


def is_match(run, record, v):
    own = record["nachtwacht"]
    channel = own.get("channel") or {}
    ends = record.get("destination") or {}
    if record["rule"]["id"] not in listed(v["rule"]):
        return False
    if "asset" in v and not is_asset(run, record, v["asset"]):
        return False
    if "vendor" in v and own["asset"].get("vendor") != v["vendor"]:
        return False
    if "destination" in v and not {channel.get("value"), ends.get("ip"), ends.get("domain")} & \
            set(listed(v["destination"])):
        return False
    if "group" in v and channel.get("group") not in listed(v["group"]):
        return False
    if "protocol" in v and (record.get("network") or {}).get("protocol") not in v["protocol"]:
        return False
    if v.get("previous") and not own["incident"]["previous"]:
        return False
    if (record["event"]["action"] == "resolve") != (v.get("action") == "resolve"):
        return False
    evidence = own.get("evidence") or {}
    return LEVELS[own["incident"]["level"]] >= LEVELS[v.get("level", "-")] and \
        record["event"]["severity"] >= v.get("severity", 0) and \
        all((evidence.get(k) or 0) >= least for k, least in v.get("evidence", {}).items())


def bound(v):
    """(kind, number) of the verdict's limit."""
    for kind in ("by_leak_night", "by_night", "on_night"):
        if kind in v:
            return kind, v[kind]
    return None, None


def check_volumes(run, record, tolerance):
    """Every night counted once, with the bytes that were sent in it."""
    for night in record["nachtwacht"]["nights"]:
        sent = run.sent.get(night["date"])
        if night.get("hit") and not sent:
            return "a hit in the night %s, in which nothing was sent" % night["date"]
        if sent and not night.get("partial") and abs(night["up"] / sent - 1) > tolerance:
            return "night %s: %d bytes were sent, %d counted" % (night["date"], sent, night["up"])
    return None


def check_doubles(run, record):
    dates = [night["date"] for night in record["nachtwacht"]["nights"]]
    hits = record["nachtwacht"]["evidence"]["nights_hit"]
    if len(set(dates)) != len(dates):
        return "a night is listed twice"
    if hits > run.leak_night(record):
        return "%d hits in %d nights" % (hits, run.leak_night(record))
    return None


def judge_verdict(run, v):
    """(night or None, complaints)."""
    found = [r for r in run.suppressed + run.records if is_match(run, r, v)]
    if v.get("suppressed"):
        return (1 if any(is_match(run, r, v) for r in run.suppressed) else None), []
    if not found:
        return None, []
    kind, _ = bound(v)
    count = run.leak_night if kind == "by_leak_night" else run.night
    night = count(found[0])
    complaints = []
    if night < v.get("not_before", 0):
        complaints.append("night %d is too early" % night)
    if "volumes" in v:
        complaints.append(check_volumes(run, found[-1], v["volumes"]))
    if "not_doubled" in v:
        complaints.append(check_doubles(run, found[-1]))
    return night, [c for c in complaints if c]


def incident_ids(records, key="id", least=0):
    return {r["nachtwacht"]["incident"][key] for r in records if r["event"]["severity"] >= least}


def judge_limits(run, expect):
    """Complaints about what should not be there, or should be said."""
    complaints = []
    limits = expect.get("at_most", {})
    for rule, most in limits.get("incidents", {}).items():
        n = len(incident_ids([r for r in run.records if r["rule"]["id"] == rule]))
        if n > most:
            complaints.append("%d incidents of %s" % (n, rule))
    cases = len(incident_ids(run.records, "case", SILENCE))
    if cases > limits.get("cases", cases):
        complaints.append("%d cases" % cases)
    if run.rss_mb > limits.get("rss_mb", run.rss_mb):
        complaints.append("%d MB resident" % run.rss_mb)
    loud = expect.get("silent_from")
    never = expect.get("never", [])
    for rule in sorted({r["rule"]["id"] for r in run.records}):
        severity = max(r["event"]["severity"] for r in run.records if r["rule"]["id"] == rule)
        if rule in never:
            complaints.append("%s was raised" % rule)
        elif loud and severity >= loud and rule not in expect.get("allowed", []):
            complaints.append("%s of severity %d" % (rule, severity))
    for rule, level in expect.get("never_level", {}).items():
        if any(r["rule"]["id"] == rule and LEVELS[r["nachtwacht"]["incident"]["level"]] >= LEVELS[level]
               for r in run.records):
            complaints.append("%s reached %s" % (rule, level))
    return complaints + judge_reports(run, expect)


def judge_reports(run, expect):
    complaints = []
    for path, least in expect.get("manifest", {}).items():
        value = run.manifest
        for key in path.split(".", 1):
            value = value.get(key, 0) if isinstance(value, dict) else 0
        if (len(value) if isinstance(value, list) else value) < least:
            complaints.append("the manifest's %s is not at least %d" % (path, least))
    words = expect.get("reported")
    said = " ".join([run.messages] + [k for k, n in run.manifest["counters"].items() if n])
    if words and not any(word in said for word in words):
        complaints.append("nothing reported (%s)" % ", ".join(words))
    return complaints


def first_level(run, level):
    nights = [run.leak_night(r) for r in run.records if r["rule"]["id"] in RHYTHM and
              LEVELS[r["nachtwacht"]["incident"]["level"]] >= LEVELS[level]]
    return min(nights) if nights else None


def judge(run, rules):
    """Everything about one replay, as a plain dictionary.  rules: those that this version has."""
    expect = run.story["expect"]
    nights, complaints = {}, judge_limits(run, expect)
    for i, v in enumerate(expect.get("verdicts", [])):
        if not set(listed(v["rule"])) & rules or (v.get("site") and not run.has_site):
            continue
        nights[i], own = judge_verdict(run, v)
        complaints += own
    strangers = {r["rule"]["id"] for r in run.records} - rules
    complaints += ["%s is not in rules.txt" % rule for rule in sorted(strangers)]
    return {"nights": nights, "complaints": complaints, "rss_mb": run.rss_mb,
            "levels": {level: first_level(run, level) for level in ("L1", "L2")},
            "severity": max((r["event"]["severity"] for r in run.records), default=0),
            "incidents": len(incident_ids(run.records)), "cases": len(incident_ids(run.records, "case")),
            "leak_nights": len(run.rows)}
