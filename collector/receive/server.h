/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where agents connect: a ZeroMQ ROUTER under CURVE, with ZAP (RFC 27) asking which
 * agent a key belongs to.  ZeroMQ is met here only.
 */
#ifndef COLLECTOR_RECEIVE_SERVER_H
#define COLLECTOR_RECEIVE_SERVER_H

#include "common/buf.h"
#include "common/cursor.h"
#include "common/keyfile.h"

#include <stddef.h>

struct server;

/* The name of the agent that may connect with this key; NULL: refused. */
typedef const char *server_allow_fn(void *arg, const char *key);

/* NULL with error filled. */
struct server *server_open(const char *listen, const struct keyfile *key,
    server_allow_fn *allow, void *arg, char *error, size_t size);
void server_close(struct server *s);

/* Readable when something changed; then call server_recv() until it gives 0. */
void server_fds(const struct server *s, int fds[2]);

struct server_message {
	struct span peer;  /* the connection, for server_send() */
	const char *agent; /* as ZAP found it */
	struct span body;
};
/* Also answers who may connect.  1: *m is on loan until the next call; 0: none now.
 */
int server_recv(struct server *s, struct server_message *m);
/* -1 with errno when that connection is gone or slow: it asks again. */
int server_send(struct server *s, struct span peer, const struct buf *message);

/* A new key pair.  -1 with errno. */
int server_make_key(struct keyfile *k);

#endif
