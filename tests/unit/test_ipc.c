/* SPDX-License-Identifier: EUPL-1.2 */
/* Messages between processes: whole, typed, and harmless when they are not ours. */
#include "common/ipc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int pair[2];
static uint8_t buffer[IPC_MESSAGE_MAX];

static int
make_pair(void **state)
{
	(void)state;
	return ipc_pair(pair, 1 << 20);
}

static int
close_pair(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void
test_message_and_descriptor(void **state)
{
	int fd = open("/dev/zero", O_RDONLY);
	struct ipc_message m;
	char c = 'x';

	(void)state;
	assert_int_equal(ipc_send(pair[0], 7, "hello", 5, fd), 0);
	close(fd);
	assert_int_equal(ipc_recv(pair[1], buffer, &m), 1);
	assert_int_equal(m.type, 7);
	assert_int_equal(m.len, 5);
	assert_memory_equal(m.body, "hello", 5);
	assert_int_equal(read(m.fd, &c, 1), 1);
	assert_int_equal(c, 0);
	assert_true(fcntl(m.fd, F_GETFD) & FD_CLOEXEC);
	close(m.fd);
}

static void
test_empty_and_largest(void **state)
{
	static uint8_t big[IPC_MESSAGE_MAX];
	struct ipc_message m;

	(void)state;
	assert_int_equal(ipc_send(pair[0], 1, NULL, 0, -1), 0);
	assert_int_equal(ipc_recv(pair[1], buffer, &m), 1);
	assert_int_equal(m.len, 0);
	assert_int_equal(m.fd, -1);
	assert_int_equal(ipc_send(pair[0], 1, big, sizeof(big) - 8, -1), 0);
	assert_int_equal(ipc_recv(pair[1], buffer, &m), 1);
	assert_int_equal(m.len, sizeof(big) - 8);
	assert_int_equal(ipc_send(pair[0], 1, big, sizeof(big) - 7, -1), -1);
	assert_int_equal(errno, EMSGSIZE);
}

static void
test_not_one_of_ours(void **state)
{
	static const char *const BAD[] = {"x", "WS1",
	    "WS\x01\x01\x05\x01\x01\x01xxxx", "XX\x01\x01\x04\x01\x01\x01xxxx"};
	struct ipc_message m;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		assert_true(send(pair[0], BAD[i], strlen(BAD[i]), 0) > 0);
		errno = 0;
		assert_int_equal(ipc_recv(pair[1], buffer, &m), -1);
		assert_int_equal(errno, EBADMSG);
	}
	assert_int_equal(ipc_recv(pair[1], buffer, &m), -1);
	assert_int_equal(errno, EAGAIN);
}

/* Descriptors that came with a message that is none: the peer must not be able to
 * fill our table with them. */
static void
test_bad_message_keeps_no_descriptor(void **state)
{
	static const size_t LENGTHS[] = {0, 1, 8};
	union {
		char space[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} u;
	struct ipc_message m;
	int probe = dup(pair[0]), fds[3] = {pair[0], pair[1], pair[0]};

	(void)state;
	close(probe);
	for (size_t i = 0; i < 2 * sizeof(LENGTHS) / sizeof(LENGTHS[0]); i++) {
		struct iovec iov = {(void *)(uintptr_t) "xxxxxxxx", LENGTHS[i / 2]};
		struct msghdr mh = {.msg_iov = &iov,
		    .msg_iovlen = 1,
		    .msg_control = u.space,
		    .msg_controllen = CMSG_SPACE((1 + 2 * (i % 2)) * sizeof(int))};
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

		memset(&u, 0, sizeof(u));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN((1 + 2 * (i % 2)) * sizeof(int));
		memcpy(CMSG_DATA(c), fds, (1 + 2 * (i % 2)) * sizeof(int));
		assert_int_equal(sendmsg(pair[0], &mh, 0), LENGTHS[i / 2]);
		assert_int_equal(ipc_recv(pair[1], buffer, &m), -1);
		assert_int_equal(errno, EBADMSG);
		assert_int_equal(fcntl(probe, F_GETFD), -1);
	}
}

static void
test_full_queue_and_gone_peer(void **state)
{
	static uint8_t body[4096];
	struct ipc_message m;
	int sent = 0, got = 0;

	(void)state;
	while (ipc_send(pair[0], 1, body, sizeof(body), -1) == 0)
		sent++;
	assert_int_equal(errno, EAGAIN);
	assert_true(sent > 10);
	close(pair[0]);
	while (ipc_recv(pair[1], buffer, &m) == 1)
		got++;
	assert_int_equal(got, sent);
	assert_int_equal(ipc_recv(pair[1], buffer, &m), 0);
	assert_int_equal(ipc_send(pair[1], 1, NULL, 0, -1), -1);
	assert_int_equal(errno, EPIPE);
	pair[0] = dup(pair[1]);
}

int
main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, make_pair, close_pair)
	const struct CMUnitTest tests[] = {
	    T(test_message_and_descriptor),
	    T(test_empty_and_largest),
	    T(test_not_one_of_ours),
	    T(test_bad_message_keeps_no_descriptor),
	    T(test_full_queue_and_gone_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
