/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Records of TLS (RFC 8446, section 5.1) and of SSL 2 (its draft of 1995, section
 * 1.1), in pieces of any size.  Handshake messages are handed on as they come,
 * over the edges of records; what is encrypted is stepped over.
 */
#include "agent/app/tls.h"

enum record_type {
	RECORD_CHANGE_CIPHER = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	RECORD_HEARTBEAT = 24,
};

enum {
	/* RFC 5246, section 6.2.3: 2^14 and what ciphers add. */
	RECORD_MAX = (1 << 14) + 2048,
	SSL2_SHORT_HEAD = 2,
	SSL2_HEAD = 3,
	SSL2_NO_PADDING = 0x80,
	SSL2_ERROR = 0,
	SSL2_CLIENT_HELLO = 1,
	SSL2_CLIENT_KEY = 2,
	SSL2_SERVER_HELLO = 4,
	HEARTBEAT_REQUEST = 1,
	HEARTBEAT_RESPONSE = 2,
	HEARTBEAT_PADDING = 16,
};

void
tls_event(struct app_flow *a, enum tls_event e)
{
	struct tls_state *t = a->state;

	/* Behind the handshake: a transaction for what was wrong alone. */
	if (t->tx == NULL && t->begun &&
	    (t->tx = app_tx_new(a, sizeof(*t->tx))) != NULL)
		t->tx->progress[APP_TS] = t->tx->progress[APP_TC] = TLS_OVER;
	if (t->tx != NULL)
		app_tx_event(t->tx, e);
}

void
tls_fail(struct app_flow *a, enum tls_event e)
{
	tls_event(a, e);
	app_stop(a, APP_TS);
	app_stop(a, APP_TC);
}

bool
tls_hold(struct app_flow *a, struct buf *b, struct span bytes)
{
	if (app_hold(a, bytes.len)) {
		if (buf_add(b, bytes.p, bytes.len) == 0)
			return true;
		app_drop(a, bytes.len);
	}
	app_stop(a, APP_TS);
	app_stop(a, APP_TC);
	return false;
}

void
tls_consume(struct app_flow *a, struct buf *b, size_t n)
{
	app_drop(a, n);
	buf_consume(b, n);
	if (b->len == 0)
		buf_release(b);
}

/* --- SSL 2 ----------------------------------------------------------------------- */

static bool
is_ssl2(const struct tls_side *s)
{
	return !s->ssl3 && (s->head[0] & 0xc0) != 0;
}

/* Two bytes of length, or three with padding. */
static bool
on_ssl2_head(struct app_flow *a, struct tls_side *s)
{
	unsigned mask = s->head[0] & SSL2_NO_PADDING ? 0x7f : 0x3f;

	s->left = (s->head[0] & mask) << 8 | s->head[1];
	s->ssl2 = true;
	if (s->left == 0) {
		tls_fail(a, TLS_EVENT_SSL2_HEADER);
		return false;
	}
	return true;
}

/* The first bytes of a record: the message's type, and a hello's version. */
static void
on_ssl2_begin(struct app_flow *a, enum app_dir d)
{
	struct tls_state *t = a->state;
	struct tls_side *s = &t->side[d];

	if (s->ciphered || s->begin_n == 0)
		return;
	switch (s->begin[0]) {
	case SSL2_ERROR:
		tls_event(a, TLS_EVENT_ERROR_MESSAGE);
		break;
	case SSL2_CLIENT_HELLO:
		tls_seen(t, TLS_SEEN_CLIENT_HELLO);
		if (s->begin_n == sizeof(s->begin))
			s->version = (uint16_t)(s->begin[1] << 8 | s->begin[2]);
		break;
	case SSL2_CLIENT_KEY:
		tls_seen(t, TLS_SEEN_CLIENT_KEY);
		s->ciphered = t->side[d == APP_TS ? APP_TC : APP_TS].ciphered =
		    true;
		break;
	case SSL2_SERVER_HELLO:
		tls_seen(t, TLS_SEEN_SERVER_HELLO);
		s->version = TLS_SSL2;
		break;
	default:
		break;
	}
}

/* --- heartbeats (RFC 6520; CVE-2014-0160 asks for more than it sent) ------------------ */

static void
on_heartbeat_begin(struct app_flow *a, enum app_dir d, size_t record)
{
	struct tls_state *t = a->state;
	const struct tls_side *s = &t->side[d];
	size_t payload;

	if (s->begin_n < sizeof(s->begin))
		return;
	if (!s->ciphered && s->begin[0] != HEARTBEAT_REQUEST &&
	    s->begin[0] != HEARTBEAT_RESPONSE) {
		tls_fail(a, TLS_EVENT_HEARTBEAT_INVALID);
		return;
	}
	if (t->heartbeat && t->heartbeat_dir != d) {
		if (s->ciphered && t->heartbeat_len > 0 &&
		    t->heartbeat_len < record)
			tls_event(a, TLS_EVENT_HEARTBEAT_LEAK);
		t->heartbeat = false;
		return;
	}
	if (t->heartbeat) { /* another, before the answer */
		tls_event(a, TLS_EVENT_HEARTBEAT_INVALID);
		return;
	}
	t->heartbeat = true;
	t->heartbeat_dir = d;
	t->heartbeat_len = s->ciphered ? record : 0;
	if (s->ciphered)
		return;
	payload = (size_t)(s->begin[1] << 8 | s->begin[2]);
	if (payload + sizeof(s->begin) > record)
		tls_fail(a, TLS_EVENT_HEARTBEAT_OVERFLOW);
	else if (record - payload - sizeof(s->begin) < HEARTBEAT_PADDING)
		tls_fail(a, TLS_EVENT_HEARTBEAT_INVALID);
}

/* --- records ----------------------------------------------------------------------- */

/* Data that is encrypted: the handshake is over, and rules on payload are too. */
static void
on_data(struct app_flow *a, enum app_dir d)
{
	struct tls_state *t = a->state;

	if (t->early_data && !(t->seen & TLS_SEEN_SERVER_HELLO))
		return;
	for (int i = 0; t->tx != NULL && i < APP_DIRS; i++)
		t->tx->progress[i] = TLS_OVER;
	app_encrypted(a, d);
}

static bool
is_version(uint16_t v)
{
	enum {
		DRAFTS = 0x7f
	};

	return (v >= TLS_SSL3 && v <= TLS_1_3) || v >> 8 == DRAFTS;
}

static bool
on_head(struct app_flow *a, enum app_dir d)
{
	struct tls_state *t = a->state;
	struct tls_side *s = &t->side[d];
	struct cursor c = cur_of(s->head, sizeof(s->head));
	uint16_t version;

	s->type = cur_u8(&c);
	version = cur_be16(&c);
	s->left = cur_be16(&c);
	s->ssl2 = false;
	s->ssl3 = true;
	if (!is_version(version)) {
		tls_fail(a, TLS_EVENT_RECORD_VERSION);
		return false;
	}
	if (s->type < RECORD_CHANGE_CIPHER || s->type > RECORD_HEARTBEAT) {
		tls_fail(a, TLS_EVENT_RECORD_TYPE);
		return false;
	}
	if (s->left > RECORD_MAX) {
		tls_fail(a, TLS_EVENT_RECORD_LENGTH);
		return false;
	}
	if (!s->hello)
		s->version = version;
	if (s->type == RECORD_CHANGE_CIPHER)
		s->ciphered = true;
	if (s->type == RECORD_DATA)
		on_data(a, d);
	return true;
}

/* The record, of which the first byte is there, and its header. */
static void
frames_begin(struct app_flow *a, enum app_dir d, size_t left, size_t head)
{
	struct tls_state *t = a->state;
	struct tls_side *s = &t->side[d];
	bool ssl2 = is_ssl2(s);

	app_frame_whole(
	    a, d, ssl2 ? APP_FRAME_TLS_SSL2_HDR : APP_FRAME_TLS_HDR, left, head);
	s->frame = app_frame_begin(
	    a, d, ssl2 ? APP_FRAME_TLS_SSL2_PDU : APP_FRAME_TLS_PDU, left);
}

/* What is behind the header; left is from there on. */
static void
frames_of_data(struct app_flow *a, enum app_dir d, size_t left)
{
	struct tls_state *t = a->state;
	const struct tls_side *s = &t->side[d];

	app_frame_whole(a, d, APP_FRAME_TLS_DATA, left, s->left);
	if (s->type == RECORD_ALERT)
		app_frame_whole(a, d, APP_FRAME_TLS_ALERT, left, s->left);
	if (s->type == RECORD_HEARTBEAT)
		app_frame_whole(a, d, APP_FRAME_TLS_HEARTBEAT, left, s->left);
}

/* False: the header is not whole yet, or is none. */
static bool
take_head(struct app_flow *a, enum app_dir d, struct cursor *c)
{
	struct tls_state *t = a->state;
	struct tls_side *s = &t->side[d];
	size_t want;

	bool first = s->head_n == 0;

	if (first)
		s->head[s->head_n++] = cur_u8(c);
	want = !is_ssl2(s)		   ? TLS_HEAD_SIZE
	    : s->head[0] & SSL2_NO_PADDING ? SSL2_SHORT_HEAD
					   : SSL2_HEAD;
	if (first)
		frames_begin(a, d, c->left + 1, want);
	while (s->head_n < want && c->left > 0)
		s->head[s->head_n++] = cur_u8(c);
	if (s->head_n < want)
		return false;
	s->head_n = 0;
	s->begin_n = 0;
	if (want == TLS_HEAD_SIZE ? !on_head(a, d) : !on_ssl2_head(a, s))
		return false;
	app_frame_length(a, d, s->frame, want + s->left);
	if (!s->ssl2)
		frames_of_data(a, d, c->left);
	return true;
}

static void
on_piece(struct app_flow *a, enum app_dir d, struct span bytes)
{
	struct tls_state *t = a->state;
	struct tls_side *s = &t->side[d];
	bool full = s->begin_n == sizeof(s->begin);
	size_t record = s->left + s->begin_n;

	if (!s->ssl2 && s->type == RECORD_HANDSHAKE) {
		if (!s->ciphered)
			tls_handshake(a, d, bytes);
		return;
	}
	for (size_t i = 0; i < bytes.len && s->begin_n < sizeof(s->begin); i++)
		s->begin[s->begin_n++] = bytes.p[i];
	if (full || (s->begin_n < sizeof(s->begin) && bytes.len < s->left))
		return;
	if (s->ssl2)
		on_ssl2_begin(a, d);
	else if (s->type == RECORD_HEARTBEAT)
		on_heartbeat_begin(a, d, record);
}

void
tls_feed(struct app_flow *a, enum app_dir d, struct span bytes)
{
	struct tls_state *t = a->state;
	struct tls_side *s = &t->side[d];
	struct cursor c = cur_of_span(bytes);

	t->last = 0;
	while (c.left > 0 && !a->stopped[d]) {
		size_t n;

		if (s->left == 0 && !take_head(a, d, &c))
			return;
		n = s->left < c.left ? s->left : c.left;
		if (n == 0)
			continue;
		on_piece(a, d, (struct span){cur_take(&c, n), n});
		s->left -= n;
		if (s->left == 0)
			stream_flush(a->flow, d == APP_TS);
	}
}
