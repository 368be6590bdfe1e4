#!/usr/bin/env bash
# fuzz.sh - libFuzzer on the fuzz targets, for a while each; TAP.
#
# usage: tests/fuzz/fuzz.sh SECONDS [NAME...]      without names: every target
#
# Builds build/fuzz (clang, libFuzzer, ASan and UBSan) and runs each target for SECONDS of processor
# time, as many at once as there are processors, from the corpus in the repository and what earlier
# runs found (build/fuzz/found/NAME).  A point fails on a crash, a report, a leak, more than 2 GB or an input
# that takes over 25 seconds; the input is then in build/fuzz/NAME-*, and its log in build/fuzz/NAME.log.
# The line of a point says how often it ran and how many edges of the program and inputs it knows at
# the end.  tests/fuzz/gcov.sh says which lines that reaches.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:?usage: tests/fuzz/fuzz.sh SECONDS [NAME...]}
shift
build=$top/build/fuzz

all=$(cd "$top/tests/fuzz" && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')
names=${*:-$all}

# shellcheck disable=SC2086  # one word a name
NW_TARGETS=$(printf 'tests/fuzz/fuzz_%s ' $names) \
	"$top/tests/build.sh" fuzz --enable-fuzzing CC=clang CFLAGS=-g || exit 1

# one NUMBER NAME: a point of the TAP.
one() {
	local name=$2 log=$build/$2.log status=0 verdict=ok
	mkdir -p "$build/found/$name"
	# Processor time, not time on the wall: the same work on a busy machine.  TERM at the end of it makes
	# libFuzzer say its numbers; the wall is a limit for a target that waits.
	(
		ulimit -c 0
		NW_SRCDIR=$top timeout -k 5 $((20 * seconds + 60)) "$build/tests/fuzz/fuzz_$name" \
			-max_total_time=$((20 * seconds)) -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix="$build/$name-" "$build/found/$name" "$top/tests/fuzz/corpus/$name" &
		child=$!
		hz=$(getconf CLK_TCK)
		while kill -0 $child 2>/dev/null; do
			used=$(awk '{ sub(/.*\) /, ""); print $12 + $13 }' /proc/$child/stat 2>/dev/null)
			# timeout(1) itself uses nothing; its only child is the target.
			for pid in $(cat /proc/$child/task/$child/children 2>/dev/null); do
				used=$(awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$pid/stat" 2>/dev/null)
				[ "${used:-0}" -lt $((seconds * hz)) ] || kill -INT "$pid"
			done
			sleep 0.5
		done
		wait $child
	) >"$log" 2>&1 || status=$?
	# 72: libFuzzer was asked to end.
	[ $status -eq 0 ] || [ $status -eq 72 ] || verdict='not ok'
	printf '%s %d - %s: %s\n' "$verdict" "$1" "$name" "$(awk '
		/ cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") edges = $(i + 1); if ($i == "corp:") corpus = $(i + 1) } }
		/number_of_executed_units/ { runs = $2 }
		END { printf "%d runs, %d edges, %s inputs\n", runs, edges, corpus }' "$log")"
	[ "$verdict" = ok ] || grep -E 'ERROR|SUMMARY|runtime error|deadly|Test unit written' "$log" | sed "s/^/# $name: /" | head -n 8
}

# shellcheck disable=SC2086
echo "1..$(echo $names | wc -w)"
number=0
for name in $names; do
	number=$((number + 1))
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	one $number "$name" &
done
wait
