#!/bin/sh
# embed.sh - the files of the rule pack as a C source, so that the program has them wherever it runs.
#
# usage: rules/embed.sh FILE... >rule_builtin.c
set -eu
export LC_ALL=C

echo '/* rule_builtin.c - the rule pack, made by rules/embed.sh from rules/pack. */'
echo '#include "policy/rules_internal.h"'
echo
echo 'const struct rule_builtin rule_builtin[] = {'
for file in "$@"; do
	printf '\t{ "%s",\n' "${file##*/}"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' "$file"
	echo '	},'
done
echo '	{ NULL, NULL }'
echo '};'
