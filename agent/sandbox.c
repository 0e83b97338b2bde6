/* SPDX-License-Identifier: EUPL-1.2 */
/* The steps into a sandbox; its system calls are in sandbox_filter.c. */
#include "agent/sandbox.h"

#include "agent/sandbox_filter.h"
#include "common/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_ASAN 1
#endif
#ifndef SANDBOX_ASAN
#define SANDBOX_ASAN                                                               \
	0 /* its shadow needs more address space than any limit gives */
#endif

struct row {
	const char *name;
	rlim_t files;	      /* descriptors; 0: keep */
	rlim_t file_size_max; /* bytes; RLIM_INFINITY: keep */
	cap_value_t keep[8];
	unsigned keep_n;
};

static const struct row ROWS[] = {
    [SANDBOX_PARENT] = {"parent", 0, RLIM_INFINITY,
	/* files to scan and their handles; signals to children; what it hands on.
	   fanotify's CAP_SYS_ADMIN was needed before, to set its marks. */
	{CAP_DAC_READ_SEARCH, CAP_KILL, CAP_SETUID, CAP_SETGID, CAP_SETPCAP,
	    CAP_NET_RAW, CAP_SYS_CHROOT},
	7},
    [SANDBOX_SENSOR] = {"sensor", 64, 64u << 20, {0}, 0},
    [SANDBOX_SCANNER] = {"scanner", 64, 64u << 20, {0}, 0},
    /* What it makes is a whole set of signatures. */
    [SANDBOX_LOADER] = {"loader", 64, 2ull << 30, {0}, 0},
    [SANDBOX_FORWARDER] = {"forwarder", 1024, RLIM_INFINITY, {0}, 0},
};

static int fail(char *error, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(char *error, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(error, size, "sandbox: ");

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < size)
		vsnprintf(error + n, size - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

/* --- the steps ---------------------------------------------------------------- */

static bool
has_capability(cap_value_t c)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t v = CAP_CLEAR;

	if (caps == NULL)
		return false;
	if (cap_get_flag(caps, c, CAP_EFFECTIVE, &v) == -1)
		v = CAP_CLEAR;
	cap_free(caps);
	return v == CAP_SET;
}

static int
enter_root(const char *root, char *error, size_t size)
{
	if (!has_capability(CAP_SYS_CHROOT)) {
		log_warn("sandbox: no CAP_SYS_CHROOT, so the file system stays in "
			 "sight");
		return 0;
	}
	if (chroot(root) == -1 || chdir("/") == -1)
		return fail(error, size,
		    "cannot make %s the root: %s; create that folder", root,
		    strerror(errno));
	return 0;
}

static int
limit(int what, rlim_t max)
{
	struct rlimit r;

	if (getrlimit((__rlimit_resource_t)what, &r) == -1)
		return -1;
	if (r.rlim_max != RLIM_INFINITY && r.rlim_max < max)
		max = r.rlim_max;
	r.rlim_cur = r.rlim_max = max;
	return setrlimit((__rlimit_resource_t)what, &r);
}

static int
set_limits(const struct row *row, uint64_t memory_max)
{
	if (limit(RLIMIT_CORE, 0) == -1)
		return -1;
	if (memory_max != 0 && !SANDBOX_ASAN &&
	    limit(RLIMIT_AS, (rlim_t)memory_max) == -1)
		return -1;
	if (row->files != 0 && limit(RLIMIT_NOFILE, row->files) == -1)
		return -1;
	if (row->file_size_max != RLIM_INFINITY &&
	    limit(RLIMIT_FSIZE, row->file_size_max) == -1)
		return -1;
	return 0;
}

static bool
row_keeps(const struct row *row, cap_value_t c)
{
	for (unsigned i = 0; i < row->keep_n; i++)
		if (row->keep[i] == c)
			return true;
	return false;
}

/* The process's threads; at least 1. */
static unsigned
threads(void)
{
	DIR *d = opendir("/proc/self/task");
	unsigned n = 0;

	if (d == NULL)
		return 1;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static int
drop_capabilities(const struct row *row)
{
	cap_t now = cap_get_proc(), next = cap_init();
	int result = -1;

	if (now == NULL || next == NULL)
		goto done;
	for (cap_value_t c = 0; c <= CAP_LAST_CAP; c++) {
		cap_flag_value_t held = CAP_CLEAR;

		if (!row_keeps(row, c)) {
			if (has_capability(CAP_SETPCAP) && cap_get_bound(c) == 1 &&
			    cap_drop_bound(c) == -1)
				goto done;
			continue;
		}
		if (cap_get_flag(now, c, CAP_PERMITTED, &held) == -1 ||
		    held == CAP_CLEAR)
			continue;
		if (cap_set_flag(next, CAP_PERMITTED, 1, &c, CAP_SET) == -1 ||
		    cap_set_flag(next, CAP_EFFECTIVE, 1, &c, CAP_SET) == -1)
			goto done;
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 &&
	    errno != EINVAL)
		goto done;
	result = cap_set_proc(next);
done:
	cap_free(now);
	cap_free(next);
	return result;
}

int
sandbox_enter(
    enum sandbox_role role, const struct sandbox *s, char *error, size_t size)
{
	const struct row *row = &ROWS[role];
	/* While /proc can still be read. */
	const bool single = threads() == 1;
	cap_t caps = cap_get_proc(), none = cap_init();
	const bool bare = caps != NULL && none != NULL &&
	    !CAP_DIFFERS(cap_compare(caps, none), CAP_PERMITTED);

	cap_free(caps);
	cap_free(none);
	if (!single && !bare)
		return fail(error, size,
		    "%s has threads that would keep capabilities; enter before "
		    "starting them",
		    row->name);
	if (s->root != NULL && enter_root(s->root, error, size) == -1)
		return -1;
	if (drop_capabilities(row) == -1)
		return fail(error, size,
		    "cannot drop capabilities: %s; start %s as root "
		    "or as an ordinary user",
		    strerror(errno), row->name);
	if (set_limits(row, s->memory_max) == -1)
		return fail(error, size,
		    "cannot set limits: %s; see ulimit -a and the "
		    "service's Limit settings",
		    strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return fail(error, size, "prctl: %s", strerror(errno));
	if (sandbox_filter_load(role) == -1)
		return fail(error, size,
		    "cannot load the system call filter: %s; the kernel "
		    "needs CONFIG_SECCOMP_FILTER",
		    strerror(errno));
	return 0;
}
