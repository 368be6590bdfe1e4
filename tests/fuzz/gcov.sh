#!/bin/sh
# gcov.sh - which lines of the parsers the corpora reach.
#
# usage: tests/fuzz/gcov.sh [NAME...]      without names: every target
#
# Replays the corpora of the repository, and what fuzz.sh has found in this tree, in a build that counts lines
# (build/gcov), and prints for every file of the rooms that read bytes from outside: lines reached, lines there are.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
build=$top/build/gcov
names=${*:-$(cd "$top/tests/fuzz" && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')}

NW_TARGETS=$(printf 'tests/fuzz/fuzz_%s ' $names) "$top/tests/build.sh" gcov --enable-gcov CFLAGS=-g
find "$build" -name '*.gcda' -delete
for name in $names; do
	found=$top/build/fuzz/found/$name
	[ -d "$found" ] || found=
	"$build/tests/fuzz/fuzz_$name" "$top/tests/fuzz/corpus/$name" $found >"$build/$name.tap" ||
		{ echo "gcov.sh: $name failed on its corpus; see $build/$name.tap" >&2; exit 1; }
done

cd "$build"
for room in packet capture dpi flow policy store output; do
	for source in "$top/sensor/$room"/*.c; do
		object=$(find "sensor/$room" -name "*$(basename "$source" .c).gcda" | head -n 1)
		[ -n "$object" ] || continue
		gcov -n -o "$object" "$source" 2>/dev/null | awk -v file="$room/$(basename "$source")" '
			/^File / { mine = index($0, file) } mine && /^Lines executed/ {
				sub(/.*:/, ""); sub(/% of /, " "); printf "%-28s %6.1f %% of %4d lines\n", file, $1, $2; exit }'
	done
done
