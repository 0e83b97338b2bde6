/* SPDX-License-Identifier: EUPL-1.2 */
/* The web server's parts, put together and taken apart. */
#include "collector/web/web.h"

#include "collector/web/writes.h"
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
on_new_rows(void *arg, int64_t last_id)
{
	web_new_rows(arg, last_id);
}

void
web_new_rows(struct web *w, int64_t last_id)
{
	stream_new_rows(w->stream, last_id);
}

struct web *
web_open(struct loop *loop, const struct web_options *o, char *error, size_t size)
{
	struct http_options http = {.listen = o->listen,
	    .socket_path = o->socket_path,
	    .handle = routes_handle};
	struct web *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		goto fail_errno;
	w->loop = loop;
	w->console_dir = o->console_dir;
	w->started_us = clock_mono_us();
	if ((w->store = store_open(o->store_uri, STORE_READ, error, size)) == NULL)
		goto fail;
	if ((w->stream = stream_new(loop, w->store)) == NULL)
		goto fail_errno;
	if ((w->sessions = sessions_new(NULL)) == NULL)
		goto fail_errno;
	if ((w->writes = writes_new(loop, o->ingest_fd, on_new_rows, w)) == NULL)
		goto fail_errno;
	http.arg = w;
	if ((w->http = http_open(loop, &http, error, size)) == NULL)
		goto fail;
	return w;

fail_errno:
	(void)snprintf(error, size, "cannot start: %s", strerror(errno));
fail:
	web_close(w);
	return NULL;
}

/* Writes first: they answer requests; then requests: they leave the stream. */
void
web_close(struct web *w)
{
	if (w == NULL)
		return;
	writes_free(w->writes);
	http_close(w->http);
	sessions_free(w->sessions);
	stream_free(w->stream);
	if (w->store != NULL)
		store_close(w->store);
	free(w);
}
