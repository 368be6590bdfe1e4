#!/usr/bin/env python3
"""run.py - the scenarios of pcaps/scenarios/detection against the program: made, replayed, judged.

usage: run.py [--only P6]... [--seeds N] [--variations N] [--sites with,without] [--tap] [--reduced] [--list]
              [--jobs N] [--keep DIR]

One line a scenario: what came of it, nights of the leak until L1 and L2 (median/p90 over runs), the most incidents
and cases of a run, runs in which something expected was missing.  Below it what was not met, and verdicts of rules that
this version does not have ("todo", see rules.txt).  A run is one seed, one variation (scenario.py) and with or without
a site file; what every verdict allows is in the scenario's "expect" (pcaps/README.md).
--reduced  one seed, the scenario as written, small forms: below a minute, for make check
--tap      points for the test harness; known.json names what this version does not meet yet, and why
Exit status: 0 all met but what is known; 1 something else; 2 usage.
"""
import argparse
import concurrent.futures
import datetime
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

import captures
import judge
import scenario

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("NW_SRCDIR") or os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("NW_BUILDDIR") or os.path.join(TOP, "build", "werror")
PROGRAM = os.path.join(BUILD, "nachtwacht")
SYNTH = os.path.join(BUILD, "pcaps", "nachtwacht-synth")
STORIES = os.path.join(TOP, "pcaps", "scenarios", "detection")
TIMEOUT_S = int(os.environ.get("NW_TIMEOUT", "300"))
SAMPLE = ["p01-nightly", "p06-split", "p11-icmp", "p13-drift", "p19-one-connection", "n05-day-and-night",
          "n13-overlap", "n15-million"]	# for R1
NEVER = math.inf
REDUCED_DAYS = 25
COUNTER = "p10-opened-outside"
SHARDS = "2"	# every shard has a DPI module that is made anew for each of many short runs; R1 has the default


class Failure(Exception):
    pass


def call(arguments):
    """Runs a program; gives its standard error and the most memory it had, in MB."""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(["timeout", "-k", "5", str(TIMEOUT_S)] + arguments, stdout=subprocess.DEVNULL,
                                 stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode(errors="replace")
    if child.returncode:
        raise Failure("%s: exit status %d: %s" % (os.path.basename(arguments[0]), child.returncode, text[-300:]))
    return text, usage.ru_maxrss / 1024


def dump(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f)
    return path


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def read_bytes(path):
    with open(path, "rb") as f:
        return f.read()


class Bench:
    """One scenario with one seed and one variation, in a directory of its own."""

    def __init__(self, folder, story, site, seed):
        self.folder, self.story, self.site, self.seed = folder, story, site, seed
        self.capture = self.path("c.pcap")

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, *options):
        call([SYNTH, "-q", "--seed", str(self.seed), "--truth", self.path("truth.json"), "-o", self.capture] +
             list(options) + [dump(self.path("story.json"), self.story)])
        with open(self.path("truth.json"), encoding="utf-8") as f:
            return json.load(f)

    def orders(self):
        """The scenario's work orders, whose times are civil, as a file beside the site."""
        orders = [dict(o) for o in self.story["expect"].get("replay", {}).get("orders", [])]
        for order in orders:
            for key, end in (("start", "from"), ("end", "to")):
                seconds = captures.instant(order.pop(end), self.story["timezone"])
                order[key] = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()
        return dump(self.path("orders.json"), {"work_orders": orders})

    def policy(self, has_site):
        if has_site and "orders" in self.story["expect"].get("replay", {}):
            self.site = dict(self.site, work_orders=os.path.basename(self.orders()))
        if has_site:
            return ["--site", dump(self.path("site.json"), self.site)]
        return ["--timezone", self.story["timezone"], "--closed", "22:00-05:00"]

    def replay(self, inputs, has_site, *options, name="a", shards=SHARDS):
        text, rss_mb = call([PROGRAM, "replay", "--progress", "never", "--alerts", self.path(name + ".alerts"),
                             "--shards", shards, "--manifest", self.path(name + ".manifest")] + self.policy(has_site) +
                            list(options) + inputs)
        return text, rss_mb

    def day_files(self):
        return sorted(self.path(n) for n in os.listdir(self.folder) if n.startswith("c-") and n.endswith(".pcap"))

    def played(self, has_site):
        """Replays as the scenario says; messages, memory, complaints."""
        how = self.story["expect"].get("replay", {})
        zone = self.story["timezone"]
        first, second = self.path("first.pcap"), self.path("second.pcap")
        options, complaints = [], []
        if how.get("gaps"):
            gaps = [dict(g, reason="maintenance of the tap") for g in self.story["tap"]["gaps"]]
            for gap in gaps:
                for end in ("from", "to"):
                    gap[end] = gap[end].replace(" ", "T") + ":00"
            options = ["--gaps", dump(self.path("gaps.json"), {"gaps": gaps})]
        if "restart" in how:
            at = captures.instant(how["restart"], zone)
            captures.cut(self.capture, at, at, first, second)
            whole = self.path("whole.state"), self.path("cut.state")
            for state in whole:
                if os.path.exists(state):
                    os.unlink(state)
            self.replay([self.capture], has_site, "--state", whole[0], name="whole")
            if os.path.exists(self.path("a.alerts")):
                os.unlink(self.path("a.alerts"))
            self.replay([first], has_site, "--state", whole[1])
            text, rss = self.replay([second], has_site, "--state", whole[1])
            if read_bytes(self.path("a.alerts")) != read_bytes(self.path("whole.alerts")):
                complaints.append("the records differ from those of one run")
            return text, rss, complaints
        inputs = [self.capture]
        if how.get("files") == "reversed-days":
            inputs = self.day_files()[::-1]
        elif how.get("files") == "overlap":
            second_from, first_until = (captures.instant(t, zone) for t in how["overlap"])
            captures.cut(self.capture, first_until, second_from, first, second)
            inputs = [second, first]
        return self.replay(inputs, has_site, *options) + (complaints,)

    def outcome(self, truth, has_site, rules):
        try:
            text, rss_mb, complaints = self.played(has_site)
        except Failure as failure:
            return {"failure": str(failure)}
        with open(self.path("a.manifest"), encoding="utf-8") as f:
            manifest = json.load(f)
        run = judge.Run(self.story, truth, read_lines(self.path("a.alerts")), manifest, text, rss_mb, has_site)
        result = judge.judge(run, rules)
        result["complaints"] += complaints
        return result


def settings(story, args):
    """Seeds and variations for this scenario."""
    most = story["expect"].get("runs", {})
    seeds = min(args.seeds, most.get("seeds", args.seeds))
    variations = min(args.variations, most.get("variations", args.variations))
    return range(1, seeds + 1), scenario.VARIATIONS[:variations]


def play(name, story, args, rules, seed, variation, sites=("with", "without")):
    """One capture, replayed with and without a site file."""
    with open(os.path.join(HERE, "site.json"), encoding="utf-8") as f:
        story, site, changes = scenario.vary(story, json.load(f), variation)
    if args.reduced:
        story.update(story["expect"].get("reduced", {"days": min(story["days"], REDUCED_DAYS)}))
    folder = tempfile.mkdtemp(prefix="detection-", dir=args.scratch)
    outcomes = []
    try:
        bench = Bench(folder, story, site, seed)
        is_split = story["expect"].get("replay", {}).get("files") == "reversed-days"
        truth = bench.make(*(["--split-days"] if is_split else []))
        for how in story["expect"].get("sites", sites):
            one = bench.outcome(truth, how == "with", rules)
            one["run"] = "seed %d, %s, %s site file" % (seed, scenario.describe(changes), how)
            outcomes.append(one)
            if args.keep:
                place = os.path.join(args.keep, "%s-%d-%d-%s" % (name, seed, scenario.VARIATIONS.index(variation), how))
                for end in ("alerts", "manifest"):
                    if os.path.exists(bench.path("a." + end)):
                        shutil.copy(bench.path("a." + end), place + "." + end)
        if args.keep:
            for kept in ("story.json", "truth.json"):
                shutil.copy(bench.path(kept), os.path.join(args.keep, "%s-%d.%s" % (name, seed, kept)))
    except Failure as failure:
        outcomes.append({"failure": str(failure), "run": "seed %d, %s" % (seed, scenario.describe(changes))})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return outcomes


# --- what the runs of a scenario come to ---------------------------------------------------------------


def quantile(values, q):
    ordered = sorted(NEVER if v is None else v for v in values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)] if ordered else NEVER


def number(value):
    return "-" if value == NEVER else str(value)


def sentence(v):
    kind, limit = judge.bound(v)
    what = "/".join(judge.listed(v["rule"]))
    for key in ("level", "severity", "group", "vendor", "protocol"):
        if key in v:
            what += " %s %s" % (key, "|".join(str(one) for one in judge.listed(v[key])))
    for key, least in v.get("evidence", {}).items():
        what += " %s >= %d" % (key, least)
    for key in ("action", "suppressed", "previous"):
        if key in v:
            what += " " + (v[key] if isinstance(v[key], str) else key)
    return what + (" %s %d" % (kind.replace("_", " "), limit) if kind else "")


def weigh_verdict(v, nights):
    """None when it is met, else what is wrong."""
    kind, limit = judge.bound(v)
    misses = sum(n is None for n in nights)
    if misses:
        return "%s: missing in %d of %d runs" % (sentence(v), misses, len(nights))
    if kind == "on_night":
        off = sorted({n for n in nights if n != limit})
        return "%s: on %s" % (sentence(v), off) if off else None
    q = v.get("quantile", "p90")
    reached = quantile(nights, 0.5 if q == "median" else 0.9)
    return "%s: %s is night %s" % (sentence(v), q, number(reached)) if kind and reached > limit else None


def weigh(story, outcomes, rules, features):
    """The scenario's result from all its runs."""
    expect = story["expect"]
    todo = [sentence(v) for v in expect.get("verdicts", []) if not set(judge.listed(v["rule"])) & rules]
    if expect.get("replay", {}).get("gaps") and "--gaps" not in features:
        return {"todo": ["--gaps: " + expect["words"]], "wrong": [], "tried": False}
    good = [o for o in outcomes if "failure" not in o]
    wrong = ["%s (%s)" % (o["failure"], o["run"]) for o in outcomes if "failure" in o][:2]
    missed = set()
    for i, v in enumerate(expect.get("verdicts", [])):
        nights = [(k, o["nights"][i]) for k, o in enumerate(good) if i in o["nights"]]
        missed |= {k for k, n in nights if n is None}
        complaint = weigh_verdict(v, [n for _, n in nights]) if nights else None
        if complaint:
            wrong.append(complaint)
    said = {}
    for o in good:
        for text in o["complaints"]:
            said.setdefault(text, []).append(o["run"])
    wrong += ["%s: in %d of %d runs (%s)" % (text, len(runs), len(good), runs[0]) for text, runs in said.items()]
    tried = not todo or any(o["nights"] for o in good)
    return {"todo": todo, "wrong": wrong, "tried": tried or bool(wrong), "good": good, "missed": len(missed)}


def line_of(name, story, result):
    good = result.get("good", [])
    word = "failed" if result["wrong"] else "todo" if result["todo"] and not result["tried"] else \
        "met" + ("+todo" if result["todo"] else "")
    if not good:
        return "%-26s %-4s %-9s" % (name, story["expect"]["scenario"], word)
    loudest = max(o["severity"] for o in good)
    levels = ["%s/%s" % tuple(number(quantile([o["levels"][k] for o in good], q)) for q in (0.5, 0.9))
              for k in ("L1", "L2")]
    return "%-26s %-4s %-9s %-10s %-7s %-7s %4d %5d %6d %5d" % (
        name, story["expect"]["scenario"], word,
        "found" if loudest >= judge.SILENCE else "silent", levels[0], levels[1],
        max(o["incidents"] for o in good), max(o["cases"] for o in good), result["missed"], len(good))


HEAD = "%-26s %-4s %-9s %-10s %-7s %-7s %4s %5s %6s %5s" % (
    "scenario", "row", "verdict", "found", "L1", "L2", "inc.", "cases", "misses", "runs")


class Report:
    """Prints the table, and the points of --tap."""

    def __init__(self, args):
        self.tap, self.points, self.bad = args.tap, 0, 0
        self.counts = {"met": 0, "failed": 0, "todo": 0, "known": 0}
        with open(os.path.join(HERE, "known.json"), encoding="utf-8") as f:
            self.known = json.load(f)
        self.is_reduced = args.reduced

    def say(self, text):
        print(("# " if self.tap else "") + text, flush=True)

    def point(self, is_ok, text, todo=None):
        self.points += 1
        if self.tap:
            print("%s %d - %s%s" % ("ok" if is_ok else "not ok", self.points, text.replace("#", ""),
                                    " # todo " + todo if todo else ""), flush=True)

    def add(self, name, story, result):
        self.say(line_of(name, story, result))
        for text in result["wrong"]:
            self.say("    not met: " + text)
        for text in result["todo"]:
            self.say("    todo: " + text)
            self.point(False, "%s: %s" % (name, text), "not in this version")
        self.counts["todo"] += bool(result["todo"])
        if not result["tried"]:
            return
        known = self.known.get(name)
        self.counts["failed" if result["wrong"] else "met"] += 1
        if known and result["wrong"]:
            self.counts["known"] += 1
            self.say("    known: " + known["why"])
            self.point(False, "%s: %s" % (name, story["expect"]["words"]), known["why"])
        elif known and not (self.is_reduced and known.get("only") == "full"):
            self.bad += 1
            self.say("    met now: take it out of tests/detection/known.json")
            self.point(False, name + " is met now: take it out of tests/detection/known.json")
        else:
            self.bad += bool(result["wrong"])
            self.point(not result["wrong"], "%s: %s" % (name, story["expect"]["words"]))

    def end(self):
        self.say("%(met)d met, %(failed)d not (%(known)d of them known), %(todo)d with verdicts of rules to come"
                 % self.counts)
        if self.tap:
            print("1..%d" % self.points)
        return self.bad > 0


# --- R1 --------------------------------------------------------------------------------------------------


def same_bytes(name, story, args):
    """Workers 1, 2, 8 and a file for each day: the records' bytes.  A complaint or None."""
    with open(os.path.join(HERE, "site.json"), encoding="utf-8") as f:
        story, site, _ = scenario.vary(story, json.load(f), {})
    if args.reduced:
        story["days"] = 14
    folder = tempfile.mkdtemp(prefix="detection-", dir=args.scratch)
    try:
        bench = Bench(folder, story, site, 1)
        bench.make()
        bench.replay([bench.capture], True, name="whole", shards="16")
        want = read_bytes(bench.path("whole.alerts"))
        for workers in ("2", "8"):
            bench.replay([bench.capture], True, "--workers", workers, shards="16")
            if read_bytes(bench.path("a.alerts")) != want:
                return "%s: %s workers give other bytes" % (name, workers)
        bench.make("--split-days")
        bench.replay(bench.day_files(), True, "--workers", "2", shards="16")
        return None if read_bytes(bench.path("a.alerts")) == want else "%s: a file a day gives other bytes" % name
    except Failure as failure:
        return "%s: %s" % (name, failure)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def do_forms(names, report):
    """Every scenario file against the schema, where jsonschema is installed."""
    try:
        import jsonschema
    except ImportError:
        report.say("no jsonschema: the forms of the files are not checked")
        return
    with open(os.path.join(TOP, "pcaps", "scenario.schema.json"), encoding="utf-8") as f:
        validator = jsonschema.Draft202012Validator(json.load(f))
    wrong = []
    for name in names + ["base"]:
        with open(os.path.join(STORIES, name + ".json"), encoding="utf-8") as f:
            wrong += ["%s: %s" % (name, error.message[:150]) for error in validator.iter_errors(json.load(f))]
    for text in wrong:
        report.say("    " + text)
    report.bad += bool(wrong)
    report.point(not wrong, "every scenario has the form of the schema")


def do_counter_checks(stories, args, rules, report):
    """What is judged here can fail: a scenario without its leak is not met, one with it is not silent."""
    without, loud = (json.loads(json.dumps(stories[COUNTER])) for _ in range(2))
    for leak in scenario.leaks(without):
        leak["enabled"] = False
    loud["expect"] = {"silent_from": judge.SILENCE, "never": ["NW-EXF-001"]}
    for story, said, text in ((without, "missing", "a scenario without its leak is not met"),
                              (loud, "NW-EXF-001 was raised", "a scenario with a leak is not silent")):
        wrong = weigh(story, play(COUNTER, story, args, rules, 1, {}), rules, "")["wrong"]
        is_right = any(said in one for one in wrong)
        report.say("%s: %s" % (text, "so it is" if is_right else "the judge is blind"))
        report.point(is_right, text)
        report.bad += not is_right


def do_r1(stories, pool, args, report):
    names = [n for n in SAMPLE if n in stories][:2 if args.reduced else None]
    wrong = [c for c in pool.map(lambda n: same_bytes(n, stories[n], args), names) if c]
    story = {"expect": {"scenario": "R1", "words": "byte-identical with 1, 2, 8 workers and split files: " +
                        ", ".join(names)}}
    report.add("r1-same-bytes", story, {"todo": [], "wrong": wrong, "tried": True})


# --- main --------------------------------------------------------------------------------------------------


def read_rules():
    with open(os.path.join(HERE, "rules.txt"), encoding="utf-8") as f:
        return {line.split()[0] for line in f if line.strip() and not line.startswith("#")}


def is_wanted(name, row, only):
    return not only or any(name.startswith(o.lower()) or row.lower() == o.lower() for o in only)


def parse():
    p = argparse.ArgumentParser(description="scenarios against the program")
    p.add_argument("--only", action="append", metavar="P6", help="a row of the table, or the beginning of a name")
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--variations", type=int, default=4, help="the scenario as written is the first (at most %d)" %
                   len(scenario.VARIATIONS))
    p.add_argument("--sites", default="with,without")
    p.add_argument("--tap", action="store_true")
    p.add_argument("--reduced", action="store_true")
    p.add_argument("--list", action="store_true")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--keep", metavar="DIR", help="copies records, manifests and truths there")
    args = p.parse_args()
    args.sites = args.sites.split(",")
    if args.reduced:
        args.seeds = args.variations = 1
    if args.seeds < 1 or args.variations < 1:
        p.error("no run, no verdict: --seeds and --variations are at least 1")
    args.scratch = os.environ.get("NW_SCRATCH") or BUILD
    if args.keep:
        os.makedirs(args.keep, exist_ok=True)
    return args


def main():
    args = parse()
    names = sorted(n[:-5] for n in os.listdir(STORIES) if n.endswith(".json") and n != "base.json")
    every = {n: scenario.load(os.path.join(STORIES, n + ".json")) for n in names}
    chosen = [n for n in names if is_wanted(n, every[n]["expect"]["scenario"], args.only)]
    if args.list:
        for n in chosen:
            print("%-26s %-4s %s" % (n, every[n]["expect"]["scenario"], every[n]["expect"]["words"]))
        return 0
    if not chosen and not is_wanted("r1-same-bytes", "R1", args.only):
        print("run.py: no scenario of that name (try --list)", file=sys.stderr)
        return 2
    rules, report = read_rules(), Report(args)
    features = subprocess.run([PROGRAM, "replay", "--help"], capture_output=True, text=True, check=True).stdout
    report.say(HEAD)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        runs = {}
        for name in chosen:
            story = every[name]
            is_todo = story["expect"].get("replay", {}).get("gaps") and "--gaps" not in features
            seeds, variations = settings(story, args)
            # The reduced form leaves out the second replay of two scenarios in three.
            sites = ["with"] if args.reduced and names.index(name) % 3 else args.sites
            runs[name] = [] if is_todo else [pool.submit(play, name, story, args, rules, seed, variation, sites)
                                             for seed in seeds for variation in variations]
        for name in chosen:
            outcomes = [one for future in runs[name] for one in future.result()]
            report.add(name, every[name], weigh(every[name], outcomes, rules, features))
        if is_wanted("r1-same-bytes", "R1", args.only):
            do_r1(every, pool, args, report)
        do_counter_checks(every, args, rules, report)
        do_forms(names, report)
    return 1 if report.end() else 0


if __name__ == "__main__":
    sys.exit(main())
