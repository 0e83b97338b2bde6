/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/correlate/live.h"

#include "collector/correlate/correlate.h"
#include "collector/correlate/full.h"
#include "collector/limits.h"
#include "collector/role.h"
#include "collector/store/store.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/ipc.h"
#include "common/jw.h"
#include "common/list.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/record.h"
#include "common/str.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A record on its way into the store; kept until ingest says it is there. */
struct outgoing {
	struct list link;
	bool sent;
	size_t len;
	uint8_t body[]; /* struct collector_append, then the JSON */
};

/* Rows that came in at about this time: where a replay may begin. */
struct mark {
	int64_t arrived_us, id;
};

struct live {
	const struct live_options *options;
	struct loop *loop;
	struct store *store;
	struct correlator *correlator;
	struct list outgoing;
	size_t outgoing_n;
	uint64_t ticket;
	int64_t done, known;  /* rows seen, and rows there are */
	int64_t quiet_up_to;  /* outcome of these is in the store */
	int64_t saved, floor; /* what the bookmark file says */
	struct mark mark[CORRELATE_MARKS];
	size_t marks;
	int64_t flushed_us, answered_us;
	struct full full;
	bool asked, ready, failed;
};

/* --- to ingest -------------------------------------------------------------------
 */

static void
send_waiting(struct live *l)
{
	struct list *it, *nx;

	LIST_FOREACH (it, nx, &l->outgoing) {
		struct outgoing *o = LIST_OF(it, struct outgoing, link);

		if (o->sent)
			continue;
		if (ipc_send(l->options->ingest_fd, COLLECTOR_APPEND, o->body,
			o->len, -1) == 0)
			o->sent = true;
		else if (errno == EAGAIN)
			return;
		else
			break;
	}
}

static void
append(struct live *l, enum record_class cls, const char *json, size_t len)
{
	struct collector_append head = {.ticket = ++l->ticket, .cls = cls};
	struct outgoing *o = malloc(sizeof(*o) + sizeof(head) + len);

	if (o == NULL) {
		log_error("out of memory: starting anew from the bookmark");
		l->failed = true;
		loop_stop(l->loop);
		return;
	}
	o->sent = false;
	o->len = sizeof(head) + len;
	memcpy(o->body, &head, sizeof(head));
	memcpy(o->body + sizeof(head), json, len);
	if (list_empty(&l->outgoing))
		l->answered_us = clock_mono_us();
	list_push(&l->outgoing, &o->link);
	l->outgoing_n++;
}

static void
emit(void *arg, int64_t time_us, const char *json, size_t len)
{
	(void)time_us;
	append(arg, RECORD_ALERT, json, len);
}

/* Windows that had to forget events may miss an attack: that is told, never silent. */
static void
tell_full(struct live *l, int64_t now)
{
	struct window_counters lost;
	struct buf out;
	struct jw w;

	if (!full_due(&l->full, window_counters(correlate_windows(l->correlator)),
		now, &lost))
		return;
	log_warn("state is full: %" PRIu64 " groups and %" PRIu64
		 " events forgotten; a rule's group-by may be too fine",
	    lost.groups_evicted, lost.events_evicted);
	buf_init(&out, RECORD_JSON_MAX);
	jw_init(&w, &out);
	full_write(&w, &lost, clock_wall_us());
	if (!out.overflow)
		append(l, RECORD_HEALTH, (const char *)out.data, out.len);
	buf_release(&out);
}

static void
on_appended(struct live *l, const struct ipc_message *m)
{
	struct collector_appended a;
	struct list *it, *nx;

	if (m->len != sizeof(a))
		return;
	memcpy(&a, m->body, sizeof(a));
	l->answered_us = clock_mono_us();
	LIST_FOREACH (it, nx, &l->outgoing) {
		struct outgoing *o = LIST_OF(it, struct outgoing, link);
		struct collector_append head;

		memcpy(&head, o->body, sizeof(head));
		if (head.ticket != a.ticket)
			continue;
		if (a.id < 0) {
			log_warn(
			    "ingest did not store an incident: %s; trying again",
			    strerror((int)-a.id));
			o->sent = false;
			return;
		}
		list_remove(&o->link);
		free(o);
		l->outgoing_n--;
		return;
	}
}

/*
 * What an earlier life of ours sent may still be on its way.  Ingest answers in
 * order, so once it answers this, which is no record, all of that is in the store.
 */
static void
ask_barrier(struct live *l)
{
	struct collector_append head = {
	    .ticket = l->ticket, .cls = COLLECTOR_APPEND_NOTHING};

	l->asked = ipc_send(l->options->ingest_fd, COLLECTOR_APPEND, &head,
		       sizeof(head), -1) == 0;
}

/* --- from the store
 * ---------------------------------------------------------------- */

static const char *
text_or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static struct json_doc *
event_of_row(const struct store_row *r, struct event *e)
{
	struct json_doc *body = json_read(r->body, r->body_len, NULL, 0);

	if (body == NULL)
		return NULL;
	event_from(e, body);
	e->id = r->id;
	e->time_us = r->time_us;
	e->arrived_us = r->received_us;
	e->tenant = text_or_empty(r->tenant);
	e->host = text_or_empty(r->host);
	e->agent = text_or_empty(r->agent);
	return body;
}

struct fetched {
	correlate_see_fn *see;
	void *arg;
};

static int
on_fetched(void *arg, const struct store_row *r)
{
	struct fetched *f = arg;
	struct event e;
	struct json_doc *body = event_of_row(r, &e);

	if (body != NULL)
		f->see(f->arg, &e);
	json_free(body);
	return 1;
}

static void
fetch(void *arg, int64_t id, correlate_see_fn *see, void *see_arg)
{
	struct live *l = arg;
	struct fetched f = {see, see_arg};
	struct store_query q = {
	    .after_id = id - 1, .before_id = id + 1, .limit = 1};

	store_select(l->store, &q, on_fetched, &f);
}

/* So that a replay need not begin before rows that matter no more. */
static void
mark_row(struct live *l, const struct store_row *r)
{
	int64_t span = correlate_memory_us(l->correlator);

	if (l->marks > 0 &&
	    r->received_us - l->mark[l->marks - 1].arrived_us <
		span / (CORRELATE_MARKS / 2))
		return;
	while (l->marks > 0 && r->received_us - l->mark[0].arrived_us > span) {
		l->floor = l->mark[0].id;
		memmove(&l->mark[0], &l->mark[1], --l->marks * sizeof(l->mark[0]));
	}
	if (l->marks < CORRELATE_MARKS)
		l->mark[l->marks++] = (struct mark){r->received_us, r->id - 1};
}

static int
on_row(void *arg, const struct store_row *r)
{
	struct live *l = arg;
	struct event e;
	struct json_doc *body = event_of_row(r, &e);

	mark_row(l, r);
	if (body != NULL)
		correlate_event(l->correlator, &e, r->id <= l->quiet_up_to);
	json_free(body);
	l->done = r->id;
	return l->failed || l->outgoing_n >= CORRELATE_OUTGOING_MAX;
}

/* A batch; what is over comes in the next turn of the loop. */
static void
work(struct live *l)
{
	struct store_query q = {.after_id = l->done, .limit = CORRELATE_BATCH_ROWS};

	if (l->done < l->known && l->outgoing_n < CORRELATE_OUTGOING_MAX &&
	    store_select(l->store, &q, on_row, l) == 0)
		l->done = l->known; /* the rows between are gone (retention) */
	send_waiting(l);
}

/* --- bookmark
 * ------------------------------------------------------------------------ */

static void
save_bookmark(struct live *l)
{
	char path[4096];
	FILE *f;

	if (l->outgoing_n > 0 || l->done == l->saved || l->done < l->quiet_up_to)
		return;
	snprintf(path, sizeof(path), "%s.new", l->options->bookmark_path);
	if ((f = fopen(path, "we")) == NULL) {
		log_warn(
		    "%s: %s; a restart will replay more", path, strerror(errno));
		return;
	}
	fprintf(f, "%" PRId64 " %" PRId64 "\n", l->done, l->floor);
	if (fclose(f) == 0 && rename(path, l->options->bookmark_path) == 0)
		l->saved = l->done;
}

/* None, or one of another store: everything is replayed, and told only if new. */
static void
load_bookmark(struct live *l)
{
	char *text = str_read_file(l->options->bookmark_path, 256, NULL);
	char *space = text == NULL ? NULL : strchr(text, ' ');
	int64_t done, floor;

	if (space != NULL) {
		*space++ = '\0';
		if (str_i64(text, 0, l->known, &done) == 0 &&
		    str_i64(str_trim(space), 0, done, &floor) == 0) {
			l->quiet_up_to = done;
			l->done = l->floor = floor;
		}
	}
	free(text);
}

static int
on_own_row(void *arg, const struct store_row *r)
{
	struct live *l = arg;
	struct json_doc *body;

	if (r->event_type == NULL ||
	    (strcmp(r->event_type, "incident") != 0 && r->gid != CORRELATE_GID))
		return 0;
	if ((body = json_read(r->body, r->body_len, NULL, 0)) != NULL)
		correlate_restore(l->correlator, body, r->received_us);
	json_free(body);
	return 0;
}

static int
restore(struct live *l)
{
	struct store_query q = {.event_type = "incident",
	    .newest_first = true,
	    .limit = CORRELATE_TOLD_MAX};

	if ((l->known = store_last_id(l->store)) == -1)
		return -1;
	load_bookmark(l);
	if (store_select(l->store, &q, on_own_row, l) == -1)
		return -1;
	q.event_type = "alert";
	q.agent = "collector";
	return store_select(l->store, &q, on_own_row, l) == -1 ? -1 : 0;
}

/* --- the loop
 * ------------------------------------------------------------------------- */

static void
on_answer(struct live *l, const struct ipc_message *m)
{
	struct collector_appended a;

	if (l->ready) {
		on_appended(l, m);
		return;
	}
	if (m->len != sizeof(a))
		return;
	memcpy(&a, m->body, sizeof(a));
	if (!l->asked || a.ticket != l->ticket)
		return;
	if (restore(l) == -1) {
		log_error("%s: the store cannot be read", l->options->store_uri);
		l->failed = true;
		loop_stop(l->loop);
		return;
	}
	l->ready = true;
}

static void
on_ingest(void *arg, int fd, unsigned events)
{
	static uint8_t buffer[IPC_MESSAGE_MAX];
	struct live *l = arg;
	struct ipc_message m;
	int got = -1;

	while ((events & (LOOP_READ | LOOP_HANGUP)) &&
	    (got = ipc_recv(fd, buffer, &m)) == 1) {
		struct collector_new_rows rows;

		if (m.type == COLLECTOR_NEW_ROWS && m.len == sizeof(rows)) {
			memcpy(&rows, m.body, sizeof(rows));
			if (rows.last_id > l->known)
				l->known = rows.last_id;
		} else if (m.type == COLLECTOR_APPENDED) {
			on_answer(l, &m);
		}
	}
	if (got == 0 || (got == -1 && errno != EAGAIN)) {
		loop_unwatch(l->loop, fd);
		loop_stop(l->loop);
		return;
	}
	work(l);
}

/* What was stored without our hearing of it, only the store can tell: begin anew. */
static void
watch_answers(struct live *l, int64_t now)
{
	if (list_empty(&l->outgoing) || now - l->answered_us < CORRELATE_ANSWER_US)
		return;
	log_error(
	    "ingest has not answered for %d seconds; starting anew from the store",
	    (int)(CORRELATE_ANSWER_US / CLOCK_US));
	l->failed = true;
	loop_stop(l->loop);
}

static void
on_tick(void *arg)
{
	struct live *l = arg;
	int64_t last, now = clock_mono_us();

	if (!l->ready) {
		if (!l->asked)
			ask_barrier(l);
		return;
	}
	last = store_last_id(l->store);
	if (last > l->known)
		l->known = last;
	work(l);
	if (now - l->flushed_us >= CORRELATE_FLUSH_US && l->done >= l->known) {
		correlate_flush(l->correlator);
		send_waiting(l);
		l->flushed_us = now;
	}
	tell_full(l, now);
	send_waiting(l);
	save_bookmark(l);
	watch_answers(l, now);
}

static void
on_signal(void *arg, int signo)
{
	(void)signo;
	loop_stop(arg);
}

static int
follow(struct live *l)
{
	l->flushed_us = clock_mono_us();
	if (loop_signal(l->loop, SIGTERM, on_signal, l->loop) == -1 ||
	    loop_signal(l->loop, SIGINT, on_signal, l->loop) == -1 ||
	    loop_watch(l->loop, l->options->ingest_fd, LOOP_READ, on_ingest, l) ==
		-1 ||
	    loop_timer(l->loop, 0, CORRELATE_TICK_US, on_tick, l) == NULL ||
	    loop_run(l->loop) == -1) {
		log_error("event loop: %s", strerror(errno));
		return EXIT_FAILED;
	}
	save_bookmark(l);
	return l->failed ? EXIT_FAILED : EXIT_DONE;
}

int
live_run(const struct sigma_set *set, const struct live_options *o)
{
	struct live l = {.options = o, .saved = -1};
	struct correlate_ops ops = {.emit = emit, .fetch = fetch, .arg = &l};
	char error[512];
	int status = EXIT_FAILED;

	list_init(&l.outgoing);
	/* Answers to an earlier life must not be taken for ours. */
	str_random(&l.ticket, sizeof(l.ticket));
	l.loop = loop_new();
	l.correlator = correlate_new(set, CORRELATE_LATENESS_US, &ops);
	if (l.loop == NULL || l.correlator == NULL)
		log_error("cannot start: %s", strerror(errno));
	else if ((l.store = store_open(
		      o->store_uri, STORE_READ, error, sizeof(error))) == NULL)
		log_error("%s", error);
	else
		status = follow(&l);
	while (!list_empty(&l.outgoing)) {
		struct outgoing *out =
		    LIST_OF(l.outgoing.next, struct outgoing, link);

		list_remove(&out->link);
		free(out);
	}
	store_close(l.store);
	correlate_free(l.correlator);
	loop_free(l.loop);
	return status;
}
