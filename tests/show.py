#!/usr/bin/env python3
"""show.py - prints the gravest incident of an --alerts file as tables, the others as lines, for ./demo.

usage: show.py [--expect] [--quiet-below SEVERITY] ALERTS.jsonl

Every sentence comes from the records; only the tables are laid out here.  Reasons and next checks are in
the summary that the program itself prints.
--expect         exit 1 when no nightly upload (NW-EXF-001, severity 4 or more) is there
--quiet-below N  say what was raised; exit 1 when anything of severity N or more was
"""
import argparse
import datetime
import json
import sys
import textwrap
import zoneinfo

LEAK_RULE = "NW-EXF-001"
LEAK_SEVERITY = 4
NIGHTS_SHOWN = 8


def wrap(text, first="  ", rest="  "):
    return textwrap.fill(str(text), 96, initial_indent=first, subsequent_indent=rest)


def size(count):
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return ("%d %s" if unit == "B" else "%.1f %s") % (count, unit)
        count /= 1000
    return ""


def get(record, path, default=None):
    for key in path.split("."):
        if not isinstance(record, dict) or key not in record:
            return default
        record = record[key]
    return record


def local(stamp, zone):
    """"2026-01-17 00:11" at the site, of a stamp in UTC; "-" when there is none."""
    if not stamp:
        return "-"
    moment = datetime.datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%fZ")
    moment = moment.replace(tzinfo=datetime.timezone.utc)
    return moment.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def show_nights(own, zone):
    nights = [night for night in own.get("nights") or [] if night.get("hit", True)]
    if not nights:
        return
    print("\n  Nights (the last %d of %d, site time)" % (min(len(nights), NIGHTS_SHOWN), len(nights)))
    for night in nights[-NIGHTS_SHOWN:]:
        print("    %s .. %s   up %9s   down %9s" % (
            local(night.get("start"), zone), local(night.get("end"), zone)[11:],
            size(night.get("up", 0)), size(night.get("down", 0))))


def show_growth(records):
    """The first record of every level."""
    print("\n  How it grew")
    last = None
    for record in records:
        state = (get(record, "event.action") == "resolve", get(record, "event.severity"),
                 get(record, "nachtwacht.incident.level", "-"))
        if state != last:
            print("    %s  %-8s level %-3s severity %s" % (
                get(record, "nachtwacht.local"), get(record, "event.action"), state[2], state[1]))
        last = state


def show(records):
    last = records[-1]
    own = last.get("nachtwacht", {})
    zone = get(last, "event.timezone", "UTC")
    print(wrap(last.get("message", "(no message)")))
    print()
    rows = [
        ("rule", "%s %s" % (get(last, "rule.id"), get(last, "rule.name", ""))),
        ("severity", "%s of 5, level %s, risk score %s" % (
            get(last, "event.severity"), get(own, "incident.level", "-"),
            get(last, "event.risk_score", "-"))),
        ("asset", "%s (role %s, vendor %s), %s" % (
            get(own, "asset.id"), get(own, "asset.role") or "-", get(own, "asset.vendor") or "-",
            get(last, "source.ip"))),
        ("destination", "%s port %s %s" % (
            get(last, "destination.ip"), get(last, "destination.port", "-"),
            get(last, "destination.domain") or "")),
        ("volume", "%s up, %s down" % (size(get(last, "source.bytes", 0)),
                                       size(get(last, "destination.bytes", 0)))),
    ]
    bound = get(own, "evidence.bound")
    if bound:
        rows.append(("false alarms", "chance alone: at most %.2g such alarms a year on this asset (threshold %.0e), "
                     "if: %s" % (bound["per_asset_year"], bound["threshold"], bound["assumes"])))
    rows.append(("incident", "%s, %d records" % (get(own, "incident.id"), len(records))))
    for name, value in rows:
        print(wrap(value, "  %-12s " % name, " " * 15))
    show_nights(own, zone)
    show_growth(records)


def main():
    parser = argparse.ArgumentParser(description="print incidents in plain words")
    parser.add_argument("--expect", action="store_true")
    parser.add_argument("--quiet-below", type=int, metavar="SEVERITY")
    parser.add_argument("alerts")
    args = parser.parse_args()
    with open(args.alerts, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    if args.quiet_below:
        raised = [r for r in records if get(r, "event.severity", 0) >= args.quiet_below]
        print("  %d record(s), %d of severity %d or more" %
              (len(records), len(raised), args.quiet_below))
        for record in raised:
            print(wrap(record.get("message"), "    - ", "      "))
        return 1 if raised else 0
    incidents = {}
    for record in records:
        incidents.setdefault(get(record, "nachtwacht.incident.id"), []).append(record)
    ranked = sorted(incidents.values(), key=lambda group: (get(group[-1], "rule.id") != LEAK_RULE,
                                                           -get(group[-1], "event.severity", 0)))
    if ranked:
        show(ranked[0])
    for number, group in enumerate(ranked[1:]):
        print(("" if number else "\n  Beside it\n") + wrap("%s, severity %s: %s" % (
            get(group[-1], "rule.id"), get(group[-1], "event.severity"), group[-1]["message"]),
            "    - ", "      "))
    found = any(get(r, "rule.id") == LEAK_RULE and get(r, "event.severity", 0) >= LEAK_SEVERITY
                for r in records)
    if not records:
        print("  no records")
    return 1 if args.expect and not found else 0


if __name__ == "__main__":
    sys.exit(main())
