/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The HTTP server: loopback TCP and a Unix socket, limits first.  It knows no
 * address and no role; routes.c does.  libmicrohttpd is met only in http.c and
 * http_request.c.
 */
#ifndef COLLECTOR_WEB_HTTP_H
#define COLLECTOR_WEB_HTTP_H

#include "common/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct http;
struct http_request;

struct http_options {
	const char *listen;	 /* "127.0.0.1:7780"; port 0: any free one */
	const char *socket_path; /* made with mode 0600; NULL: none */
	/* Called once a request, its body complete.  Must answer, defer or stream
	 * it. */
	void (*handle)(void *arg, struct http_request *r);
	void *arg;
};

/* NULL with error filled.  Only loopback addresses are accepted. */
struct http *http_open(
    struct loop *loop, const struct http_options *o, char *error, size_t size);
/* Ends every connection, then frees. */
void http_close(struct http *h);
/* "127.0.0.1:7780" with the port that was really taken. */
const char *http_address(const struct http *h);

/* --- a request; all texts are on loan until it is answered ---------------------
 */

const char *http_method(const struct http_request *r);
const char *http_path(const struct http_request *r);
/* NULL when absent. */
const char *http_header(const struct http_request *r, const char *name);
const char *http_query(const struct http_request *r, const char *name);
const char *http_cookie(const struct http_request *r, const char *name);
const char *http_body(const struct http_request *r, size_t *len);
/* Did it come over the Unix socket?  Then uid is its peer's. */
bool http_is_local(const struct http_request *r, uid_t *uid);

/* --- its answer -------------------------------------------------------------- */

/* A header of the answer to come; at most eight, name is a literal, value is
 * copied. */
void http_set_header(struct http_request *r, const char *name, const char *value);
/* Answer now, or later when it was deferred.  body is copied. */
void http_answer(struct http_request *r, unsigned status, const char *type,
    const void *body, size_t len);
/* The answer comes later; on_gone is told if the server closes before that. */
void http_defer(struct http_request *r, void (*on_gone)(void *arg), void *arg);

/* A body without an end: bytes into to; 0: none now, wait for http_wake(); -1: end.
 */
typedef ssize_t http_fill_fn(void *arg, char *to, size_t max);
/* on_gone is called once, when the client left or the stream ended. */
void http_stream(struct http_request *r, const char *type, http_fill_fn *fill,
    void (*on_gone)(void *arg), void *arg);
/* The stream has bytes again. */
void http_wake(struct http_request *r);

#endif
