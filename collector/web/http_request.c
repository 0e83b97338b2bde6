/* SPDX-License-Identifier: EUPL-1.2 */
/* A request and its answer.  RFC 9110, RFC 9112. */
#include "collector/web/http_request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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
	assert(r->headers_n < HTTP_HEADERS_MAX);
	r->headers[r->headers_n].name = name;
	r->headers[r->headers_n++].value = strdup(value);
}

static void
resume(struct http_request *r)
{
	struct http_listener *l = r->listener;

	r->suspended = false;
	MHD_resume_connection(r->connection);
	http_kick(l);
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
