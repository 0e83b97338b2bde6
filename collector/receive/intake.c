/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/receive/intake.h"
#include "collector/receive/inside.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_WRITE_US (30 * INT64_C(1000000))

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

int
intake_begin(struct intake *i)
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
	i->work = 0;
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
int
intake_commit(struct intake *i)
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
	i->work = 0;
	if (i->last_id > i->last_committed)
		i->last_committed = i->last_id;
	while (i->answer != NULL) {
		struct session *s = i->answer;

		i->answer = s->next;
		acknowledge(i, s);
	}
	return 0;
}

void
intake_tell(struct intake *i, enum note n, const struct agent *a, const char *key)
{
	int64_t id;

	if (intake_begin(i) == -1)
		return;
	if ((id = notes_tell(i->store, i->dedupe, n, a, key)) < 0)
		i->failed = true;
	else
		i->last_id = id;
}

void
intake_save_agent(struct intake *i, struct agent *a)
{
	if (intake_begin(i) == -1)
		return;
	a->changed = false;
	if (store_put_agent(i->store, &a->a) == -1)
		i->failed = true;
}

/* --- one turn ---------------------------------------------------------------------- */

int
intake_turn(struct intake *i, struct server *server)
{
	struct server_message m;
	int taken = 0;

	i->server = server;
	while (
	    i->work < RECEIVE_WORK && !i->failed && server_recv(server, &m) == 1) {
		messages_take(i, &m);
		taken = 1;
	}
	return intake_commit(i) == -1 ? -1 : taken;
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
		intake_tell(i, NOTE_STRANGER, NULL, key);
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
	intake_tell(i, NOTE_SILENT, a, NULL);
}

static void
expire(struct intake *i)
{
	long n;

	if (intake_begin(i) == -1)
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
			intake_save_agent(i, a);
	}
	if (write) {
		i->seen_written_us = now;
		expire(i);
	}
	intake_commit(i);
}

/* --- for correlate and web
 * ------------------------------------------------------------------ */

int64_t
intake_append(struct intake *i, enum record_class c, const char *json, size_t len)
{
	int64_t id;

	if (intake_begin(i) == -1) {
		undo(i);
		return -EIO;
	}
	if ((id = notes_append(i->store, i->dedupe, c, json, len)) < 0) {
		undo(i);
		return id;
	}
	i->last_id = id;
	return intake_commit(i) == -1 ? -EIO : id;
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
	if (intake_begin(i) == -1 || store_put_agent(i->store, &merged) == -1) {
		undo(i);
		return -EIO;
	}
	if (intake_commit(i) == -1)
		return -EIO;
	return agents_put(i->agents, &merged) == NULL ? -ENOMEM : 0;
}
