#!/usr/bin/env python3
"""kill9.py - a replay with --state, killed at random instants and started again until it is done.

usage: kill9.py PROGRAM KILLS SEED SCRATCH [ARGUMENTS OF REPLAY...]

Undisturbed once, to know the alerts file it must come to; then in rounds: start, kill -9 after a random
time, start again ... until a start comes to its end; each round with a new state.  After each round the
alerts file must be that of the undisturbed run, byte for byte.  Ends after KILLS kills.  Prints TAP.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import time


def command(program, scratch, arguments):
    return [program, "replay", "--quiet", "--progress", "never", "--log-level", "err",
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

    fresh(scratch)
    started = time.monotonic()
    status = subprocess.call(command(program, scratch, arguments))
    length = time.monotonic() - started
    wanted = read(os.path.join(scratch, "alerts"))
    print("# seed %d; undisturbed: %.2f s, %d records" % (seed, length, wanted.count(b"\n")))
    print("%s 1 - the undisturbed run ends well" % ("ok" if status == 0 and wanted else "not ok"))
    kills, rounds, differ = 0, 0, 0
    while kills < kills_wanted:
        fresh(scratch)
        more, status, said = one_round(program, scratch, arguments, length, rng, kills_wanted - kills)
        kills += more
        rounds += 1
        got = read(os.path.join(scratch, "alerts"))
        if status != 0 or got != wanted:
            differ += 1
            keep = os.path.join(top, "differ-%d" % rounds)
            shutil.copytree(scratch, keep, dirs_exist_ok=True)
            print("# round %d: exit status %d, %d bytes, wanted %d; kept in %s; %s" %
                  (rounds, status, len(got), len(wanted), keep, said.decode(errors="replace")[:300]))
    print("# %d kills in %d rounds, %d rounds differ" % (kills, rounds, differ))
    print("%s 2 - killed %d times at random instants, started again until done: the same alerts file" %
          ("ok" if differ == 0 else "not ok", kills))
    print("1..2")
    return differ != 0


if __name__ == "__main__":
    sys.exit(main())
