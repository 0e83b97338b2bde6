/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/ipc.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define IPC_MAGIC 0x5357u /* "WS": not one of our peers otherwise */

struct ipc_header {
	uint16_t magic;
	uint16_t type;
	uint32_t len; /* of the body */
};

static_assert(sizeof(struct ipc_header) == 8, "no padding on the wire");

int
ipc_pair(int fds[2], size_t bytes)
{
	int size = bytes > INT32_MAX ? INT32_MAX : (int)bytes;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		fds) == -1)
		return -1;
	for (int i = 0; i < 2; i++) {
		/* FORCE needs a capability; without it the system's maximum holds
		 */
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size,
			sizeof(size)) == -1)
			setsockopt(
			    fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	}
	return 0;
}

static void
put_fd(struct msghdr *mh, void *space, size_t size, int fd)
{
	struct cmsghdr *c;

	memset(space, 0, size);
	mh->msg_control = space;
	mh->msg_controllen = size;
	c = CMSG_FIRSTHDR(mh);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
}

int
ipc_send(int sock, uint16_t type, const void *body, size_t len, int fd)
{
	struct ipc_header h = {
	    .magic = IPC_MAGIC, .type = type, .len = (uint32_t)len};
	struct iovec iov[2] = {
	    {.iov_base = &h, .iov_len = sizeof(h)},
	    {.iov_base = (void *)(uintptr_t)body, .iov_len = len},
	};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = len > 0 ? 2 : 1};
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	ssize_t n;

	if (len > IPC_MESSAGE_MAX - sizeof(h)) {
		errno = EMSGSIZE;
		return -1;
	}
	if (fd != -1)
		put_fd(&mh, u.space, sizeof(u.space), fd);
	do
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

/* The descriptor that came along; more than one is not ours, and all are closed. */
static int
get_fd(struct msghdr *mh, int *fd)
{
	int n = 0, got;

	*fd = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL;
	     c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len;
		     at += sizeof(int)) {
			memcpy(&got, CMSG_DATA(c) + at, sizeof(int));
			if (n++ == 0)
				*fd = got;
			else
				close(got);
		}
	}
	if (n <= 1 && !(mh->msg_flags & MSG_CTRUNC))
		return 0;
	if (*fd != -1)
		close(*fd);
	*fd = -1;
	return -1;
}

int
ipc_peer_gone(int sock)
{
	struct pollfd p = {.fd = sock, .events = POLLRDHUP};

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLRDHUP)) != 0;
}

int
ipc_recv(int sock, void *buffer, struct ipc_message *m)
{
	struct iovec iov = {.iov_base = buffer, .iov_len = IPC_MESSAGE_MAX};
	union {
		char space[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} u;
	struct msghdr mh = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = u.space,
	    .msg_controllen = sizeof(u.space)};
	struct ipc_header h;
	ssize_t n;

	do
		n = recvmsg(sock, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == ECONNRESET)
		return 0;
	if (n == -1)
		return -1;
	/* An empty datagram may carry descriptors too. */
	if (get_fd(&mh, &m->fd) == -1)
		goto bad;
	if (n == 0 && m->fd == -1 && ipc_peer_gone(sock))
		return 0;
	if (n < (ssize_t)sizeof(h) || (mh.msg_flags & MSG_TRUNC))
		goto bad;
	memcpy(&h, buffer, sizeof(h));
	if (h.magic != IPC_MAGIC || h.len != (size_t)n - sizeof(h))
		goto bad;
	m->type = h.type;
	m->body = (const uint8_t *)buffer + sizeof(h);
	m->len = h.len;
	return 1;

bad:
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
	errno = EBADMSG;
	return -1;
}
