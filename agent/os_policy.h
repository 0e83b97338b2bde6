/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which host's behaviour counts where fragments or segments overlap and differ:
 * that of the one they are sent to, by its network, as Suricata's host-os-policy.
 */
#ifndef AGENT_OS_POLICY_H
#define AGENT_OS_POLICY_H

#include "agent/limits.h"
#include "common/addr.h"

#include <stddef.h>

enum os_policy {
	OS_BSD,
	OS_BSD_RIGHT,
	OS_FIRST,
	OS_HPUX10,
	OS_HPUX11,
	OS_IRIX,
	OS_LAST,
	OS_LINUX,
	OS_MACOS,
	OS_OLD_LINUX,
	OS_OLD_SOLARIS,
	OS_SOLARIS,
	OS_VISTA,
	OS_WINDOWS,
	OS_WINDOWS2K3,
	OS_POLICIES,
};

struct os_network {
	struct addr net;
	uint8_t bits;
	uint8_t policy;
};

/* enum os_policy as one text, for tables of options. */
#define OS_POLICY_NAMES                                                            \
	"bsd|bsd-right|first|hpux10|hpux11|irix|last|linux|macos|old-linux|"       \
	"old-solaris|solaris|vista|windows|windows2k3"

/* As Suricata is shipped: IPv4. */
#define OS_NETWORKS_USUAL "windows=0.0.0.0/0"

/* Zeroed at first: no networks. */
struct os_networks {
	struct os_network v[OS_NETWORKS_MAX]; /* the narrowest first */
	size_t n;
};

/*
 * Add what text says: "linux=10.0.0.0/8,2001:db8::/32,windows=0.0.0.0/0", any case;
 * a name alone stands for all hosts.  -1 with error filled ("what; remedy"): no
 * such policy, no network, a network that is there already, too many.
 */
int os_networks_add(
    struct os_networks *h, const char *text, char *error, size_t size);

/* Of the narrowest network that a is in; OS_BSD: in none, as in Suricata. */
enum os_policy os_networks_policy(
    const struct os_networks *h, const struct addr *a);

#endif
