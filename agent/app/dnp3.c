/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * DNP3 over TCP (IEEE 1815), on port 20000.  Frames of the data link carry segments
 * of messages (chapters 8 and 9); each message is a transaction of its direction.
 */
#include "agent/app/dnp3.h"

#include "agent/app/frames.h"
#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>

enum {
	DNP3_DONE = 1,
	PORT_DNP3 = 20000,
	LINK_FUNCTION = 0x0f,
	LINK_CONFIRMED_DATA = 3,
	LINK_DATA = 4,
	SEGMENT_LAST = 0x80,
	SEGMENT_FIRST = 0x40,
	SEGMENT_SEQUENCE = 0x3f,
	FUNCTION_CONFIRM = 0,
};

static const char *const EVENTS[] = {
    [DNP3_EVENT_FLOODED] = "flooded",
    [DNP3_EVENT_SHORT] = "len_too_small",
    [DNP3_EVENT_LINK_CRC] = "bad_link_crc",
    [DNP3_EVENT_BLOCK_CRC] = "bad_transport_crc",
    [DNP3_EVENT_MALFORMED] = "malformed",
    [DNP3_EVENT_UNKNOWN_OBJECT] = "unknown_object",
    [DNP3_EVENT_POINTS] = "too_many_points",
    [DNP3_EVENT_OBJECTS] = "too_many_objects",
    NULL,
};

struct state {
	struct frames frames[APP_DIRS];
	struct dnp3_tx *open[APP_DIRS]; /* waits for more segments; NULL: none */
};

uint8_t
dnp3_tx_function(const struct dnp3_tx *t)
{
	return t->message.data[1];
}

uint16_t
dnp3_tx_indications(const struct dnp3_tx *t)
{
	struct cursor c = cur_of(t->message.data, t->message.len);

	cur_take(&c, dnp3_head_size(APP_TS));
	return t->d == APP_TC ? cur_be16(&c) : 0;
}

/* --- transactions ------------------------------------------------------------------ */

/* What is wrong with a frame is told with the message before it, as Suricata does. */
static void
event_of_last(struct app_flow *a, unsigned event)
{
	if (a->last != NULL)
		app_tx_event(a->last, event);
}

static void
finish(struct state *s, struct dnp3_tx *t)
{
	t->tx.progress[t->d] = DNP3_DONE;
	if (s->open[t->d] == t)
		s->open[t->d] = NULL;
}

static struct dnp3_tx *
tx_new(struct app_flow *a, enum app_dir d, const struct dnp3_frame *f)
{
	enum app_dir other = d == APP_TS ? APP_TC : APP_TS;
	struct dnp3_tx *t = (struct dnp3_tx *)app_tx_new(a, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->d = d;
	t->control = f->control;
	t->to = f->to;
	t->from = f->from;
	t->tx.progress[other] = DNP3_DONE;
	t->tx.inspected[other] = true;
	buf_init(&t->message, DNP3_MESSAGE_MAX);
	if (a->txs == DNP3_TX_FLOOD + 1)
		app_tx_event(&t->tx, DNP3_EVENT_FLOODED);
	return t;
}

static void
dnp3_tx_release(struct app_flow *a, struct app_tx *tx)
{
	struct dnp3_tx *t = (struct dnp3_tx *)tx;

	finish(a->state, t);
	app_drop(a, t->message.len + t->objects * sizeof(t->object[0]));
	buf_release(&t->message);
	free(t->object);
}

/* --- messages ------------------------------------------------------------------------ */

/* The transaction that a segment belongs to; NULL: none. */
static struct dnp3_tx *
tx_of_segment(struct app_flow *a, enum app_dir d, const struct dnp3_frame *f)
{
	struct state *s = a->state;
	uint8_t sequence = f->data[0] & SEGMENT_SEQUENCE;

	if (!(f->data[0] & SEGMENT_FIRST))
		return s->open[d] != NULL && s->open[d]->sequence == sequence
		    ? s->open[d]
		    : NULL;
	if (s->open[d] != NULL)
		finish(s, s->open[d]);
	if (d == APP_TS && f->data[2] == FUNCTION_CONFIRM)
		return NULL;
	return s->open[d] = tx_new(a, d, f);
}

static void
on_segment(struct app_flow *a, enum app_dir d, const struct dnp3_frame *f)
{
	struct dnp3_tx *t = tx_of_segment(a, d, f);

	if (t == NULL)
		return;
	t->sequence = (uint8_t)((f->data[0] + 1) & SEGMENT_SEQUENCE);
	if (!app_hold(a, f->len - 1)) {
		finish(a->state, t);
		return;
	}
	if (buf_add(&t->message, f->data + 1, f->len - 1) == -1) {
		app_drop(a, f->len - 1);
		app_cut(a);
		finish(a->state, t);
		return;
	}
	if (f->data[0] & SEGMENT_LAST) {
		dnp3_read_objects(a, t);
		finish(a->state, t);
	}
}

/* --- frames --------------------------------------------------------------------------- */

static void
stop(struct app_flow *a, unsigned event)
{
	event_of_last(a, event);
	app_stop(a, APP_TS);
	app_stop(a, APP_TC);
}

static bool
has_message(const struct dnp3_frame *f)
{
	unsigned function = f->control & LINK_FUNCTION;

	return function == LINK_CONFIRMED_DATA || function == LINK_DATA;
}

/* Suricata reads on behind a short request, and no more behind a short response. */
static void
on_short(struct app_flow *a, enum app_dir d)
{
	if (d == APP_TC)
		stop(a, DNP3_EVENT_SHORT);
	else
		event_of_last(a, DNP3_EVENT_SHORT);
}

static void
on_frame(struct app_flow *a, enum app_dir d, struct span bytes)
{
	struct dnp3_frame f;
	enum dnp3_frame_is is = dnp3_frame_read(bytes, &f);

	if (is == DNP3_FRAME_NONE) {
		app_stop(a, APP_TS);
		app_stop(a, APP_TC);
	} else if (is == DNP3_FRAME_BAD_HEAD)
		stop(a, DNP3_EVENT_LINK_CRC);
	else if (is == DNP3_FRAME_SHORT)
		stop(a, DNP3_EVENT_SHORT);
	else if (!has_message(&f))
		return;
	else if (f.len < 1 + dnp3_head_size(d))
		on_short(a, d);
	else if (is == DNP3_FRAME_BAD_BLOCK)
		event_of_last(a, DNP3_EVENT_BLOCK_CRC);
	else
		on_segment(a, d, &f);
}

/* Servers may greet with a line of text, which is none of the protocol. */
static bool
is_banner(enum app_dir d, struct span bytes)
{
	return d == APP_TC && bytes.len > 0 && bytes.p[0] != DNP3_START &&
	    memmem(bytes.p, bytes.len, "DNP3", 4) != NULL;
}

static void
on_stream(struct app_flow *a, enum app_dir d, struct span in)
{
	struct state *s = a->state;
	struct span frame;
	bool lost = false;

	if (s->frames[d].held.len == 0 && is_banner(d, in))
		return;
	while (!a->stopped[d] && frames_next(a, &s->frames[d], &in, &frame, &lost))
		on_frame(a, d, frame);
	if (lost)
		app_stop(a, d);
	if (a->stopped[d])
		frames_forget(a, &s->frames[d]);
}

/* --- the parser ----------------------------------------------------------------------- */

static enum app_guess
dnp3_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	if (f->key.bport != PORT_DNP3)
		return APP_NO;
	/* Of a server that greets, the client says what it is. */
	if (is_banner(d, bytes))
		return app_flow_id(f) == APP_UNKNOWN ? APP_MORE : APP_NO;
	if (bytes.len < DNP3_FRAME_HEAD)
		return bytes.len == 0 || bytes.p[0] == DNP3_START ? APP_MORE
								  : APP_NO;
	return dnp3_frame_begins(bytes.p) ? APP_YES : APP_NO;
}

static void *
dnp3_state_new(void)
{
	struct state *s = calloc(1, sizeof(*s));

	for (int d = 0; s != NULL && d < APP_DIRS; d++)
		frames_init(&s->frames[d], DNP3_FRAME_HEAD, DNP3_FRAME_MAX,
		    dnp3_frame_size);
	return s;
}

static void
dnp3_state_free(void *state)
{
	struct state *s = state;

	frames_release(&s->frames[APP_TS]);
	frames_release(&s->frames[APP_TC]);
	free(s);
}

static size_t
dnp3_read(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct state *s = a->state;

	if (n->kind == STREAM_DATA)
		on_stream(a, d, n->data);
	else
		frames_forget(a, &s->frames[d]);
	return n->data.len;
}

/* --- what rules and records ask for ----------------------------------------------------- */

/* An instance for each indication that is set. */
static enum app_have
indication(const struct dnp3_tx *t, unsigned instance, struct app_bytes *out)
{
	unsigned left = dnp3_tx_indications(t);

	for (; instance > 0 && left != 0; instance--)
		left &= left - 1;
	out->number = left & -left;
	return left != 0 ? APP_HAVE : APP_ABSENT;
}

static enum app_have
object(const struct dnp3_tx *t, unsigned instance, struct app_bytes *out)
{
	if (instance >= t->objects)
		return APP_ABSENT;
	out->number = (uint64_t)t->object[instance].group << 8 |
	    t->object[instance].variation;
	return APP_HAVE;
}

static enum app_have
dnp3_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct dnp3_tx *t = (const struct dnp3_tx *)tx;

	(void)a;
	if (d != t->d || t->message.len < dnp3_head_size(d))
		return APP_ABSENT;
	switch (b) {
	case APP_DNP3_FUNC:
		out->number = dnp3_tx_function(t);
		return APP_HAVE;
	case APP_DNP3_IND:
		return indication(t, instance, out);
	case APP_DNP3_OBJ:
		return object(t, instance, out);
	case APP_DNP3_DATA:
		out->bytes = (struct span){t->message.data, t->message.len};
		return APP_HAVE;
	default:
		return APP_ABSENT;
	}
}

static const struct app_use USE[] = {
    {APP_DNP3_FUNC, {DNP3_DONE, DNP3_DONE}},
    {APP_DNP3_IND, {APP_NEVER, DNP3_DONE}},
    {APP_DNP3_OBJ, {DNP3_DONE, DNP3_DONE}},
    {APP_DNP3_DATA, {DNP3_DONE, DNP3_DONE}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser dnp3_parser = {
    .id = APP_DNP3,
    .name = "dnp3",
    .word = "dnp3",
    .over = APP_OVER_TCP,
    .done = {DNP3_DONE, DNP3_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = dnp3_probe,
    .state_new = dnp3_state_new,
    .state_free = dnp3_state_free,
    .read = dnp3_read,
    .tx_release = dnp3_tx_release,
    .buffer = dnp3_buffer,
    .write = dnp3_tx_write,
};
