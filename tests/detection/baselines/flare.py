"""flare.py - flare's beacon analytic: the share of the commonest interval in a day.

From the published description (austin-taylor/flare, README.md, the comments and the parameter help
of flare/analytics/command_control.py, master; the author's article of June 2017): for each
(source, destination, destination port) of the last 24 h take the whole seconds between consecutive
flow events, drop those below min_interval, and when more than min_occur are left slide a window of
2 s over the commonest one: the best share of all is the percentage.  A beacon is above min_percent.

Defaults of the class: min_occur 10, min_percent 5, window 2, min_interval 2, period 24.  Sources
disagree: configs/elasticsearch.ini has min_interval 30; the class is followed.  focus_outbound (the
default) shows only private to public.  An event's time is when the flow was logged, its end.
"""
import collections

import records

MIN_OCCUR = 10
MIN_PERCENT = 5.0
MIN_INTERVAL_S = 2
WINDOW_S = 2
LEVELS = [("beacon", MIN_PERCENT)]


def percentage(times):
    """None: too few."""
    stamps = sorted(int(t) for t in times)
    deltas = collections.Counter(b - a for a, b in zip(stamps, stamps[1:])
                                 if b - a >= MIN_INTERVAL_S)
    total = sum(deltas.values())
    if total <= MIN_OCCUR:
        return None
    most = max(deltas.values())
    best = 0
    # Which of several commonest intervals is taken is left to chance there; here the best one is.
    for mode in (delta for delta, n in deltas.items() if n == most):
        for low in range(mode - WINDOW_S, mode + 1):
            best = max(best, sum(deltas.get(low + k, 0) for k in range(WINDOW_S)))
    return 100.0 * best / total


def run(flows):
    triads = {key: sorted(f.end for f in list_of)
              for key, list_of in records.by(flows, "src", "dst", "port").items()
              if len(list_of) > MIN_OCCUR}
    first = dict.fromkeys(triads, (0, 0))
    for when in records.evaluations(flows, records.DAY_S):
        for key, ends in triads.items():
            low, high = first[key]
            while low < len(ends) and ends[low] < when - records.DAY_S:
                low += 1
            while high < len(ends) and ends[high] < when:
                high += 1
            changed = (low, high) != first[key]
            first[key] = low, high
            if changed and high - low > MIN_OCCUR:
                yield when, key[:2], percentage(ends[low:high])
