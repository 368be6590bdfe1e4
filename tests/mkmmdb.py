#!/usr/bin/env python3
"""mkmmdb.py - writes small MaxMind-format databases whose contents a test knows.

usage: mkmmdb.py [--type NAME] [--ip 4|6] [--record 24|28|32] [--deep N] OUT.mmdb [NETWORK=VALUE]...

VALUE is an AS number with its organisation ("64500 Example Net"), a country ("NL"), or any JSON
object ('{"country": {"iso_code": "NL"}}'; whole numbers become 32 bits unsigned).  A network inside
another one goes before it, in whatever order they are given.  IPv4 networks stand below ::/96 of an
IPv6 tree.  What occurs twice is written once and pointed at, as real databases do.
--type defaults to what the first value looks like; --deep N puts N maps into each other before each
value, which no database has.  The bytes depend on the arguments only.  Standard library only.

Format: https://maxmind.github.io/MaxMind-DB/ (search tree, 16 zero bytes, data, marker, metadata).
"""
import argparse
import ipaddress
import json
import sys

MARKER = b"\xab\xcd\xefMaxMind.com"
STRING, UINT16, UINT32, MAP, UINT64, ARRAY, BOOLEAN = 2, 5, 6, 7, 9, 11, 14
EMPTY = None


class Uint:
    def __init__(self, value, kind):
        self.value, self.kind = value, kind


def control(kind, size):
    more = b""
    if size >= 65821:
        size, more = 31, (size - 65821).to_bytes(3, "big")
    elif size >= 285:
        size, more = 30, (size - 285).to_bytes(2, "big")
    elif size >= 29:
        size, more = 29, bytes([size - 29])
    if kind > 7:
        return bytes([size, kind - 7]) + more
    return bytes([kind << 5 | size]) + more


def pointer(offset):
    for n, base, bits in ((0, 0, 11), (1, 2048, 19), (2, 526336, 27)):
        value = offset - base
        if 0 <= value < 1 << bits:
            head = 1 << 5 | n << 3 | value >> (8 * (n + 1))
            return bytes([head]) + (value & ((1 << 8 * (n + 1)) - 1)).to_bytes(n + 1, "big")
    return bytes([1 << 5 | 3 << 3]) + offset.to_bytes(4, "big")


class Data:
    """The data section; strings and whole records that come again become pointers."""

    def __init__(self, with_pointers=True):
        self.bytes = bytearray()
        self.known = {}
        self.records = {}
        self.with_pointers = with_pointers

    def put(self, value):
        if isinstance(value, str):
            raw = value.encode("utf-8", "surrogateescape")
            if self.with_pointers and len(raw) > 2 and raw in self.known:
                self.bytes += pointer(self.known[raw])
                return
            self.known.setdefault(raw, len(self.bytes))
            self.bytes += control(STRING, len(raw)) + raw
        elif isinstance(value, bool):
            self.bytes += control(BOOLEAN, int(value))
        elif isinstance(value, (int, Uint)):
            kind = value.kind if isinstance(value, Uint) else UINT32
            number = value.value if isinstance(value, Uint) else value
            raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
            self.bytes += control(kind, len(raw)) + raw
        elif isinstance(value, dict):
            self.bytes += control(MAP, len(value))
            for key, member in value.items():
                self.put(key)
                self.put(member)
        elif isinstance(value, list):
            self.bytes += control(ARRAY, len(value))
            for member in value:
                self.put(member)
        else:
            raise ValueError("cannot be written: %r" % (value,))

    def record(self, value, deep):
        """Offset of a whole record."""
        key = json.dumps(value, sort_keys=True)
        if key not in self.records:
            self.records[key] = len(self.bytes)
            if deep:
                self.bytes += control(MAP, 1 + len(value))
                self.put("deep")
                self.bytes += (control(MAP, 1) + control(STRING, 1) + b"x") * deep + control(MAP, 0)
                for name, member in value.items():
                    self.put(name)
                    self.put(member)
            else:
                self.put(value)
        return self.records[key]


def insert(nodes, bits, record):
    """nodes: list of [left, right]; an entry is EMPTY, a node number or ("data", offset)."""
    at = 0
    for bit in bits[:-1]:
        below = nodes[at][bit]
        if not isinstance(below, int):
            nodes.append([below, below])    # what covers it goes on below on both sides
            nodes[at][bit] = below = len(nodes) - 1
        at = below
    nodes[at][bits[-1]] = ("data", record)


def network_bits(network, version):
    bits = "{:0{}b}".format(int(network.network_address), network.max_prefixlen)
    bits = bits[:network.prefixlen]
    if version == 6 and network.version == 4:
        bits = "0" * 96 + bits
    return [int(b) for b in bits]


def tree_bytes(nodes, size):
    out = bytearray()
    for node in nodes:
        left, right = (len(nodes) if side is EMPTY else side if isinstance(side, int) else
                       len(nodes) + 16 + side[1] for side in node)
        if size == 28:
            out += (left & 0xFFFFFF).to_bytes(3, "big")
            out += bytes([left >> 24 << 4 | right >> 24])
            out += (right & 0xFFFFFF).to_bytes(3, "big")
        else:
            out += left.to_bytes(size // 8, "big") + right.to_bytes(size // 8, "big")
    return out


def parse_value(text):
    if text.startswith("{"):
        return json.loads(text)
    if text[:1].isdigit():
        number, _, name = text.partition(" ")
        value = {"autonomous_system_number": int(number)}
        if name:
            value["autonomous_system_organization"] = name
        return value
    names = {"en": "Country " + text, "de": "Land " + text}
    return {"country": {"iso_code": text, "names": names},
            "registered_country": {"iso_code": text, "names": names}}


def build(entries, version=6, record_size=24, type_name=None, deep=0):
    """entries: (network text, value) pairs.  The bytes of the file."""
    pairs = sorted(((ipaddress.ip_network(n), v) for n, v in entries), key=lambda p: p[0].prefixlen
                   + (96 if version == 6 and p[0].version == 4 else 0))
    data, nodes = Data(), [[EMPTY, EMPTY]]
    for network, value in pairs:
        insert(nodes, network_bits(network, version), data.record(value, deep))
    if not type_name:
        has_asn = any("autonomous_system_number" in v for _, v in pairs)
        type_name = "Test-ASN" if has_asn else "Test-Country"
    meta = Data(with_pointers=False)
    meta.put({"node_count": len(nodes), "record_size": Uint(record_size, UINT16),
              "ip_version": Uint(version, UINT16), "database_type": type_name,
              "languages": ["en"], "binary_format_major_version": Uint(2, UINT16),
              "binary_format_minor_version": Uint(0, UINT16),
              "build_epoch": Uint(1768000000, UINT64), "description": {"en": "made by a test"}})
    return bytes(tree_bytes(nodes, record_size) + bytes(16) + data.bytes + MARKER + meta.bytes)


def main():
    parser = argparse.ArgumentParser(description="write a small MaxMind-format database")
    parser.add_argument("--type")
    parser.add_argument("--ip", type=int, choices=(4, 6), default=6)
    parser.add_argument("--record", type=int, choices=(24, 28, 32), default=24)
    parser.add_argument("--deep", type=int, default=0)
    parser.add_argument("out")
    parser.add_argument("entries", nargs="*", metavar="NETWORK=VALUE")
    args = parser.parse_args()
    entries = []
    for text in args.entries:
        network, _, value = text.partition("=")
        entries.append((network, parse_value(value)))
    with open(args.out, "wb") as out:
        out.write(build(entries, args.ip, args.record, args.type, args.deep))
    return 0


if __name__ == "__main__":
    sys.exit(main())
