/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Incidents: each is a chain of appended rows with the same incident.id; the newest
 * says how it is now, and names the rows it was made of in incident.events.
 */
#include "collector/limits.h"
#include "collector/web/web.h"
#include "common/json.h"
#include "common/jw.h"
#include "common/table.h"

#include <stdlib.h>
#include <string.h>

struct listing {
	struct jw w;
	struct table *seen; /* by incident.id; the value is not used */
	size_t scanned;
	bool full;
};

static void
failed(struct web_call *c)
{
	answer_error(
	    c->request, 500, "the store cannot be read", "see the collector's log");
}

static void
set_tenant(const struct web_call *c, struct store_query *q, const char **tenant)
{
	*tenant = c->who.tenant;
	if (c->who.tenant[0] == '\0')
		return;
	q->tenants = tenant;
	q->tenants_n = 1;
}

/* The newest row of each incident is the first one met. */
static int
on_list_row(void *arg, const struct store_row *r)
{
	struct listing *l = arg;
	struct json_doc *d = json_read(r->body, r->body_len, NULL, 0);
	const char *id = d == NULL ? NULL : json_str(d, "incident.id");

	if (id != NULL && table_get(l->seen, id, strlen(id)) == NULL) {
		if (table_put(l->seen, id, strlen(id), l) == -1 ||
		    !answer_row(&l->w, r, WEB_ANSWER_MAX))
			l->full = true;
	}
	json_free(d);
	l->full = l->full || ++l->scanned == WEB_INCIDENTS_SCAN_MAX;
	return l->full;
}

void
incidents_list(struct web_call *c)
{
	struct store_query q = {.event_type = "incident",
	    .newest_first = true,
	    .limit = WEB_INCIDENTS_SCAN_MAX};
	struct listing l = {0};
	const char *tenant;
	struct buf b;

	set_tenant(c, &q, &tenant);
	if ((l.seen = table_new(WEB_INCIDENTS_MAX, NULL)) == NULL) {
		answer_error(c->request, 503, "out of memory", NULL);
		return;
	}
	buf_init(&b, WEB_ANSWER_MAX);
	jw_init(&l.w, &b);
	jw_object(&l.w, NULL);
	jw_array(&l.w, "incidents");
	if (store_select(c->web->store, &q, on_list_row, &l) == -1) {
		failed(c);
	} else {
		jw_end_array(&l.w);
		jw_bool(&l.w, "complete", !l.full);
		jw_end_object(&l.w);
		answer_json(c->request, 200, &b);
	}
	buf_release(&b);
	table_free(l.seen);
}

/* --- one incident
 * -------------------------------------------------------------------- */

/* Of the answer: the rest is for its events. */
#define HISTORY_MAX (WEB_ANSWER_MAX / 2)

struct detail {
	struct web_call *call;
	struct jw w;
	const char *id;
	struct json_doc *latest; /* body of the newest row */
	bool cut;
};

/* A row of this incident, or of its triage, newest first. */
static int
on_history_row(void *arg, const struct store_row *r)
{
	struct detail *d = arg;
	struct json_doc *body;
	const char *id;

	/* Most rows are of other incidents: only those that may be ours are parsed. */
	if (memmem(r->body, r->body_len, d->id, strlen(d->id)) == NULL)
		return 0;
	body = json_read(r->body, r->body_len, NULL, 0);
	id = body == NULL ? NULL : json_str(body, "incident.id");
	if (id != NULL && strcmp(id, d->id) == 0) {
		d->cut = d->cut || !answer_row(&d->w, r, HISTORY_MAX);
		if (d->latest == NULL && strcmp(r->event_type, "incident") == 0) {
			d->latest = body;
			body = NULL;
		}
	}
	json_free(body);
	return d->cut && d->latest != NULL;
}

static int
on_timeline_row(void *arg, const struct store_row *r)
{
	struct detail *d = arg;

	d->cut = d->cut || !answer_row(&d->w, r, WEB_ANSWER_MAX);
	return 0;
}

/* The rows that the incident was made of: a short look-up by id each. */
static int
write_timeline(struct detail *d)
{
	const struct json_doc *events = json_at(d->latest, "incident.events");
	bool history_cut = d->cut;
	size_t n = events == NULL ? 0 : json_count(events), i;
	struct store_query q = {.limit = 1};
	const char *tenant;
	int64_t id;

	set_tenant(d->call, &q, &tenant);
	d->cut = false;
	for (i = 0; i < n && i < WEB_TIMELINE_MAX && !d->cut; i++) {
		if ((id = json_int(json_item(events, i), "", 0)) <= 0)
			continue;
		q.after_id = id - 1;
		q.before_id = id + 1;
		if (store_select(d->call->web->store, &q, on_timeline_row, d) == -1)
			return -1;
	}
	d->cut = d->cut || history_cut;
	return 0;
}

void
incidents_show(struct web_call *c)
{
	struct store_query q = {.newest_first = true, .limit = WEB_SCAN_MAX};
	struct detail d = {.call = c, .id = c->arg};
	const char *tenant;
	struct buf b;
	int told = -1;

	set_tenant(c, &q, &tenant);
	q.event_type = "incident";
	buf_init(&b, WEB_ANSWER_MAX);
	jw_init(&d.w, &b);
	jw_object(&d.w, NULL);
	jw_str(&d.w, "id", c->arg);
	jw_array(&d.w, "history");
	if (store_select(c->web->store, &q, on_history_row, &d) == -1)
		goto out;
	q.event_type = "triage";
	if (store_select(c->web->store, &q, on_history_row, &d) == -1)
		goto out;
	jw_end_array(&d.w);
	jw_array(&d.w, "events");
	if (d.latest != NULL && write_timeline(&d) == -1)
		goto out;
	jw_end_array(&d.w);
	jw_bool(&d.w, "complete", !d.cut);
	jw_end_object(&d.w);
	told = 0;
	if (d.latest == NULL)
		answer_error(c->request, 404, "no such incident",
		    "stadswachtctl incidents lists them");
	else
		answer_json(c->request, 200, &b);
out:
	if (told == -1)
		failed(c);
	json_free(d.latest);
	buf_release(&b);
}
