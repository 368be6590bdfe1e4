#!/usr/bin/python3
"""validate.py - JSON lines against a schema, and in canonical form.

    validate.py SCHEMA FILE.jsonl...     each line one object: valid, keys sorted, no key twice, UTF-8
    validate.py --whole SCHEMA FILE...   each file one object (a manifest)

Prints how many records were good, or the first errors with file:line.  Exit: 0; 1 a record is wrong;
2 usage, or a file that cannot be read; 77 with a SKIP line when python3-jsonschema is not installed.
"""
import json
import sys

ERRORS_SHOWN = 10


class Wrong(Exception):
    """What is wrong with a record."""


def ordered(pairs):
    """Of each object, at any depth: keys sorted by their bytes, none twice."""
    keys = [key.encode("utf-8", "surrogatepass") for key, _ in pairs]
    for before, after in zip(keys, keys[1:]):
        if before == after:
            raise Wrong(f"key {after.decode()!r} twice")
        if before > after:
            raise Wrong(f"key {after.decode('utf-8', 'replace')!r} is not sorted")
    return dict(pairs)


def refuse(constant):
    raise Wrong(f"{constant} is not JSON")


def parse(raw):
    try:
        record = json.loads(raw.decode("utf-8"), object_pairs_hook=ordered, parse_constant=refuse)
    except UnicodeDecodeError as error:
        raise Wrong(f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise Wrong(f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise Wrong("not an object")
    return record


def pieces(path, whole):
    """(line, bytes) of each record of a file."""
    with open(path, "rb") as file:
        raw = file.read()
    if whole:
        return [(1, raw)]
    lines = raw.split(b"\n")
    last = lines.pop()
    found = list(enumerate(lines, 1))
    if last:
        found.append((len(lines) + 1, None))    # the cut line is an error of its own
    return found


def check(validator, raw):
    if raw is None:
        raise Wrong("the last line has no end")
    record = parse(raw)
    for error in validator.iter_errors(record):
        where = "/".join(str(step) for step in error.absolute_path) or "(record)"
        raise Wrong(f"{where}: {error.message[:300]}")


def main(arguments):
    whole = arguments[:1] == ["--whole"]
    arguments = arguments[whole:]
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        import jsonschema
    except ImportError:
        print("SKIP no python3-jsonschema")
        return 77
    try:
        with open(arguments[0], encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        files = [(path, pieces(path, whole)) for path in arguments[1:]]
    except (OSError, ValueError, jsonschema.SchemaError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    validator = jsonschema.Draft202012Validator(schema)
    good, wrong = 0, 0
    for path, records in files:
        for line, raw in records:
            try:
                check(validator, raw)
                good += 1
            except Wrong as error:
                wrong += 1
                if wrong <= ERRORS_SHOWN:
                    print(f"{path}:{line}: {error}")
    print(f"{good} records are good, {wrong} are not")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
