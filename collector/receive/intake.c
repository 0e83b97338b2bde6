/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/receive/intake.h"
#include "collector/limits.h"
#include "collector/receive/agents.h"
#include "collector/receive/dedupe.h"
#include "collector/receive/notes.h"
#include "collector/receive/row.h"
#include "collector/receive/unpack.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/str.h"
#include "common/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_TEXT     (2 * WIRE_EPOCH_BYTES + 1)
#define PEER_BYTES_MAX 64
#define SEEN_WRITE_US  (30 * INT64_C(1000000))
#define BEAT_SECONDS   10

/* A connection that greeted. */
struct session {
	uint8_t peer[PEER_BYTES_MAX];
	size_t peer_len;
	char agent[STORE_NAME_MAX];
	struct session *next; /* of those to be answered after the commit */
	bool answer;
	uint64_t number; /* of the last batch */
	struct wire_ack ack[RECEIVE_ACKS_MAX];
	size_t acks;
};

struct intake {
	struct store *store;
	struct server *server;
	struct agents *agents;
	struct dedupe *dedupe;
	struct unpack *unpack;
	struct table *sessions;
	struct session *answer; /* list */
	struct row row;
	struct buf out;
	bool inside, failed; /* a transaction; and it can not be saved */
	size_t rows;	     /* in it */
	int64_t last_id, last_committed;
	int64_t started_us, seen_written_us;
	int64_t keep_us;
	int64_t strangers_minute;
	unsigned strangers_told;
	struct intake_stats stats;
};

struct intake *
intake_new(struct store *s, int64_t keep_us)
{
	struct intake *i;

	if ((i = calloc(1, sizeof(*i))) == NULL)
		return NULL;
	i->store = s;
	i->keep_us = keep_us;
	i->started_us = clock_mono_us();
	row_init(&i->row);
	buf_init(&i->out, WIRE_MESSAGE_MAX);
	i->agents = agents_load(s);
	i->dedupe = dedupe_new(s);
	i->unpack = unpack_new();
	i->sessions = table_new(RECEIVE_SESSIONS_MAX, free);
	i->last_committed = store_last_id(s);
	if (i->agents != NULL && i->dedupe != NULL && i->unpack != NULL &&
	    i->sessions != NULL && i->last_committed != -1)
		return i;
	intake_free(i);
	return NULL;
}

void
intake_free(struct intake *i)
{
	if (i == NULL)
		return;
	agents_free(i->agents);
	dedupe_free(i->dedupe);
	unpack_free(i->unpack);
	table_free(i->sessions);
	row_release(&i->row);
	buf_release(&i->out);
	free(i);
}

int64_t
intake_last_id(const struct intake *i)
{
	return i->last_committed;
}

const struct intake_stats *
intake_stats(const struct intake *i)
{
	return &i->stats;
}

/* --- the transaction -------------------------------------------------------------
 */

static int
begin(struct intake *i)
{
	if (i->inside)
		return 0;
	if (store_begin(i->store) == -1) {
		i->failed = true;
		return -1;
	}
	i->inside = true;
	return 0;
}

static void
undo(struct intake *i)
{
	store_rollback(i->store);
	dedupe_forget(i->dedupe);
	for (; i->answer != NULL; i->answer = i->answer->next) {
		i->answer->answer = false;
		i->answer->acks = 0;
	}
	i->inside = i->failed = false;
	i->rows = 0;
	i->stats.failed++;
}

static void
acknowledge(struct intake *i, struct session *s)
{
	char epoch[EPOCH_TEXT];

	for (size_t k = 0; k < s->acks; k++) {
		struct wire_ack *a = &s->ack[k];

		str_hex(a->epoch, sizeof(a->epoch), epoch);
		a->seq = dedupe_mark(i->dedupe, s->agent, epoch, a->cls);
	}
	buf_reset(&i->out);
	if (wire_put_ack(&i->out, s->number, s->ack, s->acks) == 0)
		server_send(i->server,
		    (struct span){.p = s->peer, .len = s->peer_len}, &i->out);
	s->answer = false;
	s->acks = 0;
}

/* Make it durable; only then tell the agents. */
static int
commit(struct intake *i)
{
	if (i->inside && !i->failed) {
		FAULT("before-commit");
		if (dedupe_save(i->dedupe) == -1 || store_commit(i->store) == -1)
			i->failed = true;
		FAULT("after-commit");
	}
	if (i->failed) {
		undo(i);
		return -1;
	}
	i->inside = false;
	i->rows = 0;
	if (i->last_id > i->last_committed)
		i->last_committed = i->last_id;
	while (i->answer != NULL) {
		struct session *s = i->answer;

		i->answer = s->next;
		acknowledge(i, s);
	}
	return 0;
}

static void
tell(struct intake *i, enum note n, const struct agent *a, const char *key)
{
	int64_t id;

	if (begin(i) == -1)
		return;
	if ((id = notes_tell(i->store, i->dedupe, n, a, key)) < 0)
		i->failed = true;
	else
		i->last_id = id;
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
	tell(i, NOTE_CONFLICT, a, NULL);
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
	i->rows++;
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
	    item->last, 0, clock_wall_us());
}

/* 0: done; 1: not now, the rest of the batch neither; -1: the store failed. */
static int
take_item(struct intake *i, const struct work *w, const struct wire_item *item)
{
	const char *name = w->agent->a.name;
	uint32_t crc;

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

static int
on_batch(struct intake *i, struct session *s, struct agent *a, struct cursor *c)
{
	struct work w = {.agent = a};
	struct wire_batch b;
	struct wire_item item;
	struct cursor items;
	int got, result = 0;

	if (wire_get_batch(c, &b) == -1 ||
	    unpack_items(i->unpack, &b, &items) == -1)
		return -1;
	str_hex(b.epoch, WIRE_EPOCH_BYTES, w.epoch);
	w.cls = b.cls;
	if (begin(i) == -1)
		return 0;
	while ((got = wire_get_item(&items, &item)) == 1 && result == 0)
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

static void
save_agent(struct intake *i, struct agent *a)
{
	if (begin(i) == -1)
		return;
	a->changed = false;
	if (store_put_agent(i->store, &a->a) == -1)
		i->failed = true;
}

static int
on_hello(struct intake *i, struct span peer, struct agent *a, struct cursor *c)
{
	static struct wire_hello h;

	if (wire_get_hello(c, &h) == -1)
		return -1;
	/* Marks are told as they are on disk. */
	if (commit(i) == -1 || session_of(i, peer, a->a.name) == NULL)
		return 0;
	if (strcmp(h.agent.s, a->a.name) != 0)
		log_warn(
		    "receive: the key of %s greets under another name", a->a.name);
	if (h.host.s[0] != '\0')
		str_copy(a->a.host, sizeof(a->a.host), h.host.s);
	save_agent(i, a);
	send_marks(i, peer, a, &h);
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
refuse(
    struct intake *i, struct span peer, enum wire_refusal reason, const char *text)
{
	i->stats.messages_bad += reason != WIRE_REFUSED_STRANGER;
	buf_reset(&i->out);
	if (wire_put_refused(&i->out, reason, text) == 0)
		server_send(i->server, peer, &i->out);
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
	tell(i, NOTE_BACK, a, NULL);
}

static void
take(struct intake *i, const struct server_message *m)
{
	struct agent *a = m->agent != NULL ? agents_get(i->agents, m->agent) : NULL;
	struct session *s = table_get(i->sessions, m->peer.p, m->peer.len);
	struct cursor c = cur_of_span(m->body);
	int type = wire_type(&c), result = -1;

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

int
intake_turn(struct intake *i, struct server *server)
{
	struct server_message m;
	int taken = 0;

	i->server = server;
	while (
	    i->rows < RECEIVE_ROWS && !i->failed && server_recv(server, &m) == 1) {
		take(i, &m);
		taken = 1;
	}
	return commit(i) == -1 ? -1 : taken;
}

/* --- who may connect, and who is silent
 * --------------------------------------------------- */

static void
on_stranger(struct intake *i, const char *key)
{
	int64_t minute = clock_mono_us() / (60 * INT64_C(1000000));

	i->stats.strangers++;
	if (minute != i->strangers_minute) {
		i->strangers_minute = minute;
		i->strangers_told = 0;
	}
	if (i->strangers_told++ < RECEIVE_STRANGERS_MINUTE)
		tell(i, NOTE_STRANGER, NULL, key);
}

const char *
intake_allow(void *arg, const char *key)
{
	struct intake *i = arg;
	struct store_agent known;
	struct agent *a;

	if (store_agent_by_key(i->store, key, &known) == 1 &&
	    (a = agents_get(i->agents, known.name)) != NULL &&
	    a->a.state == STORE_AGENT_ACTIVE)
		return a->a.name;
	on_stranger(i, key);
	return NULL;
}

static void
check_silence(struct intake *i, struct agent *a, int64_t now)
{
	int64_t since = a->heard_us != 0 ? a->heard_us : i->started_us;

	if (a->silent || a->a.state != STORE_AGENT_ACTIVE ||
	    a->a.first_seen_us == 0 || now - since <= RECEIVE_SILENT_US)
		return;
	a->silent = true;
	tell(i, NOTE_SILENT, a, NULL);
}

static void
expire(struct intake *i)
{
	long n;

	if (begin(i) == -1)
		return;
	n = store_expire(
	    i->store, clock_wall_us() - i->keep_us, RECEIVE_EXPIRE_ROWS);
	if (n == -1)
		i->failed = true;
	else
		i->stats.expired += (uint64_t)n;
}

void
intake_tick(struct intake *i)
{
	int64_t now = clock_mono_us();
	bool write = now - i->seen_written_us >= SEEN_WRITE_US;
	struct agent *a;
	size_t pos = 0;

	while ((a = agents_next(i->agents, &pos)) != NULL) {
		check_silence(i, a, now);
		if (write && a->changed)
			save_agent(i, a);
	}
	if (write) {
		i->seen_written_us = now;
		expire(i);
	}
	commit(i);
}

/* --- for correlate and web
 * ------------------------------------------------------------------ */

int64_t
intake_append(struct intake *i, enum record_class c, const char *json, size_t len)
{
	int64_t id;

	if (begin(i) == -1) {
		undo(i);
		return -EIO;
	}
	if ((id = notes_append(i->store, i->dedupe, c, json, len)) < 0) {
		undo(i);
		return id;
	}
	i->last_id = id;
	return commit(i) == -1 ? -EIO : id;
}

int64_t
intake_put_agent(struct intake *i, const struct store_agent *a)
{
	struct agent *known = agents_get(i->agents, a->name);
	struct store_agent merged = *a;

	if (a->name[0] == '\0' || strcmp(a->name, NOTES_AGENT) == 0 ||
	    !keyfile_is_key(a->key))
		return -EINVAL;
	if (known != NULL) {
		/* Who writes the row knows less of this than we do. */
		merged.first_seen_us = known->a.first_seen_us;
		merged.last_seen_us = known->a.last_seen_us;
		if (merged.host[0] == '\0')
			memcpy(merged.host, known->a.host, sizeof(merged.host));
	}
	if (begin(i) == -1 || store_put_agent(i->store, &merged) == -1) {
		undo(i);
		return -EIO;
	}
	if (commit(i) == -1)
		return -EIO;
	return agents_put(i->agents, &merged) == NULL ? -ENOMEM : 0;
}
