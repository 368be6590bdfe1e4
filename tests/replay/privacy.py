"""privacy.py - what privacy.test asks of files: are clear addresses or names in them, do two runs tell the same.

  privacy.py site IN OUT KEYFILE     the example site, with pseudonyms, and one asset less
  privacy.py clear FLOWS SITE        what the capture has that must not be shown: a line each
  privacy.py scan CLEAR FILE...      prints FILE: WHAT for each that a file has, as text or as bytes
  privacy.py retain IN OUT SECTION   a site with a section "retention"
  privacy.py vary IN OUT CHANGES     a site with other sections, {"without": ASSET} less one asset
  privacy.py later IN OUT            a scenario of the same hosts, 100 days later, without its own activities
  privacy.py same PLAIN VEILED       alerts of both runs: the same incidents, cases and members, one to one
"""
import datetime
import ipaddress
import json
import os
import sys


def records(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def make_site(source, target, key):
    with open(source, encoding="utf-8") as f:
        site = json.load(f)
    site["assets"] = [a for a in site["assets"] if a["id"] != "REVIEW-3"]
    del site["work_orders"]
    if key != "-":
        site["privacy"] = {"pseudonymise": ["external_ip", "names"], "key_file": key}
    with open(target, "w", encoding="utf-8") as f:
        json.dump(site, f)


def retain(source, target, section):
    with open(source, encoding="utf-8") as f:
        site = json.load(f)
    site["retention"] = json.loads(section)
    with open(target, "w", encoding="utf-8") as f:
        json.dump(site, f)


def vary(source, target, what):
    what = json.loads(what)
    with open(source, encoding="utf-8") as f:
        site = json.load(f)
    site["assets"] = [a for a in site["assets"] if a["id"] != what.get("without")]
    site.update({k: v for k, v in what.items() if k != "without"})
    with open(target, "w", encoding="utf-8") as f:
        json.dump(site, f)


def later(source, target):
    with open(source, encoding="utf-8") as f:
        base = json.load(f)["include"]
    with open(os.path.join(os.path.dirname(source), base), encoding="utf-8") as f:
        scenario = json.load(f)
    day = datetime.date.fromisoformat(scenario["start"]) + datetime.timedelta(scenario["days"] + 100)
    scenario["start"], scenario["days"] = day.isoformat(), 2
    with open(target, "w", encoding="utf-8") as f:
        json.dump(scenario, f)


def list_clear(flows, site):
    with open(site, encoding="utf-8") as f:
        assets = {ip for a in json.load(f)["assets"] for ip in a.get("ip", [])}
    words = set()
    for r in records(flows):
        for side in ("source", "destination"):
            ip = r[side]["ip"]
            if ip not in assets and not ipaddress.ip_address(ip).is_multicast and ip != "255.255.255.255":
                words.add(ip)
        words.update(r["nachtwacht"]["flow"]["names"])
    print("\n".join(sorted(words)))


def forms(word):
    """How a word may lie in a file: as text, and an address as the program keeps it, 16 bytes."""
    yield word.encode()
    try:
        ip = ipaddress.ip_address(word)
    except ValueError:
        return
    yield ip.packed if ip.version == 6 else b"\xff\xff" + ip.packed


def scan(words, paths):
    with open(words, encoding="utf-8") as f:
        wanted = [(w, b) for w in f.read().split() for b in forms(w)]
    for path in paths:
        with open(path, "rb") as f:
            content = f.read()
        for word in sorted({w for w, b in wanted if b in content}):
            print(f"{path}: {word}")


def key_of(r):
    n = r["nachtwacht"]
    return (r["@timestamp"], r["rule"]["id"], r["event"]["action"], n["channel"]["group"], n["channel"]["service"],
            n["incident"]["level"], r["event"]["severity"], r["source"]["bytes"], n["evidence"])


def same(plain, veiled):
    a, b = records(plain), records(veiled)
    if [key_of(r) for r in a] != [key_of(r) for r in b]:
        print("the records tell of other things")
    maps = {}
    for x, y in zip(a, b):
        pairs = [("incident", x["nachtwacht"]["incident"]["id"], y["nachtwacht"]["incident"]["id"]),
                 ("case", x["nachtwacht"]["incident"]["case"], y["nachtwacht"]["incident"]["case"]),
                 ("value", x["nachtwacht"]["channel"]["value"], y["nachtwacht"]["channel"]["value"]),
                 ("ip", x["destination"].get("ip"), y["destination"].get("ip")),
                 ("domain", x["destination"].get("domain"), y["destination"].get("domain"))]
        for kind, p, v in pairs:
            for way in ((kind, p, v), (kind + " back", v, p)):
                if maps.setdefault(way[:2], way[2]) != way[2]:
                    print(f"{way[0]}: {way[1]} is both {maps[way[:2]]} and {way[2]}")
    print(f"{len(a)} records, {len({r['nachtwacht']['incident']['case'] for r in b})} cases")


if __name__ == "__main__":
    {"site": make_site, "clear": list_clear, "same": same, "retain": retain, "later": later, "vary": vary,
     "scan": lambda words, *paths: scan(words, paths)}[sys.argv[1]](*sys.argv[2:])
