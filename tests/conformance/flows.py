"""flows.py - what zeek.py and arkime.py share: our flow records, and the tally of agreements.

Both compare *conversations*: everything with the same transport, addresses and ports, summed.  A
tool that splits a conversation where another does not (time-outs, a reused port) then still agrees
on packets and bytes, and the different number of records is a class of its own.
Standard library only.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile

TIME_LIMIT_S = 30

# Transports as we, Zeek and Arkime name or number them.
TRANSPORTS = {
    "1": "icmp", "58": "icmp", "6": "tcp", "17": "udp", "132": "sctp",
    "icmp": "icmp", "ipv6-icmp": "icmp", "icmpv6": "icmp", "icmp6": "icmp",
    "tcp": "tcp", "udp": "udp", "sctp": "sctp",
}


def transport(name):
    return TRANSPORTS.get(str(name), "ip-%s" % name)


# Transports whose ports count.  What others put there (ICMP type and code, a GRE key) every tool
# names differently; zeek.py takes SCTP out, whose ports Zeek does not read.
PORTED = {"tcp", "udp", "sctp"}


def endpoint(proto, host, port):
    return (host, int(port) if proto in PORTED else 0)


def conversation_key(proto, one, other):
    """Of two endpoints; the same for both directions."""
    return (proto,) + tuple(sorted((one, other)))


def key_text(key):
    return "%s %s:%d %s:%d" % (key[0], key[1][0], key[1][1], key[2][0], key[2][1])


class Conversation:
    """The sum of the records of one key; index 0 is client to server."""

    def __init__(self, client):
        self.client = client
        self.records = 0
        self.clients = collections.Counter()
        self.packets = [0, 0]
        self.ip_bytes = [0, 0]
        self.payload = [0, 0]
        self.datagram_bytes = [0, 0]    # theirs: IP bytes, where theirs are of frames
        self.missed = 0         # theirs: bytes that the capture lacks
        self.flags = [set(), set()]     # ours: TCP flags seen
        self.lost = 0           # both directions: our records have one number
        self.retrans = 0
        self.notes = set()

    def add(self, client, **sums):
        """Sums of another record; its sides are turned when its client is the other one."""
        flip = client != self.client
        self.records += 1
        self.clients[client] += 1
        for name, value in sums.items():
            have = getattr(self, name)
            for side in (0, 1):
                have[side] += value[1 - side if flip else side]

    def seen_from(self, client):
        """The same conversation with `client` as the client."""
        if client == self.client:
            return self
        turned = Conversation(client)
        turned.records, turned.clients, turned.notes = self.records, self.clients, self.notes
        turned.lost, turned.retrans = self.lost, self.retrans
        turned.missed = self.missed
        for name in ("packets", "ip_bytes", "payload", "datagram_bytes", "flags"):
            setattr(turned, name, getattr(self, name)[::-1])
        return turned


def reason(stderr, capture):
    """What our program said was wrong, in one line, without the path of the capture in it."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    said = [line for line in lines if line.startswith("nachtwacht: ")] or lines[-1:]
    said = [line.replace("nachtwacht: ", "", 1).replace(capture + ": ", "") for line in said]
    return "; ".join(dict.fromkeys(said)) or "nothing said"


class Replay:
    """What our program makes of one capture."""

    def __init__(self, program, capture):
        self.capture = capture
        self.conversations = {}
        self.outer = collections.Counter()      # address pairs of tunnels around conversations
        self.counters = {}
        self.error = None
        with tempfile.TemporaryDirectory() as folder:
            flows = os.path.join(folder, "flows")
            manifest = os.path.join(folder, "manifest")
            command = [program, "replay", "--quiet", "--progress", "never", "--dedup", "off",
                       "--shards", "1", "--alerts",
                       os.path.join(folder, "alerts"), "--flows", flows, "--manifest", manifest,
                       capture]
            try:
                done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      timeout=TIME_LIMIT_S, check=False)
            except subprocess.TimeoutExpired:
                self.error = "no end within %d s" % TIME_LIMIT_S
                return
            if done.returncode:
                self.error = "exit %d: %s" % (done.returncode, reason(done.stderr, capture))
                return
            with open(manifest, encoding="utf-8") as text:
                self.counters = json.load(text).get("counters", {})
            with open(flows, encoding="utf-8") as lines:
                for line in lines:
                    self.add(json.loads(line))

    def add(self, record):
        source, destination = record["source"], record["destination"]
        own = record["nachtwacht"]["flow"]
        proto = transport(record["network"]["transport"])
        client = endpoint(proto, source["ip"], source.get("port", 0))
        server = endpoint(proto, destination["ip"], destination.get("port", 0))
        key = conversation_key(proto, client, server)
        conversation = self.conversations.setdefault(key, Conversation(client))
        conversation.add(client,
                         packets=[source["packets"], destination["packets"]],
                         ip_bytes=[source["bytes"], destination["bytes"]],
                         payload=[own["payload_up"], own["payload_down"]])
        conversation.notes.add("client by " + own["client"])
        sides = own.get("tcp_flags", "/").split("/")
        for side, letters in enumerate(sides if client == conversation.client else sides[::-1]):
            conversation.flags[side].update(letters)
        if "tunnel" in own:
            conversation.notes.add("in a tunnel")
            ends = frozenset((own["tunnel"].get("source"), own["tunnel"].get("destination")))
            self.outer[ends] += source["packets"] + destination["packets"]
        conversation.lost += own["lost"]
        conversation.retrans += own["retrans"]

    def is_outer(self, key):
        """Is the conversation a tunnel whose inside we have instead?"""
        return frozenset((key[1][0], key[2][0])) in self.outer

    def counted(self, *names):
        return sum(self.counters.get(name, 0) for name in names)


def percent(part, whole):
    return 100.0 * part / whole if whole else 0.0


class Tally:
    """Agreements per measure and disagreements per class, printed at the end."""

    def __init__(self, title, measures):
        self.title = title
        self.measures = measures
        self.agreed = collections.Counter()
        self.compared = collections.Counter()
        self.classes = {name: collections.Counter() for name in measures}
        self.explained = collections.Counter()
        self.examples = collections.defaultdict(list)
        self.failed = []        # captures that our program did not replay, and why

    def judge(self, measure, agrees, why, example, predicted=None):
        """why: a guess at the reason; predicted: the class (classes.py) whose numbers these are."""
        self.compared[measure] += 1
        if agrees:
            self.agreed[measure] += 1
            return
        if predicted:
            self.explained[measure] += 1
            why = "as predicted: " + predicted
        self.classes[measure][why] += 1
        self.examples[why].append("%s: %s" % (measure, example))

    def known(self, measure):
        """How many of the compared are of what this version decodes."""
        return self.compared[measure] - sum(count for why, count in self.classes[measure].items()
                                            if "not decoded" in why)

    def below(self, floors):
        """Measures below their floor: {measure: (least that agrees, least with the explained), %}."""
        failed = []
        for measure, (least, least_explained) in floors.items():
            agreed, known = self.agreed[measure], self.known(measure)
            for what, got, floor in (("agree", agreed, least), ("agree or are explained",
                                     agreed + self.explained[measure], least_explained)):
                if percent(got, known) < floor:
                    failed.append("%s: %.2f %% %s, and not %.2f" %
                                  (measure, percent(got, known), what, floor))
        return failed

    def print(self, listed, limit):
        for measure in self.measures:
            of = self.compared[measure]
            known = self.known(measure)
            print("# %-7s %-10s %6.2f %%  (%d of %d); of what is decoded %6.2f %%, "
                  "with what is explained %6.2f %%" %
                  (self.title, measure, percent(self.agreed[measure], of), self.agreed[measure], of,
                   percent(self.agreed[measure], known),
                   percent(self.agreed[measure] + self.explained[measure], known)))
            for why, count in self.classes[measure].most_common():
                print("#     %6d  %s" % (count, why))
        for text in self.failed:
            print("# %-7s replay failed: %s" % (self.title, text))
        for why in sorted(self.examples):
            if listed and listed in (why, "all"):
                print("# -- %s" % why)
                for example in self.examples[why][:limit]:
                    print("#    %s" % example)


def direction_class(mine, other):
    """Why two tools may name another client: by what ours was decided."""
    how = sorted(note for note in mine.notes if note.startswith("client by"))
    if how == ["client by port"]:
        return "ours by the well-known port, %s by the first sender" % other
    if how == ["client by first"]:
        return "ours by the first sender, %s by what it knows of the protocol" % other
    return "several records of one conversation" if len(how) > 1 or mine.records > 1 else "unexplained"


def add_arguments(parser, default_captures):
    parser.add_argument("--program", default="build/werror/nachtwacht")
    parser.add_argument("--captures", default=default_captures,
                        help="the collection of captures, with its INDEX.tsv")
    parser.add_argument("--list", metavar="CLASS", help="examples of a class, or \"all\"")
    parser.add_argument("--limit", type=int, default=20, help="examples shown (20)")
    parser.add_argument("--only", default="",
                        help="only captures whose path contains this text; no floors then")


def verdict(tally, floors, args):
    """The exit status: 1 when nothing was compared, or less agrees than was agreed."""
    failed = [] if args.only else tally.below(floors)
    for text in failed:
        print("# %-7s BELOW THE FLOOR: %s" % (tally.title, text))
    return 0 if tally.compared["found"] and not failed else 1


def read_index(captures):
    """Rows of INDEX.tsv as dicts; exit status 77 with the reason when there is none."""
    path = os.path.join(captures, "INDEX.tsv")
    if not os.path.exists(path):
        print("# SKIP: no collection of captures at %s" % captures)
        sys.exit(77)
    with open(path, encoding="utf-8") as lines:
        names = next(lines).rstrip("\n").split("\t")
        return [dict(zip(names, line.rstrip("\n").split("\t"))) for line in lines]
