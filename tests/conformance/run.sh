#!/bin/sh
# run.sh - every conformance command once, with its numbers, as TAP.
#
# usage: tests/conformance/run.sh BUILDDIR
#
# A command that could compare passes; how much must agree is written here as soon as it is agreed.
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build/werror}
program=$build/nachtwacht
log=$(mktemp)
trap 'rm -f "$log"' EXIT
count=0
failed=0

# compare NAME ARGUMENTS...: runs NAME.py, says what it said.
compare() {
	name=$1
	shift
	count=$((count + 1))
	status=0
	timeout 300 "tests/conformance/$name.py" "$@" >"$log" 2>&1 || status=$?
	sed -e 's/^[^#]/# &/' "$log"
	if [ "$status" -eq 77 ] || { [ "$status" -eq 0 ] && grep -q '^#* *SKIP' "$log"; }; then
		echo "ok $count - conformance: $name # SKIP no collection of captures"
	elif [ "$status" -eq 0 ]; then
		echo "ok $count - conformance: $name"
	else
		echo "not ok $count - conformance: $name: exit status $status"
		failed=1
	fi
}

compare zeek --program "$program"
compare arkime --program "$program"
compare ndpi "$program"
compare names --sample 8 "$program"
echo "1..$count"
exit $failed
