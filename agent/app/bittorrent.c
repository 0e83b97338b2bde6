/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * BitTorrent's distributed hash table over UDP (BEP 5; its values: BEP 3).  A message
 * that begins as queries, answers and errors do is a transaction.  Rules have no
 * buffers of it; records tell no nodes and no peers.
 */
#include "agent/app/bittorrent.h"

#include "agent/app/message.h"
#include "agent/limits.h"
#include "common/jw.h"

enum {
	DHT_DONE = 1,
	BEGIN_MIN = 6,
	COMPACT_V4 = 6, /* bytes of an address and a port */
	COMPACT_V6 = 18,
};

enum {
	EVENT_MALFORMED,
};

static const char *const EVENTS[] = {
    [EVENT_MALFORMED] = "malformed_packet",
    NULL,
};

/* Spans are on loan from the message. */
struct dht {
	struct span kind, id, query; /* y, t and q */
	bool has_id, has_query, has_error;
	char body; /* 'a', 'r' or 'e': the part that is there */
	uint64_t error;
	struct span reason;
};

struct dht_tx {
	struct message_tx m; /* first; its bytes: id, query, reason */
	struct dht said;
};

/* --- values (BEP 3) ------------------------------------------------------------------ */

/* Digits up to the end; no zero leads. */
static uint64_t
digits(struct cursor *c, char end)
{
	const uint8_t *first = cur_peek(c, 2);
	uint64_t v = 0;
	unsigned n = 0;
	uint8_t d;

	if (first != NULL && first[0] == '0' && first[1] != (uint8_t)end)
		cur_spoil(c);
	while ((d = cur_u8(c)) != (uint8_t)end && cur_ok(c)) {
		if (d < '0' || d > '9' || ++n > BENCODE_DIGITS_MAX)
			cur_spoil(c);
		v = v * 10 + (d - (unsigned)'0');
	}
	if (n == 0)
		cur_spoil(c);
	return v;
}

static struct span
string(struct cursor *c)
{
	uint64_t len = digits(c, ':');
	struct cursor s = cur_sub(c, len < SIZE_MAX ? (size_t)len : SIZE_MAX);

	return cur_rest(&s);
}

static bool
is_next(const struct cursor *c, char what)
{
	const uint8_t *p = cur_peek(c, 1);

	return p != NULL && *p == (uint8_t)what;
}

/* An integer that is not negative. */
static uint64_t
integer(struct cursor *c)
{
	if (cur_u8(c) != 'i')
		cur_spoil(c);
	return digits(c, 'e');
}

/* The next key of a dictionary, behind the one before; false: its end. */
static bool
next_key(struct cursor *c, struct span *key)
{
	struct span before = *key;
	size_t n;
	int order;

	if (!cur_ok(c) || is_next(c, 'e')) {
		cur_u8(c);
		return false;
	}
	*key = string(c);
	n = key->len < before.len ? key->len : before.len;
	order = before.p == NULL || n == 0 ? 0 : memcmp(key->p, before.p, n);
	if (cur_ok(c) && before.p != NULL &&
	    (order < 0 || (order == 0 && key->len <= before.len)))
		cur_spoil(c);
	return cur_ok(c);
}

/* Behind its "i". */
static void
skip_number(struct cursor *c)
{
	bool negative = is_next(c, '-');

	if (negative)
		cur_u8(c);
	if (negative && is_next(c, '0'))
		cur_spoil(c);
	digits(c, 'e');
}

/* Any value, and what is in it, down to the depth that is left. */
static void
skip_value(struct cursor *c, unsigned depth)
{
	unsigned open = 0;

	do {
		const uint8_t *p = cur_peek(c, 1);

		if (p == NULL) {
			cur_spoil(c);
		} else if (*p == 'e' && open > 0) {
			cur_u8(c);
			open--;
		} else if (*p == 'l' || *p == 'd') {
			cur_u8(c);
			if (++open > depth)
				cur_spoil(c);
		} else if (*p == 'i') {
			cur_u8(c);
			skip_number(c);
		} else
			string(c);
	} while (open > 0 && cur_ok(c));
}

static bool
is_key(struct span key, const char *name)
{
	return key.len == strlen(name) && memcmp(key.p, name, key.len) == 0;
}

/* --- messages ----------------------------------------------------------------------- */

/* Addresses of peers, if it is a list. */
static void
read_values(struct cursor *c)
{
	if (!is_next(c, 'l')) {
		skip_value(c, 1);
		return;
	}
	cur_u8(c);
	while (cur_ok(c) && !is_next(c, 'e')) {
		size_t len = string(c).len;

		if (len != COMPACT_V4 && len != COMPACT_V6)
			cur_spoil(c);
	}
	cur_u8(c);
}

static void
read_argument(struct cursor *c, struct span key, bool *has_id)
{
	static const char *const strings[] = {
	    "info_hash", "nodes", "nodes6", "target", "token"};

	if (is_key(key, "id")) {
		string(c);
		*has_id = true;
		return;
	}
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (is_key(key, strings[i])) {
			string(c);
			return;
		}
	if (is_key(key, "port")) {
		if (integer(c) > UINT16_MAX)
			cur_spoil(c);
	} else if (is_key(key, "implied_port")) {
		if (integer(c) > UINT8_MAX)
			cur_spoil(c);
	} else if (is_key(key, "values"))
		read_values(c);
	else
		skip_value(c, BENCODE_DEPTH_MAX - 2);
}

/* Of a query or an answer: a node's name is in it, and what is known has its type. */
static void
read_arguments(struct cursor *c)
{
	struct span key = {NULL, 0};
	bool has_id = false;

	if (cur_u8(c) != 'd')
		cur_spoil(c);
	while (next_key(c, &key))
		read_argument(c, key, &has_id);
	if (!has_id)
		cur_spoil(c);
}

/* A number and a text, in any order. */
static void
read_error(struct cursor *c, struct dht *m)
{
	bool has_number = false, has_text = false;

	if (cur_u8(c) != 'l')
		cur_spoil(c);
	while (cur_ok(c) && !is_next(c, 'e')) {
		if (is_next(c, 'i')) {
			m->error = integer(c);
			has_number = true;
		} else if (is_next(c, 'l') || is_next(c, 'd')) {
			skip_value(c, BENCODE_DEPTH_MAX - 2);
		} else {
			m->reason = string(c);
			has_text = true;
		}
	}
	cur_u8(c);
	if (!has_number || !has_text || m->error > UINT16_MAX)
		cur_spoil(c);
	m->has_error = cur_ok(c);
}

static void
read_part(struct cursor *c, struct span key, struct dht *m)
{
	char name = key.len == 1 ? (char)key.p[0] : '\0';

	switch (name) {
	case 'a':
	case 'r':
		m->body = name;
		read_arguments(c);
		break;
	case 'e':
		m->body = name;
		read_error(c, m);
		break;
	case 'q':
		m->query = string(c);
		m->has_query = true;
		break;
	case 't':
		m->id = string(c);
		m->has_id = true;
		break;
	case 'y':
		m->kind = string(c);
		break;
	default:
		skip_value(c, BENCODE_DEPTH_MAX - 1);
		break;
	}
}

/* False: malformed. */
static bool
dht_read_message(struct span bytes, struct dht *m)
{
	struct cursor c = cur_of_span(bytes);
	struct span key = {NULL, 0};

	memset(m, 0, sizeof(*m));
	if (cur_u8(&c) != 'd')
		return false;
	while (next_key(&c, &key))
		read_part(&c, key, m);
	if (!cur_ok(&c) || !m->has_id || m->kind.len != 1)
		return false;
	switch (m->kind.p[0]) {
	case 'q':
		return m->has_query && m->body == 'a';
	case 'r':
	case 'e':
		return m->body == (char)m->kind.p[0];
	default:
		return false;
	}
}

static bool
begins(struct span bytes, const char *begin)
{
	size_t n = strlen(begin);

	return bytes.len >= n && memcmp(bytes.p, begin, n) == 0;
}

static bool
begins_as_message(struct span bytes)
{
	static const char *const rows[] = {"d1:ad", "d1:rd", "d1:el", "d2:ip"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (bytes.len >= BEGIN_MIN && begins(bytes, rows[i]))
			return true;
	return false;
}

/* --- the parser ------------------------------------------------------------------------ */

static enum app_guess
dht_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	(void)f;
	(void)d;
	return begins(bytes, "d1:ad2:id20:") ? APP_YES : APP_NO;
}

static void
keep(struct buf *text, struct span *s)
{
	if (buf_add(text, s->p, s->len) == -1)
		s->len = 0;
}

static struct span
moved(struct span s, const uint8_t **at)
{
	s.p = *at;
	*at += s.len;
	return s;
}

static size_t
dht_read(struct app_flow *a, const struct stream_news *n)
{
	struct dht said;
	struct dht_tx *t;
	struct buf text;
	const uint8_t *at;
	bool good;

	if (n->kind != STREAM_DATAGRAM || !begins_as_message(n->data))
		return n->data.len;
	good = dht_read_message(n->data, &said);
	if (!good)
		said = (struct dht){0};
	buf_init(&text, n->data.len);
	keep(&text, &said.id);
	keep(&text, &said.query);
	keep(&text, &said.reason);
	t = (struct dht_tx *)message_tx_new(a, n->to_server ? APP_TS : APP_TC,
	    sizeof(*t), (struct span){text.data, text.len});
	buf_release(&text);
	if (t == NULL)
		return n->data.len;
	at = t->m.bytes.p;
	t->said = said;
	t->said.id = moved(said.id, &at);
	t->said.query = moved(said.query, &at);
	t->said.reason = moved(said.reason, &at);
	if (!good)
		app_tx_event(&t->m.tx, EVENT_MALFORMED);
	return n->data.len;
}

static enum app_have
dht_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	(void)a;
	(void)tx;
	(void)b;
	(void)d;
	(void)instance;
	(void)out;
	return APP_ABSENT;
}

static void
dht_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct dht *m = &((const struct dht_tx *)tx)->said;

	(void)a;
	jw_hex(w, "transaction_id", m->id.p, m->id.len);
	if (m->query.len > 0)
		jw_strn(w, "request_type", m->query.p, m->query.len);
	if (!m->has_error)
		return;
	jw_object(w, "error");
	jw_uint(w, "num", m->error);
	jw_strn(w, "msg", m->reason.p, m->reason.len);
	jw_end_object(w);
}

const struct app_parser bittorrent_dht_parser = {
    .id = APP_BITTORRENT_DHT,
    .name = "bittorrent-dht",
    .word = "bittorrent-dht",
    .object = "bittorrent_dht",
    .over = APP_OVER_UDP,
    .done = {DHT_DONE, DHT_DONE},
    .events = EVENTS,
    .probe = dht_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = dht_read,
    .tx_release = message_tx_release,
    .buffer = dht_buffer,
    .write = dht_write,
};
