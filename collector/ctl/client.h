/* SPDX-License-Identifier: EUPL-1.2 */
/* The collector's API over its local socket.  libcurl is met only in client.c. */
#ifndef COLLECTOR_CTL_CLIENT_H
#define COLLECTOR_CTL_CLIENT_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_ERROR_MAX 400

struct client;

/* socket_path is on loan.  NULL with errno. */
struct client *client_new(const char *socket_path);
void client_free(struct client *c);

/*
 * One request; body NULL makes it a GET.  The answer goes to out.  -1 with
 * client_error(): no connection, or an answer that is not 2xx (its error and
 * remedy).
 */
int client_call(
    struct client *c, const char *path, const char *body, struct buf *out);

/*
 * Read a stream until it ends, bytes to fn as they come; fn returns false to stop.
 * last_id >= 0 goes along as Last-Event-ID.  0 it ended or was cut, -1 it was
 * refused; client_error() says why.  client_reached() says whether any byte came.
 */
int client_stream(struct client *c, const char *path, int64_t last_id,
    bool (*fn)(void *arg, const char *p, size_t len), void *arg);
bool client_reached(const struct client *c);

const char *client_error(const struct client *c);

/* Append "name=value" to a path, with "?" or "&" and escapes; value NULL: nothing.
 */
int client_add_query(struct buf *path, const char *name, const char *value);

#endif
