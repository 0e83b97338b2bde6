/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The console and the API: reads the store, and asks ingest to append.  This page
 * is what the files of collector/web share; collector/web.c starts it.
 */
#ifndef COLLECTOR_WEB_WEB_H
#define COLLECTOR_WEB_WEB_H

#include "collector/store/store.h"
#include "collector/stream/stream.h"
#include "collector/web/http.h"
#include "collector/web/session.h"
#include "common/buf.h"
#include "common/jw.h"
#include "common/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writes;

struct web {
	struct loop *loop;
	struct store *store;
	struct stream *stream;
	struct http *http;
	struct sessions *sessions;
	struct writes *writes;
	const char *console_dir; /* may be NULL: the API alone */
	struct {
		int64_t since_us;
		unsigned written, left_out;
	} refusals;	    /* of logins, this minute */
	int64_t started_us; /* monotonic */
};

struct web_options {
	const char *store_uri;
	const char *listen;
	const char *socket_path; /* NULL: none */
	const char *console_dir; /* NULL: none */
	int ingest_fd;		 /* -1: no writer, so every write answers 503 */
};

/* NULL with error filled. */
struct web *web_open(
    struct loop *loop, const struct web_options *o, char *error, size_t size);
void web_close(struct web *w);
/* Ingest (or a look at the store) says that rows up to here are committed. */
void web_new_rows(struct web *w, int64_t last_id);

/* One request on its way through a handler. */
struct web_call {
	struct web *web;
	struct http_request *request;
	struct session_grant who; /* empty on routes that need no login */
	const char *session;	  /* its cookie; NULL over the Unix socket */
	bool local;		  /* came over the Unix socket */
	char arg[128];		  /* what the route's "*" stood for, decoded */
};

/* --- routes.c ---------------------------------------------------------------- */

/* http_options.handle: find the route, check who asks, call its handler. */
void routes_handle(void *arg, struct http_request *r);
/* Is a Host header one of this machine's own names for address ("127.0.0.1:7780")?
 */
bool routes_host_ok(const char *host, const char *address);

/* --- answers (answer.c) ---------------------------------------------------------
 */

/* A finished JSON text; 500 when it overflowed. */
void answer_json(struct http_request *r, unsigned status, struct buf *json);
/*
 * One more row, if the answer stays within room (bytes in all, at most
 * WEB_ANSWER_MAX); else false, and the answer is as it was.
 */
bool answer_row(struct jw *w, const struct store_row *r, size_t room);
/* {"error": what, "remedy": how}; remedy may be NULL. */
void answer_error(
    struct http_request *r, unsigned status, const char *what, const char *remedy);

/* --- handlers, one row each in routes.c
 * ------------------------------------------- */

void alerts_list(struct web_call *c);
void stream_open(struct web_call *c);
void incidents_list(struct web_call *c);
void incidents_show(struct web_call *c);
void agents_list(struct web_call *c);
void agents_add(struct web_call *c);
void agents_revoke(struct web_call *c);
void status_show(struct web_call *c);
void session_show(struct web_call *c);
void login_link(struct web_call *c);
void login_use(struct web_call *c);
void logout(struct web_call *c);
void files_serve(struct web_call *c);
void files_login_needed(struct web_call *c);

#endif
