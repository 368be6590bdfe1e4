#!/bin/sh
# build.sh - builds the program in a directory of its own, quietly.
#
# usage: tests/build.sh NAME [configure options]
#
# NW_TARGETS="..." makes these instead of everything.
# The build tree is build/NAME, the log build/log/NAME-build.log; its last lines are shown when
# something fails.  Autotools files are made when they are missing or older than their sources; a
# release archive brings them along.  A tree that was configured elsewhere (the source directory was
# moved, renamed or copied) has the old paths in it and is begun anew.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
name=$1
shift
build=$top/build/$name
log=$top/build/log/$name-build.log
mkdir -p "$build" "$top/build/log"
: >"$log"

if [ -e "$top/config.status" ]; then
	echo "build: the source directory itself is configured; run 'make distclean' in it first" >&2
	exit 1
fi

fail() {
	tail -n 25 "$log" >&2
	echo "build: $1 failed; the whole log is $log" >&2
	exit 1
}

cd "$top"
if [ ! -e configure ] || [ ! -e Makefile.in ] ||
   [ -n "$(find configure.ac Makefile.am m4 sensor rules pcaps tests \
	\( -name '*.am' -o -name '*.ac' -o -name '*.m4' \) -newer configure -print)" ]; then
	autoreconf -fi >>"$log" 2>&1 || fail autoreconf
fi
# Where the tree was configured and with which options: either differs, another configure.  A tree of
# another place, or without a note of it, is emptied: its makefile and its dependencies name old paths.
options=$(printf 'source %s\n%s' "$top" "$*")
if [ -e "$build/config.status" ] &&
   [ "$(sed -n 1p "$build/options" 2>/dev/null)" != "source $top" ]; then
	rm -rf "$build"
	mkdir -p "$build"
fi
cd "$build"
if [ ! -e config.status ] || [ "$(cat options 2>/dev/null)" != "$options" ] ||
   [ "$top/configure" -nt config.status ]; then
	"$top/configure" "$@" >>"$log" 2>&1 || fail configure
	echo "$options" >options
fi
# shellcheck disable=SC2086  # one word a target
make -j"$(nproc)" ${NW_TARGETS-} >>"$log" 2>&1 || fail make
