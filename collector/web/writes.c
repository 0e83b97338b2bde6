/* SPDX-License-Identifier: EUPL-1.2 */
/* The line to ingest: tickets out, answers back (collector/role.h). */
#include "collector/web/writes.h"

#include "collector/limits.h"
#include "collector/role.h"
#include "common/clock.h"
#include "common/ipc.h"
#include "common/jw.h"
#include "common/list.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct waiting {
	struct list link;
	uint64_t ticket;
	int64_t until_us;
	writes_done_fn *done;
	void *arg;
};

struct writes {
	struct loop *loop;
	int fd;
	uint64_t ticket;
	struct list waiting;
	size_t waiting_n;
	struct loop_timer *timer;
	void (*new_rows)(void *arg, int64_t last_id);
	void *arg;
	uint8_t buffer[IPC_MESSAGE_MAX];
};

static void
finish(struct writes *w, struct waiting *p, int64_t id)
{
	list_remove(&p->link);
	w->waiting_n--;
	if (p->done != NULL)
		p->done(p->arg, id);
	free(p);
}

static void
on_answer(struct writes *w, const struct ipc_message *m)
{
	struct collector_appended a;
	struct list *it, *next;

	if (m->len != sizeof(a))
		return;
	memcpy(&a, m->body, sizeof(a));
	LIST_FOREACH (it, next, &w->waiting) {
		struct waiting *p = LIST_OF(it, struct waiting, link);

		if (p->ticket == a.ticket) {
			finish(w, p, a.id);
			return;
		}
	}
}

static void
on_new_rows(struct writes *w, const struct ipc_message *m)
{
	struct collector_new_rows n;

	if (m->len != sizeof(n))
		return;
	memcpy(&n, m->body, sizeof(n));
	w->new_rows(w->arg, n.last_id);
}

static void
disconnect(struct writes *w)
{
	struct list *it, *next;

	if (w->fd == -1)
		return;
	loop_unwatch(w->loop, w->fd);
	w->fd = -1;
	LIST_FOREACH (it, next, &w->waiting)
		finish(w, LIST_OF(it, struct waiting, link), -ENOTCONN);
}

static void
on_readable(void *arg, int fd, unsigned events)
{
	struct writes *w = arg;
	struct ipc_message m;
	int got;

	(void)events;
	while ((got = ipc_recv(fd, w->buffer, &m)) == 1) {
		if (m.fd != -1)
			(void)close(m.fd);
		if (m.type == COLLECTOR_NEW_ROWS)
			on_new_rows(w, &m);
		else if (m.type == COLLECTOR_APPENDED ||
		    m.type == COLLECTOR_AGENT_PUT)
			on_answer(w, &m);
	}
	if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		log_warn("the writer of the store is gone: changes are refused");
		disconnect(w);
	}
}

static void
on_timer(void *arg)
{
	struct writes *w = arg;
	int64_t now = clock_mono_us();
	struct list *it, *next;

	LIST_FOREACH (it, next, &w->waiting) {
		struct waiting *p = LIST_OF(it, struct waiting, link);

		if (now >= p->until_us)
			finish(w, p, -ETIMEDOUT);
	}
}

struct writes *
writes_new(struct loop *loop, int fd, void (*new_rows)(void *arg, int64_t last_id),
    void *arg)
{
	struct writes *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	list_init(&w->waiting);
	w->loop = loop;
	w->fd = -1;
	w->new_rows = new_rows;
	w->arg = arg;
	if (fd == -1)
		return w;
	if (loop_watch(loop, fd, LOOP_READ, on_readable, w) == -1)
		goto fail;
	w->fd = fd;
	if ((w->timer = loop_timer(loop, CLOCK_US, CLOCK_US, on_timer, w)) == NULL)
		goto fail;
	return w;

fail:
	writes_free(w);
	return NULL;
}

void
writes_free(struct writes *w)
{
	struct list *it, *next;

	if (w == NULL)
		return;
	if (w->timer != NULL)
		loop_timer_cancel(w->loop, w->timer);
	if (w->fd != -1)
		loop_unwatch(w->loop, w->fd);
	w->fd = -1;
	LIST_FOREACH (it, next, &w->waiting)
		finish(w, LIST_OF(it, struct waiting, link), -ECANCELED);
	free(w);
}

bool
writes_connected(const struct writes *w)
{
	return w->fd != -1;
}

static int
send_ticket(struct writes *w, uint16_t type, enum record_class cls,
    const void *body, size_t len, writes_done_fn *done, void *arg)
{
	struct collector_append head = {
	    .ticket = w->ticket + 1, .cls = (uint32_t)cls};
	struct waiting *p = NULL;
	struct buf b;

	buf_init(&b, IPC_MESSAGE_MAX);
	if (w->fd == -1) {
		errno = ENOTCONN;
		return -1;
	}
	if (w->waiting_n >= WEB_WRITES_MAX) {
		errno = ENOSPC;
		return -1;
	}
	if ((p = calloc(1, sizeof(*p))) == NULL)
		goto fail;
	if (buf_add(&b, &head, sizeof(head)) == -1 ||
	    buf_add(&b, body, len) == -1) {
		errno = EMSGSIZE;
		goto fail;
	}
	if (ipc_send(w->fd, type, b.data, b.len, -1) == -1)
		goto fail;
	buf_release(&b);
	p->ticket = ++w->ticket;
	p->until_us = clock_mono_us() + WEB_WRITE_TIMEOUT_US;
	p->done = done;
	p->arg = arg;
	list_push(&w->waiting, &p->link);
	w->waiting_n++;
	return 0;

fail:
	buf_release(&b);
	free(p);
	return -1;
}

int
writes_append(struct writes *w, enum record_class cls, struct buf *json,
    writes_done_fn *done, void *arg)
{
	if (json->overflow) {
		errno = EMSGSIZE;
		return -1;
	}
	return send_ticket(
	    w, COLLECTOR_APPEND, cls, json->data, json->len, done, arg);
}

int
writes_put_agent(
    struct writes *w, const struct store_agent *a, writes_done_fn *done, void *arg)
{
	return send_ticket(
	    w, COLLECTOR_PUT_AGENT, RECORD_HEALTH, a, sizeof(*a), done, arg);
}

/* BIO2 8.15.01 asks of each line: action, object, result, origin, actor, time. */
int
writes_audit(
    struct writes *w, const struct audit *a, writes_done_fn *done, void *arg)
{
	char now[CLOCK_TEXT_SIZE];
	struct jw jw;
	struct buf b;
	int result;

	buf_init(&b, RECORD_JSON_MAX);
	jw_init(&jw, &b);
	jw_object(&jw, NULL);
	jw_str(&jw, "timestamp", clock_text(clock_wall_us(), now));
	jw_str(&jw, "event_type", "audit");
	jw_object(&jw, "audit");
	jw_str(&jw, "action", a->action);
	jw_str(&jw, "object", a->object);
	jw_str(&jw, "result", a->result);
	jw_str(&jw, "origin", a->origin);
	jw_str(&jw, "actor", a->actor);
	jw_end_object(&jw);
	jw_object(&jw, "stadswacht");
	jw_int(&jw, "v", RECORD_VERSION);
	jw_str(&jw, "class", record_class_name(RECORD_HEALTH));
	if (a->tenant[0] != '\0')
		jw_str(&jw, "tenant", a->tenant);
	jw_end_object(&jw);
	jw_end_object(&jw);
	result = writes_append(w, RECORD_HEALTH, &b, done, arg);
	buf_release(&b);
	return result;
}
