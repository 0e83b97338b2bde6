/* SPDX-License-Identifier: EUPL-1.2 */
/* A process as a writer of records: its number line, its overflow queue, its gaps.
 */
#include "common/clock.h"
#include "common/jw.h"
#include "common/list.h"
#include "common/record.h"
#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct waiting {
	struct list link;
	size_t len;
	uint8_t bytes[];
};

struct record_writer {
	int sock;
	uint64_t writer, next;
	size_t overflow_max, overflow_bytes, waiting_n;
	struct list waiting;
	struct buf scratch;
	uint64_t dropped[RECORD_CLASSES]; /* since the start */
	uint64_t told[RECORD_CLASSES];	  /* of those, in gap records */
};

struct record_writer *
record_writer_new(int sock, size_t overflow_max)
{
	struct record_writer *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->sock = sock;
	w->next = 1;
	w->overflow_max = overflow_max;
	list_init(&w->waiting);
	buf_init(&w->scratch, RECORD_JSON_MAX + 1024);
	str_random(&w->writer, sizeof(w->writer));
	return w;
}

void
record_writer_free(struct record_writer *w)
{
	struct list *it, *nx;

	if (w == NULL)
		return;
	LIST_FOREACH (it, nx, &w->waiting)
		free(LIST_OF(it, struct waiting, link));
	buf_release(&w->scratch);
	free(w);
}

static int
send_now(struct record_writer *w, const void *p, size_t len)
{
	ssize_t n;

	do
		n = send(w->sock, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == ENOBUFS)
		errno = EAGAIN;
	return n == -1 ? -1 : 0;
}

static int
keep(struct record_writer *w, const void *p, size_t len)
{
	struct waiting *q;

	if (len > w->overflow_max - w->overflow_bytes ||
	    (q = malloc(sizeof(*q) + len)) == NULL)
		return -1;
	q->len = len;
	memcpy(q->bytes, p, len);
	list_push(&w->waiting, &q->link);
	w->overflow_bytes += len;
	w->waiting_n++;
	return 0;
}

/*
 * Encode with the next number.  The number is used up only when the record is
 * sent or kept, so that the line has no holes: what is dropped is counted apart.
 */
static int
put(struct record_writer *w, enum record_class cls, int64_t time_us,
    const char *json, size_t len)
{
	struct record r = {.cls = cls,
	    .writer = w->writer,
	    .number = w->next,
	    .time_us = time_us,
	    .json = json,
	    .json_len = len};
	bool may_wait = cls <= RECORD_ALERT;

	buf_reset(&w->scratch);
	if (record_encode(&r, &w->scratch) == -1) {
		errno = EMSGSIZE;
		return -1;
	}
	if (w->waiting_n == 0 &&
	    send_now(w, w->scratch.data, w->scratch.len) == 0) {
		w->next++;
		return 0;
	}
	if (w->waiting_n == 0 && errno != EAGAIN)
		return -1;
	if (!may_wait || keep(w, w->scratch.data, w->scratch.len) == -1)
		return 1;
	w->next++;
	return 0;
}

int
record_write(struct record_writer *w, enum record_class cls, int64_t time_us,
    const char *json, size_t len)
{
	int rc = put(w, cls, time_us, json, len);

	if (rc != 0)
		w->dropped[cls]++;
	return rc;
}

/* Tell once what was dropped since the last time, as agent state (gid 600). */
static void
tell_gap(struct record_writer *w)
{
	char text[CLOCK_TEXT_SIZE];
	struct buf b;
	struct jw j;
	int64_t now = clock_wall_us();
	bool any = false;

	for (int c = 0; c < RECORD_CLASSES; c++)
		any = any || w->dropped[c] != w->told[c];
	if (!any)
		return;
	buf_init(&b, 4096);
	jw_init(&j, &b);
	jw_object(&j, NULL);
	jw_str(&j, "timestamp", clock_text(now, text));
	jw_str(&j, "event_type", "gap");
	jw_object(&j, "gap");
	jw_str(&j, "where", "queue");
	jw_object(&j, "lost");
	for (int c = 0; c < RECORD_CLASSES; c++)
		if (w->dropped[c] != w->told[c])
			jw_uint(&j, record_class_name((enum record_class)c),
			    w->dropped[c] - w->told[c]);
	jw_end_object(&j);
	jw_end_object(&j);
	jw_object(&j, "stadswacht");
	jw_int(&j, "v", RECORD_VERSION);
	jw_str(&j, "class", record_class_name(RECORD_HEALTH));
	jw_str(&j, "engine", "agent");
	jw_end_object(&j);
	jw_end_object(&j);
	if (!b.overflow && put(w, RECORD_HEALTH, now, (char *)b.data, b.len) == 0)
		memcpy(w->told, w->dropped, sizeof(w->told));
	buf_release(&b);
}

size_t
record_writer_flush(struct record_writer *w)
{
	struct list *it, *nx;

	LIST_FOREACH (it, nx, &w->waiting) {
		struct waiting *q = LIST_OF(it, struct waiting, link);

		if (send_now(w, q->bytes, q->len) == -1)
			return w->waiting_n;
		list_remove(it);
		w->overflow_bytes -= q->len;
		w->waiting_n--;
		free(q);
	}
	tell_gap(w);
	return w->waiting_n;
}

uint64_t
record_writer_dropped(const struct record_writer *w, enum record_class cls)
{
	return w->dropped[cls];
}
