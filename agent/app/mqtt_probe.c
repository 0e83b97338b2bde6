/* SPDX-License-Identifier: EUPL-1.2 */
/* Finding MQTT: on any port by CONNECT, on the port of MQTT by any message. */
#include "agent/app/mqtt.h"

#define PORT_MQTT 1883

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

enum app_guess
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
