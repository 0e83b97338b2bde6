/* SPDX-License-Identifier: EUPL-1.2 */
/* EVE's "mqtt": an object for each message of the transaction. */
#include "agent/app/mqtt.h"

#include "agent/limits.h"
#include "common/jw.h"

static const char *const KEYS[MQTT_TYPES] = {"unassigned", "connect", "connack",
    "publish", "puback", "pubrec", "pubrel", "pubcomp", "subscribe", "suback",
    "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect", "auth"};

static void
write_text(struct jw *w, const char *key, struct span s)
{
	if (s.p != NULL)
		jw_strn(w, key, s.p, s.len < MQTT_TOLD_MAX ? s.len : MQTT_TOLD_MAX);
}

static void
write_bytes(struct jw *w, const char *key, struct span s)
{
	jw_array(w, key);
	for (size_t i = 0; i < s.len && i < MQTT_TOPICS_MAX; i++)
		jw_uint(w, NULL, s.p[i]);
	jw_end_array(w);
}

/* The password is told to nobody. */
static void
write_connect(const struct mqtt_message *m, struct jw *w)
{
	uint8_t flags = m->connect.flags;

	write_text(w, "protocol_string", m->connect.protocol);
	jw_uint(w, "protocol_version", m->version);
	jw_object(w, "flags");
	jw_bool(w, "username", flags & MQTT_HAS_USERNAME);
	jw_bool(w, "password", flags & MQTT_HAS_PASSWORD);
	jw_bool(w, "will_retain", flags & MQTT_WILL_RETAIN);
	jw_bool(w, "will", flags & MQTT_WILL);
	jw_bool(w, "clean_session", flags & MQTT_CLEAN_SESSION);
	jw_end_object(w);
	write_text(w, "client_id", m->connect.client_id);
	write_text(w, "username", m->connect.username);
	if (!(flags & MQTT_WILL))
		return;
	jw_object(w, "will");
	write_text(w, "topic", m->connect.will_topic);
	write_text(w, "message", m->connect.will_message);
	jw_end_object(w);
}

static void
write_topics(const struct mqtt_message *m, struct jw *w)
{
	struct cursor c = cur_of_span(m->topics);
	struct mqtt_topic topic;

	jw_array(w, "topics");
	for (unsigned i = 0; i < MQTT_TOPICS_MAX && mqtt_topic_next(m, &c, &topic);
	     i++) {
		if (m->type == MQTT_UNSUBSCRIBE) {
			write_text(w, NULL, topic.name);
			continue;
		}
		jw_object(w, NULL);
		write_text(w, "topic", topic.name);
		jw_uint(w, "qos", topic.qos);
		jw_end_object(w);
	}
	jw_end_array(w);
}

static void
write_parts(const struct mqtt_message *m, struct jw *w)
{
	if (m->type == MQTT_CONNECT)
		write_connect(m, w);
	if (m->type == MQTT_CONNACK)
		jw_bool(w, "session_present", m->session_present);
	write_text(w, "topic", m->topic);
	if (m->has_id)
		jw_uint(w, "message_id", m->id);
	write_text(w, "message", m->payload);
	if (m->type == MQTT_SUBSCRIBE || m->type == MQTT_UNSUBSCRIBE)
		write_topics(m, w);
	if (m->type == MQTT_SUBACK)
		write_bytes(w, "qos_granted", m->granted);
	if (m->reasons.len == 0)
		return;
	if (m->type == MQTT_UNSUBACK)
		write_bytes(w, "reason_codes", m->reasons);
	else
		jw_uint(w, m->type == MQTT_CONNACK ? "return_code" : "reason_code",
		    m->reasons.p[0]);
}

void
mqtt_message_write(const struct mqtt_message *m, struct jw *w)
{
	jw_object(w, KEYS[m->type]);
	jw_uint(w, "qos", m->qos);
	jw_bool(w, "retain", m->retain);
	jw_bool(w, "dup", m->dup);
	if (m->cut) {
		jw_bool(w, "truncated", true);
		jw_uint(w, "skipped_length", m->length);
	} else
		write_parts(m, w);
	jw_end_object(w);
}
