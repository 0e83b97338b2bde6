/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Giving up what a process does not need, before its first untrusted byte: an
 * empty root, capabilities, privileges to come, memory, system calls.  One row a
 * role in sandbox.c.  A system call that the row does not list ends the process
 * with SANDBOX_EXIT_REFUSED and a line on standard error that names it.
 */
#ifndef AGENT_SANDBOX_H
#define AGENT_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

/* 128 + SIGSYS, as a shell would tell it. */
#define SANDBOX_EXIT_REFUSED 159

enum sandbox_role {
	SANDBOX_PARENT,
	SANDBOX_SENSOR,
	SANDBOX_SCANNER,
	SANDBOX_FORWARDER,
	SANDBOX_LOADER,
};

struct sandbox {
	const char *root;    /* folder to become the root (empty one); NULL: keep */
	uint64_t memory_max; /* RLIMIT_AS in bytes; 0: keep */
};

/*
 * Enter the role's sandbox for good.  -1 with error filled ("sandbox: what,
 * remedy"); the caller must then end.
 *
 * Without CAP_SYS_CHROOT (a run by an ordinary user) the root stays, and a log
 * line says so; everything else holds.  The filter covers every thread, also
 * those started before; capabilities are a thread's own, so a process that has
 * any enters before it starts threads (else -1).  After it: no file can be
 * opened in the sensor and the scanner (EACCES), only read in the loader of
 * signatures, no thread started but in the forwarder, no memory made executable but
 * in sensor and loader (PCRE2's JIT).
 */
int sandbox_enter(
    enum sandbox_role role, const struct sandbox *s, char *error, size_t size);

#endif
