#!/bin/sh
# run.sh - every conformance command once, with its numbers, as TAP.
#
# usage: tests/conformance/run.sh BUILDDIR
#
# A command that could compare passes; how much must agree is written here as soon as it is agreed.
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

begin zeek --program "$program"
begin arkime --program "$program"
begin ndpi "$program"
begin names --sample 8 "$program"
wait
for name in zeek arkime ndpi names; do
	tell "$name"
done
echo "1..$count"
exit $failed
