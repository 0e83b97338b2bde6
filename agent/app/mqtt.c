/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * MQTT (OASIS, versions 3.1, 3.1.1 and 5): a transaction for each exchange of
 * messages, of the direction of its first.  Found on any port by CONNECT; on the
 * port of MQTT any message will do.
 */
#include "agent/app/mqtt.h"

#include "agent/limits.h"
#include "common/jw.h"

#include <stdlib.h>
#include <string.h>

#define PORT_MQTT 1883

enum {
	PROGRESS_BEGUN,
	PROGRESS_DONE,
};

enum {
	EVENT_MISSING_CONNECT,
	EVENT_MISSING_PUBLISH,
	EVENT_MISSING_SUBSCRIBE,
	EVENT_MISSING_UNSUBSCRIBE,
	EVENT_DOUBLE_CONNECT,
	EVENT_UNINTRODUCED,
	EVENT_INVALID_QOS,
	EVENT_MISSING_ID, /* a name of Suricata's; such a message is malformed */
	EVENT_UNASSIGNED,
	EVENT_TOO_MANY,
	EVENT_MALFORMED,
};

static const char *const EVENTS[] = {
    [EVENT_MISSING_CONNECT] = "missing_connect",
    [EVENT_MISSING_PUBLISH] = "missing_publish",
    [EVENT_MISSING_SUBSCRIBE] = "missing_subscribe",
    [EVENT_MISSING_UNSUBSCRIBE] = "missing_unsubscribe",
    [EVENT_DOUBLE_CONNECT] = "double_connect",
    [EVENT_UNINTRODUCED] = "unintroduced_message",
    [EVENT_INVALID_QOS] = "invalid_qos_level",
    [EVENT_MISSING_ID] = "missing_msg_id",
    [EVENT_UNASSIGNED] = "unassigned_msg_type",
    [EVENT_TOO_MANY] = "too_many_transactions",
    [EVENT_MALFORMED] = "malformed_traffic",
    NULL,
};

struct tx {
	struct app_tx tx;
	enum app_dir d; /* of the first message */
	struct mqtt_message *first, *last;
	unsigned n;
};

struct side {
	struct buf held; /* a message that is not whole */
	size_t skip;	 /* of one that is too long */
};

struct state {
	struct side side[APP_DIRS];
	uint8_t version; /* 0: no CONNECT was seen */
	bool connected;	 /* the broker said so */
};

/* --- transactions ----------------------------------------------------------------- */

static void
finish(struct app_tx *tx)
{
	tx->progress[APP_TS] = tx->progress[APP_TC] = PROGRESS_DONE;
}

static struct tx *
tx_new(struct app_flow *a, enum app_dir d)
{
	bool many = a->txs >= MQTT_TX_MAX;
	struct tx *t;

	for (struct app_tx *o = a->first; many && o != NULL; o = o->next)
		finish(o);
	if ((t = (struct tx *)app_tx_new(a, sizeof(*t))) == NULL)
		return NULL;
	t->d = d;
	t->tx.inspected[d == APP_TS ? APP_TC : APP_TS] = true;
	if (many)
		app_tx_event(&t->tx, EVENT_TOO_MANY);
	return t;
}

static size_t
cost(const struct mqtt_message *m)
{
	return sizeof(*m) + m->body.len;
}

static void
message_free(struct app_flow *a, struct mqtt_message *m)
{
	app_drop(a, cost(m));
	free(m);
}

/* With a copy of its body; NULL: not to be had. */
static struct mqtt_message *
message_new(struct app_flow *a, const struct mqtt_head *h, struct span body)
{
	struct mqtt_message *m;
	size_t size = sizeof(*m) + body.len;

	if (!app_hold(a, size))
		return NULL;
	if ((m = calloc(1, size)) == NULL) {
		app_drop(a, size);
		return NULL;
	}
	m->type = (enum mqtt_type)(h->first >> 4);
	m->dup = h->first & 8;
	m->qos = (h->first >> 1) & 3;
	m->retain = h->first & 1;
	m->length = h->length;
	m->body = (struct span){(uint8_t *)(m + 1), body.len};
	if (body.len > 0)
		memcpy(m + 1, body.p, body.len);
	return m;
}

static void
add_message(struct app_flow *a, struct tx *t, struct mqtt_message *m)
{
	if (t->n == MQTT_EXCHANGE_MAX) {
		app_cut(a);
		message_free(a, m);
		return;
	}
	*(t->last == NULL ? &t->first : &t->last->next) = m;
	t->last = m;
	t->n++;
}

/* --- messages ----------------------------------------------------------------------- */

/* Which message each answers, from the same side or the other. */
static const struct answer {
	enum mqtt_type to;
	bool same_side, ends;
	unsigned missing;
} ANSWERS[MQTT_TYPES] = {
    [MQTT_CONNACK] = {MQTT_CONNECT, false, true, EVENT_MISSING_CONNECT},
    [MQTT_PUBACK] = {MQTT_PUBLISH, false, true, EVENT_MISSING_PUBLISH},
    [MQTT_PUBREC] = {MQTT_PUBLISH, false, false, EVENT_MISSING_PUBLISH},
    [MQTT_PUBREL] = {MQTT_PUBLISH, true, false, EVENT_MISSING_PUBLISH},
    [MQTT_PUBCOMP] = {MQTT_PUBLISH, false, true, EVENT_MISSING_PUBLISH},
    [MQTT_SUBACK] = {MQTT_SUBSCRIBE, false, true, EVENT_MISSING_SUBSCRIBE},
    [MQTT_UNSUBACK] = {MQTT_UNSUBSCRIBE, false, true, EVENT_MISSING_UNSUBSCRIBE},
};

/* The one that waits for the answer; NULL: none. */
static struct tx *
asked(const struct app_flow *a, const struct mqtt_message *m, enum app_dir d)
{
	const struct answer *r = &ANSWERS[m->type];

	for (struct app_tx *o = a->first; o != NULL; o = o->next) {
		struct tx *t = (struct tx *)o;

		if (o->progress[APP_TS] != PROGRESS_DONE && t->first != NULL &&
		    t->first->type == r->to && (t->d == d) == r->same_side &&
		    t->first->id == m->id)
			return t;
	}
	return NULL;
}

/* What is asked on a side that has a gap is not seen, and so not missing. */
static bool
is_read(const struct app_flow *a, enum app_dir side)
{
	return !a->stopped[side] && a->id[side] != APP_FAILED;
}

static void
on_answer(struct app_flow *a, struct mqtt_message *m, enum app_dir d)
{
	const struct answer *r = &ANSWERS[m->type];
	struct state *st = a->state;
	struct tx *t = asked(a, m, d);
	bool missing = t == NULL;

	if (m->type == MQTT_CONNACK)
		st->connected = true;
	if (missing && (t = tx_new(a, d)) == NULL) {
		message_free(a, m);
		return;
	}
	if (missing &&
	    (m->type == MQTT_CONNACK ||
		is_read(a, r->same_side == (d == APP_TS) ? APP_TS : APP_TC)))
		app_tx_event(&t->tx, r->missing);
	add_message(a, t, m);
	if (missing || r->ends)
		finish(&t->tx);
}

static bool
is_unassigned(const struct mqtt_message *m)
{
	return m->type == MQTT_UNASSIGNED ||
	    (m->type == MQTT_AUTH && m->version != 0 &&
		m->version < MQTT_VERSION_5);
}

/* Will an answer come? */
static bool
asks(const struct mqtt_message *m)
{
	switch (m->type) {
	case MQTT_CONNECT:
		return true;
	case MQTT_PUBLISH:
	case MQTT_SUBSCRIBE:
	case MQTT_UNSUBSCRIBE:
		return m->qos == 1 || m->qos == 2;
	default:
		return false;
	}
}

static void
on_first(struct app_flow *a, struct mqtt_message *m, enum app_dir d)
{
	struct state *st = a->state;
	struct tx *t = tx_new(a, d);

	if (t == NULL) {
		message_free(a, m);
		return;
	}
	if (is_unassigned(m))
		app_tx_event(&t->tx, EVENT_UNASSIGNED);
	else if (m->type == MQTT_CONNECT && st->connected)
		app_tx_event(&t->tx, EVENT_DOUBLE_CONNECT);
	else if (m->type != MQTT_CONNECT && m->type != MQTT_AUTH && !st->connected)
		app_tx_event(&t->tx, EVENT_UNINTRODUCED);
	if (m->qos == 3)
		app_tx_event(&t->tx, EVENT_INVALID_QOS);
	add_message(a, t, m);
	if (!asks(m))
		finish(&t->tx);
}

/* Nothing after it can be read. */
static void
on_malformed(struct app_flow *a, enum app_dir d)
{
	struct tx *t = tx_new(a, d);

	if (t != NULL) {
		app_tx_event(&t->tx, EVENT_MALFORMED);
		finish(&t->tx);
	}
	app_stop(a, APP_TS);
	app_stop(a, APP_TC);
}

/* Some rules see the first of these only. */
static bool
has_many(const struct mqtt_message *m)
{
	struct cursor c = cur_of_span(m->topics);
	struct mqtt_topic topic;
	size_t n = 0;

	while (n <= MQTT_TOPICS_MAX && mqtt_topic_next(m, &c, &topic))
		n++;
	return n > MQTT_TOPICS_MAX || m->reasons.len > MQTT_TOPICS_MAX;
}

static void
on_message(
    struct app_flow *a, enum app_dir d, const struct mqtt_head *h, struct span body)
{
	struct mqtt_message *m = message_new(a, h, body);
	struct state *st = a->state;

	if (m == NULL)
		return;
	if (!mqtt_message_read(m, st->version)) {
		message_free(a, m);
		on_malformed(a, d);
		return;
	}
	if (m->type == MQTT_CONNECT)
		st->version = m->version;
	if (has_many(m))
		app_cut(a);
	if (ANSWERS[m->type].to != MQTT_UNASSIGNED)
		on_answer(a, m, d);
	else
		on_first(a, m, d);
}

static void
on_too_long(struct app_flow *a, enum app_dir d, const struct mqtt_head *h)
{
	struct mqtt_message *m = message_new(a, h, (struct span){NULL, 0});
	struct tx *t;

	app_cut(a);
	if (m == NULL)
		return;
	m->cut = true;
	m->version = ((const struct state *)a->state)->version;
	if ((t = tx_new(a, d)) == NULL) {
		message_free(a, m);
		return;
	}
	add_message(a, t, m);
	finish(&t->tx);
}

/* --- bytes ---------------------------------------------------------------------------- */

/* What was read of bytes that begin with a message; 0: it is not whole. */
static size_t
read_message(struct app_flow *a, enum app_dir d, struct span in)
{
	struct side *s = &((struct state *)a->state)->side[d];
	struct mqtt_head h;
	int head = mqtt_head_read(in, &h);

	if (head == -1) {
		on_malformed(a, d);
		return in.len;
	}
	if (head == 0)
		return 0;
	if (h.length > MQTT_MESSAGE_MAX) {
		size_t here = in.len - (size_t)head;

		on_too_long(a, d, &h);
		here = here < h.length ? here : h.length;
		s->skip = h.length - here;
		return (size_t)head + here;
	}
	if (in.len - (size_t)head < h.length)
		return 0;
	on_message(a, d, &h, (struct span){in.p + head, h.length});
	return (size_t)head + h.length;
}

static void
let_go(struct app_flow *a, struct side *s)
{
	app_drop(a, s->held.len);
	buf_release(&s->held);
	buf_init(&s->held, MQTT_HELD_MAX);
}

/* As many more bytes as the message that is held needs, at least one. */
static size_t
missing(const struct side *s)
{
	struct mqtt_head h;
	int head = mqtt_head_read((struct span){s->held.data, s->held.len}, &h);

	if (head <= 0 || h.length > MQTT_MESSAGE_MAX)
		return 1;
	return (size_t)head + h.length - s->held.len;
}

/* Add to what is held until a message is whole; what was taken. */
static size_t
read_held(struct app_flow *a, enum app_dir d, struct span in)
{
	struct side *s = &((struct state *)a->state)->side[d];
	size_t n = missing(s);

	n = n < in.len ? n : in.len;
	if (!app_hold(a, n)) {
		app_stop(a, d);
		return in.len;
	}
	if (buf_add(&s->held, in.p, n) == -1) {
		app_drop(a, n);
		app_stop(a, d);
		return in.len;
	}
	if (read_message(a, d, (struct span){s->held.data, s->held.len}) > 0)
		let_go(a, s);
	return n;
}

static size_t
mqtt_read(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct side *s = &((struct state *)a->state)->side[d];
	struct span in = n->data;

	while (in.len > 0 && !a->stopped[d]) {
		size_t used = s->skip < in.len ? s->skip : in.len;

		s->skip -= used;
		if (used == 0 && s->held.len == 0)
			used = read_message(a, d, in);
		if (used == 0)
			used = read_held(a, d, in);
		in.p += used;
		in.len -= used;
	}
	return n->data.len;
}

static void
mqtt_tx_release(struct app_flow *a, struct app_tx *tx)
{
	struct mqtt_message *m, *next;

	for (m = ((struct tx *)tx)->first; m != NULL; m = next) {
		next = m->next;
		message_free(a, m);
	}
}

/* --- what others ask ------------------------------------------------------------------ */

static const struct mqtt_message *
find_message(const struct tx *t, enum mqtt_type type)
{
	const struct mqtt_message *m = t->first;

	while (m != NULL && (m->type != type || m->cut))
		m = m->next;
	return m;
}

static const struct mqtt_message *
nth_message(const struct tx *t, unsigned i)
{
	const struct mqtt_message *m = t->first;

	while (m != NULL && i-- > 0)
		m = m->next;
	return m;
}

static enum app_have
give_bytes(struct span s, struct app_bytes *out)
{
	out->bytes = s;
	return s.p == NULL ? APP_ABSENT : APP_HAVE;
}

static enum app_have
give_number(uint64_t v, struct app_bytes *out)
{
	out->number = v;
	return APP_HAVE;
}

static enum app_have
buffer_of_connect(
    const struct mqtt_message *m, enum app_buffer_id b, struct app_bytes *out)
{
	if (m == NULL)
		return APP_ABSENT;
	switch (b) {
	case APP_MQTT_CLIENT_ID:
		return give_bytes(m->connect.client_id, out);
	case APP_MQTT_USERNAME:
		return give_bytes(m->connect.username, out);
	case APP_MQTT_PASSWORD:
		return give_bytes(m->connect.password, out);
	case APP_MQTT_PROTOCOL:
		return give_bytes(m->connect.protocol, out);
	case APP_MQTT_WILL_TOPIC:
		return give_bytes(m->connect.will_topic, out);
	case APP_MQTT_WILL_MESSAGE:
		return give_bytes(m->connect.will_message, out);
	default:
		return give_number(m->connect.flags, out);
	}
}

static enum app_have
buffer_of_each(
    const struct mqtt_message *m, enum app_buffer_id b, struct app_bytes *out)
{
	if (m == NULL)
		return APP_ABSENT;
	switch (b) {
	case APP_MQTT_TYPE:
		return give_number(m->type, out);
	case APP_MQTT_QOS:
		return give_number(m->qos, out);
	default:
		return give_number(
		    (m->dup ? MQTT_BIT_DUP : 0) | (m->retain ? MQTT_BIT_RETAIN : 0),
		    out);
	}
}

static enum app_have
buffer_topic(const struct mqtt_message *m, unsigned instance, struct app_bytes *out)
{
	struct mqtt_topic topic = {{NULL, 0}, 0};
	struct cursor c;

	if (m == NULL || instance >= MQTT_TOPICS_MAX)
		return APP_ABSENT;
	c = cur_of_span(m->topics);
	for (unsigned i = 0; i <= instance; i++)
		if (!mqtt_topic_next(m, &c, &topic))
			return APP_ABSENT;
	return give_bytes(topic.name, out);
}

static enum app_have
buffer_reason(const struct tx *t, unsigned instance, struct app_bytes *out)
{
	size_t i = instance;

	if (instance >= MQTT_TOPICS_MAX)
		return APP_ABSENT;
	for (const struct mqtt_message *m = t->first; m != NULL; m = m->next) {
		if (i < m->reasons.len)
			return give_number(m->reasons.p[i], out);
		i -= m->reasons.len;
	}
	return APP_ABSENT;
}

static enum app_have
mqtt_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct tx *t = (const struct tx *)tx;
	const struct mqtt_message *m;

	(void)a;
	if (d != t->d)
		return APP_ABSENT;
	switch (b) {
	case APP_MQTT_VERSION:
		if (t->first == NULL || t->first->version == 0)
			return APP_ABSENT;
		return give_number(t->first->version, out);
	case APP_MQTT_TYPE:
	case APP_MQTT_QOS:
	case APP_MQTT_FLAGS:
		return buffer_of_each(nth_message(t, instance), b, out);
	case APP_MQTT_REASON:
		return buffer_reason(t, instance, out);
	case APP_MQTT_SESSION_PRESENT:
		m = find_message(t, MQTT_CONNACK);
		return m == NULL ? APP_ABSENT
				 : give_number(m->session_present, out);
	case APP_MQTT_PUBLISH_TOPIC:
	case APP_MQTT_PUBLISH_MESSAGE:
		m = find_message(t, MQTT_PUBLISH);
		return m == NULL
		    ? APP_ABSENT
		    : give_bytes(
			  b == APP_MQTT_PUBLISH_TOPIC ? m->topic : m->payload, out);
	case APP_MQTT_SUBSCRIBE_TOPIC:
		return buffer_topic(find_message(t, MQTT_SUBSCRIBE), instance, out);
	case APP_MQTT_UNSUBSCRIBE_TOPIC:
		return buffer_topic(
		    find_message(t, MQTT_UNSUBSCRIBE), instance, out);
	default:
		return buffer_of_connect(find_message(t, MQTT_CONNECT), b, out);
	}
}

static void
mqtt_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	(void)a;
	for (const struct mqtt_message *m = ((const struct tx *)tx)->first;
	     m != NULL; m = m->next)
		mqtt_message_write(m, w);
}

static void *
mqtt_state_new(void)
{
	struct state *st = calloc(1, sizeof(*st));

	for (int d = 0; st != NULL && d < APP_DIRS; d++)
		buf_init(&st->side[d].held, MQTT_HELD_MAX);
	return st;
}

static void
mqtt_state_free(void *state)
{
	struct state *st = state;

	for (int d = 0; d < APP_DIRS; d++)
		buf_release(&st->side[d].held);
	free(st);
}

/* --- finding it ------------------------------------------------------------------------ */

static enum app_guess
begins_connect(struct span bytes, size_t head)
{
	static const struct span names[] = {
	    {(const uint8_t *)"\0\4MQTT", 6}, {(const uint8_t *)"\0\6MQIsdp", 8}};
	struct span in = {bytes.p + head, bytes.len - head};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = in.len < names[i].len ? in.len : names[i].len;

		if (memcmp(in.p, names[i].p, n) == 0)
			return n < names[i].len ? APP_MORE : APP_YES;
	}
	return APP_NO;
}

/* The lower half of the first byte is fixed, section 2.1.3. */
static bool
has_flags(uint8_t first)
{
	switch (first >> 4) {
	case MQTT_UNASSIGNED:
		return false;
	case MQTT_PUBLISH:
		return true;
	case MQTT_PUBREL:
	case MQTT_SUBSCRIBE:
	case MQTT_UNSUBSCRIBE:
		return (first & 0x0f) == 2;
	default:
		return (first & 0x0f) == 0;
	}
}

static bool
has_length(const struct mqtt_head *h)
{
	switch (h->first >> 4) {
	case MQTT_PINGREQ:
	case MQTT_PINGRESP:
		return h->length == 0;
	case MQTT_DISCONNECT:
	case MQTT_AUTH:
		return true;
	default:
		return h->length >= 2;
	}
}

/* 3.1.1's, of four bytes. */
static bool
is_connack(struct span bytes)
{
	return bytes.len >= 4 && bytes.p[0] == 0x20 && bytes.p[1] == 2 &&
	    bytes.p[2] <= 1 && bytes.p[3] <= 5;
}

static enum app_guess
mqtt_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct mqtt_head h;
	int head = mqtt_head_read(bytes, &h);

	if (bytes.len == 0)
		return APP_MORE;
	if (head == -1 || !has_flags(bytes.p[0]))
		return APP_NO;
	if (head > 0 && h.first >> 4 == MQTT_CONNECT)
		return begins_connect(bytes, (size_t)head);
	if (f->key.aport != PORT_MQTT && f->key.bport != PORT_MQTT &&
	    h.first >> 4 != MQTT_CONNECT)
		return d == APP_TC && is_connack(bytes) ? APP_YES : APP_NO;
	if (head == 0)
		return APP_MORE;
	return has_length(&h) ? APP_YES : APP_NO;
}

#define WHOLE                                                                      \
	{                                                                          \
		PROGRESS_DONE, PROGRESS_DONE                                       \
	}

static const struct app_use USE[] = {
    {APP_MQTT_VERSION, WHOLE},
    {APP_MQTT_TYPE, WHOLE},
    {APP_MQTT_FLAGS, WHOLE},
    {APP_MQTT_QOS, WHOLE},
    {APP_MQTT_REASON, WHOLE},
    {APP_MQTT_SESSION_PRESENT, WHOLE},
    {APP_MQTT_CLIENT_ID, WHOLE},
    {APP_MQTT_CONNECT_FLAGS, WHOLE},
    {APP_MQTT_PASSWORD, WHOLE},
    {APP_MQTT_PROTOCOL, WHOLE},
    {APP_MQTT_USERNAME, WHOLE},
    {APP_MQTT_WILL_MESSAGE, WHOLE},
    {APP_MQTT_WILL_TOPIC, WHOLE},
    {APP_MQTT_PUBLISH_MESSAGE, WHOLE},
    {APP_MQTT_PUBLISH_TOPIC, WHOLE},
    {APP_MQTT_SUBSCRIBE_TOPIC, WHOLE},
    {APP_MQTT_UNSUBSCRIBE_TOPIC, WHOLE},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser mqtt_parser = {
    .id = APP_MQTT,
    .name = "mqtt",
    .word = "mqtt",
    .over = APP_OVER_TCP,
    .done = {PROGRESS_DONE, PROGRESS_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = mqtt_probe,
    .state_new = mqtt_state_new,
    .state_free = mqtt_state_free,
    .read = mqtt_read,
    .tx_release = mqtt_tx_release,
    .buffer = mqtt_buffer,
    .write = mqtt_write,
};
