/* SPDX-License-Identifier: EUPL-1.2 */
/* Frames of HTTP/2 but DATA, each whole (RFC 9113, 6). */
#include "agent/app/http2.h"

enum flag {
	END_STREAM = 0x1,
	ACK = 0x1,
	END_HEADERS = 0x4,
	PADDED = 0x8,
	HAS_PRIORITY = 0x20,
};

/* The block goes on with c. */
static void
add_block(const struct http2_reading *r, struct cursor c, bool is_last)
{
	struct http2_side *s = r->s;
	struct span more = cur_rest(&c);

	s->in_block = true;
	if (more.len > 0 && !s->lost &&
	    buf_add(&s->block, more.p, more.len) == -1) {
		s->lost = true;
		http2_tx_event(r, s->stream, HTTP2_EVENT_REASSEMBLY);
	}
	if (is_last)
		http2_fields_read(r);
}

/* Without its padding; bad if there is more of it than frame. */
static struct cursor
unpad(struct cursor c, uint8_t flags)
{
	size_t pad = flags & PADDED ? cur_u8(&c) : 0;

	if (pad > c.left) {
		cur_spoil(&c);
		return c;
	}
	return cur_sub(&c, c.left - pad);
}

static bool
on_headers(const struct http2_reading *r, const struct http2_frame *f,
    struct http2_tx *tx, struct cursor c)
{
	c = unpad(c, f->flags);
	if (f->flags & HAS_PRIORITY) {
		cur_be32(&c);
		http2_tx_fact(r, tx, APP_HTTP2_PRIORITY, cur_u8(&c));
	}
	if (!cur_ok(&c)) {
		r->s->lost = true;
		return false;
	}
	buf_reset(&r->s->block);
	r->s->stream = f->stream;
	r->s->is_promise = false;
	r->s->ends = f->flags & END_STREAM;
	add_block(r, c, f->flags & END_HEADERS);
	return true;
}

static bool
on_promise(const struct http2_reading *r, const struct http2_frame *f,
    struct http2_tx *tx, struct cursor c)
{
	(void)tx;
	c = unpad(c, f->flags);
	cur_be32(&c);
	if (!cur_ok(&c)) {
		r->s->lost = true;
		return false;
	}
	buf_reset(&r->s->block);
	r->s->stream = f->stream;
	r->s->is_promise = true;
	add_block(r, c, f->flags & END_HEADERS);
	return true;
}

static bool
on_continuation(const struct http2_reading *r, const struct http2_frame *f,
    struct http2_tx *tx, struct cursor c)
{
	(void)tx;
	if (!r->s->in_block || f->stream != r->s->stream)
		return false;
	add_block(r, c, f->flags & END_HEADERS);
	return true;
}

static bool
on_priority(const struct http2_reading *r, const struct http2_frame *f,
    struct http2_tx *tx, struct cursor c)
{
	(void)f;
	cur_be32(&c);
	http2_tx_fact(r, tx, APP_HTTP2_PRIORITY, cur_u8(&c));
	return true;
}

static bool
on_reset(const struct http2_reading *r, const struct http2_frame *f,
    struct http2_tx *tx, struct cursor c)
{
	(void)f;
	http2_tx_fact(r, tx, APP_HTTP2_ERRORCODE, cur_be32(&c));
	http2_tx_cut(tx, APP_TS);
	http2_tx_cut(tx, APP_TC);
	http2_tx_end(r->a, tx, APP_TS);
	http2_tx_end(r->a, tx, APP_TC);
	return true;
}

static bool
on_settings(const struct http2_reading *r, const struct http2_frame *f,
    struct http2_tx *tx, struct cursor c)
{
	if ((f->flags & ACK) && c.left > 0)
		return false;
	while (c.left >= 6) {
		uint64_t id = cur_be16(&c);

		http2_tx_fact(r, tx, APP_HTTP2_SETTINGS, id << 32 | cur_be32(&c));
	}
	return c.left == 0;
}

static bool
on_goaway(const struct http2_reading *r, const struct http2_frame *f,
    struct http2_tx *tx, struct cursor c)
{
	(void)f;
	cur_be32(&c);
	http2_tx_fact(r, tx, APP_HTTP2_ERRORCODE, cur_be32(&c));
	return true;
}

static bool
on_window(const struct http2_reading *r, const struct http2_frame *f,
    struct http2_tx *tx, struct cursor c)
{
	(void)f;
	http2_tx_fact(r, tx, APP_HTTP2_WINDOW, cur_be32(&c) & INT32_MAX);
	return true;
}

static const struct {
	uint32_t least, most; /* bytes of payload */
	bool (*read)(const struct http2_reading *r, const struct http2_frame *f,
	    struct http2_tx *tx, struct cursor c);
} FRAMES[HTTP2_TYPES] = {
    [HTTP2_HEADERS] = {0, UINT32_MAX, on_headers},
    [HTTP2_PRIORITY] = {5, 5, on_priority},
    [HTTP2_RST_STREAM] = {4, 4, on_reset},
    [HTTP2_SETTINGS] = {0, UINT32_MAX, on_settings},
    [HTTP2_PUSH_PROMISE] = {4, UINT32_MAX, on_promise},
    [HTTP2_PING] = {8, 8, NULL},
    [HTTP2_GOAWAY] = {8, UINT32_MAX, on_goaway},
    [HTTP2_WINDOW_UPDATE] = {4, 4, on_window},
    [HTTP2_CONTINUATION] = {0, UINT32_MAX, on_continuation},
};

void
http2_frames_read(
    const struct http2_reading *r, const struct http2_frame *f, struct cursor c)
{
	struct http2_tx *tx = f->type == HTTP2_HEADERS && f->stream != 0
	    ? http2_tx_open(r, f->stream)
	    : http2_tx_of(r, f->stream);

	http2_tx_fact(r, tx, APP_HTTP2_FRAMETYPE, f->type);
	if (f->reserved && tx != NULL)
		app_tx_event(&tx->http.tx, HTTP2_EVENT_FRAME_HEADER);
	if (f->type >= HTTP2_TYPES)
		return;
	if (f->length < FRAMES[f->type].least || f->length > FRAMES[f->type].most) {
		if (tx != NULL)
			app_tx_event(&tx->http.tx, HTTP2_EVENT_FRAME_LENGTH);
		return;
	}
	if (FRAMES[f->type].read != NULL && !FRAMES[f->type].read(r, f, tx, c) &&
	    tx != NULL)
		app_tx_event(&tx->http.tx, HTTP2_EVENT_FRAME_DATA);
}
