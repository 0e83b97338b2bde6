/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The sandboxes of the agent's processes, one row a role (docs/architecture.md).
 *
 * The children's filters are lists of what is allowed.  The parent's is a list of
 * what is refused, because a filter is inherited across exec: the start-up calls
 * of every child's libraries would have to be on it.
 */
#include "agent/sandbox.h"

#include "common/log.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
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

/* Who may call it. */
#define SENSOR	  (1u << SANDBOX_SENSOR)
#define SCANNER	  (1u << SANDBOX_SCANNER)
#define FORWARDER (1u << SANDBOX_FORWARDER)
#define CHILDREN  (SENSOR | SCANNER | FORWARDER)

struct allowed {
	unsigned roles;
	const char *calls; /* names, with spaces between */
};

static const struct allowed ALLOWED[] = {
    {CHILDREN,
	"read readv pread64 write writev close lseek fcntl fstat newfstatat "
	"statx dup dup2 dup3 ftruncate"},
    {CHILDREN, "sendto sendmsg recvfrom recvmsg getsockopt"},
    {CHILDREN,
	"poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait "
	"epoll_pwait epoll_pwait2 eventfd2 timerfd_create timerfd_settime "
	"timerfd_gettime signalfd4 pipe2"},
    {CHILDREN,
	"clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time"},
    {CHILDREN, "brk munmap mremap madvise mlock munlock mincore membarrier futex"},
    {CHILDREN,
	"rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait sigaltstack "
	"restart_syscall"},
    {CHILDREN,
	"getpid getppid gettid getuid geteuid getgid getegid getrusage "
	"getrlimit sysinfo uname getrandom sched_yield sched_getaffinity getcpu "
	"set_robust_list get_robust_list rseq exit exit_group"},
    /* File bytes of traffic travel to the scanner in sealed memory. */
    {SENSOR | SCANNER, "memfd_create"},
    {SENSOR, "mmap mprotect"},
    {FORWARDER,
	"open openat access faccessat faccessat2 stat lstat readlink "
	"readlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat "
	"getdents64 fsync fdatasync sync_file_range fallocate truncate flock "
	"pwrite64 pwritev preadv fchmod fchmodat statfs fstatfs fadvise64 umask "
	"copy_file_range"},
    {FORWARDER,
	"socketpair connect bind listen accept accept4 getsockname "
	"getpeername sendmmsg recvmmsg setsockopt"},
    {FORWARDER,
	"sched_setaffinity sched_getparam sched_getscheduler "
	"sched_setscheduler sched_setparam sched_get_priority_max "
	"sched_get_priority_min"},
};

/* Refused with an error that libraries live with, instead of an end. */
struct refused {
	unsigned roles;
	int error;
	const char *calls;
};

static const struct refused REFUSED[] = {
    /* Queues and standard error outlive the process: its successor gets the same. */
    {CHILDREN, EPERM, "shutdown"},
    {SENSOR | SCANNER, EACCES,
	"open openat openat2 access faccessat faccessat2 stat "
	"lstat readlink readlinkat socket getcwd"},
    /* The C library then starts threads through clone(), whose flags show. */
    {CHILDREN, ENOSYS, "clone3"},
    {1u << SANDBOX_PARENT, EPERM,
	"acct add_key adjtimex bpf clock_adjtime clock_settime delete_module "
	"finit_module init_module io_uring_enter io_uring_register io_uring_setup "
	"ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind "
	"migrate_pages mount move_mount move_pages nfsservctl open_tree "
	"perf_event_open personality pidfd_getfd pivot_root process_vm_readv "
	"process_vm_writev ptrace quotactl reboot request_key set_mempolicy "
	"setdomainname "
	"sethostname setns settimeofday swapoff swapon umount umount2 unshare "
	"userfaultfd vhangup"},
};

/* Calls that one argument decides. */
struct condition {
	unsigned roles;
	uint32_t action;
	int call;
	struct scmp_arg_cmp when;
};

#define IS(arg, value)                                                             \
	{                                                                          \
		(arg), SCMP_CMP_EQ, (value), 0                                     \
	}
#define IS_NOT(arg, value)                                                         \
	{                                                                          \
		(arg), SCMP_CMP_NE, (value), 0                                     \
	}
#define BITS(arg, mask, value)                                                     \
	{                                                                          \
		(arg), SCMP_CMP_MASKED_EQ, (mask), (value)                         \
	}

static const struct condition CONDITIONS[] = {
    /* Executable memory: for PCRE2's JIT in the sensor alone. */
    {SCANNER | FORWARDER, SCMP_ACT_ALLOW, SCMP_SYS(mmap), BITS(2, PROT_EXEC, 0)},
    {SCANNER | FORWARDER, SCMP_ACT_ALLOW, SCMP_SYS(mprotect),
	BITS(2, PROT_EXEC, 0)},
    /* Reading a limit, not setting one. */
    {CHILDREN, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), IS(2, 0)},
    {CHILDREN, SCMP_ACT_ALLOW, SCMP_SYS(prctl), IS(0, PR_SET_NAME)},
    {CHILDREN, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), IS_NOT(0, PR_SET_NAME)},
    /* isatty() is answered no; libpcap asks whether its interface is up. */
    {CHILDREN, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), IS(1, SIOCGIFFLAGS)},
    {CHILDREN, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), IS_NOT(1, SIOCGIFFLAGS)},
    /* libzmq's threads; netlink is how the C library learns its addresses. */
    /* Not the size of a queue, which its successor would keep. */
    {SENSOR | SCANNER, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setsockopt),
	IS(1, SOL_SOCKET)},
    {SENSOR | SCANNER, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), IS_NOT(1, SOL_SOCKET)},
    {FORWARDER, SCMP_ACT_ALLOW, SCMP_SYS(clone),
	BITS(0, CLONE_THREAD, CLONE_THREAD)},
    {FORWARDER, SCMP_ACT_ALLOW, SCMP_SYS(socket), IS(0, AF_UNIX)},
    {FORWARDER, SCMP_ACT_ALLOW, SCMP_SYS(socket), IS(0, AF_INET)},
    {FORWARDER, SCMP_ACT_ALLOW, SCMP_SYS(socket), IS(0, AF_INET6)},
    {FORWARDER, SCMP_ACT_ALLOW, SCMP_SYS(socket), IS(0, AF_NETLINK)},
};

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

/* --- the refused call, named ------------------------------------------------ */

#define NAMES_MAX 512
static char names[NAMES_MAX][28];

static void
names_fill(void)
{
	for (int i = 0; i < NAMES_MAX; i++) {
		char *n = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);

		if (n != NULL)
			snprintf(names[i], sizeof(names[i]), "%s", n);
		free(n);
	}
}

/* Only async-signal-safe calls: the process is in an unknown state. */
static void
on_refused(int signo, siginfo_t *info, void *context)
{
	char line[96] = "sandbox: refused system call ", digits[12] = "";
	size_t at = strlen(line), d = sizeof(digits);
	unsigned nr = (unsigned)info->si_syscall;
	const char *name =
	    nr < NAMES_MAX && names[nr][0] != '\0' ? names[nr] : "unknown";

	(void)signo;
	(void)context;
	for (unsigned n = nr; d > 0 && (n > 0 || d == sizeof(digits)); n /= 10)
		digits[--d] = (char)('0' + n % 10);
	for (; d < sizeof(digits); d++)
		line[at++] = digits[d];
	line[at++] = ' ';
	for (; *name != '\0'; name++)
		line[at++] = *name;
	line[at++] = '\n';
	if (write(STDERR_FILENO, line, at) == -1)
		_exit(SANDBOX_EXIT_REFUSED + 1);
	_exit(SANDBOX_EXIT_REFUSED);
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

/* Each word of list as a rule.  A call unknown to this libseccomp stays refused. */
static int
add_list(scmp_filter_ctx f, uint32_t action, const char *list)
{
	char word[40];

	while (*list != '\0') {
		size_t n = strcspn(list, " ");
		int nr, r;

		snprintf(word, sizeof(word), "%.*s", (int)n, list);
		list += n + strspn(list + n, " ");
		if ((nr = seccomp_syscall_resolve_name(word)) == __NR_SCMP_ERROR)
			continue;
		if ((r = seccomp_rule_add(f, action, nr, 0)) < 0 && r != -EDOM) {
			errno = -r;
			return -1;
		}
	}
	return 0;
}

static int
add_conditions(scmp_filter_ctx f, enum sandbox_role role)
{
	struct scmp_arg_cmp self = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
	int r = 0;

	for (size_t i = 0; i < sizeof(CONDITIONS) / sizeof(CONDITIONS[0]) && r == 0;
	     i++) {
		const struct condition *c = &CONDITIONS[i];

		if ((c->roles & 1u << role) != 0)
			r = seccomp_rule_add_array(
			    f, c->action, c->call, 1, &c->when);
	}
	/* abort() and raise(): signals to itself only */
	if (r == 0)
		r = seccomp_rule_add_array(
		    f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
	errno = -r;
	return r == 0 ? 0 : -1;
}

static scmp_filter_ctx
filter_new(enum sandbox_role role)
{
	const unsigned bit = 1u << role;
	scmp_filter_ctx f =
	    seccomp_init(role == SANDBOX_PARENT ? SCMP_ACT_ALLOW : SCMP_ACT_TRAP);

	if (f == NULL)
		return NULL;
	if (seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) != 0)
		goto fail;
	for (size_t i = 0; i < sizeof(ALLOWED) / sizeof(ALLOWED[0]); i++)
		if ((ALLOWED[i].roles & bit) != 0 &&
		    add_list(f, SCMP_ACT_ALLOW, ALLOWED[i].calls) == -1)
			goto fail;
	for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++)
		if ((REFUSED[i].roles & bit) != 0 &&
		    add_list(f, SCMP_ACT_ERRNO((uint16_t)REFUSED[i].error),
			REFUSED[i].calls) == -1)
			goto fail;
	if (role != SANDBOX_PARENT && add_conditions(f, role) == -1)
		goto fail;
	return f;
fail:
	seccomp_release(f);
	return NULL;
}

static int
load_filter(enum sandbox_role role)
{
	struct sigaction sa = {.sa_sigaction = on_refused, .sa_flags = SA_SIGINFO};
	scmp_filter_ctx f = filter_new(role);
	int r;

	if (f == NULL)
		return -1;
	if (role != SANDBOX_PARENT) {
		names_fill();
		if (sigaction(SIGSYS, &sa, NULL) == -1)
			goto fail;
	}
	r = seccomp_load(f);
	seccomp_release(f);
	if (r != 0)
		errno = -r;
	return r == 0 ? 0 : -1;
fail:
	seccomp_release(f);
	return -1;
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
	if (load_filter(role) == -1)
		return fail(error, size,
		    "cannot load the system call filter: %s; the kernel "
		    "needs CONFIG_SECCOMP_FILTER",
		    strerror(errno));
	return 0;
}
