#!/usr/bin/env python3
"""run.py - what other tools would have said about the same traffic: the table to beat.

    run.py [--json] [--only NAME,...] [--pair SRC,DST] FLOWS...

FLOWS is what `nachtwacht replay --flows` wrote.  Beside x.flows lies x.truth.json from
`nachtwacht-synth --truth`, which says which pair leaks; --pair watches another one (NTP, say).
Neither: only the false alarms are counted.  With x.alerts.jsonl beside it our own row is added.
For each capture and baseline one row:

    best        the pair's best score at any hour; "-": never looked at
    level       the highest level of the tool that reaches
    alarm       when it first did so: the number of the leak's night ("n1" the first) or the time
    rank        of the pair among all pairs, internal ones too; ties count against it
    >= it       other pairs that score at least as high, a day, all pairs
    false/day   other pairs that alarm, a day: of what the tool looks at by default / of all pairs

Every tool runs every hour over a window that has just become complete, the kindest schedule there
is; that is why a burst is never cut by midnight here.  By default these tools do not look at what
stays inside (Slips likewise, "out"); in a closed segment that is nearly everything.  Where the
default excludes the watched pair itself the level says so.  Standard library only.
Exit: 0; 2 usage, or a file that cannot be read.
"""
import argparse
import collections
import json
import math
import os
import sys
import time

import flare
import ours
import records
import rita
import siem
import slips

Baseline = collections.namedtuple("Baseline", "name unit run levels")

BASELINES = [
    Baseline("rita4", "score", rita.run_v4, [("listed", rita.V4_ALARM)]),
    Baseline("rita5", "score", rita.run_v5, rita.V5_LEVELS),
    Baseline("rita5-long", "hours", rita.run_long, rita.LONG_LEVELS),
    Baseline("flare", "%", flare.run, flare.LEVELS),
    Baseline("elastic", "points", siem.run_elastic, siem.ELASTIC_LEVELS),
    Baseline("sentinel-hour", "%", siem.run_sentinel_hour, siem.SENTINEL_LEVELS),
    Baseline("sentinel-day", "%", siem.run_sentinel_day, siem.SENTINEL_LEVELS),
    Baseline("slips-flow", "MB", slips.run_flow, slips.FLOW_LEVELS),
    Baseline("slips-hour", "MB", slips.run_hour, slips.SUM_LEVELS),
    Baseline("slips-run", "MB", slips.run_since_start, slips.SUM_LEVELS),
]
# These report what is above their limit, the others what reaches it.
ABOVE = {"flare", "sentinel-hour", "sentinel-day"}


def days_of(flows):
    return max(math.ceil((max(f.end for f in flows) - flows[0].start) / records.DAY_S), 1)


class Tally:
    """What a baseline said about a capture."""

    def __init__(self, baseline, flows):
        self.baseline = baseline
        self.best = {}
        self.first = {}
        self.by_day = {}
        begin = flows[0].start
        self.days = days_of(flows)
        for when, pair, score in baseline.run(flows):
            if score is None:
                continue
            self.best[pair] = max(self.best.get(pair, score), score)
            # A look belongs to the day that ends with it.
            day = min(max(math.ceil((when - begin) / records.DAY_S) - 1, 0), self.days - 1)
            self.by_day[day, pair] = max(self.by_day.get((day, pair), score), score)
            if self.reaches(score, 0) and when < self.first.get(pair, when + 1):
                self.first[pair] = when

    def reaches(self, score, level):
        limit = self.baseline.levels[level][1]
        return score > limit if self.baseline.name in ABOVE else score >= limit

    def level_of(self, score):
        names = [name for i, (name, _) in enumerate(self.baseline.levels) if self.reaches(score, i)]
        return names[-1] if names else "none"

    def a_day(self, watched, wanted):
        """Pairs a day, not the watched ones, whose best of the day wanted(pair, score) accepts."""
        n = sum(1 for (_, pair), score in self.by_day.items()
                if not watched(pair) and wanted(pair, score))
        return n / self.days


def row_of(tally, watched, night_of):
    mine = [pair for pair in tally.best if watched(pair)]
    row = {"baseline": tally.baseline.name, "unit": tally.baseline.unit, "best": None,
           "level": "not looked at", "alarm": None, "rank": None, "pairs": len(tally.best),
           "at_least_a_day": None}
    if mine:
        pair = max(mine, key=lambda p: tally.best[p])
        best = tally.best[pair]
        row["best"], row["level"] = round(best, 3), tally.level_of(best)
        row["rank"] = 1 + sum(1 for p, s in tally.best.items() if not watched(p) and s >= best)
        row["at_least_a_day"] = tally.a_day(watched, lambda p, s: s >= best)
        if not records.outbound(pair):
            row["level"] += " (excluded)"
        first = min((tally.first[p] for p in mine if p in tally.first), default=None)
        if first is not None:
            row["alarm"] = night_of(first)
    row["false_default"] = tally.a_day(
        watched, lambda p, s: records.outbound(p) and tally.reaches(s, 0))
    row["false_all"] = tally.a_day(watched, lambda p, s: tally.reaches(s, 0))
    return row


def clock_text(when):
    return time.strftime("%m-%d %H:%M", time.gmtime(when))


def what_to_watch(path, pair):
    """(watched(pair), night_of(time), words for the heading)."""
    truth_path = os.path.splitext(path)[0] + ".truth.json"
    if pair:
        wanted = tuple(pair.split(","))
        return lambda p: p == wanted, clock_text, "pair %s > %s" % wanted
    if os.path.exists(truth_path):
        truth = records.read_truth(truth_path)
        if truth.sources:
            words = "leak %s > %s, %d nights" % (
                "/".join(sorted(truth.sources)), "/".join(sorted(map(host_text, truth.targets))),
                len(truth.nights))
            return truth.has, lambda t: "n%d" % truth.night_of(t), words
    return lambda p: False, clock_text, "no leak"


def host_text(network):
    text = str(network)
    return text[:text.index("/")] if network.num_addresses == 1 else text


def number(value, form="%.1f"):
    return "-" if value is None else form % value


def table(heading, rows):
    lines = [heading, "  %-14s %9s %-7s %-22s %-12s %-9s %7s   %s" % (
        "baseline", "best", "", "level", "alarm", "rank", ">= it", "false/day default / all")]
    for r in rows:
        rank = "-" if r["rank"] is None else "%d of %d" % (r["rank"], r["pairs"])
        lines.append("  %-14s %9s %-7s %-22s %-12s %-9s %7s   %.2f / %.2f" % (
            r["baseline"], number(r["best"], "%.3f"), r["unit"], r["level"], r["alarm"] or "-",
            rank,
            number(r["at_least_a_day"]), r["false_default"], r["false_all"]))
    return "\n".join(lines)


def capture(path, options):
    flows = records.read_flows(path)
    if not flows:
        raise records.BadInput("%s: no flows" % path)
    watched, night_of, words = what_to_watch(path, options.pair)
    rows = [row_of(Tally(b, flows), watched, night_of) for b in BASELINES
            if not options.only or b.name in options.only.split(",")]
    alerts = os.path.splitext(path)[0] + ".alerts.jsonl"
    if os.path.exists(alerts) and not options.only:
        rows.append(ours.row(alerts, watched, night_of, days_of(flows)))
    name = os.path.basename(os.path.splitext(path)[0])
    if options.json:
        for row in rows:
            print(json.dumps(dict(row, capture=name), sort_keys=True))
        return
    span = (max(f.end for f in flows) - flows[0].start) / records.DAY_S
    print(table("%s: %.1f days, %d flows, %d pairs, %s" % (
        name, span, len(flows), len(records.by(flows, "src", "dst")), words), rows) + "\n")


def main(arguments):
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one object a row")
    parser.add_argument("--only", metavar="NAME,...", help="some baselines only")
    parser.add_argument("--pair", metavar="SRC,DST", help="watch this pair instead of the leak")
    parser.add_argument("flows", nargs="+", metavar="FLOWS")
    options = parser.parse_args(arguments)
    names = {b.name for b in BASELINES}
    if options.only and not set(options.only.split(",")) <= names:
        parser.error("--only: one of %s" % " ".join(sorted(names)))
    if options.pair and options.pair.count(",") != 1:
        parser.error("--pair: SRC,DST")
    try:
        for path in options.flows:
            capture(path, options)
    except (records.BadInput, OSError) as e:
        print("run.py: %s" % e, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
