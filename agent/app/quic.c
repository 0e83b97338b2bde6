/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * QUIC over UDP: the packets that anybody can read, until each side has said hello.
 * Every packet with a long header, or with one of Google's that has a version, is a
 * transaction of its direction; ports and limits are Suricata 7's.
 */
#include "agent/app/quic.h"

#include <stdlib.h>

enum {
	QUIC_DONE = 1,
	PORT_HTTP = 80,
	PORT_HTTPS = 443,
};

static const char *const EVENTS[] = {
    [QUIC_EVENT_DECRYPT] = "failed_decrypt",
    [QUIC_EVENT_DATA] = "error_on_data",
    [QUIC_EVENT_HEADER] = "error_on_header",
    [QUIC_EVENT_CRYPTO_TOO_LONG] = "crypto_frag_too_long",
    NULL,
};

/* --- packets ------------------------------------------------------------------------ */

static void
add_tx(const struct quic_reading *r)
{
	const struct quic_head *h = r->head;
	struct quic_tx *t = (struct quic_tx *)message_tx_new(
	    r->a, r->d, sizeof(*t), (struct span){r->text.data, r->text.len});

	if (t == NULL)
		return;
	t->version = h->version;
	t->is_long = h->is_long;
	for (unsigned i = 0; i < QUIC_VERSION_SIZE; i++)
		t->version_bytes[i] = (uint8_t)(h->version >> (24 - 8 * i));
	t->said = r->said;
	t->m.tx.events = r->events;
	if (r->said.cyu_lost > 0)
		app_cut(r->a);
}

static void
read_initial(struct quic_reading *r, struct quic_state *s, struct span packet)
{
	const struct quic_head *h = r->head;
	struct span frames = h->payload;
	struct buf work;

	buf_init(&work, packet.len);
	if (s->has_keys && frames.len > 0 &&
	    !quic_unprotect(&s->keys.side[r->d], packet, h->size, &work, &frames))
		r->events = 1u << QUIC_EVENT_DECRYPT;
	else
		quic_frames_read(r, frames);
	buf_release(&work);
}

/* False: what follows in the datagram cannot be read. */
static bool
read_packet(struct app_flow *a, enum app_dir d, struct cursor *c)
{
	struct quic_state *s = a->state;
	struct quic_head head;
	struct quic_reading r = {.a = a, .d = d, .head = &head};
	const uint8_t *begin = c->pos;

	if (!quic_head_read(c, &head) || s->side[d].hello ||
	    head.kind == QUIC_SHORT)
		return false;
	if (head.kind == QUIC_INITIAL && !s->has_keys)
		s->has_keys = quic_keys_make(&s->keys, head.version, head.dcid);
	if (head.kind == QUIC_RETRY && d == APP_TC && s->has_keys) {
		/* The client begins anew, with keys of the server's choice. */
		s->side[APP_TS].hello = false;
		s->has_keys = false;
	}
	buf_init(&r.text, QUIC_TEXT_MAX);
	if (head.kind == QUIC_INITIAL)
		read_initial(
		    &r, s, (struct span){begin, head.size + head.payload.len});
	add_tx(&r);
	buf_release(&r.text);
	return !(r.events & (1u << QUIC_EVENT_DECRYPT | 1u << QUIC_EVENT_DATA));
}

/* --- the parser --------------------------------------------------------------------- */

static enum app_guess
quic_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	struct quic_head head;

	(void)d;
	if (f->key.bport != PORT_HTTPS && f->key.bport != PORT_HTTP)
		return APP_NO;
	return quic_head_read(&c, &head) ? APP_YES : APP_NO;
}

static void *
quic_state_new(void)
{
	return calloc(1, sizeof(struct quic_state));
}

static size_t
quic_read(struct app_flow *a, const struct stream_news *n)
{
	struct cursor c = cur_of_span(n->data);

	if (n->kind == STREAM_DATAGRAM)
		while (c.left > 0 &&
		    read_packet(a, n->to_server ? APP_TS : APP_TC, &c))
			continue;
	return n->data.len;
}

static void
quic_state_free(void *state)
{
	struct quic_state *s = state;

	for (int d = 0; d < APP_DIRS; d++)
		quic_crypto_free(NULL, s->side[d].crypto);
	free(s);
}

/* --- what rules and records ask for --------------------------------------------------- */

static enum app_have
give(struct span s, struct app_bytes *out)
{
	out->bytes = s;
	return s.len > 0 ? APP_HAVE : APP_ABSENT;
}

static enum app_have
quic_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct quic_tx *t = (const struct quic_tx *)tx;
	const struct quic_said *s = &t->said;

	(void)a;
	if (t->m.d != d)
		return APP_ABSENT;
	switch (b) {
	case APP_QUIC_VERSION:
		out->bytes = (struct span){t->version_bytes, QUIC_VERSION_SIZE};
		return t->is_long ? APP_HAVE : APP_ABSENT;
	case APP_QUIC_SNI:
		return give(quic_text(t, s->sni), out);
	case APP_QUIC_UA:
		return give(quic_text(t, s->ua), out);
	case APP_QUIC_CYU_STRING:
	case APP_QUIC_CYU_HASH:
		if (instance >= s->cyu_n)
			return APP_ABSENT;
		return give(quic_text(t,
				b == APP_QUIC_CYU_HASH ? s->cyu[instance].hash
						       : s->cyu[instance].string),
		    out);
	case APP_JA3_STRING:
	case APP_JA3S_STRING:
		return give(quic_text(t, s->ja3), out);
	case APP_JA3_HASH:
	case APP_JA3S_HASH:
		return give(quic_text(t, s->ja3_hash), out);
	case APP_JA4_HASH:
		return give(quic_text(t, s->ja4), out);
	default:
		return APP_ABSENT;
	}
}

static const struct app_use USE[] = {
    {APP_QUIC_VERSION, {QUIC_DONE, QUIC_DONE}},
    {APP_QUIC_SNI, {QUIC_DONE, APP_NEVER}},
    {APP_QUIC_UA, {QUIC_DONE, APP_NEVER}},
    {APP_QUIC_CYU_STRING, {QUIC_DONE, APP_NEVER}},
    {APP_QUIC_CYU_HASH, {QUIC_DONE, APP_NEVER}},
    {APP_JA3_STRING, {QUIC_DONE, APP_NEVER}},
    {APP_JA3_HASH, {QUIC_DONE, APP_NEVER}},
    {APP_JA3S_STRING, {APP_NEVER, QUIC_DONE}},
    {APP_JA3S_HASH, {APP_NEVER, QUIC_DONE}},
    {APP_JA4_HASH, {QUIC_DONE, APP_NEVER}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser quic_parser = {
    .id = APP_QUIC,
    .name = "quic",
    .word = "quic",
    .over = APP_OVER_UDP,
    .done = {QUIC_DONE, QUIC_DONE},
    .use = USE,
    .events = EVENTS,
    .start = quic_crypt_start,
    .probe = quic_probe,
    .state_new = quic_state_new,
    .state_free = quic_state_free,
    .read = quic_read,
    .tx_release = message_tx_release,
    .buffer = quic_buffer,
    .write = quic_write,
};
