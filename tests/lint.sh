#!/bin/sh
# lint.sh - what the compiler does not check: direction of includes, sizes, forms, cppcheck.
#
# usage: tests/lint.sh [SRCDIR]
#
# Prints "file:line: what" for every finding, "ok"/"not ok" for every group, and exits 1 when
# there was a finding.  Works in a checkout and in an unpacked tarball: files are found by folder and
# ending, build products are left out.
set -u
export LC_ALL=C

top=${1-$(dirname "$0")/..}
cd "$top" || exit 2

# In the order in which data flows: a room includes only itself and what stands before it.
ROOMS='base packet capture dpi flow policy profile detect alert store output app'
FILE_MAX=900
FILE_WANTED=600
FUNCTION_MAX=100
LINE_MAX=100

tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
groups=0
bad=0

# group NAME: closes a group; its findings are in $tmp/found.
group() {
	groups=$((groups + 1))
	if [ -s "$tmp/found" ]; then
		cat "$tmp/found"
		echo "not ok $groups - lint: $1: $(wc -l <"$tmp/found") finding(s)"
		bad=$((bad + 1))
	else
		echo "ok $groups - lint: $1"
	fi
	: >"$tmp/found"
}
: >"$tmp/found"

folders=
for folder in .ci m4 sensor rules pcaps tests dashboards docs; do
	[ -d "$folder" ] && folders="$folders $folder"
done
{
	# Corpora and captures are data: whatever is in them is meant to be there.
	find $folders \( -name 'corpus*' -o -name node_modules -o -name '.deps' -o -name __pycache__ \) \
		-prune -o -type f \( -name '*.[ch]' -o -name '*.am' -o -name '*.m4' -o -name '*.sh' \
		-o -name '*.py' -o -name '*.test' -o -name '*.md' -o -name '*.json' -o -name '*.txt' \
		-o -path .ci/run \) -print
	for file in configure.ac Makefile.am README.md CHANGES.md LICENSE demo check .gitignore; do
		[ -f "$file" ] && echo "$file"
	done
} | sort >"$tmp/text"
grep '\.[ch]$' "$tmp/text" >"$tmp/code"
grep '^sensor/' "$tmp/code" >"$tmp/sensor"

if ! [ -s "$tmp/sensor" ]; then
	echo "lint: no sources below $top" >&2
	exit 2
fi

# --- rooms ------------------------------------------------------------------------------------------
# "room/file.h", downwards only; and each library has one room that knows it.
xargs awk -v rooms="$ROOMS" '
	BEGIN {
		n = split(rooms, list, " ")
		for (i = 1; i <= n; i++) level[list[i]] = i
		only["pcap"] = "capture"; only["ndpi"] = "dpi"; only["hiredis"] = "output"
		only["sqlite3"] = "store"; only["maxminddb"] = "policy"; only["libpsl"] = "policy"
	}
	FNR == 1 { split(FILENAME, path, "/"); room = path[2] }
	!(room in level) && FNR == 1 && room != "forward" {
		print FILENAME ":1: " room " is not a room of the house"
	}
	/^[ \t]*#[ \t]*include[ \t]*</ {
		name = $0
		sub(/^[^<]*</, "", name)
		for (lib in only)
			if (index(name, lib) == 1 && room != only[lib])
				print FILENAME ":" FNR ": <" lib "...> belongs to " only[lib] "/ only"
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, quoted, "\"")
		what = quoted[2]
		if (what == "config.h") {
			if (FILENAME ~ /\.h$/) print FILENAME ":" FNR ": config.h in a header"
			next
		}
		if (split(what, part, "/") != 2) {
			print FILENAME ":" FNR ": include \"" what "\" is not \"room/file.h\""
			next
		}
		if ((getline line < ("sensor/" what)) < 0)
			print FILENAME ":" FNR ": no such file: sensor/" what
		close("sensor/" what)
		if (room == "forward") {
			if (part[1] != "base" && part[1] != "output" && part[1] != room)
				print FILENAME ":" FNR ": forward/ may include base/ and output/ only"
		} else if (!(part[1] in level)) {
			print FILENAME ":" FNR ": " part[1] " is not a room of the house"
		} else if (level[part[1]] > level[room]) {
			print FILENAME ":" FNR ": " room "/ must not include " what
		}
	}' <"$tmp/sensor" >"$tmp/found"
group 'include direction'

# --- sizes ------------------------------------------------------------------------------------------
# A function is what stands between a brace in column 1 and its partner.  A wide character counts
# once, a tab up to the next multiple of eight.
: >"$tmp/notes"
xargs awk -v file_max=$FILE_MAX -v file_wanted=$FILE_WANTED -v function_max=$FUNCTION_MAX \
	-v line_max=$LINE_MAX -v notes="$tmp/notes" '
	function finish() {
		if (lines > file_max)
			print name ":" lines ": file of " lines " lines, the limit is " file_max
		else if (lines > file_wanted)
			print name ":" lines ": note: file of " lines " lines, " file_wanted " wanted" >notes
	}
	FNR == 1 { if (name) finish(); name = FILENAME; start = 0 }
	{
		lines = FNR
		text = $0
		gsub(/[\200-\277]/, "", text)
		column = 0
		n = split(text, piece, "\t")
		for (i = 1; i <= n; i++) {
			column += length(piece[i])
			if (i < n) column += 8 - column % 8
		}
		if (column > line_max)
			print FILENAME ":" FNR ": line of " column " columns, the limit is " line_max
	}
	/^\{[ \t]*$/ { start = FNR }
	/^\}/ && start {
		if (FNR - start + 1 > function_max)
			print FILENAME ":" start ": function of " FNR - start + 1 " lines, the limit is " function_max
		start = 0
	}
	END { finish() }' <"$tmp/code" >"$tmp/found"
group 'sizes'
cat "$tmp/notes"

# --- forms ------------------------------------------------------------------------------------------
xargs awk '
	function base(path) { sub(/.*\//, "", path); return path }
	FNR == 1 {
		if (index($0, "/* " base(FILENAME) " - ") != 1)
			print FILENAME ":1: the file does not begin with its head comment \"/* " base(FILENAME) " - ...\""
		guard = ""
	}
	FILENAME ~ /\.h$/ && guard == "" && /^#/ {
		wanted = FILENAME
		sub(/^sensor\//, "", wanted)
		gsub(/[^A-Za-z0-9]/, "_", wanted)
		wanted = "NW_" toupper(wanted)
		guard = $2
		# Outside the house the middle of the name is free: NW_SYNTH_BLOB_H.
		last = "_" toupper(base(FILENAME))
		gsub(/[^A-Z0-9]/, "_", last)
		free = FILENAME !~ /^sensor\// && guard ~ ("^NW_.*" last "$")
		if ($1 != "#ifndef" || (guard != wanted && !free))
			print FILENAME ":" FNR ": header guard is not " wanted
	}' <"$tmp/code" >"$tmp/found"
group 'head comments and header guards'

xargs awk '
	/(^|[^A-Za-z0-9_])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|alloca|gets)[ \t]*\(/ {
		print FILENAME ":" FNR ": forbidden function: " $0
	}
	/(^|[^A-Za-z0-9_])(exit|_exit|abort)[ \t]*\(/ && FILENAME ~ /^sensor\// && FILENAME !~ /^sensor\/app\// {
		print FILENAME ":" FNR ": only app/ may exit: " $0
	}' <"$tmp/code" >"$tmp/found"
group 'forbidden functions'

# What is shown passes base/pseudonym.h; these show clear on purpose.
grep -v -e '^sensor/base/' -e '^sensor/policy/' -e '^sensor/app/draft_site.c$' \
	-e '^sensor/app/state_view.c$' -e '^sensor/profile/subject.c$' -e '^sensor/app/command_reveal.c$' <"$tmp/sensor" |
	xargs grep -nE '(^|[^A-Za-z0-9_])(addr|cidr)_format[ ]*\(' >"$tmp/found"
group 'addresses are shown by addr_show() and cidr_show()'

# The two words are put together here so that this file does not contain them.
xargs grep -nE "T[O]DO|F[I]XME|X[X]X:" <"$tmp/code" >"$tmp/found"
xargs grep -nE "T[O]DO|F[I]XME" <"$tmp/text" | grep -v '\.[ch]:' >>"$tmp/found"
group 'nothing left to do'

# --- whitespace -------------------------------------------------------------------------------------
xargs awk '
	FNR == 1 { code = FILENAME ~ /\.[ch]$/ }
	/\r$/ { print FILENAME ":" FNR ": carriage return"; next }
	/[ \t]$/ && !(FILENAME ~ /\.md$/ && /[^ ]  $/) { print FILENAME ":" FNR ": blank at the end" }
	code && /^ / && !/^ \*/ { print FILENAME ":" FNR ": indented by spaces" }
	code && / \t/ { print FILENAME ":" FNR ": space before a tab" }' <"$tmp/text" >"$tmp/found"
while read -r file; do
	[ -s "$file" ] || continue
	[ -z "$(tail -c 1 "$file")" ] || echo "$file:$(wc -l <"$file"): no newline at the end"
	[ -n "$(tail -n 1 "$file")" ] || echo "$file:$(wc -l <"$file"): empty line at the end"
done <"$tmp/text" >>"$tmp/found"
group 'whitespace'

# --- scripts parse ----------------------------------------------------------------------------------
while read -r file; do
	case $(head -n 1 "$file") in
	'#!/bin/sh'*) shell=sh ;;
	'#!/bin/bash'* | '#!/usr/bin/env bash'*) shell=bash ;;
	*python3*)
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file" 2>"$tmp/err" ||
			echo "$file:1: $(tail -n 1 "$tmp/err")"
		[ -x "$file" ] || echo "$file:1: a script that is not executable"
		continue ;;
	*) continue ;;
	esac
	"$shell" -n "$file" 2>"$tmp/err" || echo "$file:1: $(head -n 1 "$tmp/err")"
	[ -x "$file" ] || echo "$file:1: a script that is not executable"
done <"$tmp/text" >"$tmp/found"
# A test that no makefile names is run by nobody.
grep '\.test$' "$tmp/text" | while read -r file; do
	grep -q "^tests/.*\.am$" "$tmp/text" || continue
	grep -lqF "$file" $(grep '\.am$' "$tmp/text") || echo "$file:1: no makefile runs it"
done >>"$tmp/found"
group 'scripts parse'

# --- cppcheck ---------------------------------------------------------------------------------------
# Suppressed, each for a reason:
#   missingInclude*     system headers are not read; ours are found by -I
#   checkersReport, normalCheckLevelMaxBranches   remarks about cppcheck itself
#   unusedStructMember  a struct that describes a file format has members nobody reads
if command -v cppcheck >/dev/null; then
	grep '\.c$' "$tmp/code" >"$tmp/units"
	cppcheck --quiet --error-exitcode=1 --std=c11 --language=c -j 2 -I sensor -I tests/unit \
		--enable=warning,performance,portability --inline-suppr \
		--suppress=missingInclude --suppress=missingIncludeSystem --suppress=checkersReport \
		--suppress=normalCheckLevelMaxBranches --suppress=unusedStructMember \
		--template='{file}:{line}: {severity}: {message} [{id}]' \
		--file-list="$tmp/units" >"$tmp/out" 2>&1 || cat "$tmp/out" >"$tmp/found"
else
	echo 'configure.ac:1: cppcheck is not installed (apt-get install cppcheck)' >"$tmp/found"
fi
group 'cppcheck'

echo "1..$groups"
[ "$bad" -eq 0 ]
