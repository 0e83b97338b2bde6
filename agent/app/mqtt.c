/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * MQTT (OASIS, versions 3.1, 3.1.1 and 5): a transaction for each exchange of
 * messages, of the direction of its first.  Messages out of the stream.
 */
#include "agent/app/mqtt.h"

#include "agent/limits.h"

#include <stdlib.h>

/* What was read of bytes that begin with a message; 0: it is not whole. */
static size_t
read_message(struct app_flow *a, enum app_dir d, struct span in)
{
	struct mqtt_side *s = &((struct mqtt_state *)a->state)->side[d];
	struct mqtt_head h;
	int head = mqtt_head_read(in, &h);

	if (head == -1) {
		mqtt_on_malformed(a, d);
		return in.len;
	}
	if (head == 0)
		return 0;
	if (h.length > MQTT_MESSAGE_MAX) {
		size_t here = in.len - (size_t)head;

		mqtt_on_too_long(a, d, &h);
		here = here < h.length ? here : h.length;
		s->skip = h.length - here;
		return (size_t)head + here;
	}
	if (in.len - (size_t)head < h.length)
		return 0;
	mqtt_on_message(a, d, &h, (struct span){in.p + head, h.length});
	return (size_t)head + h.length;
}

static void
let_go(struct app_flow *a, struct mqtt_side *s)
{
	app_drop(a, s->held.len);
	buf_release(&s->held);
	buf_init(&s->held, MQTT_HELD_MAX);
}

/* As many more bytes as the message that is held needs, at least one. */
static size_t
missing(const struct mqtt_side *s)
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
	struct mqtt_side *s = &((struct mqtt_state *)a->state)->side[d];
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
	struct mqtt_side *s = &((struct mqtt_state *)a->state)->side[d];
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

/* --- the parser ------------------------------------------------------------------------ */

static void
mqtt_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	(void)a;
	for (const struct mqtt_message *m = ((const struct mqtt_tx *)tx)->first;
	     m != NULL; m = m->next)
		mqtt_message_write(m, w);
}

static void *
mqtt_state_new(void)
{
	struct mqtt_state *st = calloc(1, sizeof(*st));

	for (int d = 0; st != NULL && d < APP_DIRS; d++)
		buf_init(&st->side[d].held, MQTT_HELD_MAX);
	return st;
}

static void
mqtt_state_free(void *state)
{
	struct mqtt_state *st = state;

	for (int d = 0; d < APP_DIRS; d++)
		buf_release(&st->side[d].held);
	free(st);
}

#define WHOLE                                                                      \
	{                                                                          \
		MQTT_DONE, MQTT_DONE                                               \
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
    .done = {MQTT_DONE, MQTT_DONE},
    .use = USE,
    .events = mqtt_events,
    .probe = mqtt_probe,
    .state_new = mqtt_state_new,
    .state_free = mqtt_state_free,
    .read = mqtt_read,
    .tx_release = mqtt_tx_release,
    .buffer = mqtt_buffer,
    .write = mqtt_write,
};
