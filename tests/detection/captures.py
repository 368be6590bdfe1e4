"""captures.py - a capture of nachtwacht-synth cut in two, for restarts and files that overlap.

Classic pcap with nanoseconds, little-endian, as the generator writes it.
"""
import datetime
import struct
import zoneinfo

HEADER = 24
RECORD = struct.Struct("<IIII")


def instant(text, zone):
    """"2026-01-15 12:00" of that zone in seconds since 1970."""
    moment = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return moment.timestamp()


def cut(path, first_until, second_from, first, second):
    """Records before first_until go to one file, those from second_from on to the other."""
    with open(path, "rb") as f:
        data = f.read()
    begin = end = None
    at = HEADER
    while at < len(data):
        seconds, nanos, captured, _ = RECORD.unpack_from(data, at)
        stamp = seconds + nanos / 1e9
        if begin is None and stamp >= second_from:
            begin = at
        if end is None and stamp >= first_until:
            end = at
        at += RECORD.size + captured
    with open(first, "wb") as f:
        f.write(data[:end])
    with open(second, "wb") as f:
        f.write(data[:HEADER])
        f.write(data[len(data) if begin is None else begin:])
