#!/usr/bin/env python3
"""speed.py - how fast this program is, as ratios to others in one interleaved run.

usage: speed.py [--rounds N] [--input mixed|small|short]... [--flows] [--keep DIR] [--into FILE] BUILDDIR

Makes the three captures (pcaps/scenarios/bench, fixed seeds), then runs, in turn and round by round, everything that
is installed: a bare libpcap loop, nDPI with nothing around it (bound.c), softflowd, ndpiReader, Suricata, and us.
Prints medians over the rounds: CPU seconds (user and system, of the whole process) a million packets, wall, memory,
and our ratio to each, with the spread of CPU.  Every program has the same cores, and the capture is read once before.
--flows   once more with flow records: us with --flows, Suricata with EVE flow records
--keep    the captures stay in DIR and are used again
--into    replaces the section between the marks in FILE (docs/measurements.md)
Exit status: 0 measured; 1 a program failed; 2 usage.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("NW_SRCDIR") or os.path.dirname(os.path.dirname(HERE))
INPUTS = ("mixed", "small", "short")
WORDS = {"mixed": "protocol beginnings and bulk transfers of MTU size", "small": "60-byte packets in a million flows",
         "short": "two million flows of two packets"}
SNAP = "1600"
BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
# The targets: (input, peer) -> ratio of CPU time that we want to be below.
TARGETS = {("mixed", "ndpiReader"): 0.40, ("mixed", "suricata"): 0.30, ("mixed", "softflowd"): 1.3,
           ("small", "softflowd"): 0.40, ("small", "suricata"): 0.35, ("short", "softflowd"): 0.40,
           ("short", "suricata"): 0.12}


class Program:
    """name, what it is, and its command line for a capture and a scratch directory."""

    def __init__(self, name, path, arguments):
        self.name, self.path, self.arguments = name, path, arguments

    def command(self, capture, scratch):
        return [self.path] + [a.format(capture=capture, scratch=scratch) for a in self.arguments]


def programs(build, with_flows):
    def found(name):
        return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")

    ours = os.path.join(build, "nachtwacht")
    replay = ["replay", "--progress", "never", "--quiet", "--alerts", "{scratch}/alerts"]
    flows = ["--flows", "{scratch}/flows"] if with_flows else []
    eve = "true" if with_flows else "false"
    return [p for p in (
        Program("libpcap loop", os.path.join(build, "tests/bench/pcaploop"), ["{capture}"]),
        Program("bound", os.path.join(build, "tests/bench/bound"), ["{capture}"]),
        Program("softflowd", found("softflowd"), ["-d", "-m", "4000000", "-n", "127.0.0.1:9", "-r", "{capture}"]),
        Program("ndpiReader", found("ndpiReader"), ["-q", "-i", "{capture}"]),
        Program("suricata", found("suricata"), [
            "--runmode", "single", "-S", "/dev/null", "-l", "{scratch}", "-r", "{capture}", "--set",
            "outputs.1.eve-log.enabled=" + ("true" if with_flows else eve)]),
        Program("nachtwacht", ours, replay + flows + ["--workers", "1", "{capture}"]),
        Program("nachtwacht, 2 workers", ours, replay + flows + ["--workers", "2", "{capture}"]),
    ) if p.path]


def run(program, capture):
    """(CPU seconds, wall seconds, MB) of one run."""
    scratch = tempfile.mkdtemp(prefix="speed-", dir=os.path.dirname(capture))
    try:
        begin = time.monotonic()
        child = subprocess.Popen(program.command(capture, scratch), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit("speed.py: %s: exit status %d" % (program.name, os.waitstatus_to_exitcode(status)))
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def make(name, build, folder):
    """The capture's path; made when it is not there."""
    capture = os.path.join(folder, name + ".pcap")
    if not os.path.exists(capture):
        subprocess.run([os.path.join(build, "pcaps/nachtwacht-synth"), "-q", "--snap", SNAP, "-o", capture,
                        os.path.join(TOP, "pcaps/scenarios/bench", name + ".json")], check=True)
    return capture


def count(build, capture):
    said = subprocess.run([os.path.join(build, "tests/bench/pcaploop"), capture], check=True, capture_output=True,
                          text=True).stdout
    return int(said.split()[0])


def measure(name, args, chosen, folder):
    """Lines of the table of one input."""
    capture = make(name, args.build, folder)
    packets = count(args.build, capture) / 1e6
    results = {p.name: [] for p in chosen}
    for turn in range(args.rounds):
        for program in chosen:
            results[program.name].append(run(program, capture))
            print("speed.py: %s, round %d: %s %.2f s CPU" % (name, turn + 1, program.name,
                                                             results[program.name][-1][0]), file=sys.stderr)
    medians = {n: [statistics.median(column) for column in zip(*runs)] for n, runs in results.items()}
    ours = medians["nachtwacht"][0]
    lines = ["**%s** (%s: %.2f M packets, %.2f GB, %d rounds)" % (
        name, WORDS[name], packets, os.path.getsize(capture) / 1e9, args.rounds), "",
        "| program | CPU s a million packets | spread | wall s | memory MB | ours / its | target |",
        "|---|---|---|---|---|---|---|"]
    for program in chosen:
        cpu, wall, memory = medians[program.name]
        all_cpu = [r[0] / packets for r in results[program.name]]
        target = TARGETS.get((name, program.name))
        lines.append("| %s | %.3f | %.3f-%.3f | %.2f | %.0f | %s | %s |" % (
            program.name, cpu / packets, min(all_cpu), max(all_cpu), wall, memory,
            "" if program.name.startswith("nachtwacht") else "%.2f" % (ours / cpu),
            "" if target is None else "<= %.2f" % target))
    return lines + [""]


def put_into(path, text):
    with open(path, encoding="utf-8") as f:
        before, rest = f.read().split(BEGIN)
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + BEGIN + "\n\n" + text + "\n" + END + rest.split(END)[1])


def main():
    p = argparse.ArgumentParser(description="how fast this program is, in ratios")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--input", action="append", choices=INPUTS)
    p.add_argument("--flows", action="store_true")
    p.add_argument("--keep", metavar="DIR")
    p.add_argument("--into", metavar="FILE")
    p.add_argument("build", metavar="BUILDDIR")
    args = p.parse_args()
    folder = args.keep or tempfile.mkdtemp(prefix="speed-")
    os.makedirs(folder, exist_ok=True)
    chosen = programs(args.build, args.flows)
    try:
        lines = []
        for name in args.input or INPUTS:
            lines += measure(name, args, chosen, folder)
    finally:
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    text = "\n".join(lines)
    print(text)
    if args.into:
        put_into(args.into, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
