# lib.sh - what the shell tests share: TAP, a scratch directory, the program.  Sourced, not run.
#
# A test says at its end how many points it had (tap_done), so one that dies half-way is an error.
# A test that cannot run here says why (skip_all): TAP knows no exit status 77.
#
# Environment, set by the makefile, guessed when a test is run by hand:
#   NW_SRCDIR, NW_BUILDDIR   the source and the build tree, absolute
#   NW_CAPTURES              the collection of real captures (default NW_SRCDIR/../shared/captures)
#   NW_REDUCED=1             leave out what another run of the suite already covers (sanitizers, distcheck)
#   NW_ONLY="NAME ..."       run these of the shell tests, skip the others (distcheck: the tarball is complete)

if [ -z "${NW_SRCDIR-}" ]; then
	NW_SRCDIR=$(cd "$(dirname "$0")/../.." && pwd)
fi
if [ -z "${NW_BUILDDIR-}" ]; then
	NW_BUILDDIR=$NW_SRCDIR/build/werror
	[ -x "$NW_BUILDDIR/nachtwacht" ] || NW_BUILDDIR=$NW_SRCDIR/build/plain
	[ -x "$NW_BUILDDIR/nachtwacht" ] || NW_BUILDDIR=$NW_SRCDIR
fi
: "${NW_CAPTURES:=$NW_SRCDIR/../shared/captures}"
export NW_SRCDIR NW_BUILDDIR NW_CAPTURES
export LC_ALL=C
# Anything that a sanitizer finds ends the program with a status that no test expects.
export ASAN_OPTIONS="${ASAN_OPTIONS-}:exitcode=86:detect_leaks=1"
export UBSAN_OPTIONS="${UBSAN_OPTIONS-}:exitcode=86:print_stacktrace=1"
export TSAN_OPTIONS="${TSAN_OPTIONS-}:exitcode=86"

nachtwacht=$NW_BUILDDIR/nachtwacht
synth=$NW_BUILDDIR/pcaps/nachtwacht-synth
scenarios=$NW_SRCDIR/pcaps/scenarios
schemas=$NW_SRCDIR/rules/schema
tests=$NW_SRCDIR/tests

# A python3 that has jsonschema: a private python first in the PATH may lack Debian's modules.
python=python3
for candidate in python3 /usr/bin/python3; do
	if "$candidate" -c 'import jsonschema' 2>/dev/null; then
		python=$candidate
		break
	fi
done

tap_count=0
tap_failed=0

case " ${NW_ONLY-$(basename "$0" .test)} " in
*" $(basename "$0" .test) "*) ;;
*)
	echo "1..0 # SKIP not asked for here: only $NW_ONLY"
	exit 0
	;;
esac

# ok STATUS DESCRIPTION
ok() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
	fi
}

# skip DESCRIPTION REASON: one point that could not be tried.
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# is GOT WANTED DESCRIPTION
is() {
	if [ "$1" = "$2" ]; then
		ok 0 "$3"
	else
		ok 1 "$3"
		note "got '$1', wanted '$2'"
	fi
}

# same FILE FILE DESCRIPTION: byte for byte.
same() {
	if cmp -s "$1" "$2"; then
		ok 0 "$3"
	else
		ok 1 "$3"
		diff "$1" "$2" 2>&1 | head -n 6 | cut -c 1-400 | show
	fi
}

# true_that DESCRIPTION COMMAND...
true_that() {
	what=$1
	shift
	if "$@"; then ok 0 "$what"; else ok 1 "$what"; fi
}

note() {
	echo "# $*"
}

show() {	# standard input as comments
	sed 's/^/# /'
}

tap_done() {
	echo "1..$tap_count"
	exit $((tap_failed > 0))
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

bail() {
	echo "Bail out! $*"
	exit 1
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# has_bytes FILE: it exists and is not empty.
has_bytes() {
	[ -s "$1" ]
}

need_program() {
	[ -x "$nachtwacht" ] || bail "$nachtwacht is not built"
}

# Scratch space in the build tree; at_exit COMMAND adds to what is undone, last first.
tap_cleanup=
at_exit() {
	tap_cleanup="$1
$tap_cleanup"
}
run_cleanup() {
	eval "$tap_cleanup"
}
trap run_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

scratch=$(mktemp -d "$NW_BUILDDIR/test-XXXXXX") || bail "no scratch directory in $NW_BUILDDIR"
at_exit 'rm -rf "$scratch"'

# replay NAME ARGUMENTS...: nachtwacht replay, bounded in time; standard output and error go to
# $scratch/NAME.out and NAME.err, the exit status to $status.  Four shards and not sixteen: each opens an nDPI
# of its own, which would be most of the time of most tests.  What is about shards sets NW_SHARDS=16.
replay() {
	run_name=$1
	shift
	run "$run_name" replay --progress never --shards "${NW_SHARDS:-4}" "$@"
}
run() {
	run_name=$1
	shift
	status=0
	timeout -k 5 "${NW_TIMEOUT:-120}" "$nachtwacht" "$@" \
		>"$scratch/$run_name.out" 2>"$scratch/$run_name.err" || status=$?
}

# json FILE EXPRESSION: a Python expression over `records`, the objects of a JSON lines file.
json() {
	"$python" -c '
import json, sys
try:
    records = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
    value = eval(sys.argv[2])
except Exception as error:
    value = "%s: %s" % (type(error).__name__, error)
print(value if not isinstance(value, bool) else str(value).lower())' "$1" "$2"
}

# validate SCHEMA FILE DESCRIPTION
validate() {
	if [ ! -f "$schemas/$1.schema.json" ]; then
		ok 1 "$3"
		note "no schema $1.schema.json"
	elif "$python" "$tests/validate.py" "$schemas/$1.schema.json" "$2" >"$scratch/validate" 2>&1; then
		ok 0 "$3"
	else
		ok 1 "$3"
		head -n 10 "$scratch/validate" | cut -c 1-300 | show
	fi
}
