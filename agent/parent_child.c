/* SPDX-License-Identifier: EUPL-1.2 */
/* From fork to exec.  Between them only the child's own copy is changed. */
#include "agent/parent_child.h"

#include "agent/role.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Descriptors to their numbers.  First all aside, so that none is overwritten
 * before it was copied.
 */
static int
place_fds(const struct parent_child *c)
{
	const int last = ROLE_FD_CONTROL + (int)c->fds_n;
	int aside[PARENT_CHILD_FDS_MAX], null;

	if (c->fds_n > PARENT_CHILD_FDS_MAX) {
		errno = E2BIG;
		return -1;
	}
	for (size_t i = 0; i < c->fds_n; i++)
		if ((aside[i] = fcntl(c->fds[i], F_DUPFD, last)) == -1)
			return -1;
	for (int i = 0; i < (int)c->fds_n; i++)
		if (dup2(aside[i], ROLE_FD_CONTROL + i) == -1)
			return -1;
	if ((null = open("/dev/null", O_RDONLY)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1)
		return -1;
	if (!c->to_stdout && dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
		return -1;
	return close_range((unsigned)last, ~0u, 0);
}

static int
set_caps(const cap_value_t *keep, int n, bool switching)
{
	static const cap_value_t to_switch[] = {
	    CAP_SETPCAP, CAP_SETUID, CAP_SETGID};
	cap_t caps = cap_init();
	int result = -1;

	if (caps == NULL)
		return -1;
	if (cap_set_flag(caps, CAP_PERMITTED, n, keep, CAP_SET) == 0 &&
	    cap_set_flag(caps, CAP_EFFECTIVE, n, keep, CAP_SET) == 0 &&
	    cap_set_flag(caps, CAP_INHERITABLE, n, keep, CAP_SET) == 0 &&
	    (!switching ||
		(cap_set_flag(caps, CAP_PERMITTED, 3, to_switch, CAP_SET) == 0 &&
		    cap_set_flag(caps, CAP_EFFECTIVE, 3, to_switch, CAP_SET) == 0)))
		result = cap_set_proc(caps);
	cap_free(caps);
	return result;
}

/*
 * Another user with the capabilities to enter the sandbox, and for a sensor to
 * open its interface, handed on through exec as ambient ones; none to gain.
 */
static int
become(const struct parent_child *c)
{
	const cap_value_t keep[] = {CAP_SYS_CHROOT, CAP_NET_RAW};
	const int n = c->net_raw ? 2 : 1;

	if (set_caps(keep, n, true) == -1)
		return -1;
	for (cap_value_t v = 0; v <= CAP_LAST_CAP; v++)
		if (cap_get_bound(v) == 1 && cap_drop_bound(v) == -1)
			return -1;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 || setgroups(0, NULL) == -1 ||
	    setresgid(c->gid, c->gid, c->gid) == -1 ||
	    setresuid(c->uid, c->uid, c->uid) == -1 ||
	    set_caps(keep, n, false) == -1)
		return -1;
	for (int i = 0; i < n; i++)
		if (cap_set_ambient(keep[i], CAP_SET) == -1)
			return -1;
	return 0;
}

static int
limit_memory(uint64_t max)
{
	const struct rlimit r = {.rlim_cur = max, .rlim_max = max};

	return max == 0 ? 0 : setrlimit(RLIMIT_AS, &r);
}

static void
reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static const char *
remedy(int error)
{
	return error == ENOENT ? "; install it there, or set libexec in agent.yaml"
	    : error == EACCES  ? "; its user must be able to reach and run it, see "
				 "ls -ld of its folders"
			       : "";
}

pid_t
parent_child_start(const struct parent_child *c)
{
	pid_t pid = fork();
	const char *step = "descriptors";

	if (pid != 0)
		return pid;
	reset_signals();
	umask(077);
	if (place_fds(c) == -1)
		goto fail;
	step = "changing the user";
	if (c->as_user && become(c) == -1)
		goto fail;
	step = "the memory limit";
	if (limit_memory(c->memory_max) == -1)
		goto fail;
	step = "running it";
	execv(c->argv[0], c->argv);
fail:
	fprintf(stderr, "%s: cannot start: %s: %s%s\n", c->argv[0], step,
	    strerror(errno), remedy(errno));
	_exit(127);
}
