/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a role may no longer do once its sandbox is closed.  Each test enters the
 * sandbox in a child of its own and looks at what the child could do.
 */
#include "agent/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PASSED 42

static char said[4096]; /* standard error of the last child */
static char empty[] = "/tmp/test_sandbox.XXXXXX";

/* The child's exit status; 128 + signal when one ended it. */
static int
in_child(int (*fn)(void))
{
	int fds[2], status;
	size_t n = 0;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	assert_true((pid = fork()) != -1);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		_exit(fn());
	}
	close(fds[1]);
	for (ssize_t r; (r = read(fds[0], said + n, sizeof(said) - 1 - n)) > 0;)
		n += (size_t)r;
	said[n] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int
enter(enum sandbox_role role)
{
	struct sandbox s = {.root = empty};
	char error[200];

	if (sandbox_enter(role, &s, error, sizeof(error)) == 0)
		return 0;
	fprintf(stderr, "%s\n", error);
	return -1;
}

static int
read_status(enum sandbox_role role)
{
	int fd = open("/proc/self/status", O_RDONLY);
	char text[8192];
	ssize_t n;

	if (fd == -1 || enter(role) == -1 ||
	    (n = read(fd, text, sizeof(text) - 1)) <= 0)
		return 1;
	text[n] = '\0';
	if (strstr(text, "CapEff:\t0000000000000000") == NULL ||
	    strstr(text, "CapPrm:\t0000000000000000") == NULL ||
	    strstr(text, "CapAmb:\t0000000000000000") == NULL ||
	    strstr(text, "NoNewPrivs:\t1") == NULL ||
	    strstr(text, "Seccomp:\t2") == NULL)
		return 2;
	if (getuid() == 0 && strstr(text, "CapBnd:\t0000000000000000") == NULL)
		return 3;
	return PASSED;
}

static int
status_of_sensor(void)
{
	return read_status(SANDBOX_SENSOR);
}

static int
status_of_scanner(void)
{
	return read_status(SANDBOX_SCANNER);
}

static int
status_of_forwarder(void)
{
	return read_status(SANDBOX_FORWARDER);
}

static int
status_of_loader(void)
{
	return read_status(SANDBOX_LOADER);
}

static void
test_children_keep_no_privilege(void **state)
{
	(void)state;
	assert_int_equal(in_child(status_of_sensor), PASSED);
	assert_int_equal(in_child(status_of_scanner), PASSED);
	assert_int_equal(in_child(status_of_forwarder), PASSED);
	assert_int_equal(in_child(status_of_loader), PASSED);
}

static int
open_in_sensor(void)
{
	if (enter(SANDBOX_SENSOR) == -1)
		return 1;
	if (open("/etc/passwd", O_RDONLY) != -1 || errno != EACCES)
		return 2;
	if (socket(AF_INET, SOCK_STREAM, 0) != -1 || errno != EACCES)
		return 3;
	return PASSED;
}

static int
open_in_forwarder(void)
{
	int fd;

	if (enter(SANDBOX_FORWARDER) == -1)
		return 1;
	/* The root is the empty folder now; an ordinary user keeps the old one. */
	if (getuid() == 0 && open("/etc/passwd", O_RDONLY) != -1)
		return 2;
	if ((fd = open(getuid() == 0 ? "/new" : empty, O_CREAT | O_RDWR, 0600)) ==
		-1 &&
	    getuid() == 0)
		return 3;
	if (getuid() == 0 && (write(fd, "x", 1) != 1 || unlink("/new") == -1))
		return 4;
	if (socket(AF_INET, SOCK_STREAM, 0) == -1)
		return 5;
	return PASSED;
}

/* Files of rules are read, with the root kept; nothing is written or sent. */
static int
open_in_loader(void)
{
	const struct sandbox keeps = {.root = NULL};
	char error[200];

	if (sandbox_enter(SANDBOX_LOADER, &keeps, error, sizeof(error)) == -1)
		return 1;
	if (open("/etc/passwd", O_RDONLY) == -1)
		return 2;
	if (socket(AF_INET, SOCK_STREAM, 0) != -1 || errno != EACCES)
		return 3;
	return PASSED;
}

static int
write_in_loader(void)
{
	const struct sandbox keeps = {.root = NULL};
	char error[200];

	if (sandbox_enter(SANDBOX_LOADER, &keeps, error, sizeof(error)) == -1)
		return 1;
	open(empty, O_CREAT | O_WRONLY, 0600);
	return 2;
}

static void
test_files_and_network(void **state)
{
	(void)state;
	assert_int_equal(in_child(open_in_sensor), PASSED);
	assert_int_equal(in_child(open_in_forwarder), PASSED);
	assert_int_equal(in_child(open_in_loader), PASSED);
	assert_int_equal(in_child(write_in_loader), SANDBOX_EXIT_REFUSED);
}

static int
exec_in_scanner(void)
{
	if (enter(SANDBOX_SCANNER) == -1)
		return 1;
	execl("/bin/true", "true", (char *)NULL);
	return 2;
}

static int
packet_socket_in_forwarder(void)
{
	if (enter(SANDBOX_FORWARDER) == -1)
		return 1;
	socket(AF_PACKET, SOCK_RAW, 0);
	return 2;
}

static void
test_refused_call_is_named(void **state)
{
	(void)state;
	assert_int_equal(in_child(exec_in_scanner), SANDBOX_EXIT_REFUSED);
	assert_non_null(strstr(said, " execve\n"));
	assert_int_equal(
	    in_child(packet_socket_in_forwarder), SANDBOX_EXIT_REFUSED);
	assert_non_null(strstr(said, " socket\n"));
}

static int
map_executable(enum sandbox_role role)
{
	void *p;

	if (enter(role) == -1)
		return 1;
	p = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 2;
	return mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? PASSED : 3;
}

static int
map_in_sensor(void)
{
	return map_executable(SANDBOX_SENSOR);
}

static int
map_in_scanner(void)
{
	return map_executable(SANDBOX_SCANNER);
}

static int
map_in_forwarder(void)
{
	return map_executable(SANDBOX_FORWARDER);
}

static void
test_executable_memory_in_the_sensor_alone(void **state)
{
	(void)state;
	assert_int_equal(in_child(map_in_sensor), PASSED);
	assert_int_equal(in_child(map_in_scanner), SANDBOX_EXIT_REFUSED);
	assert_non_null(strstr(said, " mprotect\n"));
	assert_int_equal(in_child(map_in_forwarder), SANDBOX_EXIT_REFUSED);
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
thread_in(enum sandbox_role role)
{
	pthread_t t;

	if (enter(role) == -1)
		return 1;
	if (pthread_create(&t, NULL, nothing, NULL) != 0)
		return 2;
	return pthread_join(t, NULL) == 0 ? PASSED : 3;
}

static int
thread_in_forwarder(void)
{
	return thread_in(SANDBOX_FORWARDER);
}

static int
thread_in_scanner(void)
{
	return thread_in(SANDBOX_SCANNER);
}

static int
fork_in_forwarder(void)
{
	if (enter(SANDBOX_FORWARDER) == -1)
		return 1;
	return fork() == 0 ? 2 : 3;
}

static void
test_threads_in_the_forwarder_alone(void **state)
{
	(void)state;
	assert_int_equal(in_child(thread_in_forwarder), PASSED);
	assert_int_equal(in_child(thread_in_scanner), SANDBOX_EXIT_REFUSED);
	assert_int_equal(in_child(fork_in_forwarder), SANDBOX_EXIT_REFUSED);
}

static int
abort_in_scanner(void)
{
	if (enter(SANDBOX_SCANNER) == -1)
		return 1;
	abort();
}

static void
test_abort_still_ends_it(void **state)
{
	(void)state;
	assert_int_equal(in_child(abort_in_scanner), 128 + 6);
}

static int
limits_in_sensor(void)
{
	struct rlimit core;

	if (enter(SANDBOX_SENSOR) == -1 || getrlimit(RLIMIT_CORE, &core) == -1)
		return 1;
	return core.rlim_max == 0 ? PASSED : 2;
}

static int
no_root_folder(void)
{
	struct sandbox s = {.root = "/nonexistent/root"};
	char error[200];

	if (getuid() != 0)
		return PASSED;
	if (sandbox_enter(SANDBOX_SENSOR, &s, error, sizeof(error)) == 0)
		return 1;
	return strstr(error, "/nonexistent/root") != NULL ? PASSED : 2;
}

static void
test_limits_and_a_missing_root(void **state)
{
	(void)state;
	assert_int_equal(in_child(limits_in_sensor), PASSED);
	assert_int_equal(in_child(no_root_folder), PASSED);
}

/* Its queue goes on to its successor: it must not end or shrink it. */
static int
spoil_queue(enum sandbox_role role)
{
	int fds[2], size = 1;
	socklen_t len = sizeof(size);

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == -1 || enter(role) == -1)
		return 1;
	if (shutdown(fds[0], SHUT_RDWR) != -1 || errno != EPERM)
		return 2;
	if (setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, len) != -1 ||
	    errno != EPERM)
		return 3;
	return send(fds[0], "x", 1, 0) == 1 ? PASSED : 4;
}

static int
spoil_in_sensor(void)
{
	return spoil_queue(SANDBOX_SENSOR);
}

static int
spoil_in_scanner(void)
{
	return spoil_queue(SANDBOX_SCANNER);
}

static void
test_queue_outlives_its_writer(void **state)
{
	(void)state;
	assert_int_equal(in_child(spoil_in_sensor), PASSED);
	assert_int_equal(in_child(spoil_in_scanner), PASSED);
}

static void *
wait_for_end(void *arg)
{
	pause();
	return arg;
}

static int
enter_with_threads(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, wait_for_end, NULL) != 0)
		return 1;
	/* A thread would keep root's capabilities; an ordinary user has none. */
	return (enter(SANDBOX_FORWARDER) == -1) == (getuid() == 0) ? PASSED : 2;
}

static void
test_threads_with_capabilities_are_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(enter_with_threads), PASSED);
}

static int
parent_works_on(void)
{
	struct sandbox s = {0};
	char error[200];
	int status;
	pid_t pid;

	if (sandbox_enter(SANDBOX_PARENT, &s, error, sizeof(error)) == -1)
		return 1;
	if (unshare(CLONE_NEWNS) != -1 || errno != EPERM)
		return 2;
	if ((pid = fork()) == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return 3;
	return PASSED;
}

static void
test_parent_can_start_children(void **state)
{
	(void)state;
	assert_int_equal(in_child(parent_works_on), PASSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_children_keep_no_privilege),
	    cmocka_unit_test(test_files_and_network),
	    cmocka_unit_test(test_refused_call_is_named),
	    cmocka_unit_test(test_executable_memory_in_the_sensor_alone),
	    cmocka_unit_test(test_threads_in_the_forwarder_alone),
	    cmocka_unit_test(test_abort_still_ends_it),
	    cmocka_unit_test(test_limits_and_a_missing_root),
	    cmocka_unit_test(test_queue_outlives_its_writer),
	    cmocka_unit_test(test_threads_with_capabilities_are_refused),
	    cmocka_unit_test(test_parent_can_start_children),
	};
	int failed;

	if (mkdtemp(empty) == NULL || chmod(empty, 0755) == -1)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(empty);
	return failed;
}
