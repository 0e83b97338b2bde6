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
	const char *given[LINK_COLLECTORS_MAX];	     /* as configured; kept */
	size_t urls_n;		     /* 0: none is known now, nothing can be sent */
	char collector[KEYFILE_Z85]; /* its public key */
	struct keyfile own;
};

/* A new key pair.  -1 with errno. */
int link_make_key(struct keyfile *k);
/*
 * "tcp://HOST:PORT" to the same with a numeric address, which the sandbox needs.
 * -1 with error filled; errno EINVAL: no such form; EAGAIN: the name has no
 * address, for now.
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

/* How far the connection came. */
enum link_state {
	LINK_NOBODY, /* nothing answers at the address */
	LINK_UNPROVED, /* it answers, but has not proved to hold the collector's key */
	LINK_UNKNOWN, /* it has, and does not know our key */
	LINK_PROVED,
};

enum link_state link_state(const struct link *l);
/* The collector that is tried or connected, as configured. */
const char *link_url(const struct link *l);
/* Our public key. */
const char *link_own_key(const struct link *l);

/* Was the connection lost since the last call?  ZeroMQ makes another by itself. */
bool link_lost(struct link *l);

/* 0 handed over; -1 with EAGAIN while there is no connection or no room. */
int link_send(struct link *l, const struct buf *message);
/* 1: *message is on loan until the next call; 0: none now. */
int link_recv(struct link *l, struct span *message);

#endif
