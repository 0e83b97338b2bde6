/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/receive/notes.h"
#include "collector/receive/row.h"
#include "common/clock.h"
#include "common/jw.h"

#include <errno.h>
#include <string.h>

#define GID_AGENT_STATE 600

static const struct text {
	enum note note;
	const char *state, *signature;
	int severity;
} TEXTS[] = {
    {NOTE_SILENT, "silent", "stadswacht agent is silent", 2},
    {NOTE_BACK, "back", "stadswacht agent is heard again", 3},
    {NOTE_STRANGER, "key_refused", "stadswacht key refused", 3},
    {NOTE_CONFLICT, "conflict",
	"stadswacht agent sent a sequence twice with other content", 1},
    {NOTE_EPOCHS, "epochs_refused", "stadswacht agent begins too many epochs", 2},
};

static int
store_row(struct store *s, struct dedupe *d, struct row *row, uint64_t seq)
{
	int64_t id;
	int result = store_append(s, &row->r, &id);

	if (result == 0)
		result =
		    dedupe_add(d, NOTES_AGENT, NOTES_EPOCH, row->r.cls, seq, seq);
	row->r.id = id;
	return result;
}

int64_t
notes_append(struct store *s, struct dedupe *d, enum record_class c,
    const char *json, size_t len)
{
	struct record_origin o = {.agent = NOTES_AGENT,
	    .epoch = NOTES_EPOCH,
	    .seq = dedupe_mark(d, NOTES_AGENT, NOTES_EPOCH, c) + 1};
	struct row row;
	int64_t id = -EIO, time_us;

	row_init(&row);
	if (row_fill(&row, json, len, clock_wall_us(), c, &o) == -1) {
		id = -ENOMEM;
	} else if (row.malformed) {
		id = -EBADMSG;
	} else {
		row.r.tenant = json_str(row.doc, "stadswacht.tenant");
		row.r.host = json_str(row.doc, "stadswacht.host");
		if (clock_parse(json_str(row.doc, "timestamp"), &time_us) == 0)
			row.r.time_us = time_us;
		if (store_row(s, d, &row, o.seq) == 0)
			id = row.r.id;
	}
	row_release(&row);
	return id;
}

static const struct text *
text_of(enum note n)
{
	size_t i = 0;

	while (TEXTS[i].note != n)
		i++;
	return &TEXTS[i];
}

static void
write_state(
    struct jw *w, const struct text *t, const struct agent *a, const char *key)
{
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, "agent_state");
	jw_str(w, "state", t->state);
	if (a != NULL) {
		jw_str(w, "agent", a->a.name);
		jw_str(w, "host", a->a.host);
		jw_str(w, "last_seen", clock_text(a->a.last_seen_us, time));
	}
	if (key != NULL)
		jw_str(w, "key", key);
	jw_end_object(w);
}

int64_t
notes_tell(struct store *s, struct dedupe *d, enum note n, const struct agent *a,
    const char *key)
{
	const struct text *t = text_of(n);
	char time[CLOCK_TEXT_SIZE];
	struct buf b;
	struct jw w;
	int64_t id;

	buf_init(&b, 4096);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_str(&w, "timestamp", clock_text(clock_wall_us(), time));
	jw_str(&w, "event_type", "agent_state");
	jw_object(&w, "alert");
	jw_str(&w, "action", "allowed");
	jw_int(&w, "gid", GID_AGENT_STATE);
	jw_int(&w, "signature_id", n);
	jw_int(&w, "rev", 1);
	jw_str(&w, "signature", t->signature);
	jw_str(&w, "category", "Agent state");
	jw_int(&w, "severity", t->severity);
	jw_end_object(&w);
	write_state(&w, t, a, key);
	jw_object(&w, "stadswacht");
	jw_int(&w, "v", RECORD_VERSION);
	jw_str(&w, "class", record_class_name(RECORD_HEALTH));
	jw_str(&w, "engine", "agent");
	if (a != NULL)
		jw_str(&w, "tenant", a->a.tenant);
	jw_end_object(&w);
	jw_end_object(&w);
	id = b.overflow
	    ? -EMSGSIZE
	    : notes_append(s, d, RECORD_HEALTH, (const char *)b.data, b.len);
	buf_release(&b);
	return id;
}
