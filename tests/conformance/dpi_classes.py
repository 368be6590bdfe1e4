"""dpi_classes.py - where nDPI's test results name another protocol than we do, and why.

As in classes.py a class is a reason and a test on the numbers of the flow itself, never a list of flows;
what no class predicts is "unexplained" and fails ndpi.py.  GUESSED alone counts as explained in its floors:
no byte of payload speaks for the protocol there.  The others are named so that their size can be bounded
(CEILINGS).

Each class: applies(case) -> bool.  case has: want (ndpi.Expected), got (ndpi.Flow), custom (names of
ndpiReader's protos.txt), guesses (what nDPI says of these ends alone, in either direction: ndpi_guess.c).
Standard library only.
"""
import collections

Case = collections.namedtuple("Case", "want got custom guesses")

TCP_BUDGET, UDP_BUDGET = 10, 8          # as in sensor/dpi/dpi.h: packets shown to nDPI
NEEDS_SYN = {"FTP_DATA", "TINC"}        # nDPI's dissectors of these learn from empty segments


def names(case):
    return set(case.want.proto.split("."))


def is_guess(case):
    return case.want.confidence in ("Match by port", "Match by IP")


def is_silent(case):
    """We say nothing, and have seen the packets that ndpiReader has."""
    return not case.got.app and sum(case.got.packets) == sum(case.want.packets)


def guessed(case):
    """Nothing was sent but empty segments or headers; ndpiReader then guesses by port or address.  We say
    "none".  The protocol is the one that nDPI itself says of a bare packet between these ends."""
    return not case.got.payload and not case.got.app and case.want.proto in case.guesses


def dtls(case):
    """DTLS is switched off: a certificate crashes nDPI 4.2.  Then we say nothing at all."""
    return "DTLS" in names(case) and case.want.key[0] == "udp" and is_silent(case)


def needs_syn(case):
    return bool(names(case) & NEEDS_SYN) and is_silent(case)


def budget(case):
    """Recognised in a packet behind those that we show; the flow has as many."""
    most = TCP_BUDGET if case.want.key[0] == "tcp" else UDP_BUDGET
    return is_silent(case) and not is_guess(case) and sum(case.want.packets) > most


def custom(case):
    return bool(names(case) & case.custom)


def remembered(case):
    return "cache" in case.want.confidence or case.got.verdict == "cache"


def stun(case):
    """What STUN is of, nDPI knows from other flows; those may be in another shard of ours."""
    return case.want.proto.startswith("STUN.") and case.got.app == "STUN"


def same_carrier(case):
    return bool(case.got.app) and case.got.app != case.want.proto and \
        case.got.app.split(".")[0] == case.want.proto.split(".")[0]


def in_pieces(case):
    """ndpiReader never splits a flow; of our later pieces nDPI sees no beginning."""
    return case.got.records > 1


def other_packets(case):
    return sum(case.got.packets) != sum(case.want.packets)


GUESSED = "no payload: a guess by port or address alone"
DPI = (
    (GUESSED, guessed),
    ("DTLS is switched off (nDPI 4.2 crashes)", dtls),
    ("nDPI wants the SYN, which is not shown", needs_syn),
    ("custom protocol of ndpiReader's protos.txt", custom),
    ("remembered from other flows (cache)", remembered),
    ("several flows of ours", in_pieces),
    ("other packets seen", other_packets),
    ("packet budget", budget),
    ("application of STUN remembered from other flows (ours: per shard)", stun),
    ("same carrier, other application", same_carrier),
)


def explain(case):
    for name, applies in DPI:
        if applies(case):
            return name
    return "unexplained"
