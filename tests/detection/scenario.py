"""scenario.py - a scenario with what it includes, and its variations: hour, volume, jitter, destination,
time zone.

A variation changes the loaded JSON, never the file: the activities marked "leak" (hour, volume, jitter), or the
whole text (destination: another network and another name), or the site's zone.  Timers that run in a zone of
their own are moved so that they strike at the same civil time of the other site.
"""
import copy
import datetime
import json
import os
import re
import zoneinfo

LISTS = ("segments", "hosts", "activities")
KINDS = ("hour", "volume", "jitter", "destination", "timezone")

# Beside the scenario as it is written.  Minutes, factor, duration, flag, zone.
VARIATIONS = [
    {},
    {"hour": 135, "timezone": "Asia/Tokyo"},
    {"volume": 0.25, "jitter": "20m", "timezone": "America/Los_Angeles"},
    {"hour": -40, "destination": True, "timezone": "UTC"},
    {"volume": 2.5, "jitter": "12m", "destination": True, "hour": 60},
]

# Both ways at once, so that what was elsewhere before does not become the same place.
DESTINATIONS = {"203.0.113.": "198.51.100.", "198.51.100.": "203.0.113.",
                "vendor-a.example": "fleet-d.example", "cloud-c.example": "store-e.example"}


def load(path):
    """The scenario as nachtwacht-synth reads it: values of the including file replace, ids too."""
    with open(path, encoding="utf-8") as f:
        own = json.load(f)
    if "include" not in own:
        return own
    base = load(os.path.join(os.path.dirname(path), own.pop("include")))
    for key, value in own.items():
        if key in LISTS and key in base:
            places = {one["id"]: i for i, one in enumerate(base[key])}
            for one in value:
                if one["id"] in places:
                    base[key][places[one["id"]]] = one
                else:
                    base[key].append(one)
        else:
            base[key] = value
    return base


def leaks(story):
    return [a for a in story["activities"] if a.get("leak")]


def minutes(text):
    return int(text[:2]) * 60 + int(text[3:])


def clock(total):
    return "%02d:%02d" % (total // 60 % 24, total % 60)


def shift(schedule, by):
    if "at" in schedule:
        times = schedule["at"] if isinstance(schedule["at"], list) else [schedule["at"]]
        moved = [clock(minutes(t) + by) for t in times]
        schedule["at"] = moved if isinstance(schedule["at"], list) else moved[0]
    elif "window" in schedule:
        schedule["window"] = "-".join(clock(minutes(t) + by) for t in schedule["window"].split("-"))


def scale(volume, factor):
    for key in ("up", "down"):
        if key in volume:
            number, unit = re.fullmatch(r"([0-9.]+)(\D*)", str(volume[key])).groups()
            power = {"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9}[unit]
            volume[key] = int(float(number) * power * factor)


def offset_minutes(zone, date):
    noon = datetime.datetime.fromisoformat(date + "T12:00:00").replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return int(noon.utcoffset().total_seconds() // 60)


def move_zone(story, zone):
    """Another site zone; a timer in a zone of its own goes on striking at the same civil time."""
    by = offset_minutes(story["timezone"], story["start"]) - offset_minutes(zone, story["start"])
    for activity in story["activities"]:
        if activity["schedule"].get("zone", "local") != "local":
            shift(activity["schedule"], by)
    story["timezone"] = zone


def vary(story, site, variation):
    """Copies of story and site with the variation, of which the scenario allows "vary"."""
    allowed = story["expect"].get("vary", KINDS)
    changes = {k: v for k, v in variation.items() if k in allowed}
    story, site = copy.deepcopy(story), copy.deepcopy(site)
    if "destination" in changes:
        pattern = re.compile("|".join(re.escape(k) for k in DESTINATIONS))
        swap = lambda value: json.loads(pattern.sub(lambda m: DESTINATIONS[m.group()], json.dumps(value)))
        story, site = swap(story), swap(site)
    for leak in leaks(story):
        schedule = leak["schedule"]
        shift(schedule, changes.get("hour", 0))
        if "volume" in changes and "volume" in leak:
            scale(leak["volume"], changes["volume"])
        if "jitter" in changes and "at" in schedule:
            schedule["jitter"] = changes["jitter"]
    if "timezone" in changes:
        move_zone(story, changes["timezone"])
    site["site"]["timezone"] = story["timezone"]
    return story, site, changes


def describe(changes):
    words = {"hour": "%+d min", "volume": "x %g", "jitter": "jitter %s", "timezone": "%s"}
    return ", ".join("elsewhere" if k == "destination" else words[k] % v for k, v in changes.items()) or "as written"
