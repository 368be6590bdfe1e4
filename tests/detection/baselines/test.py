#!/usr/bin/env python3
"""test.py - the baselines give the numbers that their formulas give by hand.  Prints TAP."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import flare  # noqa: E402
import ours  # noqa: E402
import records  # noqa: E402
import rita  # noqa: E402
import run  # noqa: E402
import siem  # noqa: E402
import slips  # noqa: E402

points = failed = 0
NIGHT_S = 1767225600        # 2026-01-01 00:00:00 UTC
INSIDE, OUTSIDE, SERVER = "10.20.1.11", "203.0.113.9", "10.40.0.123"


def ok(true, what):
    global points, failed
    points += 1
    failed += not true
    print("%s %d - %s" % ("ok" if true else "not ok", points, what))


def near(got, wanted, what, tolerance=1e-9):
    fits = got is not None and abs(got - wanted) <= tolerance
    ok(fits, what)
    if not fits:
        print("# got %r, wanted %r" % (got, wanted))


def same(got, wanted, what):
    ok(got == wanted, what)
    if got != wanted:
        print("# got %r, wanted %r" % (got, wanted))


def flow(start, duration=1.0, up=1000, dst=OUTSIDE, src=INSIDE, port=443):
    return records.Flow(NIGHT_S + start, NIGHT_S + start + duration, src, dst, port,
                        up + 100, 500, up, 400)


def stamps(intervals, begin=0):
    times = [begin]
    for i in intervals:
        times.append(times[-1] + i)
    return times


def rita_4():
    # 20 connections, every 60 s, all of 100 bytes: skew 0, MADM 0, 20 of 8640 ten-second periods,
    # smallness 1 - 100/65535.
    score = rita.v4_score(range(0, 1200, 60), [100] * 20)
    near(score, ((2 + 20 / 8640) / 3 + (2 + 1 - 100 / 65535) / 3) / 2, "v4: a steady pair")
    same(rita.v4_score(range(0, 1140, 60), [100] * 19), None, "v4: 19 connections are too few")
    # Sorted 10 20 30 60 100: quartiles at positions 1, 2, 3: (20 - 60 + 60)/40 = 1/2; distances to
    # 30 are 0 10 20 30 70, the middle one 20: 1 - 20/30.
    skew, steady = rita.v4_parts([100, 10, 60, 30, 20], 30.0)
    near(skew, 0.5, "v4: Bowley skew of 10 20 30 60 100 is 1/2")
    near(steady, 1 / 3, "v4: and its MADM 20 s gives 1/3")
    near(rita.v4_parts([0, 100, 200, 300, 400], 30.0)[1], 0, "v4: a MADM above 30 s gives 0")
    # Sizes far above 64 KiB, all different by 1000: ds = (1 - 0 + 0 + 0)/3 for a symmetric list.
    big = [1000000 + 1000 * i for i in range(21)]
    score = rita.v4_score(range(0, 1260, 60), big)
    near(score, ((2 + 21 / 8640) / 3 + 1 / 3) / 2, "v4: bulk costs spread and size")


def rita_5():
    # The same five: medians of the halves without the middle, 15 and 80: 35/65; (30 - 20)/30.
    near(rita.v5_regular([100, 10, 60, 30, 20], 1.0), round((1 - 35 / 65 + 1 / 3) / 2, 3),
         "v5: ts of 10 20 30 60 100")
    near(rita.v5_regular([5, 6, 7, 9], 1.0), round((1 + (6.5 - 1) / 6.5) / 2, 3),
         "v5: quartiles less than 10 apart have no skew")
    near(rita.v5_regular([0, 0, 0], 0.0), 0.5, "v5: sizes of 0 have no steadiness")
    # Flat: 24 bins of 4.  Two bins of 60: mean 5, variance (2*55^2 + 22*5^2)/24 = 275.
    near(rita.v5_histogram([4] * 24), 1.0, "v5: a flat day")
    near(rita.v5_histogram([60, 60] + [0] * 22), 0.0, "v5: two hours of a day")
    # Mean 3.5, deviation 0.5: 1 - 1/7; both heights hold all 24 bins, 24/23 is capped.
    near(rita.v5_histogram([3, 4] * 12), 1.0, "v5: two heights")
    # 12 of 24 bins in use, heights 1..12 by 1: mean 3.25, two modes hold 2 of 11.
    squares = sum((n - 3.25) ** 2 for n in range(1, 13)) + 12 * 3.25 ** 2
    near(rita.v5_histogram(list(range(1, 13)) + [0] * 12),
         max(0, round(2 / 11, 3), 1 - (squares / 24) ** 0.5 / 3.25), "v5: a ramp over half a day")
    same(rita.longest_run([1, 1, 0] + [0] * 20 + [1]), 3, "v5: the longest run goes round midnight")
    near(rita.v5_duration([1] * 5 + [0] * 19, 0, 18000), 0.0, "v5: five hours have no duration")
    near(rita.v5_duration([1] * 6 + [0] * 18, 0, 21599), 0.5, "v5: six hours, a run of 6 of 12")
    near(rita.v5_duration([1] + [0] * 18 + [1] * 5, 0, 86000), 0.996, "v5: 86000 of 86400 s")
    three = rita.v5_score([0, 60, 120], [1, 1, 1], 0)
    same(three, None, "v5: three connections are not looked at")
    same(rita.v5_score([0, 0, 60, 60, 120], [1] * 5, 0), None, "v5: nor five at three moments")
    ok(rita.v5_score([0, 60, 120, 180], [1] * 4, 0) is not None, "v5: four are")


def rita_5_statements():
    # What DETECTION.md section 1 says.
    burst = rita.v5_score(range(0, 7200, 60), [5000] * 120, 0)
    same(burst, (0.5, 1.0, 1.0, 0.0, 0.0), "v5: a perfect burst of two hours scores 0.500, no more")
    ntp = rita.v5_score(range(0, 86400, 1024), [76] * 85, 0)
    same(ntp, (1.0, 1.0, 1.0, 1.0, 1.0), "v5: NTP every 1024 s scores 1.000")
    night = [flow(86400 * n, 7200.0, 2 * 10 ** 9) for n in range(6)]
    same(list(rita.run_v5(night)), [], "v5: one upload a night is never looked at")
    hours = {round(score, 6) for _, _, score in rita.run_long(night)}
    ok(2.0 in hours and max(hours) <= 3.0, "v5: but it is listed as a long connection, 2 h a day")


def long_connections():
    # Open since before the window: as long as it is open, up to the moment of looking.
    month = [flow(0, 40 * 86400.0), flow(10, 1.0, dst=SERVER)]
    seen = [(when, score) for when, pair, score in rita.run_long(month) if pair[1] == OUTSIDE]
    near(seen[0][1], 24.0, "long: open for 24 h at the first look")
    near(seen[24][1], 48.0, "long: 48 h a day later")


def flare_percent():
    # Deltas 8 x 60, 2 x 61, 1 x 30, 1 x 300: the window 60..61 holds 10 of 12.
    times = stamps([60] * 8 + [61] * 2 + [30, 300])
    near(flare.percentage(times), 1000 / 12, "flare: 10 of 12 intervals in two seconds")
    same(flare.percentage(stamps([60] * 10)), None, "flare: ten intervals are too few")
    near(flare.percentage(stamps([60] * 11)), 100.0, "flare: eleven are enough")
    near(flare.percentage(stamps([60] * 11 + [1] * 50)), 100.0, "flare: 1 s does not count")


def slips_rules():
    def best(rule, flows):
        scores = [score for _, _, score in rule(flows)]
        return max(scores) if scores else None
    near(best(slips.run_flow, [flow(0, 10, 99999999)]), 99.999999, "slips: MB of one flow")
    two = [flow(0, 10, 300000000), flow(3000, 10, 250000000)]
    near(best(slips.run_hour, two), 550.0, "slips: 300 + 250 MB in one window")
    apart = [flow(0, 10, 300000000), flow(3600, 10, 250000000)]
    near(best(slips.run_hour, apart), 300.0, "slips: in two windows 300")
    near(best(slips.run_since_start, apart), 550.0, "slips: since the start 550")
    same(best(slips.run_flow, [flow(0, 10, 10 ** 9, dst="224.0.0.1")]), None, "slips: no multicast")
    window = next(slips.run_hour([flow(100, 7200.0)]))
    near(window[0], NIGHT_S + 7300, "slips: a flow counts when it has ended, in its first window")


def elastic():
    # Seven events ten minutes apart, same sizes: 61 buckets, period 10 = 61/6, all three points.
    regular = [(10 * i, 200, 300) for i in range(7)]
    same(siem.elastic_score(regular), 3, "elastic: every ten minutes has all three points")
    same(siem.elastic_score(regular[:6]), None, "elastic: six buckets are not looked at")
    same(siem.elastic_score([(i, 200, 300) for i in range(11)]), None, "elastic: nor 11 minutes")
    # Sizes that double: sent varies, received does not, one event a minute is even.
    sizes = [(i, 2 ** i, 300) for i in range(12)]
    same(siem.elastic_score(sizes), 2, "elastic: sizes that vary cost one point")
    # 18 buckets 1 0 1 0 ..: shift 2 repeats exactly.  Shift 3 over 15 buckets: mean of buckets
    # 3..11 is 4/9, 7 and 8 events, none together: -(4/9)15 + 15(4/9)^2 = -300/81; spreads 303/81
    # and 312/81.
    series = siem.Series([1, 0] * 9)
    near(series.correlation(2), 1.0, "elastic: a period of two repeats")
    near(series.correlation(3), -300 / (303 * 312) ** 0.5, "elastic: three is against the beat")
    near(siem.autocovariance([1, 0] * 9), 1.0, "elastic: the best period counts")
    # Of 1..10 the 10th percentile is the 2nd value, the 80th the 9th.
    same(siem.trimmed(range(1, 11)), list(range(2, 10)), "elastic: the middle of 1 to 10")


def sentinel():
    near(siem.beacon_percent([60] * 28 + [90] * 12), 70.0, "sentinel: 28 of 40")
    same(siem.beacon_percent([60] * 30), None, "sentinel: 30 events are too few")
    same(siem.beacon_percent([60] * 25 + [90] * 15), None, "sentinel: 25 times is too rare")
    minute = [flow(60 * i, 0.0) for i in range(120)]
    near(max(s for _, _, s in siem.run_sentinel_hour(minute)), 100.0, "sentinel: every minute")
    slow = [flow(1024 * i, 0.0) for i in range(84)]
    same(list(siem.run_sentinel_hour(slow)), [], "sentinel: 1024 s is too slow for an hour")
    near(max(s for _, _, s in siem.run_sentinel_day(slow)), 100.0, "sentinel: but not for a day")
    # Another destination of the same source right after each event hides it: the deltas are 10 s
    # and 50 s.
    crowded = minute + [flow(60 * i + 10, 0.0, dst=SERVER) for i in range(120)]
    seen = {pair[1] for _, pair, _ in siem.run_sentinel_hour(sorted(crowded))}
    same(seen, {SERVER}, "sentinel: it measures to the source's next event, whoever gets it")


def record(start, duration, up, dst):
    """A flow as our program writes it."""
    def stamp(s):
        return "2026-01-%02dT%02d:%02d:%02d.000000Z" % (
            1 + s // 86400, s // 3600 % 24, s // 60 % 60, s % 60)
    return {"event": {"start": stamp(start), "end": stamp(start + duration)},
            "source": {"ip": INSIDE, "port": 50000, "bytes": up + 100, "packets": 1},
            "destination": {"ip": dst, "port": 443, "bytes": 500, "packets": 1},
            "nachtwacht": {"flow": {"payload_up": up, "payload_down": 400}}}


def whole_program():
    with tempfile.TemporaryDirectory() as scratch:
        flows, truth = os.path.join(scratch, "c.flows"), os.path.join(scratch, "c.truth.json")
        nights = [86400 * n for n in range(5)]
        with open(flows, "w", encoding="utf-8") as f:
            for at in nights:
                f.write(json.dumps(record(at, 7200, 2 * 10 ** 9, OUTSIDE)) + "\n")
            for at in range(0, 5 * 86400, 1024):
                f.write(json.dumps(record(at, 0, 48, SERVER)) + "\n")
        leak = {"from": {"ip": INSIDE}, "to": {"ip": OUTSIDE}, "nights": [
            {"start": record(at, 0, 0, OUTSIDE)["event"]["start"]} for at in nights]}
        with open(truth, "w", encoding="utf-8") as f:
            json.dump({"leaks": [leak]}, f)
        lines = call("--json", flows)[1].splitlines()
        rows = {row["baseline"]: row for row in map(json.loads, lines)}
        same((rows["rita5"]["best"], rows["rita5"]["alarm"]), (None, None), "run: RITA 5 is blind")
        same(rows["rita5"]["false_default"], 0, "run: internal NTP is excluded by default")
        near(rows["rita5"]["false_all"], 1.0, "run: else it is one false alarm a day")
        same((rows["slips-flow"]["best"], rows["slips-flow"]["alarm"], rows["slips-flow"]["rank"]),
             (2000.0, "n1", 1), "run: Slips sees the first night's flow")
        same(rows["rita5-long"]["level"], "base", "run: two hours are a long connection")
        watch = INSIDE + "," + SERVER
        line = call("--json", "--only", "rita5", "--pair", watch, flows)[1]
        near(json.loads(line)["best"], 1.0, "run: --pair shows the score of NTP")
        with open(flows, "a", encoding="utf-8") as f:
            f.write('{"event": {}}\n')
        status, _, errors = call(flows)
        ok(status == 2 and "c.flows:%d: not a flow record" % (5 + 422 + 1) in errors,
           "run: a line that is none is named, exit status 2")
        same(call(os.path.join(scratch, "none"))[0], 2, "run: no such file, exit status 2")
        same(call("--only", "nobody", flows)[0], 2, "run: no such baseline, exit status 2")


def our_row():
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "c.alerts.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            for day, severity, level, target in (
                    (2, 2, None, OUTSIDE), (3, 3, "L1", OUTSIDE), (4, 3, "L1", SERVER),
                    (5, 4, "L2", OUTSIDE), (6, 4, "L2", SERVER), (7, 4, "L2", OUTSIDE)):
                f.write(json.dumps({
                    "@timestamp": "2026-01-%02dT05:10:00.000000Z" % day,
                    "event": {"severity": severity},
                    "source": {"ip": INSIDE}, "destination": {"ip": target},
                    "nachtwacht": {"incident": {"id": target, "level": level}}}) + "\n")
        row = ours.row(path, lambda pair: pair[1] == OUTSIDE, run.clock_text, 10)
        same((row["alarm"], row["level"]), ("01-03 05:10", "L2 (01-05 05:10)"),
             "ours: the first of severity 3, and when the highest level was reached")
        near(row["false_all"], 0.1, "ours: another incident counts once")


def call(*arguments):
    done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "run.py")] + list(arguments),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def captures():
    """Two days of each scenario through our program: its records are read, its pair is found."""
    build = os.environ.get("NW_BUILDDIR", "")
    synth, program = (os.path.join(build, p) for p in ("pcaps/nachtwacht-synth", "nachtwacht"))
    # Capture, baseline, pair to watch, its best score: None is never looked at.
    wanted = [("burst-one", "rita5", None, None), ("burst-one", "slips-flow", None, 2000.0),
              ("burst-4", "rita5", None, 0.5), ("burst-120", "rita5", None, 0.5),
              ("open-month", "rita5", None, None), ("small", "slips-hour", None, 20.0),
              ("ntp", "rita5", "10.20.1.10,192.0.2.123", 1.0)]
    for name, baseline, pair, best in wanted:
        what = "capture: %s, %s is %s" % (name, baseline, best)
        if not build or not os.access(synth, os.X_OK) or not os.access(program, os.X_OK):
            ok(True, what + " # SKIP the program is not built (NW_BUILDDIR)")
            continue
        with tempfile.TemporaryDirectory() as scratch:
            at = os.path.join(scratch, "c")
            for command in (
                    [synth, "-q", "--days", "2", "-o", at + ".pcap", "--truth", at + ".truth.json",
                     os.path.join(HERE, "scenarios", name + ".json")],
                    [program, "replay", "--quiet", "--flows", at + ".flows", at + ".pcap"]):
                subprocess.run(command, stdout=subprocess.DEVNULL, timeout=60, check=True)
            more = ["--pair", pair] if pair else []
            out = call("--json", "--only", baseline, *more, at + ".flows")[1]
            got = json.loads(out)["best"]
            close = abs((got or 0) - (best or 0)) <= 0.002 * (best or 0)
            ok((got is None) == (best is None) and close, what)
            print("# best %r" % got)


def truth_and_tally():
    truth = records.Truth([{"from": {"ip": INSIDE}, "to": {"network": "198.51.100.0/24"},
                            "nights": [{"start": "2026-01-02T00:00:00.000000Z"}, {}]}])
    ok(truth.has((INSIDE, "198.51.100.7")) and truth.has(("198.51.100.7", INSIDE)),
       "truth: a network, opened from either side")
    ok(not truth.has((INSIDE, OUTSIDE)), "truth: another network is no leak")
    same((truth.night_of(NIGHT_S), truth.night_of(NIGHT_S + 86400)), (0, 1), "truth: nights count")
    ok(records.outbound((INSIDE, OUTSIDE)) and not records.outbound((INSIDE, SERVER))
       and not records.outbound((OUTSIDE, INSIDE)) and not records.outbound((INSIDE, "224.0.0.1")),
       "truth: outbound is from inside to one public address")
    said = [(NIGHT_S, ("a", "b"), 0.7), (NIGHT_S, ("c", "d"), 0.4)]
    base = run.Baseline("x", "", lambda flows: said, [("low", 0.5), ("medium", 0.7)])
    tally = run.Tally(base, [flow(0, 86400 * 2.0)])
    same([tally.level_of(score) for score in (0.7, 0.69, 0.4)], ["medium", "low", "none"],
         "tally: levels are reached, not passed")
    near(tally.a_day(lambda p: False, lambda p, s: s >= 0.5), 0.5, "tally: one pair in two days")


for part in (rita_4, rita_5, rita_5_statements, long_connections, flare_percent, slips_rules,
             elastic, sentinel, truth_and_tally, whole_program,
             our_row, captures):
    part()
print("1..%d" % points)
sys.exit(1 if failed else 0)
