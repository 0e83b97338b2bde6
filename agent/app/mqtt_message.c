/* SPDX-License-Identifier: EUPL-1.2 */
/* One MQTT message (MQTT 5.0, sections 2 and 3; MQTT 3.1.1, the same). */
#include "agent/app/mqtt.h"

#define LENGTH_BYTES_MAX 4

/* In v5, of a message that is too short to say so. */
static const uint8_t SUCCESS = 0;

/* Seven bits a byte, the lowest first; more is said by the eighth. */
static uint32_t
read_varint(struct cursor *c)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < LENGTH_BYTES_MAX; i++) {
		uint8_t b = cur_u8(c);

		v |= (uint32_t)(b & 0x7f) << (7 * i);
		if (!(b & 0x80))
			return v;
	}
	cur_spoil(c);
	return 0;
}

int
mqtt_head_read(struct span bytes, struct mqtt_head *out)
{
	struct cursor c = cur_of_span(bytes);

	out->first = cur_u8(&c);
	out->length = read_varint(&c);
	if (cur_ok(&c))
		return (int)(bytes.len - c.left);
	return bytes.len > LENGTH_BYTES_MAX ? -1 : 0;
}

static struct span
take(struct cursor *c, size_t n)
{
	const uint8_t *p = cur_take(c, n);

	return (struct span){p, p == NULL ? 0 : n};
}

static struct span
read_text(struct cursor *c)
{
	return take(c, cur_be16(c));
}

static void
skip_properties(const struct mqtt_message *m, struct cursor *c)
{
	if (m->version == MQTT_VERSION_5)
		cur_take(c, read_varint(c));
}

static void
read_id(struct mqtt_message *m, struct cursor *c)
{
	m->id = cur_be16(c);
	m->has_id = true;
}

/* Behind the reason; both may be left out. */
static void
read_reason(struct mqtt_message *m, struct cursor *c)
{
	if (m->version != MQTT_VERSION_5)
		return;
	m->reasons = c->left > 0 ? take(c, 1) : (struct span){&SUCCESS, 1};
	if (c->left > 0)
		skip_properties(m, c);
}

static void
read_connect(struct mqtt_message *m, struct cursor *c)
{
	m->connect.protocol = read_text(c);
	m->version = cur_u8(c);
	m->connect.flags = cur_u8(c);
	cur_be16(c); /* keep alive */
	skip_properties(m, c);
	m->connect.client_id = read_text(c);
	if (m->connect.flags & MQTT_WILL) {
		skip_properties(m, c);
		m->connect.will_topic = read_text(c);
		m->connect.will_message = read_text(c);
	}
	/* MQTT 3.1 has clients say that they follow, and leave them out. */
	if ((m->connect.flags & MQTT_HAS_USERNAME) &&
	    (m->version > 3 || c->left > 0))
		m->connect.username = read_text(c);
	if ((m->connect.flags & MQTT_HAS_PASSWORD) &&
	    (m->version > 3 || c->left > 0))
		m->connect.password = read_text(c);
}

static void
read_connack(struct mqtt_message *m, struct cursor *c)
{
	m->session_present = cur_u8(c) & 1;
	m->reasons = take(c, 1);
	if (c->left > 0)
		skip_properties(m, c);
}

static void
read_publish(struct mqtt_message *m, struct cursor *c)
{
	m->topic = read_text(c);
	if (m->qos > 0)
		read_id(m, c);
	skip_properties(m, c);
	m->payload = cur_rest(c);
}

static void
read_answer(struct mqtt_message *m, struct cursor *c)
{
	read_id(m, c);
	read_reason(m, c);
}

static void
read_topics(struct mqtt_message *m, struct cursor *c)
{
	struct mqtt_topic topic;

	if (m->qos > 0)
		read_id(m, c);
	skip_properties(m, c);
	m->topics = (struct span){c->pos, c->left};
	while (cur_ok(c) && c->left > 0)
		mqtt_topic_next(m, c, &topic);
}

static void
read_suback(struct mqtt_message *m, struct cursor *c)
{
	read_id(m, c);
	skip_properties(m, c);
	m->granted = cur_rest(c);
}

static void
read_unsuback(struct mqtt_message *m, struct cursor *c)
{
	read_id(m, c);
	skip_properties(m, c);
	if (m->version == MQTT_VERSION_5)
		m->reasons = cur_rest(c);
}

static void (*const READ[MQTT_TYPES])(struct mqtt_message *, struct cursor *) = {
    [MQTT_CONNECT] = read_connect,
    [MQTT_CONNACK] = read_connack,
    [MQTT_PUBLISH] = read_publish,
    [MQTT_PUBACK] = read_answer,
    [MQTT_PUBREC] = read_answer,
    [MQTT_PUBREL] = read_answer,
    [MQTT_PUBCOMP] = read_answer,
    [MQTT_SUBSCRIBE] = read_topics,
    [MQTT_SUBACK] = read_suback,
    [MQTT_UNSUBSCRIBE] = read_topics,
    [MQTT_UNSUBACK] = read_unsuback,
    [MQTT_DISCONNECT] = read_reason,
    [MQTT_AUTH] = read_reason,
};

bool
mqtt_message_read(struct mqtt_message *m, uint8_t version)
{
	struct cursor c = cur_of_span(m->body);

	m->version = version;
	if (READ[m->type] != NULL)
		READ[m->type](m, &c);
	return cur_ok(&c);
}

bool
mqtt_topic_next(
    const struct mqtt_message *m, struct cursor *c, struct mqtt_topic *out)
{
	if (c->left == 0)
		return false;
	out->name = read_text(c);
	out->qos = m->type == MQTT_SUBSCRIBE ? cur_u8(c) & 3 : 0;
	return cur_ok(c);
}
