/* SPDX-License-Identifier: EUPL-1.2 */
/* What http.c (connections and the loop) and http_request.c (a request and its
 * answer) share. */
#ifndef COLLECTOR_WEB_HTTP_REQUEST_H
#define COLLECTOR_WEB_HTTP_REQUEST_H

#include "collector/web/http.h"
#include "common/buf.h"
#include "common/list.h"

#include <microhttpd.h>

#define HTTP_HEADERS_MAX 8
#define HTTP_LISTENERS	 2

struct http_listener {
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
	struct http_listener listeners[HTTP_LISTENERS];
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
	struct http_listener *listener;
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
	} headers[HTTP_HEADERS_MAX];
	http_fill_fn *fill;
	void (*on_gone)(void *arg);
	void *gone_arg;
};

/* A resumed connection moves on at the next turn of the loop. */
void http_kick(struct http_listener *l);

#endif
