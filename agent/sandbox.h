/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Giving up what a process does not need, before its first untrusted byte: an
 * empty root, capabilities, privileges to come, memory, system calls.  One row a role.
 */
#ifndef AGENT_SANDBOX_H
#define AGENT_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

enum sandbox_role {
	SANDBOX_PARENT,
	SANDBOX_SENSOR,
	SANDBOX_SCANNER,
	SANDBOX_FORWARDER,
};

struct sandbox {
	const char *root;	/* folder to become the root (empty one); NULL: keep */
	uint64_t memory_max;	/* RLIMIT_AS in bytes; 0: keep */
};

/*
 * Enter the role's sandbox for good.  -1 with error filled ("sandbox: what,
 * remedy"); the caller must then end.
 */
int sandbox_enter(enum sandbox_role role, const struct sandbox *s, char *error, size_t size);

#endif
