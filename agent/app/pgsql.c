/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * PostgreSQL over TCP, on port 5432: messages out of the stream.  Of each only the
 * beginning is kept; rows may be large.
 */
#include "agent/app/pgsql.h"

#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>

enum {
	PGSQL_DONE = 1,
	PORT_PGSQL = 5432,
	LENGTH_SIZE = 4, /* which counts itself */
	STARTUP_HEAD = 8,
	STARTUP_MAX = 10000, /* of the server itself */
};

/* --- finding it -------------------------------------------------------------------- */

static bool
is_startup(uint32_t length, uint32_t code)
{
	if (code == PGSQL_SSL || code == PGSQL_GSS)
		return length == STARTUP_HEAD;
	if (code == PGSQL_CANCEL)
		return length == STARTUP_HEAD + 8;
	return code == PGSQL_VERSION_3 && length > STARTUP_HEAD &&
	    length <= STARTUP_MAX;
}

/* A message with a type; those without are asked for before. */
static bool
is_typed(struct span bytes, const char *types)
{
	struct cursor c = cur_of_span(bytes);
	uint8_t type = cur_u8(&c);
	uint32_t length = cur_be32(&c);

	return cur_ok(&c) && type != 0 && strchr(types, type) != NULL &&
	    length >= LENGTH_SIZE && length <= PGSQL_LENGTH_MAX;
}

static enum app_guess
pgsql_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	uint32_t length = cur_be32(&c), code = cur_be32(&c);

	if (f->key.bport != PORT_PGSQL)
		return APP_NO;
	if (d == APP_TC && bytes.len == 1 && strchr("SNG", bytes.p[0]) != NULL)
		return APP_YES;
	if (bytes.len < STARTUP_HEAD && d == APP_TS)
		return APP_MORE;
	if (bytes.len < 1 + LENGTH_SIZE)
		return APP_MORE;
	if (d == APP_TC)
		return is_typed(bytes, "REN") ? APP_YES : APP_NO;
	return is_startup(length, code) || is_typed(bytes, "QPpX") ? APP_YES
								   : APP_NO;
}

/* --- messages out of the stream ------------------------------------------------------- */

/* Bytes before the body. */
static size_t
head_size(const struct pgsql_side *s)
{
	return LENGTH_SIZE + (s->has_started ? 1 : 0);
}

static bool
hold(struct app_flow *a, struct pgsql_side *s, struct span *in, size_t n)
{
	n = n < in->len ? n : in->len;
	if (!app_hold(a, n))
		return false;
	if (buf_add(&s->held, in->p, n) == -1) {
		app_drop(a, n);
		return false;
	}
	in->p += n;
	in->len -= n;
	return true;
}

static void
forget(struct app_flow *a, struct pgsql_side *s)
{
	app_drop(a, s->held.len);
	buf_reset(&s->held);
}

/* What is held, as a message; false: its length cannot be. */
static bool
message_of(const struct pgsql_side *s, struct pgsql_message *out)
{
	struct cursor c = cur_of(s->held.data, s->held.len);
	uint32_t length;

	out->type = s->has_started ? cur_u8(&c) : 0;
	length = cur_be32(&c);
	out->length = length - LENGTH_SIZE;
	out->body = cur_rest(&c);
	return length >= LENGTH_SIZE && length <= PGSQL_LENGTH_MAX;
}

static size_t
kept_of(const struct pgsql_message *m)
{
	return m->length < PGSQL_MESSAGE_KEEP ? m->length : PGSQL_MESSAGE_KEEP;
}

static void
on_message(struct app_flow *a, enum app_dir d, const struct pgsql_message *m)
{
	struct pgsql_state *st = a->state;

	if (d == APP_TC) {
		pgsql_on_response(a, m);
		return;
	}
	pgsql_on_request(a, m);
	/* After a startup messages have types; after a question about TLS none. */
	if (m->type == 0 && m->body.len >= 4) {
		struct cursor c = cur_of_span(m->body);

		st->side[APP_TS].has_started = cur_be32(&c) == PGSQL_VERSION_3;
	}
}

/* One step: into the head, then into what is kept of the body. */
static bool
step(struct app_flow *a, enum app_dir d, struct span *in)
{
	struct pgsql_state *st = a->state;
	struct pgsql_side *s = &st->side[d];
	struct pgsql_message m;
	size_t head = head_size(s);

	if (s->held.len < head && !hold(a, s, in, head - s->held.len))
		return false;
	if (s->held.len < head)
		return true;
	if (!message_of(s, &m))
		return false;
	if (m.body.len < kept_of(&m) && !hold(a, s, in, kept_of(&m) - m.body.len))
		return false;
	message_of(s, &m);
	if (m.body.len < kept_of(&m))
		return true;
	s->skip = (uint32_t)(m.length - m.body.len);
	on_message(a, d, &m);
	forget(a, s);
	return true;
}

static void
skip(struct pgsql_side *s, struct span *in)
{
	size_t n = in->len < s->skip ? in->len : s->skip;

	s->skip -= (uint32_t)n;
	in->p += n;
	in->len -= n;
}

/* The first byte says whether messages have types from the beginning. */
static void
begin(struct pgsql_side *s, enum app_dir d, struct span in)
{
	if (d == APP_TC || (s->held.len == 0 && in.p[0] != 0))
		s->has_started = true;
}

static size_t
read_side(struct app_flow *a, enum app_dir d, struct span in)
{
	struct pgsql_state *st = a->state;
	struct pgsql_side *s = &st->side[d];
	size_t len = in.len;

	while (in.len > 0 && !a->stopped[d] && !a->changed) {
		if (s->skip > 0) {
			skip(s, &in);
			continue;
		}
		if (d == APP_TC && s->held.len == 0 && pgsql_waits_for_byte(a) &&
		    in.p[0] != 'E') {
			pgsql_on_byte(a, in.p[0]);
			in.p++;
			in.len--;
			continue;
		}
		begin(s, d, in);
		if (!step(a, d, &in)) {
			forget(a, s);
			app_stop(a, d);
		}
	}
	return a->changed ? len - in.len : len;
}

/* --- the parser ----------------------------------------------------------------------- */

static void *
pgsql_state_new(void)
{
	struct pgsql_state *st = calloc(1, sizeof(*st));

	for (int d = 0; st != NULL && d < APP_DIRS; d++)
		buf_init(&st->side[d].held, PGSQL_MESSAGE_KEEP + LENGTH_SIZE + 1);
	return st;
}

static void
pgsql_state_free(void *state)
{
	struct pgsql_state *st = state;

	buf_release(&st->side[APP_TS].held);
	buf_release(&st->side[APP_TC].held);
	free(st);
}

static size_t
pgsql_read(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct pgsql_state *st = a->state;

	if (n->kind == STREAM_DATA)
		return read_side(a, d, n->data);
	forget(a, &st->side[d]);
	return n->data.len;
}

/* Suricata 7 has no keywords on it. */
static enum app_have
pgsql_buffer(const struct app_flow *a, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out)
{
	(void)a;
	(void)tx;
	(void)b;
	(void)d;
	(void)instance;
	(void)out;
	return APP_ABSENT;
}

const struct app_parser pgsql_parser = {
    .id = APP_PGSQL,
    .name = "pgsql",
    .word = "pgsql",
    .over = APP_OVER_TCP,
    .done = {PGSQL_DONE, PGSQL_DONE},
    .probe = pgsql_probe,
    .state_new = pgsql_state_new,
    .state_free = pgsql_state_free,
    .read = pgsql_read,
    .tx_release = pgsql_tx_release,
    .buffer = pgsql_buffer,
    .write = pgsql_tx_write,
};
