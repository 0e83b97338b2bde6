/* SPDX-License-Identifier: EUPL-1.2 */
/* The live stream in a terminal. */
#include "collector/ctl/commands.h"
#include "collector/ctl/show.h"
#include "collector/ctl/sse.h"
#include "collector/ctl/term.h"
#include "collector/limits.h"
#include "common/cmdline.h"
#include "common/json.h"
#include "common/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RETRY_FIRST_MS 500
#define RETRY_MAX_MS   8000

struct watch {
	const struct watch_options *o;
	struct sse sse;
	struct buf out;
	bool colour;
	int64_t shown_id; /* newest that was printed */
	uint64_t left;	  /* until the end; 0: no end */
	bool done;
};

static void
print_event(struct watch *w, const char *event, const char *data, size_t len)
{
	struct json_doc *d;

	buf_reset(&w->out);
	if (w->o->json) {
		show_raw(&w->out, data, len);
	} else if ((d = json_read(data, len, NULL, 0)) != NULL) {
		show_row(&w->out, event, d, w->colour);
		json_free(d);
	}
	command_print(&w->out);
}

static bool
on_event(void *arg, const char *event, int64_t id, const char *data, size_t len)
{
	struct watch *w = arg;
	struct json_doc *d;

	if (strcmp(event, "hello") == 0)
		return true;
	if (strcmp(event, "behind") == 0) {
		d = json_read(data, len, NULL, 0);
		(void)fprintf(stderr,
		    "stadswachtctl: %" PRId64
		    " rows behind; catching up, nothing is lost\n",
		    d == NULL ? 0 : json_int(d, "rows", 0));
		json_free(d);
		return true;
	}
	if (id <= w->shown_id) /* told again after a reconnect */
		return true;
	w->shown_id = id;
	print_event(w, event, data, len);
	if (w->left > 0 && --w->left == 0)
		w->done = true;
	return !w->done;
}

static bool
on_bytes(void *arg, const char *p, size_t len)
{
	struct watch *w = arg;

	return sse_feed(&w->sse, p, len);
}

static void
wait_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

/*
 * Read until the count is reached or the collector refuses us.  A lost connection
 * is made again from the last row; only a first one that fails is an error.
 */
static int
follow(struct watch *w, struct client *c, const char *path)
{
	long retry_ms = RETRY_FIRST_MS;
	bool reached = false, told = false;

	while (!w->done) {
		sse_restart(&w->sse);
		if (client_stream(c, path, w->sse.last_id, on_bytes, w) == -1)
			return command_failed(client_error(c));
		if (w->done)
			break;
		if (!reached && !client_reached(c))
			return command_failed(client_error(c));
		if (client_reached(c)) {
			retry_ms = RETRY_FIRST_MS;
			reached = true;
			told = false;
		}
		if (!told)
			(void)fprintf(stderr,
			    "stadswachtctl: the connection is lost; trying "
			    "again\n");
		told = true;
		wait_ms(retry_ms);
		retry_ms =
		    retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : retry_ms * 2;
	}
	return EXIT_DONE;
}

int
command_watch(struct client *c, const struct watch_options *o)
{
	struct watch w = {
	    .o = o, .colour = !o->json && term_wants_colour(), .shown_id = -1};
	int status = EXIT_FAILED;
	struct buf path;

	if (o->count != NULL &&
	    (str_u64(o->count, UINT64_MAX, &w.left) == -1 || w.left == 0))
		return command_failed("--count: expected a number from 1");
	buf_init(&path, 4000);
	buf_init(&w.out, 2 * CTL_EVENT_MAX);
	sse_init(&w.sse, on_event, &w);
	if (buf_adds(&path, "/api/v1/stream") == -1 ||
	    command_add_filter(&path, &o->filter) == -1)
		goto out;
	if (client_add_query(&path, "kinds", o->kinds) == -1 ||
	    client_add_query(&path, "after", o->after) == -1 ||
	    buf_str(&path) == NULL)
		status = command_failed("the filters are too long");
	else
		status = follow(&w, c, buf_str(&path));
out:
	sse_release(&w.sse);
	buf_release(&w.out);
	buf_release(&path);
	return status;
}
