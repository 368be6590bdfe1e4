"""slips.py - Slips' upload rules: bytes to one destination.

From the published descriptions (stratosphereips/StratosphereLinuxIPS, releases that have
config/slips.yaml: that file, the list of detections in docs/features.md, and the comments of
modules/flowalerts/conn.py; the documentation gives no number):
    flow   one flow that uploads flow_upload_threshold (100 MB) or more
    hour   all flows of a source to one destination in a time window (time_window_width, 1 h)
           together data_exfiltration_threshold (500 MB) or more
Sources disagree: the rule is described "in this time window", but the program is said to sum *all
flows of the profile*, which is everything since it was started:
    run    the same 500 MB over all windows so far; looked at when a window closes
All three are here.  A flow belongs to the window in which it began and counts when it has ended.
MB is taken as 10^6, which is kinder; no source says.  Multicast, link-local and reserved
destinations are excepted; analysis_direction "out" (the default) looks at private to public only.
This is evidence; whether Slips makes an alert of it depends on what else the window holds
(evidence_detection_threshold), so these rows are an upper bound.
"""
import collections

import records

MB = 1e6
FLOW_LEVELS = [("evidence", 100.0)]
SUM_LEVELS = [("evidence", 500.0)]
WINDOW_S = 3600


def excepted(address):
    return records.within(records.NOWHERE, address)


def run_flow(flows):
    for f in flows:
        if f.up and not excepted(f.dst):
            yield f.end, (f.src, f.dst), f.up / MB


def window_sums(flows):
    """{window: {pair: MB}} by the start of flows, and {window: when all of it is known}."""
    sums = collections.defaultdict(collections.Counter)
    begin = flows[0].start
    for f in flows:
        if f.up and not excepted(f.dst):
            sums[int((f.start - begin) // WINDOW_S)][f.src, f.dst] += f.up
    return sums, begin


def run_hour(flows):
    """The window's evidence stands at its end, or later when its last flow still ran then."""
    sums, begin = window_sums(flows)
    last = collections.defaultdict(float)
    for f in flows:
        key = (int((f.start - begin) // WINDOW_S), f.src, f.dst)
        last[key] = max(last[key], f.end, begin + (key[0] + 1) * WINDOW_S)
    for window in sorted(sums):
        for pair, up in sums[window].items():
            yield last[(window,) + pair], pair, up / MB


def run_since_start(flows):
    total = collections.Counter()
    begin = flows[0].start
    for f in sorted(flows, key=lambda f: f.end):
        if f.up and not excepted(f.dst):
            total[f.src, f.dst] += f.up
            closes = begin + ((f.end - begin) // WINDOW_S + 1) * WINDOW_S
            yield closes, (f.src, f.dst), total[f.src, f.dst] / MB
