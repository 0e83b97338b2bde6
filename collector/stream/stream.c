/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Fan-out of new rows, after the text/event-stream format of the HTML standard
 * (9.2.6). An event's id is the row's id in the store; a block with an id and no
 * data moves the client's bookmark over rows that its filter left out.
 */
#include "collector/stream/stream.h"

#include "collector/limits.h"
#include "collector/stream/row.h"
#include "common/buf.h"
#include "common/jw.h"
#include "common/list.h"
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct stream {
	struct loop *loop;
	struct store *store;
	struct loop_timer *timer;
	int64_t last_id;
	struct list readers;
	size_t readers_n;
};

struct stream_reader {
	struct list link;
	struct stream *stream;
	struct filter filter;
	int64_t bookmark; /* every row up to here was told or left out */
	bool told_behind;
	struct buf out;
	size_t out_done;
	void (*wake)(void *arg);
	void *arg;
};

static void
on_timer(void *arg)
{
	stream_idle(arg);
}

struct stream *
stream_new(struct loop *loop, struct store *store)
{
	struct stream *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	list_init(&s->readers);
	s->loop = loop;
	s->store = store;
	if ((s->last_id = store_last_id(store)) == -1)
		goto fail;
	s->timer =
	    loop_timer(loop, STREAM_COMMENT_US, STREAM_COMMENT_US, on_timer, s);
	if (s->timer == NULL)
		goto fail;
	return s;

fail:
	stream_free(s);
	return NULL;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->timer != NULL)
		loop_timer_cancel(s->loop, s->timer);
	free(s);
}

static void
wake_all(struct stream *s)
{
	struct list *it, *next;

	LIST_FOREACH (it, next, &s->readers) {
		struct stream_reader *r = LIST_OF(it, struct stream_reader, link);

		r->wake(r->arg);
	}
}

void
stream_new_rows(struct stream *s, int64_t last_id)
{
	if (last_id <= s->last_id)
		return;
	s->last_id = last_id;
	wake_all(s);
}

void
stream_idle(struct stream *s)
{
	struct list *it, *next;

	LIST_FOREACH (it, next, &s->readers) {
		struct stream_reader *r = LIST_OF(it, struct stream_reader, link);

		if (r->out.len == r->out_done)
			(void)buf_adds(&r->out, ": still here\n\n");
	}
	wake_all(s);
}

struct stream_reader *
stream_join(struct stream *s, const struct filter *f, int64_t after_id,
    void (*wake)(void *arg), void *arg)
{
	struct stream_reader *r;

	if (s->readers_n >= STREAM_READERS_MAX) {
		errno = ENOSPC;
		return NULL;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->stream = s;
	r->filter = *f;
	/* A bookmark from the future is of another store: begin at the end of this
	 * one. */
	r->bookmark = after_id < 0 || after_id > s->last_id ? s->last_id : after_id;
	r->wake = wake;
	r->arg = arg;
	buf_init(&r->out, STREAM_BUFFER_MAX);
	(void)buf_addf(&r->out,
	    "retry: 2000\nid: %" PRId64
	    "\nevent: hello\ndata: {\"last_id\":%" PRId64 "}\n\n",
	    r->bookmark, s->last_id);
	list_push(&s->readers, &r->link);
	s->readers_n++;
	return r;
}

void
stream_leave(struct stream_reader *r)
{
	if (r == NULL)
		return;
	list_remove(&r->link);
	r->stream->readers_n--;
	buf_release(&r->out);
	free(r);
}

static void
write_event(struct buf *out, const char *name, const struct store_row *row)
{
	struct jw w;

	(void)buf_addf(out, "id: %" PRId64 "\nevent: %s\ndata: ", row->id, name);
	jw_init(&w, out);
	row_write(&w, row);
	(void)buf_adds(out, "\n\n");
}

/* One row for one reader; non-zero when its buffer is full, and the row waits. */
static int
on_row(void *arg, const struct store_row *row)
{
	struct stream_reader *r = arg;
	size_t before = r->out.len;

	if (filter_row(&r->filter, row)) {
		write_event(&r->out, filter_kind_name(row), row);
		if (r->out.overflow) {
			r->out.len = before;
			r->out.overflow = false;
			if (before > 0)
				return 1;
			log_error("stream: row %" PRId64 " is too large to send",
			    row->id);
		}
	}
	r->bookmark = row->id;
	return 0;
}

/* Say it once each time that a reader falls far behind. */
static void
tell_behind(struct stream_reader *r)
{
	int64_t behind = r->stream->last_id - r->bookmark;

	if (behind > STREAM_BEHIND_ROWS && !r->told_behind) {
		(void)buf_addf(&r->out,
		    "event: behind\ndata: {\"rows\":%" PRId64 "}\n\n", behind);
		r->told_behind = true;
	}
	if (behind == 0)
		r->told_behind = false;
}

static int
fill(struct stream_reader *r)
{
	const char *tenant = r->filter.tenant;
	struct store_query q = {
	    .tenants = tenant[0] == '\0' ? NULL : &tenant,
	    .tenants_n = tenant[0] == '\0' ? 0 : 1,
	    .after_id = r->bookmark,
	    .before_id = r->stream->last_id + 1,
	    .min_class = RECORD_HEALTH,
	    .max_class = RECORD_FINDING,
	    .limit = STREAM_BATCH_ROWS,
	};
	int64_t from = r->bookmark;
	size_t before;
	long n;

	tell_behind(r);
	before = r->out.len;
	if ((n = store_select(r->stream->store, &q, on_row, r)) == -1)
		return -1;
	if (n < STREAM_BATCH_ROWS && r->out.len == before)
		r->bookmark = r->stream->last_id;
	/* Rows were passed over, and none was told: move the client's bookmark too.
	 */
	if (r->out.len == before && r->bookmark > from)
		(void)buf_addf(&r->out, "id: %" PRId64 "\n\n", r->bookmark);
	return 0;
}

ssize_t
stream_read(struct stream_reader *r, char *to, size_t max)
{
	size_t n;

	if (r->out.len == r->out_done) {
		buf_reset(&r->out);
		r->out_done = 0;
		if (r->bookmark < r->stream->last_id && fill(r) == -1)
			return -1;
	}
	n = r->out.len - r->out_done;
	if (n > max)
		n = max;
	if (n > 0)
		memcpy(to, r->out.data + r->out_done, n);
	r->out_done += n;
	return (ssize_t)n;
}

size_t
stream_readers(const struct stream *s)
{
	return s->readers_n;
}

int64_t
stream_last_id(const struct stream *s)
{
	return s->last_id;
}
