#!/bin/sh
# run.sh - every conformance command once, with its numbers, as TAP.
#
# usage: tests/conformance/run.sh BUILDDIR
#
# How much must agree stands in zeek.py and arkime.py (FLOORS), and below for names.py; less is a failure.  What
# another tool counts otherwise by definition is explained by classes.py, by numbers (test_classes.py).
# NW_CAPTURES: the collection, when it is not beside the source.
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build/werror}
program=$build/nachtwacht
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
count=0
failed=0

# begin NAME ARGUMENTS...: starts NAME.py; all of them run beside each other.
begin() {
	name=$1
	shift
	{
		status=0
		timeout 450 "tests/conformance/$name.py" "$@" >"$logs/$name" 2>&1 || status=$?
		echo "$status" >"$logs/$name.status"
	} &
}

# tell NAME: what it said.
tell() {
	count=$((count + 1))
	status=$(cat "$logs/$1.status")
	sed -e 's/^[^#]/# &/' "$logs/$1"
	if [ "$status" -eq 77 ] || { [ "$status" -eq 0 ] && grep -q '^#* *SKIP' "$logs/$1"; }; then
		echo "ok $count - conformance: $1 # SKIP no collection of captures"
	elif [ "$status" -eq 0 ]; then
		echo "ok $count - conformance: $1"
	else
		echo "not ok $count - conformance: $1: exit status $status"
		failed=1
	fi
}

# What nDPI guesses without payload, for ndpi.py; when it cannot be built, that says so and fails.
make -s -C "$build" tests/conformance/ndpi-guess >"$logs/make" 2>&1 || sed 's/^/# /' "$logs/make"

begin test_classes
begin zeek --program "$program" ${NW_CAPTURES:+--captures "$NW_CAPTURES"}
begin arkime --program "$program" ${NW_CAPTURES:+--captures "$NW_CAPTURES"}
begin ndpi ${NW_CAPTURES:+--captures "$NW_CAPTURES/ndpi/4.2"} "$program"
begin names --sample 10 --floor 97 ${NW_CAPTURES:+--captures "$NW_CAPTURES"} "$program"
begin tunnels --program "$program" ${NW_CAPTURES:+--captures "$NW_CAPTURES"}
begin remote --sample 60 ${NW_CAPTURES:+--captures "$NW_CAPTURES"} "$program"
begin facts --sample 20 ${NW_CAPTURES:+--captures "$NW_CAPTURES"} "$program"
wait
for name in test_classes zeek arkime ndpi names tunnels facts remote; do
	tell "$name"
done
echo "1..$count"
exit $failed
