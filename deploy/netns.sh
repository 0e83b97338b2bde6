# SPDX-License-Identifier: EUPL-1.2
# shellcheck shell=bash
# Network namespaces without a name, for scripts that run as root: they end with the
# process that holds them, two runs do not meet, and a chroot whose root is no mount
# point will do, which "ip netns" refuses.
#
#   ns_new PID_VARIABLE      make one; its loopback is up
#   ns_run PID COMMAND...    run a command inside (in the background: "ns_run PID X &"
#                            makes a shell around it; see ns_start)
#   ns_start PID COMMAND...  exec the command inside: "( ns_start PID X ) &" has X's pid
#   ns_end PID               end it

ns_new() {
	local pid tries
	unshare --net sleep infinity &
	pid=$!
	for ((tries = 0; tries < 100; tries++)); do
		[ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ] || break
		sleep 0.05
	done
	if [ ! -e "/proc/$pid/ns/net" ] ||
		[ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ]; then
		return 1
	fi
	printf -v "$1" %s "$pid"
	nsenter --net="/proc/$pid/ns/net" ip link set lo up
}

ns_run() {
	nsenter --net="/proc/$1/ns/net" "${@:2}"
}

ns_start() {
	exec nsenter --net="/proc/$1/ns/net" "${@:2}"
}

ns_end() {
	kill "$1" 2>/dev/null || return 0
	wait "$1" 2>/dev/null || return 0 # killed is what it was to be
}
