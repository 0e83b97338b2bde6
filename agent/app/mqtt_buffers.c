/* SPDX-License-Identifier: EUPL-1.2 */
/* What rules ask of exchanges of MQTT. */
#include "agent/app/mqtt.h"

#include "agent/limits.h"

static const struct mqtt_message *
find_message(const struct mqtt_tx *t, enum mqtt_type type)
{
	const struct mqtt_message *m = t->first;

	while (m != NULL && (m->type != type || m->cut))
		m = m->next;
	return m;
}

static const struct mqtt_message *
nth_message(const struct mqtt_tx *t, unsigned i)
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
buffer_reason(const struct mqtt_tx *t, unsigned instance, struct app_bytes *out)
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

enum app_have
mqtt_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct mqtt_tx *t = (const struct mqtt_tx *)tx;
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
