/* SPDX-License-Identifier: EUPL-1.2 */
/* MQTT's messages as transactions: an exchange each, and what is wrong with them. */
#include "agent/app/mqtt.h"

#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>

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

const char *const mqtt_events[] = {
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

/* --- transactions ----------------------------------------------------------------- */

static void
finish(struct app_tx *tx)
{
	tx->progress[APP_TS] = tx->progress[APP_TC] = MQTT_DONE;
}

static struct mqtt_tx *
tx_new(struct app_flow *a, enum app_dir d)
{
	bool many = a->txs >= MQTT_TX_MAX;
	struct mqtt_tx *t;

	for (struct app_tx *o = a->first; many && o != NULL; o = o->next)
		finish(o);
	if ((t = (struct mqtt_tx *)app_tx_new(a, sizeof(*t))) == NULL)
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
add_message(struct app_flow *a, struct mqtt_tx *t, struct mqtt_message *m)
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
static struct mqtt_tx *
asked(const struct app_flow *a, const struct mqtt_message *m, enum app_dir d)
{
	const struct answer *r = &ANSWERS[m->type];

	for (struct app_tx *o = a->first; o != NULL; o = o->next) {
		struct mqtt_tx *t = (struct mqtt_tx *)o;

		if (o->progress[APP_TS] != MQTT_DONE && t->first != NULL &&
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
	struct mqtt_state *st = a->state;
	struct mqtt_tx *t = asked(a, m, d);
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
	struct mqtt_state *st = a->state;
	struct mqtt_tx *t = tx_new(a, d);

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
void
mqtt_on_malformed(struct app_flow *a, enum app_dir d)
{
	struct mqtt_tx *t = tx_new(a, d);

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

void
mqtt_on_message(
    struct app_flow *a, enum app_dir d, const struct mqtt_head *h, struct span body)
{
	struct mqtt_message *m = message_new(a, h, body);
	struct mqtt_state *st = a->state;

	if (m == NULL)
		return;
	if (!mqtt_message_read(m, st->version)) {
		message_free(a, m);
		mqtt_on_malformed(a, d);
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

void
mqtt_on_too_long(struct app_flow *a, enum app_dir d, const struct mqtt_head *h)
{
	struct mqtt_message *m = message_new(a, h, (struct span){NULL, 0});
	struct mqtt_tx *t;

	app_cut(a);
	if (m == NULL)
		return;
	m->cut = true;
	m->version = ((const struct mqtt_state *)a->state)->version;
	if ((t = tx_new(a, d)) == NULL) {
		message_free(a, m);
		return;
	}
	add_message(a, t, m);
	finish(&t->tx);
}

void
mqtt_tx_release(struct app_flow *a, struct app_tx *tx)
{
	struct mqtt_message *m, *next;

	for (m = ((struct mqtt_tx *)tx)->first; m != NULL; m = next) {
		next = m->next;
		message_free(a, m);
	}
}
