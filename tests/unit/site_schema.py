#!/usr/bin/python3
"""site_schema.py - the schemas of site and work orders and the program's readers agree.

Every example site validates against rules/schema/site.schema.json, the schema itself is valid, and
the files of tests/unit/site-errors/ that a schema can refuse are refused by it too.  Prints TAP.
"""
import json
import os
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(0)

# What only the reader can see: references, uniqueness, calendars, host bits, and what is no JSON.
READER_ONLY = {
    "address-multicast", "address-twice", "bad-utf8", "country", "date", "duplicate-in-entry",
    "duplicate-key", "empty", "everything-internal", "expected-domain", "expected-expires",
    "expected-references", "file-types-twice", "garbage", "host-bits", "host-bits-ipv6", "id-twice", "list-twice",
    "mac-twice", "network-twice", "number-in-list", "outside-zone", "retention-nights", "syntax", "syntax-behind-list",
    "syntax-in-entry", "syntax-trailing-comma", "timezone", "zone-unknown",
    "own-country", "own-domain", "own-many", "own-network", "own-operator-address", "own-operator-flag",
    "own-operator-number", "own-operator-text", "own-references", "own-too-deep", "own-too-many", "own-value-bounds",
    "own-value-choice", "own-value-type", "rules-attestation", "suppress-id-twice", "suppress-rule",
}

source = pathlib.Path(os.environ.get("NW_SRCDIR", "."))
schema = json.loads((source / "rules/schema/site.schema.json").read_text())
validator = jsonschema.Draft202012Validator(schema)
done = failed = 0


def report(good, text):
    global done, failed
    done += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {done} - site schema: {text}", flush=True)


def is_site(path):
    return "site" in json.loads(path.read_text())


try:
    jsonschema.Draft202012Validator.check_schema(schema)
    report(True, "is a schema")
except jsonschema.SchemaError as error:
    report(False, f"is a schema: {error.message}")

examples = sorted((source / "rules/examples").glob("*.json"))
examples += [source / "tests/fuzz/corpus/site/every-key.json"]
for path in filter(is_site, examples):
    errors = [f"{e.json_path}: {e.message}" for e in validator.iter_errors(json.loads(path.read_text()))]
    report(not errors, f"{path.name} {'; '.join(errors)}".rstrip())
report(len(examples) > 1, "there are examples")

orders = json.loads((source / "rules/schema/work-orders.schema.json").read_text())
validator_of_orders = jsonschema.Draft202012Validator(orders)
for path in (source / "rules/examples/work-orders.json", source / "tests/fuzz/corpus/orders/two.json"):
    errors = [e.message for e in validator_of_orders.iter_errors(json.loads(path.read_text()))]
    report(not errors, f"work orders: {path.name} {'; '.join(errors)}".rstrip())
for wrong in ({"start": "2026-01-02T08:00:00"}, {"assets": []}, {"mode": "Remote"}, {"id": "W 1"}, {"stat": ""}):
    entry = dict(json.loads(path.read_text())["work_orders"][0], **wrong)
    report(not validator_of_orders.is_valid({"work_orders": [entry]}), f"work orders: refuses {wrong}")

# The rule pack, and the broken rules that a schema can refuse.
RULES_READER_ONLY = {
    "beyond-detector", "control", "default-out-of-bounds", "defaults-clash", "detector", "duplicate-key",
    "duration-beyond", "empty", "levels-clash", "match", "min-above-max", "no-parameter", "no-such-rule", "not-json",
    "other-id", "parameter-other-type", "trailing-comma", "unknown-parameter",
}
rules = json.loads((source / "rules/schema/rule.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(rules)
validator_of_rules = jsonschema.Draft202012Validator(rules)
pack = sorted((source / "rules/pack").glob("*.json"))
for path in pack:
    errors = [f"{e.json_path}: {e.message}" for e in validator_of_rules.iter_errors(json.loads(path.read_text()))]
    report(not errors and json.loads(path.read_text())["id"] == path.stem, f"rule: {path.name} {'; '.join(errors)}".rstrip())
known = [line for line in (source / "tests/detection/rules.txt").read_text().splitlines() if line.startswith("NW-")]
report(sorted(known) == [path.stem for path in pack], "rule: the pack has the rules of tests/detection/rules.txt")
for path in sorted((source / "tests/unit/rule-errors").glob("*.json")):
    if path.stem.split("@")[1] not in RULES_READER_ONLY:
        report(not validator_of_rules.is_valid(json.loads(path.read_text())), f"rule: refuses {path.name}")

for path in sorted((source / "tests/unit/site-errors").glob("*.json")):
    if path.stem in READER_ONLY:
        continue
    report(not validator.is_valid(json.loads(path.read_text())), f"refuses {path.name}")

print(f"1..{done}")
sys.exit(1 if failed else 0)
