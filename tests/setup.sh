#!/bin/sh
# setup.sh - installs the Debian packages that are missing.
#
# usage: tests/setup.sh build|check
#
# The list is tests/packages.txt.  Nothing is touched (no root, no network) when everything is
# there.  Without root and without a password-less sudo it says what to install and exits 1.
set -eu

dir=$(cd "$(dirname "$0")" && pwd)
case ${1-} in
build) kinds='^build$' ;;
check) kinds='^(build|check)$' ;;
*) echo "usage: $0 build|check" >&2; exit 2 ;;
esac

wanted=$(awk -v kinds="$kinds" '$1 ~ kinds { print $2 }' "$dir/packages.txt")

if ! command -v dpkg-query >/dev/null; then
	echo "setup: not a Debian system; expected to be installed already:" $wanted >&2
	exit 0
fi

missing=
for package in $wanted; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
	as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	as_root='sudo -n'
else
	echo "setup: packages are missing and this is not root; please run:" >&2
	echo "    apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

echo "setup: installing$missing"
log=$(mktemp)
apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >>"$log" 2>&1
}
if ! { apt update && apt install --no-install-recommends $missing; }; then
	tail -n 20 "$log" >&2
	echo "setup: apt-get failed; its output is in $log" >&2
	exit 1
fi
rm -f "$log"
