"""records.py - what the baselines read: our flow records, and the truth of a made capture.

A record (rules/schema/flow.schema.json, ALERTS.md section 6) is one flow that ended, which is also
what Zeek's conn.log, a Suricata flow event and a firewall's traffic log are.  The tools differ in
the time they give it: Zeek logs stand at the *start* of a connection and become known at its end;
Suricata, the Elastic agent and firewalls stamp the *end*.  Flow keeps both.
"""
import bisect
import collections
import datetime
import functools
import ipaddress
import json

HOUR_S = 3600
DAY_S = 86400
LINE_MAX = 1 << 20

# ip_up and ip_down count IP packets, up and down payload without retransmissions.
Flow = collections.namedtuple("Flow", "start end src dst port ip_up ip_down up down")

# "Internal" as RITA, flare and Sentinel have it by default.  Documentation networks stand for
# public ones in our captures, so the lists of special addresses of these tools are not used.
INTERNAL = tuple(ipaddress.ip_network(n) for n in (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
    "fc00::/7", "fe80::/10", "::1/128"))
NOWHERE = tuple(ipaddress.ip_network(n) for n in (
    "224.0.0.0/4", "240.0.0.0/4", "0.0.0.0/8", "ff00::/8"))


class BadInput(Exception):
    """A file that is not what it should be; the text says which line and why."""


@functools.lru_cache(maxsize=1 << 16)
def within(networks, text):
    address = ipaddress.ip_address(text)
    return any(address in n for n in networks)


def outbound(pair):
    """From an internal address to a public one."""
    return (within(INTERNAL, pair[0]) and not within(INTERNAL, pair[1])
            and not within(NOWHERE, pair[1]))


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def flow_of(record):
    event, extra = record["event"], record["nachtwacht"]["flow"]
    source, destination = record["source"], record["destination"]
    ipaddress.ip_address(source["ip"]), ipaddress.ip_address(destination["ip"])
    return Flow(seconds(event["start"]), seconds(event["end"]), source["ip"], destination["ip"],
                destination.get("port", 0), source["bytes"], destination["bytes"],
                extra["payload_up"], extra["payload_down"])


def read_flows(path):
    """All flows of a file, by start."""
    flows = []
    with open(path, encoding="utf-8", errors="replace") as lines:
        for number in range(1, 1 << 62):
            line = lines.readline(LINE_MAX)
            if not line:
                break
            try:
                flows.append(flow_of(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
                raise BadInput("%s:%d: not a flow record: %s" % (path, number, e or type(e))) from e
    flows.sort()
    return flows


class Truth:
    """Which pairs leak, and when.  Either way round: the other side may have opened it."""

    def __init__(self, leaks):
        self.sources, targets, nights = set(), [], set()
        for leak in leaks:
            self.sources |= {host["ip"] for host in party(leak, "from")}
            targets += [ipaddress.ip_network(host.get("ip") or host["network"])
                        for host in party(leak, "to")]
            nights |= {seconds(night["start"]) for night in leak.get("nights", [])
                       if night.get("start")}
        self.targets = tuple(targets)
        self.nights = sorted(nights)

    def has(self, pair):
        return self.one_way(*pair) or self.one_way(pair[1], pair[0])

    def one_way(self, source, target):
        return source in self.sources and within(self.targets, target)

    def night_of(self, when):
        """How many leak nights had begun: 1 is the first."""
        return bisect.bisect_right(self.nights, when)


def party(leak, key):
    return leak.get(key + "_all") or [leak[key]]


def read_truth(path):
    try:
        with open(path, encoding="utf-8") as f:
            return Truth(json.load(f)["leaks"])
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise BadInput("%s: not the truth of a capture: %s" % (path, e or type(e))) from e


def by(flows, *names):
    """Flows in groups of equal values, each still by start."""
    groups = collections.defaultdict(list)
    for f in flows:
        groups[tuple(getattr(f, name) for name in names)].append(f)
    return groups


def evaluations(flows, first_after_s, every_s=HOUR_S):
    """When a tool runs: every hour, from the first full window to the end of the capture."""
    begin, end = flows[0].start, max(f.end for f in flows)
    times = []
    t = begin + first_after_s
    while t < end:
        times.append(t)
        t += every_s
    return times + [t]
