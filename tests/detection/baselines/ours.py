"""ours.py - our own row of the table, from the alerts of the same run (`replay --alerts`).

Only incidents of severity 3 or more count, as DETECTION.md section 6 has it; with the site unknown
and nothing expected.  False alarms are other incidents, counted once each: there is no default that
leaves internal pairs out, so both numbers are the same.
"""
import json

import records

SEVERITY_MIN = 3
LEVELS = ["none", "L1", "L2", "L3"]


def read_alerts(path):
    with open(path, encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            try:
                r = json.loads(line)
                if r["event"]["severity"] >= SEVERITY_MIN:
                    incident = r["nachtwacht"]["incident"]
                    yield (records.seconds(r["@timestamp"]), incident["id"],
                           incident.get("level") or "none",
                           (r.get("source", {}).get("ip"), r.get("destination", {}).get("ip")))
            except (ValueError, KeyError, TypeError, AttributeError) as e:
                raise records.BadInput("%s:%d: not an alert: %s" % (path, number, e)) from e


def row(path, watched, night_of, days):
    """alarm is the night of the first record about the pair; level the highest, and its night."""
    first = best = None
    others = set()
    for when, incident, level, pair in read_alerts(path):
        if None in pair or not watched(pair):
            others.add(incident)
            continue
        first = when if first is None else first
        rank = LEVELS.index(level) if level in LEVELS else 0
        if best is None or rank > best[0]:
            best = rank, when
    return {"baseline": "nachtwacht", "unit": "", "best": None, "rank": None, "pairs": 0,
            "level": "none" if best is None else "%s (%s)" % (LEVELS[best[0]], night_of(best[1])),
            "alarm": None if first is None else night_of(first),
            "at_least_a_day": None, "false_default": len(others) / days,
            "false_all": len(others) / days}
