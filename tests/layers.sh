#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# Fail when an #include points the wrong way (tests/layers.txt).
cd "$(dirname "$0")/.." || exit 1
# shellcheck disable=SC2046 # our names have no spaces
set -- $(find common agent collector -name '*.[ch]' | sort)
awk '
function under(path, place) { return path == place || index(path, place "/") == 1 }
function owner(path,    k, best) {
	best = ""
	for (k in allowed)
		if (under(path, k) && length(k) > length(best)) best = k
	return best
}
FILENAME == "tests/layers.txt" {
	if ($0 ~ /^#/ || $0 == "") next
	key = $0; sub(/:.*/, "", key); rest = $0; sub(/^[^:]*:/, "", rest)
	if (key ~ /^</) met[substr(key, 2)] = rest; else allowed[key] = rest
	next
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, q, "\""); to = q[2]; from = FILENAME
	own = owner(from)
	if (own == "") { printf "%s: not in tests/layers.txt\n", from; bad++; next }
	ok = under(to, own)
	base = from; sub(/\.[ch]$/, "", base); tob = to; sub(/\.h$/, "", tob)
	if (base == tob) ok = 1
	n = split(allowed[own], a, " ")
	for (i = 1; i <= n && !ok; i++) ok = under(to, a[i])
	if (!ok) { printf "%s:%d: may not include \"%s\"\n", from, FNR, to; bad++ }
	checked++
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	match($0, /<[^>]*>/); to = substr($0, RSTART + 1, RLENGTH - 2)
	for (m in met) if (index(to, m) == 1) {
		ok = 0; n = split(met[m], a, " ")
		for (i = 1; i <= n && !ok; i++) ok = under(FILENAME, a[i])
		if (!ok) { printf "%s:%d: <%s> is met only in:%s\n", FILENAME, FNR, to, met[m]; bad++ }
		checked++
	}
}
END {
	if (checked == 0) { print "layers: nothing was checked"; exit 1 }
	if (bad) { printf "layers: %d wrong include(s)\n", bad; exit 1 }
	printf "layers: %d includes in order\n", checked
}' tests/layers.txt "$@"
