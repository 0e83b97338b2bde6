/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Modbus over TCP, on port 502.  A request and its response are a transaction; so is
 * a response that nobody asked for.
 */
#include "agent/app/modbus.h"

#include "agent/app/frames.h"
#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>

enum {
	MODBUS_DONE = 1,
	PORT_MODBUS = 502,
	LENGTH_AT = 4,
};

enum {
	EVENT_PROTOCOL,
	EVENT_UNSOLICITED,
	EVENT_LENGTH,
	EVENT_FUNCTION,
	EVENT_VALUE,
	EVENT_EXCEPTION,
	EVENT_MISMATCH,
	EVENT_FLOODED,
};

static const char *const EVENTS[] = {
    [EVENT_PROTOCOL] = "invalid_protocol_id",
    [EVENT_UNSOLICITED] = "unsolicited_response",
    [EVENT_LENGTH] = "invalid_length",
    [EVENT_FUNCTION] = "invalid_function_code",
    [EVENT_VALUE] = "invalid_value",
    [EVENT_EXCEPTION] = "invalid_exception_code",
    [EVENT_MISMATCH] = "value_mismatch",
    [EVENT_FLOODED] = "flooded",
    NULL,
};

struct state {
	struct frames frames[APP_DIRS];
};

/* --- transactions -------------------------------------------------------------------- */

static void
tell_errors(struct app_tx *tx, unsigned errors)
{
	static const struct {
		unsigned error, event;
	} rows[] = {
	    {MODBUS_BAD_LENGTH, EVENT_LENGTH},
	    {MODBUS_BAD_VALUE, EVENT_VALUE},
	    {MODBUS_BAD_FUNCTION, EVENT_FUNCTION},
	    {MODBUS_BAD_EXCEPTION, EVENT_EXCEPTION},
	    {MODBUS_BAD_PROTOCOL, EVENT_PROTOCOL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (errors & rows[i].error)
			app_tx_event(tx, rows[i].event);
}

/* With a copy of the message, of which m has spans. */
static struct modbus_tx *
tx_new(struct app_flow *a, enum app_dir d, struct span bytes,
    const struct modbus_message *m)
{
	struct modbus_tx *t;
	uint8_t *copy;

	if (!app_hold(a, bytes.len))
		return NULL;
	t = (struct modbus_tx *)app_tx_new(a, sizeof(*t) + bytes.len);
	if (t == NULL) {
		app_drop(a, bytes.len);
		return NULL;
	}
	copy = (uint8_t *)(t + 1);
	memcpy(copy, bytes.p, bytes.len);
	t->copy = (struct span){copy, bytes.len};
	t->has[d] = true;
	t->said[d] = *m;
	if (m->written.p != NULL)
		t->said[d].written.p = copy + (m->written.p - bytes.p);
	t->tx.progress[APP_TS] = MODBUS_DONE;
	return t;
}

const struct modbus_message *
modbus_tx_message(const struct modbus_tx *t)
{
	return &t->said[t->has[APP_TS] ? APP_TS : APP_TC];
}

static void
modbus_tx_release(struct app_flow *a, struct app_tx *tx)
{
	app_drop(a, ((struct modbus_tx *)tx)->copy.len);
}

static bool
is_for(const struct modbus_message *request, const struct modbus_message *response)
{
	return request->id == response->id && request->unit == response->unit &&
	    modbus_function(request) == modbus_function(response) &&
	    (request->has_sub == response->has_sub
		    ? request->sub == response->sub
		    : (response->function & MODBUS_EXCEPTION) != 0);
}

/* The oldest that waits for the response. */
static struct modbus_tx *
find_tx(const struct app_flow *a, const struct modbus_message *response)
{
	for (struct app_tx *tx = a->first; tx != NULL; tx = tx->next) {
		struct modbus_tx *t = (struct modbus_tx *)tx;

		if (t->has[APP_TS] && !t->has[APP_TC] &&
		    is_for(&t->said[APP_TS], response))
			return t;
	}
	return NULL;
}

/* --- messages ------------------------------------------------------------------------- */

static void
on_request(struct app_flow *a, struct span bytes, const struct modbus_message *m)
{
	struct modbus_tx *t;

	if (a->txs > MODBUS_TX_FLOOD)
		return;
	if ((t = tx_new(a, APP_TS, bytes, m)) == NULL)
		return;
	tell_errors(&t->tx, m->errors);
	if (a->txs > MODBUS_TX_FLOOD)
		app_tx_event(&t->tx, EVENT_FLOODED);
}

static void
on_response(struct app_flow *a, struct span bytes, const struct modbus_message *m)
{
	struct modbus_tx *t = find_tx(a, m);
	bool wanted = t != NULL;

	if (!wanted && (t = tx_new(a, APP_TC, bytes, m)) == NULL)
		return;
	if (wanted) {
		t->has[APP_TC] = true;
		t->said[APP_TC] = *m;
		t->said[APP_TC].written = (struct span){NULL, 0};
	} else
		app_tx_event(&t->tx, EVENT_UNSOLICITED);
	if (wanted && !modbus_answers(&t->said[APP_TS], m))
		app_tx_event(&t->tx, EVENT_MISMATCH);
	else
		tell_errors(&t->tx, m->errors);
	t->tx.progress[APP_TC] = MODBUS_DONE;
}

static size_t
length_of(const uint8_t *head)
{
	struct cursor c = cur_of(head + LENGTH_AT, 2);

	return cur_be16(&c);
}

static size_t
message_size(const uint8_t *head)
{
	size_t length = length_of(head);

	return MODBUS_HEAD + (length > MODBUS_LENGTH ? 0 : length);
}

static void
on_stream(struct app_flow *a, enum app_dir d, struct span in)
{
	struct state *s = a->state;
	struct modbus_message m;
	struct span bytes;
	bool lost;

	while (frames_next(a, &s->frames[d], &in, &bytes, &lost)) {
		modbus_read(bytes, d, &m);
		if (d == APP_TS)
			on_request(a, bytes, &m);
		else
			on_response(a, bytes, &m);
		/* Of a length that cannot be, nobody knows where the next begins. */
		if (length_of(bytes.p) > MODBUS_LENGTH)
			in.len = 0;
	}
	if (lost) {
		frames_forget(a, &s->frames[d]);
		app_stop(a, d);
	}
}

/* --- the parser ------------------------------------------------------------------------ */

static enum app_guess
modbus_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	return f->key.bport == PORT_MODBUS ? modbus_begins(bytes, d) : APP_NO;
}

static void *
modbus_state_new(void)
{
	struct state *s = calloc(1, sizeof(*s));

	for (int d = 0; s != NULL && d < APP_DIRS; d++)
		frames_init(&s->frames[d], MODBUS_HEAD, MODBUS_HEAD + MODBUS_LENGTH,
		    message_size);
	return s;
}

static void
modbus_state_free(void *state)
{
	struct state *s = state;

	frames_release(&s->frames[APP_TS]);
	frames_release(&s->frames[APP_TC]);
	free(s);
}

static size_t
modbus_read_news(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct state *s = a->state;

	if (n->kind == STREAM_DATA)
		on_stream(a, d, n->data);
	else
		frames_forget(a, &s->frames[d]);
	return n->data.len;
}

/* --- what rules ask for ------------------------------------------------------------------ */

/* What is written at each address, coils as 0 and 1. */
static enum app_have
written(const struct modbus_message *m, unsigned instance, struct app_bytes *out)
{
	struct cursor c = cur_of_span(m->written);
	unsigned value;

	if (instance >= m->write_quantity ||
	    modbus_function(m) == MODBUS_MASK_REGISTER)
		return APP_ABSENT;
	if (modbus_function(m) == MODBUS_WRITE_COILS) {
		cur_take(&c, instance / 8);
		value = (unsigned)cur_u8(&c) >> instance % 8 & 1;
	} else {
		cur_take(&c, 2u * instance);
		value = cur_be16(&c);
		if (modbus_function(m) == MODBUS_WRITE_COIL)
			value = value != 0;
	}
	out->number = (uint64_t)(m->write_address + instance + 1) << 16 | value;
	return cur_ok(&c) ? APP_HAVE : APP_ABSENT;
}

static enum app_have
modbus_buffer(const struct app_flow *a, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct modbus_message *m =
	    modbus_tx_message((const struct modbus_tx *)tx);
	struct modbus_range at = modbus_addressed(m);

	(void)a;
	(void)d;
	switch (b) {
	case APP_MODBUS_UNIT:
		out->number = m->unit;
		return APP_HAVE;
	case APP_MODBUS_FUNCTION:
		out->number = modbus_named_function(m);
		return APP_HAVE;
	case APP_MODBUS_SUBFUNCTION:
		out->number = m->sub;
		return m->has_sub ? APP_HAVE : APP_ABSENT;
	case APP_MODBUS_CATEGORY:
		out->number = m->category;
		return APP_HAVE;
	case APP_MODBUS_ACCESS:
		out->number = m->access;
		return APP_HAVE;
	case APP_MODBUS_FIRST:
		out->number = at.first;
		return at.first > 0 ? APP_HAVE : APP_ABSENT;
	case APP_MODBUS_LAST:
		out->number = at.last;
		return at.first > 0 ? APP_HAVE : APP_ABSENT;
	case APP_MODBUS_VALUE:
		return m->has_write ? written(m, instance, out) : APP_ABSENT;
	default:
		return APP_ABSENT;
	}
}

static const struct app_use USE[] = {
    {APP_MODBUS_UNIT, {MODBUS_DONE, APP_NEVER}},
    {APP_MODBUS_FUNCTION, {MODBUS_DONE, APP_NEVER}},
    {APP_MODBUS_SUBFUNCTION, {MODBUS_DONE, APP_NEVER}},
    {APP_MODBUS_CATEGORY, {MODBUS_DONE, APP_NEVER}},
    {APP_MODBUS_ACCESS, {MODBUS_DONE, APP_NEVER}},
    {APP_MODBUS_FIRST, {MODBUS_DONE, APP_NEVER}},
    {APP_MODBUS_LAST, {MODBUS_DONE, APP_NEVER}},
    {APP_MODBUS_VALUE, {MODBUS_DONE, APP_NEVER}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser modbus_parser = {
    .id = APP_MODBUS,
    .name = "modbus",
    .word = "modbus",
    .over = APP_OVER_TCP,
    .done = {MODBUS_DONE, MODBUS_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = modbus_probe,
    .state_new = modbus_state_new,
    .state_free = modbus_state_free,
    .read = modbus_read_news,
    .tx_release = modbus_tx_release,
    .buffer = modbus_buffer,
    .write = modbus_tx_write,
};
