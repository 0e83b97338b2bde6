/* SPDX-License-Identifier: EUPL-1.2 */
/* The forwarder's one connection: a ZeroMQ DEALER under CURVE.  ZeroMQ is met here
 * only. */
#ifndef AGENT_FORWARD_LINK_H
#define AGENT_FORWARD_LINK_H

#include "common/buf.h"
#include "common/cursor.h"
#include "common/keyfile.h"

#include <stdbool.h>
#include <stddef.h>

#define LINK_URL_MAX	    128
#define LINK_COLLECTORS_MAX 8

struct link;

struct link_options {
	char url[LINK_COLLECTORS_MAX][LINK_URL_MAX]; /* resolved; tried in turn */
	size_t urls_n;
	char collector[KEYFILE_Z85]; /* its public key */
	struct keyfile own;
};

/* A new key pair.  -1 with errno. */
int link_make_key(struct keyfile *k);
/*
 * "tcp://HOST:PORT" to the same with a numeric address, which the sandbox needs.
 * -1 with error filled.
 */
int link_resolve(const char *url, char out[LINK_URL_MAX], char *error, size_t size);

/* Starts a thread.  The options are copied.  NULL with errno. */
struct link *link_new(const struct link_options *o);
void link_free(struct link *l);

/*
 * Connect to the next collector, dropping the connection there is and what it
 * holds.  -1 with errno.  link_fd() is another one afterwards.
 */
int link_connect(struct link *l);
/* Readable when something changed; then call link_recv() until it gives 0. */
int link_fd(const struct link *l);

/* Was the connection lost since the last call?  ZeroMQ makes another by itself. */
bool link_lost(struct link *l);

/* 0 handed over; -1 with EAGAIN while there is no connection or no room. */
int link_send(struct link *l, const struct buf *message);
/* 1: *message is on loan until the next call; 0: none now. */
int link_recv(struct link *l, struct span *message);

#endif
