"""rita.py - RITA's beacon scores, versions 4 and 5, and version 5's long connections.

From the published descriptions; where these are silent (limits, quartiles, special cases) the
published program text was read.  Written anew in words of our own; nothing is copied.

Version 4 (activecm/rita-legacy, pkg/beacon/Readme.md, "Documented on May 24, 2022"): for a pair
with at least DefaultConnectionThresh (20) connections in the day
    ts = 1/3 [(1 - |Bowley skew of the intervals|) + max(1 - MADM/30 s, 0) + connections per 10 s]
    ds = 1/3 [(1 - |Bowley skew of the sizes|) + max(1 - MADM/32 bytes, 0) + max(1 - mode/65535, 0)]
and the score is their average (pull request 128: six parts, equal weights).
Sources disagree.  The Readme was already behind the program when it was last touched: pull request
742 (July 2022) brought histogram and duration, 792 (April 2023) took the connection count out and
raised the minimum to 23.  Those late 4.x releases score as version 5 does and need *more*
connections, so version 5 below is their upper bound.  The Readme does not say which quartile; issue
545 gives .7 as what beacons of test tools may score, which is taken as the threshold, RITA itself
only sorts.

Version 5 (activecm/rita, default_config.hjson, docs/Configuration.md, and the comments of
analysis/beacons.go): the last 24 h; at least 4 connections at different seconds, fewer than 86 400;
    score = (ts + ds + duration + histogram)/4, each rounded to three decimals
    ts, ds    1/2 [(1 - |Bowley skew|) + (median - MAD)/median]; skew counts as 0 when Q3 - Q1 < 10
              or the median is a quartile; ts of the intervals that are not 0, at least three of
              them; quartiles are medians of the halves without the middle (the statistics library's
              rule)
    histogram 24 bins: the larger of 1 - coefficient of variation and, from 11 bins in use on, the
              share of bins in the two most frequent heights (heights in steps of 5 % of the
              largest, one outlier forgiven)
    duration  0 below 6 bins in use, else the larger of (last - first)/window and longest run/12
Levels (Configuration.md): below 50 % nothing, 50 low, 70 medium, 90 high.  Its final threat score
adds modifiers of up to 15 % each (rare or new destination) to any pair that is *listed*; they know
nothing of time and are left out.  There is no exfiltration score in version 5: size counts only for
addresses on a threat list (threat_intel_datasize_threshold).
Long connections: total duration of a pair in the window, from 1 h on (base 1 h, low 4 h, medium
8 h, high 12 h).  Connections still open count as with the
zeek-open-connections package; without it they are unknown until they end.

By default both versions drop what stays inside the internal networks.
"""
import collections
import math

import records

V4_CONNECTIONS_MIN = 20
V4_ALARM = 0.7
V5_CONNECTIONS_MIN = 4
STROBE = 86400
V5_LEVELS = [("low", 0.5), ("medium", 0.7), ("high", 0.9)]
LONG_LEVELS = [("base", 1.0), ("low", 4.0), ("medium", 8.0), ("high", 12.0)]   # hours
BINS = 24


def median(ordered):
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def deviation(values, centre):
    """Median of the distances to the centre."""
    return median(sorted(abs(v - centre) for v in values))


# --- version 4 -----------------------------------------------------------------------------------

def v4_skew(ordered):
    """Bowley's, of whole values at the rounded positions; 0 where it is not defined."""
    last = len(ordered) - 1
    q1, q2, q3 = (ordered[math.floor(part * last + 0.5)] for part in (0.25, 0.5, 0.75))
    if q1 == q3 or q2 in (q1, q3):
        return 0.0, q2
    return (q1 - 2 * q2 + q3) / (q3 - q1), q2


def v4_parts(values, madm_zero):
    ordered = sorted(values)
    skew, middle = v4_skew(ordered)
    devs = sorted(abs(v - middle) for v in ordered)
    madm = devs[math.floor(0.5 * (len(devs) - 1) + 0.5)]
    return 1 - abs(skew), max(1 - madm / madm_zero, 0)


def v4_score(starts, sizes, window_s=records.DAY_S):
    """None: too few connections to be looked at."""
    times = sorted(int(t) for t in starts)
    if not V4_CONNECTIONS_MIN <= len(times) < STROBE:
        return None
    ts_parts = v4_parts([b - a for a, b in zip(times, times[1:])], 30.0)
    ds_parts = v4_parts(sizes, 32.0)
    counts = collections.Counter(sizes)
    most = max(counts.values())
    mode = min(size for size, n in counts.items() if n == most)
    ts = (sum(ts_parts) + min(len(times) / (window_s / 10.0), 1.0)) / 3
    ds = (sum(ds_parts) + max(1 - mode / 65535.0, 0)) / 3
    return (ts + ds) / 2


# --- version 5 -----------------------------------------------------------------------------------

def v5_skew(ordered):
    half = len(ordered) // 2
    q1, q2, q3 = median(ordered[:half]), median(ordered), median(ordered[-half:])
    if q3 - q1 < 10 or q2 in (q1, q3):
        return 0.0
    return (q1 + q3 - 2 * q2) / (q3 - q1)


def v5_regular(values, without_median):
    """The ts or ds score; without_median is what a median below 1 gives for the dispersion."""
    ordered = sorted(values)
    middle = median(ordered)
    steady = without_median
    if middle >= 1:
        steady = max((middle - deviation(ordered, middle)) / middle, 0)
    return round((1 - abs(v5_skew(ordered)) + steady) / 2, 3)


def v5_bins(times, begin, window_s=records.DAY_S):
    bins = [0] * BINS
    for t in times:
        bins[min(max(int((t - begin) * BINS / window_s), 0), BINS - 1)] += 1
    return bins


def v5_histogram(bins):
    mean = sum(bins) / BINS
    cv = math.sqrt(sum((n - mean) ** 2 for n in bins) / BINS) / mean
    flat = round(max(1 - cv, 0), 3)
    used = [n for n in bins if n]
    if len(used) < 11:
        return flat
    step = math.ceil(max(used) * 0.05)
    modes = collections.Counter(n // step for n in used).most_common(2)
    return max(flat, min(round(sum(n for _, n in modes) / (len(used) - 1), 3), 1.0))


def longest_run(bins):
    """Of bins in use; the day is a circle."""
    best = run = 0
    for n in bins + bins:
        run = run + 1 if n else 0
        best = max(best, run)
    return min(best, BINS)


def v5_duration(bins, first, last, window_s=records.DAY_S):
    if sum(1 for n in bins if n) < 6:
        return 0.0
    coverage = math.ceil(round((last - first) / window_s * 1000, 6)) / 1000
    consistency = math.ceil(round(longest_run(bins) / 12 * 1000, 6)) / 1000
    return min(max(coverage, consistency), 1.0)


def v5_score(starts, sizes, begin, window_s=records.DAY_S):
    """(score, ts, ds, histogram, duration), or None: too few connections to be looked at."""
    times = sorted(int(t) for t in starts)
    intervals = [b - a for a, b in zip(times, times[1:]) if b > a]
    if len(intervals) + 1 < V5_CONNECTIONS_MIN or len(times) >= STROBE:
        return None
    bins = v5_bins(times, begin, window_s)
    parts = (v5_regular(intervals, 1.0), v5_regular(sizes, 0.0),
             v5_histogram(bins), v5_duration(bins, times[0], times[-1], window_s))
    return (round(sum(parts) / 4, 3),) + parts


# --- over a capture ------------------------------------------------------------------------------

def day_windows(flows):
    """(when, pair, flows): every hour, each pair's connections of the last 24 h known by then."""
    pairs = records.by(flows, "src", "dst")
    first = dict.fromkeys(pairs, 0)
    for when in records.evaluations(flows, records.DAY_S):
        for pair, list_of in pairs.items():
            at = first[pair]
            while at < len(list_of) and list_of[at].start < when - records.DAY_S:
                at += 1
            first[pair] = at
            seen = []
            for f in list_of[at:]:
                if f.start >= when:
                    break
                if f.end < when:
                    seen.append(f)
            if len(seen) >= V5_CONNECTIONS_MIN:
                yield when, pair, seen


def run_v4(flows):
    for when, pair, seen in day_windows(flows):
        if len(seen) >= V4_CONNECTIONS_MIN:
            yield when, pair, v4_score([f.start for f in seen], [f.up for f in seen])


def run_v5(flows):
    for when, pair, seen in day_windows(flows):
        score = v5_score([f.start for f in seen], [f.ip_up for f in seen], when - records.DAY_S)
        if score:
            yield when, pair, score[0]


def run_long(flows):
    """Hours of connection in the window: of those that began in it, and of those that are open."""
    pairs = {pair: [f for f in list_of if f.end - f.start >= 1]
             for pair, list_of in records.by(flows, "src", "dst").items()}
    for when in records.evaluations(flows, records.DAY_S):
        begin = when - records.DAY_S
        for pair, list_of in pairs.items():
            total = sum(min(f.end, when) - f.start for f in list_of
                        if f.start < when and (f.start >= begin or f.end >= when))
            if total:
                yield when, pair, total / records.HOUR_S
