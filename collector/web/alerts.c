/* SPDX-License-Identifier: EUPL-1.2 */
/* Alerts: a page of them, and the live stream. */
#include "collector/limits.h"
#include "collector/web/query.h"
#include "collector/web/web.h"
#include "common/clock.h"
#include "common/jw.h"
#include "common/str.h"

#include <errno.h>
#include <string.h>

static const char *
get_parameter(const void *from, const char *name)
{
	return http_query(from, name);
}

/* Parse the query string, or answer what is wrong with it. */
static bool
take_query(struct web_call *c, unsigned kinds, struct query *q)
{
	char error[160];

	switch (query_parse(q, kinds, c->who.tenant, get_parameter, c->request,
	    clock_wall_us(), error, sizeof(error))) {
	case QUERY_OK:
		return true;
	case QUERY_WRONG:
		answer_error(c->request, 400, error, "see docs/api.md");
		return false;
	default:
		answer_error(c->request, 404, "no such tenant", NULL);
		return false;
	}
}

struct page {
	struct jw w;
	const struct filter *filter;
	size_t limit, told, seen;
	int64_t last_id; /* looked at */
	bool full;
};

static int
on_row(void *arg, const struct store_row *r)
{
	struct page *p = arg;

	if (filter_row(p->filter, r)) {
		if (!answer_row(&p->w, r, WEB_ANSWER_MAX)) {
			/* Cut to fit: this row is the first of the next page. */
			p->full = true;
			return 1;
		}
		p->told++;
	}
	p->seen++;
	p->last_id = r->id;
	p->full = p->told >= p->limit;
	return p->full;
}

/*
 * Newest first, or oldest first from "after" on.  The filter has more than the
 * store's columns, so rows are read until the page is full or WEB_SCAN_MAX were
 * seen; "next" is where to go on.
 */
void
alerts_list(struct web_call *c)
{
	struct query q;
	struct page p = {.filter = &q.filter};
	struct store_query sq = {.event_type = "alert", .limit = WEB_SCAN_MAX};
	const char *tenant;
	struct buf b;
	long n;

	if (!take_query(c, FILTER_ALERT, &q))
		return;
	tenant = q.filter.tenant;
	p.limit = q.limit;
	sq.tenants = tenant[0] == '\0' ? NULL : &tenant;
	sq.tenants_n = tenant[0] == '\0' ? 0 : 1;
	sq.after_id = q.after_id < 0 ? 0 : q.after_id;
	sq.before_id = q.before_id;
	sq.newest_first = q.after_id < 0;
	sq.from_us = q.since_us;
	sq.agent = q.filter.agent[0] == '\0' ? NULL : q.filter.agent;
	sq.max_severity = q.filter.max_severity;
	buf_init(&b, WEB_ANSWER_MAX);
	jw_init(&p.w, &b);
	jw_object(&p.w, NULL);
	jw_array(&p.w, "alerts");
	n = store_select(c->web->store, &sq, on_row, &p);
	jw_end_array(&p.w);
	jw_int(&p.w, "last_id", stream_last_id(c->web->stream));
	if (p.full || p.seen >= WEB_SCAN_MAX)
		jw_int(&p.w, "next", p.last_id);
	else
		jw_null(&p.w, "next");
	jw_end_object(&p.w);
	if (n == -1)
		answer_error(c->request, 500, "the store cannot be read",
		    "see the collector's log");
	else
		answer_json(c->request, 200, &b);
	buf_release(&b);
}

/* --- the live stream
 * -------------------------------------------------------------- */

static void
wake(void *arg)
{
	http_wake(arg);
}

static ssize_t
fill(void *arg, char *to, size_t max)
{
	return stream_read(arg, to, max);
}

static void
gone(void *arg)
{
	stream_leave(arg);
}

static unsigned
kinds_asked(const char *text)
{
	static const struct {
		const char *name;
		unsigned kind;
	} names[] = {{"alert", FILTER_ALERT}, {"incident", FILTER_INCIDENT},
	    {"agent", FILTER_AGENT}};
	unsigned kinds = 0;
	size_t i;

	if (text == NULL || text[0] == '\0')
		return FILTER_ALL;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strstr(text, names[i].name) != NULL)
			kinds |= names[i].kind;
	return kinds;
}

void
stream_open(struct web_call *c)
{
	const char *last = http_header(c->request, "Last-Event-ID");
	struct stream_reader *reader;
	struct query q;

	if (!take_query(c, kinds_asked(http_query(c->request, "kinds")), &q))
		return;
	/* A reconnecting reader says here where it was; the address holds where it
	 * began. */
	if (last != NULL && str_i64(last, 0, INT64_MAX, &q.after_id) == -1) {
		answer_error(c->request, 400,
		    "Last-Event-ID: expected the id of a row", NULL);
		return;
	}
	reader =
	    stream_join(c->web->stream, &q.filter, q.after_id, wake, c->request);
	if (reader == NULL) {
		http_set_header(c->request, "Retry-After", "10");
		answer_error(c->request, 503,
		    errno == ENOSPC ? "too many live streams are open"
				    : "out of memory",
		    "close a console or a stadswachtctl watch, and try again");
		return;
	}
	http_stream(
	    c->request, "text/event-stream; charset=utf-8", fill, gone, reader);
}
