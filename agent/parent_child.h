/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Starting one process of the agent: fork, descriptors in place, another user,
 * only the capabilities it needs until it closes its sandbox, exec.
 */
#ifndef AGENT_PARENT_CHILD_H
#define AGENT_PARENT_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Control, and a queue a writer. */
#define PARENT_CHILD_FDS_MAX 80

struct parent_child {
	char *const *argv; /* argv[0] is the program's full path; ends with NULL */
	const int *fds;	   /* become ROLE_FD_CONTROL, ROLE_FD_CONTROL + 1, ... */
	size_t fds_n;
	bool to_stdout; /* keeps standard output; else it is standard error */
	bool as_user;	/* switch to uid and gid; needs root */
	uid_t uid;
	gid_t gid;
	bool net_raw;	     /* keeps CAP_NET_RAW until its sandbox */
	uint64_t memory_max; /* RLIMIT_AS before exec; 0: keep */
};

/* The process id, or -1 with errno.  What fails in the child it says itself. */
pid_t parent_child_start(const struct parent_child *c);

#endif
