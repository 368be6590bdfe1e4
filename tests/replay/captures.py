#!/usr/bin/env python3
"""captures.py - replays every capture of a collection and checks the books.

usage: captures.py --program FILE --captures DIR --scratch DIR --schema DIR [--sample N] [--jobs N]

For each file that begins like a capture:
 - the program ends within TIME_LIMIT_S, with exit status 0, or 2 and a reason (nothing usable in it);
 - packets seen = packets accounted for, by the manifest; and the decode.* counters sum up to
   capture.seen;
 - what was found damaged or refused was said on standard error, naming the file;
 - every flow record keeps the invariants below, and (one file in SCHEMA_EVERY) the schema.
TAP: one point for each folder of the collection and each question.  --sample N takes the files whose
name hashes to 0 modulo N.  Two at a time: the machine may be small.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys

TIME_LIMIT_S = 20           # per capture, as the acceptance test has it
SANITIZED_FACTOR = 6        # a sanitized build is that much slower at worst
SCHEMA_EVERY = 20
MAGICS = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d",
          b"\x0a\x0d\x0d\x0a", b"\x34\xcd\xb2\xa1", b"\xa1\xb2\xcd\x34")
PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")


def is_capture(path):
    with open(path, "rb") as file:
        head = file.read(4)
    if head in MAGICS:
        return True
    name = os.path.basename(path)
    packed = head[:2] == PACKED[0] or head in PACKED[1:]
    return packed and (".pcap" in name or ".cap" in name)


def find_captures(top, sample):
    found = []
    for folder, names, files in os.walk(top):
        names.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            short = os.path.relpath(path, top)
            digest = int.from_bytes(hashlib.sha256(short.encode()).digest()[:4], "big")
            if digest % sample == 0 and is_capture(path):
                found.append(short)
    return found


def flow_faults(record):
    """What must hold of any flow record, whatever was captured."""
    source, destination = record["source"], record["destination"]
    network, own = record["network"], record["nachtwacht"]["flow"]
    if network["packets"] != source["packets"] + destination["packets"]:
        return "network.packets is not the sum of both sides"
    if network["bytes"] != source["bytes"] + destination["bytes"]:
        return "network.bytes is not the sum of both sides"
    if network["packets"] < 1:
        return "a flow without packets"
    if own["payload_up"] > source["bytes"] or own["payload_down"] > destination["bytes"]:
        return "more payload than IP bytes"
    if record["event"]["start"] > record["event"]["end"]:
        return "ends before it starts"
    return None


class Judge:
    """Runs the program on one capture; faults() lists (question, what) pairs."""

    def __init__(self, args, validators):
        self.args = args
        self.validators = validators
        self.limit = args.limit

    def replay(self, number, path):
        base = os.path.join(self.args.scratch, "capture-%d" % number)
        files = {name: base + "." + name for name in ("flows", "alerts", "manifest")}
        command = [self.args.program, "replay", "--progress", "never", "--flows", files["flows"],
                   "--alerts", files["alerts"], "--manifest", files["manifest"],
                   os.path.join(self.args.captures, path)]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=self.limit, check=False)
            return files, done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            return files, None, b"", ""

    def faults(self, number, path):
        files, status, out, err = self.replay(number, path)
        try:
            return list(self.judge(number, path, files, status, out, err))
        finally:
            for name in files.values():
                if os.path.exists(name):
                    os.unlink(name)

    def judge(self, number, path, files, status, out, err):
        if status is None:
            yield "ends", "no end within %d s" % self.limit
            return
        if status not in (0, 2):
            yield "ends", "exit status %d: %s" % (status, " / ".join(err.splitlines()[-3:]))
            return
        name = os.path.basename(path)
        if out:
            yield "ends", "standard output was written to"
        if status == 2:
            if name not in err:
                yield "warned", "refused without naming the file: %r" % err[:200]
            return
        with open(files["manifest"], encoding="utf-8") as text:
            manifest = json.load(text)
        yield from self.judge_manifest(manifest, name, err)
        yield from self.judge_records(number, files)

    def judge_manifest(self, manifest, name, err):
        balance, counters = manifest["balance"], manifest["counters"]
        decoded = sum(n for key, n in counters.items() if key.startswith("decode."))
        if balance["seen"] != balance["accounted"]:
            yield "balanced", "seen %d, accounted for %d" % (balance["seen"], balance["accounted"])
        if counters["capture.seen"] != decoded:
            yield "balanced", "seen %d, decode.* %d" % (counters["capture.seen"], decoded)
        packets = sum(file["packets"] for file in manifest["files"])
        if packets != counters["capture.seen"]:
            yield "balanced", "files have %d, seen %d" % (packets, counters["capture.seen"])
        if any(file.get("damage") for file in manifest["files"]) and name not in err:
            yield "warned", "damage that was not said"

    def judge_records(self, number, files):
        for kind in ("flows", "alerts"):
            with open(files[kind], encoding="utf-8") as lines:
                records = [json.loads(line) for line in lines]
            if kind == "flows":
                for record in records:
                    what = flow_faults(record)
                    if what:
                        yield "recorded", "%s: %s" % (what, json.dumps(record)[:300])
                        break
            validator = self.validators.get(kind)
            if validator and (kind == "alerts" or number % SCHEMA_EVERY == 0):
                for record in records[:200]:
                    error = next(validator.iter_errors(record), None)
                    if error:
                        yield "recorded", "%s schema: %s" % (kind, error.message[:200])
                        break


def load_validators(folder):
    """By kind of record; none where jsonschema is not installed (demo-month.test insists on it)."""
    try:
        import jsonschema
    except ImportError:
        return {}
    found = {}
    for kind, name in (("flows", "flow"), ("alerts", "alert")):
        path = os.path.join(folder, name + ".schema.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as text:
                schema = json.load(text)
            found[kind] = jsonschema.validators.validator_for(schema)(schema)
    return found


QUESTIONS = (
    ("ends", "end in time with exit status 0 or 2, without a crash"),
    ("balanced", "every packet is accounted for"),
    ("warned", "damaged and refused files are named"),
    ("recorded", "records keep the invariants and the schema"),
)


def main():
    parser = argparse.ArgumentParser(description="replay a collection of captures")
    for name in ("--program", "--captures", "--scratch", "--schema"):
        parser.add_argument(name, required=True)
    parser.add_argument("--sample", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    args.limit = TIME_LIMIT_S * (SANITIZED_FACTOR if args.sample > 1 else 1)

    captures = find_captures(args.captures, args.sample)
    judge = Judge(args, load_validators(args.schema))
    faults = collections.defaultdict(list)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = pool.map(judge.faults, range(len(captures)), captures)
        for path, found in zip(captures, results):
            for question, what in found:
                faults[path.split("/")[0], question].append("%s: %s" % (path, what))

    folders = collections.Counter(path.split("/")[0] for path in captures)
    point = 0
    for folder, count in sorted(folders.items()):
        for question, text in QUESTIONS:
            point += 1
            bad = faults[folder, question]
            print("%sok %d - %s: %d captures: %s" % ("not " if bad else "", point, folder, count, text))
            for what in bad[:10]:
                print("#   %s" % what.replace("#", "."))
    print("# %d captures replayed" % len(captures))
    print("1..%d" % point)
    return 1 if any(faults.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
