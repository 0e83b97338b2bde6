#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# Layout, SPDX lines, static checks of C and shell.  Last line: N passed, N failed.
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
check() {
	what=$1
	shift
	if out=$("$@" 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s:\n%s\n' "$what" "$out"
	fi
}
layout() { git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror; }
spdx() {
	missing=$(git ls-files '*.c' '*.h' '*.sh' '*.js' '*.jsx' '*.css' '*.rules' '*.yar' |
		grep -v '^tests/regress/' | xargs grep -L 'SPDX-License-Identifier: EUPL-1.2')
	[ -z "$missing" ] || { echo "$missing"; return 1; }
}
scripts() { git ls-files | xargs grep -lE '^#!/(usr/bin/env bash|bin/sh)' |
	xargs shellcheck -x -P . -S warning; }
statics() {
	cppcheck -q --error-exitcode=1 --inline-suppr --std=c11 -D_GNU_SOURCE -I. \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		--suppress=normalCheckLevelMaxBranches common agent collector
}
check "clang-format (make format)" layout
check "files without the SPDX line" spdx
check "shellcheck" scripts
check "cppcheck" statics
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
