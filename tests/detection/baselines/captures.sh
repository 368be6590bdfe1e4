#!/bin/sh
# captures.sh - makes the captures of the table in README.md, reads them, prints the table.
#
# usage: tests/detection/baselines/captures.sh DIRECTORY [run.py options]
#
# DIRECTORY gets the captures' flows and truths (about 400 MB) and keeps them.  NW_BUILDDIR as in
# tests/lib.sh.  Ten minutes, more on a busy machine.
set -eu

[ $# -ge 1 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
: "${NW_BUILDDIR:=$top/build/werror}"
into=$1
shift
mkdir -p "$into"

# make NAME SCENARIO
make() {
	"$NW_BUILDDIR/pcaps/nachtwacht-synth" -q -o "$into/$1.pcap" --truth "$into/$1.truth.json" "$2"
	"$NW_BUILDDIR/nachtwacht" replay --flows "$into/$1.flows" --alerts "$into/$1.alerts.jsonl" \
		--timezone Europe/Amsterdam --quiet "$into/$1.pcap" >/dev/null
	rm -f "$into/$1.pcap"
}

make nightly-leak "$top/pcaps/scenarios/nightly-leak.json"
make ordinary-month "$top/pcaps/scenarios/ordinary-month.json"
for name in burst-one burst-4 burst-120 open-month small ntp; do
	make "$name" "$here/scenarios/$name.json"
done
cd "$into"
"$here/run.py" "$@" nightly-leak.flows ordinary-month.flows burst-one.flows burst-4.flows \
	burst-120.flows open-month.flows small.flows
"$here/run.py" "$@" --pair 10.20.1.11,10.40.0.123 ordinary-month.flows
"$here/run.py" "$@" --pair 10.20.1.10,192.0.2.123 ntp.flows
