/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The HTTP server, on libmicrohttpd (met only here and in http_request.c), run by
 * the program's own loop: no threads, hence no locks.
 */
#include "collector/web/http.h"

#include "collector/limits.h"
#include "collector/web/http_listen.h"
#include "collector/web/http_request.h"
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
	struct http_listener *l = cls;
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
request_new(struct http_listener *l, struct MHD_Connection *c, const char *path,
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
	struct http_listener *l = cls;
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

static void run_daemon(struct http_listener *l);

static void
on_timer(void *arg)
{
	struct http_listener *l = arg;

	l->timer = NULL;
	l->kicked = false;
	run_daemon(l);
}

void
http_kick(struct http_listener *l)
{
	if (l->kicked)
		return;
	if (l->timer != NULL)
		loop_timer_cancel(l->http->loop, l->timer);
	l->timer = loop_timer(l->http->loop, 0, 0, on_timer, l);
	l->kicked = l->timer != NULL;
}

static void
on_ready(void *arg, int fd, unsigned events)
{
	(void)fd, (void)events;
	run_daemon(arg);
}

static void
run_daemon(struct http_listener *l)
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
start_daemon(struct http *h, struct http_listener *l, int listen_fd, bool local)
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
	for (i = 0; i < HTTP_LISTENERS; i++) {
		struct http_listener *l = &h->listeners[i];

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
