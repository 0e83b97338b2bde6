/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The system calls of each role, as tables.
 *
 * The children's filters are lists of what is allowed.  The parent's is a list of
 * what is refused, because a filter is inherited across exec: the start-up calls
 * of every child's libraries would have to be on it.
 */
#include "agent/sandbox_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Who may call it. */
#define SENSOR	  (1u << SANDBOX_SENSOR)
#define SCANNER	  (1u << SANDBOX_SCANNER)
#define FORWARDER (1u << SANDBOX_FORWARDER)
#define LOADER	  (1u << SANDBOX_LOADER)
#define CHILDREN  (SENSOR | SCANNER | FORWARDER | LOADER)

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
    {SENSOR | LOADER, "mmap mprotect"},
    /* Files of rules, where they are not of a bundle; open() itself is below. */
    {LOADER, "access faccessat faccessat2 stat lstat readlink getdents64"},
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
    {LOADER, EACCES, "socket getcwd readlinkat"},
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
    /* For reading only. */
    {LOADER, SCMP_ACT_ALLOW, SCMP_SYS(open), BITS(1, O_ACCMODE | O_CREAT, 0)},
    {LOADER, SCMP_ACT_ALLOW, SCMP_SYS(openat), BITS(2, O_ACCMODE | O_CREAT, 0)},
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

/* --- the filter ---------------------------------------------------------------- */

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

int
sandbox_filter_load(enum sandbox_role role)
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
