"""siem.py - the beaconing rules that come with two SIEMs: Elastic (6 h) and Sentinel (one day).

Elastic, "Network Beaconing Identification" 1.3 (elastic/integrations, packages/beaconing/docs and
the comments and parameters of its transform; article "Identifying beaconing malware using
Elastic"): every hour over the last 6 h in 360 one-minute buckets, first to last that is not empty
    looked at  at least 12 buckets long, at least 7 not empty
    bytes      mean bytes per event and bucket, sent and received: coefficient of variation <= 0.05
    counts     more than half of the buckets in use and standard deviation <= 0.1 mean, *or*
               periodic: autocovariance of the counts >= 0.7 at a period of 2 buckets to a sixth of
               the length, averaged over its multiples (from the third on)
values below the 10th and above the 80th percentile are left out of bytes and counts.  Each of
counts, sent and received is one point: 1 is rule "Statistical Model Detected C2 Beaconing
Activity", 3 the one "with High Confidence".  Sources disagree: comments speak of the *relative
variance* of the counts, the condition described beside it is on the standard deviation; the latter
is taken.  It groups by host and *process*, which nothing passive knows: (source, destination, port)
stands for it, which is kinder.

Sentinel, "Palo Alto - potential beaconing detected" 1.0.7 (Azure/Azure-Sentinel, analytic rule
f0be259a; article "Detect Network beaconing via Intra-Request time delta patterns"): once a
day over the day before.  Seconds from an event to the next event *of the same source, whatever its
destination*, only those above 25; per (source, destination, port) more than 30 of them, the
commonest more than 25 times and more than 80 % of all.  Sources disagree: the text says events
"observed in a day", the query groups by the hour.  Both are here.  Private destinations are
excluded there.
"""
import bisect
import collections
import itertools
import math

import records

ELASTIC_WINDOW_S = 6 * 3600
BUCKET_S = 60
PERIODS_MIN = 6
ELASTIC_LEVELS = [("beaconing", 1), ("high confidence", 3)]

DELTA_S = 25
EVENTS = 30
COMMONEST = 25
SENTINEL_LEVELS = [("beacon", 80.0)]


# --- Elastic -------------------------------------------------------------------------------------

def trimmed(values):
    """Without zeros and without what is outside the 10th to 80th percentile."""
    ordered = sorted(v for v in values if v)
    low, high = (ordered[min(int(part * len(ordered) + 0.5), len(ordered) - 1)]
                 for part in (0.1, 0.8))
    return [v for v in ordered if low <= v <= high]


def steady(values, ratio):
    kept = trimmed(values)
    mean = sum(kept) / len(kept)
    return math.sqrt(sum((v - mean) ** 2 for v in kept) / len(kept)) <= ratio * mean + 1e-9


class Series:
    """Counts of buckets with running sums: most are 0, and every period looks at all of them."""

    def __init__(self, counts):
        self.counts = counts
        self.used = [i for i, n in enumerate(counts) if n]
        self.sums = [0] + list(itertools.accumulate(counts))
        self.squares = [0] + list(itertools.accumulate(n * n for n in counts))

    def spread(self, low, high, mean):
        """Sum of the squared distances to the mean of counts[low:high]."""
        total = self.sums[high] - self.sums[low]
        return (self.squares[high] - self.squares[low] - 2 * mean * total
                + (high - low) * mean * mean)

    def correlation(self, period):
        """Of blocks of one period with the block before, about one mean; 1 where nothing varies."""
        n, counts = len(self.counts), self.counts
        length = ((n - 2 * period) // period + 1) * period
        inner = period * ((n - 2 * period + 1) // period)
        mean = (self.sums[inner] - self.sums[period]) / (inner - period) if inner > period else 0.0
        product = sum(counts[i] * counts[i + period]
                      for i in self.used[:bisect.bisect_left(self.used, length)])
        total = self.sums[length] + self.sums[length + period] - self.sums[period]
        spreads = self.spread(period, length + period, mean) * self.spread(0, length, mean)
        if spreads < 1e-12:
            return 1.0
        return (product - mean * total + length * mean * mean) / math.sqrt(spreads)


def autocovariance(counts):
    """The best over all periods."""
    series = Series(counts)
    longest = len(counts) // PERIODS_MIN
    single = {p: series.correlation(p) for p in range(2, longest + 1)}
    best = -1.0
    for p in single:
        several = [single[p]] + [single[q] for q in range(3 * p, longest + 1, p)]
        best = max(best, sum(several) / len(several))
    return best


def elastic_score(events):
    """events: (bucket, sent, received).  Points 0 to 3, or None: not looked at."""
    if len({e[0] for e in events}) < PERIODS_MIN + 1:
        return None
    first, last = min(e[0] for e in events), max(e[0] for e in events)
    length = last - first + 1
    if length < 2 * PERIODS_MIN:
        return None
    counts, sent, received = [0] * length, [0.0] * length, [0.0] * length
    for bucket, up, down in events:
        counts[bucket - first] += 1
        sent[bucket - first] += up
        received[bucket - first] += down
    used = sum(1 for n in counts if n)
    points = 0
    for sums in (sent, received):
        means = [s / n if n else 0.0 for s, n in zip(sums, counts)]
        if sum(1 for m in means if m) > PERIODS_MIN:
            points += steady(means, 0.05)
    even = used > length // 2 and steady(counts, 0.1)
    return points + bool(even or autocovariance(counts) >= 0.7)


def run_elastic(flows):
    groups = {key: sorted(list_of, key=lambda f: f.end)
              for key, list_of in records.by(flows, "src", "dst", "port").items()}
    state = {key: (0, 0, None) for key in groups}
    for when in records.evaluations(flows, ELASTIC_WINDOW_S):
        for key, list_of in groups.items():
            low, high, score = state[key]
            old = low, high
            while low < len(list_of) and list_of[low].end <= when - ELASTIC_WINDOW_S:
                low += 1
            while high < len(list_of) and list_of[high].end <= when:
                high += 1
            # An hour is a whole number of buckets, so the same events give the same points.
            if (low, high) != old:
                score = elastic_score([(int((when - f.end) // BUCKET_S), f.ip_up, f.ip_down)
                                       for f in list_of[low:high]])
            state[key] = low, high, score
            if score is not None:
                yield when, key[:2], score


# --- Sentinel ------------------------------------------------------------------------------------

def beacon_percent(deltas):
    """None: too few, or none common enough."""
    counts = collections.Counter(deltas)
    total, most = sum(counts.values()), max(counts.values())
    if total <= EVENTS or most <= COMMONEST:
        return None
    return 100.0 * most / total


def source_deltas(flows):
    """(time, (src, dst, port), seconds until the source's next event)."""
    for _, list_of in records.by(flows, "src").items():
        order = sorted(list_of, key=lambda f: (int(f.end), f.dst, f.port))
        for f, following in zip(order, order[1:]):
            delta = int(following.end) - int(f.end)
            if delta > DELTA_S:
                yield f.end, (f.src, f.dst, f.port), delta


def run_sentinel(flows, bin_s):
    """Days are those of UTC; the rule reports a day when it is over."""
    groups = collections.defaultdict(list)
    for day, list_of in sorted(days(flows).items()):
        for when, key, delta in source_deltas(list_of):
            groups[day, int(when // bin_s), key].append(delta)
    for (day, _, key), deltas in groups.items():
        score = beacon_percent(deltas)
        if score is not None:
            yield (day + 1) * records.DAY_S, key[:2], score


def days(flows):
    result = collections.defaultdict(list)
    for f in flows:
        result[int(f.end // records.DAY_S)].append(f)
    return result


def run_sentinel_hour(flows):
    return run_sentinel(flows, records.HOUR_S)


def run_sentinel_day(flows):
    return run_sentinel(flows, records.DAY_S)
