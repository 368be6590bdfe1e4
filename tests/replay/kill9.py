#!/usr/bin/env python3
"""kill9.py - a replay with --state, killed at random instants and started again until it is done.

usage: kill9.py PROGRAM KILLS SEED SCRATCH [ARGUMENTS OF REPLAY...]

Undisturbed once, to know the alerts file it must come to; then in rounds: start, kill -9 after a random
time, start again ... until a start comes to its end; each round with a new state.  After each round the
alerts file must be that of the undisturbed run, byte for byte, and the stream of a redis-server of our
own must hold the same records in the same order; a record whose acknowledgement was lost with the process
may stand there again (delivery is at least once), which is counted.  Ends after KILLS kills.  Prints TAP.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time


STREAM = "kill9"


class Redis:
    """A redis-server of our own on a unix socket; None of it where there is no redis-server."""

    def __init__(self, scratch):
        self.sock = os.path.join(scratch, "redis.sock")
        self.process = None
        if not all(shutil.which(tool) for tool in ("redis-server", "redis-cli")):
            return
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.sock, "--save", "", "--dir", scratch,
             "--logfile", os.path.join(scratch, "redis.log")], stdin=subprocess.DEVNULL)
        for _ in range(100):
            if self.cli("PING").strip() == "PONG":
                return
            time.sleep(0.1)
        self.end()

    def cli(self, *words):
        done = subprocess.run(["redis-cli", "-s", self.sock] + list(words), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        return done.stdout.decode()

    def options(self):
        return ["--redis", "unix://" + self.sock, "--stream", STREAM, "--redis-suppressed"] if self.process else []

    def take(self):
        """The records of the stream in the order of their first entries, and how many stand there again."""
        entries = json.loads(self.cli("--json", "XRANGE", STREAM, "-", "+") or "[]")
        self.cli("DEL", STREAM)
        lines = [dict(zip(cells[0::2], cells[1::2]))["json"] for _, cells in entries]
        return list(dict.fromkeys(lines)), len(lines) - len(set(lines))

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        self.process = None


def command(program, scratch, arguments):
    return [program, "replay", "--quiet", "--progress", "never", "--shards", "4", "--log-level", "err",
            "--state", os.path.join(scratch, "state"),
            "--alerts", os.path.join(scratch, "alerts")] + arguments


def fresh(scratch):
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def one_round(program, scratch, arguments, length, rng, kills_left):
    """Kills until the run is done.  (kills, exit status, what it said)"""
    kills = 0
    while True:
        process = subprocess.Popen(command(program, scratch, arguments), stderr=subprocess.PIPE)
        if kills < kills_left:
            try:
                process.wait(rng.uniform(0, length))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                process.stderr.close()
                kills += 1
                continue
        said = process.communicate()[1]
        return kills, process.returncode, said


def main():
    program, kills_wanted, seed, top = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    arguments = sys.argv[5:]
    scratch = os.path.join(top, "kill9")
    rng = random.Random(seed)

    redis = Redis(top)
    arguments = redis.options() + arguments
    fresh(scratch)
    started = time.monotonic()
    status = subprocess.call(command(program, scratch, arguments))
    length = time.monotonic() - started
    wanted = read(os.path.join(scratch, "alerts"))
    print("# seed %d; undisturbed: %.2f s, %d records" % (seed, length, wanted.count(b"\n")))
    print("%s 1 - the undisturbed run ends well" % ("ok" if status == 0 and wanted else "not ok"))
    stream = redis.take()[0] if redis.process else None
    lines = wanted.decode().splitlines()
    print("%s 2 - its stream holds what its file does%s" % (
        "ok" if stream in (None, lines) else "not ok",
        "" if redis.process else " # SKIP no redis-server"))
    kills, rounds, differ, again = 0, 0, 0, 0
    while kills < kills_wanted:
        fresh(scratch)
        more, status, said = one_round(program, scratch, arguments, length, rng, kills_wanted - kills)
        kills += more
        rounds += 1
        got = read(os.path.join(scratch, "alerts"))
        stream, more = redis.take() if redis.process else (lines, 0)
        again += more
        if stream != lines:
            print("# round %d: the stream has %d records, wanted %d" % (rounds, len(stream), len(lines)))
        if status != 0 or got != wanted or stream != lines:
            differ += 1
            keep = os.path.join(top, "differ-%d" % rounds)
            shutil.copytree(scratch, keep, dirs_exist_ok=True)
            print("# round %d: exit status %d, %d bytes, wanted %d; kept in %s; %s" %
                  (rounds, status, len(got), len(wanted), keep, said.decode(errors="replace")[:300]))
    print("# %d kills in %d rounds, %d rounds differ; %d records sent again" %
          (kills, rounds, differ, again))
    print("%s 3 - killed %d times at random instants, started again until done: the same alerts file%s" %
          ("ok" if differ == 0 else "not ok", kills, " and stream" if redis.process else ""))
    print("1..3")
    redis.end()
    return differ != 0


if __name__ == "__main__":
    sys.exit(main())
