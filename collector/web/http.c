/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The HTTP server, on libmicrohttpd (met only here), run by the program's own
 * loop: no threads, hence no locks.  RFC 9110, RFC 9112.
 */
#include "collector/web/http.h"

#include "collector/limits.h"
#include "collector/web/http_listen.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/list.h"
#include "common/str.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADERS_MAX 8
#define LISTENERS   2

struct listener {
	struct http *http;
	struct MHD_Daemon *daemon;
	int epoll_fd;
	bool local;
	struct loop_timer *timer;
	bool kicked; /* the timer is set to now */
};

struct http {
	struct loop *loop;
	void (*handle)(void *arg, struct http_request *r);
	void *arg;
	struct listener listeners[LISTENERS];
	char address[80];
	char *socket_path;
	struct list requests;
	struct list peers;
	struct loop_timer *deadlines;
	bool closing;
};

/* A connection.  The library counts idle time only: a drip now and then resets it. */
struct peer {
	struct list link;
	int fd;
	int64_t since_us; /* it has not asked anything whole yet */
	bool asked;	  /* a whole request, which is not answered yet */
};

enum request_state {
	REQUEST_BODY,
	REQUEST_HANDLING,
	REQUEST_DEFERRED,
	REQUEST_DONE
};

struct http_request {
	struct list link;
	struct listener *listener;
	struct MHD_Connection *connection;
	const char *method, *path;
	enum request_state state;
	bool too_large;
	bool suspended;
	struct buf body;
	struct MHD_Response *response;
	unsigned status;
	size_t headers_n;
	struct {
		const char *name;
		char *value;
	} headers[HEADERS_MAX];
	http_fill_fn *fill;
	void (*on_gone)(void *arg);
	void *gone_arg;
};

/* --- what every answer carries ------------------------------------------------ */

/*
 * No inline script or style, nothing from elsewhere, in no one's frame: an alert
 * shows text that attackers chose, so a mistake in escaping must not become a
 * script.
 */
static const struct {
	const char *name, *value;
} security_headers[] = {
    {"Content-Security-Policy",
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
	"frame-ancestors 'none'; require-trusted-types-for 'script'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
    {"Cache-Control", "no-store"},
};

static void
add_headers(struct http_request *r, struct MHD_Response *response)
{
	size_t i;

	for (i = 0; i < sizeof(security_headers) / sizeof(*security_headers); i++)
		(void)MHD_add_response_header(
		    response, security_headers[i].name, security_headers[i].value);
	for (i = 0; i < r->headers_n; i++)
		if (r->headers[i].value != NULL)
			(void)MHD_add_response_header(
			    response, r->headers[i].name, r->headers[i].value);
}

/* --- requests ------------------------------------------------------------------
 */

const char *
http_method(const struct http_request *r)
{
	return r->method;
}

const char *
http_path(const struct http_request *r)
{
	return r->path;
}

const char *
http_header(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

const char *
http_query(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(
	    r->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *
http_cookie(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_COOKIE_KIND, name);
}

const char *
http_body(const struct http_request *r, size_t *len)
{
	*len = r->body.len;
	return (const char *)r->body.data;
}

bool
http_is_local(const struct http_request *r, uid_t *uid)
{
	const union MHD_ConnectionInfo *info;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (!r->listener->local)
		return false;
	info = MHD_get_connection_info(
	    r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info == NULL ||
	    getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) ==
		-1)
		return false;
	*uid = cred.uid;
	return true;
}

void
http_set_header(struct http_request *r, const char *name, const char *value)
{
	assert(r->headers_n < HEADERS_MAX);
	r->headers[r->headers_n].name = name;
	r->headers[r->headers_n++].value = strdup(value);
}

static void on_timer(void *arg);

/* A resumed connection moves on at the next turn of the loop. */
static void
resume(struct http_request *r)
{
	struct listener *l = r->listener;

	r->suspended = false;
	MHD_resume_connection(r->connection);
	if (l->kicked)
		return;
	if (l->timer != NULL)
		loop_timer_cancel(l->http->loop, l->timer);
	l->timer = loop_timer(l->http->loop, 0, 0, on_timer, l);
	l->kicked = l->timer != NULL;
}

/* Hand the answer to the library: at once, or by way of resuming. */
static void
set_response(struct http_request *r, unsigned status, const char *type,
    struct MHD_Response *response)
{
	assert(r->response == NULL);
	if (response == NULL)
		return;
	if (type != NULL)
		(void)MHD_add_response_header(
		    response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	add_headers(r, response);
	r->response = response;
	r->status = status;
	r->state = REQUEST_DONE;
	if (r->suspended) {
		r->on_gone = NULL;
		resume(r);
	}
}

void
http_answer(struct http_request *r, unsigned status, const char *type,
    const void *body, size_t len)
{
	/* The library copies; its argument merely lacks the const. */
	set_response(r, status, type,
	    MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY));
}

void
http_defer(struct http_request *r, void (*on_gone)(void *arg), void *arg)
{
	r->state = REQUEST_DEFERRED;
	r->on_gone = on_gone;
	r->gone_arg = arg;
}

/* --- streams -------------------------------------------------------------------
 */

static ssize_t
stream_read(void *cls, uint64_t pos, char *to, size_t max)
{
	struct http_request *r = cls;
	ssize_t n;

	(void)pos;
	if (r->listener->http->closing)
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = r->fill(r->gone_arg, to, max);
	if (n < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0) {
		r->suspended = true;
		MHD_suspend_connection(r->connection);
	}
	return n;
}

void
http_stream(struct http_request *r, const char *type, http_fill_fn *fill,
    void (*on_gone)(void *arg), void *arg)
{
	r->fill = fill;
	r->on_gone = on_gone;
	r->gone_arg = arg;
	http_set_header(r, "X-Accel-Buffering", "no");
	set_response(r, 200, type,
	    MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, 32 * 1024, stream_read, r, NULL));
}

void
http_wake(struct http_request *r)
{
	if (!r->suspended || r->fill == NULL)
		return;
	resume(r);
}

/* --- the library's callbacks -----------------------------------------------------
 */

static struct peer *
peer_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

static void
on_connection(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct listener *l = cls;
	const union MHD_ConnectionInfo *info;
	struct peer *p = *context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (p != NULL)
			list_remove(&p->link);
		free(p);
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info == NULL || (p = calloc(1, sizeof(*p))) == NULL)
		return;
	p->fd = info->connect_fd;
	p->since_us = clock_mono_us();
	list_push(&l->http->peers, &p->link);
	*context = p;
}

/* Who takes too long to ask makes room for others. */
static void
on_deadlines(void *arg)
{
	struct http *h = arg;
	int64_t now = clock_mono_us();
	struct list *it, *next;

	LIST_FOREACH (it, next, &h->peers) {
		struct peer *p = LIST_OF(it, struct peer, link);

		if (!p->asked && now - p->since_us > WEB_ASK_US)
			(void)shutdown(p->fd, SHUT_RDWR);
	}
}

static struct http_request *
request_new(struct listener *l, struct MHD_Connection *c, const char *path,
    const char *method)
{
	struct http_request *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->listener = l;
	r->connection = c;
	r->path = path;
	r->method = method;
	buf_init(&r->body, WEB_BODY_MAX);
	list_push(&l->http->requests, &r->link);
	return r;
}

static void
on_completed(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why)
{
	struct http_request *r = *state;
	size_t i;

	struct peer *p = peer_of(c);

	(void)cls, (void)why;
	if (p != NULL) {
		p->asked = false;
		p->since_us = clock_mono_us();
	}
	if (r == NULL)
		return;
	*state = NULL;
	if (r->on_gone != NULL)
		r->on_gone(r->gone_arg);
	if (r->response != NULL)
		MHD_destroy_response(r->response);
	for (i = 0; i < r->headers_n; i++)
		free(r->headers[i].value);
	buf_release(&r->body);
	list_remove(&r->link);
	free(r);
}

static void
answer_text(struct http_request *r, unsigned status, const char *text)
{
	http_answer(r, status, "text/plain; charset=utf-8", text, strlen(text));
}

/* Collect the body; what is over the cap is read on and thrown away, then refused.
 */
static void
take_body(struct http_request *r, const char *data, size_t *size)
{
	if (!r->too_large && buf_add(&r->body, data, *size) == -1)
		r->too_large = true;
	*size = 0;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **state)
{
	struct listener *l = cls;
	struct http_request *r = *state;
	struct peer *p;

	(void)version;
	if (r == NULL) {
		*state = request_new(l, c, url, method);
		return *state == NULL ? MHD_NO : MHD_YES;
	}
	if (*size > 0) {
		take_body(r, data, size);
		return MHD_YES;
	}
	if (r->state == REQUEST_BODY) {
		r->state = REQUEST_HANDLING;
		if ((p = peer_of(c)) != NULL)
			p->asked = true;
		if (r->too_large)
			answer_text(r, 413, "body too large\n");
		else
			l->http->handle(l->http->arg, r);
	}
	if (r->state == REQUEST_DEFERRED && !l->http->closing) {
		r->suspended = true;
		MHD_suspend_connection(c);
		return MHD_YES;
	}
	return r->response == NULL ? MHD_NO
				   : MHD_queue_response(c, r->status, r->response);
}

/* --- the loop -------------------------------------------------------------------
 */

static void run_daemon(struct listener *l);

static void
on_timer(void *arg)
{
	struct listener *l = arg;

	l->timer = NULL;
	l->kicked = false;
	run_daemon(l);
}

static void
on_ready(void *arg, int fd, unsigned events)
{
	(void)fd, (void)events;
	run_daemon(arg);
}

static void
run_daemon(struct listener *l)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	(void)MHD_run(l->daemon);
	if (l->kicked)
		return;
	if (l->timer != NULL) {
		loop_timer_cancel(l->http->loop, l->timer);
		l->timer = NULL;
	}
	if (MHD_get_timeout(l->daemon, &wait_ms) == MHD_YES)
		l->timer = loop_timer(
		    l->http->loop, (int64_t)wait_ms * 1000, 0, on_timer, l);
}

/* --- start and stop
 * ---------------------------------------------------------------- */

static int
start_daemon(struct http *h, struct listener *l, int listen_fd, bool local)
{
	const union MHD_DaemonInfo *info;

	l->http = h;
	l->local = local;
	l->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0,
	    NULL, NULL, on_request, l, MHD_OPTION_LISTEN_SOCKET, listen_fd,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)WEB_CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)WEB_IDLE_SECONDS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WEB_HEAD_MAX,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (l->daemon == NULL)
		return -1;
	info = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		return -1;
	l->epoll_fd = info->epoll_fd;
	return loop_watch(h->loop, l->epoll_fd, LOOP_READ, on_ready, l);
}

struct http *
http_open(struct loop *loop, const struct http_options *o, char *error, size_t size)
{
	struct http *h;
	int fd;

	if ((h = calloc(1, sizeof(*h))) == NULL) {
		(void)snprintf(error, size, "out of memory");
		return NULL;
	}
	list_init(&h->requests);
	list_init(&h->peers);
	h->loop = loop;
	h->handle = o->handle;
	h->arg = o->arg;
	h->deadlines =
	    loop_timer(loop, WEB_ASK_US / 6, WEB_ASK_US / 6, on_deadlines, h);
	if (h->deadlines == NULL) {
		(void)snprintf(error, size, "out of memory");
		goto fail;
	}
	if ((fd = http_listen_tcp(
		 o->listen, h->address, sizeof(h->address), error, size)) == -1)
		goto fail;
	if (start_daemon(h, &h->listeners[0], fd, false) == -1)
		goto fail_start;
	if (o->socket_path == NULL)
		return h;
	if ((fd = http_listen_local(o->socket_path, error, size)) == -1)
		goto fail;
	if ((h->socket_path = strdup(o->socket_path)) == NULL)
		goto fail_start;
	if (start_daemon(h, &h->listeners[1], fd, true) == -1)
		goto fail_start;
	return h;

fail_start:
	(void)snprintf(
	    error, size, "cannot start the HTTP server: %s", strerror(errno));
	if (h->listeners[0].daemon == NULL ||
	    (h->socket_path != NULL && h->listeners[1].daemon == NULL))
		(void)close(fd);
fail:
	http_close(h);
	return NULL;
}

const char *
http_address(const struct http *h)
{
	return h->address;
}

/* The library refuses to stop while a connection is suspended. */
static void
resume_all(struct http *h)
{
	struct list *it, *next;

	LIST_FOREACH (it, next, &h->requests) {
		struct http_request *r = LIST_OF(it, struct http_request, link);

		if (r->suspended)
			MHD_resume_connection(r->connection);
		r->suspended = false;
	}
}

void
http_close(struct http *h)
{
	size_t i;

	if (h == NULL)
		return;
	h->closing = true;
	if (h->deadlines != NULL)
		loop_timer_cancel(h->loop, h->deadlines);
	resume_all(h);
	for (i = 0; i < LISTENERS; i++) {
		struct listener *l = &h->listeners[i];

		if (l->daemon == NULL)
			continue;
		if (l->timer != NULL)
			loop_timer_cancel(h->loop, l->timer);
		loop_unwatch(h->loop, l->epoll_fd);
		(void)MHD_run(l->daemon);
		MHD_stop_daemon(l->daemon);
	}
	if (h->socket_path != NULL)
		(void)unlink(h->socket_path);
	free(h->socket_path);
	free(h);
}
