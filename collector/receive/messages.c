/* SPDX-License-Identifier: EUPL-1.2 */
/* What an agent may say, and what is done with it (docs/protocol.md). */
#include "collector/receive/inside.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/str.h"

#include <stdlib.h>
#include <string.h>

static void
refuse(
    struct intake *i, struct span peer, enum wire_refusal reason, const char *text)
{
	i->stats.messages_bad += reason != WIRE_REFUSED_STRANGER;
	buf_reset(&i->out);
	if (wire_put_refused(&i->out, reason, text) == 0)
		server_send(i->server, peer, &i->out);
}

/* --- one batch
 * ---------------------------------------------------------------------- */

/* What one batch is about, for the steps below. */
struct work {
	struct agent *agent;
	char epoch[EPOCH_TEXT];
	enum record_class cls;
};

static void
on_conflict(struct intake *i, struct agent *a)
{
	i->stats.conflicts++;
	if (a->conflict)
		return;
	a->conflict = true;
	log_error(
	    "receive: %s sent a sequence twice with other content", a->a.name);
	intake_tell(i, NOTE_CONFLICT, a, NULL);
}

static int
store_record(struct intake *i, const struct work *w, const struct wire_item *item)
{
	struct record_origin o = {.tenant = w->agent->a.tenant,
	    .agent = w->agent->a.name,
	    .host = w->agent->a.host,
	    .epoch = w->epoch,
	    .seq = item->first};
	int64_t id;
	int result;

	if (row_fill(&i->row, item->json, item->json_len, item->time_us, w->cls,
		&o) == -1)
		return -1;
	if ((result = store_append(i->store, &i->row.r, &id)) == -1)
		return -1;
	if (result == 2)
		on_conflict(i, w->agent);
	if (result != 0) {
		i->stats.twice++;
		return 0;
	}
	i->stats.malformed += i->row.malformed;
	i->stats.rows++;
	i->last_id = id;
	FAULT("row-appended");
	return 0;
}

static int
store_gap(struct intake *i, const struct work *w, const struct wire_item *item)
{
	uint64_t mark = dedupe_mark(i->dedupe, w->agent->a.name, w->epoch, w->cls);
	uint64_t first = item->first > mark ? item->first : mark + 1;

	i->stats.gaps++;
	return store_add_gap(i->store, w->agent->a.name, w->epoch, w->cls, first,
	    item->last, clock_wall_us());
}

/* 0: done; 1: not now, the rest of the batch neither; -1: the store failed. */
static int
take_item(struct intake *i, const struct work *w, const struct wire_item *item)
{
	const char *name = w->agent->a.name;
	uint32_t crc;

	i->work++;
	switch (dedupe_check(
	    i->dedupe, name, w->epoch, w->cls, item->first, item->last)) {
	case DEDUPE_FULL:
		return 1;
	case DEDUPE_FAILED:
		return -1;
	case DEDUPE_SEEN:
		i->stats.twice++;
		crc = crc32c(0, item->json, item->json_len);
		if (!item->gap &&
		    store_seen(
			i->store, name, w->epoch, w->cls, item->first, crc) == 2)
			on_conflict(i, w->agent);
		return 0;
	case DEDUPE_NEW:
		break;
	}
	if ((item->gap ? store_gap(i, w, item) : store_record(i, w, item)) == -1)
		return -1;
	return dedupe_add(
	    i->dedupe, name, w->epoch, w->cls, item->first, item->last);
}

/* To be answered after the commit.  Rows beyond the maximum are told by a later
 * one. */
static void
note_answer(struct intake *i, struct session *s, const struct wire_batch *b)
{
	size_t k = 0;

	if (!s->answer) {
		s->answer = true;
		s->next = i->answer;
		i->answer = s;
	}
	s->number = b->number;
	while (k < s->acks &&
	    (s->ack[k].cls != b->cls ||
		memcmp(s->ack[k].epoch, b->epoch, WIRE_EPOCH_BYTES) != 0))
		k++;
	if (k == RECEIVE_ACKS_MAX)
		return;
	if (k == s->acks)
		s->acks++;
	s->ack[k].cls = b->cls;
	memcpy(s->ack[k].epoch, b->epoch, WIRE_EPOCH_BYTES);
}

/* 1, or 0 when this would be one new epoch of the agent too many; -1. */
static int
epoch_allowed(struct intake *i, struct agent *a, const char *epoch)
{
	int64_t day = clock_mono_us() / (24 * 3600 * INT64_C(1000000));
	int known = store_has_source(i->store, a->a.name, epoch);

	if (known != 0)
		return known;
	if (a->epochs_day != day) {
		a->epochs_day = day;
		a->epochs = 0;
	}
	if (a->epochs < RECEIVE_EPOCHS_DAY) {
		a->epochs++;
		return 1;
	}
	i->stats.epochs_refused++;
	if (a->epochs++ == RECEIVE_EPOCHS_DAY)
		intake_tell(i, NOTE_EPOCHS, a, NULL);
	return 0;
}

static int
on_batch(struct intake *i, struct session *s, struct agent *a, struct cursor *c)
{
	struct work w = {.agent = a};
	struct wire_batch b;
	struct wire_item item;
	struct cursor items;
	int got = 0, result = 0, allowed;

	if (wire_get_batch(c, &b) == -1 ||
	    unpack_items(i->unpack, &b, &items) == -1)
		return -1;
	str_hex(b.epoch, WIRE_EPOCH_BYTES, w.epoch);
	w.cls = b.cls;
	if (intake_begin(i) == -1)
		return 0;
	if ((allowed = epoch_allowed(i, a, w.epoch)) == 0) {
		refuse(i, (struct span){.p = s->peer, .len = s->peer_len},
		    WIRE_REFUSED_EPOCHS, "too many new epochs today");
		return 0;
	}
	i->failed |= allowed == -1;
	while (
	    !i->failed && (got = wire_get_item(&items, &item)) == 1 && result == 0)
		result = take_item(i, &w, &item);
	if (result == -1)
		i->failed = true;
	if (got == -1)
		return -1;
	note_answer(i, s, &b);
	return 0;
}

/* --- other messages
 * --------------------------------------------------------------------- */

static struct session *
session_of(struct intake *i, struct span peer, const char *agent)
{
	struct session *s = table_get(i->sessions, peer.p, peer.len);
	size_t pos = 0, len;
	const void *key;

	if (s != NULL)
		str_copy(s->agent, sizeof(s->agent), agent);
	if (s != NULL || peer.len > PEER_BYTES_MAX)
		return s;
	/* Connections that ended leave their session; the oldest gives way. */
	if (table_count(i->sessions) == RECEIVE_SESSIONS_MAX &&
	    table_next(i->sessions, &pos, &key, &len) != NULL)
		free(table_take(i->sessions, key, len));
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	memcpy(s->peer, peer.p, peer.len);
	s->peer_len = peer.len;
	str_copy(s->agent, sizeof(s->agent), agent);
	if (table_put(i->sessions, peer.p, peer.len, s) == 0)
		return s;
	free(s);
	return NULL;
}

static void
send_marks(struct intake *i, struct span peer, const struct agent *a,
    const struct wire_hello *h)
{
	static struct wire_mark marks[WIRE_EPOCHS_MAX];
	char epoch[EPOCH_TEXT];

	for (size_t k = 0; k < h->epochs_n; k++) {
		const uint8_t *id = h->epochs + k * WIRE_EPOCH_BYTES;

		memcpy(marks[k].epoch, id, WIRE_EPOCH_BYTES);
		str_hex(id, WIRE_EPOCH_BYTES, epoch);
		for (int c = 0; c < RECORD_CLASSES; c++)
			marks[k].seq[c] = store_mark(
			    i->store, a->a.name, epoch, (enum record_class)c);
	}
	buf_reset(&i->out);
	if (wire_put_marks(&i->out, BEAT_SECONDS, marks, h->epochs_n) == 0)
		server_send(i->server, peer, &i->out);
}

static int
on_hello(struct intake *i, struct span peer, struct agent *a, struct cursor *c)
{
	static struct wire_hello h;

	if (wire_get_hello(c, &h) == -1)
		return -1;
	/* Marks are told as they are on disk. */
	if (intake_commit(i) == -1 || session_of(i, peer, a->a.name) == NULL)
		return 0;
	if (strcmp(h.agent.s, a->a.name) != 0)
		log_warn(
		    "receive: the key of %s greets under another name", a->a.name);
	if (h.host.s[0] != '\0')
		str_copy(a->a.host, sizeof(a->a.host), h.host.s);
	intake_save_agent(i, a);
	send_marks(i, peer, a, &h);
	/* It has cost a commit, and up to 4,096 look-ups: enough for one turn. */
	i->work += RECEIVE_WORK;
	return 0;
}

static int
on_ping(struct intake *i, struct span peer, struct cursor *c)
{
	struct wire_ping p;

	if (wire_get_ping(c, &p) == -1)
		return -1;
	p.time_us = clock_wall_us();
	buf_reset(&i->out);
	if (wire_put_ping(&i->out, WIRE_PONG, &p) == 0)
		server_send(i->server, peer, &i->out);
	return 0;
}

static void
heard(struct intake *i, struct agent *a)
{
	a->heard_us = clock_mono_us();
	a->a.last_seen_us = clock_wall_us();
	if (a->a.first_seen_us == 0)
		a->a.first_seen_us = a->a.last_seen_us;
	a->changed = true;
	if (!a->silent)
		return;
	a->silent = false;
	intake_tell(i, NOTE_BACK, a, NULL);
	intake_save_agent(i, a); /* so that who looks now sees it */
}

void
messages_take(struct intake *i, const struct server_message *m)
{
	struct agent *a = m->agent != NULL ? agents_get(i->agents, m->agent) : NULL;
	struct session *s = table_get(i->sessions, m->peer.p, m->peer.len);
	struct cursor c = cur_of_span(m->body);
	int type = wire_type(&c), result = -1;

	i->work++;
	/* Asked of each message, so that a revoked agent's connection is no use to
	 * it. */
	if (a == NULL || a->a.state != STORE_AGENT_ACTIVE) {
		refuse(i, m->peer, WIRE_REFUSED_AGENT, "this agent is not active");
		return;
	}
	heard(i, a);
	if (type == WIRE_HELLO)
		result = on_hello(i, m->peer, a, &c);
	else if (type == WIRE_PING)
		result = on_ping(i, m->peer, &c);
	else if (type == WIRE_BATCH && s != NULL && strcmp(s->agent, m->agent) == 0)
		result = on_batch(i, s, a, &c);
	else if (type == WIRE_BATCH) {
		refuse(i, m->peer, WIRE_REFUSED_STRANGER, "greet first");
		return;
	}
	if (result == -1)
		refuse(i, m->peer,
		    type == -1 ? WIRE_REFUSED_VERSION : WIRE_REFUSED_MESSAGE,
		    type == -1 ? "another version of the protocol"
			       : "a message that is not well formed");
}
