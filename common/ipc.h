/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Typed messages, with descriptors, between the processes of one host, over a
 * SOCK_SEQPACKET pair: one message is one datagram, so half a message cannot
 * exist.  A peer is never trusted to be well-formed: a bad message is an error
 * value, and the caller drops that peer.
 */
#ifndef COMMON_IPC_H
#define COMMON_IPC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One datagram: header and body. */
#define IPC_MESSAGE_MAX (64 * 1024)

struct ipc_message {
	uint16_t type;
	const uint8_t *body; /* inside the buffer given to ipc_recv() */
	size_t len;
	int fd; /* a descriptor that came along, close-on-exec; or -1 */
};

/* A non-blocking, close-on-exec pair whose buffers hold about bytes.  -1 with
 * errno. */
int ipc_pair(int fds[2], size_t bytes);

/*
 * Send one message; fd -1 for none.  -1 with errno: EAGAIN when the queue is
 * full, EMSGSIZE when it is over IPC_MESSAGE_MAX, EPIPE when the peer is gone.
 */
int ipc_send(int sock, uint16_t type, const void *body, size_t len, int fd);

/*
 * Receive one message into buffer (IPC_MESSAGE_MAX bytes).  1: a message; 0:
 * the peer closed; -1 with errno (EAGAIN: none now; EBADMSG: not one of ours).
 */
int ipc_recv(int sock, void *buffer, struct ipc_message *m);

/* Did the other end close?  Reading 0 bytes alone may be an empty datagram. */
int ipc_peer_gone(int sock);

#endif
