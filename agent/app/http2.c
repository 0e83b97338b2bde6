/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * HTTP/2 (RFC 9113): two directions, each frames behind each other.  DATA is
 * read as it comes, other frames when they are whole.
 */
#include "agent/app/http2.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_HEAD 9

static const char *const EVENTS[] = {
    [HTTP2_EVENT_MAGIC] = "invalid_client_magic",
    [HTTP2_EVENT_FRAME_HEADER] = "invalid_frame_header",
    [HTTP2_EVENT_FRAME_LENGTH] = "invalid_frame_length",
    [HTTP2_EVENT_FRAME_DATA] = "invalid_frame_data",
    [HTTP2_EVENT_LONG_FRAME] = "long_frame_data",
    [HTTP2_EVENT_HEADER] = "invalid_header",
    [HTTP2_EVENT_REASSEMBLY] = "reassembly_limit_reached",
    [HTTP2_EVENT_AUTHORITY] = "authority_host_mismatch",
    [HTTP2_EVENT_USER_INFO] = "userinfo_in_uri",
    [HTTP2_EVENTS] = NULL,
};

/* What a client begins with (RFC 9113, 3.4). */
static const uint8_t MAGIC[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define MAGIC_SIZE (sizeof(MAGIC) - 1)

/* --- steps: false when more bytes are needed ------------------------------------------- */

static bool
on_magic(const struct http2_reading *r, struct cursor *c)
{
	size_t n = r->s->magic < c->left ? r->s->magic : c->left;
	const uint8_t *p = cur_take(c, n);

	if (memcmp(p, MAGIC + MAGIC_SIZE - r->s->magic, n) != 0) {
		http2_tx_event(r, 0, HTTP2_EVENT_MAGIC);
		app_stop(r->a, r->d);
		return false;
	}
	r->s->magic -= n;
	return true;
}

static void
data_done(const struct http2_reading *r)
{
	if (r->s->data == 0 && r->s->skip == 0 && r->s->ends) {
		r->s->ends = false;
		http2_tx_end(r->a, http2_tx_find(r->a, r->s->stream), r->d);
	}
}

static bool
on_data(const struct http2_reading *r, struct cursor *c)
{
	size_t n = r->s->data < c->left ? r->s->data : c->left;

	http2_tx_data(r, (struct span){cur_take(c, n), n});
	r->s->data -= (uint32_t)n;
	data_done(r);
	return true;
}

static bool
on_skip(const struct http2_reading *r, struct cursor *c)
{
	size_t n = r->s->skip < c->left ? r->s->skip : c->left;

	cur_take(c, n);
	r->s->skip -= (uint32_t)n;
	data_done(r);
	return true;
}

static void
begin_data(const struct http2_reading *r, const struct http2_frame *f, uint32_t pad)
{
	struct http2_tx *tx = http2_tx_find(r->a, f->stream);

	http2_tx_fact(r, tx, APP_HTTP2_FRAMETYPE, HTTP2_DATA);
	r->s->stream = f->stream;
	r->s->ends = f->flags & 0x1;
	r->s->skip = pad < f->length ? pad : f->length;
	r->s->data = f->length - r->s->skip;
	if (pad > f->length)
		http2_tx_event(r, f->stream, HTTP2_EVENT_FRAME_DATA);
	data_done(r);
}

/* A frame that is not kept: fields in it are gone, and the table with them. */
static void
pass_over(const struct http2_reading *r, const struct http2_frame *f)
{
	http2_tx_event(r, f->stream, HTTP2_EVENT_LONG_FRAME);
	r->s->lost = true;
	r->s->in_block = false;
	r->s->ends = false;
	r->s->skip = f->length;
}

static struct http2_frame
head(struct cursor *c)
{
	struct http2_frame f = {.length = cur_be24(c)};

	f.type = cur_u8(c);
	f.flags = cur_u8(c);
	f.stream = cur_be32(c);
	f.reserved = f.stream >> 31;
	f.stream &= INT32_MAX;
	return f;
}

static bool
on_frame(const struct http2_reading *r, struct cursor *c)
{
	struct cursor look = *c;
	struct http2_frame f = head(&look);
	bool padded = f.type == HTTP2_DATA && (f.flags & 0x8) && f.length > 0;
	uint32_t pad = padded ? cur_u8(&look) : 0;

	if (!cur_ok(&look))
		return false;
	if (f.type == HTTP2_DATA) {
		f.length -= padded;
		begin_data(r, &f, pad);
	} else if (f.length > HTTP2_FRAME_MAX) {
		pass_over(r, &f);
	} else if (look.left < f.length) {
		return false;
	} else {
		http2_frames_read(r, &f, cur_sub(&look, f.length));
	}
	*c = look;
	return true;
}

static bool
step(const struct http2_reading *r, struct cursor *c)
{
	if (r->s->magic > 0)
		return on_magic(r, c);
	if (r->s->data > 0)
		return on_data(r, c);
	return r->s->skip > 0 ? on_skip(r, c) : on_frame(r, c);
}

/* --- the parser -------------------------------------------------------------------------- */

/* Bytes that are missing from a body or its padding; others end the reading. */
static void
skip(const struct http2_reading *r, uint64_t missing)
{
	struct http2_side *s = r->s;

	if (missing > (uint64_t)s->data + s->skip) {
		app_stop(r->a, r->d);
		return;
	}
	if (s->data > 0)
		http2_tx_cut(http2_tx_find(r->a, s->stream), r->d);
	if (missing <= s->data) {
		s->data -= (uint32_t)missing;
	} else {
		s->skip -= (uint32_t)(missing - s->data);
		s->data = 0;
	}
	data_done(r);
}

static void
finish(const struct http2_reading *r)
{
	for (struct app_tx *tx = r->a->first; tx != NULL; tx = tx->next) {
		http2_tx_cut((struct http2_tx *)tx, r->d);
		http2_tx_end(r->a, (struct http2_tx *)tx, r->d);
	}
	buf_release(&r->s->pend);
}

static size_t
read_news(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct http2 *h = a->state;
	struct http2_side *s = &h->side[d];
	struct http2_reading r = {.a = a, .s = s, .d = d};
	struct cursor c = cur_of(n->data.p, n->data.len);
	bool kept = s->pend.len > 0;

	if (n->kind == STREAM_END) {
		finish(&r);
		return 0;
	}
	if (n->kind == STREAM_GAP) {
		skip(&r, n->missing);
		return 0;
	}
	if (kept && buf_add(&s->pend, n->data.p, n->data.len) == -1) {
		app_stop(a, d);
		return n->data.len;
	}
	if (kept)
		c = cur_of(s->pend.data, s->pend.len);
	while (c.left > 0 && step(&r, &c))
		;
	if (a->stopped[d])
		finish(&r);
	else if (kept)
		buf_consume(&s->pend, s->pend.len - c.left);
	else if (c.left > 0)
		buf_add(&s->pend, c.pos, c.left);
	return n->data.len;
}

static void
state_free(void *state)
{
	struct http2 *h = state;

	for (int d = 0; d < APP_DIRS; d++) {
		buf_release(&h->side[d].pend);
		buf_release(&h->side[d].block);
		http2_hpack_free(h->side[d].hpack);
	}
	free(h);
}

static void *
state_new(void)
{
	struct http2 *h = calloc(1, sizeof(*h));
	bool ok = h != NULL;

	for (int d = 0; h != NULL && d < APP_DIRS; d++) {
		struct http2_side *s = &h->side[d];

		buf_init(&s->pend, HTTP2_FRAME_MAX + FRAME_HEAD + (2u << 20));
		buf_init(&s->block, HTTP_HEADER_MAX);
		s->magic = d == APP_TS ? MAGIC_SIZE : 0;
		ok = (s->hpack = http2_hpack_new()) != NULL && ok;
	}
	if (h != NULL && !ok) {
		state_free(h);
		return NULL;
	}
	return h;
}

static void
inspected(struct app_flow *a, struct app_tx *head, enum app_dir d)
{
	(void)a;
	http_body_inspected(&((struct http_tx *)head)->message[d].body, d);
}

/* A client begins with the preface, a server with its settings (3.4). */
static enum app_guess
probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	size_t n = bytes.len < MAGIC_SIZE ? bytes.len : MAGIC_SIZE;
	struct http2_frame settings;

	(void)f;
	if (d == APP_TS) {
		if (n > 0 && memcmp(bytes.p, MAGIC, n) != 0)
			return APP_NO;
		return n < MAGIC_SIZE ? APP_MORE : APP_YES;
	}
	if (bytes.len > 1 && (bytes.p[0] != 0 || bytes.p[1] != 0))
		return APP_NO;
	if (bytes.len > 3 && bytes.p[3] != HTTP2_SETTINGS)
		return APP_NO;
	settings = head(&c);
	if (!cur_ok(&c))
		return bytes.len > 0 && bytes.p[0] != 0 ? APP_NO : APP_MORE;
	return settings.length % 6 == 0 && settings.flags == 0 &&
		settings.stream == 0 && !settings.reserved
	    ? APP_YES
	    : APP_NO;
}

const struct app_parser http2_parser = {
    .id = APP_HTTP2,
    .name = "http2",
    .word = "http2",
    .object = "http",
    .over = APP_OVER_TCP,
    .takes_gaps = true,
    .done = {HTTP_DONE, HTTP_DONE},
    .use = http2_uses,
    .events = EVENTS,
    .probe = probe,
    .state_new = state_new,
    .state_free = state_free,
    .read = read_news,
    .tx_release = http2_tx_release,
    .buffer = http2_buffer,
    .file = http_file,
    .inspected = inspected,
    .write = http2_write,
};
